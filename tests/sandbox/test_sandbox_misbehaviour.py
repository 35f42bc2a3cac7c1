"""Faults on real connections: what a client sees of each, what was carried out, and what is on record."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import pytest

from aiospectrum.sandbox import Faults, RateLimit, Sandbox, run_in_thread

BODY: dict[str, object] = {
    "protocol": "tcp/2222",
    "dns": {"type": "CNAME", "name": "new.zone1.example"},
    "origin_direct": ["tcp://192.0.2.9:2222"],
}


def outcomes(sandbox: Sandbox) -> list[tuple[int | None, str | None]]:
    return [(request.status, request.fault) for request in sandbox.requests]


def count_apps(sandbox: Sandbox) -> int:
    return len(sandbox.app_ids(sandbox.zones[0]))


@pytest.mark.parametrize(
    ("method", "tail", "body", "apps_after"),
    [
        pytest.param("POST", "apps", BODY, 2, id="create"),
        pytest.param("DELETE", "apps/{app}", None, 0, id="delete"),
        pytest.param("GET", "apps", None, 1, id="list"),
        pytest.param("POST", "apps", {}, 1, id="refused create"),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_connections_are_reset(
    connect: Any, raw: Any, when: Any, method: str, tail: str, body: object, apps_after: int
) -> None:
    """The client sees a reset either way; the operation is carried out if the reset comes after it, else not."""
    async with connect(apps_per_zone=1, faults=Faults(reset_rate=1, reset_when=when)) as api:
        (app,) = api.sandbox.app_ids(api.sandbox.zones[0])
        connection = await raw(api.sandbox)
        connection.send(method, tail.format(app=app), body)
        assert (await connection.read()).ending == "reset"
        assert count_apps(api.sandbox) == (apps_after if when == "after" else 1)
        assert outcomes(api.sandbox) == [(None, f"reset_{when}")]


async def test_a_reset_is_an_error_of_the_connection(connect: Any) -> None:
    """An HTTP client gets no response, and gets one on its next connection."""
    async with connect(faults=Faults(reset_rate=1)) as api:
        with pytest.raises(aiohttp.ClientOSError):
            await api.create(BODY)
        api.sandbox.faults = Faults()
        assert (await api.get("apps")).status == 200


@pytest.mark.parametrize("status", [500, 501, 502, 503, 520, 522, 524, 530])
async def test_errors_are_injected(connect: Any, status: int) -> None:
    """What the API says itself is an envelope, what the edge says a page of HTML; nothing is carried out."""
    async with connect(faults=Faults(error_rate=1, error_statuses=(status,))) as api:
        headers = {"Authorization": f"Bearer {api.sandbox.api_token}"}
        url = f"{api.sandbox.url}{api.path('apps')}"
        async with api.session.post(url, json=BODY, headers=headers) as response:
            text = await response.text()
        assert response.status == status
        assert response.headers["cf-ray"].endswith("-SFO")
        if status < 502:
            assert response.headers["Content-Type"] == "application/json"
            assert json.loads(text)["errors"][0]["code"] == 10000 + status
            assert "Ratelimit" in response.headers
        else:
            assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
            assert str(status) in text.partition("</title>")[0]
        assert outcomes(api.sandbox) == [(status, "error")]
        assert count_apps(api.sandbox) == 5


@pytest.mark.parametrize(("body", "status", "apps_after"), [(BODY, 200, 6), ({}, 400, 5)], ids=["done", "refused"])
async def test_responses_are_cut_off(connect: Any, raw: Any, body: object, status: int, apps_after: int) -> None:
    """The body ends early, that of a refusal as well; the operation is carried out."""
    async with connect(faults=Faults(truncate_rate=1)) as api:
        connection = await raw(api.sandbox)
        connection.send("POST", "apps", body)
        assert (await connection.read()).ending == "cut off"
        assert outcomes(api.sandbox) == [(status, "truncate")]
        assert count_apps(api.sandbox) == apps_after
        with pytest.raises(aiohttp.ClientPayloadError):
            await api.get("apps")


async def test_no_header_gives_a_cut_away(connect: Any, raw: Any) -> None:
    """A response that is cut off has the headers of a whole one, and the beginning of its body."""
    replies = []
    for faults in (Faults(), Faults(truncate_rate=1)):
        async with connect(faults=faults) as api:
            connection = await raw(api.sandbox)
            connection.send("GET", "protocols")
            replies.append(await connection.read())
    whole, part = replies
    assert (whole.ending, part.ending) == ("whole", "cut off")
    assert {**whole.headers, "date": ""} == {**part.headers, "date": ""}
    assert whole.body.startswith(part.body)


async def test_head_has_no_body_to_cut_off(connect: Any) -> None:
    """A response to HEAD ends where it always does."""
    async with connect(faults=Faults(truncate_rate=1)) as api:
        assert (await api.call("HEAD", api.path("apps"))).status == 405


async def test_requests_are_throttled(connect: Any) -> None:
    """They are refused like those beyond the rate limit, with the wait that was set, and not carried out."""
    async with connect(faults=Faults(throttle_rate=1, throttle_retry_after=7)) as api:
        reply = await api.create(BODY)
        assert (reply.status, reply.errors, reply.headers["retry-after"]) == (429, [(971, None)], "7")
        assert "Ratelimit" not in reply.headers
        assert outcomes(api.sandbox) == [(429, "throttle")]
        assert count_apps(api.sandbox) == 5


async def test_a_storm_refuses_everything_for_a_while(connect: Any) -> None:
    """Before and between storms all is well; within one, every response is 429 and says what is left of it."""
    async with connect(faults=Faults(storm_every=60, storm_lasts=5)) as api:
        seen = []
        for seconds in (0, 59, 1.5, 3, 1, 0.5, 58):
            api.clock.advance(seconds)
            reply = await api.get("protocols")
            seen.append((reply.status, reply.headers.get("retry-after")))
        calm = (200, None)
        assert seen == [calm, calm, (429, "5"), (429, "2"), (429, "1"), calm, (429, "2")]
        assert [fault for _, fault in outcomes(api.sandbox)] == [None, None, *["storm"] * 3, None, "storm"]


async def test_credentials_come_first(connect: Any, sleeper: Any) -> None:
    """Strangers meet no fault but latency: they are refused as ever, unknown paths as well."""
    sleeper.awake.set()
    async with connect(faults=Faults(latency=1, reset_rate=1), sleep=sleeper) as api:
        assert (await api.call("GET", api.path("apps"), headers={})).status == 400
        assert (await api.call("GET", "/nope", headers={})).status == 404
        assert outcomes(api.sandbox) == [(400, None), (404, None)]
    assert sleeper.waits == [1, 1]


async def test_the_rate_limit_comes_first(connect: Any) -> None:
    """Requests that meet a fault count like others, and beyond the limit there are no faults."""
    faults = Faults(error_rate=1, error_statuses=(500,))
    async with connect(rate_limit=RateLimit(requests=2), faults=faults) as api:
        assert [(await api.get("apps")).status for _ in range(3)] == [500, 500, 429]
        assert outcomes(api.sandbox) == [(500, "error"), (500, "error"), (429, None)]


async def test_unknown_paths_meet_faults(connect: Any) -> None:
    """Whoever is signed in meets a fault before the path is looked at."""
    async with connect(faults=Faults(throttle_rate=1)) as api:
        assert (await api.call("GET", "/nope")).status == 429


async def test_analytics_stay_as_they_are(connect: Any) -> None:
    """Faults are drawn from a stream of their own, so that reports, ids and rays do not depend on them."""
    seen = []
    for faults in (Faults(), Faults(throttle_rate=0.5)):
        async with connect(faults=faults, seed=5) as api:
            for _ in range(10):
                await api.get("protocols")
            api.sandbox.faults = Faults()
            reply = await api.get("analytics/events/summary", "metrics=count,bytesIngress&dimensions=appID")
            created = await api.create(BODY)
            seen.append((reply.result["data"], reply.headers["cf-ray"], created.result["id"]))
    assert seen[0] == seen[1]


def test_faults_can_be_switched_from_another_thread() -> None:
    """A test without a loop switches them on and off between its requests."""
    with run_in_thread(Sandbox()) as sandbox:
        request = Request(  # noqa: S310 - the scheme is http
            f"{sandbox.url}/zones/{sandbox.zones[0]}/spectrum/apps",
            headers={"Authorization": f"Bearer {sandbox.api_token}"},
        )
        sandbox.faults = Faults(error_rate=1, error_statuses=(502,))
        with pytest.raises(HTTPError) as caught:
            urlopen(request)  # noqa: S310 - the scheme is http
        caught.value.close()
        assert caught.value.code == 502
        sandbox.faults = Faults()
        with urlopen(request) as response:  # noqa: S310 - the scheme is http
            assert response.status == 200
