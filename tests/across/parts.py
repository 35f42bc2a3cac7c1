"""What tests of saves that are divided among workers share: executors of several kinds, and what workers call."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import attrs

from aiospectrum import Client, RateLimit
from aiospectrum.bulk import Plan, Query
from aiospectrum.limiters import FileLimiter
from aiospectrum.sandbox import Sandbox

TODAY: Final = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""Workers have the clock of the machine, so that the plans of tests have ended some days before it."""


def make_client(url: str, token: str, account: int = 0) -> Client:
    """A client without a rate limit; an account is nothing but what makes functions differ."""
    return Client(api_token=token, base_url=url, rate_limit=None)


def make_limited_client(url: str, token: str, file: str, limit: RateLimit) -> Client:
    """A client of a limit that processes share."""
    return Client(api_token=token, base_url=url, rate_limit=FileLimiter(file, limit))


def find_no_token() -> Client:
    """What an account does whose variable is not set."""
    raise KeyError("TOKEN_OF_THE_ACCOUNT")


def plan_of(zones: Any, *, days: int = 2) -> Plan:
    """A plan of daily windows."""
    query = Query(metrics=["count"], dimensions=["event"], time_delta="hour")
    since = TODAY - timedelta(days=days + 3)
    return Plan(zones=zones, since=since, until=since + timedelta(days=days), query=query)


def accounts_of(sandbox: Sandbox, count: int = 2) -> dict[str, Callable[[], Client]]:
    """The zones of a sandbox, dealt out to some accounts."""
    makers = [partial(make_client, sandbox.url, sandbox.api_token, number) for number in range(count)]
    return {zone_id: makers[index % count] for index, zone_id in enumerate(sandbox.zones)}


def asked(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """How often each report was asked for."""
    return Counter((each.path, each.query) for each in sandbox.requests)


def signals_in(folder: Path) -> list[str]:
    """The files by which processes hear of each other."""
    return sorted(path.name for path in folder.glob("state/run-*"))


def processes(count: int = 2, **options: Any) -> ProcessPoolExecutor:
    """An executor of processes that are not forked."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), **options)


async def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it is other processes that are waited for
            await asyncio.sleep(0.02)


class Untouched(Executor):
    """Nobody is to submit anything."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("this was submitted")


class Detached(ThreadPoolExecutor):
    """Its futures count as cancelled when they are, as Dask's do, while what they stand for goes on."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.running: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        outer: Future[Any] = Future()
        inner = super().submit(fn, *args, **kwargs)
        inner.add_done_callback(lambda ended: outer.cancelled() or outer.set_result(ended.result()))
        self.running.append(inner)
        return outer


class Hurried(ThreadPoolExecutor):
    """Its workers take three seconds without an order for silence."""

    def submit(self, fn: Any, part: Any, /) -> Any:  # type: ignore[override]  # only parts are submitted
        return super().submit(fn, attrs.evolve(part, silence=3.0))


class Retrying(ThreadPoolExecutor):
    """Runs each call in a process of its own, and again in another one when that dies, as Dask does."""

    def __init__(self, workers: int, on_death: Callable[[], object] = lambda: None) -> None:
        super().__init__(workers)
        self.pids: list[int] = []
        self._on_death = on_death
        self._lock = threading.Lock()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return super().submit(self._run, partial(fn, *args, **kwargs))

    def _run(self, call: Callable[[], Any]) -> Any:
        for _ in range(3):
            with processes(1) as executor:
                pid = executor.submit(os.getpid).result()
                with self._lock:
                    self.pids.append(pid)
                try:
                    return executor.submit(call).result()
                except BrokenExecutor:
                    self._on_death()
        raise AssertionError("it died three times")


def options_of(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a file system, in a worker."""
    return options
