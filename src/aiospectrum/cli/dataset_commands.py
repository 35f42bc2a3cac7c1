"""``aiospectrum dataset``: what a saved dataset has and lacks, and its upkeep."""

import asyncio
import shlex
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import attrs
from cyclopts import App as CommandGroup
from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from aiospectrum import bulk
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk import UpkeepProgress
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.cli.context import Context
from aiospectrum.cli.dataset_tables import (
    dataset_lines,
    dataset_values,
    problems_table,
    zone_statuses,
    zones_table,
)
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import (
    AsPlainJSON,
    NamesOption,
    Passed,
    TimeOption,
    Yes,
    check_folder,
    expand_home,
    split_names,
)
from aiospectrum.cli.progress import progress_bar
from aiospectrum.cli.terminal import drawn, repeated, until_stopped
from aiospectrum.cli.times import parse_duration, read_time
from aiospectrum.cli.usage_errors import UsageError, named_as_given

__all__ = ["dataset_group"]

T = TypeVar("T")

_Folder = Annotated[str, Parameter(help="Folder or URL of the dataset, as it was given to pull --out.")]

_When = Annotated[
    str,
    Parameter(
        name="--before",
        allow_leading_hyphen=True,
        help="A time ago such as 90d, a date, or RFC 3339 with Z or an offset.",
    ),
]

OnProgress: TypeAlias = Callable[[UpkeepProgress], None]
"""What is told how far a call is."""

_MOST_ZONES: Final = 20
"""Zones that are listed, those that lack something first."""

_LINE_SECONDS: Final = 10.0
"""Seconds between lines of progress where there is no terminal."""

_CHECK_SECONDS: Final = 0.5
"""Seconds between checks whether there is something to print."""


def dataset_group() -> CommandGroup:
    """Make the group of commands."""
    group = CommandGroup(name="dataset", help="What a dataset that pull has saved has and lacks, and its upkeep.")
    group.command(_status, name="status")
    group.command(_verify, name="verify")
    group.command(_repair, name="repair")
    group.command(_delete_before, name="delete-before")
    group.command(_extend, name="extend")
    return group


def _status(folder: _Folder, /, *, as_json: AsPlainJSON = False, context: Passed) -> int:
    """Show until when a dataset is complete, what of it is filling, and what is missing or has failed.

    Exit status: 0 all is there that can be, 1 something is missing or has failed, 2 there is no dataset.

    Args:
        folder: Folder or URL of the dataset.
        as_json: Print JSON, with all times of each zone.
        context: The surroundings.

    Returns:
        The exit status.
    """
    found = _work(folder, context, lambda place, _: bulk.open_dataset(place))
    zones = zone_statuses(found, context.now())
    is_ok = all(zone.ok for zone in zones)
    if as_json:
        context.print_json(dataset_values(found, zones))
        return 0 if is_ok else 1
    for line in dataset_lines(found):
        context.print_out(line)
    context.print_table(zones_table(zones[:_MOST_ZONES]))
    if len(zones) > _MOST_ZONES:
        context.print_out(f"and {counted(len(zones) - _MOST_ZONES, 'more zone')}; --json has all of them")
    if any(zone.filling for zone in zones):
        context.print_out("What is filling may lack rows; the next pull asks for it again.")
    for failure in [failure for zone in zones for failure in zone.failed][:_MOST_ZONES]:
        context.print_err(f"zone {failure.zone_id} {failure.window} failed: {failure.error}", "red")
    if not is_ok:
        _print_catch_up("to pull what is missing or has failed:", folder, context)
    return 0 if is_ok else 1


def _verify(folder: _Folder, /, *, as_json: AsPlainJSON = False, context: Passed) -> int:
    """Read all of a dataset, and compare it with its state; nothing is changed.

    Exit status: 0 all is as it was saved, 1 something is not, 2 there is no dataset.

    Args:
        folder: Folder or URL of the dataset.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    found = _work(folder, context, lambda place, report: bulk.verify(place, on_progress=report))
    if as_json:
        context.print_json({"ok": found.ok, **attrs.asdict(found)})
        return 0 if found.ok else 1
    if found.problems:
        context.print_table(problems_table(found.problems))
    read = f"{counted(found.files, 'file')} with {counted(found.rows, 'row')}"
    if found.ok:
        context.print_out(f"{read}: all as they were saved")
        return 0
    context.print_out(f"{read} as they were saved; {counted(len(found.problems), 'problem')}")
    context.print_err("to repair it:")
    context.print_err(_command("dataset", "repair", folder))
    return 1


def _repair(folder: _Folder, /, *, as_json: AsPlainJSON = False, context: Passed) -> int:
    """Verify a dataset, and set aside what is damaged, so that the next pull fetches it again.

    Exit status: 0 nothing is wrong any more, 1 something is left, 2 there is no dataset.

    Args:
        folder: Folder or URL of the dataset.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    done = _work(folder, context, lambda place, report: bulk.repair(place, on_progress=report))
    if as_json:
        context.print_json({"ok": done.ok, **attrs.asdict(done)})
        return 0 if done.ok else 1
    if done.problems:
        context.print_table(problems_table(done.problems))
    else:
        context.print_out("nothing is wrong")
    for path in done.set_aside:
        context.print_out(f"set aside as {path}")
    for problem in done.left:
        context.print_err(f"{problem.path} is left as it is: move it elsewhere")
    if done.windows:
        _print_catch_up(f"to pull the {counted(done.windows, 'window')} that were lost:", folder, context)
    return 0 if done.ok else 1


