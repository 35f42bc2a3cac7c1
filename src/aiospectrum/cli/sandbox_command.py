"""``aiospectrum sandbox``: a Spectrum API to try things against."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Annotated

from cyclopts import Parameter, validators

from aiospectrum.cli.context import Context, UsageError
from aiospectrum.cli.fault_options import FAULT_HELP, read_faults
from aiospectrum.cli.human import counted
from aiospectrum.cli.options import AtLeastOne, Passed
from aiospectrum.sandbox import RateLimit, Sandbox, serve

__all__ = ["sandbox"]


def sandbox(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))] = 8088,
    zones: AtLeastOne = 3,
    apps_per_zone: int = 5,
    paygo: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    seed: int = 0,
    rate_limit: bool = True,
    data_lag: float = 0.0,
    fault: Annotated[list[str] | None, Parameter(help=FAULT_HELP)] = None,
    context: Passed,
) -> int:
    """Run a Spectrum API on this machine until Ctrl-C.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        zones: Number of zones.
        apps_per_zone: Applications that each zone starts with.
        paygo: How many of the zones, counted from the last one, are on a pay-as-you-go plan.
        seed: What identifiers and analytics are made from; equal seeds give equal sandboxes.
        rate_limit: Whether to refuse requests beyond Cloudflare's 1,200 in five minutes.
        data_lag: Seconds by which analytics trail behind.
        fault: What goes wrong on purpose.
        context: The surroundings.

    Returns:
        The exit status.
    """
    try:
        names = Sandbox(zones=zones, apps_per_zone=0, seed=seed).zones
        if paygo > len(names):
            raise UsageError(f"--paygo: expected at most the number of zones, {len(names)}, got {paygo}")
        box = Sandbox(
            zones=names,
            apps_per_zone=apps_per_zone,
            paygo_zones=names[len(names) - paygo :],
            seed=seed,
            rate_limit=RateLimit() if rate_limit else None,
            data_lag=data_lag,
            faults=read_faults(fault),
            host=host,
            port=port,
            now=context.now,
            monotonic=context.monotonic,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    return _serve(box, f"{host}:{port}", lambda url: _introduce(box, url, paygo, fault or [], context), context)


def _serve(box: Sandbox, place: str, ready: Callable[[str], object], context: Context) -> int:
    try:
        asyncio.run(serve(box, ready=ready))
    except BrokenPipeError:
        raise
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None) or 0
        reason = os.strerror(number) if number > 0 else str(error)
        context.tell(f"aiospectrum: cannot listen on {place}: {reason}")
        return 1
    except KeyboardInterrupt:
        context.tell("stopped")
    return 0


def _introduce(box: Sandbox, url: str, paygo: int, faults: Sequence[str], context: Context) -> None:
    context.say(f"Sandbox of the Spectrum API on {url}, until Ctrl-C")
    context.say("")
    context.say(f"{counted(len(box.zones), 'zone')}:")
    for place, zone_id in enumerate(box.zones, 1):
        plan = ", pay as you go" if place > len(box.zones) - paygo else ""
        context.say(f"  {zone_id}  {box.zone_name(zone_id)}, {counted(len(box.app_ids(zone_id)), 'app')}{plan}")
    if faults:
        context.say("")
        context.say(f"Going wrong on purpose: {', '.join(faults)}")
    context.say("")
    context.say("For programs that talk to it:")
    context.say(f"export CLOUDFLARE_BASE_URL={url}")
    context.say(f"export CLOUDFLARE_API_TOKEN={box.api_token}")
