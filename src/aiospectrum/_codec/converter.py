"""Models to and from the JSON values of the API, by cattrs: for users' own files, and the fallback of the decoder.

How a model is read and written follows from its class alone: annotations, defaults, and the metadata ``json`` (name of
the field in JSON) and ``always_written`` (also with its default value).
"""

from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import attrs
from cattrs import BaseConverter, Converter, errors

from aiospectrum._codec.excerpt import start_of
from aiospectrum._codec.readers import array_reader, is_choice, make_reader, read_date_time, read_object
from aiospectrum._codec.writers import make_writer
from aiospectrum._codec.wrong import below, wrong
from aiospectrum.checks.refusals import closest, refuse, shorten
from aiospectrum.errors import ConversionError, SpectrumError
from aiospectrum.structs import Sent, SentOnly, is_struct

__all__ = ["configure_converter", "json_name", "make_converter", "shared_converter"]


_IS_READ: Final[ContextVar[bool]] = ContextVar("aiospectrum_is_read", default=False)
"""Whether a model that is only read is being read, inside of which unknown keys are ignored."""

_FOREIGN_ERRORS: Final[tuple[type[Exception], ...]] = (
    *(each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError),
)
"""What cattrs, and the types that it makes, raise; newer releases of cattrs have a base of all of its own."""


class _Converter(Converter):
    """Raises errors of our own tree alone, and at the first value that does not fit."""

    def structure(self, obj: Any, cl: Any) -> Any:
        try:
            return super().structure(obj, cl)
        except SpectrumError:
            raise
        except Exception as error:
            # A bare one is what cattrs 23 raises for some literals; any other is raised again.
            if not isinstance(error, _FOREIGN_ERRORS) and type(error) is not Exception:
                raise
            raise wrong(f"a value of {_name_of(cl)} ({_reason(error)})", obj) from error

    def unstructure(self, obj: Any, unstructure_as: Any = None) -> Any:
        try:
            return super().unstructure(obj, unstructure_as)
        except SpectrumError:
            raise
        except _FOREIGN_ERRORS as error:
            raise wrong(f"a value that can be written ({_reason(error)})", obj) from error


def configure_converter(converter: Converter) -> Converter:
    """Register the hooks for all models, those of :mod:`aiospectrum.models` among them, on your own converter.

    Nothing else that the converter does is changed: hooks are registered for classes of :mod:`aiospectrum.structs`
    alone.

    Args:
        converter: Any cattrs converter.

    Returns:
        The same converter.

    Raises:
        InvalidArgumentError: It is something else.
    """
    if not isinstance(converter, BaseConverter):
        refuse("converter", converter, "a converter of cattrs")
    converter.register_structure_hook_factory(_is_model, lambda model: _model_reader(model, converter))
    converter.register_unstructure_hook_factory(_is_model, lambda model: _model_writer(model, converter))
    return converter


def make_converter() -> Converter:
    """Make a converter that reads and writes the models of :mod:`aiospectrum.models` as the API does.

    In classes of your own it reads RFC 3339 times too.

    Returns:
        A converter of your own, with ``converter.structure(values, App)`` and ``converter.unstructure(app)``. What
        cannot be read or written raises a :class:`~aiospectrum.ConversionError`, also for classes of your own: the
        first value that does not fit, where it is, and what was expected.
    """
    converter = _Converter(detailed_validation=False)
    converter.register_structure_hook_factory(_is_list_of_models, lambda models: _list_reader(models, converter))
    converter.register_structure_hook_factory(_is_literal, lambda choices: _reader_of(choices, converter))
    converter.register_structure_hook(datetime, lambda value, _: read_date_time(value))
    return configure_converter(converter)


@cache
def shared_converter() -> Converter:
    """Make the converter that all clients share, once; nothing else is registered on it."""
    converter = make_converter()
    # Not in one of a user, as it would come before what is registered for a union later on.
    converter.register_structure_hook_factory(is_choice, lambda union: _reader_of(union, converter))
    converter.register_structure_hook_factory(_is_list, lambda items: _list_reader(items, converter))
    return converter


def json_name(field: "attrs.Attribute[Any]") -> str:
    """Return the name of a model's field in JSON."""
    name: str = field.metadata.get("json", field.name)
    return name


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list


def _is_literal(annotation: Any) -> bool:
    """Those of enums are left to cattrs, which reads their values."""
    return get_origin(annotation) is Literal and not any(isinstance(each, Enum) for each in get_args(annotation))


def _is_list_of_models(annotation: Any) -> bool:
    return _is_list(annotation) and all(map(_is_model, get_args(annotation)))


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
    """A null is read like an absent field; keys that the model does not know are ignored, unless it is sent."""
    cls = get_origin(model) or model
    hints = _type_hints(model, unknown=Any)
    fields = [
        (field.name, json_name(field), make_reader(hints[field.name], converter.structure), _is_required(field))
        for field in attrs.fields(cls)
    ]
    keys = tuple(key for _, key, _, _ in fields)
    known = {*keys, *getattr(cls, "old_keys", ()), *getattr(cls, "read_only_keys", ())}
    read_old_forms = getattr(model, "read_old_forms", _as_it_came)

    def read_model(values: Any, _: Any) -> Any:
        values = read_object(values)
        if issubclass(cls, SentOnly) or (issubclass(cls, Sent) and not _IS_READ.get()):
            _refuse_unknown_keys(values, known, keys, cls.__name__)
        values = read_old_forms(values)
        arguments = {}
        for name, key, read, is_required in fields:
            value = values.get(key)
            if value is None and not is_required:
                continue
            if value is None and key not in values:
                raise wrong("a value", None, key)
            try:
                arguments[name] = read(value)
            except ConversionError as error:
                raise below(key, error) from None
        return model(**arguments)

    def read_in_context(values: Any, annotation: Any) -> Any:
        """What is sent inside of what is read has keys newer than this version too, but not the other way round."""
        token = _IS_READ.set(not issubclass(cls, SentOnly))
        try:
            return read_model(values, annotation)
        finally:
            _IS_READ.reset(token)

    return read_model if issubclass(cls, Sent) and not issubclass(cls, SentOnly) else read_in_context


def _refuse_unknown_keys(values: Mapping[Any, Any], known: Collection[str], keys: Collection[str], name: str) -> None:
    for key in values:
        if key not in known:
            meant = closest(key, keys)
            expected = f"a key of {name}" + (f" ({', '.join(keys)})" if meant is None else "")
            hint = "" if meant is None else f"did you mean {meant!r}?"
            raise wrong(expected, key, shorten(str(key)), hint)


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
        written = {}
        for name, key, write, is_always_written, default in fields:
            value = getattr(item, name)
            if value is None and default is None and not is_always_written:
                continue
            try:
                plain = write(value)
                if is_always_written or plain != write(default):
                    written[key] = plain
            except ConversionError as error:
                raise below(key, error) from None
        return written

    return write_model


def _list_reader(annotation: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Says where in the list an error is, as cattrs does not."""
    (item,) = get_args(annotation)
    read = array_reader(lambda value: converter.structure(value, item))
    return lambda value, _: read(value)


def _reader_of(annotation: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    read = make_reader(annotation, converter.structure)
    return lambda value, _: read(value)


def _name_of(annotation: Any) -> str:
    return shorten(getattr(annotation, "__name__", None) or str(annotation))


def _reason(error: Exception) -> str:
    return "too deep" if isinstance(error, RecursionError) else start_of(f"{type(error).__name__}: {error}")


def _as_it_came(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def _is_required(field: "attrs.Attribute[Any]") -> bool:
    return field.default is attrs.NOTHING
