"""Errors of usage: what is wrong with a command line or its files, and what to do about it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiospectrum.bulk import DestinationMismatchError
from aiospectrum.errors import InvalidArgumentError

__all__ = [
    "UsageError",
    "listening_error",
    "named_as_given",
    "refusal_text",
    "repeated_value",
    "sandbox_refusal",
    "shortened_words",
    "without_tokens",
]

_SHORT: Final = 16
"""Characters of a value that an error may repeat whole."""
_START: Final = 4
"""Characters of a longer one."""
_WORD: Final = re.compile(rf"[A-Za-z0-9_-]{{{_SHORT + 1},}}")
_LONG: Final = re.compile(r"[A-Za-z0-9_-]{37,}")
"""What may be a token of Cloudflare or a key, if there are digits in it; identifiers have 32 characters, or 36."""


class UsageError(Exception):
    """The command line makes no sense; the text is one line."""

    def __init__(self, problem: str, step: str | None = None) -> None:
        """Keep what to do about it.

        Args:
            problem: What is wrong.
            step: What to do about it; None for the help of the command, empty if the problem says it.
        """
        text = without_tokens(problem)
        super().__init__(f"{text}; {step}" if step else text)
        self.step = step
        if step:
            self.add_note(step)


def repeated_value(text: str) -> str:
    """Give what an error may repeat of an invalid value: all when it is short, else a start too short to be of use.

    What stands there may be a token that nobody knows of, as in a file, so that it cannot be replaced later.

    Args:
        text: The value.

    Returns:
        It if it has 16 characters at most, or its first four and an ellipsis.
    """
    return text if len(text) <= _SHORT else f"{text[:_START]}…"


def without_tokens(text: str) -> str:
    """Cut what may be a token, also one that nobody knows of."""

    def cut(word: re.Match[str]) -> str:
        return repeated_value(word[0]) if any(map(str.isdigit, word[0])) else word[0]

    return _LONG.sub(cut, text)


def shortened_words(text: str) -> str:
    """Give what an error may repeat of a text with several words, each as :func:`repeated_value` does."""
    return _WORD.sub(lambda word: repeated_value(word[0]), text)


def refusal_text(error: InvalidArgumentError, name: str) -> str:
    """Say what is wrong with an argument that has another name in the command; empty for none."""
    text = f"expected {error.expected}, got {shortened_words(error.value)}"
    return f"{name}: {text}" if name else text


def sandbox_refusal(error: ValueError) -> UsageError:
    """Say what a sandbox refuses, whose arguments are named as the options are."""
    name, _, reason = str(error).partition(" is ")
    value, _, expected = reason.partition("; expected ")
    return UsageError(f"--{name.replace('_', '-')}: expected {expected.removesuffix(', or zone ids')}, got {value}")


def listening_error(place: str, error: OSError | UnicodeError) -> OSError:
    """Say why a server cannot listen on a host and port."""
    number = getattr(error, "errno", None) or 0
    reason = os.strerror(number) if number > 0 else str(error)
    return OSError(f"cannot listen on {place}: {reason}; choose others with --host and --port")


@contextmanager
def named_as_given(place: str, option: str = "") -> Iterator[None]:
    """Let errors about a dataset, which say what to do, name its folder as it was given, and the option of it."""
    try:
        yield
    except (DestinationMismatchError, ImportError) as error:  # an import such as that of fsspec, for a URL
        raise UsageError(f"{option} {place}: {str(error).removeprefix(f'{place}: ')}".lstrip(), "") from None
