"""The command ``python -m tools.api``: compares the public API with a snapshot of it, and with the last release.

The snapshot, ``tools/public_api.txt``, has a line for each thing that a program can rely on: a name, a base class, a
field, what a call returns, a parameter with its place and default. So a line that is gone or has changed may break a
program, and a new one cannot, unless it is a parameter that has to be given. ``--write`` makes the snapshot anew.
"""

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.public import describe

_ROOT: Final = Path(__file__).parent.parent
SNAPSHOT: Final = _ROOT / "tools/public_api.txt"
"""Where the public API is written down."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the API, or write the snapshot.

    Args:
        arguments: Command line, without the name of the command; that of the process when None.

    Returns:
        0 when nothing differs, 1 when something does.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.api", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the snapshot anew, for a change that is meant")
    given = parser.parse_args(arguments)
    now = describe(_ROOT / "src")
    if given.write:
        SNAPSHOT.write_text("".join(f"{line}\n" for line in now), encoding="utf-8", newline="\n")
        print(f"wrote {len(now)} lines to {SNAPSHOT.relative_to(_ROOT)}")
        return 0
    problems = compare_snapshot(SNAPSHOT.read_text(encoding="utf-8").splitlines(), now)
    tag = last_tag(_ROOT)
    if tag is not None:
        changelog = (_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        problems += compare_release(tag, describe_tag(_ROOT, tag), now, changelog)
    print("\n".join(problems) or f"{len(now)} lines of the public API are as before; the last release is {tag}")
    return 1 if problems else 0


def compare_snapshot(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Say how the API differs from its snapshot, and what to do.

    Args:
        before: The lines of the snapshot.
        now: Those of the code.

    Returns:
        Lines to print; none when nothing differs.
    """
    broken, added = _differ(before, now)
    kinds = [("may break programs", broken), ("are new", added)]
    problems = [line for title, lines in kinds if lines for line in (f"Changes that {title}:", *lines, "")]
    if broken:
        problems.append("Keep what was there, with a DeprecationWarning, as docs/stability.md says. If it has to be:")
    if problems:
        problems.append(
            "run `nox -s api -- --write`, commit tools/public_api.txt, and name the change in CHANGELOG.md."
        )
    return problems


def compare_release(tag: str, before: Sequence[str], now: Sequence[str], changelog: str) -> list[str]:
    """Say which changes since a release may break programs without being announced.

    Args:
        tag: The release.
        before: The lines of its API.
        now: Those of the code.
        changelog: All of CHANGELOG.md, whose section "Unreleased" announces a change by naming it in backticks.

    Returns:
        Lines to print; none when all is announced.
    """
    section = changelog.partition("## [Unreleased]")[2].partition("\n## [")[0]
    named = set(re.findall(r"`([\w.]+)", section))
    broken = [line for line in _differ(before, now)[0] if named.isdisjoint(_names_of(line))]
    if not broken:
        return []
    return [
        f"Changes since {tag} that may break programs, which the section Unreleased of CHANGELOG.md does not name:",
        *broken,
        "",
        "Keep what was there, as docs/stability.md says, or name it there in backticks, as in `AppRequest.tls`.",
    ]


def _names_of(line: str) -> set[str]:
    """What a change may be announced by: ``App``, ``App.dns`` and ``dns``, say, not its package alone."""
    parts = re.split(r"[.(]", line[2:].partition(": ")[0].partition(" is ")[0].rstrip(")"))
    classes = [at for at, part in enumerate(parts) if part[:1].isupper()]
    start = classes[0] if classes else len(parts) - 1 - ("(" in line)
    return {".".join(parts[first:last]) for last in range(start + 1, len(parts) + 1) for first in range(last)}


def _differ(before: Sequence[str], now: Sequence[str]) -> tuple[list[str], list[str]]:
    """The changes that may break programs, both sides of each, and those that are additions."""
    gone, new = set(before) - set(now), set(now) - set(before)
    subjects = {line.partition(": ")[0] for line in gone}
    owners = {re.split(r"[:(]", line)[0] for line in before}
    breaking = {line for line in new if line.partition(": ")[0] in subjects or _must_be_given(line, owners)}
    sides = [*((line, "- ") for line in gone), *((line, "+ ") for line in breaking)]
    sides.sort(key=lambda side: (side[0].partition(": ")[0], side[1] == "+ "))
    return [sign + line for line, sign in sides], [f"+ {line}" for line in sorted(new - breaking)]


def _must_be_given(line: str, owners: set[str]) -> bool:
    """Whether a new line is of a parameter or field without default, of something that was there before."""
    subject = line.partition(": ")[0]
    owner = subject.partition("(")[0] if subject.endswith(")") else subject.rpartition(".")[0]
    return line.endswith("(required)") and owner in owners


def last_tag(repository: Path) -> str | None:
    """The tag of the last release before the commit at hand.

    Args:
        repository: A folder.

    Returns:
        The tag; None where there is none, or where the folder is not in a repository.
    """
    command = ["git", "-C", str(repository), "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip() or None


def describe_tag(repository: Path, tag: str) -> list[str]:
    """The public API of a release.

    Args:
        repository: A folder.
        tag: The release.

    Returns:
        Lines as those of the snapshot.
    """
    command = ["git", "-C", str(repository), "archive", "--format=tar", tag, "src"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - a tag of the repository
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
        return describe(Path(folder) / "src")


if __name__ == "__main__":
    sys.exit(main())
