"""The record of a call, and of the HTTP response to it: what all modules of this package work on."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum._codec.excerpt import clean
from aiospectrum._http.deadline import Deadline
from aiospectrum.errors import RequestError
from aiospectrum.routes import Route

__all__ = ["Call", "HTTPResponse"]


class HTTPResponse(msgspec.Struct, kw_only=True, eq=False):
    """An HTTP response as it came; its body goes once it has been read, as an error would keep it."""

    status: int
    """HTTP status."""

    headers: CIMultiDictProxy[str]
    """Headers; names are compared without regard to case."""

    body: bytes
    """The whole body, decompressed."""

    http_version: str | None = None
    """Version of HTTP that it is in, such as ``1.1``; None when that is not known."""

    def __repr__(self) -> str:
        return f"HTTPResponse(status={self.status}, {len(self.body)} bytes)"  # a server may repeat credentials


class Call(msgspec.Struct, kw_only=True, eq=False):
    """What all attempts of a call have in common, and what is remembered between them."""

    route: Route[Any]
    """The endpoint."""

    path: Mapping[str, object]
    """The path parameters by argument name."""

    url: str
    """URL with the query string, percent-encoded."""

    body: bytes | None = None
    """JSON, None for none."""

    redact: Callable[[str], str]
    """Redacts credentials in a text that came from the server."""

    deadline: Deadline
    """Ends the call, and attempts to which no data comes."""

    attempt: int = 0
    """Number of the current attempt, counted from 1; of the last one while waiting, 0 before the first."""

    is_sending: bool = False
    """Whether a request is under way."""

    needs_new_connection: bool = False
    """Whether a kept connection turned out to be closed; all later attempts are made over new ones."""

    may_have_happened: bool = False
    """Whether an earlier attempt may have taken effect."""

    last_error: RequestError | None = None
    """How the last attempt failed."""

    response: HTTPResponse | None = None
    """The response to the current attempt, None when there is none."""

    body_bytes: int = 0
    """Size of its body, decompressed."""

    quota: tuple[int, float] | None = None
    """What that response says of the API's own limit: requests left, and for how many seconds; most say nothing."""

    @property
    def method(self) -> str:
        """HTTP method."""
        return self.route.method

    def forget_response(self) -> None:
        """Drop what came, for a call that fails: its error's frames hold this, and it may repeat credentials."""
        if self.response is not None:
            self.response.headers = CIMultiDictProxy(CIMultiDict())
            self.response.body = b""

    def clean(self, text: str, longest: int = 1000) -> str:
        """Make a text from the server fit for one line; see :func:`aiospectrum._codec.excerpt.clean`."""
        return clean(text, self.redact, longest)
