"""Models to and from the JSON values of the API, by cattrs: for users' own files, and the fallback of the decoder.

How a model is read and written follows from its class alone: annotations, defaults, and the metadata ``json`` (name of
the field in JSON) and ``always_written`` (also with its default value).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter

from aiospectrum._codec.values import WireError, is_choice, make_reader, make_writer, read_date_time
from aiospectrum.structs import is_struct

__all__ = ["configure_converter", "json_name", "make_converter", "shared_converter"]


def configure_converter(converter: Converter) -> Converter:
    """Register the hooks for all models, those of :mod:`aiospectrum.models` among them, on your own converter.

    Nothing else that the converter does is changed: hooks are registered for classes of :mod:`aiospectrum.structs`
    alone.

    Args:
        converter: Any cattrs converter.

    Returns:
        The same converter.
    """
    converter.register_structure_hook_factory(_is_model, lambda model: _model_reader(model, converter))
    converter.register_unstructure_hook_factory(_is_model, lambda model: _model_writer(model, converter))
    return converter


def make_converter() -> Converter:
    """Make a converter that reads and writes the models of :mod:`aiospectrum.models` as the API does.

    In classes of your own it reads RFC 3339 times too.

    Returns:
        Your own converter: ``converter.structure(values, App)`` and ``converter.unstructure(app)``. A model that cannot
        be read raises a ValueError that says what was expected where; cattrs puts those of a list into a group.
    """
    converter = Converter()
    converter.register_structure_hook(datetime, lambda value, _: read_date_time(value))
    return configure_converter(converter)


@cache
def shared_converter(*, is_detailed: bool = False) -> Converter:
    """Make the converter that all clients share, once; nothing else is registered on it.

    Args:
        is_detailed: Whether it collects all that is wrong, an exception for each, instead of stopping at the first.
    """
    converter = Converter(detailed_validation=is_detailed)
    converter.register_structure_hook(datetime, lambda value, _: read_date_time(value))
    configure_converter(converter)
    # Not in one of a user, as it would come before what is registered for a union later on.
    converter.register_structure_hook_factory(is_choice, lambda union: _reader_of(union, converter))
    return converter


def json_name(field: "attrs.Attribute[Any]") -> str:
    """Return the name of a model's field in JSON."""
    name: str = field.metadata.get("json", field.name)
    return name


def _is_model(annotation: Any) -> bool:
    """Also one of a generic class, such as ``Page[App]``."""
    return is_struct(get_origin(annotation) or annotation)


def _type_hints(model: Any, *, unknown: Any = None) -> dict[str, Any]:
    """The annotations of a model, in which arguments stand for the parameters of a generic class, if it has any."""
    cls = get_origin(model) or model
    arguments: dict[Any, Any] = dict(zip(getattr(cls, "__parameters__", ()), get_args(model), strict=False))

    def resolve(hint: Any) -> Any:
        if isinstance(hint, TypeVar):
            return arguments.get(hint, unknown or hint)
        parameters = getattr(hint, "__parameters__", ())
        return hint[tuple(map(resolve, parameters))] if parameters else hint

    return {name: resolve(hint) for name, hint in get_type_hints(cls).items()}


def _model_reader(model: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """A null is read like an absent field; keys that the model does not know are ignored."""
    hints = _type_hints(model, unknown=Any)
    fields = [
        (field.name, json_name(field), make_reader(hints[field.name], converter.structure), _is_required(field))
        for field in attrs.fields(get_origin(model) or model)
    ]
    read_old_forms = getattr(model, "read_old_forms", _as_it_came)

    def read_model(values: Any, _: Any) -> Any:
        if not isinstance(values, Mapping):
            raise WireError("an object", values)
        values = read_old_forms(values)
        arguments = {}
        for name, key, read, is_required in fields:
            value = values.get(key)
            if value is None and not is_required:
                continue
            if value is None and key not in values:
                raise WireError("a value", None, f".{key}")
            try:
                arguments[name] = read(value)
            except WireError as error:
                raise error.below(f".{key}") from None
        return model(**arguments)

    return read_model


def _model_writer(model: Any, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    """A field that has its default is left out, unless it is always written."""
    hints = _type_hints(model)
    fields = [
        (
            field.name,
            json_name(field),
            make_writer(hints[field.name], converter.unstructure),
            _is_required(field) or field.metadata.get("always_written"),
            field.default.factory() if isinstance(field.default, attrs.Factory) else field.default,  # type: ignore[arg-type]  # a class, for its stub a function
        )
        for field in attrs.fields(get_origin(model) or model)
    ]

    def write_model(item: Any) -> dict[str, Any]:
        return {
            key: write(value)
            for name, key, write, is_always_written, default in fields
            if (value := getattr(item, name)) != default or is_always_written
        }

    return write_model


def _reader_of(annotation: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    read = make_reader(annotation, converter.structure)
    return lambda value, _: read(value)


def _as_it_came(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def _is_required(field: "attrs.Attribute[Any]") -> bool:
    return field.default is attrs.NOTHING
