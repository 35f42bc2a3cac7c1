"""The state of a dataset: what is read of it, and what is refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from aiospectrum.bulk import ManifestError
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.paths import is_path
from aiospectrum.bulk.dataset.periods import bounds_of, period_of, to_seconds
from aiospectrum.bulk.dataset.state import (
    DataFile,
    Entry,
    Failed,
    Header,
    Noted,
    Removed,
    SavedWindow,
    Spooled,
    read_journal,
    write_entry,
)
from tests.bulk.datasets import make_plan
from tests.bulk.fakes import SINCE, ZONES

A, B = ZONES[:2]
NAMED = {"a": A, "b": B}
START = to_seconds(SINCE)
HOUR = 3600
DAY = "2026-11-18"


def window(start: float, end: float, *, filling: bool = False) -> SavedWindow:
    """A window by the hours of a day."""
    asked = START + int(end * HOUR)
    return SavedWindow(START + int(start * HOUR), asked, 3, asked, 0.0, filling)


HEADER = Header(file_format="parquet", period="day", plan=json.loads(make_plan([A]).to_json()), started=START)


def spooled(number: int, **windows: list[SavedWindow]) -> Spooled:
    """A spool file with windows of the zones a and b."""
    path = f"state/w1-spool-{number:06}.arrow"
    return Spooled(path=path, bytes=9, period=DAY, windows={NAMED[zone]: each for zone, each in windows.items()})


def data_file(part: int, *merged: int, **windows: list[SavedWindow]) -> DataFile:
    """A data file with windows of the zones a and b."""
    return DataFile(
        path=f"data/{DAY}-w1-{part:04}.parquet",
        staged="state/w1-staged-000001",
        bytes=9,
        rows=6,
        period=DAY,
        windows={NAMED[zone]: each for zone, each in windows.items()},
        merged=tuple(f"state/w1-spool-{number:06}.arrow" for number in merged),
    )


def index_of(*entries: Entry) -> DatasetIndex:
    """The index of one journal, which is written and read."""
    index = DatasetIndex()
    index.apply(
        "state/w1-journal-000001.jsonl", read_journal("journal", b"".join(map(write_entry, (HEADER, *entries))))
    )
    return index


def located(index: DatasetIndex, zone_id: str) -> list[tuple[float, float, str]]:
    """The hours of the windows of a zone, and the end of the file's name."""
    return [
        ((each.window.since - START) / HOUR, (each.window.until - START) / HOUR, each.path.rpartition("-")[2][:6])
        for each in index.windows[zone_id]
    ]


def test_windows_are_where_they_were_written_last() -> None:
    """A later window replaces those that it overlaps; a data file those of the spool files that are in it."""
    entries = [
        data_file(1, a=[window(0, 6), window(6, 12, filling=True)], b=[window(0, 24)]),
        spooled(2, a=[window(6, 13), window(18, 19)]),
        spooled(3, a=[window(13, 18)]),
    ]
    assert located(index_of(*entries), A) == [
        (0, 6, "0001.p"),
        (6, 13, "000002"),
        (13, 18, "000003"),
        (18, 19, "000002"),
    ]
    entries.append(data_file(1, 2, a=[window(0, 6), window(6, 13), window(18, 19)], b=[window(0, 24)]))
    assert located(index_of(*entries), A) == [
        (0, 6, "0001.p"),
        (6, 13, "0001.p"),
        (13, 18, "000003"),
        (18, 19, "0001.p"),
    ]
    index = index_of(*entries, Removed(path=entries[0].path))
    assert (index.zones, located(index, A)) == ((A,), [(13, 18, "000003")])


def test_complete_until() -> None:
    """A zone is complete up to its first gap, or its first filling window."""
    index = index_of(
        spooled(1, a=[window(1, 2), window(2, 3), window(4, 5)], b=[window(0, 1, filling=True), window(1, 2)])
    )
    assert index.complete_until(A.upper()) == SINCE.replace(hour=3)
    assert index.complete_until(B) is None
    assert index.complete_until(ZONES[3]) is None


def test_what_is_saved_neither_failed_nor_lacks_rows() -> None:
    """Failures and noted windows are those of what was not saved since."""
    hour = {"error": "ServerError", "message": "no", "at": START}
    failures = [Failed(zone_id=zone, since=START, until=START + HOUR, **hour) for zone in (A, B)]  # type: ignore[arg-type]
    noted = Noted(windows={A: [window(0, 1, filling=True)], B: [window(0, 1, filling=True)]})
    index = index_of(*failures, noted, spooled(1, a=[window(0, 2)]))
    assert list(index.failures) == [(B, START)]
    assert [zone for zone, _ in index.filling()] == [B]


BROKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "a path that leads out": lambda line: line.update(path="data/../../x.parquet"),
    "an absolute path": lambda line: line.update(path="/etc/passwd"),
    "a path with a line end": lambda line: line.update(path=line["path"] + "\n"),
    "a path with a NUL": lambda line: line.update(path=line["path"] + "\0"),
    "a staged path elsewhere": lambda line: line.update(staged="data/2026-11-18-w1-0002.parquet"),
    "a spool elsewhere": lambda line: line.update(merged=["state/lock"]),
    "negative bytes": lambda line: line.update(bytes=-1),
    "too many bytes": lambda line: line.update(bytes=1 << 60),
    "a text of bytes": lambda line: line.update(bytes="9"),
    "no such month": lambda line: line.update(period="2026-13"),
    "no such day": lambda line: line.update(period="2026-02-30"),
    "another period": lambda line: line.update(period="2026-11-19"),
    "another entry": lambda line: line.update(entry="done"),
    "no windows": lambda line: line.pop("windows"),
    "a zone in upper case": lambda line: line.update(windows={"A" * 32: []}),
    "a short zone": lambda line: line.update(windows={"a": []}),
    "a window without an end": lambda line: line["windows"][A].append([START]),
    "a window that ends before it begins": lambda line: line["windows"].update({B: [[START, START, 0, 0, 0.0, False]]}),
    "windows that overlap": lambda line: line["windows"][A].append(line["windows"][A][0]),
    "a lag of days": lambda line: line["windows"].update({B: [[START, START + 1, 0, 0, 1e9, False]]}),
    "a negative lag": lambda line: line["windows"].update({B: [[START, START + 1, 0, 0, -1.0, False]]}),
    "a time beyond all years": lambda line: line["windows"].update({B: [[START, 1 << 50, 0, 0, 0.0, False]]}),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_line_that_is_refused(damage: str) -> None:
    """Whatever is wrong with a line is a ManifestError that names file and line."""
    line = json.loads(write_entry(data_file(1, 1, a=[window(0, 6)])))
    BROKEN[damage](line)
    content = write_entry(HEADER) + json.dumps(line).encode() + b"\n"
    with pytest.raises(ManifestError, match=r"the/path, line 2: damaged"):
        list(read_journal("the/path", content))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"entry":"removed"}',
        b'"' + b"a" * 10_000,
        b"1e999",
        b"null",
    ],
    ids=["empty", "nul", "list", "object", "bytes", "nested", "removed", "open", "huge", "null"],
)
def test_bytes_that_are_refused(line: bytes) -> None:
    """What is no line at all is refused as well, wherever it stands."""
    for content in (line + b"\n", write_entry(HEADER) + line + b"\n"):
        with pytest.raises(ManifestError, match=r"line [12]: damaged"):
            list(read_journal("the/path", content))


def test_a_plan_that_is_refused() -> None:
    """The plan of a header is checked when it is read."""
    for plan in (
        {},
        {"since": []},
        {**HEADER.plan, "since": "2026-11-18T00:00:00"},
        {**HEADER.plan, "zones": ["../.."]},
    ):
        index = DatasetIndex()
        index.apply("the/path", [msgspec.structs.replace(HEADER, plan=plan)])
        with pytest.raises(ManifestError, match="the/path: the plan cannot be read"):
            _ = index.query


def test_the_first_line_is_the_plan() -> None:
    """A journal without a plan, or with two, is refused; a last line without its end is ignored."""
    line = write_entry(spooled(1, a=[window(0, 1)]))
    for content in (line, write_entry(HEADER) * 2):
        with pytest.raises(ManifestError, match=r"line [12]: damaged"):
            list(read_journal("the/path", content))
    assert list(read_journal("the/path", write_entry(HEADER) + line[:-5])) == [HEADER]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/2026-11-18-w1-0001.parquet", True),
        ("data/2026-11-w12-12345.csv", True),
        ("state/w1-journal-000001.jsonl", True),
        ("state/w1-spool-1000000.arrow", True),
        ("state/w1-staged-000001", True),
        ("state/lock", True),
        ("data/2026-11-18-w1-00001.parquet", False),
        ("data/2026-11-18-w1-0001.parquet\n", False),
        ("data/2026-11-18-w1-0001.exe", False),
        ("data/x/2026-11-18-w1-0001.parquet", False),
        ("state/../w1-staged-000001", False),
        ("state/w1-staged-000001.part", False),
        ("state/w0-staged-000001", False),
        ("state/w1-staged-٠٠٠٠٠١", False),
        ("lock", False),
        ("", False),
    ],
)
def test_names(path: str, expected: bool) -> None:
    """Only names that a dataset has are opened."""
    assert is_path(path) is expected


def test_periods() -> None:
    """Days and months are named and bounded, in all years that there are."""
    for moment in (datetime(1, 1, 1), datetime(1969, 12, 31), SINCE, datetime(2024, 2, 29), datetime(9999, 12, 31)):
        seconds = to_seconds(moment.replace(tzinfo=UTC))
        for period, length in (("day", 10), ("month", 7)):
            name = period_of(seconds, period)  # type: ignore[arg-type]
            start, end = bounds_of(name)
            assert name == moment.date().isoformat()[:length]
            assert start <= seconds < end
            assert period_of(start, period) == name  # type: ignore[arg-type]
