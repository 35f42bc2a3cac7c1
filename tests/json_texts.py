"""JSON texts drawn from the annotations of models, as documented or with oddities, and what reads alike."""

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter
from hypothesis import strategies as st

from aiospectrum._codec.converter import json_name
from aiospectrum.structs import is_struct

__all__ = ["ANYTHING", "assert_alike", "object_of", "texts_of"]

Text = st.SearchStrategy[str]

WORDS: Final = ["", "a", "tcp/22", "192.0.2.1", "é", "\u2028", 'say "x"', "2014-01-02T02:20:00Z", "null", "5"]
WHOLE: Final = ["0", "5", "-3", "9007199254740993", "18446744073709551617", "-9223372036854775809", f"{10**40 + 1}"]
BROKEN: Final = ["5.0", "2.5", "-0.0", "1e3", "1E-2", "0.1e1", "9007199254740993.0", "1.7976931348623157e308"]
TIMES: Final = [
    "2014-01-02T02:20:00Z",
    "2014-01-02T02:20:00.1Z",
    "2014-01-02T02:20:00.12345Z",
    "2014-01-02T02:20:00.123456Z",
    "2014-01-02t02:20:00z",
    "2014-01-02T02:20:00",
    "2014-01-02 02:20:00Z",
    "2014-01-02T02:20:00-00:00",
    "2014-01-02T02:20:00+05:30",
    "2014-01-01T00:10:00.5-23:59",
    "2016-02-29T23:59:59.000001+0100",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
]
"""Date and time as RFC 3339 has it, and what is close to that."""

ODD_TIMES: Final = [
    "2014-01-02T02:20:00.1234560Z",
    "2014-01-02T02:20:00.123456499Z",
    "2014-01-02T02:20:00.00000041+02:00",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:59.9999999Z",
    "0000-01-01T00:00:00Z",
    "2014-01-02T02:20Z",
    "2014-01-02",
    "2014-01-02T02:20:00+01",
    "2014-01-02T02:20:00+24:00",
    "2014-01-02T02:20:60Z",
    "2014-01-02T24:00:00Z",
    "20140102T022000Z",
    "yesterday",
    "",
]
ANYTHING: Final = ["null", "true", "false", "{}", "[]", "[[]]", '{"a":[null,1.0,{}]}', '""', '"x"', "[0]", '[["x"]]']
ODD: Final = [*ANYTHING, *WHOLE, *BROKEN, *map(json.dumps, ODD_TIMES)]


@st.composite
def object_of(draw: st.DrawFn, items: Mapping[str, Text], *, again: Text | None = None) -> str:
    """An object with its keys in any order, some of which may come twice, of which the last counts."""
    keys = draw(st.permutations(list(items)))
    pairs = [(key, draw(items[key])) for key in keys]
    if again is not None and pairs:
        pairs[:0] = [(draw(st.sampled_from(keys)), draw(again))]
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in pairs) + "}"


@st.composite
def _object_with(draw: st.DrawFn, required: Mapping[str, Text], optional: Mapping[str, Text], *, is_odd: bool) -> str:
    """An object with some of its optional keys; an odd one may lack a required one, or have one twice."""
    kept = draw(st.sets(st.sampled_from(list(optional))))
    items = {**required, **{key: text for key, text in optional.items() if key in kept}}
    chance = draw(st.integers(0, 20)) if is_odd else 0
    if chance == 20 and required:
        del items[draw(st.sampled_from(list(required)))]
    return draw(object_of(items, again=st.sampled_from(ODD) if chance == 19 else None))


def texts_of(annotation: Any, *, is_odd: bool) -> Text:
    """Texts of values with an annotation; if odd, other values than documented now and then."""
    documented = st.deferred(lambda: _documented(annotation, is_odd=is_odd))
    if not is_odd:
        return documented
    return st.integers(0, 30).flatmap(lambda chance: st.sampled_from(ODD) if chance == 30 else documented)


