"""The transport against real servers on 127.0.0.1."""

import asyncio
import gc
import gzip
import logging
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from aiospectrum import (
    AmbiguousWriteError,
    AttemptStarted,
    Client,
    ClientStateError,
    ConnectionFailedError,
    CredentialsError,
    DecodeError,
    DeletedApp,
    InvalidArgumentError,
    MalformedBodyError,
    NotFoundError,
    Page,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    RetryPolicy,
    ServerError,
    UnsuccessfulError,
    record_responses,
)
from aiospectrum.client import BaseClient
from aiospectrum.endpoints import delete_app, get_app, list_protocols, update_app
from aiospectrum.limiters import Limiter
from aiospectrum.policies import RateLimit
from aiospectrum.routes import API, Route
from tests.conftest import APP, TOKEN, ZONE, Serve
from tests.generated.test_endpoints import REQUEST, THE_APP, WIRE_APP
from tests.transports import open_transport

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NO_WAIT = RetryPolicy(base_wait=0)


def success(result: Any = None, **more: Any) -> web.Response:
    """A response that is a success."""
    return web.json_response({"success": True, "result": [] if result is None else result, **more})


def failing(times: int, failure: Callable[[web.Request], web.StreamResponse]) -> tuple[Handler, list[str]]:
    """A handler that fails some times before it succeeds, and the methods that it has seen."""
    seen: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        return failure(request) if len(seen) <= times else success()

    return respond, seen


def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without a response."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def status(code: int, **headers: str) -> Callable[[web.Request], web.StreamResponse]:
    """A response with a status and no envelope."""
    return lambda request: web.Response(status=code, headers={k.replace("_", "-"): v for k, v in headers.items()})


