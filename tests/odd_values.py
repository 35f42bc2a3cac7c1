"""Values that no caller means to give, each by a name: what stands for whatever arrives in a large program."""

import asyncio
import math
from collections import OrderedDict, UserDict, UserList, deque
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final
from unittest.mock import AsyncMock, Mock

__all__ = ["MAKERS", "FakeDatetime", "Word"]


class Word(str, Enum):  # noqa: UP042 - a StrEnum prints as its value
    """An enum of strings, which prints as its name."""

    TCP = "tcp/22"
    COUNT = "count"


class Whole(IntEnum):
    """An enum of integers."""

    TWO = 2


class LyingText(str):
    """A text that is another one to whoever asks it."""

    __slots__ = ()

    def __str__(self) -> str:
        return "../.."

    def __repr__(self) -> str:
        return "'fine'"

    def __len__(self) -> int:
        return 32

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = str.__hash__

    def __iter__(self) -> Iterator[str]:
        return iter("0" * 32)


class LyingList(list[Any]):
    """A list that says it holds one thing, and gives none."""

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class LyingClass:
    """An object that says it is a text."""

    @property  # type: ignore[misc]  # which is the lie
    def __class__(self) -> type:
        return str


class Unshowable:
    """Something that can neither be shown nor compared, nor tested."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __eq__(self, _: object) -> bool:
        raise RuntimeError("no")

    def __bool__(self) -> bool:
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]  # which is what is odd


class FakeDatetime(datetime):
    """A datetime as libraries make it that freeze the time."""

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return "yesterday"


class OddZone(tzinfo):
    """A time zone without an offset that makes sense."""

    def utcoffset(self, _: datetime | None) -> Any:
        return "+01:00"

    def tzname(self, _: datetime | None) -> str:
        return "odd"

    def dst(self, _: datetime | None) -> None:
        return None


class RaisingZone(tzinfo):
    """A time zone that raises what no time zone should."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise KeyError("no")


async def coroutine(*_: object) -> None:
    """Do nothing, later."""


async def generator() -> AsyncIterator[int]:
    """Give nothing much."""
    yield 1


class AsyncCall:
    """An object that is called as a coroutine function is."""

    async def __call__(self, *_: object) -> None:
        """Do nothing, later."""


def _raise(*_: object, **__: object) -> None:
    raise LookupError("no")


MAKERS: Final[dict[str, Callable[[], Any]]] = {
    "none": lambda: None,
    "true": lambda: True,
    "zero": lambda: 0,
    "negative": lambda: -1,
    "huge": lambda: 10**400,
    "fraction": lambda: 1.5,
    "nan": lambda: math.nan,
    "infinity": lambda: math.inf,
    "decimal": lambda: Decimal("1.5"),
    "complex": lambda: 1j,
    "empty text": str,
    "text": lambda: "x",
    "surrogate": lambda: "\ud800",
    "control": lambda: "a\r\nb\0",
    "long text": lambda: "x" * 100_000,
    "dots": lambda: "..",
    "bytes": lambda: b"x",
    "bytearray": lambda: bytearray(b"x"),
    "enum": lambda: Word.TCP,
    "number enum": lambda: Whole.TWO,
    "lying text": lambda: LyingText(".."),
    "lying list": lambda: LyingList(["count"]),
    "lying class": LyingClass,
    "unshowable": Unshowable,
    "list": list,
    "list of none": lambda: [None],
    "nested": lambda: [[["x"]]],
    "tuple": tuple,
    "set": lambda: {"count"},
    "deque": lambda: deque(["count"]),
    "user list": lambda: UserList(["count"]),
    "range": lambda: range(3),
    "iterator": lambda: iter(["count"]),
    "dict": dict,
    "mapping": lambda: MappingProxyType({"name": "a.example"}),
    "ordered": lambda: OrderedDict(name="a.example"),
    "user dict": lambda: UserDict({1: 2}),
    "namespace": lambda: SimpleNamespace(send=1),
    "object": object,
    "class": lambda: dict,
    "type": lambda: type,
    "exception": lambda: ValueError("no"),
    "function": lambda: lambda *_: None,
    "raising": lambda: _raise,
    "coroutine function": lambda: coroutine,
    "async call": AsyncCall,
    "async generator": lambda: generator,
    "mock": Mock,
    "mock of a text": lambda: Mock(spec=str),
    "async mock": AsyncMock,
    "date": lambda: date(2026, 11, 20),
    "time": lambda: time(12),
    "naive": lambda: datetime(2026, 11, 20),
    "frozen": lambda: FakeDatetime(2026, 11, 20, tzinfo=UTC),
    "odd zone": lambda: datetime(2026, 11, 20, tzinfo=OddZone()),
    "bare zone": lambda: datetime(2026, 11, 20, tzinfo=tzinfo()),
    "raising zone": lambda: datetime(2026, 11, 20, tzinfo=RaisingZone()),
    "first": lambda: datetime.min.replace(tzinfo=UTC),
    "duration": lambda: timedelta(hours=-1),
    "longest": lambda: timedelta.max,
    "path": lambda: Path("x"),
    "event": asyncio.Event,
    "ellipsis": lambda: ...,
}
"""What makes each of them."""
