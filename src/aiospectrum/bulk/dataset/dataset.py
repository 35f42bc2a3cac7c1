"""A dataset as it is read: what it has, what it lacks, and its rows as tables."""

import builtins
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from aiospectrum._codec.writers import format_date_time
from aiospectrum._extras import import_extra
from aiospectrum.bulk.dataset.index import DatasetIndex
from aiospectrum.bulk.dataset.loading import read_index
from aiospectrum.bulk.dataset.opening import Place, open_place
from aiospectrum.bulk.dataset.paths import data_folder
from aiospectrum.bulk.dataset.periods import to_datetime, to_seconds
from aiospectrum.bulk.dataset.reading import RowFilter, check_names, read_arrow, read_duckdb
from aiospectrum.bulk.dataset.results import FileFormat, PictureFormat, SaveFailure
from aiospectrum.bulk.plan import Plan
from aiospectrum.bulk.query import Query
from aiospectrum.bulk.windows import Window
from aiospectrum.charts.texts import counted

if TYPE_CHECKING:
    import altair
    import duckdb
    import pandas
    import polars
    import pyarrow

    from aiospectrum.bulk.dataset.lacks import State

__all__ = ["Dataset", "open_dataset"]

Span: TypeAlias = tuple[int, int]
"""The first second, and the one after the last, since 1970."""

Spans: TypeAlias = Mapping[str, tuple[Window, ...]]
"""Spans of time by zone, in the order of time; windows that touch are one span."""