async def raw_server(response: bytes) -> asyncio.Server:
    """A server that sends the same bytes to every request and closes the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        writer.close()

    return await asyncio.start_server(handle, "127.0.0.1", 0)


def base_url(server: asyncio.Server) -> str:
    """Where a raw server is."""
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/client/v4"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(drop, id="dropped connection"),
        pytest.param(status(500), id="500"),
        pytest.param(status(503), id="503"),
        pytest.param(status(520), id="520"),
        pytest.param(status(429, retry_after="0"), id="429"),
    ],
)
async def test_get_is_attempted_again(failure: Callable[[web.Request], web.StreamResponse], serve: Serve) -> None:
    """A failure that passes is repeated, one request on the wire per attempt."""
    handler, seen = failing(2, failure)

    async with Client(api_token=TOKEN, base_url=await serve(handler), retry=NO_WAIT) as client:
        with record_responses() as responses:
            assert await client.protocols.list(ZONE) == []

    assert seen == ["GET"] * 3
    assert [response.attempts for response in responses] == [3]


@pytest.mark.parametrize("failure", [drop, status(500)], ids=["dropped connection", "500"])
async def test_attempts_are_bounded(failure: Callable[[web.Request], web.StreamResponse], serve: Serve) -> None:
    """After the last attempt the error says how many there were."""
    handler, seen = failing(99, failure)

    async with Client(api_token=TOKEN, base_url=await serve(handler), retry=NO_WAIT) as client:
        with pytest.raises(RequestError) as caught:
            await client.protocols.list(ZONE)

    assert len(seen) == 4
    assert caught.value.attempts == 4


@pytest.mark.parametrize("failure", [drop, status(503)], ids=["dropped connection", "503"])
async def test_a_create_is_sent_once(failure: Callable[[web.Request], web.StreamResponse], serve: Serve) -> None:
    """A create that may have taken place is not sent again, and the error says what to do."""
    calls: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        calls.append(request.method)
        return success() if len(calls) == 1 else failure(request)

    async with Client(api_token=TOKEN, base_url=await serve(respond), retry=NO_WAIT) as client:
        await client.protocols.list(ZONE)
        with pytest.raises(AmbiguousWriteError, match=r"apps\.ensure finds the application") as caught:
            await client.apps.create(ZONE, REQUEST)

    assert calls == ["GET", "POST"]
    assert isinstance(caught.value.__cause__, RequestError)
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda client: update_app(client, ZONE, APP, REQUEST), id="PUT"),
        pytest.param(lambda client: delete_app(client, ZONE, APP), id="DELETE"),
    ],
)
async def test_idempotent_writes_are_sent_once_per_attempt(
    call: Callable[[Client], Awaitable[Any]], serve: Serve
) -> None:
    """Aiohttp does not send them twice behind the back of an attempt, although the connection is a reused one."""
    calls: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        calls.append(request.method)
        return success() if len(calls) == 1 else drop(request)

    policy = RetryPolicy(max_attempts=2, base_wait=0)
    async with Client(api_token=TOKEN, base_url=await serve(respond), retry=policy) as client:
        await client.protocols.list(ZONE)
        with pytest.raises(ConnectionFailedError) as caught:
            await call(client)

    assert caught.value.attempts == len(calls) - 1 == 3  # the first one, which the kept connection cost, is free


async def test_a_delete_that_came_through_after_all(serve: Serve) -> None:
    """A 404 to a repeated DELETE means that the first one did it."""
    calls: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        calls.append(request.method)
        return drop(request) if len(calls) == 1 else web.Response(status=404)

    async with Client(api_token=TOKEN, base_url=await serve(respond), retry=NO_WAIT) as client:
        assert await client.apps.delete(ZONE, APP) == DeletedApp(id=APP)
        with pytest.raises(NotFoundError):
            await client.apps.delete(ZONE, APP)

    assert calls == ["DELETE"] * 3


async def test_aiohttp_alone_would_send_twice(serve: Serve) -> None:
    """The trap that the middleware is there for is real: a plain session repeats a DELETE on a reused connection."""
    calls: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        calls.append(request.method)
        return success() if request.method == "GET" else drop(request)

    url = await serve(respond)
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            await response.read()
        with pytest.raises(aiohttp.ClientError):
            await session.delete(url)

    assert calls == ["GET", "DELETE", "DELETE"]


async def test_no_connection() -> None:
    """A port where nothing listens is a connection error with the reason."""
    server = await raw_server(b"")
    url = base_url(server)
    server.close()
    await server.wait_closed()

    async with Client(api_token=TOKEN, base_url=url, retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(ConnectionFailedError, match="failed: ClientConnectorError") as caught:
            await client.apps.get(ZONE, APP)

    assert caught.value.url == f"{url}/zones/{ZONE}/spectrum/apps/{APP}"
    assert (caught.value.method, caught.value.status, caught.value.errors) == ("GET", None, ())


GZIPPED = gzip.compress(b'{"success":true,"result":[]}')


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 O", id="half a status line"),
        pytest.param(b"SSH-2.0-OpenSSH_9.7\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", id="half a body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + GZIPPED[:10] + b"\xff" * 10,
            id="corrupt gzip",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="wrong chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", id="oversized header"),
    ],
)
async def test_malformed_responses(response: bytes) -> None:
    """Whatever is wrong with the HTTP itself is a connection error, of whatever class aiohttp makes it."""
    server = await raw_server(response)

    async with server, Client(api_token=TOKEN, base_url=base_url(server), retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.protocols.list(ZONE)

    assert "\n" not in str(caught.value)


async def test_compressed_responses_are_read(serve: Serve) -> None:
    """A gzip body is decompressed."""

    async def respond(request: web.Request) -> web.Response:
        return web.Response(body=GZIPPED, headers={"Content-Encoding": "gzip"})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert await client.protocols.list(ZONE) == []


async def test_timeout(serve: Serve) -> None:
    """The timeout covers the whole call and is an error of ours."""
    is_over = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await is_over.wait()
        return success()

    async with Client(api_token=TOKEN, base_url=await serve(hang), timeout=0.05) as client:
        with pytest.raises(RequestTimeoutError, match=r"took longer than the timeout of 0\.05 s") as caught:
            await client.protocols.list(ZONE)
        is_over.set()

    assert caught.value.attempts == 1


async def test_a_callers_timeout_is_the_callers(serve: Serve) -> None:
    """A caller's own asyncio.timeout ends as a plain TimeoutError, and the client continues to work."""
    is_over = asyncio.Event()

    async def hang_once(request: web.Request) -> web.Response:
        if not is_over.is_set():
            await is_over.wait()
        return success()

    async with Client(api_token=TOKEN, base_url=await serve(hang_once)) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.protocols.list(ZONE)
        is_over.set()
        assert await client.protocols.list(ZONE) == []


