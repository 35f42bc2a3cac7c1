"""Every kind of response ends in an envelope or in one of our errors."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import (
    BadRequestError,
    DecodeError,
    DeletedApp,
    ErrorDetail,
    MalformedBodyError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    ResponseError,
    ResultInfo,
    ServerError,
    UnsuccessfulError,
)
from aiospectrum._generated import apps, zones
from aiospectrum._http.record import HTTPResponse
from aiospectrum._http.response import read_response
from aiospectrum.errors import error_class
from aiospectrum.routes import Method, Route
from tests.records import make_call

SAMPLES = Path(__file__).parent.parent / "samples"
SECRET = "s3cret-t0ken"
CALL = make_call(
    Route[Any](name="anything", method="GET", path="/zones", result=Any, safe_to_repeat=True),
    redact=lambda text: text.replace(SECRET, "[redacted]"),
)


def raw(body: bytes, status: int = 200, **headers: str) -> HTTPResponse:
    """A response."""
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(status=status, headers=CIMultiDictProxy(CIMultiDict(pairs)), body=body)


def sample(name: str, status: int = 200, **headers: str) -> HTTPResponse:
    """A response with a recorded body."""
    return raw((SAMPLES / name).read_bytes(), status, **headers)


def test_success() -> None:
    """A success gives its result, its messages and its paging data."""
    response = read_response(CALL, sample("page.json"))

    assert isinstance(response.result, list)
    assert response.result_info == ResultInfo(page=1, per_page=20, count=1, total_count=1, total_pages=1)
    assert response.messages == (ErrorDetail(code=10000, message="This page was served from a replica."),)


BLANK = {
    "204": raw(b"", 204),
    "205": raw(b"", 205),
    "202": raw(b"", 202),
    "empty": raw(b"", content_type="application/json"),
    "spaces": raw(b" \t\r\n"),
    "null": raw(b" null\n"),
    "empty-object": raw(b"{}"),
    "no-result": raw(b'{"success":true}'),
    "null-result": raw(b'{"success":true,"errors":null,"messages":null,"result":null}'),
    "empty-result": raw(b'{"success":true,"result":{}}'),
}
"""Successes that say no more than that."""

WITH_ASSUMED_RESULT = [route for route in vars(apps).values() if isinstance(route, Route) and route.assumed_result]


@pytest.mark.parametrize("response", BLANK.values(), ids=BLANK)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "POST"])
@pytest.mark.parametrize("route", WITH_ASSUMED_RESULT, ids=lambda route: route.name)
def test_a_success_without_a_body(route: Route[Any], method: Method, response: HTTPResponse) -> None:
    """It is a success wherever a route says what its result would have been, whatever the method."""
    path = dict.fromkeys((parameter.name for parameter in route.path_parameters), "1" * 32)

    result = read_response(make_call(attrs.evolve(route, method=method), path=path), response).result

    assert result == DeletedApp(id="1" * 32)


@pytest.mark.parametrize("response", BLANK.values(), ids=BLANK)
def test_a_success_that_needs_a_body(response: HTTPResponse) -> None:
    """A route that documents a result has none without it."""
    with pytest.raises(DecodeError):
        read_response(make_call(apps.GET_APP), response)


def test_there_are_routes_with_an_assumed_result() -> None:
    """The tests above have something to look at."""
    assert [route.name for route in WITH_ASSUMED_RESULT] == ["delete_app"]


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        pytest.param(raw(b""), MalformedBodyError, "the body is empty", id="empty 200"),
        pytest.param(raw(b" \n"), MalformedBodyError, "the body is empty", id="blank 200"),
        pytest.param(raw(b"[]"), MalformedBodyError, "not a JSON object but list", id="array"),
        pytest.param(raw(b"null"), MalformedBodyError, "not a JSON object but NoneType", id="null"),
        pytest.param(raw(b'"no"'), MalformedBodyError, "not a JSON object but str", id="string"),
        pytest.param(raw(b"{}"), DecodeError, "does not say whether the call succeeded", id="empty object"),
        pytest.param(raw(b'{"success":"yes","result":1}'), DecodeError, "does not say whether", id="text for success"),
        pytest.param(raw(b"\xff\xfe{"), MalformedBodyError, "the body is not JSON", id="not UTF-8"),
        pytest.param(
            raw(b'{"success":true,"result":"\xff"}'), MalformedBodyError, "not JSON", id="UTF-8 error in a string"
        ),
        pytest.param(raw(b'{"a":' * 400_000), MalformedBodyError, "nested too deep", id="deep"),
        pytest.param(sample("truncated.json"), MalformedBodyError, "the body is not JSON", id="truncated"),
        pytest.param(sample("challenge.html"), MalformedBodyError, "the body is not JSON", id="HTML with 200"),
        pytest.param(
            sample("bad_gateway.html", 502, content_type="text/html"),
            ServerError,
            "answered 502: no envelope (text/html)",
            id="HTML with 502",
        ),
        pytest.param(raw(b"", 520), ServerError, "answered 520: no envelope (no content type)", id="empty 520"),
        pytest.param(raw(b"[]", 404), NotFoundError, "no envelope", id="array with 404"),
        pytest.param(raw(b'{"success":false}', 403), PermissionDeniedError, "names no error", id="no errors"),
        pytest.param(sample("failed_with_200.json"), UnsuccessfulError, "11000 Invalid origin", id="failed with 200"),
        pytest.param(
            sample("string_errors.json", 400), BadRequestError, "Bad request; again", id="errors as plain strings"
        ),
        pytest.param(
            sample("error_chain.json", 400),
            BadRequestError,
            "6003 Invalid request headers (at /headers) [6111 Invalid format",
            id="chain",
        ),
        pytest.param(
            raw(b"", 302, location="https://example.com/x"),
            RedirectError,
            "answered 302: a redirect to https://example.com/x, which is not followed",
            id="redirect",
        ),
        pytest.param(raw(b'{"success":true,"result":1}', 500), ServerError, "names no error", id="success with 500"),
        pytest.param(raw(b"{}", 418), ResponseError, "answered 418", id="another status"),
    ],
)
def test_failures(response: HTTPResponse, kind: type[ResponseError], words: str) -> None:
    """Everything that is not a success is an error of its class, which says what is wrong."""
    with pytest.raises(ResponseError) as caught:
        read_response(CALL, response)

    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.status == response.status


def test_details_are_kept() -> None:
    """Codes, links, pointers and chains of the envelope are there for programs."""
    with pytest.raises(BadRequestError) as caught:
        read_response(CALL, sample("error_chain.json", 400, cf_ray="8f00-SFO"))

    error = caught.value
    assert error.errors == (
        ErrorDetail(
            code=6003,
            message="Invalid request headers",
            documentation_url="https://developers.cloudflare.com/api/",
            pointer="/headers",
            error_chain=(ErrorDetail(code=6111, message="Invalid format for Authorization header"),),
        ),
        ErrorDetail(code=971, message="Please wait"),
        ErrorDetail(message="7"),
    )
    assert (error.method, error.url, error.ray_id) == ("GET", CALL.url, "8f00-SFO")
    assert error.body_excerpt is not None
    assert error.body_excerpt.startswith('{ "success": false,')
    assert str(error) == (
        "GET https://api.cloudflare.com/client/v4/zones answered 400: 6003 Invalid request headers (at /headers) "
        "[6111 Invalid format for Authorization header]; 971 Please wait; 7 (cf-ray 8f00-SFO); "
        "check the credentials (https://dash.cloudflare.com/profile/api-tokens)"
    )


TOKENS = "(https://dash.cloudflare.com/profile/api-tokens)"
PERMISSION = f"; check the zone id, and that the token has the permission Zone Settings Read {TOKENS}"


@pytest.mark.parametrize(
    ("route", "status", "code", "step"),
    [
        (apps.LIST_APPS, 403, 9109, PERMISSION),
        (apps.LIST_APPS, 403, 10000, PERMISSION),
        (apps.LIST_APPS, 403, None, PERMISSION),
        (apps.CREATE_APP, 403, 9109, PERMISSION.replace("Read", "Write")),
        (zones.LIST_ZONES, 403, 9109, f"; check that the token has the permission Zone Read {TOKENS}"),
        (CALL.route, 403, 9109, f"; check that the token may do this {TOKENS}"),
        (apps.CREATE_APP, 403, 11099, ""),  # the plan lacks a feature
        (apps.LIST_APPS, 401, 10000, f"; check the credentials {TOKENS}"),
        (apps.LIST_APPS, 400, 9106, f"; check the credentials {TOKENS}"),
        (apps.CREATE_APP, 400, 11099, ""),
        (apps.LIST_APPS, 404, 7003, "; check the zone id"),
        (apps.GET_APP, 404, 10404, "; check the zone id and the app id"),
        (zones.LIST_ZONES, 404, 7003, ""),
        (apps.GET_APP, 500, 10001, ""),
    ],
)
def test_refusals_say_what_to_do(route: Route[Any], status: int, code: int | None, step: str) -> None:
    """Which permission the token needs, and where it is set; what else may be wrong."""
    body = {"success": False, "errors": [{"code": code, "message": "no"} if code else {"message": "no"}]}
    with pytest.raises(ResponseError) as caught:
        read_response(make_call(route), raw(json.dumps(body).encode(), status))
    text = str(caught.value)
    assert text.endswith(f" answered {status}: {f'{code} ' if code else ''}no{step}")


def response_with(detail: object, status: int = 400) -> HTTPResponse:
    """A refusal with one entry of errors."""
    return raw(json.dumps({"success": False, "errors": [detail]}).encode(), status)


def failure(response: HTTPResponse) -> ResponseError:
    """The error that a response becomes."""
    with pytest.raises(ResponseError) as caught:
        read_response(CALL, response)
    return caught.value


def chain(depth: int) -> dict[str, object]:
    """Errors that led to errors."""
    entry: dict[str, object] = {"message": "deepest"}
    for _ in range(depth):
        entry = {"message": "m", "error_chain": [entry]}
    return entry


def test_deep_chains_are_cut() -> None:
    """A chain of a thousand errors is as good as one of ten."""
    assert str(failure(response_with(chain(400)))).count("[m") == 10
    response = read_response(CALL, raw(json.dumps({"success": True, "result": [], "messages": [chain(400)]}).encode()))
    assert len(response.messages) == 1


def test_many_errors_are_cut() -> None:
    """A response with a hundred thousand errors is still one line that can be read."""
    error = failure(raw(json.dumps({"errors": ["no"] * 100_000}).encode(), 400))

    assert len(error.errors) == 50
    assert len(str(error)) < 1200


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        pytest.param({"code": "1003", "message": "x"}, ErrorDetail(code=1003, message="x"), id="code as text"),
        pytest.param({"code": True, "message": None}, ErrorDetail(), id="null message, odd code"),
        pytest.param({"message": "a\x1b[31m\nb"}, ErrorDetail(message="a [31m b"), id="control characters"),
    ],
)
def test_odd_details(detail: object, expected: ErrorDetail) -> None:
    """Odd entries are read as far as they go, and nothing in them reaches a terminal."""
    assert failure(response_with(detail)).errors == (expected,)


def test_null_details_are_left_out() -> None:
    """A null among the errors says nothing."""
    assert failure(response_with(None)).errors == ()


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(raw(b"", 302, location="http://x/" + "a" * 985 + SECRET), id="redirect"),
        pytest.param(raw(b" " * 1190 + SECRET.encode(), 500), id="excerpt after white space"),
        pytest.param(raw(b"x" * 295 + SECRET.encode(), 500), id="excerpt"),
        pytest.param(raw(b"", 500, cf_ray=SECRET), id="ray id"),
        pytest.param(response_with({"message": "x" * 990 + SECRET}), id="message"),
    ],
)
def test_no_part_of_a_credential_is_left(response: HTTPResponse) -> None:
    """Texts are cut after credentials have been blotted out, so that none is cut in two and missed."""
    error = failure(response)

    assert SECRET[:4] not in str(error) + repr(vars(error))


def test_a_ray_id_can_be_printed() -> None:
    """Bytes that no text has do not come through a header."""
    str(failure(raw(b"", 500, cf_ray="8f\udcff"))).encode()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("300", 300.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("-5", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("9" * 400, None),
        ("²", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """A rate limit error carries the seconds that the API asks to wait."""
    with pytest.raises(RateLimitError) as caught:
        read_response(CALL, raw(b"{}", 429, retry_after=header))

    assert caught.value.retry_after == seconds


def test_no_retry_after() -> None:
    """A 429 without the header says nothing about the wait."""
    with pytest.raises(RateLimitError) as caught:
        read_response(CALL, raw(b"{}", 429))

    assert caught.value.retry_after is None


def test_an_echoed_credential_is_blotted_out() -> None:
    """A server that repeats the token does not bring it into an error."""
    details = f'{{"code":1,"message":"bad {SECRET}","source":{{"pointer":"/{SECRET}"}}}}'
    body = f'{{"success":false,"errors":[{details},"{SECRET}"]}}'

    with pytest.raises(BadRequestError) as caught:
        read_response(CALL, raw(body.encode(), 400))

    assert SECRET not in repr(vars(caught.value)) + str(caught.value)
    assert "[redacted]" in str(caught.value)


def test_the_excerpt_is_short() -> None:
    """A large body does not end up in an error."""
    with pytest.raises(ServerError) as caught:
        read_response(CALL, raw(b"x" * 1_000_000, 500))

    assert caught.value.body_excerpt == "x" * 300


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param([], None, id="not an object"),
        pytest.param({}, ResultInfo(), id="empty"),
        pytest.param({"page": "1", "count": 3, "total_count": True}, ResultInfo(count=3), id="odd values are left out"),
    ],
)
def test_paging_data(info: Any, expected: ResultInfo | None) -> None:
    """Odd paging data never loses the result."""
    body = json.dumps({"success": True, "result": [], "result_info": info}).encode()

    assert read_response(CALL, raw(body)).result_info == expected


def test_every_status_has_a_class() -> None:
    """Statuses between the named ones fall to the nearest class above."""
    assert error_class(599) is ServerError
    assert error_class(204) is UnsuccessfulError
    assert error_class(402) is ResponseError
    assert error_class(600) is ResponseError
