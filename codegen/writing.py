"""Writes Python: names, docstrings, the types of values and the checks of arguments."""

import re
import textwrap
from collections.abc import Mapping
from typing import Final

import attrs

from codegen.shapes import Array, Choice, Components, Map, Object, Ref, Scalar, Schema, resolve

_WIDTH: Final = 110
_WORD: Final = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?:$|[A-Z]))[a-z])")
"""Between a small letter and a capital, and before the last capital of an abbreviation, unless its plural ends it."""
_TYPES: Final[Mapping[str, str]] = {
    "string": "str",
    "integer": "int",
    "number": "int | float",
    "boolean": "bool",
    "date-time": "datetime",
    "anything": "Any",
}
_CHECKS: Final = {"string": "Text", "integer": "Integer", "boolean": "Flag", "date-time": "DateTime"}


def snake_case(name: str) -> str:
    """Write a name in lower case with underscores: ``app_id`` for ``appID``, ``edge_ips`` for ``EdgeIPs``."""
    return _WORD.sub("_", name).lower()


def sentence(text: str) -> str:
    """Fold white space, begin with a capital letter and end with a full stop."""
    folded = " ".join(text.split()).rstrip(".") + "."
    return folded[0].upper() + folded[1:]


def docstring_text(description: str, indent: int) -> str:
    """Lay a description out as a docstring: the first sentence alone, then the rest, wrapped.

    Every line but the first is indented, and a second one is followed by a line for the closing quotes.
    """
    parts = re.split(r"(?<=\.) (?=[A-Z`])", sentence(description), maxsplit=1)
    paragraphs = [textwrap.fill(part, _WIDTH - indent) for part in parts]
    text = textwrap.indent("\n\n".join(paragraphs), " " * indent).strip()
    return f"{text}\n{' ' * indent}" if "\n" in text else text


def entry(text: str, name: str) -> str:
    """Lay out an entry of an Args, Attributes or Returns section; the name may be empty."""
    whole = f"{name}: {sentence(text)}" if name else sentence(text)
    return textwrap.fill(whole, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 12)


def constant_name(name: str) -> str:
    """Name the check of a named schema, such as ``APP_REQUEST`` for ``AppRequest``."""
    return snake_case(name).upper()


def annotation(schema: Schema) -> str:
    """Write the type of a value, as models have it."""
    match schema:
        case Ref(name=name):
            return name
        case Scalar(kind="enum", values=values, is_open=is_open):
            return f"Literal[{', '.join(map(repr, values))}]" + (" | str" if is_open else "")
        case Scalar(kind=kind):
            return _TYPES[kind]
        case Array(items=items):
            return f"list[{annotation(items)}]"
        case Map(values=inner):
            return f"dict[str, {annotation(inner)}]"
        case _:
            return " | ".join(annotation(option) for option in (schema.options if isinstance(schema, Choice) else ()))


def argument_type(schema: Schema, components: Components) -> str:
    """Write the type of an argument: any sequence for an array, and plain types by their own names."""
    if isinstance(schema, Array):
        return f"Sequence[{argument_type(schema.items, components)}]"
    target = resolve(schema, components)
    if not isinstance(target, Scalar) or target.is_open:  # an open enum may be what was read
        return annotation(schema)
    return annotation(target) if target.kind != "enum" else sent_type(schema, components)


def sent_type(schema: Schema, components: Components) -> str:
    """Write the type of a value that is only sent: an enum has its own values alone, and any that is marked."""
    if isinstance(schema, Array):
        return f"list[{sent_type(schema.items, components)}]"
    target = resolve(schema, components)
    if not isinstance(target, Scalar) or target.kind != "enum":
        return annotation(schema)
    return f"{annotation(attrs.evolve(target, is_open=False) if target.is_open else schema)} | Unchecked"


def check_expression(schema: Schema, module: str = "") -> str:
    """Write what a value of an argument must be; named schemas are given by constants of a module, ``checks.``."""
    match schema:
        case Ref(name=name):
            return module + constant_name(name)
        case Scalar(kind="enum", values=values):
            return f"Text(choices={values!r})"
        case Array(items=items, min_items=fewest):
            return f"Array(items={check_expression(items, module)}{f', min_items={fewest}' if fewest else ''})"
        case Choice(options=options):
            return f"OneOf(options=({''.join(f'{check_expression(option, module)}, ' for option in options)}))"
        case Object(fields=fields, exactly_one_of=exclusive, variants=variants):
            inner = ", ".join(f"{field.name!r}: {check_expression(field.schema, module)}" for field in fields)
            required = [field.name for field in fields if field.required]
            frozen = f", required=frozenset({required!r})" if required else ""
            rules = f", exactly_one_of={exclusive!r}" if exclusive else ""
            return f"fields={{{inner}}}{frozen}{rules}" + (f", variants={variants!r}" if variants else "")
        case Scalar(kind=kind):
            names = ("pattern", "format", "min_length", "max_length", "minimum", "maximum", "expected")
            given = [(name, getattr(schema, name)) for name in names]
            arguments = ", ".join(f"{name}={value!r}" for name, value in given if value not in (None, ""))
            return f"{_CHECKS[kind]}({arguments})"
        case _:
            raise TypeError(f"{schema} in a request")  # the rules let none through


def bounds(schema: Schema) -> str:
    """Write what follows the description of an argument: its bounds, where it is a number with any."""
    low, high = (schema.minimum, schema.maximum) if isinstance(schema, Scalar) else (None, None)
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f", {high} or less" if low is None else f", {low} or more"
    return f", {low} to {high}"
