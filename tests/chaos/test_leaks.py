"""No secret is anywhere in what an error shows: texts, frames, chain, pickle, logs, warnings, spans, hooks.

Each class of error is provoked by a server, or a proxy, that repeats all credentials in all spellings.
"""

import asyncio
import base64
import contextlib
import gc
import inspect
import itertools
import json
import logging
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import aiohttp
import attrs
import pytest
import yarl
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from aiospectrum import (
    AttemptEnded,
    AttemptStarted,
    Client,
    RedisLimiter,
    RetryPolicy,
    SpectrumError,
    Timeouts,
    errors,
    make_converter,
    record_responses,
)
from aiospectrum.apps import Desired, ZonesError, export, plan
from aiospectrum.otel import make_attempt_hook
from tests.chaos.responses import ServerResponse
from tests.chaos.server import ChaosServer
from tests.chaos.steps import CLOSE, HANG, RESET, Play, after_request, send
from tests.conftest import APP, ZONE
from tests.generated.test_endpoints import REQUEST
from tests.leaks import SPELLINGS, found_in, packages_of, parts_of, shown_by

TOKEN: Final = "t0ken+of/the~tests%41&amp;0123456789"
KEY: Final = "k3y.of*the(tests)[a-z]^9876543210"
EMAIL: Final = "some+body@mail.invalid"
LOGIN: Final = "me:pa%7ess%2Fw0rd%20for~tests"
PASSWORD: Final = LOGIN.partition(":")[2]
BASIC: Final = base64.b64encode(unquote(LOGIN).encode()).decode()
CREDENTIALS: Final = {"token": {"api_token": TOKEN}, "key": {"api_email": EMAIL, "api_key": KEY}}
ALL_SECRETS: Final = (TOKEN, KEY, EMAIL, PASSWORD, unquote(PASSWORD), BASIC)


Secrets = tuple[str, ...]


