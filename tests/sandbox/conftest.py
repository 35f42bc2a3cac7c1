"""Plain clients for the sandbox, an aiohttp session and bare connections; and clocks moved by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import attrs
import pytest
from yarl import URL

from aiospectrum.sandbox import Sandbox


@attrs.define
class Clock:
    """Both clocks of a sandbox, moved by hand."""

    moment: datetime = datetime(2024, 5, 8, 12, 30, 45, 678901, tzinfo=UTC)
    seconds: float = 1000.0

    def now(self) -> datetime:
        """Return the wall clock's time."""
        return self.moment

    def monotonic(self) -> float:
        """Return the monotonic clock's seconds."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Move both clocks."""
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@attrs.frozen(kw_only=True)
class Reply:
    """One response, already checked to be a well-formed envelope."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def result(self) -> Any:
        """The result of a call that must have succeeded."""
        assert self.status == 200, self.body
        return self.body["result"]

    @property
    def errors(self) -> list[tuple[int, str | None]]:
        """Code and pointer of each error."""
        return [(error["code"], error.get("source", {}).get("pointer")) for error in self.body["errors"]]

    @property
    def message(self) -> str:
        """The message of the only error."""
        (error,) = self.body["errors"]
        return str(error["message"])


@attrs.frozen(kw_only=True)
class Api:
    """Calls against one running sandbox."""

    sandbox: Sandbox
    clock: Clock
    session: aiohttp.ClientSession

    def path(self, tail: str, zone: int = 0) -> str:
        """Return the path of something in a zone."""
        return f"/zones/{self.sandbox.zones[zone]}/spectrum/{tail}"

    async def call(self, method: str, path: str, query: str = "", **options: Any) -> Reply:
        """Send one request; `query` goes out as it is written."""
        url = URL(f"{self.sandbox.url}{path}?{query}" if query else f"{self.sandbox.url}{path}", encoded=True)
        options.setdefault("headers", {"Authorization": f"Bearer {self.sandbox.api_token}"})
        async with self.session.request(method, url, **options) as response:
            raw = await response.read()
            body = json.loads(raw) if raw else {}
        assert response.content_type == "application/json"
        assert response.headers["cf-ray"].endswith("-SFO")
        if raw:
            assert set(body) - {"query", "result_info"} == {"success", "errors", "messages", "result"}
            assert body["success"] is (response.status == 200)
            assert bool(body["errors"]) is not body["success"]
        return Reply(status=response.status, headers=response.headers, body=body)

    async def get(self, tail: str, query: str = "", zone: int = 0) -> Reply:
        """Get something in a zone."""
        return await self.call("GET", self.path(tail, zone), query)

    async def create(self, body: object, zone: int = 0) -> Reply:
        """Create an app."""
        return await self.call("POST", self.path("apps", zone), json=body)


@attrs.define
class Sleeper:
    """A sleep that lasts until it is released, and records how it ended."""

    waits: list[float] = attrs.Factory(list)
    given_up: int = 0
    awake: asyncio.Event = attrs.Factory(asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        """Sleep like ``asyncio.sleep``."""
        self.waits.append(seconds)
        try:
            await self.awake.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise


@attrs.frozen(kw_only=True)
class RawReply:
    """What came over a bare connection until the response was whole or the connection ended."""

    headers: Mapping[str, str]
    """In lower case."""
    body: bytes
    ending: str
    """``whole``, ``cut off``, or without any response ``reset`` or ``closed``."""


@attrs.frozen
class Raw:
    """One connection without an HTTP library."""

    sandbox: Sandbox
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, method: str, tail: str, body: object = None) -> None:
        """Send a request about the first zone."""
        payload = b"" if body is None else json.dumps(body).encode()
        lines = (
            f"{method} /client/v4/zones/{self.sandbox.zones[0]}/spectrum/{tail} HTTP/1.1",
            "Host: sandbox",
            f"Authorization: Bearer {self.sandbox.api_token}",
            f"Content-Length: {len(payload)}",
        )
        self.writer.write("\r\n".join((*lines, "", "")).encode() + payload)

    async def read(self) -> RawReply:
        """Read one response, or what there is of it."""
        async with asyncio.timeout(30):
            return await self._read()

    async def _read(self) -> RawReply:
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except ConnectionResetError:
            return RawReply(headers={}, body=b"", ending="reset")
        except asyncio.IncompleteReadError as error:
            return RawReply(headers={}, body=error.partial, ending="cut off" if error.partial else "closed")
        headers = dict(line.lower().split(": ", 1) for line in head.decode().splitlines()[1:-1])
        try:
            body = await self.reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError as error:
            return RawReply(headers=headers, body=error.partial, ending="cut off")
        return RawReply(headers=headers, body=body, ending="whole")

    async def close(self) -> None:
        """Close the connection; once more does nothing."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture
def sleeper() -> Sleeper:
    """Return a sleep without real time."""
    return Sleeper()


@pytest.fixture
async def raw() -> AsyncIterator[Any]:
    """Yield a factory of bare connections, closed at the end."""
    async with AsyncExitStack() as stack:

        async def start(sandbox: Sandbox) -> Raw:
            host, _, port = sandbox.url.removeprefix("http://").partition("/")[0].partition(":")
            connection = Raw(sandbox, *await asyncio.open_connection(host, int(port)))
            stack.push_async_callback(connection.close)
            return connection

        yield start


@pytest.fixture
def until() -> Any:
    """Return a coroutine function that lets the loop run until a condition holds."""

    async def wait(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():  # noqa: ASYNC110 - the sandbox has no event for everything that tests look at
                await asyncio.sleep(0)

    return wait


@pytest.fixture
def connect() -> Any:
    """Return a factory of running sandboxes, each with a session and hand-moved clocks."""

    @asynccontextmanager
    async def start(**arguments: Any) -> AsyncIterator[Api]:
        clock = Clock()
        arguments = {"zones": 2, "now": clock.now, "monotonic": clock.monotonic, **arguments}
        async with Sandbox(**arguments) as sandbox, aiohttp.ClientSession() as session:
            yield Api(sandbox=sandbox, clock=clock, session=session)

    return start
