"""The cycle of a generated package: outdated, regenerated, up to date."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from codegen.__main__ import main

GOOD = Path(__file__).parent / "good.yaml"
MEND = "mend it by the same command without --check"


@attrs.frozen
class Place:
    """A spec, and the package made of it."""

    spec: Path
    folder: Path

    def run(self, *more: str) -> int:
        """Run the command."""
        return main(["--spec", str(self.spec), "--package", self.folder.name, "--out", str(self.folder), *more])


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A spec with all that is generated from it."""
    place = Place(tmp_path / "spec.yaml", tmp_path / "boxes")
    shutil.copy(GOOD, place.spec)
    assert place.run() == 0
    capsys.readouterr()
    return place


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of the last change of every file."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_outdated_regenerated_up_to_date(fresh: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A new value in the spec fails the check, one command mends it, and the check passes again."""
    text = fresh.spec.read_text(encoding="utf-8")
    fresh.spec.write_text(text.replace("[asc, desc]", "[asc, desc, random]"), encoding="utf-8")

    assert fresh.run("--check") == 1
    complaint = capsys.readouterr().err
    assert '+Order: TypeAlias = Literal["asc", "desc", "random"]' in complaint
    assert complaint.endswith(f"{MEND}\n")

    assert fresh.run() == 0
    assert capsys.readouterr().out == "wrote checks.py, models.py\n"

    assert fresh.run("--check") == 0
    assert capsys.readouterr().out == "6 files are up to date\n"