def _documented(annotation: Any, *, is_odd: bool) -> Text:
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    if len(options) > 1:
        return st.one_of([texts_of(option, is_odd=is_odd) for option in options])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_struct(annotation):
        return _model(annotation, is_odd=is_odd)
    if origin is Literal:
        return st.sampled_from([json.dumps(word) for word in arguments])
    if origin in (list, tuple):
        return st.lists(texts_of(arguments[0], is_odd=is_odd), max_size=3).map(_array)
    if origin is dict:
        return st.dictionaries(st.text(max_size=3), texts_of(arguments[1], is_odd=is_odd), max_size=3).map(_object)
    return _SCALARS[annotation]


_SCALARS: Final[Mapping[Any, Text]] = {
    Any: st.sampled_from(ODD),
    NoneType: st.just("null"),
    str: (st.sampled_from(WORDS) | st.text(max_size=5)).map(json.dumps),
    bool: st.sampled_from(["true", "false"]),
    int: st.sampled_from(WHOLE) | st.integers().map(str),
    float: st.sampled_from(BROKEN) | st.floats(allow_nan=False, allow_infinity=False).map(repr),
    datetime: (st.sampled_from(TIMES) | st.datetimes().map(lambda time: f"{time.isoformat()}Z")).map(json.dumps),
}


def _model(model: type[Any], *, is_odd: bool) -> Text:
    hints = get_type_hints(model)
    texts = {json_name(field): texts_of(hints[field.name], is_odd=is_odd) for field in attrs.fields(model)}
    required = {key for key, field in zip(texts, attrs.fields(model), strict=True) if field.default is attrs.NOTHING}
    old = {key: st.sampled_from(["true", "false"]) for key in getattr(model, "old_keys", {}) if is_odd}
    optional = {key: text for key, text in texts.items() if key not in required}
    return _object_with(
        {key: texts[key] for key in required},
        {**optional, **old, "unheard-of": st.sampled_from(ANYTHING)},
        is_odd=is_odd,
    )


def _array(items: Any) -> str:
    return f"[{','.join(items)}]"


def _object(items: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in items.items()) + "}"


def assert_alike(first: Any, second: Any, converter: Converter) -> None:
    """Check that two results are alike, whatever is done with them."""
    _assert_same_parts(first, second)
    assert first == second
    assert repr(first) == repr(second)
    assert _hash(first) == _hash(second)
    assert repr(converter.unstructure(first)) == repr(converter.unstructure(second))
    for again in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):  # noqa: S301 - our own
        _assert_same_parts(again, second)
    for mine, theirs in zip(_models(first), _models(second), strict=True):
        assert repr(attrs.asdict(mine)) == repr(attrs.asdict(theirs))
        assert attrs.astuple(mine, recurse=False) == attrs.astuple(theirs, recurse=False)
        assert attrs.evolve(mine) == theirs
        assert _hash(mine) == _hash(theirs)


def _assert_same_parts(first: Any, second: Any) -> None:
    assert type(first) is type(second)
    if attrs.has(type(first)):
        assert not hasattr(first, "__dict__")
        for field in attrs.fields(type(first)):
            _assert_same_parts(getattr(first, field.name), getattr(second, field.name))
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second)
        for mine, theirs in zip(first, second, strict=True):
            _assert_same_parts(mine, theirs)
    elif isinstance(first, dict):
        assert list(first) == list(second)
        for key in first:
            _assert_same_parts(first[key], second[key])
    else:
        assert repr(first) == repr(second)
        if isinstance(first, datetime):
            assert first.tzinfo is second.tzinfo is UTC


def _models(value: Any) -> list[Any]:
    """All objects inside of a result, each before those that it holds."""
    if isinstance(value, (list, tuple)):
        return [model for item in value for model in _models(item)]
    if not attrs.has(type(value)):
        return []
    return [value, *(model for field in attrs.fields(type(value)) for model in _models(getattr(value, field.name)))]


def _hash(value: Any) -> int | None:
    try:
        return hash(value)
    except TypeError:
        return None
