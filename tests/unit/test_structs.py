"""Frozen attrs classes whose objects are msgspec structs."""

import copy
import functools
import gc
import pickle
import weakref
from typing import Any, Literal

import attrs
import cattrs
import msgspec
import pytest

from aiospectrum.structs import struct


class Base:
    """A base class that holds nothing."""

    __slots__ = ()

    def shout(self) -> str:
        """Say the name loudly."""
        return str(getattr(self, "name", "")).upper()


@struct(kw_only=True)
class Box(Base):
    """A model as the generator makes it."""

    name: str
    kind: Literal["plain", "fancy"] | str = "plain"
    width: int | None = None
    tags: list[str] = attrs.Factory(list)


@attrs.frozen(kw_only=True)
class Plain(Base):
    """The same as a class of attrs' own."""

    name: str
    kind: Literal["plain", "fancy"] | str = "plain"
    width: int | None = None
    tags: list[str] = attrs.Factory(list)


@struct(kw_only=True, weakref_slot=False)
class Tag:
    """A model that can be hashed."""

    text: str | None = None


def test_a_model_is_to_attrs_what_its_own_classes_are() -> None:
    """The same fields, values, changed copies and text."""
    kept = ("name", "default", "kw_only", "type", "alias", "init", "repr")
    mine, theirs = attrs.fields(Box), attrs.fields(Plain)
    box, plain = Box(name="a", tags=["x"]), Plain(name="a", tags=["x"])

    assert [[getattr(each, name) for name in kept] for each in mine] == [
        [getattr(each, name) for name in kept] for each in theirs
    ]
    assert attrs.has(Box)
    assert attrs.asdict(box) == attrs.asdict(plain)
    assert attrs.astuple(box) == attrs.astuple(plain)
    assert repr(box) == repr(plain).replace("Plain", "Box")
    assert attrs.evolve(box, width=3) == Box(name="a", width=3, tags=["x"])


def test_a_model_is_to_cattrs_what_an_attrs_class_is() -> None:
    """A plain converter reads and writes it."""
    values = {"name": "a", "kind": "odd", "width": None, "tags": ["x"]}

    assert cattrs.unstructure(Box(name="a", kind="odd", tags=["x"])) == values
    tag = cattrs.structure({"text": "b"}, Tag)
    assert type(tag) is Tag
    assert tag == Tag(text="b")


