"""The options of what to pull and how to save it, and the plan that they make."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TextIO, TypeAlias

import attrs
from cyclopts import Parameter

from aiospectrum.bulk import FileFormat, Kind, Plan, Query
from aiospectrum.bulk.plan import MAX_TASKS, edges_of
from aiospectrum.bulk.windows import edge_after, edge_before, usual_length
from aiospectrum.cli.options import (
    AtLeastOne,
    NamesOption,
    TimeOption,
    WholeOption,
    ZoneFilesOption,
    ZonesOption,
    check_filters,
    parse_option,
    parse_size,
    read_text,
    read_zones,
    split_names,
)
from aiospectrum.cli.times import check_order, is_relative, parse_duration, read_time
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.cli.zones_command import FindZones
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.models import TimeDelta

__all__ = ["PlanOptions", "SaveOptions"]

_DEFAULT_METRICS: Final = ("count", "bytesIngress", "bytesEgress")
_SHARD: Final = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)

_WindowOption: TypeAlias = Literal["minute", "dekaminute", "hour", "day", "week", "month", "quarter", "year", "whole"]


@attrs.frozen(kw_only=True)
class PlanOptions:
    """What to pull."""

    zone: ZonesOption = None
    """Identifier of a zone; can be repeated."""

    zones_file: ZoneFilesOption = None
    """File of zones."""

    since: TimeOption = None
    """Start: a date, RFC 3339 with Z or an offset, today, or a time ago such as -24h, cut down to a whole interval."""

    until: TimeOption = None
    """End (excluded), in the same forms, a time ago cut up to a whole interval; now when left out."""

    kind: Kind | None = None
    """bytime for metrics by time interval, which is the default, or summary for sums."""

    time_delta: TimeDelta | None = None
    """Length of each time interval with bytime, an hour when left out; a dekaminute is ten minutes."""

    metrics: NamesOption = None
    """count,bytesIngress,bytesEgress when left out; also durationAvg, durationMedian, duration90th and duration99th."""

    dimensions: NamesOption = None
    """event, appID, coloName or ipVersion, between commas; a single row when left out."""

    filters: str | None = None
    """Conditions, such as event==disconnect;coloName!=SFO."""

    limit: WholeOption = None
    """Maximum number of rows in one response; a report that is cut off is fetched again in halves of its time."""

    window: _WindowOption | None = None
    """Time that one request covers, a day when left out; whole for all of it at once."""

    plan: str | None = None
    """File of a saved plan, instead of all options above."""

    shard: str | None = None
    """Which part of the zones to pull of how many, such as 2/8 for the second of eight machines."""

    def with_zones(self, zones: Iterable[str], *, catch_up: bool) -> "PlanOptions":
        """The same for the zones of a file of accounts.

        Raises:
            UsageError: There are zones already, or an option that excludes accounts.
        """
        given = [option for option in self._given() if option in ("--zone", "--zones-file")]
        if catch_up or given:
            option = "--catch-up" if catch_up else given[0]
            raise UsageError(f"expected no {option} with --accounts")
        return self if self.plan is not None else attrs.evolve(self, zone=[*zones])

    def find_what_to_pull(self, now: datetime, stdin: TextIO | None, find_zones: FindZones) -> tuple[Plan, None]:
        """Make the plan.

        Args:
            now: The current time, aware.
            stdin: The standard input.
            find_zones: Gives the identifiers of zones that are given by their names.

        Returns:
            The plan, or its part if a shard was requested; and no zones beside it.

        Raises:
            UsageError: An option is missing, cannot be read, or excludes another one.
        """
        return self._make_plan(now, stdin, find_zones), None

    def find_what_lacks(
        self, now: datetime, stdin: TextIO | None, find_zones: FindZones
    ) -> tuple[Plan | None, tuple[str, ...] | None]:
        """Find what a dataset is to be extended by.

        Args:
            now: The current time, aware.
            stdin: The standard input.
            find_zones: Gives the identifiers of zones that are given by their names.

        Returns:
            The plan of a first run, or None without options for one; and the zones, None for those of the dataset.

        Raises:
            UsageError: An option is missing, cannot be read, or excludes another one.
        """
        if self.until is not None:
            raise UsageError("expected no --until with --catch-up, which goes up to now")
        if self.since is not None or self.plan is not None:
            return self._make_plan(now, stdin, find_zones), None
        given = self._given("zone", "zones_file")
        if given:
            raise UsageError(f"expected --since with {given[0]}, for the first run; later ones go by the dataset alone")
        zones = find_zones(read_zones(self.zone, self.zones_file, stdin)) if self.zone or self.zones_file else None
        return None, zones

    def _make_plan(self, now: datetime, stdin: TextIO | None, find_zones: FindZones) -> Plan:
        part, parts = (1, 1) if self.shard is None else _parse_shard(self.shard)
        plan = self._build(now, stdin, find_zones) if self.plan is None else self._load(self.plan)
        return plan.shard(part - 1, parts)

    def _build(self, now: datetime, stdin: TextIO | None, find_zones: FindZones) -> Plan:
        if self.since is None:
            raise UsageError("expected --since with a time such as 2026-11-20 or -24h, or --plan with a file")
        zones = read_zones(self.zone, self.zones_file, stdin)
        kind = self.kind or "bytime"
        delta = self.time_delta or ("hour" if kind == "bytime" else None)
        if kind == "summary" and delta is not None:
            raise UsageError("--time-delta: expected no such option with --kind summary, which has no time intervals")
        names: dict[str, Any] = {  # checked there
            "metrics": split_names(self.metrics) or _DEFAULT_METRICS,
            "dimensions": split_names(self.dimensions) or (),
        }
        query = Query(kind=kind, time_delta=delta, filters=check_filters(self.filters), limit=self.limit, **names)
        window = self.window or usual_length(delta)
        edges = edges_of(query, window)
        since = _read_time("--since", self.since, now, lambda moment: edge_before(moment, edges))
        until = _read_time("--until", self.until or "now", now, lambda moment: edge_after(moment, edges))
        check_order(since, until if self.until is not None else None, until)
        return Plan(zones=find_zones(zones), since=since, until=until, query=query, window=window)

    def _given(self, *but: str) -> list[str]:
        """The options that were given, but for some."""
        names = [field.name for field in attrs.fields(PlanOptions) if field.name not in but]
        return [f"--{name.replace('_', '-')}" for name in names if getattr(self, name) is not None]

    def _load(self, file: str) -> Plan:
        given = self._given("plan", "shard")
        if given:
            raise UsageError(f"--plan {file}: expected no other options of what to pull with it, got {given[0]}")
        try:
            return Plan.from_json(read_text(file, f"--plan {file}", None))
        except InvalidArgumentError as error:
            raise UsageError(f"--plan {file}: expected {error.expected}") from None


def _read_time(option: str, text: str, now: datetime, cut: Callable[[datetime], datetime]) -> datetime:
    """A moment as it was given, or cut where it depends on the time of day, so that a job may start early or late."""
    moment = read_time(option, text, now)
    return cut(moment) if is_relative(text) else moment


def _parse_shard(text: str) -> tuple[int, int]:
    match = _SHARD.fullmatch(text)
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= parts:
        raise UsageError(f"--shard: expected PART/PARTS such as 2/8, with PART from 1 to PARTS, got {text!r}")
    return part, parts


_Fresh: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--fresh-rows",
        negative="--no-fresh-rows",
        show_default=False,
        help="Save also what is too recent to be complete, which is the default; or wait until it is.",
    ),
]


@attrs.frozen(kw_only=True)
class SaveOptions:
    """How to save."""

    format: FileFormat | None = None
    """Format of the files: parquet, which is the default, csv or ndjson; all need the extra aiospectrum[arrow]."""

    concurrency: AtLeastOne = 16
    """Maximum number of requests at once."""

    settle_after: str | None = None
    """Time after which what is over counts as complete, whatever the API says, such as 36h; 24h when left out."""

    fresh_rows: _Fresh = True
    """Whether rows that are too recent to be complete are saved."""

    memory: str | None = None
    """Memory for what is not written yet, such as 512MB; 256MiB when left out."""

    max_tasks: AtLeastOne = MAX_TASKS
    """Windows of all zones beyond which a plan is refused, as its time is most likely mistyped."""

    writer: str | None = None
    """Name of this command, w1 to w9999, where several save to one dataset at once, each with another name."""

    def arguments(self) -> dict[str, Any]:
        """Give what was chosen as arguments of :func:`aiospectrum.bulk.save`.

        Raises:
            UsageError: An option cannot be read.
        """
        given = {name: value for name, value in attrs.asdict(self).items() if value is not None}
        if self.settle_after is not None:
            given["settle_after"] = parse_option("--settle-after", self.settle_after, parse_duration)
        if self.memory is not None:
            given["memory"] = parse_option("--memory", self.memory, parse_size)
        return given
