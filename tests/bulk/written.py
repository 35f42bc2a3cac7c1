"""Datasets that are written by their documented layout, without a run."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from aiospectrum.bulk import FileFormat, Plan
from aiospectrum.bulk.columns import Part, pack_report, to_table
from aiospectrum.bulk.dataset.files import write_table
from aiospectrum.bulk.dataset.paths import data_path, journal_path, staged_path
from aiospectrum.bulk.dataset.periods import period_of, to_seconds
from aiospectrum.bulk.dataset.state import DataFile, Entry, Header, SavedWindow, write_entry
from aiospectrum.bulk.plan import Task
from tests.bulk.datasets import NOW, hourly
from tests.bulk.fakes import Call


@attrs.define(kw_only=True)
class Writer:
    """Writes a dataset as runs would have left it."""

    folder: Path
    plan: Plan
    file_format: FileFormat = "parquet"
    period: Any = "day"
    report: Callable[[Call], Any] = hourly
    is_filling: Callable[[Task], bool] = lambda task: False
    _number: int = 0
    _parts: dict[str, int] = attrs.Factory(dict)

    def next_number(self) -> int:
        """A number that no file has."""
        self._number += 1
        return self._number

    def write(self, *entries: Entry, tasks: Iterable[Task] | None = None) -> None:
        """Write the data of tasks, those of the plan by default, and a journal of them and of other lines."""
        by_period: dict[str, list[Task]] = {}
        for task in self.plan if tasks is None else tasks:
            by_period.setdefault(period_of(to_seconds(task.window.since), self.period), []).append(task)
        self.write_journal(*(self.write_file(period, of_period) for period, of_period in by_period.items()), *entries)

    def write_journal(self, *entries: Entry) -> None:
        """Write a journal."""
        header = Header(
            file_format=self.file_format,
            period=self.period,
            plan=json.loads(self.plan.to_json()),
            started=to_seconds(NOW),
        )
        self._put(journal_path("w1", self.next_number()), b"".join(map(write_entry, [header, *entries])))

    def write_file(self, period: str, tasks: Sequence[Task], *, part: int | None = None) -> DataFile:
        """Write the data file of tasks of a period; the next part by default. Gives its line."""
        self._parts[period] = self._parts.get(period, 0) + 1
        table, windows = self.table(tasks)
        data = write_table(self.file_format, table)
        path = data_path(period, "w1", self._parts[period] if part is None else part, self.file_format)
        self._put(path, data)
        return DataFile(
            path=path,
            staged=staged_path("w1", self.next_number()),
            bytes=len(data),
            rows=table.num_rows,
            period=period,
            windows=windows,
        )

    def entry_of(self, day: int, windows: dict[str, list[SavedWindow]]) -> DataFile:
        """The line of a file that is not there, of some day of the plan."""
        period = period_of(to_seconds(self.plan.since + day * timedelta(days=1)), self.period)
        rows = sum(window.rows for of_zone in windows.values() for window in of_zone)
        path = data_path(period, "w1", 1, self.file_format)
        return DataFile(
            path=path, staged=staged_path("w1", day + 1), bytes=9, rows=rows, period=period, windows=windows
        )

    def table(self, tasks: Sequence[Task]) -> tuple[Any, dict[str, list[SavedWindow]]]:
        """The rows of tasks, and their windows."""
        query = self.plan.query
        parts, windows = [], {}
        for task in sorted(tasks, key=lambda task: (task.zone_id, task.window.since)):
            asked = {"since": task.window.since, "until": task.window.last}
            report = self.report(Call(zone_id=task.zone_id, query=asked, place=0))
            packed = pack_report(query, task.window, report)
            parts.append(Part(zone_id=task.zone_id, window=task.window, report=packed))
            since, until = to_seconds(task.window.since), to_seconds(task.window.until)
            window = SavedWindow(since, until, len(packed), until + 60, 0.0, self.is_filling(task))
            windows.setdefault(task.zone_id, []).append(window)
        return to_table(query, parts)[0], windows

    def _put(self, path: str, data: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.parent.parent / "state" / "w1-staged-000000"
        staged.parent.mkdir(exist_ok=True)
        staged.write_bytes(data)
        staged.replace(target)