def test_objects_are_values() -> None:
    """They are equal by class and values, can be keys where the values can, copied and pickled."""
    box = Box(name="a", tags=["x"])

    assert box == Box(name="a", tags=["x"]) != Box(name="b", tags=["x"])
    assert box != Plain(name="a", tags=["x"])
    assert len({Tag(text="a"), Tag(text="a"), Tag()}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(box)
    assert pickle.loads(pickle.dumps(box)) == copy.copy(box) == copy.deepcopy(box) == box  # noqa: S301 - our own
    assert copy.deepcopy(box).tags is not box.tags


def test_a_model_is_frozen_and_called_with_keywords() -> None:
    """Nothing can be set or deleted, and a list as default is a new one for each object."""
    box = Box(name="a")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        box.name = "b"  # type: ignore[misc]  # which is what is tested
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del box.name
    with pytest.raises(TypeError, match="positional"):
        Box("a")  # type: ignore[call-arg]  # which is what is tested
    with pytest.raises(TypeError, match="name"):
        Box()  # type: ignore[call-arg]  # which is what is tested
    with pytest.raises(TypeError, match="depth"):
        Box(name="a", depth=1)  # type: ignore[call-arg]  # which is what is tested
    assert box.tags == Box(name="a").tags == []
    assert box.tags is not Box(name="a").tags


def test_a_model_keeps_what_its_class_was_written_with() -> None:
    """Name, module, docstring and what it inherits; an object holds nothing but its values."""
    box = Box(name="a")

    assert (Box.__name__, Box.__qualname__, Box.__module__) == ("Box", "Box", __name__)
    assert Box.__doc__ == "A model as the generator makes it."
    assert box.shout() == "A"
    assert isinstance(box, Base)
    assert not hasattr(box, "__dict__")


def test_weak_references_and_the_garbage_collector() -> None:
    """Both go together: what has weak references is looked through for cycles, and what has none is not."""
    box, tag = Box(name="a", tags=[]), Tag(text="a")

    assert weakref.ref(box)() is box
    assert gc.is_tracked(box)
    with pytest.raises(TypeError, match="weak reference"):
        weakref.ref(tag)
    assert not gc.is_tracked(tag)


def test_msgspec_reads_a_model() -> None:
    """By its annotations, with its defaults."""
    box = msgspec.json.decode(b'{"name":"a","kind":"odd","new":[]}', type=Box)

    assert type(box) is Box
    assert box == Box(name="a", kind="odd")
    with pytest.raises(msgspec.ValidationError, match="width"):
        msgspec.json.decode(b'{"name":"a","width":"b"}', type=Box)


def test_a_model_has_no_subclasses() -> None:
    """Neither attrs nor msgspec would get all of their fields right."""
    with pytest.raises(TypeError, match="Box cannot be subclassed"):

        class Bigger(Box):
            height: int = 0

    with pytest.raises(TypeError, match="Box cannot be subclassed"):

        @attrs.frozen(kw_only=True)
        class Wider(Box):
            breadth: int = 0


@pytest.mark.parametrize(
    "field",
    [
        attrs.field(repr=False),
        attrs.field(eq=False),
        attrs.field(eq=str.lower),
        attrs.field(init=False, default=3),
        attrs.field(hash=False),
        attrs.field(alias="nombre"),
        attrs.field(converter=int),
        attrs.field(validator=attrs.validators.instance_of(int)),
        attrs.Factory(lambda self: [self], takes_self=True),
        msgspec.field(default=3),
        msgspec.NODEFAULT,
    ],
    ids=[
        *("repr", "eq", "eq by key", "init", "hash", "alias", "converter", "validator", "factory of the object"),
        *("field of msgspec", "no default of msgspec"),
    ],
)
def test_what_would_be_ignored_is_refused(field: Any) -> None:
    """A field that would not do what it says is refused where the class is written."""
    with pytest.raises(TypeError, match=r"Odd\.number: expected a field with at most a default and metadata"):

        @struct(kw_only=True)
        class Odd:
            number: int = field


def test_a_field_without_a_type_is_refused() -> None:
    """Nothing could say what it holds."""
    with pytest.raises(TypeError, match=r"Odd\.number: expected a field with .* a type"):

        @struct(kw_only=True)
        class Odd:
            number = attrs.field(default=3)  # type: ignore[var-annotated]  # which is what is tested


class WithMetaclass(type):
    """A metaclass."""


class Holding:
    """A base class whose objects can hold something."""


@pytest.mark.parametrize(
    ("kind", "bases", "names", "words"),
    [
        (type, (), {"__attrs_post_init__": lambda self: None}, r"Odd\.__attrs_post_init__"),
        (type, (), {"__attrs_pre_init__": lambda self: None}, r"Odd\.__attrs_pre_init__"),
        (type, (), {"__post_init__": lambda self: None}, r"Odd\.__post_init__"),
        (type, (), {"__match_args__": ("other",)}, r"Odd\.__match_args__"),
        (type, (), {"__init_subclass__": lambda: None}, r"Odd\.__init_subclass__"),
        (type, (), {"__setstate__": lambda self, state: None}, r"Odd\.__setstate__"),
        (type, (), {"area": functools.cached_property(id)}, r"Odd\.area"),
        (WithMetaclass, (), {}, "without a metaclass, got WithMetaclass"),
        (type, (Holding,), {}, r"__slots__ = \(\).*, got Holding"),
        (type, (Exception,), {}, r"__slots__ = \(\).*, got Exception"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_class_that_would_not_do_what_it_says_is_refused(
    kind: Any, bases: tuple[type, ...], names: dict[str, Any], words: str
) -> None:
    """It is refused where it is written, not left to surprise whoever uses it."""
    with pytest.raises(TypeError, match=words):
        struct(kw_only=True)(kind("Odd", bases, {"__annotations__": {"number": int}, **names}))


@pytest.mark.parametrize(
    "wrap",
    [lambda method: method, property, classmethod, functools.cache],
    ids=["plain", "property", "class", "cached"],
)
def test_super_is_refused(wrap: Any) -> None:
    """A method would know the class as it was written, which is not the one that is kept."""
    with pytest.raises(TypeError, match=r"Odd\.shout: expected no .* super\(\)"):

        @struct()
        class Odd(Base):
            name: str

            @wrap
            def shout(self) -> str:
                return super().shout()


def test_a_name_in_json() -> None:
    """It stands in the metadata; attrs and Python use the attribute."""

    @struct(kw_only=True)
    class Named:
        app_id: str = attrs.field(metadata={"json": "appID"})
        labels: list[str] = attrs.field(factory=list)

    named = msgspec.json.decode(b'{"appID":"a"}', type=Named)

    assert named == Named(app_id="a")
    assert msgspec.to_builtins(named) == {"appID": "a", "labels": []}
    assert attrs.asdict(named) == {"app_id": "a", "labels": []}
    assert attrs.fields(Named).app_id.metadata == {"json": "appID"}


def test_a_field_with_metadata_alone_is_required() -> None:
    """What has no default has to be there, to Python and to msgspec."""

    @struct(kw_only=True)
    class Named:
        app_id: str = attrs.field(metadata={"json": "appID"})

    with pytest.raises(TypeError, match="app_id"):
        Named()  # type: ignore[call-arg]  # which is what is tested
    with pytest.raises(msgspec.ValidationError, match="missing required field `appID`"):
        msgspec.json.decode(b"{}", type=Named)
