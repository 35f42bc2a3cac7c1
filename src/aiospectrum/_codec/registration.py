"""How models are registered on a cattrs converter, and how its errors are told."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cattrs import Converter
from cattrs.errors import AttributeValidationNote, ClassValidationError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from aiospectrum._codec.wire import Reader, WireError

__all__ = ["explain", "field", "register_model", "register_union"]


def field(
    wire: str,
    read: Reader | None = None,
    *,
    write: Callable[[Any], Any] | None = None,
    keep_default: bool = False,
) -> Any:
    """Describe one field of a model to cattrs.

    Args:
        wire: Name of the field in JSON.
        read: Reader of its value; None leaves it to the converter, for fields that hold models.
        write: Writer of its value; None leaves it to the converter.
        keep_default: Write the field also when it has its default value.

    Returns:
        An override for the code generation of cattrs.
    """
    return override(rename=wire, struct_hook=read, unstruct_hook=write, omit_if_default=not keep_default)


def register_model(converter: Converter, model: type[Any], **fields: Any) -> None:
    """Register how one model is read and written.

    A null is read like an absent field; keys that the model does not know are ignored.

    Args:
        converter: The converter to register on.
        model: An attrs class.
        **fields: One :func:`field` per field of the class.
    """
    read_fields = make_dict_structure_fn(model, converter, _cattrs_forbid_extra_keys=False, **fields)

    def read_model(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise WireError("an object", value)
        return read_fields({key: item for key, item in value.items() if item is not None}, model)

    converter.register_structure_hook(model, read_model)
    converter.register_unstructure_hook(model, make_dict_unstructure_fn(model, converter, **fields))


def register_union(converter: Converter, union: Any, choose: Callable[[Mapping[str, Any]], type[Any]]) -> Reader:
    """Register how a union of models is read.

    Args:
        converter: The converter to register on.
        union: The union type.
        choose: Picks the model for a JSON object.

    Returns:
        The reader, for fields that hold such a union.
    """

    def read_union(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise WireError("an object", value)
        return converter.structure(value, choose(value))

    converter.register_structure_hook(union, read_union)
    return read_union


def explain(error: Exception, path: str = "", redact: Callable[[str], str] = str) -> str:
    """Say in one line what a converter could not read, and where.

    Args:
        error: What cattrs or a reader raised.
        path: Where the read value stands in a larger one.
        redact: Blots credentials out of what came.

    Returns:
        Text such as ``data[3].metrics[0]: expected a number, got 'x'``; several failures are joined.
    """
    return "; ".join(
        f"{where.lstrip('.')}: {what}" if where else what for where, what in _failures(error, path, redact)
    )


def _failures(error: Exception, path: str, redact: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        noted, plain = error.group_exceptions()
        for inner, note in noted:
            step = f".{note.name}" if isinstance(note, AttributeValidationNote) else f"[{note.index}]"
            yield from _failures(inner, path + step, redact)
        for inner in plain:
            yield from _failures(inner, path, redact)
    elif isinstance(error, WireError):
        yield path + error.path, error.describe(redact)
    elif isinstance(error, KeyError):
        yield path, "expected a value, got none"
    else:
        yield path, redact(str(error))