def test_the_package_of_this_repository_is_up_to_date(repository: Path) -> None:
    """The command that CI runs exits with 0, run as CI runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "--check"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "8 files are up to date\n"


def touch_a_byte(folder: Path) -> None:
    path = folder / "models.py"
    path.write_bytes(path.read_bytes().replace(b"A box.", b"A bux."))


def end_lines_as_windows_does(folder: Path) -> None:
    path = folder / "models.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def drop_the_last_newline(folder: Path) -> None:
    path = folder / "checks.py"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))


def write_other_bytes(folder: Path) -> None:
    (folder / "checks.py").write_bytes(b"\xff\n")


def leave_an_orphan(folder: Path) -> None:
    (folder / "bins.py").write_text("", encoding="utf-8")


def leave_an_orphan_below(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "bins.py").write_text("x = 1\n", encoding="utf-8")


def lose_a_file(folder: Path) -> None:
    (folder / "boxes.py").unlink()


def lose_the_folder(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param(touch_a_byte, '-    """A bux.', id="touched file"),
        pytest.param(end_lines_as_windows_does, "-from aiospectrum.structs import struct\r\n", id="other line ends"),
        pytest.param(drop_the_last_newline, '+"""Check of a value of the schema Order."""\n', id="no last newline"),
        pytest.param(write_other_bytes, "-\ufffd\n", id="no text"),
        pytest.param(leave_an_orphan, "bins.py should not be there", id="orphan"),
        pytest.param(leave_an_orphan_below, "-x = 1", id="orphan in a folder"),
        pytest.param(lose_a_file, "boxes.py is missing", id="missing file"),
        pytest.param(lose_the_folder, "models.py is missing", id="missing folder"),
    ],
)
def test_every_difference_fails_the_check_and_is_mended(
    fresh: Place, change: Callable[[Path], None], shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check prints the difference and writes nothing; the command then mends it."""
    before = {name: data for name, (data, _) in snapshot(fresh.folder).items()}
    change(fresh.folder)
    changed = snapshot(fresh.folder) if fresh.folder.exists() and not (fresh.folder / "old").exists() else None

    assert fresh.run("--check") == 1
    complaint = capsys.readouterr().err
    assert shown in complaint
    assert complaint.endswith(f"{MEND}\n")
    assert changed is None or snapshot(fresh.folder) == changed

    assert fresh.run() == 0
    assert {path.name: path.read_bytes() for path in fresh.folder.iterdir() if path.is_file()} == before
    assert fresh.run("--check") == 0


def test_a_second_run_has_nothing_to_do(fresh: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What is right already keeps its time; compiled modules are neither reported nor removed."""
    cache = fresh.folder / "__pycache__" / "models.cpython-311.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"\0")
    kept = (fresh.folder / "models.py").stat().st_mtime_ns

    assert fresh.run() == 0

    assert capsys.readouterr().out == "nothing to do\n"
    assert (fresh.folder / "models.py").stat().st_mtime_ns == kept
    assert cache.exists()


def test_a_spec_that_became_unusable_leaves_what_is_there(fresh: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal is no reason to touch the package."""
    before = snapshot(fresh.folder)
    fresh.spec.write_text("openapi: 3.1.0\n", encoding="utf-8")

    assert fresh.run() == 2
    assert fresh.run("--check") == 2

    assert snapshot(fresh.folder) == before
    assert "no paths" in capsys.readouterr().err


def test_every_file_says_where_it_comes_from(fresh: Place) -> None:
    """The first line names the spec and the command."""
    for path in fresh.folder.iterdir():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# Generated from spec.yaml by `python -m codegen`: do not edit."


def test_files_of_others_are_not_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with something else in it is left alone."""
    place = Place(GOOD, tmp_path / "boxes")
    place.folder.mkdir()
    (place.folder / "letter.txt").write_text("Dear", encoding="utf-8")

    assert place.run() == 2

    assert [path.name for path in place.folder.iterdir()] == ["letter.txt"]
    assert "give an empty folder" in capsys.readouterr().err


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder would be is left alone."""
    place = Place(GOOD, tmp_path / "boxes")
    place.folder.write_text("Dear", encoding="utf-8")

    assert place.run() == 2

    assert place.folder.read_text(encoding="utf-8") == "Dear"
    assert "give an empty folder" in capsys.readouterr().err


def test_what_cannot_be_written_ends_in_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder above would be, or a folder in the place of a module, is named."""
    (tmp_path / "shelf").write_text("Dear", encoding="utf-8")
    below = Place(GOOD, tmp_path / "shelf" / "boxes")
    beside = Place(GOOD, tmp_path / "boxes")
    (beside.folder / "models.py").mkdir(parents=True)

    assert (below.run(), beside.run()) == (2, 2)

    first, second = capsys.readouterr().err.splitlines()
    assert str(below.folder) in first
    assert str(beside.folder / "models.py") in second


def test_the_name_of_the_spec_stays_in_its_line(tmp_path: Path) -> None:
    """A line end in it does not end the comment that names it."""
    place = Place(tmp_path / "a\nb = 1 \udcff.yaml", tmp_path / "boxes")
    shutil.copy(GOOD, place.spec)
    assert place.run() == 0
    lines = (place.folder / "models.py").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(r"# Generated from 'a\nb = 1 \udcff.yaml' by")
    assert place.run("--check") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--package", "boxes"], "--spec, --package and --out go together"),
        (
            ["--spec", "a.yaml", "--package", "big-boxes", "--out", "big-boxes"],
            "the dotted name, in ASCII, of the package",
        ),
        (["--spec", "a.yaml", "--package", "class", "--out", "class"], "the dotted name, in ASCII, of the package"),
        (["--spec", "a.yaml", "--package", "typing", "--out", "typing"], "would hide the module typing"),
        (["--spec", "a.yaml", "--package", "msgspec", "--out", "msgspec"], "would hide the module msgspec"),
        (["--spec", "a.yaml", "--package", "json.boxes", "--out", "boxes"], "would hide the module json"),
        (
            ["--spec", "a.yaml", "--package", "\ufb01le", "--out", "\ufb01le"],
            "the dotted name, in ASCII, of the package",
        ),
        (["--spec", "a.yaml", "--package", "boxes", "--out", "bins"], "the dotted name, in ASCII, of the package"),
    ],
    ids=[
        "one of three",
        "no identifier",
        "keyword",
        "module",
        "dependency",
        "below a module",
        "ligature",
        "another folder",
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what fits."""
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err
