"""Bodies that are small on the wire and large in memory end in an error, with little memory."""

import asyncio
import gzip
from typing import Final

import pytest
from aiohttp import compression_utils

from aiospectrum import BodyTooLargeError, Client, ConnectionFailedError, RetryPolicy
from aiospectrum._http.config import MAX_BODY_BYTES
from tests.chaos import codings
from tests.chaos.responses import ServerResponse
from tests.chaos.server import ChaosServer
from tests.conftest import TOKEN, ZONE
from tests.memory import trace_memory

MEBIBYTE: Final = 1 << 20
READABLE: Final = {
    "gzip": True,
    "deflate": True,
    "br": compression_utils.HAS_BROTLI,
    "zstd": getattr(compression_utils, "HAS_ZSTD", False),  # not before aiohttp 3.13
}
"""Whether aiohttp knows each coding here."""


@pytest.mark.parametrize(
    ("coding", "cap"),
    [
        *(pytest.param(coding, MEBIBYTE, id=f"{coding}-small") for coding in codings.BOMBS),
        pytest.param("br", MAX_BODY_BYTES, id="br-default"),
        *(
            pytest.param(coding, MAX_BODY_BYTES, id=f"{coding}-default", marks=pytest.mark.exhaustive)
            for coding in codings.BOMBS
            if coding != "br"
        ),
    ],
)
async def test_bombs(coding: str, cap: int) -> None:
    """A body that would grow to 400 MiB ends in an error, and takes little more memory than is allowed."""
    codings.encode_bomb(coding)
    error = BodyTooLargeError if READABLE[coding] else ConnectionFailedError
    async with (
        ChaosServer(rest=codings.bomb(coding)) as server,
        Client(api_token=TOKEN, base_url=server.url, max_body_bytes=cap, retry=RetryPolicy(max_attempts=1)) as client,
    ):
        with trace_memory() as traced, pytest.raises(error) as caught:
            await client.protocols.list(ZONE)
        await server.all_closed()
    print(f"{coding}: {traced.peak / MEBIBYTE:.1f} MiB at most, for {cap / MEBIBYTE:.0f} MiB allowed")
    assert traced.peak < cap * 9 / 8 + 8 * MEBIBYTE  # what grows takes an eighth more, and some are the server's
    assert caught.value.attempts == 1


async def test_other_tasks_run_while_a_body_is_decompressed() -> None:
    """A body that is all there in a few bytes of the wire does not keep the loop for itself."""
    codings.encode_bomb("gzip", 80 * MEBIBYTE)
    turns: list[int] = []

    async def watch() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async with (
        ChaosServer(rest=codings.bomb("gzip", 80 * MEBIBYTE)) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=RetryPolicy(max_attempts=1)) as client,
    ):
        call = asyncio.create_task(client.protocols.list(ZONE))
        await server.until(lambda: server.attempts == 1)
        watching = asyncio.create_task(watch())
        with pytest.raises(BodyTooLargeError):
            await call
        watching.cancel()
    assert len(turns) >= 10


async def test_a_body_of_just_the_size() -> None:
    """A body as large as allowed is read, and one byte more is too much, compressed or not."""
    response = ServerResponse(name="large", body=b'{"success":true,"result":[]}' + b" " * 100_000)
    for each in (response, codings.gzipped(gzip.compress(response.body))):
        async with ChaosServer(rest=each) as server:
            for cap, fits in ((len(response.body), True), (len(response.body) - 1, False)):
                async with Client(api_token=TOKEN, base_url=server.url, max_body_bytes=cap) as client:
                    if fits:
                        assert await client.protocols.list(ZONE) == []
                    else:
                        with pytest.raises(BodyTooLargeError, match=f"larger than {cap:,} bytes"):
                            await client.protocols.list(ZONE)


async def test_only_codings_that_can_be_read_are_accepted() -> None:
    """The request names no coding that aiohttp does not know here."""
    async with ChaosServer() as server, Client(api_token=TOKEN, base_url=server.url) as client:
        await client.protocols.list(ZONE)
    (accepted,) = server.requests[0].values("Accept-Encoding")
    assert {each.strip() for each in accepted.split(",")} == {name for name, known in READABLE.items() if known}
