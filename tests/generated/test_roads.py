"""Results are read from JSON on two roads, which lead to the same objects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import App, Client, DecodeError, PaygoApp, ResponseError, RetryPolicy
from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.decoder import _read_straight, decode_result, read_answer
from aiospectrum._generated.analytics import GET_CURRENT_AGGREGATE, GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY
from aiospectrum._generated.apps import CREATE_APP, DELETE_APP, GET_APP, LIST_APPS, UPDATE_APP
from aiospectrum._generated.decoders import RESULT_READERS
from aiospectrum._generated.protocols import LIST_PROTOCOLS
from aiospectrum._http.response import Call, Envelope, RawResponse, read_envelope
from aiospectrum.routes import Route
from codegen.load import load_spec
from codegen.operations import parse_operations, root_schemas
from codegen.schemas import parse_components
from tests.conftest import APP, TOKEN, ZONE
from tests.json_texts import ANYTHING, WHOLE, Texts, assert_alike, object_of

DOCUMENT: Final = load_spec(Path(__file__).parents[2] / "spec" / "spectrum.openapi.yaml")
OPERATIONS: Final = {each.name: each for each in parse_operations(DOCUMENT)}
COMPONENTS: Final = parse_components(DOCUMENT, root_schemas(tuple(OPERATIONS.values())))
ROUTES: Final = (
    LIST_APPS,
    CREATE_APP,
    GET_APP,
    UPDATE_APP,
    DELETE_APP,
    LIST_PROTOCOLS,
    GET_CURRENT_AGGREGATE,
    GET_EVENTS_BY_TIME,
    GET_EVENTS_SUMMARY,
)
CONVERTER: Final = shared_converter()
CALL: Final = Call(method="GET", url="https://example.com", redact=lambda text: text.replace(TOKEN, "[redacted]"))
PATH: Final = {"zone_id": ZONE, "app_id": APP}

MESSAGES: Final = ["null", "[]", '[{"code":10000,"message":"x"}]', '["x",null,5]', '"x"', "{}", "5", '[[["x"]]]']
RESULT_INFOS: Final = [
    "null",
    "{}",
    '{"page":1,"per_page":20,"count":2,"total_count":2}',
    '{"page":1.0,"per_page":"20","count":true,"total_count":null,"total_pages":[]}',
    "[]",
    "5",
    f'{{"total_count":{WHOLE[4]}}}',
]

ONE_BY_RESULT: Final = {repr(route.result): route for route in ROUTES}.values()

every_result = pytest.mark.parametrize("route", ONE_BY_RESULT, ids=lambda route: route.name)
thorough = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def raw(text: str | bytes) -> RawResponse:
    """An answer with status 200."""
    body = text.encode() if isinstance(text, str) else text
    return RawResponse(status=200, headers=CIMultiDictProxy(CIMultiDict()), body=body)


def fast(route: Route[Any], text: str | bytes) -> Envelope | None:
    """What the fast road makes of an answer."""
    return _read_straight(route.result, raw(text).body, CALL, CONVERTER.structure)


def patient(route: Route[Any], text: str | bytes) -> Envelope:
    """What the patient road makes of an answer."""
    envelope = read_envelope(raw(text), CALL)
    result = envelope.result
    if result is None and route.assumed_result is not None:
        result = {key: PATH[parameter] for key, parameter in route.assumed_result.items()}
    envelope.result = decode_result(route, result, converter=CONVERTER, raw=raw(text), call=CALL)
    return envelope


def both(route: Route[Any], text: str | bytes) -> Envelope:
    """What both roads together make of an answer."""
    return read_answer(route, raw(text), CALL, path=PATH, converter=CONVERTER)


def outcome(read: Callable[[Route[Any], str | bytes], Envelope], route: Route[Any], text: str | bytes) -> Any:
    """What reading an answer ends in: an envelope, or all that its error says."""
    try:
        return read(route, text)
    except ResponseError as error:
        return type(error), str(error), error.status, error.errors, error.body_excerpt


def assert_same_outcome(route: Route[Any], text: str | bytes) -> None:
    """Check that reading an answer ends as on the patient road, in an object or in an error."""
    read, expected = outcome(both, route, text), outcome(patient, route, text)
    assert repr(read) == repr(expected)
    if isinstance(expected, Envelope):
        assert_alike(read.result, expected.result, CONVERTER)


def results(route: Route[Any], *, is_odd: bool) -> st.SearchStrategy[str]:
    """Results of a route."""
    texts = Texts(COMPONENTS, is_odd)
    return st.integers(0, 1).flatmap(lambda variant: texts.of(OPERATIONS[route.name].result, variant))


def documented_envelopes(route: Route[Any]) -> st.SearchStrategy[str]:
    """Answers as they are documented, with what the API adds to them."""
    result = results(route, is_odd=False)
    parts = {"success": st.just("true"), "errors": st.just("[]"), "messages": st.sampled_from(MESSAGES)}
    info = {"result_info": st.sampled_from(RESULT_INFOS), "unheard-of": st.sampled_from(ANYTHING)}
    return object_of({**parts, "result": result}) | object_of({**parts, **info, "result": result})


def odd_envelopes(route: Route[Any]) -> st.SearchStrategy[str]:
    """Answers with one oddity or another in the envelope or in the result."""
    oddities = st.sampled_from(ANYTHING)
    documented = results(route, is_odd=False)
    success = st.sampled_from(["true"] * 9 + ["false", "null", "1", '"true"', "[]"])
    parts = {"success": success, "messages": st.sampled_from(MESSAGES) | oddities}
    rest = {"result_info": st.sampled_from(RESULT_INFOS) | oddities, "errors": st.sampled_from(MESSAGES)}
    return st.one_of(
        object_of({**parts, **rest, "result": documented}, again=oddities),
        object_of({**parts, "result": documented | oddities}),
        object_of({**rest, "result": documented}),
        object_of({**parts, **rest}),
        documented,
    )


@every_result
@thorough
@given(data=st.data())
def test_documented_answers_take_the_fast_road(route: Route[Any], data: st.DataObject) -> None:
    """Whatever the API documents is read fast, and as the patient road reads it."""
    text = data.draw(documented_envelopes(route))

    assert fast(route, text) is not None
    assert_same_outcome(route, text)


@every_result
@thorough
@given(data=st.data())
def test_odd_results(route: Route[Any], data: st.DataObject) -> None:
    """However odd a result is, both roads lead to the same object, or the error is that of the patient road."""
    assert_same_outcome(route, f'{{"success":true,"result":{data.draw(results(route, is_odd=True))}}}')


@every_result
@thorough
@given(data=st.data())
def test_odd_envelopes(route: Route[Any], data: st.DataObject) -> None:
    """However odd an envelope is, it is read as on the patient road."""
    assert_same_outcome(route, data.draw(odd_envelopes(route)))


def test_no_result_is_left_to_the_patient_road() -> None:
    """Every result of every route has a fast reader, and every fast reader a route."""
    assert {route.name for route in ROUTES} == set(OPERATIONS)
    assert {repr(route.result) for route in ROUTES} == {repr(result) for result in RESULT_READERS}


def test_a_route_of_ones_own_takes_the_patient_road() -> None:
    """A type of result that no endpoint of ours has is read all the same."""
    route: Route[dict[str, int]] = Route(
        name="own", method="GET", path="/own", result=dict[str, int], safe_to_repeat=True
    )

    assert fast(route, '{"success":true,"result":{"a":1}}') is None
    assert both(route, '{"success":true,"result":{"a":1}}').result == {"a": 1}


APP_TEXT: Final = (
    '"id":"a","protocol":"tcp/22","dns":{"name":"a.example"},'
    '"created_on":"2014-01-02T02:20:00Z","modified_on":"2014-01-02T02:20:00Z"'
)


@pytest.mark.parametrize(
    ("more", "model", "is_fast"),
    [
        pytest.param("", PaygoApp, True, id="paygo"),
        pytest.param(',"tls":null,"edge_ips":null', PaygoApp, True, id="paygo with nulls"),
        pytest.param(',"tls":"off"', App, True, id="full"),
        pytest.param(',"tls":"off","tls":null', PaygoApp, True, id="the last of two keys counts"),
        pytest.param(',"origin_port":22', App, True, id="port"),
        pytest.param(',"origin_port":"22-24"', App, True, id="ports"),
        pytest.param(',"origin_port":22.0', App, False, id="port with a point"),
        pytest.param(',"edge_ips":{"type":"dynamic","connectivity":"ipv8"}', App, True, id="dynamic addresses"),
        pytest.param(',"edge_ips":{"type":"static","ips":["192.0.2.1"]}', App, True, id="static addresses"),
        pytest.param(',"edge_ips":{"type":"static"}', App, True, id="static addresses, none"),
        pytest.param(',"edge_ips":{"type":"leased","ips":[]}', App, True, id="unknown type with addresses"),
        pytest.param(',"edge_ips":{"type":"leased"}', App, True, id="unknown type without addresses"),
        pytest.param(',"edge_ips":{"ips":["192.0.2.1"]}', App, True, id="addresses without a type"),
        pytest.param(',"edge_ips":{}', App, True, id="no type, no addresses"),
        pytest.param(',"edge_ips":{"type":null,"ips":null}', App, False, id="nulls for what has a default"),
        pytest.param(',"edge_ips":{"type":"dynamic","ips":5}', App, False, id="foreign key that is wrong"),
        pytest.param(',"proxy_protocol":"v1"', App, True, id="proxy protocol"),
        pytest.param(',"proxy_protocol":true', App, False, id="old proxy protocol, on"),
        pytest.param(',"proxy_protocol":false', App, False, id="old proxy protocol, off"),
    ],
)
def test_forms_of_an_app(more: str, model: type[Any], is_fast: bool) -> None:
    """Each form of an application is read as one, in a list and alone, and on the road that it is meant for."""
    for route, text in ((GET_APP, f"{{{APP_TEXT}{more}}}"), (LIST_APPS, f"[{{{APP_TEXT}{more}}}]")):
        answer = f'{{"success":true,"result":{text}}}'
        result = both(route, answer).result
        assert type(result[0] if isinstance(result, list) else result) is model
        assert (fast(route, answer) is not None) is is_fast
        assert_same_outcome(route, answer)


@pytest.mark.parametrize(
    ("data", "is_fast"),
    [
        pytest.param("[]", True, id="no rows"),
        pytest.param('[{"metrics":[1,2.0]},{"metrics":[1e3]}]', True, id="flat"),
        pytest.param('[{"metrics":[[1,2.0]]},{"metrics":[[],[3]]}]', True, id="nested"),
        pytest.param('[{"metrics":[]},{"metrics":[[]]},{}]', True, id="empty"),
        pytest.param('[{"metrics":[1]},{"metrics":[[1]]}]', False, id="mixed"),
        pytest.param('[{"metrics":null,"dimensions":null}]', False, id="nulls"),
        pytest.param("null", False, id="null for the rows"),
    ],
)
def test_forms_of_a_report(data: str, is_fast: bool) -> None:
    """Numbers stand in a row or in a row of rows, and stay whole or not as they came."""
    answer = f'{{"success":true,"result":{{"data_lag":0,"query":{{}},"rows":1,"data":{data}}}}}'

    for route in (GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY):
        assert (fast(route, answer) is not None) is is_fast
        assert_same_outcome(route, answer)


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (GET_APP, "{" + APP_TEXT.replace("2014-01-02T02:20:00Z", "0001-01-01T00:00:00+01:00") + "}"),
        (DELETE_APP, '{"id":5}'),
    ],
    ids=["a time before the year 1 in UTC", "a number for a text"],
)
def test_what_no_road_takes(route: Route[Any], text: str) -> None:
    """What the fast road cannot read or build is left to the patient one, which says why it cannot either."""
    answer = f'{{"success":true,"result":{text}}}'
    assert fast(route, answer) is None
    assert_same_outcome(route, answer)


@pytest.mark.parametrize("fraction", ["1234565", "1234567", "9999999", "123456500", "123456789", "999999999"])
def test_times_finer_than_a_microsecond(fraction: str) -> None:
    """What a datetime cannot hold is rounded alike on both roads."""
    answer = '{"success":true,"result":{%s}}' % APP_TEXT.replace("20:00Z", f"20:00.{fraction}Z")  # noqa: UP031 - it has braces

    assert_same_outcome(GET_APP, answer)


@pytest.mark.parametrize(
    "unknown",
    [b'"z":1e999', b'"z":"\xff"', b'"\xff":1', b'"z":' + b"[" * 600 + b"]" * 600],
    ids=["number out of range", "value not in utf-8", "key not in utf-8", "deep"],
)
def test_what_no_model_holds_is_skipped(unknown: bytes) -> None:
    """Nothing of an unknown key is read into an object, so that it cannot fail the call."""
    answer = b'{"success":true,"result":{"id":"a",%s}}' % unknown

    assert both(DELETE_APP, answer).result.id == "a"


@pytest.mark.parametrize("route", [GET_EVENTS_BY_TIME, GET_EVENTS_SUMMARY], ids=lambda route: route.name)
@pytest.mark.parametrize(
    ("metrics", "place"),
    [("[{}, 2]", "metrics[0]"), ("[[{}], [2]]", "metrics[0][0]"), ("[[2], [3, {}]]", "metrics[1][1]")],
    ids=["flat", "nested", "nested, further in"],
)
async def test_a_wrong_value_deep_in_a_report(route: Route[Any], metrics: str, place: str, serve: Any) -> None:
    """The error of a call says where in the answer which value is wrong, and what it ought to be."""
    good, wrong = ({"metrics": json.loads(metrics.format(number))} for number in ("1", '"many"'))
    report = {"data": [good, good, good, wrong, good], "data_lag": 0, "query": {}, "rows": 5}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "errors": [], "messages": [], "result": report})

    async with Client(api_token=TOKEN, base_url=await serve(answer), retry=RetryPolicy(max_attempts=1)) as client:
        events = client.analytics.events
        call = events.summary(ZONE) if route is GET_EVENTS_SUMMARY else events.bytime(ZONE, time_delta="hour")
        with pytest.raises(DecodeError) as caught:
            await call

    assert f"result.data[3].{place}: expected a number, got 'many'" in str(caught.value)
