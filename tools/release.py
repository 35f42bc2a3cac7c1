"""The command ``python -m tools.release``: what a release needs beside common tools; ``nox -s release`` runs all.

``turn VERSION`` sets the version, and makes of the changelog's section "Unreleased" that of the version. ``check`` says
whether version, changelog and tag agree. ``inspect FOLDER`` looks at the archives that were built.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from packaging.version import InvalidVersion, Version

_ROOT: Final = Path(__file__).parent.parent
_UNRELEASED: Final = "## [Unreleased]\n"


class ReleaseError(Exception):
    """Something is in the way of a release; the text says what to do about it."""


def main(arguments: Sequence[str] | None = None, *, root: Path = _ROOT, today: date | None = None) -> int:
    """Run one of the commands.

    Args:
        arguments: Command line, without the name of the command; that of the process when None.
        root: The folder of the project.
        today: The date of a release; that in UTC when None.

    Returns:
        0 when all is well, 1 when something is in the way.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("turn").add_argument("version", help="such as 0.2.0")
    commands.add_parser("check").add_argument("--tag", help="the tag that is released, such as v0.2.0")
    commands.add_parser("inspect").add_argument("folder", type=Path, help="where the archives are")
    given = parser.parse_args(arguments)
    try:
        if given.command == "turn":
            turn(root, given.version, today or datetime.now(UTC).date())
        elif given.command == "check":
            check(root, given.tag)
        else:
            inspect(root, given.folder)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_version(root: Path) -> str:
    """The version that the code has."""
    [version] = re.findall(r'^__version__ = "(.*)"$', _version_file(root).read_text(encoding="utf-8"), re.MULTILINE)
    return str(version)


def _version_file(root: Path) -> Path:
    return root / "src/aiospectrum/_version.py"


def turn(root: Path, version: str, today: date) -> None:
    """Set the version, and give the changes so far to it.

    Args:
        root: The folder of the project.
        version: The new one; no older than what the code has.
        today: The date of the release.

    Raises:
        ReleaseError: The version is none, or is released already; or the changelog has nothing new.
    """
    now = read_version(root)
    try:
        is_older = Version(version) < Version(now)
    except InvalidVersion:
        raise ReleaseError(f"{version} is no version: give one such as 0.2.0 or 1.0.0rc1") from None
    if str(Version(version)) != version:
        raise ReleaseError(f"{version} is written {Version(version)}")
    if is_older:
        raise ReleaseError(f"{version} is older than {now}, which the code has: give a newer one")
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    if f"## [{version}]" in text:
        raise ReleaseError(f"CHANGELOG.md has a section {version}, so it is released already: give a newer version")
    _check_changelog(text)
    if not _section(text, "Unreleased").strip():
        raise ReleaseError("the section Unreleased of CHANGELOG.md is empty: say there what is new")
    text = text.replace(_UNRELEASED, f"{_UNRELEASED}\n## [{version}] - {today.isoformat()}\n", 1)
    changelog.write_text(text, encoding="utf-8", newline="\n")
    path = _version_file(root)
    code = path.read_text(encoding="utf-8").replace(f'__version__ = "{now}"', f'__version__ = "{version}"')
    path.write_text(code, encoding="utf-8", newline="\n")
    print(f"{version} of {today}: look at the difference, commit it and tag the commit v{version}")


def _check_changelog(text: str) -> None:
    if text.count(f"\n{_UNRELEASED}") != 1:
        raise ReleaseError(f"CHANGELOG.md needs one line {_UNRELEASED.strip()}")


def _section(changelog: str, name: str) -> str:
    return re.split(rf"^## \[{re.escape(name)}\].*\n", f"{changelog}\n## [", maxsplit=1, flags=re.M)[-1].split(
        "\n## ["
    )[0]


def check(root: Path, tag: str | None) -> None:
    """Check that version, changelog and tag agree.

    Args:
        root: The folder of the project.
        tag: What is released; None before there is a tag.

    Raises:
        ReleaseError: They do not.
    """
    version = read_version(root)
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    _check_changelog(text)
    is_released = re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE) is not None
    if tag is None:
        print(f"version {version}, {'in' if is_released else 'not yet in'} the changelog")
        return
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag} and the version {version}: tag the commit that sets the version")
    if not is_released:
        raise ReleaseError(
            f"CHANGELOG.md has no section {version} with a date: run `nox -s release -- {version}` first"
        )
    print(f"{tag} is ready")


def inspect(root: Path, folder: Path) -> None:
    """Check that the archives have the version, all files, and a description that reads well on a package index.

    Args:
        root: The folder of the project.
        folder: Where the two archives are, and nothing else.

    Raises:
        ReleaseError: Something is missing or wrong.
    """
    version = read_version(root)
    wheel, sdist = folder / f"aiospectrum-{version}-py3-none-any.whl", folder / f"aiospectrum-{version}.tar.gz"
    if sorted(folder.iterdir()) != sorted([wheel, sdist]):
        found = ", ".join(sorted(path.name for path in folder.iterdir()))
        raise ReleaseError(f"expected {wheel.name} and {sdist.name} in {folder}, found {found or 'nothing'}")
    with zipfile.ZipFile(wheel) as files:
        of_wheel = set(files.namelist())
        _check_metadata(wheel, files.read(f"aiospectrum-{version}.dist-info/METADATA"), version)
    with tarfile.open(sdist) as archive:
        of_sdist = {name.partition("/")[2] for name in archive.getnames()} - {"PKG-INFO"}
        information = archive.extractfile(f"aiospectrum-{version}/PKG-INFO")
        _check_metadata(sdist, information.read() if information else b"", version)
    command = ["git", "-C", str(root), "ls-files"]
    tracked = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")) - {""}  # noqa: S603 - our words
    _expect_same(sdist, of_sdist, tracked)
    source = {path.removeprefix("src/") for path in tracked if path.startswith("src/")}
    _expect_same(wheel, {path for path in of_wheel if ".dist-info/" not in path}, source)
    print(f"{wheel.name} and {sdist.name} have all files of the repository and version {version}")


def _expect_same(archive: Path, found: set[str], expected: set[str]) -> None:
    problems = [f"{name} is missing" for name in sorted(expected - found)]
    problems += [f"{name} is not in the repository" for name in sorted(found - expected)]
    if problems:
        raise ReleaseError(f"{archive.name}: {'; '.join(problems[:10])}")


def _check_metadata(archive: Path, text: bytes, version: str) -> None:
    metadata: Message[str, str] = BytesParser().parsebytes(text)
    if metadata["Version"] != version:
        raise ReleaseError(f"{archive.name} has version {metadata['Version']}, not {version}")
    relative = relative_links(str(metadata.get_payload()))
    if relative:
        raise ReleaseError(f"the description of {archive.name} has links that lead nowhere: {', '.join(relative)}")


def relative_links(text: str) -> list[str]:
    """The links and pictures of a text in Markdown that lead nowhere outside the repository."""
    tokens = [token for block in MarkdownIt().parse(text) for token in (block, *(block.children or ()))]
    targets = [str(token.attrs[name]) for token in tokens for name in ("href", "src") if name in token.attrs]
    return [target for target in targets if not target.startswith(("https://", "http://", "mailto:", "#"))]


if __name__ == "__main__":
    sys.exit(main())