@attrs.frozen(kw_only=True)
class Setting:
    """How a client is made."""

    scheme: str
    is_borrowed: bool
    has_proxy: bool
    has_hook: bool

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see."""
        own = tuple(CREDENTIALS[self.scheme].values())
        return (*own, PASSWORD, unquote(PASSWORD), BASIC) if self.has_proxy else own


SETTINGS: Final = {
    f"{scheme}, {'borrowed' if is_borrowed else 'own'}{', proxy' * has_proxy}{', hook' * has_hook}": Setting(
        scheme=scheme, is_borrowed=is_borrowed, has_proxy=has_proxy, has_hook=has_hook
    )
    for scheme, is_borrowed, has_proxy, has_hook in itertools.product(CREDENTIALS, *[[False, True]] * 3)
}


class Hook:
    """Keeps what it is given, and passes it on to OpenTelemetry."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.inner = make_attempt_hook(tracer_provider=tracers, meter_provider=meters)
        self.events: list[AttemptStarted | AttemptEnded] = []

    def __call__(self, started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        self.events.append(started)
        end = self.inner(started)

        def ended(event: AttemptEnded) -> None:
            self.events.append(event)
            if end is not None:
                end(event)

        return ended

    def shown(self) -> dict[str, str]:
        """What they would export."""
        texts = {f"span {place}": span.to_json() for place, span in enumerate(self.spans.get_finished_spans())}
        data = self.reader.get_metrics_data()
        texts["metrics"] = "" if data is None else data.to_json()
        for place, event in enumerate(self.events):
            texts |= parts_of(event, f"event {place}")
        return texts


def echo(secrets: Secrets, status: int, **fields: Any) -> ServerResponse:
    """A response that has all secrets in all spellings, in its envelope and its headers."""
    said = [{"code": 1, "message": " ".join(map(spell, secrets))} for spell in SPELLINGS.values()]
    chain = [
        {"message": "outer", "error_chain": [{"message": secret, "documentation_url": secret}]} for secret in secrets
    ]
    payload = {"success": False, "errors": [*said, *chain], "messages": said, **fields}
    together = " ".join(secrets)
    headers = (
        ("Content-Type", f"application/json; was={secrets[0]}"),
        ("Location", f"https://other.example/?{together}"),
        ("WWW-Authenticate", f'Bearer realm="{together}"'),
        ("Retry-After", "0"),
        ("Server", together),
        ("X-Echo", together),
    )
    body = json.dumps(payload).encode()
    return ServerResponse(name=f"echo-{status}", status=status, headers=headers, body=body)


def with_more(play: Play, secrets: Secrets) -> Play:
    """A response that has the secrets in its reason and its ray id as well."""
    if not isinstance(play, ServerResponse):
        return play
    together = " ".join(secrets).encode()
    first_line, rest = play.encode().split(b"\r\n", 1)
    data = b"\r\n".join([first_line + together, rest.replace(b"8f2c1d7a9b3e4560-FRA", together)])
    return send(data, name=play.name)


def status(number: int) -> Callable[[Secrets], Play]:
    return lambda secrets: echo(secrets, number)


def success(make_result: Callable[[Secrets], object]) -> Callable[[Secrets], Play]:
    return lambda secrets: echo(secrets, 200, success=True, errors=[], result=make_result(secrets))


def body(make_body: Callable[[str], bytes], number: int = 200) -> Callable[[Secrets], Play]:
    return lambda secrets: attrs.evolve(echo(secrets, number), body=make_body(" ".join(secrets)))


def raw(data: bytes) -> Callable[[Secrets], Play]:
    """Bytes with all secrets in the place of ``<here>``, then the end of the connection."""
    return lambda secrets: send(data.replace(b"<here>", " ".join(secrets).encode()), CLOSE, name="raw")


def half_a_secret(secrets: Secrets) -> Play:
    """The end of the connection comes in the middle of a header that repeats one."""
    return send(f"HTTP/1.1 200 OK\r\nX: {secrets[0][:20]}\0".encode(), CLOSE, name="raw")


def hang(secrets: Secrets) -> Play:
    return after_request(HANG)


@attrs.frozen(kw_only=True)
class Case:
    """A way in which a call fails."""

    kind: type[BaseException]
    """The class of the error."""

    play: Callable[[Secrets], Play] = hang
    """What the server, or proxy, does with each request."""

    call: Callable[[Client], Awaitable[object]] = lambda client: client.apps.get(ZONE, APP)
    """What fails."""

    options: dict[str, Any] = attrs.field(factory=dict)
    """Of the client."""

    secrets: Secrets | None = None
    """What is secret; None for what the client is given."""


async def refused(**arguments: Any) -> object:
    """What a client says of arguments that it does not take."""
    return Client(**arguments)


async def from_environment(**variables: str) -> object:
    return Client.from_env(variables, proxy=f"http://{LOGIN}@127.0.0.1:9")


async def not_open(client: Client) -> object:
    async with asyncio.TaskGroup():
        pass
    return await Client(api_token=TOKEN, proxy=f"http://{LOGIN}@127.0.0.1:9").apps.get(ZONE, APP)


async def no_table(client: Client) -> object:
    report = await client.analytics.events.summary(ZONE)
    return report.records()


async def create(client: Client) -> object:
    return await client.apps.create(ZONE, REQUEST)


async def cancelled(client: Client) -> object:
    """A call that is cancelled while it waits for the response."""
    task = asyncio.ensure_future(client.apps.get(ZONE, APP))
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel("enough")
    return await task


async def too_late(client: Client) -> object:
    async with asyncio.timeout(0.05):
        return await client.apps.get(ZONE, APP)


OF_A_PROXY: Final = Setting(scheme="token", is_borrowed=False, has_proxy=True, has_hook=False).secrets


async def refused_by_proxy(client: Client) -> object:
    """A call through a proxy that repeats all that it was given, and makes no tunnel."""
    secrets = " ".join(OF_A_PROXY)
    answer = f"HTTP/1.1 407 {secrets}\r\nX: {secrets}\r\n\r\n"
    async with ChaosServer(rest=send(answer.encode(), CLOSE, name="raw")) as proxy:
        where = proxy.url.removesuffix("/client/v4").replace("//", f"//{LOGIN}@")
        async with Client(api_token=TOKEN, base_url="https://api.example", proxy=where) as other:
            return await other.apps.get(ZONE, APP)


async def left(client: Client) -> object:
    """A create whose client is left meanwhile."""
    task = asyncio.ensure_future(create(client))
    for _ in range(50):
        await asyncio.sleep(0)
    await client.__aexit__(None, None, None)
    return await task


REPORT: Final = {
    "data": [{"dimensions": [], "metrics": [1, 2]}],
    "data_lag": 0,
    "max": {},
    "min": {},
    "query": {"metrics": ["count"], "since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"},
    "rows": 1,
    "totals": {},
}


def of_arguments(kind: type[SpectrumError], call: Callable[[Client], Awaitable[object]]) -> Case:
    """A failure of what the call itself is given."""
    return Case(kind=kind, call=call, secrets=ALL_SECRETS)


async def without_limiter(client: Client) -> object:
    """Call under a limiter whose server is not there, and has a secret for its password."""
    pytest.importorskip("redis")
    async with RedisLimiter(f"redis://:{quote(TOKEN, safe='')}@127.0.0.1:1/0") as limiter:
        return await client.with_options(rate_limit=limiter).apps.get(ZONE, APP)


APP_VALUES: Final[dict[str, Any]] = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "ssh.example.com"},
    "created_on": "2026-11-20T00:00:00Z",
    "modified_on": "2026-11-20T00:00:00Z",
}


