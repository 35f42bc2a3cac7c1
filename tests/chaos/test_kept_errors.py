"""An error that is kept, as by ``gather``, keeps nothing of the response that it is about."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import attrs
import pytest

from aiospectrum import Client, RetryPolicy, SpectrumError
from aiospectrum.hooks import AttemptEnded, AttemptStarted
from aiospectrum.routes import Route
from tests.chaos.responses import ServerResponse
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, Play, send
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

MEBIBYTE: Final = 1 << 20
FILL: Final = "x" * (MEBIBYTE - 200)
NAMES: Final = ["x"] * 100_000
HEADERS: Final = tuple((f"X-{number}", "x" * 8000) for number in range(50))


@attrs.frozen
class Theirs:
    """A class of a user."""

    number: int


OWN: Final[Route[Theirs]] = Route(name="own", method="GET", path="/own", result=Theirs, safe_to_repeat=True)


def body(status: int = 200, **envelope: object) -> ServerResponse:
    """A response of 1 MiB."""
    return ServerResponse(name="large", status=status, body=json.dumps({"more": FILL, **envelope}).encode())


def cut_off(end: Any) -> Play:
    """The head of a response and most of its body, and then something else."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {2 * MEBIBYTE}\r\n\r\n"
    return send(head.encode() + FILL.encode(), end, name="cut off")


KINDS: Final[dict[str, Play]] = {
    "decode": body(success=True, result={"id": NAMES}),
    "decode-an-item": body(success=True, result=[{"id": NAMES}]),
    "no-result": body(success=True, result=5),
    "no-envelope": body(),
    "unsuccessful": body(success=False, result=NAMES, errors=[{"message": FILL}]),
    "html": ServerResponse(name="html", body=b"<p>" + FILL.encode()),
    "not-found": body(404, errors=[{"message": FILL}]),
    "many-errors": body(400, errors=NAMES),
    "bad-gateway": ServerResponse(name="html", status=502, body=FILL.encode()),
    "rate-limit": body(429).with_headers(("Retry-After", "0")),
    "redirect": body(302).with_headers(("Location", "http://127.0.0.1/" + "x" * 7000)),
    "headers": body(403).with_headers(*HEADERS),
    "too-large": ServerResponse(name="too large", body=FILL.encode() * 2),
    "cut-off": cut_off(CLOSE),
    "timeout": cut_off(HANG),
}


def calls_of(client: Client) -> list[Callable[[], Awaitable[object]]]:
    """Calls of all kinds."""
    return [
        lambda: client.apps.list(ZONE),
        lambda: client.apps.get(ZONE, APP),
        lambda: client.apps.update(ZONE, APP, REQUEST),
        lambda: client.apps.create(ZONE, REQUEST),
        lambda: client.analytics.events.summary(ZONE),
        lambda: client.send(OWN, path={}, query={}),
    ]


async def size_of(kept: list[Any]) -> int:
    """The bytes that go when a list is cleared."""
    await asyncio.sleep(0)  # the handle that runs holds what ``gather`` gave
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    kept.clear()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    return before - after


@pytest.fixture(autouse=True)
def traced() -> Iterator[None]:
    """Trace memory."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize(
    "is_hooked", [pytest.param(False, id="plain", marks=pytest.mark.exhaustive), pytest.param(True, id="hook")]
)
@pytest.mark.parametrize("kind", KINDS)
async def test_kept_errors_are_small(kind: str, is_hooked: bool) -> None:
    """Errors of bodies of 1 MiB take some kB each, with all that led to them, also where a hook keeps them."""
    kept: list[object] = []

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        kept.append(started)
        return kept.append

    async with (
        ChaosServer(rest=KINDS[kind]) as server,
        Client(
            api_token=TOKEN,
            base_url=server.url,
            rate_limit=None,
            timeout=1.5 if kind == "timeout" else 60,
            max_body_bytes=MEBIBYTE + MEBIBYTE // 2,
            retry=RetryPolicy(max_attempts=1 if kind == "timeout" else 2, base_wait=0),
            on_attempt=hook if is_hooked else None,
        ) as client,
    ):
        kept += await asyncio.gather(*(call() for call in calls_of(client) * 2), return_exceptions=True)
        errors = [each for each in kept if isinstance(each, SpectrumError)]
        assert len(errors) == 12
        del errors
        assert await size_of(kept) < 2 * MEBIBYTE


async def test_a_callers_own_timeout_keeps_nothing() -> None:
    """What had come of a response is not in reach of the TimeoutError that the caller's own timeout becomes."""
    async with ChaosServer(rest=cut_off(HANG)) as server, Client(api_token=TOKEN, base_url=server.url) as client:

        async def call() -> None:
            async with asyncio.timeout(1.5):
                await client.protocols.list(ZONE)

        kept = list(await asyncio.gather(*(call() for _ in range(12)), return_exceptions=True))
        assert {type(error) for error in kept} == {TimeoutError}
        assert await size_of(kept) < 2 * MEBIBYTE
