"""Secrets stay out of representations, logs, errors and pickles, also when a server repeats them."""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Final

import pytest

from aiospectrum import Client, RetryPolicy, SpectrumError, record_responses
from tests.chaos.bench import outcome_of
from tests.chaos.rate_limits import rate_limited
from tests.chaos.responses import ServerResponse, echo_response, envelope, redirect
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, Play, send
from tests.conftest import APP, ZONE
from tests.generated.test_endpoints import REQUEST

SECRET: Final = "s3cret-" + "0123456789abcdef" * 2
EMAIL: Final = "somebody@example.com"
CREDENTIALS: Final = {"token": {"api_token": SECRET}, "key": {"api_email": EMAIL, "api_key": SECRET}}


def headers_of(request: RequestSeen) -> bytes:
    """What proves who calls, as it came."""
    names = ("Authorization", "X-Auth-Key", "X-Auth-Email")
    return " ".join(value for name in names for value in request.values(name)).encode()


def with_body(body: Callable[[bytes], bytes], status: int = 200) -> Callable[[RequestSeen], Play]:
    """A response whose body repeats the credentials in some way."""
    return lambda request: ServerResponse(name="echo", status=status, body=body(headers_of(request)))


def with_bytes(data: bytes) -> Callable[[RequestSeen], Play]:
    """Bytes with the credentials in the place of ``<here>``, then the end of the connection."""
    return lambda request: send(data.replace(b"<here>", headers_of(request)), CLOSE, name="echo")


