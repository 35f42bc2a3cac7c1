"""A client that is opened and closed without `async with`."""

import asyncio
import gc
import warnings

import pytest

from aiospectrum import Client, ClientStateError
from aiospectrum.sandbox import Sandbox


def make_client(sandbox: Sandbox) -> Client:
    return Client(api_token=sandbox.api_token, base_url=sandbox.url)


async def test_a_client_is_opened_and_closed() -> None:
    """As by `async with`, and more than once."""
    async with Sandbox() as sandbox:
        client = make_client(sandbox)
        for _ in range(2):
            assert await client.open() is client
            assert len(await client.apps.list(sandbox.zones[0])) == 5
            await client.aclose()


async def test_closing_twice_and_too_early() -> None:
    """Closing what is not open does nothing, whoever closes it, and also inside `async with`."""
    async with Sandbox() as sandbox:
        client = make_client(sandbox)
        await client.aclose()
        await client.open()
        await asyncio.gather(client.aclose(), client.aclose())
        await client.aclose()
        async with client:
            await client.aclose()
            with pytest.raises(ClientStateError, match="not open"):
                await client.apps.list(sandbox.zones[0])


async def test_calls_need_an_open_client() -> None:
    """The error says how it is opened."""
    async with Sandbox() as sandbox:
        client = make_client(sandbox)
        for _ in range(2):
            with pytest.raises(ClientStateError, match=r"async with Client\(\.\.\.\) as client:`, or open\(\) it"):
                await client.apps.list(sandbox.zones[0])
            await client.open()
            await client.aclose()


async def test_two_tasks_open_it() -> None:
    """One does; the other one is told to share it, and what the first does goes on."""
    async with Sandbox() as sandbox:
        client = make_client(sandbox)
        opened = await asyncio.gather(client.open(), client.open(), return_exceptions=True)
        assert [type(each) for each in opened] == [Client, ClientStateError]
        assert len(await client.apps.list(sandbox.zones[0])) == 5
        with pytest.raises(ClientStateError, match="open already"):
            async with client:
                pass
        await client.aclose()


async def test_calls_under_way_end_with_the_client() -> None:
    """As when `async with` is left."""
    from aiospectrum.sandbox import Faults

    async with Sandbox(faults=Faults(hang_rate=1.0)) as sandbox:
        begun = asyncio.Event()
        client = Client(api_token=sandbox.api_token, base_url=sandbox.url, on_attempt=lambda _: begun.set())
        await client.open()
        call = asyncio.create_task(client.apps.list(sandbox.zones[0]))
        await begun.wait()
        await client.aclose()
        with pytest.raises(ClientStateError):
            await call


async def test_a_client_that_is_never_closed_warns() -> None:
    """Whoever forgets it hears of it."""
    async with Sandbox() as sandbox:
        client = await make_client(sandbox).open()
        await client.apps.list(sandbox.zones[0])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del client
            gc.collect()
            await asyncio.sleep(0)
        assert any("Unclosed" in str(each.message) for each in caught)
