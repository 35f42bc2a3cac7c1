"""Zones from options and files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from aiospectrum.cli.context import UsageError
from aiospectrum.cli.zone_options import read_zones

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = "a" * 32, "b" * 32, "c" * 32


def test_zones_come_from_everywhere(tmp_path: Path) -> None:
    """Options, files and the standard input are taken together, each zone once, in the order of their first places."""
    file = tmp_path / "zones.txt"
    file.write_bytes(f"\ufeff# ours\n\n  {B}  # the second one\r\n{A}\n".encode())
    assert read_zones([A, A.upper()], [str(file), "-"], io.StringIO(f"{B.upper()}\n{C}")) == (A, B, C)


@pytest.mark.parametrize(
    ("zones", "lines", "message"),
    [
        pytest.param(None, None, "expected --zone with the identifier of a zone, or --zones-file", id="nothing"),
        pytest.param([A, "../apps"], None, "--zone: expected the 32 hex.*, got '../apps'", id="zone"),
        pytest.param(None, f"{A}\nnope # x", "--zones-file -, line 2: expected .*, got 'nope'", id="line"),
        pytest.param(None, "# none\n", "--zones-file -: expected at least one zone, got none", id="comments alone"),
        pytest.param(None, A + "0", "line 1: expected .*, got 'aaaaaaaaaaaaaaa…'", id="too long"),
    ],
)
def test_other_zones_are_refused(zones: list[str] | None, lines: str | None, message: str) -> None:
    """The message names the option, the line and the value."""
    with pytest.raises(UsageError, match=message):
        read_zones(zones, None if lines is None else ["-"], io.StringIO(lines or ""))


def test_a_token_in_the_wrong_file_is_not_told() -> None:
    """What is no zone is shown in part, as it may be a secret."""
    secret = "s3cr3t" * 7
    with pytest.raises(UsageError) as caught:
        read_zones(None, ["-"], io.StringIO(secret))
    assert secret[:20] not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"\xff\xfe\x00", "expected text in UTF-8, got something else", id="binary"),
    ],
)
def test_unreadable_files_are_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The message names the file."""
    file = tmp_path / "zones.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=f"--zones-file .*zones.txt: {message}"):
        read_zones(None, [str(file)], None)


def test_no_standard_input_is_an_empty_one() -> None:
    """A process without input has no zones there."""
    with pytest.raises(UsageError, match="got none"):
        read_zones(None, ["-"], None)
