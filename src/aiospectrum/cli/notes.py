"""What the client logs, such as a repeated request, as lines for people."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiospectrum.cli.context import Context

__all__ = ["hide_notes", "show_notes"]


class _NoteHandler(logging.Handler):
    def __init__(self, context: Context) -> None:
        super().__init__(logging.WARNING)
        self._context = context

    def emit(self, record: logging.LogRecord) -> None:
        self._context.tell(f"aiospectrum: {record.getMessage()}")


@contextmanager
def show_notes(context: Context) -> Iterator[None]:
    """Show warnings of the client on a terminal, and nothing of its log elsewhere, for the time of the block.

    Without it Python itself would write them to the standard error, control characters included.

    Args:
        context: What the command works with.
    """
    logger = logging.getLogger("aiospectrum")
    handler = _NoteHandler(context) if context.err.is_terminal else logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def hide_notes() -> Iterator[None]:
    """Show nothing of the client's log for the time of the block, where a display counts the same."""
    logger = logging.getLogger("aiospectrum")

    def refuse(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(refuse)
    try:
        yield
    finally:
        logger.removeFilter(refuse)
