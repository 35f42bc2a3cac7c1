"""What a dataset lacks, in words that are true whichever times and zones these are: pure."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import attrs

from aiospectrum.bulk.dataset.results import SaveFailure
from aiospectrum.bulk.windows import Window
from aiospectrum.charts.overview import Lack
from aiospectrum.charts.texts import counted, human_span, human_time

__all__ = ["Span", "State", "find_lacks"]

Spans: TypeAlias = Mapping[str, Sequence[Window]]
"""Times by zone."""

Span: TypeAlias = tuple[datetime, datetime]

_TEXTS: Final = {
    "missing": "Missing: {of} without data {when}. The next pull fetches it.",
    "filling": "Still filling: rows of {of} may be missing {when}, too recent when they were fetched.",
    "pending": "Not in files yet: data of {of} {when}. The next pull puts it there.",
}
"""What is said of each kind of times."""

_FEW: Final = 10


@attrs.frozen(kw_only=True)
class State:
    """What a dataset has and lacks."""

    zones: Sequence[str]
    """All zones."""

    complete_until: datetime | None
    """Where the data of all of them is complete."""

    lacking: Mapping[str, Spans]
    """Times by zone, for ``filling``, ``pending`` and ``missing``."""

    failed: Mapping[str, Sequence[SaveFailure]]
    """What failed in each zone."""


def find_lacks(state: State, zones: Sequence[str], since: datetime, until: datetime) -> tuple[list[Lack], list[Span]]:
    """Say what a dataset lacks.

    Args:
        state: What it has and lacks.
        zones: The zones that it is about.
        since: Where the time begins that it is about.
        until: Where that ends.

    Returns:
        What is missing, in words; and the times that any of the zones lacks, in their order.
    """
    chosen, found = set(zones), []
    failures = [each for zone, those in state.failed.items() if zone in chosen for each in those]
    failed = [each for each in failures if each.window.since < until and each.window.until > since]
    if failed:
        of = counted(len({each.zone_id for each in failed}), "zone")
        text = f"Failed: {counted(len(failed), 'window')} of {of} could not be fetched. The next pull tries again."
        details = [f"zone {each.zone_id}, {each.window}: {each.error}" for each in failed[:_FEW]]
        found.append(Lack(text=text, details=_more(details, len(failed))))
    lacking = [(max(each.window.since, since), min(each.window.until, until)) for each in failed]
    for kind, text in _TEXTS.items():
        times = _clipped(state.lacking[kind], chosen, since, until)
        if not times:
            continue
        of = _share(len({zone for zone, *_ in times}), len(zones))
        details = [f"zone {zone}: {human_time(first)} to {human_time(last)}" for zone, first, last in times[:_FEW]]
        lack = text.format(of=of, when=_when(times))
        found.append(Lack(text=lack, details=_more(details, len(times)), is_bad=kind == "missing"))
        lacking += [(first, last) for _, first, last in times]
    return found, _merged(lacking)


def _when(times: Sequence[tuple[str, datetime, datetime]]) -> str:
    """When it is, in words that are true whether zones lack the same times or not, and all of them or a few."""
    each = [(first, last) for _, first, last in times]
    spans = _merged(each)
    between = f"between {human_time(spans[0][0])} and {human_time(spans[-1][1])} UTC"
    parts = "" if sorted(each) == sorted(spans * len({zone for zone, *_ in times})) else "parts of "
    if len(spans) == 1:
        return f"for parts of the time {between}" if parts else between
    length = human_span(sum((last - first for first, last in spans), timedelta()))
    return f"for {parts}{length} in {len(spans):,} stretches {between}"


def _clipped(times: Spans, zones: Set[str], since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
    """The times of some zones that lie between two others."""
    return [
        (zone, max(span.since, since), min(span.until, until))
        for zone, spans in times.items()
        if zone in zones
        for span in spans
        if span.since < until and span.until > since
    ]


def _share(some: int, whole: int) -> str:
    if some < whole:
        return f"{some:,} of {whole:,} zones"
    return f"all {whole:,} zones" if whole > 1 else "the zone"


def _more(details: list[str], number: int) -> list[str]:
    left = number - len(details)
    return [*details, f"and {left:,} more; see `aiospectrum dataset status`"] if left else details


def _merged(spans: list[Span]) -> list[Span]:
    """Times that touch as one, in their order."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found
