"""A client without opinions for the sandbox: a plain aiohttp session on a real socket."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import attrs
import pytest
from yarl import URL

from aiospectrum.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


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
    """One answer, already known to be a well-formed envelope."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def result(self) -> Any:
        """The result of a call that must have succeeded."""
        assert self.status == 200, self.body
        return self.body["result"]

    @property
    def faults(self) -> list[tuple[int, str | None]]:
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
            assert set(body) - {"result_info"} == {"success", "errors", "messages", "result"}
            assert body["success"] is (response.status == 200)
            assert bool(body["errors"]) is not body["success"]
        return Reply(status=response.status, headers=response.headers, body=body)

    async def get(self, tail: str, query: str = "", zone: int = 0) -> Reply:
        """Get something in a zone."""
        return await self.call("GET", self.path(tail, zone), query)

    async def create(self, body: object, zone: int = 0) -> Reply:
        """Create an app."""
        return await self.call("POST", self.path("apps", zone), json=body)


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