async def test_a_wait_past_the_timeout_fails_at_once(serve: Serve) -> None:
    """When the API demands a longer wait than the timeout leaves, the call fails with what the API said."""
    handler, seen = failing(1, status(429, retry_after="300"))

    async with Client(api_token=TOKEN, base_url=await serve(handler), timeout=30) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.protocols.list(ZONE)

    assert caught.value.retry_after == 300
    assert len(seen) == 1


async def test_waits_between_attempts(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Without a timeout each wait is what the policy says, through the sleep that is passed in, and is logged."""
    handler, seen = failing(2, status(503))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with open_transport(await serve(handler), sleep=sleep, random=lambda: 0.5) as transport:
        with caplog.at_level(logging.DEBUG, "aiospectrum"):
            assert await list_protocols(transport, ZONE) == []

    assert slept == [0.25, 0.5]
    assert len(seen) == 3
    assert [record.levelname for record in caplog.records] == ["DEBUG", "WARNING", "DEBUG", "WARNING", "DEBUG"]
    assert "attempt 2 follows in 0.25 s" in caplog.text
    assert TOKEN not in caplog.text


async def test_cancellation(serve: Serve) -> None:
    """A cancelled call raises CancelledError, leaves no task, and the client continues to work."""
    has_come, is_over = asyncio.Event(), asyncio.Event()

    async def hang_once(request: web.Request) -> web.Response:
        if not has_come.is_set():
            has_come.set()
            await is_over.wait()
        return success()

    async with Client(api_token=TOKEN, base_url=await serve(hang_once), connector_limit=1) as client:
        tasks_before = asyncio.all_tasks()
        task = asyncio.create_task(client.protocols.list(ZONE))
        await has_come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        left = [task for task in asyncio.all_tasks() - tasks_before if "RequestHandler" not in repr(task)]
        is_over.set()
        assert await client.protocols.list(ZONE) == []
    assert left == []  # but for those of the server


async def test_redirects_are_not_followed(serve: Serve) -> None:
    """A redirect is an error that says where to, and no credential goes there."""
    seen: list[str] = []

    async def respond(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        with pytest.raises(ResponseError, match="a redirect to /elsewhere, which is not followed"):
            await client.apps.create(ZONE, REQUEST)

    assert len(seen) == 1


async def test_cookies_are_not_kept(serve: Serve) -> None:
    """What a server sets as a cookie is not sent back."""
    cookies: list[str | None] = []

    async def respond(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        response = success()
        response.set_cookie("__cf_bm", "x")
        return response

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        await client.protocols.list(ZONE)
        await client.protocols.list(ZONE)

    assert cookies == [None, None]


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"api_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}),
        ({"api_email": "a@b.example", "api_key": "k3y"}, {"X-Auth-Email": "a@b.example", "X-Auth-Key": "k3y"}),
    ],
    ids=["token", "key"],
)
async def test_headers(credentials: dict[str, str], expected: dict[str, str], serve: Serve) -> None:
    """One scheme of credentials, the user agent with its addition, and JSON both ways."""
    seen: list[dict[str, str]] = []

    async def respond(request: web.Request) -> web.Response:
        seen.append(dict(request.headers))
        return success(WIRE_APP)

    async with Client(base_url=await serve(respond), user_agent="mybot/1.2", **credentials) as client:
        assert await client.apps.create(ZONE, REQUEST) == THE_APP

    [headers] = seen
    names = ("Authorization", "X-Auth-Email", "X-Auth-Key")
    assert {name: headers[name] for name in names if name in headers} == expected
    assert headers["User-Agent"].startswith("aiospectrum/")
    assert headers["User-Agent"].endswith(" mybot/1.2")
    assert (headers["Accept"], headers["Content-Type"]) == ("application/json", "application/json")


async def test_what_else_a_response_says(serve: Serve) -> None:
    """Status, headers, ray id and messages of calls are collected, also of calls in tasks started inside the block."""

    async def respond(request: web.Request) -> web.Response:
        response = success(messages=[{"code": 10000, "message": "hello"}])
        response.headers["cf-ray"] = "8f00-SFO"
        return response

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        with record_responses() as outer:
            await client.protocols.list(ZONE)
            with record_responses() as inner:
                async with asyncio.TaskGroup() as group:
                    group.create_task(client.protocols.list(ZONE))
        await client.protocols.list(ZONE)

    assert (len(outer), len(inner)) == (2, 1)
    [response] = inner
    assert (response.status, response.ray_id, response.attempts) == (200, "8f00-SFO", 1)
    assert response.headers["CF-RAY"] == "8f00-SFO"
    assert [str(message) for message in response.messages] == ["10000 hello"]
    assert response.route.name == "list_protocols"
    assert response.url.endswith(f"/client/v4/zones/{ZONE}/spectrum/protocols")


async def test_a_borrowed_session_is_not_closed(serve: Serve) -> None:
    """A session of the caller's stays open, and its own habits do not get in the way."""

    async def respond(request: web.Request) -> web.Response:
        return web.json_response({"success": False, "errors": [{"message": "no"}]}, status=404)

    async with aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=1e-9)) as session:
        async with Client(api_token=TOKEN, base_url=await serve(respond), session=session) as client:
            with pytest.raises(ResponseError, match="answered 404: no"):
                await client.protocols.list(ZONE)
        assert not session.closed


