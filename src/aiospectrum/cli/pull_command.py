"""``aiospectrum pull``: the analytics of many zones, saved as a dataset."""

import asyncio
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from aiospectrum import bulk
from aiospectrum._http.passwords import hide_passwords
from aiospectrum.bulk import Plan, Window
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.bulk.preview import preview
from aiospectrum.bulk.save import SaveSettings
from aiospectrum.cli.accounts import AccountOptions, Accounts, executor_of, read_accounts
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import AsPlainJSON, Passed, check_folder, expand_home, flattened
from aiospectrum.cli.plan_options import PlanOptions, SaveOptions
from aiospectrum.cli.pull_job import PullJob, PullResult, need_pyarrow
from aiospectrum.cli.pull_report import (
    extent,
    failure_lines,
    plan_lines,
    plan_values,
    result_lines,
    result_values,
)
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.usage_errors import UsageError, named_as_given
from aiospectrum.cli.zones_command import find_zones
from aiospectrum.policies import RateLimit

__all__ = ["pull", "resume_command"]

_DEFAULT_LIMIT: Final = RateLimit()
_MOST_FAILURES: Final = 20
"""Failures that are listed, beyond which they are counted."""
_RATE_LIMIT: Final = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,8})", re.ASCII)

_OutOption = Annotated[
    str | None, Parameter(name=("--out", "-o"), help="Folder or URL to save in; what is there is not pulled again.")
]
_CatchUp = Annotated[
    bool,
    Parameter(
        negative=(),
        show_default=False,
        help="Extend the dataset from where it is complete to now; what to pull is needed for the first time alone.",
    ),
]
_DryRun = Annotated[
    bool,
    Parameter(
        negative=(),
        show_default=False,
        help="Only print how large the plan is, and with --out what of it is left; fail where the pull itself would.",
    ),
]
_WritePlan = Annotated[
    str | None,
    Parameter(
        allow_leading_hyphen=True,
        help="File to write the plan to, for --plan, on other machines or another day; nothing is pulled.",
    ),
]


