"""The official Python client and aiospectrum make the same calls of one sandbox, and get the same."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import attrs
import cloudflare
import pytest
from cloudflare import AsyncCloudflare

from aiospectrum import AppRequest, Client, ResponseError, Unchecked, make_converter
from aiospectrum.sandbox import Sandbox
from tests.peers.conftest import Tally
from tests.peers.json_values import count_values, to_json_values
from tests.peers.official_cases import APPS, DELTAS, NOW, PAYGO_APP, QUERIES
from tests.peers.official_client import BACKENDS, NAME, of_official, open_official

FULL, PAYGO = "a" * 32, "b" * 32
NOBODY = "0" * 32
CONVERTER = make_converter()


@attrs.frozen
class Clients:
    """Two clients of one sandbox."""

    sandbox: Sandbox
    official: AsyncCloudflare
    ours: Client


def make_sandbox() -> Sandbox:
    """A sandbox with a zone on either plan; two of them are equal."""
    return Sandbox(zones=[FULL, PAYGO], paygo_zones=[PAYGO], apps_per_zone=30, now=lambda: NOW)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment of whoever runs the tests are of no account."""
    for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=sorted(BACKENDS))
async def connect(
    request: pytest.FixtureRequest, tally: Tally
) -> AsyncIterator[Callable[[Sandbox], Awaitable[Clients]]]:
    """Open both clients of a sandbox, which is started; counts the calls that the official one made."""
    started: list[Sandbox] = []
    async with AsyncExitStack() as stack:

        async def open_both(sandbox: Sandbox) -> Clients:
            await stack.enter_async_context(sandbox)
            started.append(sandbox)
            official = await stack.enter_async_context(open_official(sandbox.url, sandbox.api_token, request.param))
            ours = await stack.enter_async_context(Client(api_token=sandbox.api_token, base_url=sandbox.url))
            return Clients(sandbox, official, ours)

        yield open_both
    tally.count(NAME, calls=sum(len(sandbox.requests) for sandbox in started))


Connect = Callable[[Sandbox], Awaitable[Clients]]


def agree(tally: Tally, official: object, ours: object) -> None:
    """Compare two results."""
    theirs, mine = of_official(official), to_json_values(ours)
    assert theirs == mine
    tally.count(NAME, cases=count_values(mine))


@pytest.mark.parametrize(
    ("zone", "body"),
    [*((FULL, body) for body in APPS.values()), (PAYGO, PAYGO_APP)],
    ids=[*APPS, "pay-as-you-go"],
)
async def test_the_life_of_an_application(zone: str, body: Mapping[str, Any], connect: Connect, tally: Tally) -> None:
    """Created, got, updated, listed, deleted: the same of two equal sandboxes; and each reads what the other wrote."""
    one, two = await connect(make_sandbox()), await connect(make_sandbox())
    theirs, mine = one.official.spectrum.apps, two.ours.apps
    request = CONVERTER.structure(body, AppRequest)

    created = await theirs.create(zone_id=zone, **body)
    agree(tally, created, await mine.create(zone, request))
    assert created is not None
    app_id = created.id
    assert {name: of_official(created)[name] for name in body} == body
    agree(tally, created, await one.ours.apps.get(zone, app_id))
    agree(tally, await two.official.spectrum.apps.get(app_id, zone_id=zone), await mine.get(zone, app_id))

    changed = {**body, "dns": {**body["dns"], "name": f"new-{body['dns']['name']}"}}
    updated = await theirs.update(app_id, zone_id=zone, **changed)
    agree(tally, updated, await mine.update(zone, app_id, CONVERTER.structure(changed, AppRequest)))
    agree(tally, updated, await one.ours.apps.get(zone, app_id))
    assert of_official(updated)["dns"] == changed["dns"]
    agree(
        tally, [each async for each in theirs.list(zone_id=zone, page=1)], [each async for each in mine.iterate(zone)]
    )

    agree(tally, await theirs.delete(app_id, zone_id=zone), await mine.delete(zone, app_id))
    for clients in (one, two):
        assert app_id not in clients.sandbox.app_ids(zone)


