"""What to do about an error, as the end of its line."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Final, get_args

from cyclopts import CycloptsError, MissingArgumentError, UnusedCliTokensError

from aiospectrum.apps import ApplyError, ZonesError
from aiospectrum.checks.refusals import closest
from aiospectrum.cli.usage_errors import UsageError, refusal_text, shortened_words, without_tokens
from aiospectrum.errors import (
    AmbiguousWriteError,
    AppChangedError,
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
    ResponseError,
    ServerError,
    SeveralAppsError,
    SpectrumError,
    UnprocessableEntityError,
    UnsuccessfulError,
)
from aiospectrum.models import Dimension, Metric

__all__ = ["add_next_steps"]

_NAMES: Final = (*get_args(Metric), *get_args(Dimension))
_WORD: Final = re.compile("[A-Za-z][A-Za-z0-9]*")
_OF_LIST: Final = re.compile(r"\[\d+\]")
_DASHES: Final = tuple("\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
"""Signs that text editors put in the place of hyphens."""
_OPTIONS: Final = {
    "": "",
    "zone_id": "ZONE",
    "app_id": "APP_ID",
    "zones": "--zone",
    "folder": "FOLDER",
    "destination": "--out",
    "plan": "the plan",
    "edge_ips.ips": "--edge-ips",
    "edge_ips.connectivity": "--edge-ip-connectivity",
}
"""Arguments by their place in Python, where an option has another name."""

_UNCHECKED: Final = {
    f"aiospectrum apps {name}": "--unchecked sends a value that is newer than this version"
    for name in ("create", "update", "ensure")
}
"""By command, how it lets values pass that are not known."""

_CODES: Final = "https://developers.cloudflare.com/spectrum/reference/error-codes/"

_STEPS: Final[dict[type[SpectrumError], str]] = {
    ApplyError: "look at what failed, and run the same again to make what is left",
    CredentialsError: "https://dash.cloudflare.com/profile/api-tokens makes tokens; `aiospectrum demo` needs none",
    AmbiguousWriteError: "`aiospectrum apps ensure` with the same options finds it, or creates it",
    AppChangedError: "`aiospectrum apps get` shows it; run the command again",
    SeveralAppsError: "`aiospectrum apps list` shows them",
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
    ZonesError: "`aiospectrum zones` lists the zones",
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
    except CycloptsError as error:
        raise _in_our_words(error, words, find_command()) from None
    except UsageError as error:
        _end(error, str(error), _help(find_command()) if error.step is None else "")
        raise
    except InvalidArgumentError as error:
        place = _place_of(error)
        has_file = any(word.startswith(("--file", "-f")) for word in words)
        hint = _meant(error.value) if place == "sort" else error.hint
        step = hint or (_UNCHECKED.get(find_command()) if error.takes_unchecked else None) or _help(find_command())
        named = [(each, each.field if has_file else _option_of(each)) for each in (error, *error.others)]
        _end(error, "; also ".join(refusal_text(each, name) for each, name in named), step)
        raise
    except SpectrumError as error:
        steps = [next((step for kind, step in _STEPS.items() if isinstance(each, kind)), "") for each in _causes(error)]
        step = next(filter(None, steps), "")
        if isinstance(error, ResponseError) and error.unknown_keys:
            step = f"--drop-unknown leaves out {', '.join(error.unknown_keys)}"
        _end(error, str(error), step)
        raise


def _causes(error: SpectrumError) -> tuple[BaseException | None, ...]:
    """What an error is about, first."""
    return (error.__cause__, error) if isinstance(error, ZonesError) else (error,)


def _place_of(error: InvalidArgumentError) -> str:
    return _OF_LIST.sub("", error.field).removeprefix("app.")


def _option_of(error: InvalidArgumentError) -> str:
    place = _place_of(error)
    return _OPTIONS.get(place, f"--{place.replace('.', '-').replace('_', '-')}")


def _in_our_words(error: CycloptsError, words: Sequence[str], command: str) -> UsageError:
    """An error of parsing, with what was most likely meant."""
    dashed = next((word for word in words if word[:1] in _DASHES), "")
    if dashed:
        return UsageError(
            f"unexpected argument {shortened_words(dashed)!r}", "write hyphens, --, in the place of its dashes"
        )
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        extra = error.unused_tokens[0]
        before = words[words.index(extra, 1) - 1] if extra in words[1:] else ""
        step = f"{before} takes no value" if before.startswith("--") else _help(command)
        return UsageError(f"unexpected argument {extra!r}", step)
    text = " ".join(str(error).split())
    for option, value in pairwise(words) if isinstance(error, MissingArgumentError) else ():
        if f" {option} " in text and value[:1] == "-" != value[1:2]:
            return UsageError(text.removesuffix("."), f"write {option}={shortened_words(value)} if that is its value")
    if "Did you mean" in text:
        return UsageError(text, "")
    return UsageError(text if text.endswith("...") else text.removesuffix("."), _help(command))


def _meant(text: str) -> str:
    """Say which name a misspelt one in a text most likely stands for; empty when all are known, or like none."""
    found = ((word, closest(word, _NAMES)) for word in _WORD.findall(text) if word not in _NAMES)
    return next((f"did you mean {name!r} for {word!r}?" for word, name in found if name is not None), "")


def _end(error: Exception, text: str, step: str) -> None:
    text = without_tokens(text)
    error.args = (f"{text}; {step}" if step else text,)
    if step:
        error.add_note(step)


def _help(command: str) -> str:
    return f"see `{command} --help`"
