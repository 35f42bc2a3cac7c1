"""The generated endpoints and checks at work: everything in rich.yaml, imported and called."""

import inspect
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import attrs
import pytest

from aiospectrum import Unchecked
from aiospectrum._http.request import build_request
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.routes import Route
from aiospectrum.transport import Page, Response, ResultInfo

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@attrs.define
class Recorder:
    """A transport that keeps what it is to send, and returns the results it was given, one by one."""

    results: list[Any]
    result_info: ResultInfo | None = None
    calls: list[SimpleNamespace] = attrs.field(factory=list)

    async def send(
        self, route: Route[Any], *, path: Mapping[str, object], query: Mapping[str, object], body: object = None
    ) -> Response[Any]:
        """Keep the call and return the next result."""
        self.calls.append(SimpleNamespace(route=route, path=path, query=query, body=body))
        return Response(
            route=route,
            url="https://example.com",
            result=self.results.pop(0),
            status=200,
            headers={},
            messages=(),
            result_info=self.result_info,
            attempts=1,
        )


async def test_a_paged_list_sends_what_was_given(boxes: SimpleNamespace) -> None:
    """The function hands its arguments to the transport and makes a page of the response."""
    transport = Recorder([["box"]], result_info=ResultInfo(page=2, total_count=3))
    page = await boxes.boxes.list_boxes(transport, "0a1b", kind="red", page=2)
    assert page == Page(items=["box"], page=2, total_count=3)
    (call,) = transport.calls
    assert call.route is boxes.boxes.LIST_BOXES
    assert call.path == {"shelf_id": "0a1b"}
    assert call.query == {"kind": "red", "page": 2, "per_page": None, "order": None}
    assert call.body is None


async def test_a_body_is_handed_on_as_the_model(boxes: SimpleNamespace) -> None:
    """x-python-name names the argument; the result comes back as it is."""
    transport = Recorder(["made"])
    request = boxes.models.BoxRequest(colour="red", part=boxes.models.Part())
    assert await boxes.boxes.create_box(transport, "0a1b", box=request) == "made"
    (call,) = transport.calls
    assert (call.route, call.body, call.query) == (boxes.boxes.CREATE_BOX, request, {})


async def test_all_pages_are_gone_over(boxes: SimpleNamespace) -> None:
    """Pages come one by one, as many items each as the spec allows, and each item once by its key."""
    made = [boxes.models.Box(box_id=f"{number:04x}", made_at=NOON, owner=None) for number in range(51)]
    transport = Recorder([made[:50], made[49:]])
    assert [box async for box in boxes.boxes.iterate_boxes(transport, "0a1b", kind="red")] == made
    assert [(call.query["page"], call.query["per_page"]) for call in transport.calls] == [(1, 50), (2, 50)]
    assert {call.query["kind"] for call in transport.calls} == {"red"}


async def test_namespaces_are_made_of_the_same_functions(boxes: SimpleNamespace) -> None:
    """A method is the function with the namespace as its transport; dots of x-namespace are attributes."""
    assert boxes.namespaces.Boxes.list is boxes.boxes.list_boxes
    assert boxes.namespaces.Boxes.iterate is boxes.boxes.iterate_boxes
    transport = Recorder(["counted"])
    assert await boxes.namespaces.Namespaces(transport).counts.per_day.fetch(skip=1) == "counted"
    (call,) = transport.calls
    assert call.query["skip"] == 1
    assert boxes.namespaces.__all__ == ["SERVICE", "Boxes", "Counts", "CountsPerDay", "Namespaces"]
    assert boxes.namespaces.Boxes.__doc__ == "Boxes on shelves."


