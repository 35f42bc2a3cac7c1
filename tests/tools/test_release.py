"""A release: its version and changelog, and what the package's description links to."""

import tarfile
import zipfile
from datetime import date
from pathlib import Path

import pytest

from hatch_build import lead_to
from tools.release import main, read_version, relative_links

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = """# Changelog

## [Unreleased]

### Added

- A thing.

## [0.1.0] - 2026-11-01

- The first.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has released 0.1.0, and has changed since."""
    (tmp_path / "src/aiospectrum").mkdir(parents=True)
    (tmp_path / "src/aiospectrum/_version.py").write_text('"""The version."""\n\n__version__ = "0.1.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def test_a_version_is_turned(project: Path) -> None:
    """The code has the version, and the changelog a section of it with a date below an empty one."""
    assert main(["turn", "0.2.0"], root=project, today=date(2026, 12, 1)) == 0

    assert read_version(project) == "0.2.0"
    changelog = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog == CHANGELOG.replace("[Unreleased]", "[Unreleased]\n\n## [0.2.0] - 2026-12-01")
    assert main(["check", "--tag", "v0.2.0"], root=project) == 0


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.0.9", "0.0.9 is older than 0.1.0"),
        ("0.1.0rc1", "0.1.0rc1 is older than 0.1.0"),
        ("0.1.0", "released already: give a newer version"),
        ("v0.2.0", "v0.2.0 is written 0.2.0"),
        ("0.2.0-beta", "is written 0.2.0b0"),
        ("next", "next is no version: give one such as 0.2.0"),
        ("", "is no version"),
        ("../0.2.0", "is no version"),
    ],
)
def test_a_version_that_cannot_be_released_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], version: str, words: str
) -> None:
    """The text says why, and nothing is changed."""
    assert main(["turn", version], root=project) == 1

    assert words in capsys.readouterr().err
    assert read_version(project) == "0.1.0"
    assert (project / "CHANGELOG.md").read_text(encoding="utf-8") == CHANGELOG


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("### Added\n\n- A thing.\n", "", "is empty: say there what is new"),
        ("## [Unreleased]", "## Unreleased", "needs one line ## [Unreleased]"),
        ("## [0.1.0]", "## [Unreleased]\n\n## [0.1.0]", "needs one line ## [Unreleased]"),
    ],
    ids=["empty", "missing", "twice"],
)
def test_a_changelog_that_says_nothing_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, words: str
) -> None:
    """There is no release without news."""
    text = CHANGELOG.replace(before, after)
    (project / "CHANGELOG.md").write_text(text, encoding="utf-8")

    assert main(["turn", "0.2.0"], root=project) == 1

    assert words in capsys.readouterr().err
    assert (project / "CHANGELOG.md").read_text(encoding="utf-8") == text
    assert read_version(project) == "0.1.0"


def test_a_tag_is_of_its_version(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tag on another commit than that of the version, or of a version without a section, is not released."""
    assert main(["check", "--tag", "v0.1.0"], root=project) == 0
    assert main(["check", "--tag", "v0.2.0"], root=project) == 1
    assert "the tag is v0.2.0 and the version 0.1.0" in capsys.readouterr().err
    (project / "CHANGELOG.md").write_text(CHANGELOG.replace("[0.1.0]", "[0.0.9]"), encoding="utf-8")

    assert main(["check", "--tag", "v0.1.0"], root=project) == 1
    assert "run `nox -s release -- 0.1.0` first" in capsys.readouterr().err


def test_this_project_is_ready_to_be_turned() -> None:
    """Version and changelog have the form that a release needs."""
    assert main(["check"], root=ROOT) == 0


def test_the_description_leads_to_the_repository() -> None:
    """All relative links of the README are absolute, pictures by the address of the file itself."""
    text = lead_to("https://forge.test/o/aiospectrum", "v0.2.0", README)

    assert len(relative_links(README)) > 10
    assert relative_links(text) == []
    assert "](https://forge.test/o/aiospectrum/blob/v0.2.0/docs/reliability.md)" in text
    assert "](https://forge.test/o/aiospectrum/raw/v0.2.0/docs/performance.svg)" in text


def test_a_description_without_a_repository_has_no_dead_links() -> None:
    """The words stay."""
    text = lead_to("", "v0.2.0", README)

    assert relative_links(text) == []
    assert "docs/reliability.md has the script" in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](b.md)", "[a](U/blob/T/b.md)"),
        ("[a](./b.md#c)", "[a](U/blob/T/b.md#c)"),
        ("[`a[0]`](b.md)", "[`a[0]`](U/blob/T/b.md)"),
        ("![a](b.svg)", "![a](U/raw/T/b.svg)"),
        ("[![a](b.svg)](c.md)", "[![a](U/raw/T/b.svg)](U/blob/T/c.md)"),
        ("[a](https://b)", "[a](https://b)"),
        ("[a](#b)", "[a](#b)"),
        ("`x[a](b)` [c](d)", "`x[a](b)` [c](U/blob/T/d)"),
    ],
    ids=["file", "anchor", "code in words", "picture", "picture in a link", "elsewhere", "same page", "in code"],
)
def test_links_of_all_forms_are_made_absolute(text: str, expected: str) -> None:
    """Whatever form a link has."""
    assert lead_to("U", "T", text) == expected


def test_archives_that_are_not_whole_are_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An archive of another version, or none, is found out."""
    dist = project / "dist"
    dist.mkdir()
    assert main(["inspect", str(dist)], root=project) == 1
    assert "found nothing" in capsys.readouterr().err
    with zipfile.ZipFile(dist / "aiospectrum-0.1.0-py3-none-any.whl", "w") as files:
        files.writestr("aiospectrum-0.1.0.dist-info/METADATA", "Version: 0.1.0\n\nSee [this](docs/x.md).\n")
    with tarfile.open(dist / "aiospectrum-0.1.0.tar.gz", "w:gz"):
        pass

    assert main(["inspect", str(dist)], root=project) == 1

    assert "has links that lead nowhere: docs/x.md" in capsys.readouterr().err
