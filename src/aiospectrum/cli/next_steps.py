"""What to do about an error, as the end of its line."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, get_args

from cyclopts import CycloptsError, UnusedCliTokensError

from aiospectrum.checks.refusals import closest
from aiospectrum.cli.context import UsageError
from aiospectrum.errors import (
    AmbiguousWriteError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    CredentialsError,
    DecodeError,
    InvalidArgumentError,
    LimiterUnavailableError,
    NotFoundError,
    ProxyError,
    RateLimitError,
    RedirectError,
    RequestTimeoutError,
    ServerError,
    SpectrumError,
    UnprocessableEntityError,
    UnsuccessfulError,
)
from aiospectrum.models import Dimension, Metric

__all__ = ["add_next_steps", "meant"]

_NAMES: Final = (*get_args(Metric), *get_args(Dimension))
_OPTIONS: Final = {
    "zone_id": "ZONE",
    "app_id": "APP_ID",
    "edge_ips.ips": "--edge-ips",
    "edge_ips.connectivity": "--edge-ip-connectivity",
}
"""Arguments by their place in Python, where an option has another name."""

_VERBS: Final = (
    "check|choose|correct|give|make|move|name|put|rename|save|say|see|set|start|take|use|wait|write|it has (?!none)"
)
_STEP: Final = re.compile(
    rf"; (?:{_VERBS})\b|; --|; \[?https?:|did you mean|: give |: name |: save |pip install |`aiospectrum", re.IGNORECASE
)
"""What a text has that says what to do."""

_UNCHECKED: Final = re.compile(r"; Unchecked\('.*'\) sends")
_NOT_WITH: Final = re.compile(r"\A(--[a-z-]{1,40}): expected (?:None|False), (as [^,]*), got .*")
_OF_QUERY: Final = re.compile(r"query\.(\w+) is \(([^()]*)\) there")
_WORD: Final = re.compile("[A-Za-z][A-Za-z0-9]*")
_CODES: Final = "https://developers.cloudflare.com/spectrum/reference/error-codes/"

_STEPS: Final[dict[type[SpectrumError], str]] = {
    CredentialsError: "https://dash.cloudflare.com/profile/api-tokens makes tokens; `aiospectrum demo` needs none",
    AmbiguousWriteError: "`aiospectrum apps list` shows whether it took place",
    RequestTimeoutError: "--timeout permits more seconds",
    LimiterUnavailableError: "start the server, or correct --limit-url",
    ProxyError: "correct --proxy, or the variable that names the proxy",
    ConnectionFailedError: "check the network, --proxy, and CLOUDFLARE_BASE_URL or base_url of the profile",
    NotFoundError: "`aiospectrum apps list` has the identifiers of applications",
    RateLimitError: "wait, and share the limit of the token among its programs with --limit-file or --limit-url",
    ServerError: "try again later; https://www.cloudflarestatus.com says what is known",
    BadRequestError: f"{_CODES} explains the codes",
    ConflictError: f"{_CODES} explains the codes",
    UnprocessableEntityError: f"{_CODES} explains the codes",
    UnsuccessfulError: f"{_CODES} explains the codes",
    DecodeError: "check that CLOUDFLARE_BASE_URL, or base_url of the profile, is that of the API",
    RedirectError: "check that CLOUDFLARE_BASE_URL, or base_url of the profile, is that of the API",
}
"""What to do, by class; the first that an error is of counts."""


@contextmanager
def add_next_steps(find_command: Callable[[], str], words: Sequence[str]) -> Iterator[None]:
    """Let errors of the block end with what to do about them.

    Args:
        find_command: Names the command, such as ``aiospectrum apps list``.
        words: Its arguments.
    """
    try:
        yield
    except (CycloptsError, UsageError) as error:
        extra = (error.unused_tokens or []) if isinstance(error, UnusedCliTokensError) else []
        text = f"unexpected argument {extra[0]!r}" if extra else " ".join(str(error).split())
        text = _in_words_of_the_command(text, find_command())
        raise UsageError(_with_help(text, find_command())) from None
    except InvalidArgumentError as error:
        has_file = any(word.startswith(("--file", "-f")) for word in words)
        text = str(error) if has_file else _named_as_option(error)
        error.args = (_with_help(_in_words_of_the_command(text, find_command()), find_command()),)
        raise
    except SpectrumError as error:
        step = next((step for kind, step in _STEPS.items() if isinstance(error, kind)), "")
        text = str(error).replace("; check zone_id", "; check ZONE").replace("ZONE and app_id", "ZONE and APP_ID")
        text = text.replace(", or let when_gone be a part of the limit", "")
        error.args = (f"{text}; {step}" if step else text,)
        if step:
            error.add_note(step)
        raise


def meant(text: str, known: Sequence[str] = _NAMES) -> str:
    """Say which name a misspelt one in a text most likely stands for; empty when all are known, or like none."""
    found = ((word, closest(word, known)) for word in _WORD.findall(text) if word not in known)
    return next((f"did you mean {name!r} for {word!r}?" for word, name in found if name is not None), "")


def _with_help(text: str, command: str) -> str:
    """A text, and where to read on unless it says what to do."""
    if _STEP.search(text):
        return text
    return f"{text if text.endswith('...') else text.removesuffix('.')}; see `{command} --help`"


def _named_as_option(error: InvalidArgumentError) -> str:
    """The text of an error with the option in the place of the argument's name."""
    place = re.sub(r"\[\d+\]", "", error.field).removeprefix("app.")
    if not error.field or not str(error).startswith(f"{error.field}: "):
        return str(error)
    option = _OPTIONS.get(place) or f"--{place.replace('.', '-').replace('_', '-')}"
    text = f"{option}: {str(error).removeprefix(f'{error.field}: ')}"
    hint = meant(error.value) if place in ("sort", "filters") else ""
    return f"{text}; {hint}" if hint else text


def _in_words_of_the_command(text: str, command: str) -> str:
    """A text without what only Python can do."""
    text = _NOT_WITH.sub(r"\1: expected no such option, \2", text).replace("catch_up(…, plan=…), or ", "")
    text = _OF_QUERY.sub(lambda found: f"--{found[1]} is {found[2].replace(chr(39), '').rstrip(',')} there", text)
    is_app = command in ("aiospectrum apps create", "aiospectrum apps update")
    return _UNCHECKED.sub("; --unchecked sends", text) if is_app else _UNCHECKED.split(text)[0]
