"""Large bodies are decoded in parts, and those that hold too much are refused before anything is made of them."""

import asyncio
import json
from contextlib import nullcontext
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import DecodeError, MalformedBodyError, ResponseError, make_converter
from aiospectrum._codec.decoder import decode_body, decode_values, is_crowded
from aiospectrum._codec.parts import decode_in_parts
from aiospectrum._generated.analytics import GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import DELETE_APP, LIST_APPS
from aiospectrum._http.headers import read_rate_limit, read_retry_after
from aiospectrum._http.response import read_large_response, read_response
from aiospectrum.models import App, DeletedApp, Protocol, ReportByTime, ReportSummary
from aiospectrum.routes import Route
from benchmarks.hostile import app, fill
from tests.json_texts import texts_of
from tests.memory import trace_memory
from tests.unit.test_bounded_reading import call_of, response

MEBIBYTE: Final = 1 << 20
RESULTS: Final = {"apps": list[App], "protocols": list[Protocol], "by time": ReportByTime, "summary": ReportSummary}


async def pause() -> None:
    """Wait for nothing."""


def in_parts(wanted: Any, body: bytes, part_size: int) -> Any:
    """Decode a body in parts."""
    return asyncio.run(decode_in_parts(wanted, body, pause, part_size))


@pytest.mark.parametrize("wanted", RESULTS.values(), ids=RESULTS)
@given(data=st.data())
def test_parts_make_the_same_objects(wanted: Any, data: st.DataObject) -> None:
    """Wherever a body is cut, or is not, the objects are those that it makes at once, on the fast path or not."""
    is_odd = data.draw(st.booleans(), label="odd")
    text = data.draw(texts_of(wanted, is_odd=is_odd), label="result")
    before = data.draw(
        st.sampled_from(['"success":true', '"messages":[{"data":[{},{}]}],"success":true']), label="before"
    )
    if data.draw(st.booleans(), label="spaced"):
        text = text.replace("},{", "} ,\n {").replace('":', '" : ')
    body = f'{{{before},"result":{text},"more":[{{}},{{}}]}}'.encode()

    whole, parts = decode_body(wanted, body), in_parts(wanted, body, data.draw(st.integers(1, 60), label="part size"))

    assert parts is not None or whole is None
    if whole is not None:
        assert repr(parts.result) == repr(whole.result)
    elif parts is not None:  # what needs the fallback may be in another part
        assert repr(parts.result) == repr(decode_values(wanted, json.loads(text), make_converter()))


@pytest.mark.parametrize(
    "name", ["},{", '","name":"},{"name":"', '\\"data\\":[{},{', '],"x":[{},{'], ids=["cut", "quotes", "data", "end"]
)
def test_texts_that_look_like_cuts(name: str) -> None:
    """What stands in a text is no place to cut at."""
    items = [{"name": f"{name}{number}", "description": name} for number in range(50)]
    body = json.dumps({"success": True, "result": items}).encode()

    for part_size in range(1, 200, 7):
        assert repr(in_parts(list[Protocol], body, part_size)) is not None
        assert in_parts(list[Protocol], body, part_size).result == [Protocol(**each) for each in items]


async def test_large_bodies_are_read_in_parts() -> None:
    """No part is larger than it has to be, and between them others have their turn."""
    body = b'{"success":true,"result":[%b],"messages":[]}' % fill(app(), 8)
    pauses = 0

    async def count() -> None:
        nonlocal pauses
        pauses += 1

    decoded = await decode_in_parts(list[App], body, count)

    assert decoded is not None
    assert len(decoded.result) == body.count(b"tcp/22")
    assert pauses == 15


async def test_others_run_while_a_report_is_read() -> None:
    """A report of some MiB does not hold the event loop until all of it is read."""
    body = b'{"success":true,"result":{"data_lag":0,"rows":1,"data":[%b]}}' % fill(row("a" * 32, by_time=True), 2.5)
    reading = asyncio.create_task(
        read_large_response(call_of(GET_EVENTS_BY_TIME), response(body), turn=nullcontext, run_apart=run_here)
    )
    ran = 0
    while not reading.done():
        await asyncio.sleep(0)
        ran += 1

    assert len((await reading).result.data) == body.count(b"dimensions")
    assert ran >= 4


