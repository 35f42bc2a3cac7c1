"""Errors about what applications have, without credentials that the API repeats in them."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from aiospectrum._http.call import client_of
from aiospectrum._http.frames import chain_of, forget_frames
from aiospectrum.errors import InvalidArgumentError, SpectrumError
from aiospectrum.transport import Transport

__all__ = ["redacted", "redacting"]

C = TypeVar("C", bound=Callable[..., Coroutine[Any, Any, Any]])


def redacting(call: C) -> C:
    """Let a function over a transport raise its errors as :func:`redacted` gives them."""

    @wraps(call)
    async def redacting_call(transport: Transport, *args: Any, **kwargs: Any) -> Any:
        try:
            return await call(transport, *args, **kwargs)
        except SpectrumError as error:
            redacted(error, transport)
            raise

    return cast("C", redacting_call)


def redacted(error: SpectrumError, transport: Transport) -> SpectrumError:
    """Take the credentials of a client out of an error, and its frames, which hold what was read; and return it."""
    client = client_of(transport)
    if client is not None:
        _redact(error, client._settings.redact)
        forget_frames(error)
    return error


def _redact(error: BaseException, redact: Callable[[str], str]) -> None:
    """Redact the texts of an error, of those that it is chained to, and of those that it has several of."""
    for each in chain_of(error):
        each.args = tuple(redact(text) if isinstance(text, str) else text for text in each.args)
        for name, value in vars(each).items():
            if isinstance(value, str):
                setattr(each, name, redact(value))
            elif isinstance(value, tuple) and all(isinstance(text, str) for text in value):
                setattr(each, name, tuple(map(redact, value)))
        for other in _several(each):
            _redact(other, redact)


def _several(error: BaseException) -> Iterable[BaseException]:
    if isinstance(error, InvalidArgumentError):
        return error.others
    of_zones = getattr(error, "errors", None)
    return of_zones.values() if isinstance(of_zones, Mapping) else ()
