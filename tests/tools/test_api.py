"""The snapshot of the public API is that of today, and a change that may break programs is noticed."""

import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

import aiospectrum
from tools.api import SNAPSHOT, compare_release, compare_snapshot, describe_tag, last_tag
from tools.public import PUBLIC, describe

ROOT = Path(__file__).parents[2]
SMALL = """
from aiospectrum.errors import CallError
import attrs

__all__ = ["LIMIT", "CallError", "Client", "Point", "connect"]

LIMIT = 10
_HIDDEN = 5

@attrs.frozen(kw_only=True)
class Point:
    x: int
    y: int = 0

class Client:
    def __init__(self, token: str, *, limit: int = LIMIT) -> None:
        self.token = token

    async def call(self, zone: str, size: int = 1, *, order: str | None = None) -> Point:
        return self._call()

    def _call(self) -> Point: ...

    @property
    def name(self) -> str: ...

def connect(host: str, /, *hosts: str) -> Client: ...
"""
ERRORS = """
__all__ = ["BaseError", "CallError"]

class BaseError(Exception): ...

class CallError(BaseError): ...
"""
BREAKS = {
    "a name is not exported any more": ('"LIMIT", ', ""),
    "a class is renamed": ("Point", "Place"),
    "a method is removed": ("async def call(", "async def _call_it("),
    "a property is removed": ("def name(", "def _name("),
    "a property becomes a method": ("    @property\n", ""),
    "a coroutine becomes a function": ("async def call", "def call"),
    "a call returns something else": ("-> Client: ...", "-> str: ..."),
    "a parameter is removed": (", *, order: str | None = None", ""),
    "a parameter is renamed": ("size: int = 1", "count: int = 1"),
    "parameters change places": ("zone: str, size: int = 1", "size: int = 1, zone: str = ''"),
    "a parameter comes in between": ("zone: str, size", "zone: str, page: int = 1, size"),
    "a parameter is by keyword only": ("size: int = 1, *,", "*, size: int = 1,"),
    "a parameter is by place only": ("size: int = 1, *,", "size: int = 1, /, *,"),
    "a parameter takes another type": ("size: int = 1", "size: str = 1"),
    "a default changes": ("size: int = 1", "size: int = 2"),
    "a constant that is a default changes": ("LIMIT = 10", "LIMIT = 11"),
    "a parameter has to be given": ("order: str | None = None", "order: str | None"),
    "a new parameter has to be given": ("order: str", "way: str, order: str"),
    "more arguments are not taken any more": (", *hosts: str", ""),
    "a field is removed": ("    y: int = 0\n", ""),
    "a field is renamed": ("    y: int", "    z: int"),
    "a field has another type": ("    x: int", "    x: str"),
    "a field has to be given": ("    y: int = 0", "    y: int"),
    "a new field has to be given": ("    x: int\n", "    x: int\n    w: int\n"),
    "fields are by place": ("(kw_only=True)", ""),
    "an attribute is removed": ("self.token = token", "self._token = token"),
    "an error has another base": ("class CallError(BaseError)", "class CallError(Exception)"),
    "an error is removed": ('"BaseError", "CallError"', '"CallError"'),
}
KEEPS = {
    "a hidden function changes": ("def _call(self)", "def _call(self, way: str)"),
    "a hidden constant changes": ("_HIDDEN = 5", "_HIDDEN = 6"),
    "names are in another order": ('"LIMIT", "CallError"', '"CallError", "LIMIT"'),
    "parameters by keyword change places": ("*, limit: int = LIMIT", "*, limit: int=LIMIT"),
}
ADDS = {
    "a parameter by keyword": ("order: str", "way: str = '', order: str"),
    "a function with a parameter that has to be given": ("def connect", "def more(way: str): ...\n\ndef connect"),
    "a field with a default": ("    x: int\n", "    x: int\n    w: int = 0\n"),
    "a class": ("class Client:", "class Other:\n    def __init__(self, way: str) -> None: ...\n\nclass Client:"),
    "an error": ("class CallError", "class OtherError(BaseError): ...\n\nclass CallError"),
}


def describe_small(folder: Path, before: str = "", after: str = "") -> list[str]:
    """The API of a package of two modules, with a change."""
    for name in ("aiospectrum", "pytest_aiospectrum"):
        (folder / name).mkdir(parents=True)
    small, errors = (text.replace(before, after) if before else text for text in (SMALL, ERRORS))
    assert not before or (small, errors) != (SMALL, ERRORS)
    exported = re.findall(r"^(?:class|def) (more|Other)\b", small, flags=re.MULTILINE)
    small = small.replace('"LIMIT"', ", ".join(f'"{name}"' for name in [*exported, "LIMIT"]))
    errors = errors.replace('"CallError"]', '"CallError", "OtherError"]') if "OtherError" in errors else errors
    (folder / "aiospectrum" / "__init__.py").write_text(small, encoding="utf-8")
    (folder / "aiospectrum" / "errors.py").write_text(errors, encoding="utf-8")
    (folder / "pytest_aiospectrum" / "__init__.py").write_text("__all__ = []\n", encoding="utf-8")
    return describe(folder)


