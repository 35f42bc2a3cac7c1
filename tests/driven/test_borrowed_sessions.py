"""A session of the caller's own that cannot be used, or adds credentials, is refused before anything is sent."""

import asyncio
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aiospectrum import Client, ClientStateError, InvalidArgumentError, SpectrumError
from tests.chaos.responses import good
from tests.chaos.server import ChaosServer
from tests.conftest import TOKEN, ZONE

SCHEMES = {"token": {"api_token": TOKEN}, "key": {"api_email": "a@b.example", "api_key": "k3y"}}


async def refused(session: aiohttp.ClientSession, url: str, **options: Any) -> SpectrumError:
    """The error that a client over a session gives, when it is made, opened or used."""
    with pytest.raises(SpectrumError) as caught:
        async with Client(session=session, base_url=url, **(options or {"api_token": TOKEN})) as client:
            await client.protocols.list(ZONE)
    return caught.value


def test_a_session_of_another_loop() -> None:
    """Whether that loop is closed or not, a client over its session is not opened on another one."""

    async def use(session: aiohttp.ClientSession) -> None:
        async with ChaosServer() as server:
            error = await refused(session, server.url)
            assert isinstance(error, ClientStateError)
            assert "of another event loop" in str(error)
            assert server.attempts == 0

    async def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(make())
    asyncio.run(use(session))
    loop.run_until_complete(session.close())
    session = loop.run_until_complete(make())
    loop.close()
    asyncio.run(use(session))
    asyncio.run(session.close())


async def test_a_session_that_is_closed() -> None:
    """It is refused when the client is opened."""
    session = aiohttp.ClientSession()
    await session.close()

    error = await refused(session, "http://127.0.0.1:9")

    assert isinstance(error, ClientStateError)
    assert "the session is closed" in str(error)


async def test_a_client_that_was_not_opened_can_be() -> None:
    """A session that is refused leaves the client as it was."""
    async with ChaosServer() as server, aiohttp.ClientSession() as session:
        client = Client(api_token=TOKEN, base_url=server.url, session=session)
        loop = session._loop
        session._loop = asyncio.new_event_loop()  # one that is not running
        with pytest.raises(ClientStateError):
            await client.__aenter__()
        session._loop.close()
        session._loop = loop
        async with client:
            assert await client.protocols.list(ZONE) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("machine", ["machine 127.0.0.1", "default"])
async def test_netrc(machine: str, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A session with trust_env would add what netrc has for the host, or for any; without it nothing is looked up."""
    file = tmp_path / "netrc"
    file.write_text(f"{machine} login somebody password pa55\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(file))
    async with ChaosServer() as server:
        async with aiohttp.ClientSession(trust_env=True) as session:
            error = await refused(session, server.url, **SCHEMES[scheme])
        assert isinstance(error, InvalidArgumentError)
        assert error.field == "session"
        assert "netrc" in str(error)
        assert "pa55" not in str(error)
        assert server.attempts == 0
        async with (
            aiohttp.ClientSession() as session,
            Client(session=session, base_url=server.url, **SCHEMES[scheme]) as client,
        ):
            await client.protocols.list(ZONE)
        assert len(server.requests) == 1
        assert b"Basic" not in server.requests[0].raw


@pytest.mark.parametrize("text", [None, "", "machine other.example login a password b\n", "machine ???"])
async def test_netrc_that_says_nothing_of_it(text: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other hosts' credentials, and a file that is not there or cannot be read, are no reason to refuse."""
    file = tmp_path / "netrc"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("NETRC", str(file))
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession(trust_env=True) as session,
        Client(api_token=TOKEN, session=session, base_url=server.url) as client,
    ):
        assert await client.protocols.list(ZONE) == []


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_netrc_that_comes_later(scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is written after the client was opened is found by each request, and not sent."""
    file = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(file))
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession(trust_env=True) as session,
        Client(session=session, base_url=server.url, **SCHEMES[scheme]) as client,
    ):
        await client.protocols.list(ZONE)
        file.write_text("default login somebody password pa55\n", encoding="utf-8")
        if scheme == "token":  # which overrides it
            await client.protocols.list(ZONE)
        else:
            with pytest.raises(ClientStateError, match="adds credentials of its own") as caught:
                await client.protocols.list(ZONE)
            assert "pa55" not in str(caught.value)
        assert all(b"Basic" not in request.raw for request in server.requests)
        assert server.attempts == (2 if scheme == "token" else 1)


def later_headers(session: aiohttp.ClientSession) -> None:
    session.headers["Authorization"] = "Bearer other"


def later_key(session: aiohttp.ClientSession) -> None:
    session.headers["X-Auth-Key"] = "other"


def proxy_header(session: aiohttp.ClientSession) -> None:
    session.headers["Proxy-Authorization"] = "Basic b3RoZXI="


def later_auth(session: aiohttp.ClientSession) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of BasicAuth, since aiohttp 3.14
        session._default_auth = aiohttp.BasicAuth("a", "other")


async def middleware(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    request.headers["X-Auth-Email"] = "other"
    return await handler(request)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("add", [later_headers, later_key, proxy_header, later_auth])
async def test_credentials_that_are_added_later(add: Callable[[Any], None], scheme: str) -> None:
    """Whatever a session has been given since, no request has credentials that are not the client's."""
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession() as session,
        Client(session=session, base_url=server.url, **SCHEMES[scheme]) as client,
    ):
        await client.protocols.list(ZONE)
        add(session)
        overrides = (scheme, add) in (("token", later_headers), ("token", later_auth), ("key", later_key))
        if not overrides:
            with pytest.raises(SpectrumError):
                await client.protocols.list(ZONE)
        else:
            await client.protocols.list(ZONE)
        assert server.attempts == 1 + overrides
        assert all(b"other" not in request.raw for request in server.requests)