async def test_a_borrowed_session_sends_once_too(serve: Serve) -> None:
    """Aiohttp's second send is switched off for a session of the caller's as well, whose middlewares still run."""
    calls: list[str] = []
    passed: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        calls.append(request.method)
        return success() if len(calls) == 1 else drop(request)

    async def theirs(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        passed.append(request.method)
        return await handler(request)

    async with (
        aiohttp.ClientSession(middlewares=(theirs,)) as session,
        Client(
            api_token=TOKEN, base_url=await serve(respond), session=session, retry=RetryPolicy(max_attempts=1)
        ) as client,
    ):
        await client.protocols.list(ZONE)
        with pytest.raises(ConnectionFailedError):
            await client.apps.delete(ZONE, APP)

    assert calls == passed == ["GET", "DELETE"]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(lambda: {"headers": {"x-auth-key": "k"}}, id="key"),
        pytest.param(lambda: {"headers": {"Authorization": "x"}}, id="token"),
        pytest.param(lambda: {"auth": aiohttp.BasicAuth("a", "b")}, id="basic"),
    ],
)
async def test_a_borrowed_session_has_no_credentials_of_its_own(settings: Callable[[], dict[str, Any]]) -> None:
    """Exactly one scheme is sent, so that a session with another one is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of BasicAuth, since aiohttp 3.14
        session = aiohttp.ClientSession(**settings())
        async with session:
            with pytest.raises(InvalidArgumentError, match=r"^session: expected a session without credentials"):
                Client(api_token=TOKEN, session=session)


async def test_a_session_that_is_closed_meanwhile(serve: Serve) -> None:
    """A session that somebody closed is an error of ours."""

    async def respond(request: web.Request) -> web.Response:
        return success()

    session = aiohttp.ClientSession()
    async with Client(api_token=TOKEN, base_url=await serve(respond), session=session) as client:
        await session.close()
        with pytest.raises(ClientStateError, match="the session was closed"):
            await client.protocols.list(ZONE)


def test_a_client_belongs_to_one_event_loop() -> None:
    """On another loop than it was opened on, a client says so; once that loop is gone, it can be opened again."""
    client = Client(api_token=TOKEN, base_url="http://127.0.0.1:9")

    async def use() -> None:
        with pytest.raises(ClientStateError, match="on another event loop"):
            await client.protocols.list(ZONE)

    async def use_twice() -> None:
        async with client:
            await asyncio.to_thread(asyncio.run, use())

    async def abandon() -> None:
        await client.__aenter__()
        own = next(each for each in gc.get_objects() if isinstance(each, aiohttp.ClientSession) and not each.closed)
        await own.close()

    asyncio.run(use_twice())
    asyncio.run(abandon())
    asyncio.run(use_twice())


async def test_headers_do_not_hang_on_errors() -> None:
    """Aiohttp's own error, which holds the request's headers, is not reachable from ours."""
    server = await raw_server(b"nonsense\r\n\r\n")

    async with server, Client(api_token=TOKEN, base_url=base_url(server), retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.protocols.list(ZONE)

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_attempts_of_a_wrong_result(serve: Serve) -> None:
    """A response that cannot be read counts the attempts before it."""
    calls: list[str] = []

    async def respond(request: web.Request) -> web.Response:
        calls.append(request.method)
        return web.Response(status=503) if len(calls) < 3 else success({"id": 4})

    async with Client(api_token=TOKEN, base_url=await serve(respond), retry=NO_WAIT) as client:
        with pytest.raises(DecodeError) as caught:
            await client.apps.get(ZONE, APP)

    assert caught.value.attempts == len(calls) == 3


async def test_records_survive_a_change_of_context(serve: Serve) -> None:
    """A block that is left in another context than it was entered in, as fixtures are, is left in peace."""

    async def collecting() -> AsyncIterator[list[Any]]:
        with record_responses() as responses:
            yield responses

    generator = collecting()
    responses = await asyncio.create_task(anext(generator))  # type: ignore[arg-type]  # an awaitable is what it takes
    with pytest.raises(StopAsyncIteration):
        await asyncio.create_task(anext(generator))  # type: ignore[arg-type]  # an awaitable is what it takes
    assert responses == []


async def test_an_own_session_is_closed(serve: Serve) -> None:
    """Nothing outlives the block: not a connection, as the server sees; and it can be opened again."""
    connections: set[asyncio.Transport] = set()

    async def respond(request: web.Request) -> web.Response:
        assert request.transport is not None
        connections.add(request.transport)
        return success()

    client = Client(api_token=TOKEN, base_url=await serve(respond))
    async with client:
        await client.protocols.list(ZONE)
        assert not any(connection.is_closing() for connection in connections)
    async with asyncio.timeout(10):
        while not all(connection.is_closing() for connection in connections):  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)

    async with client:
        assert await client.protocols.list(ZONE) == []
    assert len(connections) == 2


async def test_a_client_is_used_inside_its_block(serve: Serve) -> None:
    """Before, after and twice are errors that say what to do."""
    client = Client(api_token=TOKEN)

    with pytest.raises(ClientStateError, match="call it inside `async with Client"):
        await client.protocols.list(ZONE)
    async with client:
        with pytest.raises(ClientStateError, match="open already"):
            await client.__aenter__()
    with pytest.raises(ClientStateError, match="not open"):
        await client.protocols.list(ZONE)
    await client.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        pytest.param(web.Response(text="<html>", content_type="text/html"), MalformedBodyError, id="HTML with 200"),
        pytest.param(
            web.Response(text="<html>", status=502, content_type="text/html"), ServerError, id="HTML with 502"
        ),
        pytest.param(web.json_response({"success": False, "result": None}), UnsuccessfulError, id="failed with 200"),
        pytest.param(web.json_response({"success": True, "result": {"id": 4}}), DecodeError, id="wrong result"),
    ],
)
async def test_responses_that_are_no_success(response: web.Response, kind: type[ResponseError], serve: Serve) -> None:
    """Never None, never a KeyError: an error of ours."""
    parts = {"body": response.body, "status": response.status, "content_type": response.content_type}

    async def give(request: web.Request) -> web.Response:
        return web.Response(**parts)  # type: ignore[arg-type]  # parts of a response make a response

    async with Client(api_token=TOKEN, base_url=await serve(give), retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(kind):
            await client.apps.get(ZONE, APP)


async def test_an_echoed_token_stays_out_of_errors(serve: Serve) -> None:
    """A server that repeats the request's headers does not bring the token into the error."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"success": False, "errors": [{"message": str(request.headers)}]}, status=400)

    async with Client(api_token=TOKEN, base_url=await serve(echo)) as client:
        with pytest.raises(ResponseError) as caught:
            await client.apps.get(ZONE, APP)

    assert "Bearer [redacted]" in str(caught.value)
    assert TOKEN not in str(caught.value) + repr(vars(caught.value))