@pytest.mark.parametrize("zone", [FULL, PAYGO], ids=["full", "pay-as-you-go"])
@pytest.mark.parametrize(
    "paging",
    [
        {},
        {"page": 1},
        {"page": 2, "per_page": 7},
        {"page": 9, "per_page": 7},
        {"page": 1, "per_page": 100, "order": "created_on", "direction": "desc"},
        {"page": 3, "per_page": 5, "order": "app_id", "direction": "asc"},
        {"page": 1, "per_page": 3, "order": "protocol", "direction": "desc"},
        {"page": 2, "per_page": 3, "order": "modified_on"},
        {"page": 1, "per_page": 1, "order": "dns"},
    ],
    ids=str,
)
async def test_pages(zone: str, paging: dict[str, Any], connect: Connect, tally: Tally) -> None:
    """A page has the same applications in the same order, and says the same of itself."""
    clients = await connect(make_sandbox())
    official = await clients.official.spectrum.apps.list(zone_id=zone, **paging)
    ours = await clients.ours.apps.list(zone, **paging)
    agree(tally, official.result, ours)
    info = of_official(official.result_info) if official.result_info else {}
    assert (info.get("page"), info.get("per_page")) == (ours.page, ours.per_page)
    assert (info.get("count"), info.get("total_count")) == (len(ours) if paging else None, ours.total_count)


@pytest.mark.parametrize("per_page", [4, 15, 30, 100])
async def test_all_pages(per_page: int, connect: Connect, tally: Tally) -> None:
    """Gone over page after page, each application comes once."""
    clients = await connect(make_sandbox())
    official = [each async for each in clients.official.spectrum.apps.list(zone_id=FULL, page=1, per_page=per_page)]
    ours = [each async for each in clients.ours.apps.iterate(FULL, per_page=per_page)]
    agree(tally, official, ours)
    assert len({each.id for each in ours}) == 30


async def test_protocols(connect: Connect, tally: Tally) -> None:
    """The well-known protocols are the same."""
    clients = await connect(make_sandbox())
    official = await clients.official.spectrum.protocols.list(zone_id=FULL)
    agree(tally, official.result, await clients.ours.protocols.list(FULL))


@pytest.mark.parametrize(
    ("places", "colo"),
    [(None, None), ([0], None), ([4, 1, 9], None), (None, "SFO"), ([2, 0], "LHR"), ([0], "XXX")],
)
async def test_the_current_aggregate(
    places: list[int] | None, colo: str | None, connect: Connect, tally: Tally
) -> None:
    """The last minute is the same, of some applications and one data centre too; they are joined by hand for theirs."""
    clients = await connect(make_sandbox())
    apps = None if places is None else [clients.sandbox.app_ids(FULL)[place] for place in places]
    theirs: dict[str, Any] = ({"app_id": ",".join(apps)} if apps else {}) | ({"colo_name": colo} if colo else {})
    official = await clients.official.spectrum.analytics.aggregates.currents.get(zone_id=FULL, **theirs)
    ours = await clients.ours.analytics.aggregate.current(FULL, app_ids=apps, colo_name=colo)
    agree(tally, official, ours)
    assert len(ours) == (30 if apps is None else len(apps))


