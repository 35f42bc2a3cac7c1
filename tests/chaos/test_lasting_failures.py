"""What cannot pass is attempted once, and what a proxy says is no response of the API."""

import ssl
import warnings
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import pytest

from aiospectrum import (
    AmbiguousWriteError,
    AttemptEnded,
    Client,
    ConnectionFailedError,
    DecodeError,
    ProxyError,
    ResponseError,
    RetryPolicy,
)
from tests.chaos.bench import CALLS, open_bench, outcome_of
from tests.chaos.framing import huge_header, many_headers
from tests.chaos.responses import ServerResponse, good
from tests.chaos.rules import HAS_ZSTD
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, Play, at_accept, send
from tests.chaos.tls import open_proxy, open_tls_server, server_context, trusting
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST, THE_APP

NO_WAIT: Final = RetryPolicy(base_wait=0)

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")


def old_tls() -> ssl.SSLContext:
    """A server that speaks no version of TLS that the client does."""
    context = server_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def other_ciphers() -> ssl.SSLContext:
    """A server that has no cipher in common with the client."""
    context = server_context(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    return context


def strict_client() -> ssl.SSLContext:
    context = trusting(maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305")
    return context


TLS: Final[dict[str, tuple[Callable[[], ssl.SSLContext | None], Callable[[], ssl.SSLContext]]]] = {
    "unknown-authority": (server_context, ssl.create_default_context),
    "expired": (lambda: server_context("expired"), trusting),
    "other-host": (lambda: server_context("other-host"), trusting),
    "client-certificate": (
        lambda: server_context(verify_mode=ssl.CERT_REQUIRED, maximum_version=ssl.TLSVersion.TLSv1_2),
        trusting,
    ),
    "version": (old_tls, trusting),
    "cipher": (other_ciphers, strict_client),
    "no-tls": (lambda: None, trusting),
}
"""Server and client that cannot agree, whatever happens."""


@pytest.mark.parametrize("call", ["get", "create"])
@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
@pytest.mark.parametrize("what", TLS)
async def test_tls_that_is_refused(what: str, through_proxy: bool, call: str) -> None:
    """A certificate, version or cipher that one side refuses is refused once, and nothing has been sent."""
    make_server, make_client = TLS[what]
    async with open_tls_server(make_server()) as server, open_proxy(port=server.port) as proxy:
        where = f"http://127.0.0.1:{proxy.port}" if through_proxy else None
        url = f"https://127.0.0.1:{server.port}"
        async with Client(
            api_token=TOKEN, base_url=url, ssl_context=make_client(), retry=NO_WAIT, proxy=where
        ) as client:
            with pytest.raises(ConnectionFailedError) as caught:
                await (client.apps.get(ZONE, APP) if call == "get" else client.apps.create(ZONE, REQUEST))
        assert (caught.value.attempts, caught.value.was_sent, caught.value.is_permanent) == (1, False, True)
        assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("call", ["get", "create"])
async def test_a_client_certificate_in_tls_1_3(call: str) -> None:
    """Where the client ends the handshake first and learns later that it is refused, that is no ambiguous write."""
    context = server_context(verify_mode=ssl.CERT_REQUIRED, minimum_version=ssl.TLSVersion.TLSv1_3)
    async with open_tls_server(context) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with Client(api_token=TOKEN, base_url=url, ssl_context=trusting(), retry=NO_WAIT) as client:
            with pytest.raises(ConnectionFailedError, match="CERTIFICATE_REQUIRED") as caught:
                await (client.apps.get(ZONE, APP) if call == "get" else client.apps.create(ZONE, REQUEST))
        assert (caught.value.attempts, caught.value.was_sent, caught.value.is_permanent) == (1, False, True)
        assert (server.connections, server.requests) == (1, [])


@pytest.mark.parametrize("call", ["get", "create"])
async def test_a_fingerprint_that_differs(call: str) -> None:
    """A borrowed session that knows its server by another certificate has sent nothing to this one."""
    async with (
        open_tls_server(server_context()) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(bytes(32)))) as session,
        Client(api_token=TOKEN, base_url=f"https://127.0.0.1:{server.port}", session=session, retry=NO_WAIT) as client,
    ):
        with pytest.raises(ConnectionFailedError) as caught:
            await (client.apps.get(ZONE, APP) if call == "get" else client.apps.create(ZONE, REQUEST))
        assert (caught.value.attempts, caught.value.was_sent, caught.value.is_permanent) == (1, False, True)
        assert server.requests == []


async def test_tls_that_is_fine() -> None:
    """The certificates of these tests are good for something."""
    async with open_tls_server(server_context()) as server, open_proxy(port=server.port) as proxy:
        for where in (None, f"http://127.0.0.1:{proxy.port}"):
            url = f"https://localhost:{server.port}"
            async with Client(api_token=TOKEN, base_url=url, ssl_context=trusting(), proxy=where) as client:
                assert await client.apps.get(ZONE, APP) == await client.apps.create(ZONE, REQUEST) == THE_APP
        assert server.requests == ["GET", "POST"] * 2


async def test_a_handshake_that_is_cut_off_may_pass() -> None:
    """A server that leaves in the middle of a handshake is tried again."""
    async with ChaosServer([at_accept(CLOSE)] * 9) as server:
        async with open_bench(server.url.replace("http:", "https:")) as bench:
            with pytest.raises(ConnectionFailedError) as caught:
                await bench.call("create")
        assert (caught.value.attempts, caught.value.was_sent, caught.value.is_permanent) == (4, False, False)


