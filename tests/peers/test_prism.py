"""Prism between aiospectrum and the sandbox, and in place of the sandbox: both keep to the fragment."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import attrs
import pytest
import yaml
from aiohttp import web
from yarl import URL

from aiospectrum import (
    App,
    AppRequest,
    BadRequestError,
    Client,
    DeletedApp,
    Page,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    RetryPolicy,
    ServerError,
    UnsuccessfulError,
    make_converter,
    preflight,
)
from aiospectrum.models import CurrentAggregate, Protocol, ReportByTime, ReportSummary, ZoneUsage
from aiospectrum.sandbox import RateLimit, Sandbox
from tests.app_requests import make_json, some_requests
from tests.conftest import APP, TOKEN, ZONE, Serve
from tests.peers.conftest import Tally
from tests.peers.node import FRAGMENT, label
from tests.peers.prism import PACKAGE, Recorder, run_prism
from tests.peers.walk import NOW, Ask, Walk, make_reads, make_requests

FULL_ZONE: Final = "a" * 32
PAYGO_ZONE: Final = "b" * 32
CONVERTER: Final = make_converter()
ROUNDS: Final = 10
"""How often each call is made for made-up responses."""
CONFIGURATIONS: Final = 500
"""How many random configurations of applications are sent."""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what Prism prints."""
    return tmp_path_factory.mktemp("prism")


@pytest.fixture(scope="module")
def static_url(logs: Path) -> Iterator[str]:
    """A mock that returns the fragment's examples."""
    with run_prism("mock", log=logs / "static.txt") as url:
        yield url


@pytest.fixture(scope="module")
def dynamic_url(logs: Path) -> Iterator[str]:
    """A mock that makes its responses up from the schemas."""
    with run_prism("mock", "--dynamic", log=logs / "dynamic.txt") as url:
        yield url


@attrs.frozen
class Through:
    """A client of Prism, and the record of its responses."""

    client: Client
    recorder: Recorder


@asynccontextmanager
async def open_client(url: str, **options: Any) -> AsyncIterator[Through]:
    """Open a client of Prism; the fragment must have covered everything at the end."""
    recorder = Recorder()
    options = {"api_token": TOKEN, "retry": RetryPolicy(max_attempts=1), "rate_limit": None, **options}
    async with recorder.open_session() as session, Client(base_url=url, session=session, **options) as client:
        yield Through(client, recorder)
    assert recorder.violations == []


def make_calls() -> list[tuple[Ask, Any]]:
    """Every endpoint, with many sets of arguments, and the type of the result."""
    reads = make_reads(ZONE, (APP, ZONE, APP))
    kinds = [*[list[App]] * 5, App, list[Protocol], *[list[CurrentAggregate]] * 3, *[list[ZoneUsage]] * 2]
    kinds += [*[ReportByTime] * 8, *[ReportSummary] * 8]
    calls: list[tuple[Ask, Any]] = list(zip(reads, kinds, strict=True))
    bodies = [each for paygo in (False, True) for pair in make_requests("example.com", paygo=paygo) for each in pair]
    for body in bodies:
        calls.append((_bind(lambda client, body: client.apps.create(ZONE, body), body), App))
        calls.append((_bind(lambda client, body: client.apps.update(ZONE, APP, body), body), App))
    calls.append((lambda client: client.apps.delete(ZONE, APP), DeletedApp))
    return calls


def _bind(call: Callable[[Client, AppRequest], Any], body: AppRequest) -> Ask:
    return lambda client: call(client, body)


def _plain(result: object) -> object:
    return result.items if isinstance(result, Page) else result


async def test_examples(static_url: str, tally: Tally) -> None:
    """The fragment's examples, returned by a mock, are read as just these examples."""
    schemas = yaml.safe_load(FRAGMENT.read_text())["components"]["schemas"]
    examples = {
        kind: CONVERTER.structure(schemas[kind.__name__]["examples"][0], kind)
        for kind in (App, Protocol, CurrentAggregate, ZoneUsage, ReportByTime, ReportSummary, DeletedApp)
    }
    expected = {
        list[App]: [examples[App]],
        App: examples[App],
        list[Protocol]: [examples[Protocol]],
        list[CurrentAggregate]: [examples[CurrentAggregate]],
        list[ZoneUsage]: [examples[ZoneUsage]],
        ReportByTime: examples[ReportByTime],
        ReportSummary: examples[ReportSummary],
        DeletedApp: examples[DeletedApp],
    }
    calls = make_calls()
    async with open_client(static_url) as through:
        for call, kind in calls:
            result = await call(through.client)
            if isinstance(result, Page):
                assert (result.page, result.per_page, result.count, result.total_count) == (1, 20, 1, 1)
            assert _plain(result) == expected[kind]
    assert through.recorder.statuses == [200] * len(calls)
    tally.count(label(PACKAGE, "prism mock"), calls=len(calls), cases=len(calls))


