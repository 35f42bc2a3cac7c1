"""What tests of saving share: reports, and datasets read by other means than ours."""

import asyncio
import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from aiospectrum import ReportByTime, ReportByTimeRow, ReportQuery
from aiospectrum.bulk import Plan, Query, Saved, save
from aiospectrum.bulk.dataset.loading import read_index
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.periods import to_datetime
from aiospectrum.bulk.dataset.run import Run
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.bulk.fetch import Fetcher
from tests.bulk.fakes import SINCE, Call, Fake

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVENTS = ("connect", "disconnect")


def number_of(zone_id: str, moment: datetime, event: str) -> int:
    """The count that reports have for an hour of a zone."""
    return int(zone_id, 16) % 1000 * 1000 + int((moment - SINCE) / timedelta(hours=1)) * 10 + EVENTS.index(event)


def hourly(call: Call, *, data_lag: float = 0) -> ReportByTime:
    """A report by the hour and event."""
    since, until = call.times
    starts = [since + timedelta(hours=hour) for hour in range(-(-(int((until - since).total_seconds()) + 1) // 3600))]
    return ReportByTime(
        data=[
            ReportByTimeRow(dimensions=[event], metrics=[[number_of(call.zone_id, start, event) for start in starts]])
            for event in EVENTS
        ],
        data_lag=data_lag,
        rows=len(EVENTS),
        query=ReportQuery(metrics=["count"], dimensions=["event"]),
        time_intervals=[(start, min(start + timedelta(minutes=59, seconds=59), until)) for start in starts],
    )


def holding(call: Call, *rows: ReportByTimeRow, **changes: Any) -> ReportByTime:
    """A report by the hour with other rows."""
    return attrs.evolve(hourly(call), data=list(rows), rows=len(rows), **changes)


def make_plan(zones: Iterable[str], *, days: float = 2, **changes: Any) -> Plan:
    """A plan of daily windows that :func:`hourly` suits."""
    query = Query(time_delta="hour", metrics=["count"], dimensions=["event"])
    until = SINCE + timedelta(days=days)
    return Plan(**{"zones": zones, "since": SINCE, "until": until, "query": query, **changes})


def expected_rows(plan: Plan) -> list[tuple[Any, ...]]:
    """Zone, start of the interval, event and count of every row that the dataset of a plan has."""
    hours = int((plan.until - plan.since) / timedelta(hours=1))
    starts = [plan.since + timedelta(hours=hour) for hour in range(hours)]
    return sorted(
        (zone_id, start, event, number_of(zone_id, start, event))
        for zone_id in plan.zones
        for start in starts
        for event in EVENTS
    )


async def save_to(folder: Path, plan: Plan, client: Any = None, **options: Any) -> Saved:
    """Save over a transport without a network."""
    defaults = {"format": "ndjson", "concurrency": 3, "rate_limit_timeout": None, "clock": NOW.timestamp}
    return await save(_client(client), plan, folder, **{**defaults, **options})


async def save_over(store: Store, plan: Plan, client: Any = None, **options: Any) -> Saved:
    """Save over a transport without a network, to a store of the test's own."""
    fetcher = Fetcher(
        query=plan.query,
        rate_limit_timeout=None,
        sleep=options.pop("sleep", asyncio.sleep),
        clock=options.get("clock", NOW.timestamp),
    )
    defaults = {
        "file_format": "ndjson",
        "concurrency": 3,
        "memory": 64 << 20,
        "settle_after": 86_400.0,
        "fresh_rows": True,
        "fail_fast": False,
        "stop": None,
        "on_progress": None,
        "clock": NOW.timestamp,
    }
    settings = {"threads": Threads(), **defaults, **options}
    return await Run(client=_client(client), plans=[plan], fetcher=fetcher, store=store, **settings).save()


def _client(given: Any) -> Any:
    return Fake(respond=hourly) if given is None else given


def files_of(folder: Path, ending: str) -> list[Path]:
    """The files of a dataset, as a reader finds them."""
    return sorted(folder.glob(f"data/*.{ending}"))


def read_rows(folder: Path, ending: str = "ndjson") -> list[dict[str, Any]]:
    """All rows of a dataset."""
    return [row for path in files_of(folder, ending) for row in read_file(path)]


def read_file(path: Path) -> list[dict[str, Any]]:
    """The rows of one file of a dataset."""
    return _READERS[path.suffix.removeprefix(".")](path)


def shown_rows(folder: Path, ending: str = "ndjson") -> list[tuple[Any, ...]]:
    """What :func:`expected_rows` has, of a dataset."""
    return sorted(
        (row["zone_id"], _moment(row["interval_start"]), row["event"], int(row["count"]))
        for row in read_rows(folder, ending)
    )


def files_aside(folder: Path) -> list[bytes]:
    """What has been set aside."""
    return [path.read_bytes() for path in sorted(folder.glob("state/*-aside-*"))]


def journals_of(folder: Path) -> list[Path]:
    """The journals of a dataset, in order."""
    return sorted(folder.glob("state/w1-journal-*.jsonl"))


def state_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of all journals that are whole."""
    entries = []
    for path in journals_of(folder):
        *lines, _ = path.read_bytes().split(b"\n")
        entries += [json.loads(line) for line in lines]
    return entries


def entries_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Lines of one kind."""
    return [entry for entry in state_of(folder) if entry["entry"] == kind]


def saved_windows(folder: Path) -> dict[str, list[tuple[datetime, datetime, bool]]]:
    """Start, end, and whether it is filling, of each window that is there, by zone."""
    index = read_index(LocalStore(folder))
    return {
        zone_id: [
            (to_datetime(each.window.since), to_datetime(each.window.until), each.window.filling) for each in located
        ]
        for zone_id, located in index.windows.items()
    }


def times_of(folder: Path) -> dict[Path, int]:
    """When each file was written, but for the lock."""
    return {
        path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file() and not path.name.endswith("lock")
    }


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.ParquetFile(path).read().to_pylist()
    return rows


def _read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _read_ndjson(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


_READERS = {"parquet": _read_parquet, "csv": _read_csv, "ndjson": _read_ndjson}