def of_apps(
    kind: type[SpectrumError], call: Callable[[Client], Awaitable[object]], *plays: Callable[[Secrets], Play]
) -> Case:
    """A failure of several calls, whose responses repeat the token in what they say of applications."""

    async def call_over(_: Client) -> object:
        async with (
            ChaosServer([with_more(play((TOKEN,)), (TOKEN,)) for play in plays]) as server,
            Client(api_token=TOKEN, base_url=server.url) as other,
        ):
            return await call(other)

    return Case(kind=kind, call=call_over, secrets=(TOKEN,))


def app_with(value: object) -> Callable[[Secrets], Play]:
    return success(lambda secrets: {**APP_VALUES, secrets[0]: value, "dns": {**APP_VALUES["dns"], secrets[0]: 1}})


async def change(client: Client) -> object:
    return await client.apps.change(ZONE, APP, origin_direct=["tcp://192.0.2.9:22"])


DESIRED: Final = Desired(zone=ZONE, app=REQUEST)
SEVERAL: Final = success(
    lambda secrets: [{**APP_VALUES, **make_converter().unstructure(REQUEST), "id": f"{secrets[0]}{n}"} for n in "12"]
)
NO_CONNECTION: Final = errors.ConnectionFailedError
HEAD: Final = b"HTTP/1.1 200 OK\r\n"

