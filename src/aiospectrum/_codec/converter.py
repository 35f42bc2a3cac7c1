"""Models to and from the JSON values of the API, by cattrs, for users' own files and caches."""

from functools import cache

from cattrs import Converter

from aiospectrum._generated.converters import register_models

__all__ = ["configure_converter", "make_converter", "shared_converter"]


def configure_converter(converter: Converter) -> Converter:
    """Teach a converter of your own all models of :mod:`aiospectrum.models`.

    Nothing else that the converter does is changed: hooks are registered for the models and their unions alone.

    Args:
        converter: Any cattrs converter.

    Returns:
        The same converter.
    """
    register_models(converter)
    return converter


def make_converter() -> Converter:
    """Make a converter that reads and writes the models of :mod:`aiospectrum.models` as the API does.

    Returns:
        A converter of your own: ``converter.structure(values, App)`` and ``converter.unstructure(app)``.
    """
    return configure_converter(Converter())


@cache
def shared_converter() -> Converter:
    """Make the converter that all clients share, once; it takes some milliseconds.

    Returns:
        The converter; register nothing on it.
    """
    return make_converter()