ECHOES: Final[dict[str, Callable[[RequestSeen], Play]]] = {
    "200": echo_response,
    "403": lambda request: echo_response(request, status=403),
    "429": lambda request: rate_limited(headers_of(request).decode(), "0"),
    "500": lambda request: echo_response(request, status=500),
    "redirect": lambda request: redirect(302, f"https://other.example/?{headers_of(request).decode()}"),
    "ray-id": lambda request: ServerResponse(name="echo", status=404).with_headers(
        ("CF-Ray", headers_of(request).decode())
    ),
    "content-type": lambda request: ServerResponse(name="echo", status=404, headers=(("Content-Type", f"x/{SECRET}"),)),
    "not-json": with_body(lambda secret: b"<html>" + secret),
    "cut-in-the-body": with_body(lambda secret: b"h" * (300 - len(secret) // 2) + secret),
    "wrong-type": with_body(lambda secret: envelope(secret.decode())),
    "cut-in-a-value": with_body(lambda secret: envelope([{"id": "h" * 40 + secret.decode()}])),
    "key": with_body(lambda secret: envelope({secret.decode(): 1})),
    "plain-error": with_body(lambda secret: b'{"success":false,"errors":["' + secret + b'"]}'),
    "error-chain": with_body(
        lambda secret: b'{"success":false,"errors":[{"code":1,"error_chain":[{"message":"' + secret + b'"}]}]}', 400
    ),
    "status-line": with_bytes(b"HTTP/1.1 <here>\r\n\r\n"),
    "reason": with_bytes(b"HTTP/1.1 200 <here>\r\n"),
    "no-http": with_bytes(b"<here>\r\n\r\n"),
    "header-name": with_bytes(b"HTTP/1.1 200 OK\r\n<here>\0: x\r\n\r\n"),
    "header-value": with_bytes(b"HTTP/1.1 200 OK\r\nX: <here>\0\r\n\r\n"),
    "cut-in-a-header": with_bytes(b"HTTP/1.1 200 OK\r\nX: " + b"h" * 70 + b"<here>" + b"h" * 9000 + b"\r\n\r\n"),
    "headers-cut": with_bytes(b"HTTP/1.1 200 OK\r\nX: <here>\r\n"),
    "length": with_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: <here>\r\n\r\n"),
    "chunk": with_bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<here>\r\n"),
    "coding": with_bytes(b"HTTP/1.1 200 OK\r\nContent-Encoding: <here>\r\nContent-Length: 5\r\n\r\n12345"),
}
"""The ways in which a server repeats what it was sent."""


def traces_of(text: str) -> list[str]:
    """The parts of the secret, from eight signs on at its beginning, that are in a text."""
    return [SECRET[:length] for length in range(8, len(SECRET) + 1) if SECRET[:length] in text]


def locals_of(error: BaseException) -> list[str]:
    """What tools that report errors show of the frames of the library, and of what it uses."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
    return [repr(value) for frame in frames for value in frame.f_locals.values()]


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("echo", ECHOES)
async def test_echoes(echo: str, credentials: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """What a server repeats reaches neither an error in any of its forms nor a log."""
    caplog.set_level(logging.DEBUG)
    with record_responses() as responses:
        async with (
            ChaosServer(ECHOES[echo]) as server,
            Client(base_url=server.url, retry=RetryPolicy(max_attempts=2, base_wait=0), **credentials) as client,
        ):
            for call in (
                client.apps.get(ZONE, APP),
                client.apps.create(ZONE, REQUEST),
                client.apps.list(ZONE),
                client.analytics.events.summary(ZONE),
            ):
                error = await outcome_of(call)
                assert isinstance(error, SpectrumError)
                for each in (error, error.__cause__, error.__context__):
                    shown = [str(each), repr(each), repr(getattr(each, "__dict__", {})), repr(pickle.dumps(each))]
                    assert traces_of(" ".join(shown)) == []
                assert traces_of("".join(traceback.format_exception(error))) == []
                assert traces_of(repr(locals_of(error))) == []
            assert all(SECRET.encode() in request.raw for request in server.requests)
    assert responses == []
    assert traces_of(caplog.text) == []
    assert all(traces_of(repr(vars(record))) == [] for record in caplog.records)


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_representations(credentials: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """No object that a program meets shows the secret, nor do the logs of a call that succeeds."""
    caplog.set_level(logging.DEBUG)
    echoed = {"X-Echo": SECRET}
    async with (
        ChaosServer(rest=ServerResponse(name="good", body=envelope([])).with_headers(*echoed.items())) as server,
        Client(base_url=server.url, **credentials) as client,
    ):
        with record_responses() as responses:
            await client.protocols.list(ZONE)
        objects = [client, client.apps, client.with_options(timeout=5), *responses]
        assert traces_of(" ".join(map(repr, objects))) == []
        assert traces_of(" ".join(map(str, objects))) == []
    assert "GET" in caplog.text
    assert traces_of(caplog.text) == []


@pytest.mark.parametrize("take", [pickle.dumps, copy.deepcopy], ids=["pickle", "copy"])
async def test_nothing_with_a_secret_is_pickled(take: Callable[[object], object]) -> None:
    """A client, and whatever leads to it, refuses to be written to a file."""
    async with Client(api_token=SECRET) as client:
        for each in (client, client.apps, client.with_options(timeout=5)):
            with pytest.raises(TypeError, match="credentials are not pickled"):
                take(each)


@pytest.mark.parametrize("text", [f" {SECRET}\n", f"\t{SECRET}\r\n"], ids=["newline", "crlf"])
async def test_white_space_around_a_secret(text: str) -> None:
    """What was read from a file with its newline is sent without it."""
    async with ChaosServer() as server, Client(api_token=text, base_url=server.url) as client:
        await client.protocols.list(ZONE)
    assert server.requests[0].values("Authorization") == [f"Bearer {SECRET}"]


@pytest.mark.parametrize("text", [f"{SECRET}\r\nX: y", f"{SECRET}\0", f"{SECRET}\nx", f"{SECRET}ä"], ids=ascii)
@pytest.mark.parametrize("name", ["api_token", "api_key"])
def test_unusable_secrets(name: str, text: str) -> None:
    """A secret that a header cannot hold is refused at once, and not shown."""
    given = {"api_token": text} if name == "api_token" else {"api_email": EMAIL, "api_key": text}
    with pytest.raises(SpectrumError, match=f"^{name}: expected") as caught:
        Client(**given)
    assert traces_of(str(caught.value) + repr(vars(caught.value)) + repr(pickle.dumps(caught.value))) == []
