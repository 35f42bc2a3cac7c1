"""Routes, credentials, headers and damaged requests."""

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest

from aiospectrum.sandbox import RecordedRequest, Sandbox
from aiospectrum.sandbox.responses import Problem, encode_failure

UNKNOWN = "0" * 32


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nope",
        "/zones/",
        "/zones//spectrum/apps",
        f"/zones/{UNKNOWN}/spectrum/apps/",
        "/zones/%2e%2e/spectrum/apps",
        "/zones/%ff/spectrum/apps",
        "/zones/ABC/spectrum/apps",
        f"/zones/{UNKNOWN}/spectrum/apps/short",
    ],
)
async def test_unknown_paths_are_refused_in_an_envelope(connect: Any, path: str) -> None:
    """A path that does not exist, or an id that is none, gives 404 with 7003, signed in or not."""
    async with connect() as api:
        for reply in (await api.call("GET", path), await api.call("GET", path, headers={})):
            assert (reply.status, [code for code, _ in reply.errors]) == (404, [7003, 7000])


@pytest.mark.parametrize(
    ("method", "tail", "allowed"),
    [
        ("PATCH", "apps", "GET, POST"),
        ("HEAD", "apps", "GET, POST"),
        ("POST", f"apps/{UNKNOWN}", "GET, PUT, DELETE"),
        ("OPTIONS", "protocols", "GET"),
        ("DELETE", "analytics/events/bytime", "GET"),
    ],
)
async def test_other_methods_are_refused(connect: Any, method: str, tail: str, allowed: str) -> None:
    """A known path with another method gives 405 and says which it has."""
    async with connect() as api:
        reply = await api.call(method, api.path(tail))
        assert (reply.status, reply.headers["Allow"]) == (405, allowed)
        if method != "HEAD":
            assert reply.errors == [(10405, None)]


KEY, EMAIL = "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a", "sandbox@example.com"


@pytest.mark.parametrize(
    ("headers", "status", "code", "chain"),
    [
        pytest.param({}, 400, 9106, [], id="nothing"),
        pytest.param({"Authorization": "Basic abc"}, 400, 6003, [6111], id="basic"),
        pytest.param({"Authorization": "Bearer short"}, 400, 6003, [6111], id="short token"),
        pytest.param({"Authorization": "Bearer " + "\u00e9" * 40}, 400, 6003, [6111], id="not ASCII"),
        pytest.param({"Authorization": "Bearer " + "x" * 40}, 403, 9109, [], id="wrong token"),
        pytest.param({"X-Auth-Key": KEY}, 400, 6003, [6100], id="no email"),
        pytest.param({"X-Auth-Email": EMAIL}, 400, 6003, [6101], id="no key"),
        pytest.param({"X-Auth-Email": "x", "X-Auth-Key": KEY}, 400, 6003, [6102], id="bad email"),
        pytest.param({"X-Auth-Email": "x", "X-Auth-Key": "y"}, 400, 6003, [6102, 6103], id="bad both"),
        pytest.param({"X-Auth-Email": EMAIL, "X-Auth-Key": "a" * 37}, 403, 10000, [], id="wrong key"),
        pytest.param({"X-Auth-Email": "a@b.c", "X-Auth-Key": KEY}, 403, 10000, [], id="wrong email"),
        pytest.param({"Authorization": "Bearer " + "x" * 40, "X-Auth-Key": KEY}, 400, 6003, [6111], id="two schemes"),
    ],
)
async def test_bad_credentials_are_refused(
    connect: Any, headers: dict[str, str], status: int, code: int, chain: list[int]
) -> None:
    """Missing, malformed, doubled and wrong credentials each have their own error."""
    async with connect() as api:
        reply = await api.call("GET", api.path("apps"), headers=headers)
        assert (reply.status, reply.errors) == (status, [(code, None)])
        (error,) = reply.body["errors"]
        assert [cause["code"] for cause in error.get("error_chain", [])] == chain


async def test_both_schemes_are_accepted(connect: Any) -> None:
    """The token opens the sandbox, and so do email and key."""
    async with connect() as api:
        pair = {"X-Auth-Email": api.sandbox.api_email, "X-Auth-Key": api.sandbox.api_key}
        for headers in (pair, {"Authorization": f"bearer  {api.sandbox.api_token}"}):
            assert (await api.call("GET", api.path("protocols"), headers=headers)).status == 200


async def test_zones_of_others_are_forbidden(connect: Any) -> None:
    """A well-formed zone id that is not in the account gives 403 with 9109."""
    async with connect() as api:
        reply = await api.call("GET", f"/zones/{UNKNOWN}/spectrum/apps")
        assert (reply.status, reply.errors) == (403, [(9109, None)])


