"""The cycle of a generated package: outdated, regenerated, up to date."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.__main__ import main
from codegen.drift import find_drift, write_package
from codegen.render import HEADER, render_package

MEND = "mend it by: python -m codegen"


def generated(root: Path) -> Path:
    """Where the package of a repository is."""
    return root / "src" / "aiospectrum" / "_generated"


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of the last change of every file."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_outdated_regenerated_up_to_date(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new value in the spec fails the check, one command mends it, and the check passes again."""
    shutil.copytree(repository / "spec", tmp_path / "spec")
    shutil.copy(repository / "pyproject.toml", tmp_path)
    shutil.copytree(generated(repository), generated(tmp_path), ignore=shutil.ignore_patterns("__pycache__"))
    spec = tmp_path / "spec" / "spectrum.openapi.yaml"
    text = spec.read_text(encoding="utf-8")
    assert text.count("dekaminute, minute]") == 1
    spec.write_text(text.replace("dekaminute, minute]", "dekaminute, minute, second]"), encoding="utf-8")

    assert main(["--check"], root=tmp_path) == 1
    complaint = capsys.readouterr().err
    assert '"minute", "second"' in complaint
    assert complaint.endswith(f"{MEND}\n")

    assert main([], root=tmp_path) == 0
    assert capsys.readouterr().out == "wrote checks.py, models.py\n"

    assert main(["--check"], root=tmp_path) == 0
    assert capsys.readouterr().out == "10 files are up to date\n"


def test_the_package_of_this_repository_is_up_to_date(repository: Path) -> None:
    """The command that CI runs exits with 0, run as CI runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "codegen", "--check"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "10 files are up to date\n"


def touch_a_byte(root: Path) -> None:
    path = generated(root) / "models.py"
    path.write_bytes(path.read_bytes().replace(b"A box.", b"A bux."))


def end_lines_as_windows_does(root: Path) -> None:
    path = generated(root) / "models.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def drop_the_last_newline(root: Path) -> None:
    path = generated(root) / "__init__.py"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))


def leave_an_orphan(root: Path) -> None:
    (generated(root) / "bins.py").write_text("", encoding="utf-8")


def leave_an_orphan_below(root: Path) -> None:
    (generated(root) / "old").mkdir()
    (generated(root) / "old" / "bins.py").write_text("x = 1\n", encoding="utf-8")


def lose_a_file(root: Path) -> None:
    (generated(root) / "boxes.py").unlink()


def lose_the_folder(root: Path) -> None:
    shutil.rmtree(generated(root))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param(touch_a_byte, '-    """A bux."""\n+    """A box."""', id="touched file"),
        pytest.param(
            end_lines_as_windows_does, "-from aiospectrum._codec.structs import struct\r\n", id="other line ends"
        ),
        pytest.param(drop_the_last_newline, '+"""What the generator makes of the spec."""\n', id="no last newline"),
        pytest.param(leave_an_orphan, "bins.py should not be there", id="orphan"),
        pytest.param(leave_an_orphan_below, "-x = 1", id="orphan in a folder"),
        pytest.param(lose_a_file, "boxes.py is missing", id="missing file"),
        pytest.param(lose_the_folder, "models.py is missing", id="missing folder"),
    ],
)
def test_every_difference_fails_the_check_and_is_mended(
    fresh_root: Path,
    small_package: dict[str, str],
    change: Callable[[Path], None],
    shown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The check prints the difference and the command, which then mends it."""
    change(fresh_root)
    assert main(["--check"], root=fresh_root) == 1
    complaint = capsys.readouterr().err
    assert shown in complaint
    assert complaint.endswith(f"{MEND}\n")

    assert main([], root=fresh_root) == 0
    assert find_drift(small_package, generated(fresh_root)) == ""


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        pytest.param(
            "[asc, desc]",
            "[asc, desc, random]",
            '+Order: TypeAlias = Literal["asc", "desc", "random"]',
            id="new value",
        ),
        pytest.param("A box.", "One box.", '-    """A box."""\n+    """One box."""', id="description"),
        pytest.param("required: [id]", "required: [id, size]", "+    size: int\n", id="required property"),
    ],
)
def test_a_changed_spec_fails_the_check(
    fresh_root: Path, old: str, new: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check prints what the new spec would change, and the command."""
    path = fresh_root / "spec" / "spectrum.openapi.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["--check"], root=fresh_root) == 1
    complaint = capsys.readouterr().err
    assert shown in complaint
    assert complaint.endswith(f"{MEND}\n")


def test_a_check_writes_nothing(fresh_root: Path) -> None:
    """Looking changes neither a file nor its time, whether it is as it should be or not."""
    touch_a_byte(fresh_root)
    before = snapshot(generated(fresh_root))
    assert main(["--check"], root=fresh_root) == 1
    assert snapshot(generated(fresh_root)) == before


def test_a_second_run_has_nothing_to_do(empty_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first run writes every file, the second one none."""
    assert main([], root=empty_root) == 0
    assert capsys.readouterr().out == (
        "wrote __init__.py, boxes.py, checks.py, converters.py, decoders.py, models.py, namespaces.py, unions.py\n"
    )
    before = snapshot(generated(empty_root))
    assert main([], root=empty_root) == 0
    assert capsys.readouterr().out == "nothing to do\n"
    assert snapshot(generated(empty_root)) == before


def test_rendering_twice_gives_the_same_bytes(rich_package: dict[str, str], repository: Path) -> None:
    """Nothing of the package hangs on time, memory addresses or the order of a set."""
    again = render_package(Path(__file__).parent / "rich.yaml", repository)
    assert again == rich_package
    assert list(again) == list(rich_package)


def test_the_package_says_that_it_is_generated(rich_package: dict[str, str]) -> None:
    """Every file begins with where it comes from and how to change it."""
    assert all(text.startswith(HEADER) for text in rich_package.values())
    assert "python -m codegen" in HEADER


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    """Files that are as they should be keep their time, others are written, removed or made."""
    write_package({"kept.py": "a\n", "changed.py": "b\n", "removed.py": "c\n"}, tmp_path)
    kept = (tmp_path / "kept.py").stat().st_mtime_ns
    wanted = {"kept.py": "a\n", "changed.py": "B\n", "made.py": "d\n"}
    assert write_package(wanted, tmp_path) == ["removed.py", "changed.py", "made.py"]
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == wanted
    assert (tmp_path / "kept.py").stat().st_mtime_ns == kept


def test_what_python_itself_leaves_is_no_drift(tmp_path: Path) -> None:
    """Compiled modules are neither reported nor removed."""
    write_package({"a.py": "a\n"}, tmp_path)
    cache = tmp_path / "__pycache__" / "a.cpython-311.pyc"
    cache.parent.mkdir()
    cache.write_bytes(b"\0")
    assert find_drift({"a.py": "a\n"}, tmp_path) == ""
    assert write_package({"a.py": "a\n"}, tmp_path) == []
    assert cache.exists()


def test_bytes_that_are_no_text_can_be_shown(tmp_path: Path) -> None:
    """A file that is not UTF-8 is a difference, not a crash."""
    (tmp_path / "a.py").write_bytes(b"\xff\n")
    assert "-\ufffd\n+a\n" in find_drift({"a.py": "a\n"}, tmp_path)