async def test_made_up_responses(dynamic_url: str, tally: Tally) -> None:
    """What a mock makes up from the schemas is read, and comes back the same after a way to JSON and back.

    `success` is made up too: false with status 200 has been seen of the API, so that the fragment allows it.
    """
    calls = make_calls() * ROUNDS
    refusals = 0
    async with open_client(dynamic_url) as through:
        for call, kind in calls:
            try:
                result = _plain(await call(through.client))
            except UnsuccessfulError:
                refusals += 1
                continue
            restored = CONVERTER.structure(json.loads(json.dumps(CONVERTER.unstructure(result))), kind)
            assert restored == result
    assert through.recorder.statuses == [200] * len(calls)
    assert len(calls) / 4 < refusals < len(calls) * 3 / 4
    tally.count(label(PACKAGE, "prism mock --dynamic"), calls=len(calls), cases=len(calls))


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox whose clock stands still, with a zone on either plan."""
    zones = [FULL_ZONE, PAYGO_ZONE]
    async with Sandbox(zones=zones, paygo_zones=[PAYGO_ZONE], rate_limit=None, now=lambda: NOW) as sandbox:
        yield sandbox


@asynccontextmanager
async def open_witness(sandbox: Sandbox) -> AsyncIterator[Client]:
    """Open a client of the sandbox itself."""
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None) as witness:
        yield witness


async def test_the_walk_keeps_to_the_fragment(sandbox: Sandbox, logs: Path, tally: Tally) -> None:
    """Prism passes every request on and every response back, finds nothing wrong with any, and changes none."""
    with run_prism("proxy", "--errors", sandbox.url, log=logs / "walk.txt") as url:
        async with open_witness(sandbox) as witness, open_client(url, api_token=sandbox.api_token) as through:
            for zone in sandbox.zones:
                walk = Walk(through.client, witness, zone, domain=sandbox.zone_name(zone), paygo=zone == PAYGO_ZONE)
                await walk.go()
                assert walk.errors == []
    statuses = through.recorder.statuses
    assert {200, 400, 403, 404, 409} == set(statuses)
    assert len(statuses) > 100
    tally.count(label(PACKAGE, "prism proxy"), calls=len(statuses), cases=2 * len(statuses))


async def test_what_pre_flight_passes_keeps_to_the_fragment(logs: Path, tally: Tally) -> None:
    """Prism refuses no configuration that pre-flight passes: what it refuses, pre-flight refuses too."""
    requests = some_requests(CONFIGURATIONS)
    passed, refused = 0, 0
    with run_prism("mock", "--errors", log=logs / "configurations.txt") as url:
        async with open_client(url) as through, aiohttp.ClientSession() as session:
            for request in requests:
                path = f"{url}/zones/{ZONE}/spectrum/apps"
                headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
                async with session.post(path, data=make_json(request), headers=headers) as response:
                    await response.read()
                refused += response.status == 422
                if any(each.severity == "error" for each in preflight(request)):
                    continue
                passed += 1
                assert response.status == 200, request
                await through.client.apps.create(ZONE, request)
    assert passed > 0 < refused
    assert through.recorder.statuses == [200] * passed
    tally.count(label(PACKAGE, "prism mock"), calls=len(requests) + passed, cases=len(requests) + passed)


REFUSED: Final[list[tuple[dict[str, Any], type[ResponseError], int]]] = [
    ({"api_token": "x" * 40}, PermissionDeniedError, 9109),
    ({"api_token": "x"}, BadRequestError, 6003),
    ({"api_token": None, "api_email": "a@b.example", "api_key": "0" * 37}, PermissionDeniedError, 10000),
    ({"api_token": None, "api_email": "nobody", "api_key": "0" * 37}, BadRequestError, 6003),
]


async def test_credentials_keep_to_the_fragment(sandbox: Sandbox, logs: Path, tally: Tally) -> None:
    """Either scheme is one that the fragment describes, and so are the responses to wrong credentials."""
    key = {"api_token": None, "api_email": sandbox.api_email, "api_key": sandbox.api_key}
    calls = 1
    with run_prism("proxy", "--errors", sandbox.url, log=logs / "credentials.txt") as url:
        async with open_client(url, **key) as through:
            assert await through.client.protocols.list(FULL_ZONE)
        for credentials, kind, code in REFUSED:
            async with open_client(url, **credentials) as through:
                for call, _ in make_calls():
                    with pytest.raises(kind) as caught:
                        await call(through.client)
                    assert caught.value.errors[0].code == code
                    calls += 1
    assert len(sandbox.requests) == calls
    tally.count(label(PACKAGE, "prism proxy"), calls=calls, cases=2 * calls)


async def test_a_429_keeps_to_the_fragment(logs: Path, tally: Tally) -> None:
    """The response to one request too many is one that the fragment describes, and says how long to wait."""
    limit = RateLimit(requests=1, per_seconds=300, block_seconds=300)
    async with Sandbox(zones=[FULL_ZONE], rate_limit=limit, monotonic=lambda: 1000.0) as sandbox:
        with run_prism("proxy", "--errors", sandbox.url, log=logs / "limit.txt") as url:
            async with open_client(url, api_token=sandbox.api_token) as through:
                await through.client.protocols.list(FULL_ZONE)
                with pytest.raises(RateLimitError) as caught:
                    await through.client.protocols.list(FULL_ZONE)
    assert caught.value.retry_after == 300
    assert through.recorder.statuses == [200, 429]
    tally.count(label(PACKAGE, "prism proxy"), calls=2, cases=4)


REQUESTS: Final[dict[str, tuple[str, str, object]]] = {
    "page in words": ("GET", "apps?page=one", None),
    "too many on a page": ("GET", "apps?page=1&per_page=101", None),
    "unknown order": ("GET", "apps?page=1&order=size", None),
    "unknown metric": ("GET", "analytics/events/summary?metrics=count,size", None),
    "encoded filter": ("GET", "analytics/events/summary?filters=event%253D%253Dconnect", None),
    "no time_delta": ("GET", "analytics/events/bytime?metrics=count", None),
    "day without a time": ("GET", "analytics/events/summary?since=2026-11-20", None),
    "short identifier": ("GET", "apps/ea95132c", None),
    "no DNS record": ("POST", "apps", {"protocol": "tcp/22", "origin_direct": ["tcp://192.0.2.1:22"]}),
    "low TTL": ("POST", "apps", {"protocol": "tcp/22", "dns": {}, "origin_dns": {"ttl": 5}, "origin_port": 22}),
    "port 0": ("PUT", f"apps/{APP}", {"protocol": "tcp/22", "dns": {}, "origin_dns": {}, "origin_port": 0}),
}


async def test_prism_sees_wrong_requests(sandbox: Sandbox, logs: Path, tally: Tally) -> None:
    """A request outside the fragment never arrives; otherwise the tests above could not fail."""
    recorder = Recorder()
    headers = {"Authorization": f"Bearer {sandbox.api_token}"}
    with run_prism("proxy", "--errors", sandbox.url, log=logs / "requests.txt") as url:
        async with recorder.open_session() as session:
            for name, (method, path, body) in REQUESTS.items():
                address = URL(f"{url}/zones/{FULL_ZONE}/spectrum/{path}", encoded=True)
                async with session.request(method, address, headers=headers, json=body) as response:
                    assert response.status == 422, name
    assert len(recorder.violations) == len(REQUESTS)
    assert sandbox.requests == []
    tally.count(label(PACKAGE, "prism proxy"), calls=len(REQUESTS), cases=len(REQUESTS))


WRONG_RESPONSES: Final[dict[str, tuple[int, object]]] = {
    "no success": (200, {"result": []}),
    "no result": (200, {"success": True}),
    "result of another kind": (200, {"success": True, "result": {"name": "ssh"}}),
    "no name": (200, {"success": True, "result": [{"ports": [22]}]}),
    "port 0": (200, {"success": True, "result": [{"name": "ssh", "ports": [0]}]}),
    "errors as text": (200, {"success": True, "result": [], "errors": "none"}),
    "refusal without errors": (404, {"success": False}),
    "refusal that succeeds": (404, {"success": True, "errors": []}),
    "undocumented success": (202, {"success": True, "result": []}),
    "undocumented failure": (503, {"success": False, "errors": []}),
}


async def test_prism_sees_wrong_responses(serve: Serve, logs: Path, tally: Tally) -> None:
    """A response outside the fragment is marked as such, and becomes an error unless it is one already."""
    rest = iter(WRONG_RESPONSES.values())

    async def respond(_: web.Request) -> web.Response:
        status, body = next(rest)
        return web.json_response(body, status=status)

    base = await serve(respond)
    recorder = Recorder()
    with run_prism("proxy", "--errors", base, log=logs / "responses.txt") as url:
        once = RetryPolicy(max_attempts=1)
        async with (
            recorder.open_session() as session,
            Client(api_token=TOKEN, base_url=url, session=session, retry=once) as client,
        ):
            for number, name in enumerate(WRONG_RESPONSES, 1):
                with pytest.raises(ServerError):
                    await client.protocols.list(ZONE)
                assert len(recorder.violations) == number, name
    tally.count(label(PACKAGE, "prism proxy"), calls=len(WRONG_RESPONSES), cases=len(WRONG_RESPONSES))