async def test_requests_are_recorded(connect: Any) -> None:
    """Every request is on record with its raw query and its status."""
    async with connect() as api:
        await api.get("apps", "page=1&order=%64ns")
        await api.call("GET", "/x%20y", headers={})
        path = f"/client/v4{api.path('apps')}"
        assert api.sandbox.requests == [
            RecordedRequest(method="GET", path=path, query="page=1&order=%64ns", status=200),
            RecordedRequest(method="GET", path="/client/v4/x%20y", query="", status=404),
        ]


async def test_rays_differ_and_repeat_by_seed(connect: Any) -> None:
    """Rays identify responses, and equal sandboxes give equal rays."""
    seen = []
    for seed in (1, 1, 2):
        async with connect(seed=seed) as api:
            seen.append([(await api.get("protocols")).headers["cf-ray"] for _ in range(3)])
    assert seen[0] == seen[1] != seen[2]
    assert len(set(seen[0])) == 3


async def test_protocols_are_listed(connect: Any) -> None:
    """The protocols operation gives name, description, ports and transport."""
    async with connect() as api:
        protocols = (await api.get("protocols")).result
        assert [protocol["name"] for protocol in protocols] == ["minecraft", "rdp", "ssh"]
        assert protocols[2]["ports"] == [22]
        assert {protocol["transport"] for protocol in protocols} == {"tcp"}


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        pytest.param({"data": b"{"}, 400, 6007, id="cut off"),
        pytest.param({"data": b""}, 400, 6007, id="empty"),
        pytest.param({"data": b'{"a": "\xff"}'}, 400, 6007, id="not UTF-8"),
        pytest.param({"data": b"[" * 100_000}, 400, 6007, id="deep"),
        pytest.param({"data": b"[]"}, 400, 10400, id="list"),
        pytest.param({"data": b"null"}, 400, 10400, id="null"),
        pytest.param({"data": io.BytesIO(b" " * 2**21)}, 413, 10413, id="huge"),
    ],
)
async def test_bodies_that_are_no_object_are_refused(
    connect: Any, options: dict[str, Any], status: int, code: int
) -> None:
    """Whatever is sent as a body, the response is an envelope."""
    async with connect() as api:
        reply = await api.call("POST", api.path("apps"), **options)
        assert (reply.status, [found for found, _ in reply.errors]) == (status, [code])


async def _exchange(sandbox: Sandbox, sent: bytes) -> tuple[bytes, dict[str, Any]]:
    host, _, port = sandbox.url.removeprefix("http://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    await writer.drain()
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head, json.loads(body)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET / HTTP/1.1\r\nHost x\r\n\r\n", id="bad header"),
        pytest.param(b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", id="not ASCII"),
        pytest.param(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="long line"),
    ],
)
async def test_malformed_http_gets_an_envelope(connect: Any, sent: bytes) -> None:
    """Even what aiohttp itself refuses gets JSON with a ray."""
    async with connect() as api:
        head, body = await _exchange(api.sandbox, sent)
        assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        assert b"application/json" in head
        assert b"cf-ray" in head
        assert body["errors"][0]["code"] == 10400


def test_text_that_cannot_be_encoded_is_escaped() -> None:
    """A lone surrogate, as in a file name that is not UTF-8, does not break the error envelope."""
    payload = encode_failure([Problem(code=1, message="\udcff", pointer="/\udcff")])
    (error,) = json.loads(payload)["errors"]
    assert (error["message"], error["source"]) == ("\\udcff", {"pointer": "/\\udcff"})


async def test_a_damaged_body_gets_an_envelope(connect: Any) -> None:
    """A body that does not decompress is refused like one that does not parse."""
    async with connect() as api:
        headers = {"Authorization": f"Bearer {api.sandbox.api_token}", "Content-Encoding": "gzip"}
        reply = await api.call("POST", api.path("apps"), headers=headers, data=b"not gzip at all")
        assert (reply.status, reply.errors) == (400, [(6007, None)])


async def test_a_bug_of_the_caller_gives_an_internal_error(connect: Any) -> None:
    """A clock that raises gives 10002 in an envelope, not a page of text."""
    async with connect(now=lambda: None) as api:
        reply = await api.get("analytics/aggregate/current")
        assert (reply.status, reply.errors) == (500, [(10002, None)])


async def test_connections_are_kept_alive(connect: Any) -> None:
    """Errors do not cost the connection."""
    async with connect() as api:
        connector = aiohttp.TCPConnector(limit=1)
        made = []
        trace = aiohttp.TraceConfig()

        async def count(*_: object) -> None:
            made.append(1)

        trace.on_connection_create_end.append(count)
        async with aiohttp.ClientSession(connector=connector, trace_configs=[trace]) as session:
            for _ in range(3):
                async with session.get(api.sandbox.url) as response:
                    await response.read()
        assert len(made) == 1