def without_limit(query: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a query for the official client, which has none for the limit."""
    arguments = {name: value for name, value in query.items() if name != "limit"}
    return {**arguments, "extra_query": {"limit": query["limit"]}} if "limit" in query else arguments


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_summaries(query: dict[str, Any], connect: Connect, tally: Tally) -> None:
    """A summary is the same for every set of parameters."""
    clients = await connect(make_sandbox())
    official = await clients.official.spectrum.analytics.events.summaries.get(zone_id=FULL, **without_limit(query))
    agree(tally, official, await clients.ours.analytics.events.summary(FULL, **query))


@pytest.mark.parametrize(
    ("delta", "query"),
    [("hour", query) for query in QUERIES.values()] + [(delta, QUERIES["defaults"]) for delta in DELTAS],
    ids=[*QUERIES, *DELTAS],
)
async def test_events_by_time(delta: Any, query: dict[str, Any], connect: Connect, tally: Tally) -> None:
    """A report by time is the same for every set of parameters and every length of interval."""
    clients = await connect(make_sandbox())
    events = clients.official.spectrum.analytics.events
    official = await events.bytimes.get(zone_id=FULL, time_delta=delta, **without_limit(query))
    agree(tally, official, await clients.ours.analytics.events.bytime(FULL, time_delta=delta, **query))


@attrs.frozen(kw_only=True)
class Failure:
    """A call that is refused, by either client."""

    official: Callable[[AsyncCloudflare], Awaitable[object]]
    ours: Callable[[Client], Awaitable[object]]
    status: int
    codes: list[int]


BAD_ORIGINS = {**APPS["plain"], "origin_direct": ["tcp://192.0.2.1:22", "udp://192.0.2.1:22", "nonsense"]}
MARKED_ORIGINS = {
    **BAD_ORIGINS,
    "protocol": Unchecked(BAD_ORIGINS["protocol"]),
    "origin_direct": [Unchecked(origin) for origin in BAD_ORIGINS["origin_direct"]],
}
FAILURES = {
    "an application that is not there": Failure(
        official=lambda client: client.spectrum.apps.get(NOBODY, zone_id=FULL),
        ours=lambda client: client.apps.get(FULL, NOBODY),
        status=404,
        codes=[10404],
    ),
    "a zone that is not there": Failure(
        official=lambda client: client.spectrum.protocols.list(zone_id=NOBODY),
        ours=lambda client: client.protocols.list(NOBODY),
        status=403,
        codes=[9109],
    ),
    "origins of which two are bad": Failure(
        official=lambda client: client.spectrum.apps.create(zone_id=FULL, **BAD_ORIGINS),
        ours=lambda client: client.apps.create(FULL, CONVERTER.structure(MARKED_ORIGINS, AppRequest)),
        status=400,
        codes=[11002, 11002],
    ),
    "an update of nothing": Failure(
        official=lambda client: client.spectrum.apps.update(NOBODY, zone_id=FULL, **APPS["plain"]),
        ours=lambda client: client.apps.update(FULL, NOBODY, CONVERTER.structure(APPS["plain"], AppRequest)),
        status=404,
        codes=[10404],
    ),
    "a deletion of nothing": Failure(
        official=lambda client: client.spectrum.apps.delete(NOBODY, zone_id=FULL),
        ours=lambda client: client.apps.delete(FULL, NOBODY),
        status=404,
        codes=[10404],
    ),
    "a sort by a name that is not requested": Failure(
        official=lambda client: client.spectrum.analytics.events.summaries.get(zone_id=FULL, sort=["bytesIngress"]),
        ours=lambda client: client.analytics.events.summary(FULL, sort=["bytesIngress"]),
        status=400,
        codes=[10400],
    ),
    "a filter that is none": Failure(
        official=lambda client: client.spectrum.analytics.events.bytimes.get(
            zone_id=FULL, time_delta="day", filters="event=connect"
        ),
        ours=lambda client: client.analytics.events.bytime(FULL, time_delta="day", filters=Unchecked("event=connect")),
        status=400,
        codes=[10400],
    ),
}


async def fail_alike(
    official: Awaitable[object], ours: Awaitable[object], tally: Tally
) -> tuple[int, list[int | None]]:
    """Status and codes, after both calls have failed with the same."""
    with pytest.raises(cloudflare.APIStatusError) as theirs:
        await official
    with pytest.raises(ResponseError) as mine:
        await ours
    codes = [error.code for error in mine.value.errors]
    assert [error.code for error in theirs.value.errors] == codes
    assert [error.message for error in theirs.value.errors] == [error.message for error in mine.value.errors]
    assert [error.source and error.source.pointer for error in theirs.value.errors] == [
        error.pointer for error in mine.value.errors
    ]
    assert theirs.value.status_code == mine.value.status
    tally.count(NAME, cases=1 + len(codes))
    return mine.value.status, codes


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_refusals(failure: Failure, connect: Connect, tally: Tally) -> None:
    """What one client is refused, the other is too, with the same status, codes, messages and pointers."""
    clients = await connect(make_sandbox())
    found = await fail_alike(failure.official(clients.official), failure.ours(clients.ours), tally)
    assert found == (failure.status, failure.codes)


@pytest.mark.parametrize(("token", "expected"), [("x" * 40, (403, [9109])), ("short", (400, [6003]))])
@pytest.mark.parametrize("backend", sorted(BACKENDS))
async def test_bad_tokens(token: str, expected: tuple[int, list[int]], backend: str, tally: Tally) -> None:
    """A wrong token and a malformed one are refused to both."""
    async with (
        make_sandbox() as sandbox,
        open_official(sandbox.url, token, backend) as official,
        Client(api_token=token, base_url=sandbox.url) as ours,
    ):
        found = await fail_alike(official.spectrum.apps.list(zone_id=FULL), ours.apps.list(FULL), tally)
        tally.count(NAME, calls=len(sandbox.requests))
    assert found == expected