CASES: Final[dict[str, Case]] = {
    "an argument": Case(kind=errors.InvalidArgumentError, call=lambda client: client.apps.get("no", APP)),
    "a proxy": of_arguments(
        errors.InvalidArgumentError, lambda _: refused(api_token=TOKEN, proxy=f"http://{unquote(LOGIN)}@127.0.0.1:9")
    ),
    "a proxy that is no URL": of_arguments(
        errors.InvalidArgumentError, lambda _: refused(api_token=TOKEN, proxy=f"{LOGIN}@127.0.0.1")
    ),
    "a base URL": of_arguments(
        errors.InvalidArgumentError, lambda _: refused(api_token=TOKEN, base_url=f"https://x.example/?token={TOKEN}@x")
    ),
    "another argument of a client": of_arguments(
        errors.InvalidArgumentError,
        lambda _: refused(api_token=TOKEN, proxy=f"http://{LOGIN}@127.0.0.1", max_body_bytes=0),
    ),
    "two schemes": of_arguments(errors.CredentialsError, lambda _: refused(api_token=TOKEN, api_key=KEY)),
    "an unusable token": of_arguments(errors.CredentialsError, lambda _: refused(api_token=f"{TOKEN}\n{KEY}")),
    "half a scheme in the environment": of_arguments(
        errors.CredentialsError, lambda _: from_environment(CLOUDFLARE_API_KEY=KEY, OTHER=TOKEN)
    ),
    "an unusable base URL in the environment": of_arguments(
        errors.InvalidArgumentError,
        lambda _: from_environment(CLOUDFLARE_API_TOKEN=TOKEN, CLOUDFLARE_BASE_URL=f"https://{LOGIN}@x.example"),
    ),
    "not open": of_arguments(errors.ClientStateError, not_open),
    "no table": Case(kind=errors.TableError, play=success(lambda _: REPORT), call=no_table),
    "a proxy that refuses": Case(kind=errors.ProxyError, call=refused_by_proxy, secrets=OF_A_PROXY),
    "a limiter's server that is gone": Case(kind=errors.LimiterUnavailableError, call=without_limiter),
    "an application that changes": of_apps(errors.AppChangedError, change, app_with(1), app_with(2)),
    "an application that is none": of_apps(errors.DecodeError, change, success(lambda secrets: {"id": list(secrets)})),
    "an unknown key": of_apps(
        errors.BadRequestError,
        change,
        *[app_with(1)] * 2,
        lambda secrets: echo(secrets, 400, errors=[{"code": 10012, "message": secrets[0]}]),
    ),
    "several applications": of_apps(errors.SeveralAppsError, lambda client: client.apps.ensure(ZONE, REQUEST), SEVERAL),
    "several applications of a plan": of_apps(ZonesError, lambda client: plan(client, [DESIRED]), SEVERAL),
    "several applications of an export": of_apps(ZonesError, lambda client: export(client, [ZONE]), SEVERAL),
    "a client that is left": Case(kind=errors.InterruptedWriteError, call=left),
    "reset": Case(kind=NO_CONNECTION, play=lambda _: after_request(RESET)),
    "no HTTP": Case(kind=NO_CONNECTION, play=raw(b"<here>\r\n\r\n")),
    "a bad status line": Case(kind=NO_CONNECTION, play=raw(b"HTTP/1.1 <here>\r\n\r\n")),
    "a bad header": Case(kind=NO_CONNECTION, play=raw(HEAD + b"X: <here>\0\r\n\r\n")),
    "half a head": Case(kind=NO_CONNECTION, play=raw(b"HTTP/1.1 200 <here>\r\nX: <here>\r\nY: ")),
    "half a secret": Case(kind=NO_CONNECTION, play=half_a_secret),
    "half a body": Case(kind=NO_CONNECTION, play=raw(HEAD + b"X: <here>\r\nContent-Length: 999\r\n\r\n<here>")),
    "a bad chunk": Case(kind=NO_CONNECTION, play=raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n<here>\r\n")),
    "too late": Case(kind=errors.RequestTimeoutError, options={"timeout": 0.05}),
    "too long without data": Case(kind=NO_CONNECTION, options={"timeout": Timeouts(read=0.05)}),
    "an ambiguous create": Case(kind=errors.AmbiguousWriteError, play=status(502), call=create),
    "a create that is too late": Case(kind=errors.AmbiguousWriteError, call=create, options={"timeout": 0.5}),
    "another status": Case(kind=errors.ResponseError, play=status(418)),
    "a bad reason": Case(kind=errors.ResponseError, play=raw(b"HTTP/1.1 418 <here>\r\n\r\n<here>")),
    "another type": Case(kind=errors.DecodeError, play=success(lambda secrets: [{"id": secrets[0], secrets[-1]: 1}])),
    "another name": Case(
        kind=errors.DecodeError,
        play=success(lambda secrets: {"id": APP, "protocol": dict.fromkeys(secrets, secrets[0])}),
    ),
    "no JSON": Case(kind=errors.MalformedBodyError, play=body(str.encode)),
    "no JSON, in UTF-16": Case(kind=errors.MalformedBodyError, play=body(lambda text: text.encode("utf-16"))),
    "no JSON, cut in a secret": Case(
        kind=errors.MalformedBodyError, play=body(lambda text: b"h" * 290 + text.encode())
    ),
    "too large": Case(kind=errors.BodyTooLargeError, play=status(200), options={"max_body_bytes": 10}),
    "a redirect": Case(kind=errors.RedirectError, play=status(302)),
    "a redirect without an envelope": Case(kind=errors.RedirectError, play=body(lambda _: b"", 307)),
    "unsuccessful": Case(kind=errors.UnsuccessfulError, play=status(200)),
    "no envelope": Case(kind=errors.PermissionDeniedError, play=body(lambda text: f"<p>{text}".encode(), 403)),
    **{
        str(number): Case(kind=errors.error_class(number), play=status(number))
        for number in (400, 401, 403, 404, 407, 409, 422, 429, 500, 503)
    },
    "cancelled": Case(kind=asyncio.CancelledError, call=cancelled),
    "a caller's timeout": Case(kind=TimeoutError, call=too_late),
}
"""Ways in which a call fails, by what happens."""


def kinds_of_errors() -> set[type[BaseException]]:
    """All classes in the tree but the roots, which nothing is raised as, and that of converters, which know nothing."""
    classes = {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, SpectrumError)}
    return classes - {errors.SpectrumError, errors.RequestError, errors.ConversionError}


