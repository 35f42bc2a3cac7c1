"""What is done with a response is bounded by its size: visited, kept and redacted is no more than is needed."""

import json
import pickle
import re
from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import DecodeError, ResponseError
from aiospectrum._codec.excerpt import clean, show
from aiospectrum._generated.analytics import GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import GET_APP, LIST_APPS
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum._http.response import read_response
from aiospectrum.errors import ErrorDetail
from aiospectrum.models import App
from aiospectrum.routes import Route
from tests.conftest import APP, ZONE
from tests.memory import trace_memory
from tests.records import make_call

MEBIBYTE: Final = 1 << 20
SECRET: Final = "s3cret-" + "0123456789abcdef" * 2
LONG: Final = "x" * MEBIBYTE


def route_of(result: Any) -> Route[Any]:
    """A user's own route."""
    return Route(name="own", method="GET", path="/own", result=result, safe_to_repeat=True)


def call_of(route: Route[Any], redact: Callable[[str], str] = str) -> Call:
    """A call of a route."""
    return make_call(route, path={"zone_id": ZONE, "app_id": APP}, redact=redact)


def response(body: bytes | object, status: int = 200, **headers: str) -> HTTPResponse:
    """A response with a body in JSON, unless it is bytes."""
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return HTTPResponse(status=status, headers=CIMultiDictProxy(CIMultiDict(pairs)), body=content)


def failure(call: Call, http: HTTPResponse) -> ResponseError:
    """The error that a response becomes."""
    with pytest.raises(ResponseError) as caught:
        read_response(call, http)
    return caught.value


def chain(width: int, depth: int) -> dict[str, object]:
    """An error with errors that led to it."""
    entry: dict[str, object] = {"message": LONG[:9000]}
    for _ in range(depth):
        entry = {"message": LONG[:9000], "error_chain": [entry] * width}
    return entry


def nested(depth: int) -> object:
    """Arrays in arrays, each with many items."""
    value: object = [1.5] * 20
    for _ in range(depth):
        value = [value] * 10
    return value


DETAIL: Final = {"message": LONG, "documentation_url": LONG, "source": {"pointer": LONG}}
TEXTS: Final[dict[str, HTTPResponse]] = {
    "page": response(b"<p>" + LONG.encode() * 8, 502),
    "message": response({"errors": [DETAIL]}, 400),
    "messages": response({"errors": [DETAIL] * 5}, 400),
    "many": response({"errors": ["no"] * 300_000}, 400),
    "chain": response({"errors": [chain(8, 3)]}, 400),
    "no-text": response({"errors": [{"message": nested(4)}] * 9}, 400),
    "text-for-errors": response({"success": False, "errors": LONG}),
    "wrong-type": response({"success": True, "result": {"id": [LONG]}}),
    "wrong-key": response({"success": True, "result": {LONG: 1}}),
    "deep": response({"success": True, "result": {"id": nested(4)}}),
    "ray": response(b"", 500, cf_ray="8" * 8000),
    "location": response(b"", 302, location="http://x/" + "a" * 8000),
    "content-type": response(b"", 500, content_type="x/" + "y" * 8000),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_texts_are_cut_where_they_are_read(kind: str) -> None:
    """However long a text is, no more than its start is redacted, and less is kept."""
    seen: list[int] = []

    def redact(text: str) -> str:
        seen.append(len(text))
        return text

    error = failure(call_of(GET_APP, redact), TEXTS[kind])

    assert max(seen) <= 8192
    assert sum(seen) < 3_000_000
    assert len(str(error)) < 1300
    assert len(error.body_excerpt or "") <= 300
    details = all_of(error.errors)
    assert len(details) <= 50
    assert all(
        len(text) <= 1000
        for each in details
        for text in (each.message, each.pointer or "", each.documentation_url or "")
    )
    assert len(error.ray_id or "") <= 100
    assert len(getattr(error, "location", None) or "") <= 2000
    assert len(pickle.dumps(error)) < 200_000


def all_of(details: tuple[ErrorDetail, ...]) -> list[ErrorDetail]:
    """Details, and those of their chains."""
    return [inner for each in details for inner in (each, *all_of(each.error_chain))]


def test_messages_of_a_success_are_cut_too() -> None:
    """They are no more than 50, of up to 1,000 characters."""
    messages = [{"message": LONG[:5000], "error_chain": ["no"] * 9}] * 2000
    read = read_response(call_of(LIST_APPS), response({"success": True, "result": [], "messages": messages})).messages

    assert len(all_of(read)) == 50
    assert {len(each.message) for each in read} == {1000}


@pytest.mark.parametrize(
    "filler", ["x", " ", SECRET, f"{SECRET} ", "\n\x1b"], ids=["text", "blank", "secrets", "words", "controls"]
)
@pytest.mark.parametrize("offset", range(-40, 2, 3))
def test_no_half_of_a_credential_is_left_at_a_cut(filler: str, offset: int) -> None:
    """A credential that is cut in two is not recognized, and so does not stay."""
    for window in (8192, 300, 1000):
        count, rest = divmod(window + offset, len(filler))
        text = filler * count + "x" * rest + SECRET + "y" * 9000
        for longest in (60, 300, 1000, 2000):
            kept = clean(text, lambda text: text.replace(SECRET, "[redacted]"), longest)
            assert "s3c" not in kept
            assert len(kept) <= longest


@pytest.mark.parametrize(
    "value",
    [5, -1.5, True, None, "x", "it's", [], {}, [1, "a", [None]], {"a": [1], "b": {"c": 2.5}}, [[]], {"k": {}}],
    ids=repr,
)
def test_what_is_short_is_shown_as_it_is(value: object) -> None:
    """It is its representation."""
    assert show(value) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        LONG,
        [0] * MEBIBYTE,
        {str(number): 0 for number in range(100_000)},
        nested(5),
        10**5000,
        [10**5000],
        {LONG: LONG},
    ],
    ids=["text", "array", "object", "nested", "number", "numbers", "key"],
)
def test_what_is_long_is_cut(value: object) -> None:
    """It takes as many characters as redacting looks at, and never fails."""
    assert len(show(value)) < 20_000