def pull(
    *,
    options: Annotated[PlanOptions | None, flattened] = None,
    out: _OutOption = None,
    catch_up: _CatchUp = False,
    saving: Annotated[SaveOptions | None, flattened] = None,
    over: Annotated[AccountOptions | None, flattened] = None,
    rate_limit: str | None = None,
    dry_run: _DryRun = False,
    write_plan: _WritePlan = None,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Pull the analytics of many zones and save them as a dataset.

    Ctrl-C and SIGTERM stop it cleanly: requests in flight have 3 seconds to end,
    and the command that resumes it is printed.
    Exit status: 0 all is saved that there is now, 1 something failed, 2 bad usage, 130 Ctrl-C, 143 SIGTERM.

    Args:
        options: What to pull.
        out: Folder or URL to save in.
        catch_up: Extend the dataset to now.
        saving: How to save.
        over: Over which accounts, and in which processes.
        rate_limit: Maximum number of requests and the seconds they are for, such as 600/300; 1140/300 when left out.
        dry_run: Only print how large the plan is.
        write_plan: File to write the plan to.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    saving = saving or SaveOptions()
    requests, seconds = _parse_rate_limit(rate_limit)
    limit = RateLimit(requests=requests, per_seconds=seconds, in_flight=saving.concurrency)
    wanted, over = options or PlanOptions(), over or AccountOptions()
    over.check(saving)
    accounts = None
    if over.accounts is not None:
        accounts = read_accounts(over.accounts, context, limit)
        wanted = wanted.with_zones(accounts.clients, catch_up=catch_up)
    make_limiter = cache(partial(context.limiter, limit))
    find = wanted.find_what_lacks if catch_up else wanted.find_what_to_pull
    plan, zones = find(context.now(), context.stdin, lambda named: find_zones(named, context, make_limiter))
    if plan is not None:
        _check_size(plan, saving.max_tasks)
    if write_plan is not None and out is not None:
        raise UsageError("--write-plan: expected no --out with it, as nothing is pulled", "give --out to pull --plan")
    if write_plan is not None:
        return _write_plan(None if catch_up else plan, write_plan, context, as_json=as_json)
    if out is None and dry_run and plan is not None:
        return _print_plans([plan], len(plan), limit, context, as_json=as_json, accounts=accounts)
    if out is None:
        raise UsageError("expected --out with the folder to save in, or --dry-run")
    place = hide_passwords(out)
    arguments = {**saving.arguments(), "plan": plan, "destination": expand_home(out, f"--out {place}")}
    check_folder(arguments["destination"], f"--out {place}")
    need_pyarrow("pull --out")
    api_name = context.api_name() if accounts is None else counted(accounts.count, "account")
    with named_as_given(place, "--out"):
        if dry_run:
            look = partial(preview, **arguments, zones=zones, is_catch_up=catch_up, clock=context.now().timestamp)
            found = asyncio.run(until_stopped(Threads().run(look)))
            return _print_plans(found.plans, found.requests, limit, context, as_json=as_json, accounts=accounts)
        SaveSettings(**saving.arguments())  # refuses values before anything is announced
        what = "what is new" if catch_up or plan is None else extent(len(plan), len(plan.zones))
        context.print_note(f"Pulling {what} from {api_name} into {place}")
        if accounts is not None and plan is not None:
            result = _pull_over(accounts, over, arguments, plan, context)
        elif catch_up or plan is None:
            job = PullJob(partial(bulk.catch_up, **arguments, zones=zones), context, limiter=make_limiter())
            result = asyncio.run(job.run())
        else:
            save = partial(bulk.save, **arguments)
            job = PullJob(save, context, limiter=make_limiter(), total=len(plan), zones=len(plan.zones))
            result = asyncio.run(job.run())
    return _conclude(result, None if catch_up else plan, saving, place, context, as_json=as_json)


def _pull_over(
    accounts: Accounts, over: AccountOptions, arguments: dict[str, Any], plan: Plan, context: Context
) -> PullResult:
    """Pull in processes, or by a cluster."""
    with executor_of(over, accounts) as (executor, count):
        save = partial(bulk.save_across, executor, accounts.clients, workers=count, **arguments)
        job = PullJob(save, context, limiter=None, total=len(plan), zones=len(plan.zones), is_divided=True)
        return asyncio.run(job.run())


def _print_plans(
    plans: Sequence[Plan],
    requests: int,
    limit: RateLimit,
    context: Context,
    *,
    as_json: bool,
    accounts: Accounts | None,
) -> int:
    count = 1 if accounts is None else accounts.count
    if as_json:
        context.print_json(plan_values(plans, limit, requests, count))
        return 0
    for line in plan_lines(plans, limit, requests, count):
        context.print_out(line)
    return 0


def _write_plan(plan: Plan | None, file: str, context: Context, *, as_json: bool) -> int:
    if plan is None:
        raise UsageError("expected no --catch-up with --write-plan, as a plan has its times")
    text = f"{plan.to_json()}\n"
    if file == "-":
        context.out.file.write(text)
        return 0
    try:
        Path(expand_home(file, f"--write-plan {file}")).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: of a name that no file has
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--write-plan {file}: {reason}", "name another file") from None
    context.print_note(f"{file}: {extent(len(plan), len(plan.zones))} in {plan.span}")
    if as_json:
        context.print_json({"file": file, "windows": len(plan), "zones": len(plan.zones)})
    return 0


def _check_size(plan: Plan, max_tasks: int) -> None:
    if len(plan) > max_tasks:
        size = extent(len(plan), len(plan.zones))
        raise UsageError(
            f"expected a plan of {max_tasks:,} windows of all zones at most, got {size} in {plan.span}",
            "correct the time, choose a longer --window, or permit more with --max-tasks",
        )


def _conclude(
    result: PullResult, plan: Plan | None, saving: SaveOptions, place: str, context: Context, *, as_json: bool
) -> int:
    """Print what came of it, and the command for what is missing; without a plan that is the same again."""
    status = _status(result)
    if as_json:
        context.print_json(result_values(result, status=status))
        return status
    for line in failure_lines(result.failures, most=_MOST_FAILURES, place=place):
        context.print_err(line, "red")
    # Windows of the dataset that were filling come on top of those of the plan.
    zones = len(plan.zones) if plan is not None and result.progress.total == len(plan) else None
    for line in result_lines(result, zones=zones, place=place, fresh_rows=saving.fresh_rows):
        context.print_out(line)
    if status:
        if result.stopped is not None:
            context.print_err(f"aiospectrum: {result.stopped}")
        context.print_err("to retry what failed:" if result.stopped is None else "to resume:")
        words = [*context.argv, *context.shared_options()]
        context.print_err(resume_command(words, span=None if plan is None else plan.span))
    return status


def _status(result: PullResult) -> int:
    """What is filling or has not begun is as it should be; what failed or was left is not."""
    if result.stopped is not None:
        return result.stopped.status
    return 1 if result.saved is None or result.failures or result.saved.left else 0


def resume_command(argv: Sequence[str], *, span: Window | None) -> str:
    """Write the command that resumes a pull.

    It is the one that was given with its times written out, as ``-24h`` or no end would be others by now and make it
    another pull.

    Args:
        argv: The arguments, without the program's name.
        span: The time that was pulled; None where the same command goes on, as the dataset says where.

    Returns:
        The command for a shell; passwords in URLs are to be filled in.
    """
    words = ["aiospectrum", *map(hide_passwords, argv)]
    if span is not None and not any(_is(word, "--plan") for word in words):
        words = [*_without_times(words), "--since", f"{span.since:%Y-%m-%dT%H:%M:%SZ}"]
        words += ["--until", f"{span.until:%Y-%m-%dT%H:%M:%SZ}"]
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


def _parse_rate_limit(text: str | None) -> tuple[int, float]:
    if text is None:
        return _DEFAULT_LIMIT.requests, _DEFAULT_LIMIT.per_seconds
    match = _RATE_LIMIT.fullmatch(text)
    if match is None:
        raise UsageError(f"--rate-limit: expected REQUESTS/SECONDS such as 600/300, got {text!r}")
    return int(match[1]), float(match[2])
