"""The context of a real process, and what must be done with its streams."""

import io
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Final, NoReturn, TextIO

from rich.console import Console

from aiospectrum.cli.context import Context

__all__ = ["PipeConsole", "process_context", "silence"]

_WIDTH_OF_FILES: Final = 160
"""Columns of what goes to a file or a pipe, where nothing tells how wide it will be shown."""


class PipeConsole(Console):
    """A console that leaves it to its caller what a closed pipe means."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass the error on; rich ends the process here."""
        raise BrokenPipeError


def process_context() -> Context:
    """Make the context of this process.

    Returns:
        The context.
    """
    return Context(
        out=make_console(sys.stdout, os.environ),
        err=make_console(sys.stderr, os.environ),
        stdin=sys.stdin,
        environ=os.environ,
        now=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
    )


def make_console(stream: TextIO | None, environ: Mapping[str, str]) -> Console:
    """Make a console that can print any text to a stream.

    Args:
        stream: A standard stream; None, as of a process without one, swallows all.
        environ: The environment variables; COLUMNS is the width of what is no terminal.

    Returns:
        The console.
    """
    if stream is None:
        return PipeConsole(file=io.StringIO(), highlight=False)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a character that the encoding lacks must not be fatal
    is_terminal = stream.isatty()
    width = None if is_terminal or environ.get("COLUMNS", "").isdigit() else _WIDTH_OF_FILES
    # FORCE_COLOR asks for colours in a file; nothing can be redrawn in place there all the same.
    return PipeConsole(file=stream, width=width, highlight=False, force_interactive=None if is_terminal else False)


def silence(stream: IO[str]) -> None:
    """Let what is still buffered for a closed pipe go nowhere, so that the interpreter's exit is quiet.

    Args:
        stream: The stream; one without a file descriptor is left alone.
    """
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