async def test_a_proxys_password_is_not_shown() -> None:
    """The password of a proxy is as secret as the token, also when the proxy repeats it."""
    proxy = await raw_server(b"HTTP/1.1 407 No\r\nContent-Length: 10\r\n\r\nx pa55w0rd")
    where = f"http://me:pa55w0rd@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"

    async with proxy, Client(api_token=TOKEN, base_url="http://127.0.0.1:9", proxy=where) as client:
        with pytest.raises(ResponseError, match="answered 407") as caught:
            await client.protocols.list(ZONE)

    assert caught.value.body_excerpt == "x [redacted]"
    assert "pa55" not in repr(client) + str(caught.value) + repr(vars(caught.value))


async def test_functions_take_a_client_or_a_namespace(serve: Serve) -> None:
    """An endpoint function works over anything that is a transport."""

    async def respond(request: web.Request) -> web.Response:
        return success(WIRE_APP if request.method == "GET" else {"id": APP})

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert await get_app(client, ZONE, APP) == THE_APP
        assert await get_app(client.apps, ZONE, APP) == await client.apps.get(ZONE, APP)
        assert await client.apps.delete(ZONE, APP) == DeletedApp(id=APP)


async def test_the_environment_is_not_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the environment names is not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def respond(request: web.Request) -> web.Response:
        return success()

    async with Client(api_token=TOKEN, base_url=await serve(respond)) as client:
        assert await client.protocols.list(ZONE) == []


