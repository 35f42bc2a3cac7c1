"""The walk through two proxies that are not ours and do harm, of HTTP and of TCP: nothing lost, nothing done twice.

Mockttp fails single requests, before or after the sandbox has carried them out. Faulty is below HTTP: it delays, slows
down, loses and cuts off bytes. It has a rule that changes bytes too, which is left out: without TLS nobody can notice.
"""

import asyncio
import json
import logging
import random
import re
import socket
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Final

import attrs
import pytest
from faulty.core import FaultyProxy  # type: ignore[import-untyped]  # it has no types
from faulty.middlewares import (  # type: ignore[import-untyped]
    BaseMiddleware,
    DropMiddleware,
    LatencyMiddleware,
    ThrottleMiddleware,
)
from yarl import URL

from aiospectrum import (
    AmbiguousWriteError,
    AttemptStarted,
    BadRequestError,
    Client,
    ConflictError,
    ConnectionFailedError,
    MalformedBodyError,
    NotFoundError,
    PermissionDeniedError,
    RetryPolicy,
    ServerError,
    SpectrumError,
    Timeouts,
)
from aiospectrum.sandbox import Sandbox
from tests.peers.conftest import Tally
from tests.peers.node import FOLDER, find_node, label, run_server
from tests.peers.walk import NOW, Walk

ZONES: Final = ["a" * 32, "b" * 32, "c" * 32, "d" * 32]
PAYGO_ZONE: Final = ZONES[-1]
SHARES: Final = {
    "pass": 60,
    "late": 8,
    "bad-gateway": 4,
    "close-before": 4,
    "close-after": 6,
    "reset-before": 4,
    "reset-after": 6,
    "half-a-response": 6,
    "no-response": 2,
}
"""How often Mockttp does what, in percent."""
REFUSALS: Final = (BadRequestError, ConflictError, NotFoundError, PermissionDeniedError)
"""What a refusal is by its status alone, when its body did not come whole."""


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox whose clock stands still."""
    async with Sandbox(zones=ZONES, paygo_zones=[PAYGO_ZONE], rate_limit=None, now=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Do not show a line for each of hundreds of attempts when a test fails."""
    caplog.set_level(logging.ERROR, "aiospectrum")


@attrs.define
class Sent:
    """What a client says that it sent."""

    creates: int = 0
    """Calls that create an application."""

    repeated_creates: int = 0
    """Attempts of such calls beyond the first."""

    repeated: int = 0
    """Attempts of all other calls beyond the first."""

    def note(self, started: AttemptStarted) -> None:
        """Count an attempt; a hook for a client."""
        if started.operation == "create_app":
            self.creates += started.attempt == 1
            self.repeated_creates += started.attempt > 1
        else:
            self.repeated += started.attempt > 1


@asynccontextmanager
async def walk_everywhere(sandbox: Sandbox, url: str, sent: Sent) -> AsyncIterator[list[Walk]]:
    """Walk over all zones at once with one client; the walks compare every step with what the sandbox has."""
    async with (
        Client(
            api_token=sandbox.api_token,
            base_url=url,
            retry=RetryPolicy(base_wait=0.02, budget=10_000),
            timeout=Timeouts(total=30, read=1),
            on_attempt=sent.note,
        ) as client,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None) as witness,
    ):
        walks = [
            Walk(client, witness, zone, domain=sandbox.zone_name(zone), paygo=zone == PAYGO_ZONE) for zone in ZONES
        ]
        async with asyncio.TaskGroup() as group:
            for walk in walks:
                group.create_task(walk.go())
        yield walks


def errors_of(walks: list[Walk]) -> Counter[type[SpectrumError]]:
    """How often which error was raised."""
    return Counter(type(error) for walk in walks for error in walk.errors)


# ------------------------------------------------------------------------------------------------------------ Mockttp


@attrs.define
class Harm:
    """A proxy of Mockttp's that runs or has run."""

    url: str
    seen: Counter[tuple[str, str]] = attrs.Factory(Counter)
    """How often it saw which method and did what, once it has ended."""