@pytest.mark.parametrize(
    ("constant", "method", "path", "safe"),
    [
        ("LIST_BOXES", "GET", "/shelves/{shelf_id}/boxes", True),
        ("CREATE_BOX", "POST", "/shelves/{shelf_id}/boxes", False),
        ("REPLACE_BOX", "PUT", "/shelves/{shelf_id}/boxes/{row}", True),
        ("DELETE_BOX", "DELETE", "/shelves/{shelf_id}/boxes/{row}", True),
    ],
)
def test_routes_say_what_the_spec_says(
    boxes: SimpleNamespace, constant: str, method: str, path: str, safe: bool
) -> None:
    """All but a POST may be repeated."""
    route = getattr(boxes.boxes, constant)
    assert (route.method, route.path, route.safe_to_repeat, route.name) == (method, path, safe, constant.lower())


def test_required_parameters_come_first_and_have_no_default(boxes: SimpleNamespace) -> None:
    """The signature shows what can be left out."""
    parameters = inspect.signature(boxes.boxes.list_boxes).parameters
    assert list(parameters) == ["transport", "shelf_id", "kind", "page", "per_page", "order"]
    assert parameters["kind"].default is inspect.Parameter.empty
    assert parameters["kind"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["page"].default is None


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        pytest.param({}, "/counts", id="nothing"),
        pytest.param({"labels": ["size", "colour"]}, "/counts?labels%5B%5D=size,colour", id="array joined by commas"),
        pytest.param({"since": NOON}, "/counts?since=2026-11-20T12:00:00Z", id="date"),
        pytest.param({"width": 3, "word": "ab"}, "/counts?width=3&word=ab", id="choice and string"),
        pytest.param({"top": 9, "skip": -1}, "/counts?top=9&skip=-1", id="integers"),
    ],
)
async def test_a_query_is_written_as_the_spec_says(
    boxes: SimpleNamespace, arguments: dict[str, Any], target: str
) -> None:
    """The route alone is enough to build the request."""
    transport = Recorder(["counted"])
    await boxes.counts.get_counts(transport, **arguments)
    (call,) = transport.calls
    request = build_request(call.route, path=call.path, query=call.query, body=call.body)
    assert request == (target, None)


async def test_a_body_is_written_with_wire_names(boxes: SimpleNamespace) -> None:
    """The path takes its arguments and the body the names of the spec."""
    transport = Recorder(["put"])
    await boxes.boxes.replace_box(
        transport, "0a1b", 7, body=boxes.models.BoxRequest(colour="red", part=boxes.models.Part(edges=[1, 2]))
    )
    (call,) = transport.calls
    request = build_request(call.route, path=call.path, query=call.query, body=call.body)
    assert request == ("/shelves/0a1b/boxes/7", b'{"colour":"red","part":{"edges":[1,2]}}')


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["size"]}, "labels: expected a list with at least 2 items, got ['size']"),
        ({"labels": ["size", "age"]}, "labels[1]: expected one of size, colour, got 'age'"),
        ({"labels": "size"}, "labels: expected a list with at least 2 items, got 'size'"),
        ({"since": NOON.replace(tzinfo=None)}, "since: expected a datetime with a time zone"),
        ({"width": 0}, "width: expected an integer of 1 or more, or a string, got 0"),
        ({"top": 10}, "top: expected an integer of 9 or less, got 10"),
        ({"skip": True}, "skip: expected an integer, got True"),
        ({"prefix": "abcde"}, "prefix: expected a string of 2 to 4 characters, got 'abcde'"),
        ({"suffix": "a"}, "suffix: expected a string of 2 or more characters, got 'a'"),
        ({"host": "a b.example"}, "host: expected a host name such as www.example.com, got 'a b.example'"),
        ({"kind": "ajar"}, "kind: expected one of open, closed, got 'ajar'"),
        ({"size": 1.5}, "size: expected an integer, or a string, got 1.5"),
        ({"word": "A"}, "word: expected a string that matches ^[a-z]+$, got 'A'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_argument_that_does_not_fit_is_refused(
    boxes: SimpleNamespace, arguments: dict[str, Any], message: str
) -> None:
    """The error says which argument, what was expected and what came."""
    query = dict.fromkeys(parameter.name for parameter in boxes.counts.GET_COUNTS.query) | arguments
    with pytest.raises(InvalidArgumentError) as raised:
        build_request(boxes.counts.GET_COUNTS, path={}, query=query, body=None)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "box: expected exactly one of part, tags, got"),
        ({"part": "Part", "tags": ["TAG"]}, "box: expected exactly one of part, tags, got"),
        ({"colour": None, "part": "Part"}, "box.colour: expected one of red, off, got None"),
        ({"tags": []}, "box.tags: expected a list with at least one item, got []"),
        ({"part": "TAG"}, "box.part: expected an object of the class Part, got TAG"),
        ({"order": "age", "part": "Part"}, "box.order: expected one of size, colour, got 'age'"),
        ({"colour": "mauve", "part": "Part"}, "box.colour: expected one of red, off, got 'mauve'"),
        (
            {"lid": "thick", "glue": "x", "part": "Part"},
            "box.glue: expected None, as it goes with lid 'thin' alone, got",
        ),
        ({"lid": "thin", "serial": "1", "part": "Part"}, "box.serial: expected a UUID such as"),
        ({"due": 3, "part": "Part"}, "box.due: expected True or False, or a string, got 3"),
    ],
    ids=["none", "two", "required", "empty", "other class", "closed enum", "open enum", "variant", "uuid", "choice"],
)
def test_a_body_that_does_not_fit_is_refused(boxes: SimpleNamespace, fields: dict[str, Any], message: str) -> None:
    """The rules of the schema hold for the body before anything is sent."""

    def make(value: Any) -> Any:
        if isinstance(value, list):
            return [make(item) for item in value]
        return getattr(boxes.models, value)() if value in ("Part", "TAG") else value

    request = boxes.models.BoxRequest(**{"colour": "red"} | {key: make(value) for key, value in fields.items()})
    with pytest.raises(InvalidArgumentError) as raised:
        boxes.boxes.CREATE_BOX.body.check.check("box", request)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("value", [True, "soon"])
