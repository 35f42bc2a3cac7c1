"""``aiospectrum exporter``: metrics of the current traffic of zones, for Prometheus."""

import asyncio
import gzip
import ipaddress
import math
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import attrs
from aiohttp import web
from cyclopts import Parameter

from aiospectrum import bulk
from aiospectrum._loop import for_each
from aiospectrum.apps.desired import is_zone_id
from aiospectrum.bulk.dataset.threads import Threads
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import (
    AsPlainJSON,
    Passed,
    PortOption,
    ZoneFilesOption,
    ZonesOption,
    read_zones,
)
from aiospectrum.cli.terminal import StoppedError, until_stopped
from aiospectrum.cli.usage_errors import UsageError, listening_error
from aiospectrum.cli.zones_command import find_named_zones
from aiospectrum.client import Client
from aiospectrum.errors import ClientStateError, InvalidArgumentError, SpectrumError
from aiospectrum.limiters.base import BaseLimiter

if TYPE_CHECKING:
    from aiospectrum.prometheus import Collector

__all__ = ["exporter"]

_LOOK_UPS: Final = 3600.0
"""Seconds between two lists of the zones, and of the applications of a zone."""

_NAMES_SHARE: Final = 0.1
"""Of the rate limit that lists of applications take."""

_FEW: Final = 50
"""Zones whose names are looked up at once."""

_SHUTDOWN: Final = 1.0
"""Seconds that responses under way have to end in."""

_HOME: Final = "aiospectrum exporter: the metrics are at /metrics\n"


