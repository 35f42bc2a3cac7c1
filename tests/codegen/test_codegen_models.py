"""The generated models and converters at work: everything in rich.yaml, imported and filled."""

import inspect
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, get_args

import attrs
import msgspec
import pytest
from cattrs.errors import ClassValidationError

from aiospectrum._codec.registration import explain
from aiospectrum.tables.mixin import ReportTable

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAIN = {"boxID": "0a1b", "madeAt": "2026-11-20T12:00:00Z"}


def read(boxes: SimpleNamespace, **values: Any) -> Any:
    """A box read from JSON values beside the required ones."""
    return boxes.converter.structure({**PLAIN, **values}, boxes.models.Box)


def test_models_are_frozen_and_by_keyword(boxes: SimpleNamespace) -> None:
    """A model takes no positional argument and does not change."""
    tag = boxes.models.TAG(text="fragile")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        tag.text = "sturdy"
    with pytest.raises(TypeError, match="positional"):
        boxes.models.TAG("fragile")


def test_a_model_with_a_base(boxes: SimpleNamespace) -> None:
    """A model derives from the handwritten class that the spec says, and from no other."""
    assert boxes.models.PlainBox.__bases__ == (ReportTable, msgspec.Struct)
    assert boxes.models.Box.__bases__ == (msgspec.Struct,)
    assert boxes.models.PlainBox(box_id="0a1b") == boxes.models.PlainBox(box_id="0a1b")


def test_attributes_are_in_snake_case(boxes: SimpleNamespace) -> None:
    """A property keeps its words and loses its capitals."""
    names = [field.name for field in attrs.fields(boxes.models.Box)]
    assert names[:3] == ["box_id", "made_at", "colour"]
    assert "is_fragile" in names


@pytest.mark.parametrize(
    ("model", "required"),
    [("Box", {"box_id", "made_at"}), ("PlainBox", {"box_id"}), ("BoxRequest", {"colour"}), ("Ball", set())],
)
def test_exactly_the_required_properties_are_required(boxes: SimpleNamespace, model: str, required: set[str]) -> None:
    """All other fields have a default."""
    fields = attrs.fields(getattr(boxes.models, model))
    assert {field.name for field in fields if field.default is attrs.NOTHING} == required


def test_a_list_as_default_is_not_shared(boxes: SimpleNamespace) -> None:
    """Each object has an empty list of its own."""
    first, second = (boxes.models.Box(box_id="0a1b", made_at=NOON) for _ in range(2))
    assert first.names == []
    assert first.names is not second.names


def test_docstrings_are_laid_out(boxes: SimpleNamespace) -> None:
    """The first sentence stands alone."""
    assert inspect.getdoc(boxes.models.Box) == "A box.\n\nIt has two sentences."
    assert boxes.models.TAG.__doc__ == "A tag."


@pytest.mark.parametrize(
    ("alias", "options"),
    [("Order", ("size", "colour")), ("Width", (int, str))],
    ids=["closed enum", "choice"],
)
def test_aliases_are_what_the_spec_says(boxes: SimpleNamespace, alias: str, options: tuple[Any, ...]) -> None:
    """An enum is a Literal, a choice a union."""
    assert get_args(getattr(boxes.models, alias)) == options


@pytest.mark.parametrize(
    ("wire", "attribute", "value", "expected"),
    [
        pytest.param("colour", "colour", "red", "red", id="known value of an open enum"),
        pytest.param("colour", "colour", "mauve", "mauve", id="unknown value of an open enum"),
        pytest.param("shade", "shade", "muddy", "muddy", id="unknown value of an open enum in place"),
        pytest.param("order", "order", "age", "age", id="unknown value of a closed enum in an answer"),
        pytest.param("width", "width", 7, 7, id="choice, first"),
        pytest.param("width", "width", "wide", "wide", id="choice, second"),
        pytest.param("weight", "weight", 2, 2, id="whole number"),
        pytest.param("isFragile", "is_fragile", True, True, id="boolean"),
        pytest.param("names", "names", ["a"], ["a"], id="array by name"),
        pytest.param("prices", "prices", {"EUR": 1.5}, {"EUR": 1.5}, id="map by name"),
        pytest.param("madeAt", "made_at", "2026-11-20T12:00:00.000001Z", NOON.replace(microsecond=1), id="date"),
        pytest.param(
            "lent",
            "lent",
            ["2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z"],
            (NOON, NOON + timedelta(seconds=1)),
            id="pair of dates",
        ),
        pytest.param("seen", "seen", 5, 5, id="choice with a date, a number"),
        pytest.param("seen", "seen", "2026-11-20T12:00:00Z", NOON, id="choice with a date, a date"),
        pytest.param("seen", "seen", [1, 2.5], [1, 2.5], id="choice with a date, an array"),
        pytest.param("echo", "echo", "2026-11-20T12:00:00Z", NOON, id="date or anything, a date"),
        pytest.param("echo", "echo", {"Desc": True}, {"Desc": True}, id="date or anything, anything"),
    ],
)
def test_values_are_read_and_written_back(
    boxes: SimpleNamespace, wire: str, attribute: str, value: Any, expected: Any
) -> None:
    """A property of every kind becomes its attribute and the same JSON value again."""
    box = read(boxes, **{wire: value})
    assert type(box) is boxes.models.Box
    assert getattr(box, attribute) == expected
    assert boxes.converter.unstructure(box)[wire] == value