def open_dataset(folder: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> "Dataset":
    """Read what a dataset has and what it lacks, without its rows.

    This is a plain function that reads some files, for scripts and notebooks. Beside an event loop, call it and the
    methods of what it returns in a thread: ``await asyncio.to_thread(bulk.open_dataset, folder)``. A run may save to
    the dataset meanwhile; what is returned is its state at this moment.

    Args:
        folder: Where :func:`save` saved to, or the folder ``data`` in it, which readers are pointed at; a path or a
            URL.
        storage_options: Arguments of the file system of a URL, such as credentials; only for URLs.

    Returns:
        The dataset.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: The URL needs a package that is not installed; the message says how to install it.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state of the dataset is damaged, or of a later version.
        StorageError: It cannot be read.
    """
    return Dataset(*open_place(folder, storage_options, time.time, read_index))


class Dataset:
    """What a dataset had and lacked when :func:`open_dataset` opened it.

    The methods ``to_…`` read rows, those of files that the state of the dataset names and no others. They take
    ``zones``, ``since`` and ``until`` as filters, and read no more of the files than these need.
    """

    def __init__(self, place: Place, index: DatasetIndex) -> None:
        """Keep what was read.

        Args:
            place: Where the dataset is.
            index: What its journals say.
        """
        self._place = place
        self._index = index

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a dataset is as it was when it was opened: call open_dataset() where it is used")

    @property
    def folder(self) -> str:
        """The folder of the data files, for any library that reads them; a URL without passwords."""
        return data_folder(self._place.store.name)

    @property
    def plan(self) -> Plan:
        """The plan of the latest run."""
        return self._index.plan

    @property
    def query(self) -> Query:
        """The query of all runs."""
        return self._index.query

    @property
    def file_format(self) -> FileFormat:
        """The format of the files."""
        return self._index.file_format

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Zones that have windows or are in :attr:`plan`, in lower case and the order of the alphabet."""
        return tuple(sorted({*self._index.windows, *self._index.noted, *(zone.lower() for zone in self.plan.zones)}))

    @property
    def files(self) -> int:
        """Data files."""
        return len(self._index.readable)

    @property
    def rows(self) -> int:
        """Rows of the data files."""
        return sum(file.rows for file in self._index.readable.values())

    @property
    def bytes(self) -> int:
        """Size of the data files together."""
        return sum(file.bytes for file in self._index.readable.values())

    @cached_property
    def windows(self) -> int:
        """Windows of all zones that have been fetched."""
        return sum(map(len, self._index.windows.values()))

    @cached_property
    def complete(self) -> Spans:
        """The time of each zone whose rows are all in the data files; zones without any are left out, here and below.

        After a query has gained a metric, times that are not asked for again lack it.
        """
        return _merge(self._spans["complete"])

    @cached_property
    def filling(self) -> Spans:
        """The time of each zone of which rows may be missing, as it was too recent; the next run asks for it again."""
        return _merge(self._spans["filling"])

    @cached_property
    def pending(self) -> Spans:
        """The time of each zone whose rows have all been fetched, and are in no data file yet.

        A run that is under way puts them there when it has enough of them, and after a kill the next run does.
        """
        return _merge(self._spans["pending"])

    @cached_property
    def missing(self) -> Spans:
        """The time of each zone of :attr:`plan` that has not been fetched; some of it may not have begun."""
        plan = self.plan
        span = to_seconds(plan.since), to_seconds(plan.until)
        zones = sorted(zone.lower() for zone in plan.zones)
        kinds = self._spans.values()
        there = {zone: sorted(each for kind in kinds for each in kind.get(zone, ())) for zone in zones}
        return _merge({zone: _gaps(spans, span) for zone, spans in there.items()})

    @cached_property
    def failed(self) -> Mapping[str, tuple[SaveFailure, ...]]:
        """What failed in each zone and has not been fetched since, in the order of time; running again asks for it."""
        found: dict[str, list[SaveFailure]] = {}
        for each in sorted(self._index.failures.values(), key=lambda each: (each.zone_id, each.since)):
            window = Window(since=to_datetime(each.since), until=to_datetime(each.until))
            failure = SaveFailure(zone_id=each.zone_id, window=window, error=f"{each.error}: {each.message}")
            found.setdefault(each.zone_id, []).append(failure)
        return {zone: tuple(failures) for zone, failures in found.items()}

    @property
    def complete_until(self) -> datetime | None:
        """Where the data of all zones is complete, from the first window of each on; None if one has none."""
        ends = [self._complete_until(zone_id) for zone_id in self.zones]
        known = [end for end in ends if end is not None]
        return min(known) if len(known) == len(ends) > 0 else None

    def _complete_until(self, zone_id: str) -> datetime | None:
        complete = self.complete.get(zone_id)
        if complete is None:
            return None
        others = [span.since for spans in (self.filling, self.pending) for span in spans.get(zone_id, ())]
        end = min([complete[0].until, *others])
        return end if end > complete[0].since else None

    @cached_property
    def _spans(self) -> dict[str, dict[str, list[Span]]]:
        """The windows that are complete, filling and pending, each by zone and in the order of time."""
        complete: dict[str, list[Span]] = {}
        filling: dict[str, list[Span]] = {}
        pending: dict[str, list[Span]] = {}
        files = self._index.files.keys() - self._index.unpublished
        for zone_id in sorted(self._index.windows):
            for each in self._index.windows[zone_id]:
                window = each.window
                is_filling = window.filling or each.path in self._index.lost
                kind = filling if is_filling else complete if each.path in files else pending
                kind.setdefault(zone_id, []).append((window.since, window.until))
        for zone_id, noted in self._index.noted.items():
            spans = [(each.window.since, each.window.until) for each in noted]
            filling[zone_id] = sorted([*filling.get(zone_id, ()), *spans])
        return {"complete": complete, "filling": filling, "pending": pending}

    def __repr__(self) -> str:
        return (
            f"<Dataset {self.folder!r}: {self._extent()}, {counted(self.rows, 'row')} in {counted(self.files, 'file')}>"
        )

    def __str__(self) -> str:
        query = self.query
        kind = query.kind if query.time_delta is None else f"{query.kind} by {query.time_delta}"
        columns = ", ".join(map(str, (*query.dimensions, *query.metrics)))
        lines = [
            self.folder,
            f"{kind}: {columns}",
            f"{counted(self.rows, 'row')} in {counted(self.files, f'{self.file_format} file')} of {self.bytes:,} bytes",
            self._extent(),
        ]
        for name in ("filling", "pending", "missing", "failed"):
            times = getattr(self, name)
            number = counted(sum(map(len, times.values())), "time")
            lines += [f"{name}: {number} of {counted(len(times), 'zone')}"] if times else []
        return "\n".join(lines)

    def _extent(self) -> str:
        windows, zones, end = counted(self.windows, "window"), counted(len(self.zones), "zone"), self.complete_until
        if end is None:
            return f"{windows} of {zones} that {'is' if self.windows == 1 else 'are'} not complete"
        return f"{windows} of {zones} complete until {format_date_time(end)}"

    def _repr_html_(self) -> str:
        """What it has and lacks, for notebooks."""
        from aiospectrum.charts.notebook import lines_html

        return lines_html("Dataset", str(self).splitlines())

    def to_arrow(
        self,
        *,
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
    ) -> "pyarrow.Table":
        """Read rows as an Arrow table; needs ``aiospectrum[arrow]``.

        Args:
            zones: Ids of the zones; all when None.
            since: Rows whose interval begins before this are left out; an aware datetime, or None for no bound.
            until: Rows whose interval begins at this or later are left out; an aware datetime, or None for no bound.
            names: Names of applications by id, such as :func:`app_names` gives. They are in a column ``app_name``
                after ``appID``, null for an id without a name.

        Returns:
            The rows, with the same columns and types for all datasets of a query, also when there are none. Files are
            in the order of time, and each is sorted by zone and time.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone or no ``appID``.
            ImportError: pyarrow is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        return read_arrow(self._place, self._index, self._filter(zones, since, until, names), names)

    def to_polars(
        self,
        *,
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
    ) -> "polars.DataFrame":
        """Read rows as a frame of polars; a lazy one is ``polars.scan_parquet(dataset.folder)``.

        Args:
            zones: See :meth:`to_arrow`.
            since: See :meth:`to_arrow`.
            until: See :meth:`to_arrow`.
            names: See :meth:`to_arrow`.

        Returns:
            The rows, as :meth:`to_arrow` has them.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone or no ``appID``.
            ImportError: pyarrow or polars is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        pl = import_extra("polars", extra=None, purpose="A frame of polars")
        frame: polars.DataFrame = pl.from_arrow(self.to_arrow(zones=zones, since=since, until=until, names=names))
        return frame

    def to_pandas(
        self,
        *,
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
    ) -> "pandas.DataFrame":
        """Read rows as a frame of pandas, with the types that ``pandas.read_parquet(dataset.folder)`` gives.

        Args:
            zones: See :meth:`to_arrow`.
            since: See :meth:`to_arrow`.
            until: See :meth:`to_arrow`.
            names: See :meth:`to_arrow`.

        Returns:
            The rows, as :meth:`to_arrow` has them.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone or no ``appID``.
            ImportError: pyarrow or pandas is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        import_extra("pandas", extra=None, purpose="A frame of pandas")
        frame: pandas.DataFrame = self.to_arrow(zones=zones, since=since, until=until, names=names).to_pandas()
        return frame

    def to_duckdb(
        self,
        *,
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
        connection: "duckdb.DuckDBPyConnection | None" = None,
    ) -> "duckdb.DuckDBPyRelation":
        """Make a relation of DuckDB, which its SQL finds by the name of the variable.

        Parquet files in a folder of this machine are read when the relation is used, and no more of them than it needs;
        of all others the rows are read now.

        Args:
            zones: See :meth:`to_arrow`.
            since: See :meth:`to_arrow`.
            until: See :meth:`to_arrow`.
            names: See :meth:`to_arrow`.
            connection: The connection that it is for; None for the one that ``duckdb.sql`` uses.

        Returns:
            The relation.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone or no ``appID``.
            ImportError: pyarrow or duckdb is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        return read_duckdb(self._place, self._index, self._filter(zones, since, until, names), names, connection)

    def plot(
        self,
        metric: str | None = None,
        *,
        by: str | None = None,
        top: int = 6,
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
    ) -> "altair.TopLevelMixin":
        """Draw what the dataset has over time in UTC; needs ``aiospectrum[arrow,report]``.

        ::

            chart = dataset.plot(by="coloName", since=datetime(2026, 11, 1, tzinfo=UTC))
            chart.save("traffic.png")  # or .svg, or .html

        Rows are added up, a few thousand at a time, in no more than 200 intervals; times without data, and those of
        which rows may be missing, are shaded.

        Args:
            metric: What to draw; bytes in both directions together when None, or events where the dataset has no bytes.
                Durations are drawn as means over rows, weighted by ``count``.
            by: The dimension to break it down by, or ``zone_id``; the application, or what else there is, when None.
                Only for counts and bytes.
            top: Series of their own, the largest, 1 to 6; all others are drawn as one.
            zones: See :meth:`to_arrow`.
            since: See :meth:`to_arrow`.
            until: See :meth:`to_arrow`.
            names: Names of applications by id, such as :func:`app_names` gives.

        Returns:
            An altair chart, which shows itself in a notebook. Its method ``save`` writes SVG, PNG, HTML and JSON.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone, metric or dimension.
            ImportError: pyarrow or altair is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        from aiospectrum.bulk.dataset.pictures import draw_chart

        wanted = self._filter(zones, since, until, names)
        return draw_chart(
            self._place,
            self._index,
            wanted,
            self._state(),
            metric=metric,
            by=by,
            top=top,
            names=names,
            now=to_datetime(int(time.time())),
        )

    def render_report(
        self,
        file_format: PictureFormat = "html",
        *,
        title: str = "Cloudflare Spectrum traffic",
        zones: Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        names: Mapping[str, str] | None = None,
        interactive: bool = False,
        now: datetime | None = None,
    ) -> "builtins.bytes":
        """Write a report for people about the dataset; needs ``aiospectrum[arrow,report]``.

        ::

            Path("report.html").write_bytes(dataset.render_report(names=await bulk.app_names(client, dataset.zones)))

        It says what is missing, filling or has failed, and shows traffic over time by application and data centre,
        connections and errors, durations, and the busiest applications, as far as the dataset has them. Rows are added
        up, a few thousand at a time, in no more than 200 intervals and with the largest few of each dimension, so that
        memory is bounded. It is plain code that blocks, for seconds to minutes by the size of the dataset.

        Args:
            file_format: ``html``, one page that loads nothing from anywhere, for screens of all sizes, in light and
                dark, and for printers; or ``svg`` or ``png``, one picture of it to post.
            title: What it is called, 1 to 200 characters.
            zones: See :meth:`to_arrow`.
            since: See :meth:`to_arrow`.
            until: See :meth:`to_arrow`.
            names: Names of applications by id, such as :func:`app_names` gives; ids are shown of all others. Not used
                where the dataset has no ``appID``.
            interactive: Whether the page has scripts, all within it, that tell numbers under the pointer; about 1 MB
                more. Only for ``html``.
            now: When it is made, aware; an interval that had not begun by then is neither missing nor counted, unless
                all of the data is later. The current time when None.

        Returns:
            The file.

        Raises:
            InvalidArgumentError: An argument is invalid, or the dataset has no such zone.
            ImportError: pyarrow or vl-convert-python is not installed; the message says how to install it.
            StorageError: A file cannot be read, or has been deleted meanwhile.
        """
        from aiospectrum.bulk.dataset.pictures import draw_report

        wanted = self._filter(zones, since, until, names if "appID" in self.query.dimensions else None)
        return draw_report(
            self._place,
            self._index,
            wanted,
            self._state(),
            file_format=file_format,
            title=title,
            names=names,
            interactive=interactive,
            now=to_datetime(int(time.time())) if now is None else now,
        )

    def _state(self) -> "State":
        from aiospectrum.bulk.dataset.lacks import State

        return State(
            zones=self.zones,
            complete_until=self.complete_until,
            lacking={"filling": self.filling, "pending": self.pending, "missing": self.missing},
            failed=self.failed,
        )

    def _filter(
        self,
        zones: Iterable[str] | None,
        since: datetime | None,
        until: datetime | None,
        names: Mapping[str, str] | None,
    ) -> RowFilter:
        check_names(self.query, names)
        return RowFilter.check(zones, since, until, known=self.zones)


def _merge(by_zone: Mapping[str, Iterable[Span]]) -> dict[str, tuple[Window, ...]]:
    """Make one of those that touch or overlap; they are in the order of time. Zones without any are left out."""
    found = {}
    for zone_id, spans in by_zone.items():
        merged: list[Span] = []
        for since, until in spans:
            if merged and since <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(merged[-1][1], until)
            else:
                merged.append((since, until))
        if merged:
            found[zone_id] = tuple(
                Window(since=to_datetime(since), until=to_datetime(until)) for since, until in merged
            )
    return found


def _gaps(spans: Iterable[Span], whole: Span) -> Iterator[Span]:
    """What others leave of a span; they are in the order of time."""
    start, end = whole
    for since, until in spans:
        if since >= end:
            break
        if since > start:
            yield start, since
        start = max(start, until)
    if start < end:
        yield start, end
