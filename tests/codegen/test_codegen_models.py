"""The generated models at work: everything in rich.yaml, imported and filled."""

import inspect
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, get_args

import attrs
import msgspec
import pytest

from aiospectrum import ConversionError
from aiospectrum._codec.decoder import decode_body

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAIN = {"boxID": "0a1b", "madeAt": "2026-11-20T12:00:00Z", "owner": None}


def read(boxes: SimpleNamespace, **values: Any) -> Any:
    """A box read from JSON values and the required ones."""
    return boxes.converter.structure({**PLAIN, **values}, boxes.models.Box)


def test_models_are_frozen_and_by_keyword(boxes: SimpleNamespace) -> None:
    """A model takes no positional argument and does not change."""
    tag = boxes.models.TAG(text="fragile")
    with pytest.raises(AttributeError):
        tag.text = "sturdy"
    with pytest.raises(TypeError, match="positional"):
        boxes.models.TAG("fragile")


def test_attributes_are_in_snake_case(boxes: SimpleNamespace) -> None:
    """A property keeps its words and loses its capitals."""
    names = [field.name for field in attrs.fields(boxes.models.Box)]
    assert names[:3] == ["box_id", "made_at", "colour"]
    assert "is_fragile" in names


@pytest.mark.parametrize(
    ("model", "required"),
    [("Box", {"box_id", "made_at", "owner"}), ("BoxRequest", {"colour"}), ("Part", set())],
)
def test_exactly_the_required_properties_are_required(boxes: SimpleNamespace, model: str, required: set[str]) -> None:
    """All other fields have a default."""
    fields = attrs.fields(getattr(boxes.models, model))
    assert {field.name for field in fields if field.default is attrs.NOTHING} == required


def test_defaults_are_those_of_the_spec_and_not_shared(boxes: SimpleNamespace) -> None:
    """Strings, numbers and booleans stand as they are; each object has an empty list of its own."""
    part = boxes.models.Part()
    assert (part.kind, part.radius, part.is_round, part.edges) == ("ball", 0, True, None)
    first, second = (boxes.models.Box(box_id="0a1b", made_at=NOON, owner=None) for _ in range(2))
    assert (first.names, first.notes, first.order, first.lent, first.first) == ((), [], "size", (), part)
    assert first.notes is not second.notes


def test_docstrings_say_what_each_field_is(boxes: SimpleNamespace) -> None:
    """The first sentence stands alone, and help() shows the fields."""
    text = inspect.getdoc(boxes.models.Box) or ""
    assert text.startswith("A box.\n\nIt has two sentences.\n\nAttributes:\n    box_id: Its identifier.\n    made_at: ")


@pytest.mark.parametrize(
    ("alias", "options"),
    [("Order", ("size", "colour")), ("Width", (int, str)), ("Span", (datetime, ...))],
)
def test_aliases_are_what_the_spec_says(boxes: SimpleNamespace, alias: str, options: tuple[Any, ...]) -> None:
    """An enum is a Literal, a choice a union, an array with a name a tuple."""
    assert get_args(getattr(boxes.models, alias)) == options


