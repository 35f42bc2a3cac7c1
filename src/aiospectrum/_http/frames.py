"""What tools that report errors see of an error that leaves a request: no frame in which aiohttp holds its headers."""

from types import TracebackType
from typing import Final

import aiohttp

__all__ = ["forget_aiohttp"]

_FORGOTTEN: Final = frozenset({"aiohttp", "aiohappyeyeballs", "asyncio"})
_SEAM: Final = "aiospectrum._http.session"


def forget_aiohttp(error: BaseException) -> None:
    """Take the frames of aiohttp, and of the seam to it, out of the traceback of an error.

    The same is done to the errors that it is chained to. Those of aiohttp leave the chain, as some hold the headers of
    the request. Frames of a user's own middleware stay.
    """
    errors, known = [error], {id(error)}
    while errors:
        error = errors.pop()
        error.__traceback__ = _without_aiohttp(error.__traceback__)
        is_suppressed = error.__suppress_context__
        for name in ("__cause__", "__context__"):
            inner = getattr(error, name)
            if isinstance(inner, aiohttp.ClientError):
                setattr(error, name, None)
            elif inner is not None and id(inner) not in known:
                known.add(id(inner))
                errors.append(inner)
        error.__suppress_context__ = is_suppressed  # which setting a cause has set
        if isinstance(error, BaseExceptionGroup):
            errors += error.exceptions


def _without_aiohttp(traceback: TracebackType | None) -> TracebackType | None:
    frames = []
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module != _SEAM and module.partition(".")[0] not in _FORGOTTEN:
            frames.append(traceback)
        traceback = traceback.tb_next
    for each in reversed(frames):
        traceback = TracebackType(traceback, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return traceback