def exporter(
    *,
    zone: ZonesOption = None,
    zones_file: ZoneFilesOption = None,
    host: str = "127.0.0.1",
    port: PortOption = 9199,
    every: float = 60.0,
    names: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    as_json: AsPlainJSON = False,
    context: Passed,
) -> int:
    """Serve metrics of the current traffic of zones to Prometheus, until Ctrl-C.

    Zones are those of --zone and --zones-file, or all active ones that the credentials see, listed anew every hour.
    Scrapes read what was fetched last and never call the API. Calls are spread evenly,
    and each zone is called for less often than --every where all of them would take more than the rate limit.
    Needs: pip install 'aiospectrum[cli,prometheus]'

    Args:
        zone: Identifier of a zone.
        zones_file: File of zones.
        host: Address to listen on; whoever reaches it can read the metrics.
        port: Port to listen on; 0 takes a free one.
        every: Seconds between two calls for a zone.
        names: Look up names of zones and host names of applications, every hour: a request for each zone, or more.
        as_json: Print the URL and the number of zones as JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    if not 1 <= every < math.inf:
        raise UsageError(f"--every: expected a finite number of seconds, 1 or more, got {every}")
    if not host:
        raise UsageError("--host: expected a name or an address, got ''", "0.0.0.0 and :: are all addresses")
    collector = _make_collector(every, context)
    limiter = context.limiter()
    try:
        work = _Exporter(
            collector=collector,
            given=_find_zones(zone, zones_file, context, limiter) if zone or zones_file else None,
            has_names=names,
            host=host,
            port=port,
            as_json=as_json,
            context=context,
            limiter=limiter,
        )
        asyncio.run(until_stopped(work.run()))
    except StoppedError as stopped:
        if not stopped.is_ctrl_c:
            raise
        context.print_note("stopped")
    return 0


def _find_zones(
    zone: Sequence[str] | None, files: Sequence[str] | None, context: Context, limiter: BaseLimiter
) -> dict[str, str]:
    found = find_named_zones(read_zones(zone, files, context.stdin), context, lambda: limiter)
    return {zone_id.lower(): name for zone_id, name in found.items()}


def _make_collector(every: float, context: Context) -> "Collector":
    try:
        from aiospectrum.prometheus import Collector
    except ImportError as error:
        raise UsageError(str(error), "") from None
    return Collector(every=every, clock=context.monotonic)


@attrs.define(kw_only=True)
class _Exporter:
    collector: "Collector"
    given: Mapping[str, str] | None
    """Zones that were given, with the names that are known; None for all that the credentials see."""
    has_names: bool
    host: str
    port: int
    as_json: bool
    context: Context
    limiter: BaseLimiter
    zones: Mapping[str, str] = attrs.field(factory=dict)
    """Names of the zones by their ids, empty where they are not known."""
    failing: frozenset[str] = frozenset()
    """Zones that failed in the last round."""

    async def run(self) -> None:
        """Serve and fetch until something ends it."""
        async with self.context.open_client(self.limiter, self.collector.on_attempt) as client:
            self._set_zones(await self._list_zones(client) if self.given is None else self.given)
            async with _served(self.host, self.port, self._render) as url:
                self._introduce(url)
                await asyncio.sleep(0)  # a signal that came meanwhile ends it before the first call
                is_named = self.has_names and len(self.zones) <= _FEW
                if is_named:  # so that their series begin with names
                    await self._look_up_names(client)
                steps: list[Callable[[Client], Awaitable[None]]] = [self._follow]
                if self.has_names:
                    steps.append(partial(self._keep_names, is_named=is_named))
                await for_each(steps, lambda step: step(client), len(steps))

    def _introduce(self, url: str) -> None:
        context, interval = self.context, self.collector.interval_for(len(self.zones), self.limiter.limit)
        if not _is_loopback(self.host):
            who = f"whoever reaches {self.host}"
            context.print_err(f"warning: {who} can read the traffic and the names of the zones, without a password")
        if self.as_json:
            context.print_json({"url": url, "zones": len(self.zones), "interval_seconds": interval}, is_line=True)
        else:
            zones = counted(len(self.zones), "zone")
            context.print_out(f"Metrics of {zones} on {url}, each called for every {interval:.4g} s, until Ctrl-C")

    async def _follow(self, client: Client) -> None:
        """Fetch round after round; the zones are listed anew in between."""
        context = self.context
        listed_at = context.monotonic()
        while True:
            if self.given is None and context.monotonic() - listed_at >= _LOOK_UPS:
                listed_at = context.monotonic()
                await self._list_again(client)
            errors = await self.collector.update(client, self.zones, limit=self.limiter.limit, sleep=context.sleep)
            self._note(errors)

    def _note(self, errors: Mapping[str, SpectrumError]) -> None:
        """Print which zones fail, when it is others than before."""
        failing = frozenset(errors)
        if failing and failing != self.failing:
            first = next(iter(errors))
            count = f"{len(errors):,} of {counted(len(self.zones), 'zone')} failed"
            self.context.print_note(f"{count}, such as {first}: {errors[first]}")
        elif self.failing and not failing:
            self.context.print_note("all zones respond again")
        self.failing = failing

    async def _list_again(self, client: Client) -> None:
        try:
            self._set_zones(await self._list_zones(client))
        except (ClientStateError, InvalidArgumentError):
            raise
        except SpectrumError as error:
            self.context.print_note(f"the zones stay as they are: {error}")

    async def _list_zones(self, client: Client) -> dict[str, str]:
        """Names of the zones that the credentials see, by their ids; those without a proper id are left out."""
        listed = client.zones.iterate(status="active", per_page=50)
        return {zone.id.lower(): zone.name async for zone in listed if is_zone_id(zone.id)}

    def _set_zones(self, zones: Mapping[str, str]) -> None:
        self.zones = zones
        self.collector.set_zone_names(zones)

    async def _keep_names(self, client: Client, *, is_named: bool) -> None:
        """Look names up every hour."""
        context = self.context
        while True:
            began = context.monotonic()
            if not is_named:
                await self._look_up_names(client)
            is_named = False
            await context.sleep(max(1.0, began + _LOOK_UPS - context.monotonic()))

    async def _look_up_names(self, client: Client) -> None:
        """List the applications of a zone after the other, slowly where there are many."""
        context, limit, zones = self.context, self.limiter.limit, self.zones
        step = 0.0 if len(zones) <= _FEW else limit.per_seconds / (limit.requests * _NAMES_SHARE)
        failed: dict[str, SpectrumError] = {}
        if self.given is not None:
            await self._name_given_zones(client, failed)
        for zone_id in zones:
            names = await bulk.app_names(client, [zone_id], on_error=failed.__setitem__)
            if zone_id not in failed:
                self.collector.set_app_names(zone_id, names)
            await context.sleep(step)
        for zone_id, error in [*failed.items()][:1]:
            context.print_note(f"{counted(len(failed), 'list')} of names failed, such as that of {zone_id}: {error}")

    async def _name_given_zones(self, client: Client, failed: dict[str, SpectrumError]) -> None:
        try:
            listed = await self._list_zones(client)
        except (ClientStateError, InvalidArgumentError):
            raise
        except SpectrumError as error:
            failed["zones"] = error
        else:
            self._set_zones({zone_id: listed.get(zone_id, name) for zone_id, name in self.zones.items()})

    def _render(self, accept: str, takes_gzip: bool) -> tuple[bytes, str]:
        """Write the metrics, in a form that is asked for; gives its content type too. It is called in a thread."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder

        registry = CollectorRegistry()
        registry.register(self.collector)
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is none
            encode, content_type = choose_encoder("")
        body = self.context.redact(encode(registry).decode()).encode()  # a server may send credentials back
        return (gzip.compress(body, 4) if takes_gzip else body), content_type


@asynccontextmanager
async def _served(host: str, port: int, render: Callable[[str, bool], tuple[bytes, str]]) -> AsyncIterator[str]:
    """Serve the metrics during the block; gives their URL."""
    threads, one_at_a_time = Threads(), asyncio.Lock()

    async def metrics(request: web.Request) -> web.Response:
        accept = ",".join(request.headers.getall("Accept", []))
        takes_gzip = _takes_gzip(",".join(request.headers.getall("Accept-Encoding", [])))
        async with one_at_a_time:  # thousands of zones take more than half a second
            if request.transport is None:  # who is gone meanwhile keeps nobody else waiting
                return web.Response()
            body, content_type = await threads.run(lambda: render(accept, takes_gzip))
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        return web.Response(body=body, headers={**headers, **({"Content-Encoding": "gzip"} if takes_gzip else {})})

    async def home(_: web.Request) -> web.Response:
        return web.Response(text=_HOME)

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/", home), web.get("/healthz", health)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, UnicodeError) as error:
            raise listening_error(f"{host}:{port}", error) from None
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{runner.addresses[0][1]}/metrics"
    finally:
        await runner.cleanup()


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether it names gzip, and not with a weight of zero (RFC 9110, 12.4.2)."""
    for each in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        if name == "gzip":
            return not any(re.fullmatch(r"q\s*=\s*0(\.0*)?", each) for each in parameters)
    return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
