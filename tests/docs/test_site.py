"""The built site has all that is public, in a form that helps; `nox -s docs` builds it and says where it is."""

import ast
import os
import re
import zlib
from html import unescape
from importlib import import_module
from pathlib import Path

import attrs
import pytest

from tests.docs.pages import ROOT

MODULES = (
    *("aiospectrum", "aiospectrum.models", "aiospectrum.errors", "aiospectrum.endpoints", "aiospectrum.bulk"),
    "aiospectrum.apps",
    "aiospectrum.filters",
    *("aiospectrum.otel", "aiospectrum.prometheus", "aiospectrum.sandbox", "pytest_aiospectrum"),
    *("aiospectrum.client", "aiospectrum.transport", "aiospectrum.routes", "aiospectrum.checks", "aiospectrum.structs"),
)
"""What is public, as the README and the policy of stability say."""

EXPORTED = {module: import_module(module).__all__ for module in MODULES}

SITE = Path(os.environ.get("AIOSPECTRUM_SITE", ""))
pytestmark = pytest.mark.skipif(Path() == SITE, reason="needs a site: nox -s docs")


@pytest.fixture(scope="module")
def inventory() -> dict[str, str]:
    """What the site documents, with the kind of each; as other sites read it that refer to this one."""
    content = (SITE / "objects.inv").read_bytes()
    lines = zlib.decompress(content.split(b"\n", 4)[4]).decode().splitlines()
    entries = (re.match(r"(.+?) py:(\w+) ", line) for line in lines)
    return {found[1]: found[2] for found in entries if found}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """All pages."""
    return {page.relative_to(SITE).as_posix(): page.read_text(encoding="utf-8") for page in SITE.rglob("*.html")}


def text_of(html: str) -> str:
    """What is read of a part of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def signatures(pages: dict[str, str], kind: str) -> dict[str, str]:
    """The signatures of a kind, as they are read, by the name of the object."""
    entry = re.compile(rf'<dl class="py {kind}">\s*<dt [^>]*id="([^"]+)">(.*?)</dt>', re.DOTALL)
    return {name: text_of(signature) for page in pages.values() for name, signature in entry.findall(page)}


def test_parameters_have_a_dash(pages: dict[str, str]) -> None:
    """Behind their names, and not the two hyphens of a source."""
    assert "</strong> \N{EN DASH} " in pages["reference/client.html"]
    assert not [name for name, page in pages.items() if re.search(r"</\w+> -- ", page)]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_documented(module: str, inventory: dict[str, str]) -> None:
    """By each of the names by which it can be imported."""
    missing = {f"{module}.{name}" for name in EXPORTED[module]} - inventory.keys()

    assert not missing


def test_no_method_has_a_transport(pages: dict[str, str]) -> None:
    """A method of a namespace is called over its client, which the function of the same endpoint is given."""
    methods = signatures(pages, "method")

    assert "zone_id" in methods["aiospectrum.endpoints.Apps.list"]
    assert not {name for name, signature in methods.items() if re.search(r"\btransport\b", signature)}
    assert "transport: Transport" in signatures(pages, "function")["aiospectrum.endpoints.list_apps"]


def test_no_signature_shows_an_address(pages: dict[str, str]) -> None:
    """Of a default or a value that has no better form, which would be another one in every build."""
    shown = {kind: signatures(pages, kind) for kind in ("class", "method", "function", "attribute", "data")}

    assert not [
        name for kind in shown.values() for name, text in kind.items() if re.search(r" object>|0x[0-9a-f]{4}", text)
    ]


def test_names_of_types(pages: dict[str, str], inventory: dict[str, str]) -> None:
    """Each is documented with what it stands for, and signatures and fields have it in place of that."""
    source = ROOT / "src" / "aiospectrum"
    names = {
        node.target.id
        for module in (source / "models.py", source / "_generated" / "models.py", *(source / "bulk").rglob("*.py"))
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation)
        if isinstance(node.target, ast.Name)
    }
    kinds = {name.rpartition(".")[2]: kind for name, kind in inventory.items()}
    public = {name for names in EXPORTED.values() for name in names}
    types = signatures(pages, "type")

    assert {kinds[name] for name in names & public} == {"type"}
    assert "Literal['asc', 'desc']" in types["aiospectrum.models.Direction"]
    assert "direction: Direction" in signatures(pages, "method")["aiospectrum.endpoints.Apps.list"]
    assert "TrafficType | None" in signatures(pages, "attribute")["aiospectrum.models.App.traffic_type"]


def fields() -> set[str]:
    """The fields of all public classes of attrs, by the name of the class and their own."""
    public = {getattr(import_module(module), name) for module in MODULES for name in EXPORTED[module]}
    classes = [each for each in public if isinstance(each, type) and attrs.has(each) and each.__module__[:3] == "aio"]
    return {f"{cls.__name__}.{field.name}" for cls in classes for field in attrs.fields(cls) if field.name[0] != "_"}


def test_every_field_says_what_it_is(pages: dict[str, str]) -> None:
    """Below its name and type."""
    entry = re.compile(r'<dl class="py attribute">\s*<dt [^>]*id="([\w.]+)">.*?</dt>\s*<dd>(.*?)</dd>', re.DOTALL)
    said = {
        ".".join(name.split(".")[-2:]): text_of(text) for page in pages.values() for name, text in entry.findall(page)
    }

    assert len(fields()) > 100
    assert not {field for field in fields() if not said.get(field)}


def test_every_command_and_option_is_there(pages: dict[str, str]) -> None:
    """As the command's own help has them."""
    page = text_of(pages["reference/command.html"])

    for command in ("apps create", "apps list", "bytime", "current", "dataset status", "pull", "sandbox", "watch"):
        assert f"aiospectrum {command}" in page
    for option in ("--time-delta", "--protocol", "--origin-direct", "--catch-up", "--fault", "--limit-file", "--yes"):
        assert option in page


def test_nothing_comes_from_elsewhere(pages: dict[str, str]) -> None:
    """No page needs a network: styles, fonts, scripts and pictures are in the site."""
    loaded = re.compile(
        r'<(?:script|img|iframe|source)[^>]*\bsrc="(?:https?:)?//|<link[^>]*\bhref="(?:https?:)?//(?![^>]*canonical)'
    )
    styles = {style.name: style.read_text(encoding="utf-8") for style in SITE.rglob("*.css")}

    assert not {name for name, page in pages.items() if loaded.search(page)}
    assert not {name for name, style in styles.items() if re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", style)}