@pytest.mark.parametrize("change", BREAKS)
def test_what_breaks_programs_is_noticed(change: str, tmp_path: Path) -> None:
    """Each change that a program can notice is among those that may break it, and the text says what to do."""
    before, now = describe_small(tmp_path / "before"), describe_small(tmp_path / "now", *BREAKS[change])

    problems = "\n".join(compare_snapshot(before, now))

    assert problems.startswith("Changes that may break programs:\n")
    assert "DeprecationWarning, as docs/stability.md says" in problems
    assert "run `nox -s api -- --write`" in problems


@pytest.mark.parametrize("change", KEEPS)
def test_what_is_not_public_may_change(change: str, tmp_path: Path) -> None:
    """What no program can rely on is not in the snapshot."""
    before, now = describe_small(tmp_path / "before"), describe_small(tmp_path / "now", *KEEPS[change])

    assert compare_snapshot(before, now) == []


@pytest.mark.parametrize("change", ADDS)
def test_additions_break_nothing(change: str, tmp_path: Path) -> None:
    """An addition is said to be new, so that the snapshot is made anew, and needs no announcement."""
    before, now = describe_small(tmp_path / "before"), describe_small(tmp_path / "now", *ADDS[change])

    problems = compare_snapshot(before, now)

    assert problems[0] == "Changes that are new:"
    assert compare_release("v1.0.0", before, now, "") == []


def test_the_snapshot_is_of_today() -> None:
    """The committed snapshot has every line of the code's public API and no other."""
    now = describe(ROOT / "src")

    assert compare_snapshot(SNAPSHOT.read_text(encoding="utf-8").splitlines(), now) == []
    assert len(now) > 1000


def test_a_parameter_that_is_removed_from_the_package_is_noticed(tmp_path: Path) -> None:
    """Without ``order``, listing applications is not what it was; the text names it."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "src/aiospectrum/_generated/apps.py"
    path.write_text(re.sub(r"    order: .*\n", "", path.read_text(encoding="utf-8"), count=1), encoding="utf-8")

    problems = compare_snapshot(SNAPSHOT.read_text(encoding="utf-8").splitlines(), describe(tmp_path / "src"))

    assert problems[0] == "Changes that may break programs:"
    assert any(line.startswith("- aiospectrum.endpoints.list_apps(order): by keyword") for line in problems)


def test_the_public_modules_are_those_of_the_policy() -> None:
    """What docs/stability.md says is public is what the snapshot has."""
    policy = (ROOT / "docs/stability.md").read_text(encoding="utf-8")
    modules = policy.partition("- The names that ")[2].partition(" export ")[0]
    named = {name if name.startswith("aio") else f"aiospectrum{name}" for name in re.findall(r"`([\w.]+)`", modules)}

    assert named == set(PUBLIC) - {"pytest_aiospectrum"}


@pytest.mark.parametrize(
    ("section", "is_named"),
    [
        ("- `Client.call` takes no `order`.", True),
        ("- `Client.call(order=…)` is gone.", True),
        ("- `order` is gone.", True),
        ("- `Client` is simpler.", True),
        ("- order is gone from Client.call.", False),
        ("- `aiospectrum` is simpler.", False),
        ("- `Point` is simpler.", False),
        ("", False),
    ],
)
def test_what_changes_after_a_release_is_announced(section: str, *, is_named: bool, tmp_path: Path) -> None:
    """A change that may break programs is named in the section "Unreleased", not only in an older one."""
    before, now = (
        describe_small(tmp_path / "before"),
        describe_small(tmp_path / "now", *BREAKS["a parameter is removed"]),
    )
    changelog = f"# Changelog\n\n## [Unreleased]\n\n{section}\n\n## [1.0.0] - 2026-12-01\n\n- `Client.call`: `order`.\n"

    problems = compare_release("v1.0.0", before, now, changelog)

    assert (problems == []) is is_named
    if problems:
        assert "Changes since v1.0.0 that may break programs" in problems[0]


def test_the_last_release_is_found_by_its_tag(tmp_path: Path) -> None:
    """The API of the newest tag that the commit is based on is read from the repository, not from the folder."""
    folder = tmp_path / "repository"
    before = describe_small(folder / "src")

    def git(*words: str) -> None:
        name = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *name, *words], check=True, capture_output=True)  # noqa: S603, S607

    assert last_tag(tmp_path) is None
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "One")
    assert last_tag(folder) is None
    git("tag", "v1.0.0")
    git("tag", "nightly")
    (folder / "src/aiospectrum/__init__.py").write_text("__all__ = []\n", encoding="utf-8")

    assert last_tag(folder) == "v1.0.0"
    assert describe_tag(folder, "v1.0.0") == before


def test_the_version_is_that_of_the_installed_package() -> None:
    """`aiospectrum.__version__` is what the package's metadata say."""
    assert aiospectrum.__version__ == version("aiospectrum")