@pytest.mark.parametrize(
    ("wire", "attribute", "value", "expected"),
    [
        pytest.param("colour", "colour", "red", "red", id="known value of an open enum"),
        pytest.param("colour", "colour", "mauve", "mauve", id="unknown value of an open enum"),
        pytest.param("shade", "shade", "muddy", "muddy", id="unknown value of an open enum in place"),
        pytest.param("order", "order", "colour", "colour", id="value of a closed enum"),
        pytest.param("width", "width", 7, 7, id="choice, first"),
        pytest.param("width", "width", "wide", "wide", id="choice, second"),
        pytest.param("weight", "weight", 2, 2, id="whole number"),
        pytest.param("isFragile", "is_fragile", True, True, id="boolean"),
        pytest.param("names", "names", ["a"], ("a",), id="array by name"),
        pytest.param("prices", "prices", {"EUR": 1.5}, {"EUR": 1.5}, id="map by name"),
        pytest.param("madeAt", "made_at", "2026-11-20T12:00:00.000001Z", NOON.replace(microsecond=1), id="date"),
        pytest.param(
            "lent",
            "lent",
            ["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z"],
            (NOON, NOON + timedelta(seconds=1)),
            id="tuple of dates",
        ),
        pytest.param("seen", "seen", 5, 5, id="choice of three, a number"),
        pytest.param("seen", "seen", False, False, id="choice of three, a boolean"),
        pytest.param("echo", "echo", {"Desc": True}, {"Desc": True}, id="anything"),
        pytest.param("owner", "owner", "me", "me", id="no null where one may be"),
        pytest.param("owner", "owner", None, None, id="null where one may be"),
    ],
)
def test_values_are_read_and_written_back(
    boxes: SimpleNamespace, wire: str, attribute: str, value: Any, expected: Any
) -> None:
    """A property of every kind becomes its attribute and the same JSON value again, in both ways of decoding."""
    values = {**PLAIN, wire: value}
    box = read(boxes, **{wire: value})
    decoded = decode_body(boxes.models.Box, msgspec.json.encode({"success": True, "result": values}))

    assert getattr(box, attribute) == expected
    assert decoded is not None
    assert decoded.result == box
    assert boxes.converter.unstructure(box)[wire] == value


def test_models_inside_models_are_read_as_their_classes(boxes: SimpleNamespace) -> None:
    """Objects, arrays of them and arrays of arrays keep their classes and write back."""
    models = boxes.models
    values = {
        **PLAIN,
        "part": {"radius": 2},
        "parts": [{"kind": "cube", "edges": [1]}, {}],
        "tag": {"text": "a"},
        "tags": [{"text": "b"}, {}],
        "grid": [[{"text": "c"}], []],
        "first": {},
        "notes": [],
    }
    box = boxes.converter.structure({**values, "lid": None}, models.Box)
    assert box.part == models.Part(radius=2)
    assert box.parts == [models.Part(kind="cube", edges=[1]), models.Part()]
    assert box.tags == [models.TAG(text="b"), models.TAG()]
    assert box.grid == [[models.TAG(text="c")], []]
    assert box.lid is None
    assert boxes.converter.unstructure(box) == values


def test_dates_are_written_in_utc(boxes: SimpleNamespace) -> None:
    """A date in another zone goes out as the same moment with a Z."""
    here = NOON.astimezone(timezone(timedelta(hours=3)))
    written = boxes.converter.unstructure(boxes.models.Box(box_id="0a1b", made_at=here, owner=None, lent=(here,)))
    assert (written["madeAt"], written["lent"]) == ("2026-11-20T12:00:00Z", ["2026-11-20T12:00:00Z"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 1.5}, "width: expected a whole number or a string, got 1.5"),
        ({"weight": "3"}, "weight: expected a number, got '3'"),
        ({"isFragile": 1}, "isFragile: expected true or false, got 1"),
        ({"colour": 3}, "colour: expected a string, got 3"),
        ({"order": "age"}, "order: expected one of size, colour, got 'age'"),
        ({"madeAt": "noon"}, "madeAt: expected an RFC 3339 date and time, got 'noon'"),
        ({"parts": [{"radius": "x"}]}, "parts[0].radius: expected a whole number, got 'x'"),
        ({"tag": []}, "tag: expected an object, got []"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_value_of_another_type_is_refused(boxes: SimpleNamespace, values: dict[str, Any], message: str) -> None:
    """Nothing is coerced in either way of decoding, and the error says where and what."""
    body = msgspec.json.encode({"success": True, "result": {**PLAIN, **values}})
    assert decode_body(boxes.models.Box, body) is None
    with pytest.raises(ConversionError) as raised:
        read(boxes, **values)
    assert str(raised.value) == message