async def run_here(function: Any) -> Any:
    """Run a function at once."""
    return function()


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"success":true,"result":[%b]}' % fill(app(b',"spp":true'), 5), DecodeError, "larger than 4 MiB"),
        (b'{"success":true,"result":[]' + b" " * (5 << 20) + b"}", DecodeError, "ask for less at once"),
        (b'{"success":true,"result":[%b]}' % fill(app(), 5, b'{"id":5}'), DecodeError, "larger than 4 MiB"),
        (b'{"success":true,"result":[%b' % fill(app(), 5), DecodeError, "larger than 4 MiB"),
        (b'{"success":true,"result":[%b' % fill(app(), 5)[:-9], MalformedBodyError, "no whole JSON object"),
        (b"<html>" * MEBIBYTE, MalformedBodyError, "no whole JSON object"),
        (b'{"success":true,"result":[%b]}' % fill(b"{}", 1), DecodeError, "more arrays and objects"),
        (b'{"success":true,"result":[%b]' % fill(b"{}", 1), MalformedBodyError, "not JSON"),
    ],
    ids=["old", "blank", "wrong", "cut at an item", "cut off", "html", "crowded", "crowded and cut off"],
)
def test_what_is_too_much_for_the_fallback(body: bytes, kind: type[ResponseError], words: str) -> None:
    """The error says what is too much and what to do; a body that was cut off is one, and attempted again."""
    with pytest.raises(ResponseError) as caught:
        read_response(call_of(LIST_APPS) if b"html" in body else call_of(OLD), response(body))

    assert type(caught.value) is kind
    assert words in str(caught.value)


OLD: Final[Route[Any]] = Route(name="old", method="GET", path="/old", result=dict[str, int], safe_to_repeat=True)


def row(*dimensions: str, by_time: bool = False) -> bytes:
    """A row as it is documented, with few and short numbers."""
    metrics = [[5]] * 7 if by_time else [5]
    return json.dumps({"dimensions": dimensions, "metrics": metrics}, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "item",
    [row("4"), row("SFO"), row("connect", "SFO"), row("a" * 32, by_time=True), app(), b'{"name":"minecraft"}'],
    ids=["ip versions", "colos", "events", "apps by time", "apps", "protocols"],
)
def test_documented_bodies_are_not_crowded(item: bytes) -> None:
    """Whatever sample is taken, and whatever the length of an item, what is documented passes."""
    for number in range(200):
        body = b'{"success":true,"n":%d,"result":[%b]}' % (number, fill(item, 0.1))
        assert not is_crowded(body)
        assert not is_crowded(body, MEBIBYTE)


@pytest.mark.parametrize("item", [b"{}", b"[]", b"[5]", b'{"":0}', b'{"":{"":0}}', b"{ }", b'[[5],{"":[]}]'], ids=ascii)
def test_crowded_bodies_are_noticed(item: bytes) -> None:
    """No sample misses what is crowded all over, and objects for half of the body are noticed nearly always."""
    for number in range(200):
        assert is_crowded(b'{"success":true,"n":%d,"result":[%b]}' % (number, fill(item, 0.1)))


