"""What successful calls said besides their results, without a second way of calling."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from aiospectrum.transport import Response

__all__ = ["record_response", "record_responses"]

_RECORDS: Final[ContextVar[tuple[list[Response[Any]], ...]]] = ContextVar("aiospectrum_records", default=())


@contextmanager
def record_responses() -> Iterator[list[Response[Any]]]:
    """Collect the successful calls that are made inside the ``with`` block.

    Calls of this task count, and of every task that is started inside the block; those of other tasks do not.

    Yields:
        A list that grows with each call, in the order in which they end: status, headers, ray id, messages,
        attempts and result of each.
    """
    responses: list[Response[Any]] = []
    _RECORDS.set((*_RECORDS.get(), responses))
    try:
        yield responses
    finally:
        # Not by a token: a fixture or a generator may be left in another context than it was entered in.
        _RECORDS.set(tuple(each for each in _RECORDS.get() if each is not responses))


def record_response(response: Response[Any]) -> None:
    """Hand a successful call to every block that collects; for transports.

    Args:
        response: The call.
    """
    for responses in _RECORDS.get():
        responses.append(response)
