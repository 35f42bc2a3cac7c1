"""Frames that hold secrets, which tools that report errors show, are taken out of tracebacks."""

from collections.abc import Iterator
from types import TracebackType
from typing import Final

import aiohttp

__all__ = ["chain_of", "forget_aiohttp", "forget_frames"]

_FORGOTTEN: Final = frozenset({"aiohttp", "aiohappyeyeballs", "asyncio"})
_SEAM: Final = frozenset(f"aiospectrum._http.{name}" for name in ("session", "connector", "borrowed"))


def forget_aiohttp(error: BaseException, before: BaseException | None) -> None:
    """Take the frames of aiohttp, of the seam to it, and of what reads responses out of the traceback of an error.

    The same is done to the errors that it is chained to, up to the one that was being handled before the request. Those
    of aiohttp leave the chain, as some hold the headers of the request. Frames of a user's own middleware stay.
    """
    for each in chain_of(error, before):
        each.__traceback__ = _without_aiohttp(each.__traceback__)
        is_suppressed = each.__suppress_context__
        if isinstance(each.__cause__, aiohttp.ClientError) and each.__cause__ is not before:
            each.__cause__ = None
        if isinstance(each.__context__, aiohttp.ClientError) and each.__context__ is not before:
            each.__context__ = None
        each.__suppress_context__ = is_suppressed  # which setting a cause has set


def forget_frames(error: BaseException) -> BaseException:
    """Take all frames out of the tracebacks of an error, and of those that it is chained to; and return it."""
    for each in chain_of(error):
        each.__traceback__ = None
    return error


def chain_of(error: BaseException, before: BaseException | None = None) -> Iterator[BaseException]:
    """An error, and all that are its causes, contexts or parts, as long as they are that, but for what was before."""
    errors: list[BaseException | None] = [error]
    known = {id(before)}
    while errors:
        each = errors.pop()
        if each is not None and id(each) not in known:
            known.add(id(each))
            yield each
            errors += [each.__cause__, each.__context__]
            errors += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


def _without_aiohttp(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module not in _SEAM and module.partition(".")[0] not in _FORGOTTEN:
            frames.append(traceback)
        traceback = traceback.tb_next
    for each in reversed(frames):
        traceback = TracebackType(traceback, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return traceback
