"""``aiospectrum watch``: the current traffic of zones, again and again."""

import asyncio
import math
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Final

from cyclopts import Parameter, validators
from rich.console import RenderableType

from aiospectrum import bulk
from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.display import drawn
from aiospectrum.cli.interruption import until_interrupted
from aiospectrum.cli.notes import hide_notes
from aiospectrum.cli.options import AtLeastOne, Passed
from aiospectrum.cli.watch_screen import WatchView, add_round, watch_lines, watch_screen
from aiospectrum.cli.zone_options import ZoneFilesOption, ZonesOption, read_zones
from aiospectrum.policies import RateLimit

__all__ = ["watch"]

_LIMIT: Final = RateLimit()


def watch(
    *,
    zone: ZonesOption = None,
    zones_file: ZoneFilesOption = None,
    every: Annotated[float, Parameter(validator=validators.Number(gte=1))] = 60.0,
    rounds: AtLeastOne | None = None,
    concurrency: AtLeastOne = 16,
    context: Passed,
) -> int:
    """Watch the current traffic of zones: each application's connections, bytes and recent rounds.

    It goes on until Ctrl-C, which is a good end with status 0.
    Traffic is that of the last minute, and rates are its averages; rounds are made on the minute.
    Without a terminal each round is a line per application.

    Args:
        zone: Identifier of a zone.
        zones_file: File of zones.
        every: Seconds between rounds.
        rounds: How many rounds to make, without an end when left out.
        concurrency: The most requests at once.
        context: The surroundings.

    Returns:
        The exit status, 1 if a zone of the last round failed.
    """
    zones = read_zones(zone, zones_file, context.stdin)
    per_window = min(math.inf if rounds is None else rounds, _LIMIT.per_seconds / every)
    if len(zones) * per_window > _LIMIT.requests:
        least = math.ceil(len(zones) * _LIMIT.per_seconds / _LIMIT.requests)
        raise UsageError(
            f"--every: expected {least} seconds or more for {len(zones):,} zones, as the rate limit allows "
            f"{_LIMIT.requests:,} requests in {_LIMIT.per_seconds:g} s, got {every:g}"
        )
    return asyncio.run(_watch(zones, every=every, rounds=rounds, concurrency=concurrency, context=context))


async def _watch(
    zones: tuple[str, ...], *, every: float, rounds: int | None, concurrency: int, context: Context
) -> int:
    view = WatchView(zones=len(zones), every=every)

    async def follow() -> None:
        nonlocal view
        left = math.inf if rounds is None else rounds
        async with context.client() as client:
            found = bulk.watch(
                client,
                zones,
                every=every,
                concurrency=concurrency,
                clock=lambda: context.now().timestamp(),
                sleep=context.sleep,
            )
            async with aclosing(found):
                async for each in found:
                    view = add_round(view, each)
                    left -= 1
                    if not context.out.is_interactive:
                        for line in watch_lines(view):
                            context.say(line)
                    if left <= 0:
                        return

    async def show() -> bool:
        async with AsyncExitStack() as stack:
            stack.enter_context(hide_notes())
            if context.out.is_interactive:
                out = context.out

                def render() -> RenderableType:
                    return watch_screen(view, context.now(), width=out.width, height=out.height)

                await stack.enter_async_context(drawn(render, out, sleep=context.sleep))
            await follow()
        return True

    if await until_interrupted(show()) is None:
        context.tell("stopped")
        return 0
    return 1 if view.errors else 0