@contextmanager
def run_mockttp(target: str, faults: list[str], log: Path) -> Iterator[Harm]:
    """Run Mockttp before a server, with a fault for each request, in their order."""
    place = URL(target)
    command = [find_node(), str(FOLDER / "mockttp_proxy.mjs"), str(place.origin()), json.dumps(faults)]
    with run_server(command, log) as running:
        harm = Harm(url=str(URL(running.url).with_path(place.path)))
        yield harm
        running.process.communicate(timeout=20)
    said = re.search(r"^seen (.*)$", log.read_text(), re.MULTILINE)
    assert said is not None, log.read_text()
    harm.seen.update((method, fault) for method, fault in json.loads(said[1]))


async def test_requests_that_fail(sandbox: Sandbox, tmp_path: Path, tally: Tally) -> None:
    """With two requests in five failing, a create is never sent twice, and every failure is an error of the SDK."""
    faults = [fault for _ in range(10) for fault in random.sample(list(SHARES), 100, counts=SHARES.values())]
    sent = Sent()
    with run_mockttp(sandbox.url, faults, tmp_path / "mockttp.txt") as harm:
        async with walk_everywhere(sandbox, harm.url, sent) as walks:
            pass
    errors = errors_of(walks)
    posts = sum(count for (method, _), count in harm.seen.items() if method == "POST")
    assert {fault for _, fault in harm.seen} == SHARES.keys()
    assert set(errors) <= {AmbiguousWriteError, ConnectionFailedError, MalformedBodyError, ServerError, *REFUSALS}
    assert errors[AmbiguousWriteError] > 0
    assert sent.repeated > 0
    assert sent.repeated_creates == 0
    assert posts <= sent.creates
    tally.count(label("mockttp", "mockttp"), calls=harm.seen.total(), cases=sum(walk.calls for walk in walks))


# ------------------------------------------------------------------------------------------------------------- Faulty


class Cut(BaseMiddleware):  # type: ignore[misc]  # a class without types
    """A rule for Faulty: now and then a connection ends in the middle of what it carries."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.cuts = 0

    async def process(self, chunk: bytes) -> AsyncGenerator[bytes, None]:
        if random.random() >= self.rate:  # noqa: S311 - pytest-randomly's seed
            yield chunk
            return
        self.cuts += 1
        yield chunk[: len(chunk) // 2]
        raise ConnectionResetError  # Faulty takes it for one of its own, and closes the other side


def find_free_port() -> int:
    """Find a port of 127.0.0.1 that nobody listens on; Faulty does not report one that it has found itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_bytes_that_get_lost(sandbox: Sandbox, tally: Tally) -> None:
    """Late, slow, incomplete and cut off, both ways: the same holds."""
    place = URL(sandbox.url)
    assert place.host is not None
    assert place.port is not None
    port = find_free_port()
    responses, requests = Cut(0.06), Cut(0.06)
    sent = Sent()
    async with FaultyProxy("127.0.0.1", port, place.host, place.port) as proxy:
        proxy.add_egress_rule(LatencyMiddleware(0, 30))
        proxy.add_egress_rule(requests)
        proxy.add_ingress_rule(LatencyMiddleware(0, 30))
        proxy.add_ingress_rule(ThrottleMiddleware(bytes_per_sec=400_000, chunk_size=1024))
        proxy.add_ingress_rule(DropMiddleware(0.005))
        proxy.add_ingress_rule(responses)
        async with walk_everywhere(sandbox, str(place.with_port(port)), sent) as walks:
            pass
        passed = proxy.stats
    errors = errors_of(walks)
    assert set(errors) <= {AmbiguousWriteError, ConnectionFailedError}
    assert min(responses.cuts, requests.cuts, sent.repeated) > 0
    assert sent.repeated_creates == 0
    assert passed.total_connections > 4
    name = f"faulty {metadata.version('faulty')}"
    calls = sum(walk.calls for walk in walks)
    tally.count(name, calls=calls + sent.repeated, cases=calls)
