"""Models to and from the JSON values of the API, by cattrs: for users' own files, and the fallback of the decoder.

How a model is read and written follows from its class alone: annotations, defaults, and the metadata ``json`` (name of
the field in JSON) and ``always_written`` (also with its default value).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

import attrs
from cattrs import Converter

from aiospectrum._codec.values import WireError, make_reader, make_writer
from aiospectrum.structs import is_struct

__all__ = ["configure_converter", "json_name", "make_converter", "shared_converter"]


def configure_converter(converter: Converter) -> Converter:
    """Teach a converter of your own all models, those of :mod:`aiospectrum.models` among them.

    Nothing else that the converter does is changed: hooks are registered for classes of :mod:`aiospectrum.structs`
    alone.

    Args:
        converter: Any cattrs converter.

    Returns:
        The same converter.
    """
    converter.register_structure_hook_factory(is_struct, lambda model: _model_reader(model, converter))
    converter.register_unstructure_hook_factory(is_struct, lambda model: _model_writer(model, converter))
    return converter


def make_converter() -> Converter:
    """Make a converter that reads and writes the models of :mod:`aiospectrum.models` as the API does.

    Returns:
        A converter of your own: ``converter.structure(values, App)`` and ``converter.unstructure(app)``.
    """
    return configure_converter(Converter())


@cache
def shared_converter() -> Converter:
    """Make the converter that all clients share, once.

    Returns:
        The converter; register nothing on it.
    """
    return make_converter()


def json_name(field: "attrs.Attribute[Any]") -> str:
    """Say what a field of a model is called in JSON.

    Args:
        field: The field.

    Returns:
        Its name there.
    """
    name: str = field.metadata.get("json", field.name)
    return name


def _model_reader(model: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    """A null is read like an absent field; keys that the model does not know are ignored."""
    hints = get_type_hints(model)
    fields = [
        (field.name, json_name(field), make_reader(hints[field.name], converter.structure), _is_required(field))
        for field in attrs.fields(model)
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


def _model_writer(model: type[Any], converter: Converter) -> Callable[[Any], dict[str, Any]]:
    """A field that has its default is left out, unless it is always written."""
    hints = get_type_hints(model)
    fields = [
        (
            field.name,
            json_name(field),
            make_writer(hints[field.name], converter.unstructure),
            _is_required(field) or field.metadata.get("always_written"),
            field.default.factory() if isinstance(field.default, attrs.Factory) else field.default,  # type: ignore[arg-type]  # a class, for its stub a function
        )
        for field in attrs.fields(model)
    ]

    def write_model(item: Any) -> dict[str, Any]:
        return {
            key: write(value)
            for name, key, write, is_always_written, default in fields
            if (value := getattr(item, name)) != default or is_always_written
        }

    return write_model


def _as_it_came(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def _is_required(field: "attrs.Attribute[Any]") -> bool:
    return field.default is attrs.NOTHING
