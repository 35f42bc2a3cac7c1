"""Doing what a plan says, one change after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from aiospectrum._codec.converter import shared_converter
from aiospectrum._generated.apps import delete_app
from aiospectrum.apps.change import replace_known, with_default_edge_ips
from aiospectrum.apps.compare import differences
from aiospectrum.apps.ensure import ensure_app
from aiospectrum.apps.planning import Change
from aiospectrum.apps.raw import get_raw, split, write_request
from aiospectrum.apps.redacting import redacted
from aiospectrum.apps.zones import check_items
from aiospectrum.checks import Text, refuse
from aiospectrum.errors import AppChangedError, NotFoundError, SpectrumError
from aiospectrum.models import App
from aiospectrum.transport import Transport

__all__ = ["Applied", "ApplyError", "OnError", "Status", "apply"]

OnError: TypeAlias = Literal["stop", "continue"]
"""Whether changes after one that failed are left, or made."""

_CHANGES: Final = "changes as plan() gives them"

Sleep: TypeAlias = Callable[[float], Awaitable[object]]

Status: TypeAlias = Literal["done", "unchanged", "failed", "left"]
"""What became of a change: made, not needed any more, failed, or not attempted."""


@attrs.frozen(kw_only=True)
class Applied:
    """What became of one change."""

    change: Change
    """The change."""

    status: Status
    """What became of it."""

    app: App | None = attrs.field(default=None, repr=False)
    """The application after a create or a replacement."""

    error: SpectrumError | None = None
    """Why it failed."""


class ApplyError(SpectrumError):
    """Not all changes of a plan were made.

    ``__cause__`` is the error of the first that failed.
    """

    def __init__(self, message: str, *, outcomes: Sequence[Applied] = ()) -> None:
        """Keep what became of the changes.

        Args:
            message: The whole error in one line.
            outcomes: What became of each change, in the order of the plan.
        """
        super().__init__(message)
        self.outcomes: tuple[Applied, ...] = tuple(outcomes)


async def apply(
    transport: Transport,
    changes: Iterable[Change],
    *,
    on_error: OnError = "stop",
    on_outcome: Callable[[Applied], object] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> list[Applied]:
    """Make the changes of a plan, one at a time and in their order.

    There is no file of a state: planning and applying again makes what is left, whatever ended it. Each application is
    read once more just before it is replaced or deleted, and left alone when its configuration is no longer the one
    that the plan was made of. A replacement keeps the keys that this version does not know. A create is made as
    ``client.apps.ensure`` makes it: one that may have taken place is looked for and never made a second time, and an
    application that somebody else has made since the plan becomes what is wanted.

    One gap is left: when a run ends while it creates, and the request reaches the API only after another run has listed
    the zone, that run creates too. The API refuses an application whose DNS name and ports another one has.

    Args:
        transport: A client, or anything else to call over.
        changes: What :func:`plan` gave, made not long ago.
        on_error: ``stop`` to leave what comes after a change that failed, ``continue`` to go on.
        on_outcome: Called with what became of each change, when that is known; what was attempted before a cancellation
            is known by that.
        sleep: Waits a number of seconds, after an ambiguous create.

    Returns:
        What became of each change, in that order; all were made, or not needed any more.

    Raises:
        InvalidArgumentError: An argument is something else; nothing was sent.
        ApplyError: A change failed; its ``outcomes`` have what became of each.
    """
    Text(choices=("stop", "continue")).check("on_error", on_error)
    planned = check_items("changes", changes, _CHANGES)
    for change in planned:
        if not isinstance(change, Change):
            refuse("changes", change, _CHANGES)
    outcomes: list[Applied] = []
    failed: Applied | None = None
    for change in planned:
        if failed is not None and on_error == "stop":
            outcome = Applied(change=change, status="left")
        else:
            outcome = await _attempt(transport, change, sleep)
        if outcome.status == "failed" and failed is None:
            failed = outcome
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    if failed is not None:
        raise ApplyError(_summary(outcomes, failed), outcomes=outcomes) from failed.error
    return outcomes


def _summary(outcomes: Sequence[Applied], failed: Applied) -> str:
    counts = {status: sum(each.status == status for each in outcomes) for status in ("done", "failed", "left")}
    needed = sum(counts.values())
    text = f"{counts['done']:,} of {needed:,} changes were made, {counts['failed']:,} failed"
    text += f", {counts['left']:,} left" if counts["left"] else ""
    return f"{text}: {failed.change.action} {failed.change.desired}: {failed.error}"


async def _attempt(transport: Transport, change: Change, sleep: Sleep) -> Applied:
    try:
        return await _make(transport, change, sleep)
    except SpectrumError as error:
        return Applied(change=change, status="failed", error=redacted(error, transport))


async def _make(transport: Transport, change: Change, sleep: Sleep) -> Applied:
    match change.action:
        case "create":
            return await _create(transport, change, sleep)
        case "replace":
            return await _replace(transport, change)
        case "delete":
            return await _delete(transport, change)
    return Applied(change=change, status="unchanged")


async def _create(transport: Transport, change: Change, sleep: Sleep) -> Applied:
    ensured = await ensure_app(transport, change.zone_id, change.desired.app, sleep=sleep)
    return Applied(change=change, status="unchanged" if ensured.done == "unchanged" else "done", app=ensured.app)


async def _replace(transport: Transport, change: Change) -> Applied:
    app_id, wanted = change.app_id or "", write_request(change.desired.app)
    found = await get_raw(transport, change.zone_id, app_id)
    if not differences(wanted, found):
        return Applied(change=change, status="unchanged", app=shared_converter().structure(found, App))
    _refuse_changed(change, found)
    unknown = split(found)[1]
    request = with_default_edge_ips(change.desired.app, unknown)
    app = await replace_known(transport, change.zone_id, app_id, request, unknown)
    return Applied(change=change, status="done", app=app)


async def _delete(transport: Transport, change: Change) -> Applied:
    app_id = change.app_id or ""
    try:
        _refuse_changed(change, await get_raw(transport, change.zone_id, app_id))
    except NotFoundError:
        return Applied(change=change, status="unchanged")
    await delete_app(transport, change.zone_id, app_id)
    return Applied(change=change, status="done")


def _refuse_changed(change: Change, found: Mapping[str, Any]) -> None:
    """Refuse to touch an application whose configuration is not the one that the plan was made of.

    Raises:
        AppChangedError: It is another one.
    """
    before = change.before or {}
    changed = [each.field for each in differences(before, found)] or [each.field for each in differences(found, before)]
    if changed:
        raise AppChangedError(
            f"application {change.app_id}: {', '.join(changed)} changed since the plan, and nothing was sent; plan"
            " again",
            app_id=change.app_id or "",
            fields=changed,
        )
