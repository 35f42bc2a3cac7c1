"""The sandbox as an async context manager, until cancelled, or in a thread of its own."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, NoReturn, Self

from aiohttp import web

from aiospectrum.sandbox.access import Credentials, RateLimiter
from aiospectrum.sandbox.account import Account, Zone, make_zone_ids
from aiospectrum.sandbox.faults import FaultInjector
from aiospectrum.sandbox.operations import BASE_PATH
from aiospectrum.sandbox.options import Faults, RateLimit, expect, is_number, is_whole
from aiospectrum.sandbox.server import Edge, EnvelopeServer, RecordedRequest
from aiospectrum.sandbox.times import utc_now

__all__ = ["DEFAULT_API_EMAIL", "DEFAULT_API_KEY", "DEFAULT_API_TOKEN", "Sandbox", "run_in_thread", "serve"]

DEFAULT_API_TOKEN: Final = "sandbox-token-00000000000000000000000000"  # noqa: S105 - opens nothing but a sandbox
DEFAULT_API_EMAIL: Final = "sandbox@example.com"
DEFAULT_API_KEY: Final = "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a"

_MOST_APPS: Final = 1_000
_LONGEST_LAG: Final = 366 * 86400
_SHUTDOWN_SECONDS: Final = 0.5
_DEFAULT_RATE_LIMIT: Final = RateLimit()
_NO_FAULTS: Final = Faults()


class Sandbox:
    """A local Spectrum API: stateful, deterministic, and gone after ``async with``.

    >>> async with Sandbox(zones=2) as sandbox:  # doctest: +SKIP
    ...     print(sandbox.url, sandbox.zones)

    It serves the ten operations of https://developers.cloudflare.com/api/resources/spectrum/ and
    the list of zones, with Cloudflare's authentication, rules, errors and rate limit. Analytics
    come from one event model, so that every report agrees with every other. Apps and analytics stay
    as they are when a sandbox is stopped and started again.
    """

    def __init__(
        self,
        *,
        zones: int | Sequence[str] = 3,
        apps_per_zone: int = 5,
        paygo_zones: Collection[str] = (),
        seed: int = 0,
        api_token: str = DEFAULT_API_TOKEN,
        api_email: str = DEFAULT_API_EMAIL,
        api_key: str = DEFAULT_API_KEY,
        rate_limit: RateLimit | None = _DEFAULT_RATE_LIMIT,
        data_lag: float = 0.0,
        faults: Faults = _NO_FAULTS,
        newer_fields: Collection[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        on_request: Callable[[RecordedRequest, float], object] | None = None,
    ) -> None:
        """Prepare a sandbox without starting it.

        Args:
            zones: Number of zones, 1 to 10,000, or their ids (32 hexadecimal digits each).
            apps_per_zone: Apps that each zone starts with, 0 to 1,000.
            paygo_zones: Ids of the zones on a pay-as-you-go plan.
            seed: A whole number of 64 bits that ids, analytics and faults are made from; equal seeds
                give equal sandboxes.
            api_token: The bearer token to accept: 40 to 128 letters, digits, ``-`` and ``_``.
            api_email: The email address to accept together with ``api_key``.
            api_key: The global API key to accept: 32 to 64 lower-case hexadecimal digits.
            rate_limit: Budget of each credential; ``None`` for none.
            data_lag: Seconds by which analytics trail behind ``now``, 0 to 366 days.
            faults: What goes wrong on purpose; can be changed while the sandbox runs.
            newer_fields: Names of fields that it takes of apps beside the documented ones, with whatever values, as an
                API that is newer than a program does.
            host: Address to listen on.
            port: Port to listen on; 0 takes a free one.
            now: Returns the current time, aware.
            monotonic: Returns seconds that never run backwards, for the rate limit and storms.
            sleep: Waits for seconds, for the latency of faults.
            on_request: Called with each request and the seconds that it took, once its response is sent or its client
                is gone; ``None`` for nothing.

        Raises:
            ValueError: An argument has a value that makes no sense.
        """
        self._zones: Final = make_zone_ids(zones, seed)
        is_paygo = isinstance(paygo_zones, Collection) and all(isinstance(each, str) for each in paygo_zones)
        expect(is_paygo, "paygo_zones", paygo_zones, "ids of zones of this sandbox")
        expect(isinstance(host, str), "host", host, "an address or a host name")
        strangers = sorted(set(paygo_zones) - set(self._zones))
        expect(not strangers, "paygo_zones", strangers, "ids of zones of this sandbox")
        expect(is_whole(apps_per_zone, 0, _MOST_APPS), "apps_per_zone", apps_per_zone, f"0 to {_MOST_APPS}")
        expect(is_whole(port, 0, 65535), "port", port, "0 to 65535")
        expect(is_number(data_lag, 0, _LONGEST_LAG), "data_lag", data_lag, "seconds from 0 to a year")
        is_limit = rate_limit is None or isinstance(rate_limit, RateLimit)
        expect(is_limit, "rate_limit", rate_limit, "a RateLimit or None")
        self._host: Final = host
        self._port: Final = port
        self._runner: web.ServerRunner | None = None
        self._url: str | None = None
        is_names = not isinstance(newer_fields, str) and isinstance(newer_fields, Collection)
        is_names = is_names and all(isinstance(each, str) for each in newer_fields)
        expect(is_names, "newer_fields", newer_fields, "names of fields")
        self._account: Final = Account(
            self._zones,
            paygo_zones,
            apps_per_zone,
            seed=seed,
            data_lag=data_lag,
            now=now,
            newer_fields=newer_fields,
        )
        self._credentials: Final = Credentials(api_token=api_token, api_email=api_email, api_key=api_key)
        is_hook = on_request is None or (callable(on_request) and not inspect.iscoroutinefunction(on_request))
        expect(is_hook, "on_request", on_request, "a function that is not async, or None")
        self._make_server: Final = partial(EnvelopeServer, sleep=sleep, monotonic=monotonic, on_request=on_request)
        limiter = None if rate_limit is None else RateLimiter(rate_limit, monotonic)
        injector = FaultInjector(_check_faults(faults), seed=seed, monotonic=monotonic)
        self._edge: Final = Edge(self._account, self._credentials, limiter, injector)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a sandbox is one server: hand its url and api_token on, or make another one of the same seed")

    def __repr__(self) -> str:
        """Return the sandbox's size, seed and URL, without secrets."""
        place = self._url or "not running"
        return f"<Sandbox zones={len(self._zones)} seed={self._account.seed} {place}>"

    @property
    def url(self) -> str:
        """Base URL for a client, such as ``http://127.0.0.1:49152/client/v4``.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        if self._url is None:
            raise RuntimeError("this sandbox has no URL while it is not running; use 'async with'")
        return self._url

    @property
    def zones(self) -> tuple[str, ...]:
        """Ids of the zones."""
        return self._zones

    @property
    def api_token(self) -> str:
        """Bearer token that is accepted."""
        return self._credentials.api_token

    @property
    def api_email(self) -> str:
        """Email address that is accepted together with ``api_key``."""
        return self._credentials.api_email

    @property
    def api_key(self) -> str:
        """Global API key that is accepted together with ``api_email``."""
        return self._credentials.api_key

    @property
    def requests(self) -> list[RecordedRequest]:
        """Requests in the order in which their responses were made; the list may be cleared to start over.

        A response that is held back by a latency is on record already.
        """
        return self._edge.requests

    @property
    def faults(self) -> Faults:
        """What goes wrong on purpose, from the next request on; may be assigned at any time, in any thread.

        Raises:
            ValueError: Something else than a Faults is assigned.
        """
        return self._edge.injector.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._edge.injector.faults = _check_faults(faults)

    def zone_name(self, zone_id: str) -> str:
        """Return the domain of a zone.

        Raises:
            ValueError: The sandbox has no such zone.
        """
        return self._zone(zone_id).name

    def app_ids(self, zone_id: str) -> tuple[str, ...]:
        """Return the ids of a zone's apps in the order of their creation.

        Raises:
            ValueError: The sandbox has no such zone.
        """
        return tuple(self._zone(zone_id).apps)

    def hold_app(self, zone_id: str, values: Mapping[str, object]) -> str:
        """Store a recorded app as it is, whatever odd fields and values it has, and return the id that it gets.

        It is shown like that until it is replaced, which is checked as ever.

        Args:
            zone_id: Id of the zone.
            values: The JSON values of the app; its id and dates are not kept.

        Raises:
            ValueError: The sandbox has no such zone, or the app has no protocol or no host name.
        """
        return self._account.hold_app(self._zone(zone_id), values).id

    def _zone(self, zone_id: str) -> Zone:
        expect(zone_id in self._zones, "zone_id", zone_id, "a zone of this sandbox")
        return self._account.zones[zone_id]

    async def __aenter__(self) -> Self:
        """Start listening.

        Raises:
            RuntimeError: The sandbox is running already, or no asyncio event loop is.
            OSError: The address cannot be listened on.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("no asyncio event loop is running here; run_in_thread() works anywhere") from None
        if self._runner is not None:
            raise RuntimeError(f"this sandbox is running already, at {self._url}")
        runner = self._runner = web.ServerRunner(self._make_server(self._edge), shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._port).start()
        except BaseException:  # a cancellation too must not leave half a server; it is raised again
            await self._stop()
            raise
        host = f"[{self._host}]" if ":" in self._host else self._host
        self._url = f"http://{host}:{runner.addresses[0][1]}{BASE_PATH}"
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening and close every connection."""
        await self._stop()

    async def _stop(self) -> None:
        runner, self._runner, self._url = self._runner, None, None
        if runner is not None:
            await runner.cleanup()


async def serve(sandbox: Sandbox, *, ready: Callable[[str], object] | None = None) -> None:
    """Run a sandbox until cancelled.

    Args:
        sandbox: One that is not running.
        ready: Called with the URL once the sandbox listens.

    Raises:
        ValueError: ``ready`` is async.
        OSError: The address cannot be listened on.
    """
    expect(not inspect.iscoroutinefunction(ready), "ready", ready, "a function that is not async")
    async with sandbox:
        if ready is not None:
            ready(sandbox.url)
        await asyncio.get_running_loop().create_future()


@contextmanager
def run_in_thread(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Run a sandbox in one background thread, which is joined at the end.

    It works the same in synchronous code and under any async framework, since nothing is shared
    with their loops.

    Raises:
        RuntimeError: The sandbox is running already.
        OSError: The address cannot be listened on.
    """
    started: Future[None] = Future()
    stopping: Future[None] = Future()

    async def serve_until_stopping() -> None:
        async with sandbox:
            started.set_result(None)
            await asyncio.wrap_future(stopping)

    with ThreadPoolExecutor(1, thread_name_prefix="aiospectrum-sandbox") as executor:
        running = executor.submit(lambda: asyncio.run(serve_until_stopping()))
        try:
            wait((started, running), return_when=FIRST_COMPLETED)
            if running.done():  # it never started: the reason is for the caller
                running.result()
            yield sandbox
        finally:
            stopping.set_result(None)
        running.result()


def _check_faults(faults: Faults) -> Faults:
    expect(isinstance(faults, Faults), "faults", faults, "a Faults")
    return faults