@attrs.frozen
class Part:
    """A class of a user."""

    number: int


@attrs.frozen
class Whole:
    """A class of a user, with an array in it."""

    name: str
    parts: list[Part] = attrs.field(factory=list)


@pytest.mark.parametrize(
    ("wanted", "result", "words"),
    [
        (list[App], [{}] * 9000, r"result\[0\]\.id: expected a value"),
        (
            list[Part],
            [{"number": 1}] * 1000 + [{"number": "x"}] * 2000,
            r"result\[1000\]: expected a value of Part \(ValueError: invalid literal",
        ),
        (list[Whole], [{"name": "", "parts": [{}]}] * 2000, r"expected a value of Part \(KeyError: 'number'\), got {}"),
        (Whole, {"name": "", "parts": [{}] * 9000}, r"expected a value of Part \(KeyError: 'number'\), got {}"),
        (
            dict[str, int],
            {str(number): "x" for number in range(9000)},
            r"result: expected a value of dict \(ValueError: invalid literal",
        ),
        (list[list[int]], [["x"] * 9000], r"result\[0\]\[0\]: expected a value of int \(ValueError: invalid literal"),
    ],
    ids=["models", "own items", "own items of arrays", "own array", "own object", "arrays"],
)
def test_reading_stops_at_what_is_wrong(wanted: Any, result: object, words: str) -> None:
    """No error is collected for each wrong value: the text names a few, and where they are."""
    with trace_memory() as traced:
        error = failure(call_of(route_of(wanted)), response({"success": True, "result": result}))

    assert type(error) is DecodeError
    assert re.search(words, str(error))
    assert str(error).count(";") < 5
    assert traced.peak < 40 * len(json.dumps(result)) + MEBIBYTE


def test_a_report_stops_at_its_first_wrong_row() -> None:
    """Of 20,000 rows with a wrong number, one is named."""
    data = [{"dimensions": ["a", "b"], "metrics": [1, "x"]}] * 20_000
    error = failure(
        call_of(GET_EVENTS_SUMMARY), response({"success": True, "result": {"data_lag": 0, "rows": 1, "data": data}})
    )

    assert "result.data[0].metrics[1]: expected a number, got 'x'" in str(error)
    assert "data[1]" not in str(error)
