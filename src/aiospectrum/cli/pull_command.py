"""``aiospectrum pull``: the analytics of many zones, saved as a dataset."""

import asyncio
import re
from importlib.util import find_spec
from typing import Annotated, Final

from cyclopts import Parameter

from aiospectrum import DEFAULT_BASE_URL
from aiospectrum._http.limiter import Limiter
from aiospectrum.bulk import DestinationMismatchError, FileFormat
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.options import AtLeastOne, Passed, flattened
from aiospectrum.cli.plan_options import PlanOptions, parsed
from aiospectrum.cli.pull_report import extent, failure_lines, plan_lines, result_lines
from aiospectrum.cli.pulling import Job, JobResult, run_job
from aiospectrum.cli.resuming import resume_command
from aiospectrum.cli.text import without_passwords
from aiospectrum.cli.times import parse_duration
from aiospectrum.client import Client
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.hooks import AttemptHook
from aiospectrum.policies import RateLimit

__all__ = ["need_pyarrow", "parse_rate_limit", "pull"]

_DEFAULT_LIMIT: Final = RateLimit()
_MOST_FAILURES: Final = 20
"""Failures that are listed, beyond which their number is said."""
_LIMIT_FORM: Final = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)

_OutOption = Annotated[
    str | None, Parameter(name=("--out", "-o"), help="Folder to save in; what is there already is not pulled again.")
]
_FormatOption = Annotated[
    FileFormat, Parameter(name="--format", help="What the files are; parquet needs the extra aiospectrum[arrow].")
]
_RefreshOption = Annotated[
    str | None,
    Parameter(
        help="Pull again what was still filling when it was pulled, and ended no longer ago than this, such as 2h."
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
    dry_run: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    context: Passed,
) -> int:
    """Pull the analytics of many zones and save them as a dataset.

    Ctrl-C ends it well: what is in flight has 5 seconds, and the command to go on is printed.
    Exit status: 0 all is saved, 1 some zones failed, 2 bad usage, 130 interrupted.

    Args:
        options: What to pull.
        out: Folder to save in.
        file_format: What the files are.
        concurrency: The most requests at once.
        refresh_within: How long data may be pulled again.
        rate_limit: The most requests in how many seconds, such as 600/300; 1140/300 when left out.
        dry_run: Only say how large the plan is, and how long it takes at least.
        context: The surroundings.

    Returns:
        The exit status.
    """
    plan = (options or PlanOptions()).make_plan(context.now(), context.stdin)
    requests, seconds = parse_rate_limit(rate_limit)
    limit = RateLimit(requests=requests, per_seconds=seconds, in_flight=concurrency)
    refresh = None if refresh_within is None else parsed("--refresh-within", refresh_within, parse_duration)
    if dry_run:
        for line in plan_lines(plan, limit):
            context.say(line)
        return 0
    if out is None:
        raise UsageError("expected --out with the folder to save in, or --dry-run")
    if file_format == "parquet":
        need_pyarrow("--format parquet", ", or choose --format csv or --format ndjson")

    def make_client(limiter: Limiter | None, hook: AttemptHook | None) -> Client:
        return context.client(rate_limit=limiter, on_attempt=hook)

    job = Job(
        plan=plan,
        out=out,
        file_format=file_format,
        concurrency=concurrency,
        refresh_within=refresh,
        limiter=Limiter(limit),
        make_client=make_client,
    )
    return _run(job, context)


def parse_rate_limit(text: str | None) -> tuple[int, float]:
    """Read a rate limit.

    Args:
        text: Requests and seconds with a slash between them; None for the default.

    Returns:
        Both numbers.

    Raises:
        UsageError: It is something else.
    """
    if text is None:
        return _DEFAULT_LIMIT.requests, _DEFAULT_LIMIT.per_seconds
    match = _LIMIT_FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"--rate-limit: expected REQUESTS/SECONDS such as 600/300, got {text!r}")
    return int(match[1]), float(match[2])


def need_pyarrow(purpose: str, otherwise: str = "") -> None:
    """Check that Parquet files can be written.

    Args:
        purpose: What they are needed for, as the beginning of a sentence.
        otherwise: The end of the sentence, such as another choice.

    Raises:
        UsageError: The package is missing; the message says how to install it.
    """
    if find_spec("pyarrow") is None:
        raise UsageError(f"{purpose} needs the package pyarrow: pip install 'aiospectrum[cli,arrow]'{otherwise}")


def _run(job: Job, context: Context) -> int:
    base_url, out = context.client().base_url, without_passwords(job.out)
    place = "Cloudflare" if base_url == DEFAULT_BASE_URL else base_url
    context.tell(f"Pulling {extent(job.plan)} from {place} into {out}")
    try:
        result = asyncio.run(run_job(job, context))
    except (DestinationMismatchError, ImportError) as error:  # an import such as that of fsspec, for a URL
        raise UsageError(f"--out {out}: {error}") from None
    except InvalidArgumentError as error:
        if error.field != "destination":
            raise
        raise UsageError(f"--out {out}: expected {error.expected}") from None
    return _conclude(job, result, context)


def _conclude(job: Job, result: JobResult, context: Context) -> int:
    """Print what came of it, and how to go on where that is not everything."""
    out = without_passwords(job.out)
    for line in failure_lines(result.failures, most=_MOST_FAILURES, place=out):
        context.tell(line)
    for line in result_lines(job.plan, result, place=out):
        context.say(line)
    if result.is_interrupted or result.failures:
        context.tell("to go on:" if result.is_interrupted else "to pull what failed again:")
        context.tell(resume_command(context.argv, since=job.plan.since, until=job.plan.until))
    if result.is_interrupted:
        return 130
    return 1 if result.failures else 0
