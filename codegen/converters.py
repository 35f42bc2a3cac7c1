"""Renders the registration of every model on a cattrs converter."""

from collections.abc import Mapping

import attrs

from codegen.checks import constant_name
from codegen.models import Models
from codegen.shapes import (
    AnyOrSchema,
    Array,
    Choice,
    Enum,
    Field,
    Map,
    Object,
    Pair,
    Ref,
    Scalar,
    Schema,
    Union,
    references,
)

__all__ = ["Chooser", "render_chooser", "render_registrations"]

_SCALAR_READERS = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date-time": "date_time",
}


@attrs.frozen(kw_only=True)
class Chooser:
    """How the model of a union is picked for a JSON object."""

    function: str
    """Name of the function."""

    classes: tuple[str, ...]
    """The models."""

    discriminator: str | None
    """Key whose value says it best."""

    mapping: Mapping[str, str]
    """Model by value of that key."""

    own_keys: tuple[tuple[str, tuple[str, ...]], ...]
    """Each model that has keys that no other has, and those keys."""

    fallback: str
    """The model when nothing says it."""

    def condition(self, model: str) -> str:
        """Write the expression that is true of an ``item`` with the values of a model, and None for all others.

        Args:
            model: The model, not the fallback.

        Returns:
            The expression; those of all models are to be asked in the order of the chooser.
        """
        keys = next((keys for name, keys in self.own_keys if name == model), ())
        by_keys = " or ".join(f"item.{key} is not None" for key in keys) or "False"
        if not self.mapping:
            return by_keys
        kind = f"item.{self.discriminator}"
        told = [f"{kind} == {value!r} or " for value, name in self.mapping.items() if name == model]
        others = [f"{kind} != {value!r} and " for value, name in self.mapping.items() if name != model]
        return f"{''.join(told)}({''.join(others)}({by_keys}))"


def render_registrations(components: Mapping[str, Schema], models: Models) -> str:
    """Render the body of the function that registers everything.

    Args:
        components: All named schemas, each after those that it refers to.
        models: Names of classes and attributes.

    Returns:
        Python statements, indented by four, not yet formatted.
    """
    lines = []
    for name, schema in components.items():
        model = models.classes[name]
        if isinstance(schema, Union):
            is_held = any(name in references(holder) for holder in components.values())
            target = f"{_variable(name)} = " if is_held else ""
            lines.append(f"    {target}register_union(converter, {model}, {_function(name)})")
        elif isinstance(schema, Object):
            telling = _telling_keys(name, components)
            fields = "".join(
                f"        {models.fields[name][field.wire]}="
                f"{_field_expression(field, components, models, is_telling=field.wire in telling)},\n"
                for field in schema.fields
            )
            lines.append(f"    register_model(\n        converter,\n        {model},\n{fields}    )")
    return "\n".join(lines)


def render_chooser(name: str, union: Union, components: Mapping[str, Schema], models: Models) -> Chooser:
    """Work out how the model of a union is picked.

    Args:
        name: Name of the union's schema.
        union: The union.
        components: All named schemas.
        models: Names of classes and attributes.

    Returns:
        What the template needs.
    """
    own = _own_keys(union, components)
    without_own = [member for member in union.members if not own[member]]
    return Chooser(
        function=_function(name),
        classes=tuple(models.classes[member] for member in union.members),
        discriminator=union.discriminator,
        mapping={value: models.classes[member] for value, member in union.mapping.items()},
        own_keys=tuple((models.classes[member], own[member]) for member in union.members if own[member]),
        fallback=models.classes[(without_own or list(union.members))[0]],
    )


def _own_keys(union: Union, components: Mapping[str, Schema]) -> dict[str, tuple[str, ...]]:
    """The keys of each member that no other member has."""
    keys = {member: [field.wire for field in _object(components[member]).fields] for member in union.members}
    return {
        member: tuple(
            key for key in keys[member] if not any(key in keys[other] for other in union.members if other != member)
        )
        for member in union.members
    }


def _telling_keys(name: str, components: Mapping[str, Schema]) -> set[str]:
    """The keys of a model that tell it from the others of a union."""
    unions = [schema for schema in components.values() if isinstance(schema, Union) and name in schema.members]
    return {key for union in unions for key in _own_keys(union, components)[name]}


def _object(schema: Schema) -> Object:
    if not isinstance(schema, Object):
        raise TypeError(f"a union of {schema!r}")  # parse_components has refused it
    return schema


def _variable(name: str) -> str:
    return f"read_{constant_name(name).lower()}"


def _function(name: str) -> str:
    return f"choose_{constant_name(name).lower()}"


def _field_expression(field: Field, components: Mapping[str, Schema], models: Models, *, is_telling: bool) -> str:
    arguments = [repr(field.wire)]
    reader = _reader(field.schema, components, models)
    if reader is not None:
        arguments.append(reader)
    if _holds_date_time(field.schema, components):
        arguments.append("write=write_date_times")
    if field.default is not None and (is_telling or field.always_written or field.default not in ([], {})):
        arguments.append("keep_default=True")
    return f"field({', '.join(arguments)})"


def _reader(schema: Schema, components: Mapping[str, Schema], models: Models) -> str | None:
    """The expression of a reader, None for a model, which the converter itself reads."""
    match schema:
        case Ref(name=name):
            target = components[name]
            if isinstance(target, Object):
                return None
            return _variable(name) if isinstance(target, Union) else _reader(target, components, models)
        case Scalar(kind=kind):
            return _SCALAR_READERS[kind]
        case Enum(booleans={"true": true, "false": false}):
            return f"with_booleans(string, true={true!r}, false={false!r})"
        case Enum():
            return "string"
        case Array(items=items):
            inner = _reader(items, components, models)
            if inner is None and isinstance(items, Ref):
                return f"array_of_models(converter, {models.classes[items.name]})"
            return f"array({inner})"
        case Map(values=values):
            return f"mapping({_reader(values, components, models)})"
        case Pair(first=first, second=second):
            return f"pair({_reader(first, components, models)}, {_reader(second, components, models)})"
        case Choice(options=options):
            return f"one_of({', '.join(str(_reader(option, components, models)) for option in options)})"
        case AnyOrSchema(schema=inner):
            return f"or_as_it_came({_reader(inner, components, models)})"
        case _:
            raise TypeError(f"{schema!r} without a name")  # parse_schema has refused it


def _holds_date_time(schema: Schema, components: Mapping[str, Schema]) -> bool:
    match schema:
        case Scalar(kind=kind):
            return kind == "date-time"
        case Ref(name=name):
            return not isinstance(components[name], Object) and _holds_date_time(components[name], components)
        case Array(items=inner) | Map(values=inner) | AnyOrSchema(schema=inner):
            return _holds_date_time(inner, components)
        case Pair(first=first, second=second):
            return _holds_date_time(first, components) or _holds_date_time(second, components)
        case Choice(options=options):
            return any(_holds_date_time(option, components) for option in options)
        case _:
            return False