async def test_other_policies_for_single_calls(serve: Serve) -> None:
    """A call can have its own timeouts, retries and limiter, and the next one has the client's again."""
    handler, seen = failing(1, status(503))
    own = Limiter(RateLimit(requests=1, per_seconds=300))

    async with Client(api_token=TOKEN, base_url=await serve(handler), retry=NO_WAIT) as client:
        with pytest.raises(ServerError):
            await client.with_options(retry=RetryPolicy(max_attempts=1)).protocols.list(ZONE)
        limited = client.with_options(timeout=5, rate_limit=own)
        assert await limited.protocols.list(ZONE) == []
        with pytest.raises(RequestTimeoutError) as caught:
            await limited.analytics.aggregate.current(ZONE)
        assert await client.with_options(rate_limit=None).protocols.list(ZONE) == []
        assert await client.protocols.list(ZONE) == []

    assert caught.value.wait == pytest.approx(300, abs=1)
    assert len(seen) == 4


async def test_other_policies_are_checked() -> None:
    """Wrong policies are refused, and a closed client says so here too."""
    client = Client(api_token=TOKEN)

    with pytest.raises(InvalidArgumentError, match=r"^retry: expected"):
        client.with_options(retry=3)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(InvalidArgumentError, match=r"^timeout: expected"):
        client.with_options(timeout=-1)
    with pytest.raises(ClientStateError, match="not open"):
        await client.with_options().protocols.list(ZONE)


