"""Writes the statements and expressions that make what a model holds of what msgspec has read."""

from collections.abc import Iterator

from codegen.checks import constant_name
from codegen.converters import render_chooser
from codegen.roads import Roads
from codegen.shapes import Array, Choice, Field, Map, Object, Pair, Ref, Scalar, Schema, Union

__all__ = ["builder_name", "finished_value", "finishing_steps"]


def finishing_steps(name: str, fields: tuple[Field, ...], roads: Roads, *, in_union: bool) -> Iterator[str]:
    """Write the statements that make the values of a wire type those of a model.

    Args:
        name: Name of the schema.
        fields: Those of the model.
        roads: Which schema takes which road.
        in_union: Whether the wire type is that of a union, in which nothing but None stands for what is absent.

    Yields:
        Statements about ``item``, some of several lines.
    """
    for field in fields:
        attribute = roads.attribute(name, field)
        value = f"item.{attribute}"
        is_there = field.required or (field.default is not None and not in_union)
        finished = finished_value(field.schema, value if is_there else "value", roads)
        if is_there and finished is not None:
            is_time = isinstance(field.schema, Scalar)  # asked here as calling a function would take longer
            condition = f"if {value}.tzinfo is not UTC:\n    " if is_time else ""
            yield f'{condition}_set(item, "{attribute}", {finished})'
        elif not is_there and finished is not None:
            default = f'\nelse:\n    _set(item, "{attribute}", {field.default!r})' if field.default is not None else ""
            yield f'if (value := {value}) is not None:\n    _set(item, "{attribute}", {finished}){default}'
        elif not is_there and field.default is not None:
            yield f'if {value} is None:\n    _set(item, "{attribute}", {field.default!r})'


def finished_value(schema: Schema, value: str, roads: Roads) -> str | None:
    """Write the expression that makes what a model holds of a wire value.

    Args:
        schema: The value's schema.
        value: Expression of the wire value.
        roads: Which schema takes which road.

    Returns:
        The expression; None when the wire value is that already.
    """
    match schema:
        case Ref(name=name) if roads.is_converted(name):
            return f"structure({value}, {roads.models.classes[name]})"
        case Ref(name=name) if roads.is_plain_union(name):
            return _choice(name, value, roads)
        case Ref(name=name) if roads.is_built(name) and name in roads.listed:
            return f"{builder_name(name)}([{value}], structure)[0]"
        case Ref(name=name) if roads.is_built(name):
            return f"{builder_name(name)}({value}, structure)"
        case Ref(name=name) if not isinstance(roads.components[name], Object):
            return finished_value(roads.components[name], value, roads)
        case Scalar(kind="date-time"):
            return f"in_utc({value})"
        case Array(items=Ref(name=name)) if roads.is_built(name) and not roads.is_plain_union(name):
            return f"{builder_name(name)}({value}, structure)"
        case Array(items=inner):
            item = finished_value(inner, "each", roads)
            return None if item is None else f"[{item} for each in {value}]"
        case Map(values=inner):
            item = finished_value(inner, "each", roads)
            return None if item is None else f"{{key: {item} for key, each in {value}.items()}}"
        case Choice(options=options):
            kinds = ["datetime" if isinstance(each, Scalar) else "list" for each in options]
            done = [finished_value(each, value, roads) for each in options]
            tests = [
                f"{each} if isinstance({value}, {kind}) else " for each, kind in zip(done, kinds, strict=True) if each
            ]
            return f"({''.join(tests)}{value})" if tests else None
        case Pair(first=first, second=second):
            parts = [finished_value(part, f"{value}[{index}]", roads) for index, part in enumerate((first, second))]
            both = [part or f"{value}[{index}]" for index, part in enumerate(parts)]
            return None if parts == [None, None] else f"({', '.join(both)})"
        case _:
            return None


def builder_name(name: str) -> str:
    """Name the function that builds a model, or a union of models.

    Args:
        name: Name of the schema.

    Returns:
        The function's name.
    """
    return f"_{constant_name(name).lower()}"


def _choice(name: str, value: str, roads: Roads) -> str:
    """The expression that makes the right member of a union out of a struct, the likeliest first."""
    union = roads.components[name]
    assert isinstance(union, Union), name  # noqa: S101 - for the type checker
    chooser = render_chooser(name, union, roads.components, roads.models)
    members = {roads.models.classes[member]: member for member in union.members}
    kind = f"{value}.{chooser.discriminator}"
    told = [
        f"{_call(members[model], value, roads, chooser.discriminator)} if {kind} == {each!r} else "
        for each, model in chooser.mapping.items()
    ]
    by_keys = [
        f"{_call(members[model], value, roads)} if {' or '.join(f'{value}.{key} is not None' for key in keys)} else "
        for model, keys in chooser.own_keys
        if model != chooser.fallback
    ]
    return f"({''.join(told)}{''.join(by_keys)}{_call(members[chooser.fallback], value, roads)})"


def _call(name: str, value: str, roads: Roads, known: str | None = None) -> str:
    arguments = [
        f"{value}.{each.wire}"
        if each.default is None or each.wire == known
        else f"{each.default!r} if {value}.{each.wire} is None else {value}.{each.wire}"
        for each in roads.fields(name)
    ]
    return f"_make{builder_name(name)}({', '.join(arguments)})"
