"""Everything on every page runs, as it stands there; what a reader has to bring are variables of the environment."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiospectrum.sandbox import Sandbox, run_in_thread
from tests import redis_server
from tests.docs.pages import PAGES, README, ROOT, blocks_of, name_of
from tests.docs.session import Session

LANGUAGES = {"", "python", "sh", "toml", "yaml", "json", "text"}
"""What a block may be in; those without a language, and texts, are drawings and what programs print."""

DIRECTIVES = {"{eval-rst}", "{include}", "{list-table}", "{literalinclude}", "{toctree}"}

PRINTED = {
    "README.md": r"ssh\.zone1\.example tcp/22\n(.*\n)*\{'count': \d+, 'bytesIngress': \d+\}\n(.*\n)*\d+ \d+ \(\)",
    "docs/guides/apps.md": r"\['tcp://192.0.2.7:22'\] off\n(.*\n)*replaced unchanged True\n",
    "docs/guides/calls.md": r"6 of 6\n(.*\n)*5\n(.*\n)*200 \w+-\w+ 1\n",
    "docs/guides/errors.md": r"no such application; ray id \w+",
    "docs/guides/models.md": r"^5\n",
    "docs/observability.md": r"Counter\({.*\('list_apps', 200\): 1",
    "docs/datasets.md": r"\[(\d+), \1, \1, \1, \1\]",
}
"""What pages print, where what they show is more than that nothing fails."""

OURS = {"aiospectrum", "pytest_aiospectrum", "aiohttp", "attrs", "cattrs", "msgspec"}
"""What installing the package brings."""

EXTRAS = {"pyarrow": "arrow", "distributed": "dask", "opentelemetry": "otel", "prometheus_client": "prometheus"}
"""Extras that bring packages, by the names of these."""

VARIABLES = {"REDIS_URL": "redis", "DASK_SCHEDULER": "dask"}
"""Fixtures, by the variables that a page reads."""

WITH_BLOCKS = [page for page in PAGES if any(blocks_of(page))]
NAMED = sorted(
    {name for page in PAGES for name in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", page.read_text("utf-8"))}
)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A folder, and an environment that leads to a sandbox."""
    with run_in_thread(Sandbox(zones=3, seed=7)) as sandbox:
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", sandbox.url)
        for name in ("CLOUDFLARE_API_TOKEN", "SHOP_TOKEN", "BLOG_TOKEN"):
            monkeypatch.setenv(name, sandbox.api_token)
        for name, zone_id in zip(("ZONE_ID", "OTHER_ZONE_ID"), sandbox.zones, strict=False):
            monkeypatch.setenv(name, zone_id)
        yield Session(tmp_path)
        for file in tmp_path.glob("*.py"):
            sys.modules.pop(file.stem, None)  # which another page may have under the same name


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis server, where one is installed."""
    if redis_server.PROGRAM is None:
        pytest.skip("needs redis-server")
    with redis_server.running(tmp_path) as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        yield


@pytest.fixture
def dask(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster of one process, which finds the sandbox."""
    distributed = pytest.importorskip("distributed", reason="needs aiospectrum[dask]")
    options = {"n_workers": 1, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as cluster:
        monkeypatch.setenv("DASK_SCHEDULER", cluster.scheduler_address)
        yield


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
@pytest.mark.filterwarnings("default:::distributed")  # its warnings are not ours
async def test_a_page(
    page: Path, session: Session, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its blocks run one after the other; each one of the README by itself, as whoever pastes it has nothing before."""
    session.is_checkout = page.name == "CONTRIBUTING.md"
    blocks = [*blocks_of(page)]
    code = "".join(block.text for block in blocks)
    for variable, fixture in VARIABLES.items():
        if variable in code:
            request.getfixturevalue(fixture)

    for block in blocks:
        if page == README:
            session.names.clear()
        await session.run(block)

    assert re.search(PRINTED.get(name_of(page), ""), capsys.readouterr().out, flags=re.MULTILINE)
    files = [Path(block.file).stem for block in blocks if block.file is not None and block.language == "python"]
    assert not {file for file in files if not re.search(rf"(from|import|python|pytest.*) {file}\b", code)}, "never used"


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_every_block_says_what_it_is(page: Path) -> None:
    """In a language that is run above, so that none is left out for its name."""
    assert not {block.language for block in blocks_of(page)} - LANGUAGES - DIRECTIVES


def test_the_pages_are_found() -> None:
    """And their blocks."""
    names = {*map(name_of, WITH_BLOCKS)}

    assert {"README.md", "docs/index.md", "docs/tutorial.md", "docs/guides/bot.md", "docs/scaling.md"} <= names
    assert {*PRINTED} <= names
    assert len([block for page in PAGES for block in blocks_of(page) if block.language in {"python", "sh"}]) > 50


def test_notes_of_the_picture_fit() -> None:
    """None is longer than the picture is wide; nothing else in it has no end."""
    notes = re.findall(r'class="note">(.*?)<', (ROOT / "docs" / "performance.svg").read_text("utf-8"))

    assert max(map(len, notes)) <= 110


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_what_a_page_imports_can_be_installed(page: Path) -> None:
    """A page says how, where it needs more than the package itself."""
    code = "".join(block.text for block in blocks_of(page) if block.language == "python")
    files = {Path(block.file).stem for block in blocks_of(page) if block.file is not None}
    imported = set(re.findall(r"^(?:import|from) (\w+)", code, flags=re.MULTILINE))
    installed = " ".join(re.findall(r"pip install ([^`\n]*)", page.read_text("utf-8")))
    needed = {EXTRAS.get(name, name) for name in imported - sys.stdlib_module_names - files - OURS}

    assert {name for name in needed if name not in re.findall(r"\w+", installed)} == set()


def test_ci_runs_the_second_command() -> None:
    """CI runs what the README says."""
    commands = re.findall(r"^python3 -m venv .*$", README.read_text("utf-8"), flags=re.MULTILINE)

    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", NAMED)
def test_named_tests_exist(name: str) -> None:
    """A rule is held by a test that can be found under the name that the page gives."""
    path, _, function = name.partition("::")
    text = (ROOT / path).read_text("utf-8")

    assert re.search(rf"^(async )?def {function}\(", text, flags=re.MULTILINE) or not function


def test_there_are_named_tests() -> None:
    """The pattern above finds the names."""
    assert len(NAMED) > 20


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links of pages that are no part of the site, where Sphinx looks after them."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)", page.read_text("utf-8"))

    assert not [link for link in links if not (page.parent / link).exists()]
