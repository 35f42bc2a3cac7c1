"""Consoles for the standard streams, and what is printed on them of warnings and attempts of the client."""

import io
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NoReturn, TextIO

from rich.console import Console

from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted

__all__ = ["WIDTH_OF_FILES", "PipeConsole", "hide_warnings", "make_console", "print_attempts", "show_warnings"]

WIDTH_OF_FILES: Final = 10_000
"""Columns of what goes to a file or a pipe, where programs look for whole identifiers and names."""

_SIZE: Final = re.compile("[0-9]{1,4}")

_LOGGER: Final = logging.getLogger("aiospectrum")


class PipeConsole(Console):
    """A console that leaves it to its caller what a closed pipe means."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass the error on; rich ends the process here."""
        raise BrokenPipeError


def make_console(stream: TextIO | None, environ: Mapping[str, str]) -> Console:
    """Make a console that can print any text to a stream.

    Args:
        stream: A standard stream; None, as of a process without one, swallows all.
        environ: The environment variables; COLUMNS and LINES are the size, if they are sizes.

    Returns:
        The console.
    """
    stream = io.StringIO() if stream is None else stream
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a character that the encoding lacks must not be fatal
    is_terminal = stream.isatty()
    return PipeConsole(
        file=stream,
        width=_read_size(environ, "COLUMNS") or (None if is_terminal else WIDTH_OF_FILES),
        height=_read_size(environ, "LINES"),
        highlight=False,
        # FORCE_COLOR means colours in a file too, where nothing can be redrawn in place.
        force_interactive=None if is_terminal else False,
        _environ={name: value for name, value in environ.items() if name not in ("COLUMNS", "LINES")},
    )


def _read_size(environ: Mapping[str, str], name: str) -> int | None:
    """Columns or lines; None for what is no size, such as 0, which some terminals set."""
    text = environ.get(name, "")
    return int(text) or None if _SIZE.fullmatch(text) else None


@contextmanager
def show_warnings(console: Console, print_line: Callable[[str], object]) -> Iterator[None]:
    """Print what the client logs as warnings, such as a retry, on a terminal and nowhere else, during the block.

    Without it Python itself would write them to the standard error, control characters included.

    Args:
        console: The standard error.
        print_line: Prints a line there.
    """
    handler: logging.Handler = _LineHandler(print_line) if console.is_terminal else logging.NullHandler()
    _LOGGER.addHandler(handler)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)


@contextmanager
def hide_warnings() -> Iterator[None]:
    """Print nothing of the client's log during the block, where a display counts the same."""

    def refuse(record: logging.LogRecord) -> bool:
        return False

    _LOGGER.addFilter(refuse)
    try:
        yield
    finally:
        _LOGGER.removeFilter(refuse)


class _LineHandler(logging.Handler):
    def __init__(self, print_line: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._print_line = print_line

    def emit(self, record: logging.LogRecord) -> None:
        self._print_line(f"aiospectrum: {record.getMessage()}")


def print_attempts(print_line: Callable[[str], object], hook: AttemptHook | None) -> AttemptHook:
    """Make a hook that prints each attempt.

    Args:
        print_line: Prints a line.
        hook: Another hook, which is called as well; None for none.
    """

    def started(attempt: AttemptStarted) -> Callable[[AttemptEnded], None]:
        end = None if hook is None else hook(attempt)

        def ended(seen: AttemptEnded) -> None:
            came = "cancelled" if seen.was_cancelled else "no response" if seen.status is None else str(seen.status)
            took = f"{came} in {seen.duration:.3f} s, {seen.body_bytes:,} bytes"
            print_line(f"{attempt.method} {attempt.url} attempt {attempt.attempt}: {took}")
            if end is not None:
                end(seen)

        return ended

    return started
