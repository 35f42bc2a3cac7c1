"""Where the official Python client differs from aiospectrum, and is at fault; pinned, so that we see when it is mended.

README.md and docs/reliability.md say these things of it. Each test has what aiospectrum does instead.

- A failed envelope with status 200 becomes None, and in lists no items: an error went unseen.
- A page of HTML with status 200 is no error of the client either, but an AttributeError, or text instead of a result.
- A create whose connection drops is sent three times, as if it were a read: there may be three applications.
- A Retry-After of more than a minute is passed over: it asks again at once, twice.
- Lists in query strings are repeated keys, where Cloudflare documents commas; both are taken.
- Without `page`, going over all pages of 30 applications gives 40, as it requests page 2 of what it has had whole.
- A naive datetime is sent without an offset, which is no RFC 3339.
- The limit of a report is no argument; it has to go by `extra_query`.
- With CLOUDFLARE_EMAIL in the environment, the token that it was given is not sent.
"""

import inspect
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import cloudflare
import pytest
from aiohttp import web
from cloudflare import AsyncCloudflare
from cloudflare.resources.spectrum.analytics.events import AsyncBytimesResource, AsyncSummariesResource

from aiospectrum import (
    DNS,
    AmbiguousWriteError,
    AppRequest,
    Client,
    DecodeError,
    InvalidArgumentError,
    RateLimitError,
    RetryPolicy,
    UnsuccessfulError,
)
from aiospectrum.sandbox import Faults, RateLimit, Sandbox
from tests.conftest import TOKEN, Serve
from tests.peers.conftest import Tally
from tests.peers.official_cases import APPS, NOW
from tests.peers.official_client import NAME, open_official