def test_there_is_a_case_for_each_class() -> None:
    """A new class of errors needs a case."""
    assert kinds_of_errors() - {case.kind for case in CASES.values()} == set()


@contextlib.contextmanager
def logs_and_warnings(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], dict[str, str]]]:
    """Record what is logged by anybody at any level, warned of, and given to the handler of the event loop."""
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    contexts: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: contexts.append(context))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")

        def shown() -> dict[str, str]:
            texts = {"log": caplog.text, "warnings": " ".join(str(each.message) for each in warned)}
            for place, record in enumerate(caplog.records):
                texts |= parts_of(vars(record), f"record {place}")
            for place, context in enumerate(contexts):
                texts |= parts_of(context, f"context {place}", depth=3)
                if isinstance(context.get("exception"), BaseException):
                    texts |= shown_by(context["exception"], f"context {place}")
            return texts

        yield shown
    loop.set_exception_handler(None)


def make_client(setting: Setting, server: ChaosServer, **options: Any) -> Client:
    """A client in a setting; with a proxy, the server is that."""
    base_url, proxy = server.url, None
    if setting.has_proxy:
        base_url = "http://api.example/v4"
        proxy = server.url.removesuffix("/client/v4").replace("//", f"//{LOGIN}@")
    retry = RetryPolicy(max_attempts=2, base_wait=0)
    arguments: dict[str, Any] = {"retry": retry, **CREDENTIALS[setting.scheme], **options}
    return Client(base_url=base_url, allow_http=True, proxy=proxy, **arguments)