def _delete_before(
    folder: _Folder, /, when: _When, *, yes: Yes = False, as_json: AsPlainJSON = False, context: Passed
) -> int:
    """Delete the windows of a dataset that ended by some time, and their rows.

    Args:
        folder: Folder or URL of the dataset.
        when: A time ago such as 90d, a date, or RFC 3339 with Z or an offset.
        yes: Do not ask.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status, 1 if the answer was no.
    """
    before = _parse_when(when, context.now())
    question = f"Delete what ended by {before:%Y-%m-%d %H:%M:%S} UTC from {hide_passwords(folder)}?"
    if not yes and not context.confirm(question):
        return context.decline("not deleted")
    done = _work(folder, context, lambda place, report: bulk.delete_before(place, before, on_progress=report))
    if as_json:
        context.print_json(attrs.asdict(done))
        return 0
    gone = f"{counted(done.windows, 'window')} with {counted(done.rows, 'row')} deleted"
    context.print_out(f"{gone}; {counted(done.removed, 'file')} removed, {done.rewritten:,} rewritten")
    return 0


def _extend(
    folder: _Folder,
    /,
    *,
    metrics: NamesOption = None,
    since: TimeOption = None,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Add metrics to the query of a dataset; the next pull fetches them.

    Args:
        folder: Folder or URL of the dataset.
        metrics: The metrics to add, between commas.
        since: Where they are wanted from, in the forms of pull --since; for all of the dataset when left out.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    names: Any = split_names(metrics)
    if names is None:
        raise UsageError("expected --metrics with the metrics to add, between commas")
    start = None if since is None else read_time("--since", since, context.now())
    done = _work(
        folder, context, lambda place, report: bulk.extend_query(place, names, since=start, on_progress=report)
    )
    if as_json:
        context.print_json({"metrics": list(done.query.metrics), "windows": done.windows, "rewritten": done.rewritten})
        return 0
    context.print_out(f"metrics: {', '.join(done.query.metrics)}; {counted(done.rewritten, 'file')} rewritten")
    if done.windows:
        _print_catch_up(f"to pull {counted(done.windows, 'window')} again:", folder, context)
    return 0


def _parse_when(text: str, now: datetime) -> datetime:
    """A moment; a length of time alone counts back from now."""
    try:
        ago = parse_duration(text)
        if not ago:
            raise UsageError(
                f"--before: expected a time ago of more than 0, got {text!r}", "now deletes all that has ended"
            )
        return now - ago
    except (ValueError, OverflowError):
        return read_time("--before", text, now)


def _print_catch_up(text: str, folder: str, context: Context) -> None:
    context.print_err(text)
    context.print_err(_command("pull", "--catch-up", "--out", folder))


def _command(*words: str) -> str:
    return shlex.join(("aiospectrum", *map(hide_passwords, words)))


def _work(folder: str, context: Context, work: Callable[[str, OnProgress], T]) -> T:
    """Do what blocks in a thread, while its progress is shown and signals stop it."""
    place = expand_home(folder, hide_passwords(folder))
    check_folder(place, hide_passwords(folder))
    with named_as_given(hide_passwords(folder)):
        return asyncio.run(until_stopped(_show_progress(lambda report: work(place, report), context)))


async def _show_progress(work: Callable[[OnProgress], T], context: Context) -> T:
    progress = UpkeepProgress(total=0)
    printed = context.monotonic()

    def report(now: UpkeepProgress) -> None:
        nonlocal progress
        progress = now

    def print_line() -> None:
        nonlocal printed
        if progress.total and context.monotonic() - printed >= _LINE_SECONDS:
            printed = context.monotonic()
            context.print_err(f"{progress.done:,}/{counted(progress.total, 'file')}")

    display = (
        nullcontext()
        if context.is_silent
        else drawn(lambda: _bar(progress), context.err, is_transient=True, sleep=context.sleep)
        if context.err.is_interactive
        else repeated(print_line, _CHECK_SECONDS, sleep=context.sleep)
    )
    async with display:
        return await Threads().run(lambda: work(report))


def _bar(progress: UpkeepProgress) -> RenderableType:
    if not progress.total:
        return Text()
    line = Table.grid(expand=True, padding=(0, 2, 0, 0), pad_edge=False)
    line.add_column(no_wrap=True)
    line.add_column(ratio=1, min_width=10)
    line.add_row(
        f"{progress.done:,}/{counted(progress.total, 'file')}",
        progress_bar(progress.total, progress.done),
    )
    return line
