"""The command line that goes on where a pull was interrupted: pure."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from aiospectrum.cli.text import without_passwords
from aiospectrum.cli.times import is_relative

__all__ = ["resume_command"]


def resume_command(argv: Sequence[str], *, since: datetime, until: datetime) -> str:
    """Write the command to go on with.

    It is the one that was given, but that times such as ``-24h``, which would be others by now and make it another
    pull, are written out.

    Args:
        argv: The arguments, without the program's name.
        since: The start that was pulled from, in UTC.
        until: The end that was pulled to, in UTC.

    Returns:
        The command for a shell; passwords in URLs are to be filled in.
    """
    words = ["aiospectrum", *map(without_passwords, argv)]
    has_plan = any(_is(word, "--plan") for word in argv)
    values = dict(_times(words))
    if not has_plan and any(is_relative(values.get(option, "now")) for option in ("--since", "--until")):
        words = [*_without_times(words), "--since", _second(since), "--until", _second(until)]
    return shlex.join(words)


def _times(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, word in enumerate(words):
        for option in ("--since", "--until"):
            if word.startswith(f"{option}="):
                yield option, word.partition("=")[2]
            elif word == option and place + 1 < len(words):
                yield option, words[place + 1]


def _without_times(words: Sequence[str]) -> Iterator[str]:
    is_value = False
    for word in words:
        is_time = _is(word, "--since") or _is(word, "--until")
        if not is_value and not is_time:
            yield word
        is_value = is_time and "=" not in word


def _is(word: str, option: str) -> bool:
    return word == option or word.startswith(f"{option}=")


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