@pytest.mark.parametrize(("old", "new"), [(True, "red"), (False, "off")])
def test_booleans_of_old_payloads_become_the_strings_that_replaced_them(
    boxes: SimpleNamespace, old: bool, new: str
) -> None:
    """x-booleans says which."""
    assert read(boxes, colour=old).colour == new


def test_models_inside_models_are_read_as_their_classes(boxes: SimpleNamespace) -> None:
    """Objects, arrays of them, arrays of arrays, unions and arrays of unions keep their classes and write back."""
    models = boxes.models
    values = {
        **PLAIN,
        "order": "size",
        "names": [],
        "part": {"kind": "cube", "edges": [1]},
        "parts": [{"kind": "ball", "radius": 2}, {"kind": "cube"}],
        "tag": {"text": "a"},
        "tags": [{"text": "b"}, {}],
        "grid": [[{"text": "c"}], []],
    }
    box = boxes.converter.structure(values, models.Box)
    assert box.part == models.Cube(edges=[1])
    assert box.parts == [models.Ball(radius=2), models.Cube()]
    assert box.tag == models.TAG(text="a")
    assert box.tags == [models.TAG(text="b"), models.TAG()]
    assert box.grid == [[models.TAG(text="c")], []]
    assert boxes.converter.unstructure(box) == values


@pytest.mark.parametrize(
    ("values", "model"),
    [
        pytest.param({"kind": "ball", "edges": [1]}, "Ball", id="discriminator before other keys"),
        pytest.param({"kind": "cube"}, "Cube", id="discriminator alone"),
        pytest.param({"kind": "cone", "edges": [1]}, "Cube", id="unknown value, known key"),
        pytest.param({"edges": [1]}, "Cube", id="no discriminator, known key"),
        pytest.param({"kind": "cone"}, "Ball", id="nothing says it"),
        pytest.param({"edges": None}, "Ball", id="null says nothing"),
    ],
)
def test_a_union_with_a_discriminator(boxes: SimpleNamespace, values: dict[str, Any], model: str) -> None:
    """The discriminator decides, then the keys that one class alone has, then the order in the spec."""
    assert type(boxes.converter.structure(values, boxes.models.Part)) is getattr(boxes.models, model)


@pytest.mark.parametrize(
    ("values", "model"),
    [
        pytest.param({"boxID": "0a1b"}, "PlainBox", id="common keys"),
        pytest.param(PLAIN, "PlainBox", id="all common keys"),
        pytest.param({**PLAIN, "weight": 3}, "Box", id="own key"),
        pytest.param({**PLAIN, "colour": "mauve"}, "Box", id="own key with an unknown value"),
        pytest.param({**PLAIN, "weight": None}, "PlainBox", id="own key with null"),
        pytest.param({**PLAIN, "height": 3}, "PlainBox", id="unknown key"),
    ],
)
def test_a_union_without_a_discriminator(boxes: SimpleNamespace, values: dict[str, Any], model: str) -> None:
    """The keys that one class alone has decide."""
    assert type(boxes.converter.structure(values, boxes.models.AnyBox)) is getattr(boxes.models, model)


def test_absent_fields_are_left_out_and_unknown_ones_ignored(boxes: SimpleNamespace) -> None:
    """Nothing is written that was not given but the defaults that mean something."""
    plain = boxes.converter.structure({"boxID": "0a1b", "madeAt": None, "height": 3}, boxes.models.PlainBox)
    assert boxes.converter.unstructure(plain) == {"boxID": "0a1b"}
    assert boxes.converter.unstructure(boxes.models.Ball()) == {"kind": "ball"}
    assert boxes.converter.unstructure(boxes.models.TAG()) == {}


def test_dates_are_written_in_utc_wherever_they_stand(boxes: SimpleNamespace) -> None:
    """A date in another zone goes out as the same moment with a Z."""
    here = NOON.astimezone(timezone(timedelta(hours=3)))
    box = boxes.models.Box(box_id="0a1b", made_at=here, lent=(here, here), seen=here, echo=here)
    written = boxes.converter.unstructure(box)
    noon = "2026-11-20T12:00:00Z"
    assert (written["madeAt"], written["lent"], written["seen"], written["echo"]) == (noon, [noon, noon], noon, noon)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 1.5}, "width: expected a whole number or a string, got 1.5"),
        ({"weight": "3"}, "weight: expected a number, got '3'"),
        ({"isFragile": 1}, "isFragile: expected true or false, got 1"),
        ({"colour": 3}, "colour: expected a string, got 3"),
        ({"madeAt": "noon"}, "madeAt: expected an RFC 3339 date and time, got 'noon'"),
        ({"parts": [{"kind": "ball", "radius": "x"}]}, "radius: expected a whole number, got 'x'"),
        ({"tag": []}, "tag: expected an object, got []"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_value_of_another_type_is_refused(boxes: SimpleNamespace, values: dict[str, Any], message: str) -> None:
    """Nothing is coerced, and the error says where and what."""
    with pytest.raises(ClassValidationError) as raised:
        read(boxes, **values)
    where, what = message.split(": ", maxsplit=1)
    attribute = {"isFragile": "is_fragile", "madeAt": "made_at"}.get(where, where)
    assert explain(raised.value).endswith(f"{attribute}: {what}")