def test_a_body_that_fits_is_taken(boxes: SimpleNamespace, value: Any) -> None:
    """Every alternative of a choice is taken."""
    request = boxes.models.BoxRequest(
        colour=Unchecked("mauve"), width="wide", due=value, tags=[boxes.models.TAG(text="a")]
    )
    boxes.boxes.CREATE_BOX.body.check.check("box", request)


def test_docstrings_of_functions_say_all(boxes: SimpleNamespace) -> None:
    """Every argument is described with its bounds and default, and so are the result and the errors."""
    text = inspect.getdoc(boxes.boxes.list_boxes) or ""
    assert text.startswith(
        "List the boxes on a shelf.\n\nSource: https://example.com/boxes\n\nArgs:\n    shelf_id: The shelf.\n"
    )
    for line in (
        "    page: Number of the page, 1 or more.",
        "    per_page: Boxes on a page, 1 to 50.",
        "    order: What to order by. The API takes size when it is left out.",
        "Returns:\n    One page of boxes.",
        "Raises:\n    InvalidArgumentError: ",
    ):
        assert f"\n{line}" in text
    assert "    per_page: Boxes on a page of one request, 1 to 50.\n" in (
        inspect.getdoc(boxes.boxes.iterate_boxes) or ""
    )
    assert (inspect.getdoc(boxes.boxes.create_box) or "").startswith(
        "Put a box on a shelf.\n\nIt need not be empty.\n\nSource: "
    )
    counts = inspect.getdoc(boxes.counts.get_counts) or ""
    assert "    top: The most rows, 9 or less.\n    skip: Rows to skip.\n" in counts


async def test_generated_clients_can_be_mocked(boxes: SimpleNamespace) -> None:
    """As the client of this package can: calls are awaited, and wrong arguments refused."""
    client = mock.create_autospec(boxes.client.Client)(api_token="t0ken")
    client.counts.per_day.fetch.return_value = 5
    assert await client.counts.per_day.fetch(skip=1) == 5
    with pytest.raises(TypeError):
        client.counts.per_day.fetch(nope=1)
    with mock.patch.object(boxes.namespaces.Namespaces(Recorder([])).boxes, "list") as patched:
        assert isinstance(patched, mock.AsyncMock)