# ── Proxies ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED: Final = (302, 400, 401, 403, 404, 405, 407, 410, 418, 451, 501, 505, 511, 599)
PASSING: Final = (408, 429, 500, 502, 503, 504, 520)


def answer(status: int) -> bytes:
    """What a proxy says to CONNECT."""
    return f"HTTP/1.1 {status} No\r\nRetry-After: 9999\r\nContent-Length: 3\r\n\r\nno!".encode()


@pytest.mark.parametrize("call", ["get", "create"])
@pytest.mark.parametrize("status", [*REFUSED, *PASSING])
async def test_a_proxy_refuses(status: int, call: str) -> None:
    """Its status is in the error, nothing has reached the API, and only what may pass is repeated."""
    ended: list[AttemptEnded] = []
    async with (
        open_proxy(*[answer(status)] * 9) as proxy,
        Client(
            api_token=TOKEN,
            base_url="https://api.example",
            proxy=f"http://me:pa55@127.0.0.1:{proxy.port}",
            retry=NO_WAIT,
            on_attempt=lambda _: ended.append,
        ) as client,
    ):
        with pytest.raises(ProxyError, match=f"the proxy answered {status}") as caught:
            await (client.apps.get(ZONE, APP) if call == "get" else client.apps.create(ZONE, REQUEST))
        assert client.with_options()._settings.limiter is not None
    error = caught.value
    attempts = 4 if status in PASSING else 1
    assert (error.status, error.was_sent, error.attempts) == (status, False, attempts)
    assert ("check the user name and password" in str(error)) is (status == 407)
    assert not isinstance(error, ResponseError)
    assert proxy.requests == ["CONNECT api.example:443 HTTP/1.1"] * attempts
    assert [(each.status, type(each.error)) for each in ended] == [(None, ProxyError)] * attempts


@pytest.mark.parametrize("what", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200"], ids=["nothing", "garbage", "cut"])
async def test_a_proxy_that_ends_before_there_is_a_tunnel(what: bytes) -> None:
    """Nothing has been sent to the API, so that a create is attempted again."""
    async with open_tls_server(server_context()) as server, open_proxy(what, what, port=server.port) as proxy:
        async with Client(
            api_token=TOKEN,
            base_url=f"https://localhost:{server.port}",
            ssl_context=trusting(),
            proxy=f"http://127.0.0.1:{proxy.port}",
            retry=NO_WAIT,
        ) as client:
            assert await client.apps.create(ZONE, REQUEST) == THE_APP
        assert (len(proxy.requests), server.requests) == (3, ["POST"])


@pytest.mark.parametrize("call", ["list", "create"])
async def test_a_proxy_refuses_without_a_tunnel(call: str) -> None:
    """For an http URL a 407 is a response, and not repeated either."""
    async with ChaosServer(rest=ServerResponse(name="407", status=407)) as server, open_bench(server.url) as bench:
        with pytest.raises(ResponseError, match="answered 407") as caught:
            await bench.call(call)
        assert (caught.value.attempts, server.attempts) == (1, 1)


# ── Responses ────────────────────────────────────────────────────────────────────────────────────────────────────────

UNREADABLE: Final[dict[str, tuple[Play, type[Exception]]]] = {
    "huge-header": (huge_header(), ConnectionFailedError),
    "many-headers": (many_headers(), ConnectionFailedError),
    "long-name": (good(headers=(("X" * 20_000, "1"),)), ConnectionFailedError),
    "long-reason": (send(b"HTTP/1.1 200 " + b"k" * 20_000 + b"\r\n\r\n", name="long"), ConnectionFailedError),
    "unknown-coding": (
        ServerResponse(name="x", headers=(("Content-Encoding", "compress"),), body=b"\x1f\x9d\x90"),
        DecodeError,
    ),
    "two-codings": (
        ServerResponse(name="x", headers=(("Content-Encoding", "gzip, gzip"),), body=b"\x1f\x8b\x08"),
        DecodeError,
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("what", UNREADABLE)
async def test_responses_that_are_always_so(what: str, call: str) -> None:
    """What another response would have too is attempted once; a create may have taken place."""
    play, kind = UNREADABLE[what]
    async with ChaosServer(rest=play) as server, open_bench(server.url) as bench:
        with pytest.raises(AmbiguousWriteError if call == "create" else kind) as caught:  # type: ignore[type-var]
            await bench.call(call)
        assert isinstance(caught.value.__cause__ if call == "create" else caught.value, kind)
        assert (bench.waits, server.attempts) == ([], 1)


async def test_a_coding_that_aiohttp_cannot_read() -> None:
    """A body in one of those that need a package is attempted once where that is not installed."""
    body = good([]).body
    response = ServerResponse(name="x", headers=(("Content-Encoding", "zstd"),), body=body)
    async with ChaosServer(rest=response) as server, open_bench(server.url) as bench:
        error: Any = await outcome_of(bench.call("list"))
        if HAS_ZSTD:
            assert (type(error), server.attempts) == (ConnectionFailedError, 4)
        elif HAS_ZSTD is False:
            assert (type(error), error.is_permanent, server.attempts) == (ConnectionFailedError, True, 1)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example", "." * 3 + "x"])
async def test_a_host_that_is_none(host: str) -> None:
    """A name that cannot be one is refused, or attempted once, and never a foreign exception."""
    async with Client(api_token=TOKEN, base_url=f"https://{host}", retry=NO_WAIT) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            await client.apps.create(ZONE, REQUEST)
    assert (caught.value.attempts, caught.value.was_sent, caught.value.is_permanent) == (1, False, True)