ZONE = "a" * 32
FAILED = {"success": False, "errors": [{"code": 10002, "message": "Internal error."}], "messages": [], "result": None}
REQUEST = AppRequest(
    protocol="tcp/2222",
    dns=DNS(name="plain.zone1.example", type="CNAME"),
    traffic_type="direct",
    origin_direct=["tcp://192.0.2.1:22"],
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment of whoever runs the tests are of no account."""
    for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def sandbox(tally: Tally) -> AsyncIterator[Sandbox]:
    async with Sandbox(zones=[ZONE], apps_per_zone=30, now=lambda: NOW) as sandbox:
        yield sandbox
        tally.count(NAME, calls=len(sandbox.requests), cases=1)


@pytest.fixture
async def official(sandbox: Sandbox) -> AsyncIterator[AsyncCloudflare]:
    async with open_official(sandbox.url, sandbox.api_token) as official:
        yield official


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as ours:
        yield ours


async def test_a_failed_envelope_with_status_200(serve: Serve, tally: Tally) -> None:
    """It returns None, or no applications; ours raises with the codes."""

    async def refuse(request: web.Request) -> web.Response:
        return web.json_response(FAILED)

    url = await serve(refuse)
    async with open_official(url, TOKEN) as official, Client(api_token=TOKEN, base_url=url) as ours:
        assert await official.spectrum.apps.get(ZONE, zone_id=ZONE) is None
        assert await official.spectrum.apps.create(zone_id=ZONE, **APPS["plain"]) is None
        assert await official.spectrum.analytics.events.summaries.get(zone_id=ZONE) is None
        assert [each async for each in official.spectrum.apps.list(zone_id=ZONE)] == []
        with pytest.raises(UnsuccessfulError) as raised:
            await ours.apps.get(ZONE, ZONE)
    assert [error.code for error in raised.value.errors] == [10002]
    tally.count(NAME, calls=4, cases=1)


async def test_a_page_of_html_with_status_200(serve: Serve, tally: Tally) -> None:
    """It fails with an AttributeError of its insides; ours says what came."""

    async def show_page(request: web.Request) -> web.Response:
        return web.Response(text="<h1>Maintenance</h1>", content_type="text/html")

    url = await serve(show_page)
    async with open_official(url, TOKEN) as official, Client(api_token=TOKEN, base_url=url) as ours:
        with pytest.raises(AttributeError):
            await official.spectrum.apps.get(ZONE, zone_id=ZONE)
        with pytest.raises(DecodeError) as raised:
            await ours.with_options(retry=RetryPolicy(max_attempts=1)).apps.get(ZONE, ZONE)
    assert "Maintenance" in (raised.value.body_excerpt or "")
    tally.count(NAME, calls=1, cases=1)


async def test_a_create_whose_connection_drops(sandbox: Sandbox, official: AsyncCloudflare, ours: Client) -> None:
    """It is sent three times, though the first may have been done; ours is sent once, and says that nobody knows."""
    sandbox.faults = Faults(reset_rate=1.0)
    with pytest.raises(cloudflare.APIConnectionError):
        await official.spectrum.apps.create(zone_id=ZONE, **APPS["plain"])
    assert Counter(request.method for request in sandbox.requests) == {"POST": 3}
    sandbox.requests.clear()
    with pytest.raises(AmbiguousWriteError):
        await ours.apps.create(ZONE, REQUEST)
    assert len(sandbox.requests) == 1


async def test_a_long_retry_after(tally: Tally) -> None:
    """It sends three requests within seconds where the API demands a wait of 300; ours waits or fails."""
    limited = Sandbox(zones=[ZONE], rate_limit=RateLimit(requests=1))
    async with limited, open_official(limited.url, limited.api_token) as official:
        await official.spectrum.protocols.list(zone_id=ZONE)
        limited.requests.clear()
        with pytest.raises(cloudflare.RateLimitError) as raised:
            await official.spectrum.protocols.list(zone_id=ZONE)
        assert int(raised.value.response.headers["retry-after"]) > 290
        assert [request.status for request in limited.requests] == [429, 429, 429]
        tally.count(NAME, calls=4, cases=1)
        limited.requests.clear()
        async with Client(api_token=limited.api_token, base_url=limited.url) as ours:
            with pytest.raises(RateLimitError):
                await ours.protocols.list(ZONE)
        assert [request.status for request in limited.requests] == [429]


async def test_lists_in_query_strings(sandbox: Sandbox, official: AsyncCloudflare, ours: Client) -> None:
    """It repeats the key, and ours joins the values with commas, as documented."""
    metrics: list[Any] = ["count", "bytesIngress"]
    await official.spectrum.analytics.events.summaries.get(zone_id=ZONE, metrics=metrics, sort=["-count", "+count"])
    await ours.analytics.events.summary(ZONE, metrics=metrics, sort=["-count", "+count"])
    theirs, mine = (request.query for request in sandbox.requests)
    assert set(theirs.split("&")) == {"metrics=count", "metrics=bytesIngress", "sort=-count", "sort=%2Bcount"}
    assert set(mine.split("&")) == {"metrics=count,bytesIngress", "sort=-count,%2Bcount"}


async def test_all_pages_without_a_page(sandbox: Sandbox, official: AsyncCloudflare, ours: Client) -> None:
    """It gives ten applications twice; ours gives each once."""
    theirs = [each.id async for each in official.spectrum.apps.list(zone_id=ZONE)]
    assert (len(theirs), len(set(theirs))) == (40, 30)
    mine = [each.id async for each in ours.apps.iterate(ZONE)]
    assert (len(mine), len(set(mine))) == (30, 30)


async def test_a_naive_datetime(sandbox: Sandbox, official: AsyncCloudflare, ours: Client) -> None:
    """It is sent as it is, and refused there; ours refuses it before it is sent."""
    naive = datetime(2026, 11, 20)
    with pytest.raises(cloudflare.BadRequestError):
        await official.spectrum.analytics.events.summaries.get(zone_id=ZONE, since=naive)
    assert unquote(sandbox.requests[-1].query) == "since=2026-11-20T00:00:00"
    sandbox.requests.clear()
    with pytest.raises(InvalidArgumentError):
        await ours.analytics.events.summary(ZONE, since=naive)
    assert sandbox.requests == []


@pytest.mark.parametrize("resource", [AsyncBytimesResource, AsyncSummariesResource])
def test_the_limit_is_no_argument(resource: Any, tally: Tally) -> None:
    """Neither report has it."""
    assert "limit" not in inspect.signature(resource.get).parameters
    tally.count(NAME, cases=1)


async def test_an_email_address_in_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It drops the token that it was given; ours looks at the environment only on request."""
    monkeypatch.setenv("CLOUDFLARE_EMAIL", sandbox.api_email)
    async with open_official(sandbox.url, sandbox.api_token) as official:
        with pytest.raises(cloudflare.BadRequestError) as raised:
            await official.spectrum.protocols.list(zone_id=ZONE)
    assert [error.code for error in raised.value.errors] == [6003]
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as ours:
        assert await ours.protocols.list(ZONE)
