"""Zones, times and files as options give them."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiospectrum.cli.options import read_zones
from aiospectrum.cli.times import parse_duration, parse_time
from aiospectrum.cli.usage_errors import UsageError

NOW = datetime(2024, 5, 8, 12, 30, 45, 678901, tzinfo=UTC)
A, B, C = "a" * 32, "b" * 32, "c" * 32


def test_zones_come_from_everywhere(tmp_path: Path) -> None:
    """Options, files and the standard input are taken together, each zone once, in the order of their first places."""
    file = tmp_path / "zones.txt"
    file.write_bytes(f"\ufeff# ours\n\n  {B}  # the second one\r\n{A}\n".encode())
    assert read_zones([A, A.upper()], [str(file), "-"], io.StringIO(f"{B.upper()}\n{C}")) == (A, B, C)


@pytest.mark.parametrize(
    ("zones", "lines", "message"),
    [
        pytest.param(None, None, "expected --zone with the identifier or name of a zone, or ", id="nothing"),
        pytest.param([A, "../apps"], None, "--zone: expected the identifier .*, got '../apps'", id="zone"),
        pytest.param(None, f"{A}\nnope # x", "--zones-file -, line 2: expected .*, got 'nope'", id="line"),
        pytest.param(None, "# none\n", "--zones-file -: expected at least one zone, got none", id="comments alone"),
        pytest.param(None, A + "0", "line 1: expected .*, got 'aaaa…'", id="too long"),
    ],
)
def test_other_zones_are_refused(zones: list[str] | None, lines: str | None, message: str) -> None:
    """The message names the option, the line and the value."""
    with pytest.raises(UsageError, match=message):
        read_zones(zones, None if lines is None else ["-"], io.StringIO(lines or ""))


def test_a_token_in_the_wrong_file_is_not_printed() -> None:
    """What is no zone is shown in part, as it may be a secret."""
    secret = "s3cr3t" * 7
    with pytest.raises(UsageError) as caught:
        read_zones(None, ["-"], io.StringIO(secret))
    assert secret[:20] not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"\xff\x00", "expected text in UTF-8, got something else", id="binary"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("now", NOW, id="now"),
        pytest.param("-90s", NOW - timedelta(seconds=90), id="seconds"),
        pytest.param("-30m", NOW - timedelta(minutes=30), id="minutes"),
        pytest.param("-24h", NOW - timedelta(hours=24), id="hours"),
        pytest.param("-7d", NOW - timedelta(days=7), id="days"),
        pytest.param("-2w", NOW - timedelta(weeks=2), id="weeks"),
        pytest.param("2024-05-06", datetime(2024, 5, 6, tzinfo=UTC), id="date"),
        pytest.param("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), id="Z"),
        pytest.param("2024-05-06t07:08:09.25z", datetime(2024, 5, 6, 7, 8, 9, 250000, tzinfo=UTC), id="fraction"),
        pytest.param("2024-05-06 07:08+02:00", datetime(2024, 5, 6, 5, 8, tzinfo=UTC), id="offset and space"),
    ],
)
def test_times_are_read(text: str, expected: datetime) -> None:
    """Absolute and relative moments become aware datetimes."""
    moment = parse_time(text, NOW)
    assert moment == expected
    assert moment.utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("24h", id="relative without a minus"),
        pytest.param("-24", id="no unit"),
        pytest.param("-1y", id="unknown unit"),
        pytest.param("-999999999w", id="out of range"),
        pytest.param("2024-05-06T07:08:09", id="no offset"),
        pytest.param("2024-13-01", id="no such month"),
        pytest.param("2024-05-06T25:00:00Z", id="no such hour"),
        pytest.param("20240506", id="no dashes"),
        pytest.param("2024-05-0٦", id="other digits"),
        pytest.param("yesterday", id="words"),
    ],
)
def test_other_times_are_refused(text: str) -> None:
    """Anything ambiguous or impossible is refused with what was expected."""
    with pytest.raises(ValueError, match=r"^expected a time such as .*, got '"):
        parse_time(text, NOW)


def test_durations_are_read() -> None:
    """A number and a unit."""
    texts = ("90s", "30m", "2h", "7d", "2w")
    assert [parse_duration(text).total_seconds() for text in texts] == [90, 1800, 7200, 604800, 1209600]


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 h", "1y", "999999999w"])
def test_other_durations_are_refused(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match=f"expected a length of time such as 30m, 2h or 7d, got {text!r}"):
        parse_duration(text)