async def second_token(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    request.headers.add("Authorization", "Bearer other")
    return await handler(request)


async def test_a_middleware_that_adds_a_second_token() -> None:
    """A header of the client's own name counts, too."""
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession(middlewares=[second_token]) as session,
        Client(api_token=TOKEN, session=session, base_url=server.url) as client,
    ):
        with pytest.raises(ClientStateError, match=r"adds credentials of its own \(Authorization\): nothing was sent"):
            await client.protocols.list(ZONE)
        assert server.attempts == 0


@pytest.mark.parametrize("name", ["authorization", "X-Auth-Email", "x-auth-key", "X-Auth-User-Service-Key"])
async def test_headers_of_any_scheme(name: str) -> None:
    """A session that has any of the headers that the API takes credentials from is refused when it is given."""
    async with aiohttp.ClientSession(headers={name: "other"}) as session:
        with pytest.raises(InvalidArgumentError, match="without credentials of its own"):
            Client(api_token=TOKEN, session=session)


async def test_a_session_that_does_not_decompress() -> None:
    """Over one that leaves bodies compressed no response could be read, so that it is refused when it is given."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        with pytest.raises(InvalidArgumentError, match="without auto_decompress=False"):
            Client(api_token=TOKEN, session=session)


async def test_a_middleware_that_adds_credentials() -> None:
    """A session's own middleware comes before the check."""
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession(middlewares=[middleware]) as session,
        Client(api_token=TOKEN, session=session, base_url=server.url) as client,
    ):
        with pytest.raises(ClientStateError, match=r"adds credentials of its own \(X-Auth-Email\): nothing was sent"):
            await client.protocols.list(ZONE)
        assert server.attempts == 0


async def test_a_default_proxy_keeps_its_credentials() -> None:
    """What a session sends to a proxy is between the two."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of BasicAuth, since aiohttp 3.14
        auth = aiohttp.BasicAuth("me", "pa55")
        async with ChaosServer(rest=good()) as proxy:
            where = proxy.url.removesuffix("/client/v4")
            async with (
                aiohttp.ClientSession(proxy=where, proxy_auth=auth) as session,
                Client(api_token=TOKEN, session=session, base_url="http://api.example", allow_http=True) as client,
            ):
                assert await client.protocols.list(ZONE) == []
    assert proxy.requests[0].values("Proxy-Authorization") == [auth.encode()]
