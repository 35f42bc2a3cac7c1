"""``aiospectrum pull``: the analytics of many zones, saved as a dataset."""

import asyncio
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final

from cyclopts import Parameter

from aiospectrum._http.limiter import Limiter
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk import DestinationMismatchError, FileFormat, Plan
from aiospectrum.bulk.plan import MAX_TASKS
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.options import (
    AtLeastOne,
    Passed,
    expand_home,
    flattened,
    parse_duration,
    parse_option,
)
from aiospectrum.cli.plan_options import PlanOptions
from aiospectrum.cli.proxies import with_scheme
from aiospectrum.cli.pull_job import (
    PullJob,
    PullResult,
    extent,
    failure_lines,
    need_pyarrow,
    plan_lines,
    result_lines,
)
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.policies import RateLimit

__all__ = ["pull", "resume_command"]

_DEFAULT_LIMIT: Final = RateLimit()
_MOST_FAILURES: Final = 20
"""Failures that are listed, beyond which they are counted."""
_RATE_LIMIT: Final = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)

_OutOption = Annotated[
    str | None, Parameter(name=("--out", "-o"), help="Folder or URL to save in; what is there is not pulled again.")
]
_FormatOption = Annotated[
    FileFormat, Parameter(name="--format", help="Format of the files; parquet needs the extra aiospectrum[arrow].")
]
_RefreshOption = Annotated[
    str | None,
    Parameter(
        help="Pull again what was incomplete when it was pulled, if it ended no longer ago than this, such as 2h."
    ),
]


def pull(
    *,
    options: Annotated[PlanOptions | None, flattened] = None,
    out: _OutOption = None,
    file_format: _FormatOption = "parquet",
    concurrency: AtLeastOne = 16,
    refresh_within: _RefreshOption = None,
    rate_limit: str | None = None,
    max_tasks: AtLeastOne = MAX_TASKS,
    dry_run: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    context: Passed,
) -> int:
    """Pull the analytics of many zones and save them as a dataset.

    Ctrl-C and SIGTERM stop it cleanly: requests in flight have 4 seconds to end,
    and the command that resumes it is printed.
    Exit status: 0 all is saved, 1 some zones failed, 2 bad usage, 130 Ctrl-C, 143 SIGTERM.

    Args:
        options: What to pull.
        out: Folder or URL to save in.
        file_format: Format of the files.
        concurrency: Maximum number of requests at once.
        refresh_within: How long data may be pulled again.
        rate_limit: Maximum number of requests and the seconds they are for, such as 600/300; 1140/300 when left out.
        max_tasks: Windows of all zones beyond which a plan is refused, as its time is most likely mistyped.
        dry_run: Only print how large the plan is, and how long it takes at least.
        context: The surroundings.

    Returns:
        The exit status.
    """
    plan = (options or PlanOptions()).make_plan(context.now(), context.stdin)
    _check_size(plan, max_tasks)
    requests, seconds = _parse_rate_limit(rate_limit)
    limit = RateLimit(requests=requests, per_seconds=seconds, in_flight=concurrency)
    refresh = None if refresh_within is None else parse_option("--refresh-within", refresh_within, parse_duration)
    if dry_run:
        for line in plan_lines(plan, limit):
            context.print_out(line)
        return 0
    if out is None:
        raise UsageError("expected --out with the folder to save in, or --dry-run")
    place = hide_passwords(out)
    out = expand_home(out, f"--out {place}")
    if file_format == "parquet":
        need_pyarrow("--format parquet", ", or choose --format csv or --format ndjson")
    job = PullJob(
        plan,
        out,
        context,
        limiter=Limiter(limit),
        concurrency=concurrency,
        file_format=file_format,
        refresh_within=refresh,
    )
    context.print_err(f"Pulling {extent(plan)} from {context.api_name()} into {place}")
    with _named_as_out(place):
        result = asyncio.run(job.run())
    return _conclude(plan, result, place, context)


def _check_size(plan: Plan, max_tasks: int) -> None:
    if len(plan) > max_tasks:
        raise UsageError(
            f"expected a plan of {max_tasks:,} windows of all zones at most, got {extent(plan)} in {plan.span}: correct"
            " the time, choose a longer --window, or permit more with --max-tasks"
        )


def _conclude(plan: Plan, result: PullResult, place: str, context: Context) -> int:
    """Print what came of it, and the command for what is missing."""
    for line in failure_lines(result.failures, most=_MOST_FAILURES, place=place):
        context.print_err(line)
    for line in result_lines(plan, result, place=place):
        context.print_out(line)
    if result.stopped is not None:
        context.print_err(f"aiospectrum: {result.stopped}")
        context.print_err("to resume:")
    elif result.failures:
        context.print_err("to retry what failed:")
    if result.stopped is not None or result.failures:
        proxy = [] if context.proxy is None else ["--proxy", hide_passwords(with_scheme(context.proxy))]
        context.print_err(resume_command([*context.argv, *proxy], since=plan.since, until=plan.until))
    if result.stopped is not None:
        return result.stopped.status
    return 1 if result.failures else 0


def resume_command(argv: Sequence[str], *, since: datetime, until: datetime) -> str:
    """Write the command that resumes a pull.

    It is the one that was given with its times written out, as ``-24h`` or no end would be others by now and make it
    another pull.

    Args:
        argv: The arguments, without the program's name.
        since: The start that was pulled from, in UTC.
        until: The end that was pulled to, in UTC.

    Returns:
        The command for a shell; passwords in URLs are to be filled in.
    """
    words = ["aiospectrum", *map(hide_passwords, argv)]
    if not any(_is(word, "--plan") for word in words):
        words = [*_without_times(words), "--since", _second(since), "--until", _second(until)]
    return shlex.join(words)


def _without_times(words: Sequence[str]) -> Iterator[str]:
    is_value = False
    for word in words:
        is_time = _is(word, "--since") or _is(word, "--until")
        if not is_value and not is_time:
            yield word
        is_value = is_time and "=" not in word


def _is(word: str, option: str) -> bool:
    return word == option or word.startswith(f"{option}=")


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _parse_rate_limit(text: str | None) -> tuple[int, float]:
    if text is None:
        return _DEFAULT_LIMIT.requests, _DEFAULT_LIMIT.per_seconds
    match = _RATE_LIMIT.fullmatch(text)
    if match is None:
        raise UsageError(f"--rate-limit: expected REQUESTS/SECONDS such as 600/300, got {text!r}")
    return int(match[1]), float(match[2])


@contextmanager
def _named_as_out(place: str) -> Iterator[None]:
    try:
        yield
    except (DestinationMismatchError, ImportError) as error:  # an import such as that of fsspec, for a URL
        raise UsageError(f"--out {place}: {error}") from None
    except InvalidArgumentError as error:
        if error.field != "destination":
            raise
        raise UsageError(f"--out {place}: expected {error.expected}") from None
