"""A plan of applications for people and for programs: what is to be changed, and what became of it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from aiospectrum.apps import Action, Applied, Change
from aiospectrum.cli.formatting import cell, counted

__all__ = ["change_values", "changes_lines", "outcome_line", "plan_values"]

_SIGNS: Final[Mapping[Action, tuple[str, str]]] = {
    "create": ("+", "green"),
    "replace": ("~", "yellow"),
    "delete": ("-", "red"),
}
_DONE: Final = {"create": "created", "replace": "replaced", "delete": "deleted"}
_SHOWN_ABOVE: Final = ("protocol", "dns.name")


def changes_lines(changes: Sequence[Change], redact: Callable[[str], str]) -> Iterator[RenderableType]:
    """Show what is to be done, zone by zone, and how much that is.

    Args:
        changes: The plan.
        redact: Replaces secrets in a text.

    Yields:
        Lines, that of a value that is too long for the terminal indented as its beginning.
    """
    needed = [change for change in changes if change.action != "nothing"]
    for zone, of_zone in groupby(needed, key=lambda change: change.zone):
        yield cell(redact(zone), "bold")
        for change in of_zone:
            sign, style = _SIGNS[change.action]
            named = f"{sign} {change.action} {change.name or 'without a host name'} {change.protocol}"
            yield _indented(cell(redact(named), style), 2)
            for line in _fields(change, redact):
                yield _indented(line, 6)
        yield ""
    yield cell(_count(changes), "bold")


def _indented(line: Text, columns: int) -> Padding:
    return Padding(line, (0, 0, 0, columns), expand=False)


def _fields(change: Change, redact: Callable[[str], str]) -> Iterator[Text]:
    """The fields that a change sets, each with its value before and after."""

    def shown(value: Any, style: str) -> Text:
        return cell(redact(_shown(value)), style)

    if change.action == "create":
        for field, value in _flat(change.after or {}):
            if field not in _SHOWN_ABOVE:
                yield Text.assemble(cell(f"{field}: ", "dim"), shown(value, "green"))
    for each in change.differences:
        yield Text.assemble(
            cell(f"{each.field}: ", "dim"), shown(each.found, "red"), " → ", shown(each.wanted, "green")
        )


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        else:
            yield key, value


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value) if isinstance(value, str) and value else json.dumps(value)


def _count(changes: Sequence[Change]) -> str:
    counts = Counter(change.action for change in changes)
    if counts["nothing"] == len(changes):
        return f"nothing to do: {counted(len(changes), 'application')} as wanted"
    parts = [f"{counts[action]:,} to {action}" for action in _SIGNS if counts[action]]
    return ", ".join([*parts, f"{counts['nothing']:,} as wanted"])


def outcome_line(outcome: Applied, place: int, total: int) -> str:
    """Say what became of a change, the so many-th that was needed."""
    change = outcome.change
    named = f"{change.name or 'without a host name'} {change.protocol} of the zone {change.zone}"
    start = f"{place:>{len(str(total))}}/{total} "
    match outcome.status:
        case "done":
            return f"{start}{_DONE[change.action]} {named}"
        case "unchanged":
            return f"{start}{named} is as wanted already"
        case "failed":
            return f"{start}failed to {change.action} {named}: {outcome.error}"
    return f"{start}left {named} as it was"


def plan_values(changes: Sequence[Change]) -> dict[str, Any]:
    """Give a plan as plain values."""
    counts = Counter(change.action for change in changes)
    actions: tuple[Action, ...] = (*_SIGNS, "nothing")
    return {**{action: counts[action] for action in actions}, "changes": [change_values(each) for each in changes]}


def change_values(change: Change, status: str | None = None, error: object = None) -> dict[str, Any]:
    """Give a change, and what became of it if that is known, as plain values."""
    values = {
        "action": change.action,
        "zone": change.zone,
        "zone_id": change.zone_id,
        "app_id": change.app_id,
        "name": change.name,
        "protocol": change.protocol,
        "differences": [
            {"field": each.field, "before": each.found, "after": each.wanted} for each in change.differences
        ],
        "before": change.before,
        "after": change.after,
    }
    if status is not None:
        values |= {"status": status, "error": None if error is None else str(error)}
    return values
