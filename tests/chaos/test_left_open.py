"""No connection over TLS is left open, although a server that is silent never ends its side."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest

from aiospectrum import BodyTooLargeError, Client, RetryPolicy, Timeouts
from tests.chaos.bench import until
from tests.chaos.responses import good
from tests.chaos.tls import open_proxy, open_silent_server, trusting
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import WIRE_APP

WHOLE: Final = good(WIRE_APP).encode()
PARTS: Final = {"response": b"", "headers": WHOLE[:30], "body": WHOLE[:-5]}
"""What is said of a response before there is silence."""

ENDS: Final = {
    "cancel": {},
    "leave": {},
    "deadline": {"timeout": Timeouts(total=0.5)},
    "read": {"timeout": Timeouts(total=None, read=0.5)},
}
"""How a call ends, and the options of its client."""


class Opened(AsyncExitStack):
    """A client of a server that falls silent, by itself or through a proxy."""

    async def enter(self, response: bytes, *, through_proxy: bool, **options: Any) -> None:
        """Open all of it."""
        self.server = await self.enter_async_context(open_silent_server(response))
        proxy = await self.enter_async_context(open_proxy(port=self.server.port))
        self.client = Client(
            api_token=TOKEN,
            base_url=f"https://127.0.0.1:{self.server.port}",
            ssl_context=trusting(),
            proxy=f"http://127.0.0.1:{proxy.port}" if through_proxy else None,
            retry=RetryPolicy(max_attempts=1),
            **options,
        )
        await self.client.__aenter__()

    async def all_ended(self) -> None:
        """Wait until the server has seen the end of all connections."""
        await until(lambda: not self.server.open)


@pytest.fixture
async def opened() -> Any:
    """Not opened yet."""
    async with Opened() as opened:
        yield opened


@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("end", ENDS)
async def test_a_call_that_ends_in_silence(end: str, part: str, through_proxy: bool, opened: Opened) -> None:
    """Its connection ends with it."""
    await opened.enter(PARTS[part], through_proxy=through_proxy, **ENDS[end])
    call = asyncio.ensure_future(opened.client.apps.get(ZONE, APP))
    await until(lambda: opened.server.requests)
    if end == "cancel":
        call.cancel()
    elif end == "leave":
        await opened.client.__aexit__(None, None, None)
    await asyncio.wait([call])

    await opened.all_ended()

    assert call.cancelled() or call.exception() is not None
    await opened.client.__aexit__(None, None, None)


async def test_a_body_that_is_too_large(opened: Opened) -> None:
    """What is not read to its end is no reason to wait."""
    await opened.enter(WHOLE, through_proxy=False, max_body_bytes=10)
    with pytest.raises(BodyTooLargeError):
        await opened.client.apps.get(ZONE, APP)

    await opened.all_ended()

    await opened.client.__aexit__(None, None, None)


@pytest.mark.parametrize("keep_alive", [False, True], ids=["closed", "kept"])
@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
async def test_a_client_that_is_left(through_proxy: bool, keep_alive: bool, opened: Opened) -> None:
    """Connections that are kept, or that were closed and are not ended yet, end with it."""
    await opened.enter(WHOLE, through_proxy=through_proxy, keep_alive=keep_alive)
    await opened.client.apps.get(ZONE, APP)

    await opened.client.__aexit__(None, None, None)

    await opened.all_ended()