async def test_a_client_with_other_policies_is_a_client(serve: Serve) -> None:
    """It is of the same class, shares session and retries with the first one, and is open as long as that is."""

    class Own(Client):
        """A user's own client, which counts what it sends."""

        sent = 0

        def send(self, *args: Any, **arguments: Any) -> Any:
            type(self).sent += 1
            return super().send(*args, **arguments)

    connections: set[object] = set()

    async def respond(request: web.Request) -> web.Response:
        connections.add(request.transport)
        return success()

    client = Own(api_token=TOKEN, base_url=await serve(respond), connector_limit=1)
    quick = client.with_options(timeout=5)
    assert type(quick) is Own
    assert repr(quick) == repr(client)
    async with client:
        assert await quick.protocols.list(ZONE) == await client.protocols.list(ZONE) == []
        assert await quick.with_options(rate_limit=None).apps.list(ZONE) == Page(items=[])
        with pytest.raises(ClientStateError, match="open already"):
            await quick.__aenter__()
    with pytest.raises(ClientStateError, match="not open"):
        await quick.protocols.list(ZONE)
    assert (len(connections), Own.sent) == (1, 4)


async def test_a_client_of_another_service(serve: Serve) -> None:
    """A base client with a service of its own calls that, and takes only the credentials that it knows."""

    async def respond(request: web.Request) -> web.Response:
        return success({"id": request.headers["X-Auth-Key"]})

    url = await serve(respond)

    class Other(BaseClient):
        """A client without namespaces."""

        service = API(base_url=url, schemes=("api_key",))

    route = Route[DeletedApp](name="probe", method="GET", path="/probe", result=DeletedApp, safe_to_repeat=True)
    async with Other(api_email="a@b.example", api_key="k3y") as client:
        response = await client.with_options(timeout=5).send(route, path={}, query={})

    assert (client.base_url, response.result, response.url) == (url, DeletedApp(id="k3y"), f"{url}/probe")
    with pytest.raises(CredentialsError, match=r"^credentials: expected both api_email and api_key, got api_token$"):
        Other(api_token=TOKEN)
    environ = {"CLOUDFLARE_API_TOKEN": TOKEN}
    with pytest.raises(
        CredentialsError, match=r"expected both CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY, got CLOUDFLARE_API"
    ):
        Other.from_env(environ)
    both = {**environ, "CLOUDFLARE_EMAIL": "a@b.example", "CLOUDFLARE_API_KEY": "k3y"}
    assert Other.from_env(both).base_url == url


async def test_a_borrowed_session_whose_middlewares_cannot_be_read() -> None:
    """Such a session of another version of aiohttp is refused, as its middlewares would silently not run."""
    async with aiohttp.ClientSession() as session:
        del session._middlewares
        with pytest.raises(InvalidArgumentError, match=r"^session: expected a session whose middlewares can be read"):
            Client(api_token=TOKEN, session=session)


@pytest.mark.parametrize("limit", [5.0, None], ids=["with a deadline", "without"])
async def test_a_timeout_of_a_hook_is_the_hooks(limit: float | None, serve: Serve) -> None:
    """A TimeoutError that a hook raises is not taken for the end of the deadline."""

    async def respond(request: web.Request) -> web.Response:
        return success()

    def hook(started: AttemptStarted) -> None:
        raise TimeoutError("the hook's own")

    async with Client(api_token=TOKEN, base_url=await serve(respond), timeout=limit, on_attempt=hook) as client:
        with pytest.raises(TimeoutError, match="the hook's own"):
            await client.protocols.list(ZONE)
