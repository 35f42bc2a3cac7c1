"""``aiospectrum apps plan``, ``apply`` and ``export``: applications of many zones by a file."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

from cyclopts import Parameter

from aiospectrum.apps import Applied, ApplyError, Change, Desired, apply, export, plan, to_values, to_yaml
from aiospectrum.apps.files import is_toml, parse_text
from aiospectrum.cli.changes_view import change_values, changes_lines, outcome_line, plan_values
from aiospectrum.cli.context import Context
from aiospectrum.cli.files import check_file, write_file
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import AsPlainJSON, Passed, Yes, read_text, read_zone
from aiospectrum.cli.terminal import StoppedError
from aiospectrum.cli.usage_errors import UsageError, shortened_words, without_tokens
from aiospectrum.client import Client
from aiospectrum.errors import InvalidArgumentError

__all__ = ["apply_command", "export_command", "plan_command"]

_CHANGES: Final = 3
"""Exit status of a plan that has something to do."""

_File: TypeAlias = Annotated[
    str,
    Parameter(
        name="FILE",
        allow_leading_hyphen=True,
        help="What is wanted, in YAML, or in TOML where the name ends in .toml; - is YAML on the standard input.",
    ),
]
_Zones: TypeAlias = Annotated[
    list[str], Parameter(name="ZONE", help="Identifiers of zones, or their names such as example.com.")
]


def plan_command(file: _File, /, *, as_json: AsPlainJSON = False, context: Passed) -> int:
    """Show what has to be done so that the applications are as a file says; nothing is changed.

    The exit status is 0 when there is nothing to do, and 3 when there is.

    Args:
        file: The file.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    changes = _plan(_read(file, context), context)
    if as_json:
        context.print_json(plan_values(changes))
    else:
        _print_plan(changes, context)
    return _CHANGES if _needed(changes) else 0


def apply_command(
    file: _File,
    /,
    *,
    yes: Yes = False,
    keep_going: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Show what has to be done so that the applications are as a file says, ask, and do it.

    Applications are created, replaced, and deleted where the file says absent: true. Running it again makes
    what is left.

    Args:
        file: The file.
        yes: Do not ask.
        keep_going: Go on after a change that failed, instead of leaving those behind it.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status, 1 if the answer was no.
    """
    desired = _read(file, context)
    if not yes:
        context.need_terminal()
    changes = _plan(desired, context)
    needed = _needed(changes)
    if not as_json:
        _print_plan(changes, context)
    elif not yes:
        for line in changes_lines(changes, context.redact):
            context.err.print(line)
    if needed and not yes and not context.confirm(f"Make {'this change' if len(needed) == 1 else 'these changes'}?"):
        return context.decline("nothing was changed")
    _apply(changes, context, keep_going=keep_going, as_json=as_json)
    return 0


def export_command(
    zones: _Zones,
    /,
    *,
    out: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> None:
    """Write the applications of zones as a file for plan and apply.

    Args:
        zones: The zones.
        out: File to write, which ends in .yaml or .yml; the standard output when left out.
        as_json: Print JSON, which plan and apply read too.
        context: The surroundings.
    """
    wanted = [read_zone(zone, "ZONE") for zone in zones]
    if out is not None and as_json:
        raise UsageError("expected either --out or --json, got both")
    path = None if out is None else check_file("--out", out, (".yaml", ".yml"))
    found = context.call(lambda client: export(client, wanted))
    if as_json:
        context.print_json(to_values(found), is_of_api=True)
        return
    text = to_yaml(found)
    if path is None:
        context.out.file.write(text)
        context.out.file.flush()
        return
    write_file("--out", path, text.encode())
    unknown = sum(bool(each.unknown_keys) for each in found)
    note = f"; {counted(unknown, 'of them has', 'of them have')} keys that are left out, as it says" if unknown else ""
    context.print_note(f"{counted(len(found), 'application')} in {path}{note}")


def _read(file: str, context: Context) -> list[Desired]:
    """Read a file, and print what is wrong with it, a problem a line."""
    name = "standard input" if file == "-" else file or "FILE"
    text = read_text(file, name, context.stdin)
    try:
        return parse_text(text, name=name, toml=is_toml(file))
    except ImportError as error:
        raise UsageError(str(error), "") from None
    except InvalidArgumentError as error:
        raise _refusal(error, name, context) from None


def _refusal(error: InvalidArgumentError, name: str, context: Context) -> UsageError:
    if not error.others:
        return UsageError(shortened_words(str(error)), "correct it; nothing was sent")
    if not context.is_silent:
        for each in error.others:
            context.print_err(without_tokens(shortened_words(str(each))))
        return UsageError(f"{name}: {counted(len(error.others), 'problem')}", "correct them; nothing was sent")
    return UsageError(shortened_words(str(error)), "correct them; nothing was sent")


def _plan(desired: Sequence[Desired], context: Context) -> list[Change]:
    try:
        return context.call(lambda client: plan(client, desired))
    except InvalidArgumentError as error:
        raise _refusal(error, "the file", context) from None


def _needed(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.action != "nothing"]


def _print_plan(changes: Sequence[Change], context: Context) -> None:
    for line in changes_lines(changes, context.redact):
        context.out.print(line, soft_wrap=context.is_wide)


def _apply(changes: Sequence[Change], context: Context, *, keep_going: bool, as_json: bool) -> None:
    """Make the changes that are needed, with a line for each as it is made."""
    needed = _needed(changes)
    made: list[Applied] = []

    def note(outcome: Applied) -> None:
        made.append(outcome)
        if not as_json and outcome.status != "left":
            context.print_out(outcome_line(outcome, len(made), len(needed)))

    async def work(client: Client) -> None:
        await apply(client, needed, on_error="continue" if keep_going else "stop", on_outcome=note)

    try:
        context.call(work)
    except StoppedError:
        if as_json:
            context.print_json(_outcomes(needed, made, "interrupted"))
        else:
            context.print_err(_say_stopped(needed, made))
        raise
    except ApplyError:
        if as_json:
            context.print_json(_outcomes(needed, made, "left"))
        raise
    if as_json:
        context.print_json(_outcomes(needed, made, "left"))


def _say_stopped(needed: Sequence[Change], made: Sequence[Applied]) -> str:
    done = f"{sum(each.status in ('done', 'unchanged') for each in made):,} of {counted(len(needed), 'change')} made"
    if len(made) == len(needed):
        return done
    change = needed[len(made)]
    under_way = f"{change.action} {change.name} {change.protocol} of the zone {change.zone}"
    return f"{done}; this one was under way and may have taken place: {under_way}; run the same again to make the rest"


def _outcomes(needed: Sequence[Change], made: Sequence[Applied], under_way: str) -> dict[str, Any]:
    values = [change_values(each.change, each.status, each.error) for each in made]
    rest = needed[len(made) :]
    values += [change_values(each, "left" if place else under_way) for place, each in enumerate(rest)]
    return {"changes": values}