@pytest.mark.parametrize(
    ("route", "item", "last"),
    [
        (GET_EVENTS_SUMMARY, b"{}", b""),
        (GET_EVENTS_SUMMARY, b"null", b""),
        (GET_EVENTS_SUMMARY, b'{ },{"":0}', b""),
        (GET_EVENTS_SUMMARY, b'{"metrics":[]}', b'{"metrics":[null]}'),
        (GET_EVENTS_BY_TIME, b"{}", b""),
        (GET_EVENTS_BY_TIME, b'{"metrics":[[],[],[],[],[],[],[]]}', b""),
        (GET_EVENTS_BY_TIME, b'{"metrics":[[5,5],[5,5],[5,5]]}', b'{"metrics":[[null]]}'),
        (GET_EVENTS_SUMMARY, b'{"dimensions":[12,13,14,15]}', b""),
        (LIST_APPS, b"{}", b""),
        (DELETE_APP, b'{"id":{"":{"":{"":0}}}}', b""),
    ],
    ids=lambda value: getattr(value, "name", value).decode() if isinstance(value, bytes) else value.name,
)
def test_memory_is_bounded_by_the_size(route: Route[Any], item: bytes, last: bytes) -> None:
    """Whether it is read or refused, a body of 256 KiB takes no more than 40 times of that."""
    data = fill(item, 0.25, last)
    result = b'{"data_lag":0,"rows":1,"data":[%b]}' % data if "events" in route.name else b"[%b]" % data
    http = response(b'{"success":true,"result":%b}' % result)
    with trace_memory() as traced:
        try:
            read = read_response(call_of(route), http)
        except DecodeError:
            read = None

    assert traced.peak < 39 * len(http.body)
    del read


def test_an_object_of_another_type() -> None:
    """A type without an array is decoded at once, or not at all."""
    body = b'{"success":true,"result":{"id":"a"}}'

    assert in_parts(DeletedApp, body, 1).result == DeletedApp(id="a")
    assert in_parts(DeletedApp, body + b" " * (4 << 20), 1) is None
    assert in_parts(dict[str, int], body, 1) is None


@pytest.mark.parametrize(
    "values",
    [
        ['"' + '\\"' * 100_000],
        ['"\\"' * 100_000],
        ['"' * 100_000] * 100,
        [';r=1;t=2,"a"' * 10_000] * 100,
        ["1," * 400] * 10_000,
        ["Fri, " * 100_000],
        [f"Fri, 20 Nov 2026 12:05:00 {'(' * 100_000}"],
        [f"Fri, 20 Nov 2026 12:05:00 +{'9' * 900}"],
    ],
    ids=["open quote", "quotes", "many quotes", "many limits", "many headers", "days", "comments", "zone"],
)
def test_headers_are_read_in_no_time(values: list[str]) -> None:
    """Headers of any length, number and content are read or left; a quadratic reader would take minutes."""
    assert read_rate_limit(values) is None
    assert read_retry_after(values, values[0]) in (None, 1.0)
    assert read_retry_after(["Fri, 20 Nov 2026 12:05:00 GMT"], values[0]) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"a\\"b;r=9;t=9";r=1;t=2', (1, 2.0)),
        ('"a\\\\";r=1;t=2', (1, 2.0)),
        ('"a\\\\\\";r=9;t=9";r=1;t=2', (1, 2.0)),
        ('"a;r=1;t=2', None),
        ('"a";r=1;t=2,"b', (1, 2.0)),
        (";r=1;t=2", (1, 2.0)),
    ],
    ids=["quote", "backslash", "both", "open", "open at the end", "no name"],
)
def test_quotes_in_headers(value: str, expected: tuple[int, float] | None) -> None:
    """What stands in quotes is a name, whatever it looks like."""
    assert read_rate_limit([value]) == expected


async def test_messages_are_redacted_apart() -> None:
    """Those of a large success are many long texts; what holds no message is not sent to a thread."""
    apart: list[str] = []

    async def run_apart(function: Any) -> Any:
        apart.append("begins")
        read = function()
        apart.append("ends")
        return read

    def redact(text: str) -> str:
        apart.append("redacts")
        return text

    call = call_of(LIST_APPS, redact)
    for messages, expected in ([], []), (["x" * 5000] * 9, ["begins", *["redacts"] * 9, "ends"]):
        apart.clear()
        http = response({"success": True, "result": [], "messages": messages})
        read = await read_large_response(call, http, turn=nullcontext, run_apart=run_apart)
        assert len(read.messages) == len(messages)
        assert apart == expected
