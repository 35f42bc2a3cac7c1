"""What the generated decoders are made of."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import attrs
import msgspec
import pytest

from aiospectrum.building import dict_setter, in_utc, view, with_class_defaults

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


@with_class_defaults
@attrs.frozen(kw_only=True, slots=False)
class Box:
    """A model as the generator makes it."""

    name: str
    kind: str = "plain"
    width: int | None = None
    tags: list[str] = attrs.Factory(list)


@attrs.frozen(kw_only=True)
class Row:
    """A model with slots whose annotations msgspec does not take."""

    numbers: list[int] | list[list[int]]
    labels: list[str] = attrs.Factory(list)


class Base:
    """A base class without a dict."""

    __slots__ = ()


@attrs.frozen(slots=False)
class Derived(Base):
    """A model with a base class."""

    name: str


RowView: Final = view(Row, {"numbers": list[int], "labels": list[str]})


def bare_box(**values: object) -> Box:
    """A box that holds nothing but some values."""
    box = object.__new__(Box)
    dict_setter(Box)(box, values)
    return box


def test_a_model_made_of_a_dict_has_its_defaults() -> None:
    """What the dict lacks comes from the class, and nothing shows the difference."""
    box, same = bare_box(name="a", tags=[]), Box(name="a")

    assert vars(box) == {"name": "a", "tags": []}
    assert box == same
    assert repr(box) == repr(same)
    assert attrs.asdict(box) == attrs.asdict(same)
    assert attrs.evolve(box, width=3) == Box(name="a", width=3)
    assert pickle.loads(pickle.dumps(box)) == copy.copy(box) == copy.deepcopy(box) == same  # noqa: S301 - our own


def test_a_class_has_no_defaults_that_objects_would_share() -> None:
    """A list made anew for each object, and a value that is required, are no attributes of the class."""
    assert (Box.kind, Box.width) == ("plain", None)
    assert not hasattr(Box, "tags")
    assert not hasattr(Box, "name")


def test_a_model_made_of_a_dict_is_frozen() -> None:
    """Only the setter gets past that."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        bare_box(name="a").name = "b"  # type: ignore[misc]  # which is what is tested


def test_the_dict_of_a_class_with_a_base() -> None:
    """The setter is found where the dict is, below a base that has none."""
    item = object.__new__(Derived)
    dict_setter(Derived)(item, {"name": "a"})

    assert item == Derived("a")


def test_a_view_is_read_by_its_own_annotations() -> None:
    """Msgspec takes the view where it refuses the model, and fills in the model's defaults."""
    with pytest.raises(TypeError, match="more than one array-like"):
        msgspec.json.Decoder(Row)

    row = msgspec.json.decode(b'{"numbers":[1]}', type=RowView)

    assert type(row) is RowView
    assert (row.numbers, row.labels) == ([1], [])


def test_an_object_of_a_view_becomes_one_of_the_model() -> None:
    """Once it is told its class, nothing shows where it came from."""
    row: Any = msgspec.json.decode(b'{"numbers":[1],"labels":["a"]}', type=RowView)

    object.__setattr__(row, "__class__", Row)

    assert type(row) is Row
    assert row == Row(numbers=[1], labels=["a"])
    assert pickle.loads(pickle.dumps(row)) == row  # noqa: S301 - our own


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(NOON, id="utc"),
        pytest.param(NOON.replace(tzinfo=None), id="no zone"),
        pytest.param(NOON.astimezone(timezone(timedelta(hours=-3, minutes=-30))), id="offset"),
        pytest.param(NOON.astimezone(timezone(timedelta(0), "Z")), id="another zone without offset"),
    ],
)
def test_times_become_utc(value: datetime) -> None:
    """The moment stays, and the zone is UTC itself."""
    assert in_utc(value) == NOON
    assert in_utc(value).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), id="before the year 1"),
        pytest.param(datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), id="after the year 9999"),
    ],
)
def test_times_that_are_none_in_utc(value: datetime) -> None:
    """There is no such datetime."""
    with pytest.raises(OverflowError):
        in_utc(value)
