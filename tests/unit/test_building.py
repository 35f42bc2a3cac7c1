"""What the generated decoders are made of."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import attrs
import msgspec
import pytest
from msgspec.structs import force_setattr

from aiospectrum._codec.building import become, in_utc
from aiospectrum._codec.structs import struct, wire_type

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


@struct(kw_only=True)
class Other:
    """A model with other fields."""

    text: str | None = None


@struct(kw_only=True)
class Row:
    """A model whose annotations msgspec does not take."""

    numbers: list[int] | list[list[int]]
    labels: list[str] = attrs.Factory(list)


RowValues: Final = wire_type("RowValues", Row, [("numbers", list[int])])


def test_a_subclass_is_read_by_its_own_annotations() -> None:
    """Msgspec takes the subclass where it refuses the model; once an object is told its class, nothing shows that."""
    with pytest.raises(TypeError, match="more than one array-like"):
        msgspec.json.Decoder(Row)
    row: Any = msgspec.json.decode(b'{"numbers":[1]}', type=RowValues)

    force_setattr(row, "labels", ["a"])
    become(row, Row)

    assert type(row) is Row
    assert row == Row(numbers=[1], labels=["a"])
    assert repr(row) == "Row(numbers=[1], labels=['a'])"
    assert pickle.loads(pickle.dumps(row)) == row  # noqa: S301 - our own


def test_an_object_does_not_become_what_it_cannot_be() -> None:
    """A class with other fields is refused."""
    with pytest.raises(TypeError, match="differs"):
        become(Other(), Row)


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