@contextlib.asynccontextmanager
async def open_client(
    setting: Setting, server: ChaosServer, hook: Hook | None, **options: Any
) -> AsyncIterator[Client]:
    """A client in a setting, open."""
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession()) if setting.is_borrowed else None
        client = make_client(setting, server, session=session, on_attempt=hook, **options)
        yield await stack.enter_async_context(client)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_every_kind_of_error(case: Case, setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    """However a call fails, whoever looks at the error, at logs, warnings and telemetry sees no secret."""
    hook = Hook() if setting.has_hook else None
    with logs_and_warnings(caplog) as shown_otherwise, record_responses() as responses:
        play = with_more(case.play(setting.secrets), setting.secrets)
        async with ChaosServer(rest=play) as server, open_client(setting, server, hook, **case.options) as client:
            with pytest.raises(case.kind) as caught:
                await case.call(client)
            texts = shown_by(caught.value)
            texts |= parts_of(client, "client", depth=3)
        texts |= shown_otherwise()
    texts |= {} if hook is None else hook.shown()
    assert type(caught.value) is case.kind
    assert packages_of(caught.value) <= {"aiospectrum", "asyncio", "tests"}
    assert found_in(texts, setting.secrets if case.secrets is None else case.secrets) == []
    rays = [response.headers["cf-ray"] for response in responses]
    assert all(any(secret in ray for secret in ALL_SECRETS) for ray in rays)  # they were repeated


@pytest.mark.parametrize("scheme", CREDENTIALS)
@pytest.mark.parametrize("has_proxy", [False, True], ids=["direct", "proxy"])
async def test_clients_that_are_not_closed(has_proxy: bool, scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    """What aiohttp and asyncio say of sessions, connections and tasks that were left has no secret."""
    setting = Setting(scheme=scheme, is_borrowed=False, has_proxy=has_proxy, has_hook=False)
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    plays = [with_more(success(lambda _: [])(setting.secrets), setting.secrets), hang(setting.secrets)]
    with logs_and_warnings(caplog) as shown:
        async with ChaosServer(plays) as server:
            client = await make_client(setting, server).__aenter__()
            await client.protocols.list(ZONE)
            async with make_client(setting, server) as other:
                failed = asyncio.ensure_future(other.apps.get("no", APP))  # whose error nobody retrieves
                await asyncio.wait([failed])
            task = asyncio.ensure_future(client.protocols.list(ZONE))
            await server.until(lambda: len(server.requests) == 2)
            texts = parts_of(client, "client", depth=3) | parts_of(task, "task")
            task.cancel()
            await asyncio.wait([task])
            del client, task, failed
            gc.collect()
            texts |= shown()
    loop.set_debug(False)
    assert "Unclosed client session" in texts["warnings"]
    assert any("never retrieved" in text for text in texts.values())
    assert found_in(texts, setting.secrets) == []


class OwnError(Exception):
    """What a user's own code raises."""


async def failing_before(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    raise OwnError("before")


async def failing_after(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    raise OwnError("after") if await handler(request) else OwnError("never")


async def failing_from(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        raise aiohttp.ClientResponseError(request.request_info, (), headers=request.headers)
    except aiohttp.ClientError as error:
        raise OwnError("from") from error


@pytest.mark.parametrize("middleware", [failing_before, failing_after, failing_from], ids=lambda each: each.__name__)
@pytest.mark.parametrize("scheme", CREDENTIALS)
async def test_errors_of_middlewares(scheme: str, middleware: aiohttp.ClientMiddlewareType) -> None:
    """An error of a borrowed session's own middleware keeps the frames of that, and none of aiohttp."""
    secrets = tuple(CREDENTIALS[scheme].values())
    async with (
        ChaosServer() as server,
        aiohttp.ClientSession(middlewares=(middleware,)) as session,
        Client(base_url=server.url, session=session, **CREDENTIALS[scheme]) as client,
    ):
        with pytest.raises(OwnError) as caught:
            await client.apps.list(ZONE)
    assert caught.traceback[-1].name == middleware.__name__
    assert packages_of(caught.value) == {"aiospectrum", "tests"}
    assert found_in(shown_by(caught.value), secrets) == []


@pytest.mark.parametrize("size", [1 << 16, 1 << 20, 6 << 20], ids=["64 KiB", "1 MiB", "6 MiB"])
async def test_a_large_response_that_is_not_read_to_its_end(size: int) -> None:
    """A call that is cancelled while its response is read, at whatever step, shows nothing of it."""
    secrets = (TOKEN,)
    app = {
        "id": TOKEN,
        "protocol": "tcp/22",
        "created_on": "2026-11-20T00:00:00Z",
        "modified_on": "2026-11-20T00:00:00Z",
    }
    play = success(lambda _: [app] * (size // len(json.dumps(app))))(secrets)
    for steps in (0, 1, 2, 5, 50):
        async with ChaosServer(rest=play) as server, Client(base_url=server.url, api_token=TOKEN) as client:
            task = asyncio.ensure_future(client.apps.list(ZONE))
            await server.until(lambda server=server: bool(server.performed))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            with pytest.raises((asyncio.CancelledError, SpectrumError)) as caught:
                await task
            assert found_in(shown_by(caught.value), secrets) == []


async def test_errors_from_before_a_call() -> None:
    """What was being handled when a call was made is the user's: it stays in the chain, with all its frames."""
    secrets = (TOKEN,)
    async with (
        ChaosServer(rest=echo(secrets, 403)) as server,
        aiohttp.ClientSession() as session,
        Client(base_url=server.url, api_token=TOKEN) as client,
    ):
        try:
            await session.get("http://127.0.0.1:1/")
        except aiohttp.ClientError as error:
            before = error
            with pytest.raises(SpectrumError) as caught:
                await client.apps.list(ZONE)
    assert caught.value.__context__ is before
    assert "aiohttp" in packages_of(before)


async def test_a_token_in_the_place_of_an_identifier() -> None:
    """What is said of a refused argument does not repeat a secret that was given by mistake."""
    async with Client(api_token=TOKEN) as client:
        for call in (client.apps.list(TOKEN), client.apps.get(ZONE, TOKEN), client.protocols.list(f"x/{TOKEN}")):
            with pytest.raises(errors.InvalidArgumentError, match=r"_id: expected .*\[redacted\]") as caught:
                await call
            texts = {"text": f"{caught.value} {caught.value!r} {vars(caught.value)}"}
            assert found_in(texts, (TOKEN,)) == []


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
async def test_errors_of_hooks(is_late: bool) -> None:
    """An error of a hook shows no secret of what was going on, whether the attempt succeeds or fails."""

    def hook(started: AttemptStarted) -> Callable[[AttemptEnded], None]:
        def end(ended: AttemptEnded) -> None:
            raise OwnError("after")

        if is_late:
            return end
        raise OwnError("before")

    secrets = tuple(CREDENTIALS["token"].values())
    for play in (status(403)(secrets), success(lambda _: [])(secrets)):
        async with (
            ChaosServer(rest=play) as server,
            Client(base_url=server.url, on_attempt=hook, api_token=TOKEN) as client,
        ):
            with pytest.raises(OwnError) as caught:
                await client.protocols.list(ZONE)
        assert found_in(shown_by(caught.value), secrets) == []


ARGUMENTS: Final = ["base_url", "timeout", "retry", "rate_limit", "session", "connector_limit", "ssl_context", "proxy"]
OF_OTHER_TYPES: Final[dict[str, Callable[[str], Any]]] = {
    "URL": lambda url: yarl.URL(url, encoded=True),
    "bytes": str.encode,
    "list": lambda url: [url],
    "dict": lambda url: {"https": url},
    "tuple": lambda url: ("http", url),
    "without a host": lambda url: url.rpartition("@")[0],
}


@pytest.mark.parametrize("argument", ["proxy", "base_url"])
@pytest.mark.parametrize("make", OF_OTHER_TYPES.values(), ids=OF_OTHER_TYPES)
def test_urls_that_are_none(argument: str, make: Callable[[str], Any]) -> None:
    """What is said of a URL that is no text, or no URL, does not show its password."""
    with pytest.raises(errors.InvalidArgumentError, match=f"{argument}: expected an http or https URL") as caught:
        Client(**{"api_token": TOKEN, argument: make(f"http://{LOGIN}@127.0.0.1:9")})
    assert found_in(shown_by(caught.value), (PASSWORD, unquote(PASSWORD))) == []


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_a_token_in_the_place_of_another_argument(argument: str) -> None:
    """What is said of the other argument does not repeat it."""
    with pytest.raises(errors.InvalidArgumentError, match=f"^{argument}: expected") as caught:
        Client(**{"api_token": TOKEN, argument: TOKEN})
    texts = {"text": f"{caught.value} {caught.value!r} {vars(caught.value)}"}
    assert found_in(texts, (TOKEN,)) == []


@pytest.mark.filterwarnings("ignore:BasicAuth:DeprecationWarning", "ignore:The 'proxy_auth':DeprecationWarning")
@pytest.mark.parametrize("given_by", ["a URL", "proxy_auth", "the environment", "netrc"])
async def test_a_proxy_of_a_borrowed_session(given_by: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its password is as secret as that of ours, although only aiohttp is given it, in whatever way."""
    secrets = (*([PASSWORD] if given_by in ("a URL", "the environment") else []), unquote(PASSWORD), BASIC)
    user, _, password = unquote(LOGIN).partition(":")
    netrc = tmp_path / "netrc"
    netrc.write_text(f'machine 127.0.0.1 login {user} password "{password}"\n', encoding="utf-8")
    async with ChaosServer(rest=echo(secrets, 407)) as proxy:
        place = proxy.url.removesuffix("/client/v4")
        url = place.replace("//", f"//{LOGIN}@")
        own: dict[str, Any] = {"proxy": url}
        if given_by == "proxy_auth":
            own = {"proxy": place, "proxy_auth": aiohttp.BasicAuth(user, password, "utf-8")}
        elif given_by != "a URL":
            own = {"trust_env": True}
            monkeypatch.setenv("http_proxy", url if given_by == "the environment" else place)
            monkeypatch.setenv("NETRC", str(netrc) if given_by == "netrc" else "")
        async with (
            aiohttp.ClientSession(**own) as session,
            Client(base_url="http://api.example", allow_http=True, api_token=TOKEN, session=session) as client,
        ):
            with pytest.raises(SpectrumError) as caught:
                await client.apps.list(ZONE)
        assert [request.values("Proxy-Authorization") for request in proxy.requests] == [[f"Basic {BASIC}"]]
    assert found_in(shown_by(caught.value), secrets) == []
