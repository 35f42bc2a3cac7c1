"""What a run would find and do, without anything being sent or written."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import attrs

from aiospectrum.bulk.catch_up import check_what_to_catch_up, find_lacking
from aiospectrum.bulk.columns import schema_of
from aiospectrum.bulk.dataset.loading import read_journals
from aiospectrum.bulk.dataset.opening import call_store, make_opener
from aiospectrum.bulk.dataset.paths import WRITER
from aiospectrum.bulk.dataset.results import FileFormat
from aiospectrum.bulk.dataset.run import make_header
from aiospectrum.bulk.dataset.sharing import check_destination
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.bulk.dataset.tasks import choose_tasks, count_tasks
from aiospectrum.bulk.plan import Plan, check_task_count
from aiospectrum.bulk.save import SaveSettings

__all__ = ["Preview", "preview"]


@attrs.frozen(kw_only=True)
class Preview:
    """What a run would do."""

    plans: tuple[Plan, ...]
    """What would be saved."""

    requests: int
    """Windows that would be asked for, filling ones of the dataset included."""


def preview(
    destination: str | os.PathLike[str],
    *,
    plan: Plan | None,
    zones: Iterable[str] | None = None,
    is_catch_up: bool = False,
    format: FileFormat | None = None,  # noqa: A002 - as of save
    clock: Callable[[], float],
    **settings: Any,
) -> Preview:
    """Look at what a run would find, as far as that is possible without writing; blocks.

    Args:
        destination: Where it would save to.
        plan: Its plan; None to catch up with that of the dataset.
        zones: Zones in place of those of the dataset.
        is_catch_up: Whether it is :func:`catch_up` and not :func:`save`.
        format: Format of the files; None for that of the dataset, or the usual one.
        clock: Returns the time of day in seconds since 1970.
        **settings: Other arguments of the run, as :class:`SaveSettings` has them.

    Returns:
        What it would do.

    Raises:
        InvalidArgumentError: As it would.
        ImportError: As it would.
        SaveError: As it would.
    """
    chosen = check_what_to_catch_up(plan, zones)
    checked = SaveSettings(format="parquet" if format is None else format, **settings)
    open_store, redaction = make_opener(destination, None, clock)
    store = call_store(open_store, redaction, "the destination cannot be opened")

    def look() -> Preview:
        store.probe(checked.writer or WRITER)
        if plan is not None and not is_catch_up:
            return _look(store, (plan,), checked, clock())
        lacking = find_lacking(store, plan, chosen, now=datetime.fromtimestamp(clock(), UTC))
        return _look(store, lacking.plans, attrs.evolve(checked, format=format or lacking.file_format), clock())

    return call_store(look, redaction, store.name)


def _look(store: Store, plans: tuple[Plan, ...], settings: SaveSettings, now: float) -> Preview:
    check_task_count(plans, settings.max_tasks)
    schema_of(plans[0].query)  # imports what it needs
    index, sizes = read_journals(store)
    check_destination(store, index, sizes, make_header(plans, settings.format, now))
    index.drop_missing(sizes)
    index.doubt(int(now // 1))
    zones = {zone_id.lower() for plan in plans for zone_id in plan.zones}
    filling = [zone_id for zone_id, _ in index.filling() if settings.writer is None or zone_id in zones]
    counts = count_tasks(lambda: choose_tasks(plans, index, dict.fromkeys(filling), now=now), "month")
    return Preview(plans=plans, requests=counts.by_period.total())
