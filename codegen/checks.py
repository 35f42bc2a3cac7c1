"""Renders what arguments must be: one constant per named schema that can be part of a request."""

from collections.abc import Mapping

from codegen.errors import SpecError, join
from codegen.models import Models
from codegen.shapes import Array, Choice, Enum, Object, Ref, Scalar, Schema, Union, references

__all__ = ["check_expression", "constant_name", "render_checks", "request_schemas"]


def request_schemas(components: Mapping[str, Schema], roots: tuple[str, ...]) -> tuple[str, ...]:
    """List the named schemas that can be part of a request.

    Args:
        components: All named schemas, each after those that it refers to.
        roots: The schemas of parameters and bodies.

    Returns:
        The names in the order of ``components``.
    """
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += references(components[name])
    return tuple(name for name in components if name in reached)


def render_checks(components: Mapping[str, Schema], names: tuple[str, ...], models: Models) -> str:
    """Render the constants.

    Args:
        components: All named schemas.
        names: Those to render.
        models: Names of classes and attributes.

    Returns:
        Python statements, not yet formatted.
    """
    lines = []
    for name in names:
        expression = _component_expression(name, components, models)
        lines.append(f"{constant_name(name)}: Final = {expression}")
        lines.append(f'"""Check of a value of the schema {name}."""\n')
    return "\n".join(lines)


def constant_name(name: str) -> str:
    """Name the constant of a schema.

    Args:
        name: Name of the schema in the spec, such as ``AppRequest``.

    Returns:
        Such as ``APP_REQUEST``.
    """
    pieces = []
    for index, letter in enumerate(name):
        starts_word = letter.isupper() and index > 0
        follows_lower = starts_word and name[index - 1].islower()
        precedes_lower = starts_word and name[index + 1 : index + 2].islower() and name[index - 1].isupper()
        pieces.append("_" + letter if follows_lower or (precedes_lower and name[index + 1 :] != "s") else letter)
    return "".join(pieces).upper()


def check_expression(schema: Schema, pointer: str) -> str:
    """Render what a value must be.

    Args:
        schema: A schema of a parameter or property.
        pointer: Where it stands in the spec.

    Returns:
        A Python expression; named schemas are given by their constants.

    Raises:
        SpecError: There is no check for such a schema.
    """
    match schema:
        case Ref(name=name):
            return constant_name(name)
        case Enum(is_open=True):
            return "Text()"
        case Enum(values=values):
            return _call("Text", choices=values, expected=_expected(schema))
        case Array(items=items, min_items=fewest):
            arguments = _call("", min_items=fewest or None, expected=_expected(schema))[1:]
            return f"Array(items={check_expression(items, join(pointer, 'items'))}, {arguments}"
        case Choice(options=options):
            inner = "".join(f"{check_expression(option, pointer)}, " for option in options)
            return f"OneOf(options=({inner}), expected={_expected(schema)!r})"
        case Scalar(kind="boolean"):
            return "Flag()"
        case Scalar(kind="date-time"):
            return "DateTime()"
        case Scalar(kind="integer", minimum=minimum, maximum=maximum):
            return _call("Integer", minimum=minimum, maximum=maximum, expected=_expected(schema))
        case Scalar(kind="string", pattern=pattern, min_length=shortest, max_length=longest):
            expected = _expected(schema)
            return _call("Text", pattern=pattern, min_length=shortest or None, max_length=longest, expected=expected)
        case _:
            kind = schema.kind if isinstance(schema, Scalar) else type(schema).__name__
            raise SpecError(
                pointer,
                f"the kind {kind!r} in a request",
                "strings, integers, booleans, dates, enums, arrays and named objects in requests",
            )


def _component_expression(name: str, components: Mapping[str, Schema], models: Models) -> str:
    schema = components[name]
    pointer = join("#/components/schemas", name)
    match schema:
        case Object(fields=fields):
            attributes = models.fields[name]
            checks = ", ".join(
                f"{attributes[field.wire]!r}: {check_expression(field.schema, join(pointer, 'properties', field.wire))}"
                for field in fields
            )
            required = [attributes[field.wire] for field in fields if field.required]
            exclusive = tuple(attributes[wire] for wire in schema.exactly_one_of)
            rest = "".join(
                f", {key}={value}"
                for key, value, is_given in (
                    ("required", f"frozenset({required!r})", required),
                    ("exactly_one_of", repr(exclusive), exclusive),
                )
                if is_given
            )
            return f"Object(model=models.{models.classes[name]}, fields={{{checks}}}{rest})"
        case Union(members=members):
            inner = "".join(f"{constant_name(member)}, " for member in members)
            classes = " or ".join(models.classes[member] for member in members)
            return f"OneOf(options=({inner}), expected={f'an object of the class {classes}'!r})"
        case _:
            return check_expression(schema, pointer)


def _call(name: str, **arguments: object) -> str:
    """A call with the arguments that say something; what is expected goes without saying for a plain string."""
    given = {key: value for key, value in arguments.items() if value is not None and value != "a string"}
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


def _expected(schema: Schema) -> str:
    match schema:
        case Scalar(expected=str(text)):
            return text
        case Scalar(kind="integer", minimum=int(low), maximum=int(high)):
            return f"an integer from {low} to {high}"
        case Scalar(kind="integer", minimum=int(low)):
            return f"an integer of {low} or more"
        case Scalar(kind="integer", maximum=int(high)):
            return f"an integer of {high} or less"
        case Scalar(kind="integer"):
            return "an integer"
        case Scalar(kind="boolean"):
            return "True or False"
        case Scalar(kind="date-time"):
            return "a datetime with a time zone"
        case Scalar(pattern=str(pattern)):
            return f"a string that matches {pattern}"
        case Scalar(min_length=shortest, max_length=int(longest)):
            return f"a string of {shortest} to {longest} characters"
        case Scalar(min_length=1):
            return "a string that is not empty"
        case Scalar(min_length=shortest) if shortest:
            return f"a string of {shortest} or more characters"
        case Enum(values=values):
            return f"one of {', '.join(values)}"
        case Array(min_items=1):
            return "a list with at least one item"
        case Array(min_items=fewest) if fewest:
            return f"a list with at least {fewest} items"
        case Array():
            return "a list"
        case Choice(options=options):
            return ", or ".join(_expected(option) for option in options)
        case _:
            return "a string"
