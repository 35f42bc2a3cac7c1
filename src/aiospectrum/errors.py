"""Every error that aiospectrum raises, as one tree.

::

    SpectrumError
    ├── InvalidArgumentError (also ValueError)    an argument was refused before anything was sent
    │   └── ConversionError                       values that a converter cannot read or write
    ├── CredentialsError (also ValueError)        credentials are missing, unusable or of two schemes
    ├── ClientStateError (also RuntimeError)      the client is used outside its async with, or was left meanwhile
    ├── TableError                                a report cannot be made into a table
    ├── AppChangedError                           an application changed while it was to be changed: nothing was sent
    ├── SeveralAppsError                          several applications fit where one was looked for: nothing was sent
    └── RequestError                              a call failed after its request was built
        ├── ConnectionFailedError                 no connection, or the response did not arrive whole
        │   ├── LimiterUnavailableError           what keeps the rate limit cannot be reached: nothing was sent
        │   └── ProxyError                        the proxy refused to connect: nothing has reached the API
        ├── RequestTimeoutError                   the deadline passed, or a wait would pass it
        ├── AmbiguousWriteError                   a create failed in a way that leaves open whether it took place
        │   └── InterruptedWriteError (also ClientStateError)  its client was left while it was under way
        └── ResponseError                         a response came, and it is not a success
            ├── DecodeError                       a 2xx response that is not what the API documents
            │   └── MalformedBodyError            its body is no JSON object
            ├── BodyTooLargeError                 the body is larger than the client takes
            ├── RedirectError                     300 to 399: redirects are not followed
            ├── UnsuccessfulError                 success: false in a 2xx response
            ├── BadRequestError                   400
            ├── AuthenticationError               401
            ├── PermissionDeniedError             403
            ├── NotFoundError                     404
            ├── ConflictError                     409
            ├── UnprocessableEntityError          422
            ├── RateLimitError                    429
            └── ServerError                       500 to 599

Any other status raises :class:`ResponseError` itself. Every error pickles and prints as one line.
"""

from collections.abc import Sequence
from typing import Any, Final

import attrs

__all__ = [
    "AmbiguousWriteError",
    "AppChangedError",
    "AuthenticationError",
    "BadRequestError",
    "BodyTooLargeError",
    "ClientStateError",
    "ConflictError",
    "ConnectionFailedError",
    "ConversionError",
    "CredentialsError",
    "DecodeError",
    "ErrorDetail",
    "InterruptedWriteError",
    "InvalidArgumentError",
    "LimiterUnavailableError",
    "MalformedBodyError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProxyError",
    "RateLimitError",
    "RedirectError",
    "RequestError",
    "RequestTimeoutError",
    "ResponseError",
    "ServerError",
    "SeveralAppsError",
    "SpectrumError",
    "TableError",
    "UnprocessableEntityError",
    "UnsuccessfulError",
    "error_class",
]


@attrs.frozen(kw_only=True)
class ErrorDetail:
    """One entry of the ``errors`` or ``messages`` of a response.

    Source: https://developers.cloudflare.com/fundamentals/api/reference/troubleshooting/
    """

    code: int | None = None
    """Cloudflare's code; None when the entry came without one."""

    message: str = ""
    """The text for people."""

    documentation_url: str | None = None
    """Where the error is documented."""

    pointer: str | None = None
    """JSON pointer to the part of the request that the error is about."""

    error_chain: tuple["ErrorDetail", ...] = ()
    """The errors that led to this one."""

    def __str__(self) -> str:
        text = self.message if self.code is None else f"{self.code} {self.message}"
        if self.pointer is not None:
            text += f" (at {self.pointer})"
        if self.error_chain:
            text += f" [{'; '.join(map(str, self.error_chain))}]"
        return text


class SpectrumError(Exception):
    """The root of all errors of aiospectrum."""

    def __reduce__(self) -> tuple[Any, ...]:
        # With its cause, which some errors document; but none of other libraries, which may not go into a pickle.
        cause = self.__cause__
        is_ours = isinstance(cause, SpectrumError) or type(cause).__module__ == "builtins"
        return type(self), self.args, vars(self) | ({"__cause__": cause} if cause is not None and is_ours else {})


class InvalidArgumentError(SpectrumError, ValueError):
    """An argument was refused before anything was sent.

    Its parts are there for programs that have other names for the arguments, as the command has.
    """

    others: tuple["InvalidArgumentError", ...] = ()
    """What else is wrong with the same argument, where all of that is found at once."""

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: str = "",
        expected: str = "",
        hint: str = "",
        takes_unchecked: bool = False,
    ) -> None:
        """Keep what was wrong.

        Args:
            message: The whole error in one line.
            field: Name of the argument, with the path inside it (``app.origin_dns.ttl``).
            value: Representation of the refused value, shortened.
            expected: What was expected instead.
            hint: What to do about it, if more is known than that; else empty.
            takes_unchecked: Whether ``Unchecked`` lets the value pass, as it may be newer than this version.
        """
        super().__init__(message)
        self.field = field
        self.value = value
        self.expected = expected
        self.hint = hint
        self.takes_unchecked = takes_unchecked


class ConversionError(InvalidArgumentError):
    """Values that a converter cannot read or write: a wrong type, an unknown key of what is sent, or none at all.

    ``field`` is where the first one is, such as ``data[3].metrics``, and empty for the whole.
    """


class CredentialsError(SpectrumError, ValueError):
    """Credentials are missing, unusable, or of both schemes at once; never holds a credential."""


class ClientStateError(SpectrumError, RuntimeError):
    """The client is used outside its ``async with`` block, or was left while a call was under way.

    So it is on another event loop than the one that it, its session or its limiter belongs to.
    """


class TableError(SpectrumError):
    """A report cannot be made into a table: it does not name its columns, or its parts do not go together."""


class AppChangedError(SpectrumError):
    """An application changed between the moment at which it was read and the one at which it was to be replaced.

    The replacement was not sent, as it would have undone that: look at the application, and change it again.
    """

    def __init__(self, message: str, *, app_id: str = "", fields: Sequence[str] = ()) -> None:
        """Keep what changed.

        Args:
            message: The whole error in one line.
            app_id: Identifier of the application.
            fields: Keys of its JSON that changed.
        """
        super().__init__(message)
        self.app_id = app_id
        self.fields: tuple[str, ...] = tuple(fields)


class SeveralAppsError(SpectrumError):
    """Several applications have the DNS name and protocol that one was looked for by, so that none was changed.

    Delete or change the others, or change the right one by its identifier.
    """

    def __init__(self, message: str, *, app_ids: Sequence[str] = ()) -> None:
        """Keep which ones.

        Args:
            message: The whole error in one line.
            app_ids: Their identifiers.
        """
        super().__init__(message)
        self.app_ids: tuple[str, ...] = tuple(app_ids)


class RequestError(SpectrumError):
    """A call failed after its request was built."""

    was_sent: bool = True
    """Whether a byte of the request could have been sent."""

    wait: float | None = None
    """Seconds to wait before another attempt, after a 429 or when the deadline left less than that; else None."""

    def __init__(
        self,
        message: str,
        *,
        method: str = "",
        url: str = "",
        status: int | None = None,
        errors: Sequence[ErrorDetail] = (),
        ray_id: str | None = None,
        body_excerpt: str | None = None,
        attempts: int = 1,
    ) -> None:
        """Keep what is known of the call.

        Args:
            message: The whole error in one line.
            method: HTTP method.
            url: URL with the query string; credentials are never part of it.
            status: HTTP status, None without a response.
            errors: What the response's envelope says.
            ray_id: The ``cf-ray`` header, which identifies the request to Cloudflare's support.
            body_excerpt: Start of the response's body, with credentials redacted.
            attempts: Number of requests that were sent for this call.
        """
        super().__init__(message)
        self.method = method
        self.url = url
        self.status = status
        self.errors: tuple[ErrorDetail, ...] = tuple(errors)
        self.ray_id = ray_id
        self.body_excerpt = body_excerpt
        self.attempts = attempts


class ConnectionFailedError(RequestError):
    """No connection could be made, or it broke before the whole response had arrived."""

    was_stale: bool = False
    """Whether a connection that had been kept turned out to be closed, before a byte of the response had come."""

    is_permanent: bool = False
    """Whether another attempt would fail in the same way, as after a refused certificate or too large headers."""


class LimiterUnavailableError(ConnectionFailedError):
    """The server that keeps the rate limit cannot be reached, so that no permit could be had: nothing was sent.

    With ``when_gone`` a limiter lets calls go on at a part of the limit instead.
    """

    was_sent = False
    is_permanent = True


class ProxyError(ConnectionFailedError):
    """The proxy refused to connect to the API, with ``status``; the API has received nothing."""


class RequestTimeoutError(RequestError):
    """The deadline of the call passed, or a wait would have passed it.

    It is not a TimeoutError, so that it is distinct from the end of a caller's own ``asyncio.timeout``.
    """


class AmbiguousWriteError(RequestError):
    """A create failed after its request could have been sent, so that it may have taken place.

    For an application, ``apps.ensure`` with the same configuration finds it, or creates it where it is not there.
    ``__cause__`` is how it failed.
    """


class InterruptedWriteError(AmbiguousWriteError, ClientStateError):
    """The client was left while a create was under way whose request could have been sent already."""


class ResponseError(RequestError):
    """A response came, and it is not a success."""

    hint: str = ""
    """What a known code of ``errors`` means and what to do, for calls of applications; empty for others."""

    unknown_keys: tuple[str, ...] = ()
    """Keys of an application that ``apps.change`` or ``apps.ensure`` sent back without knowing them, where the API
    refused an unknown field; ``keep_unknown=False`` leaves them out."""


class DecodeError(ResponseError):
    """A 2xx response that is not what the API documents: no JSON, no envelope or a wrong type in the result."""


class MalformedBodyError(DecodeError):
    """A 2xx response whose body is no JSON object: cut off, empty, HTML or anything else."""


class BodyTooLargeError(ResponseError):
    """The body, decompressed, is larger than the client takes; the rest was not read."""


class RedirectError(ResponseError):
    """Status 300 to 399: redirects are not followed, as credentials would be sent along."""

    location: str | None = None
    """Where the response points to."""


class UnsuccessfulError(ResponseError):
    """The response has a 2xx status and says ``success: false``."""


class BadRequestError(ResponseError):
    """Status 400: the request was malformed, or an application breaks one of Spectrum's rules."""


class AuthenticationError(ResponseError):
    """Status 401: the credentials were not accepted."""


class PermissionDeniedError(ResponseError):
    """Status 403: the credentials lack a permission, or the plan lacks the feature."""


class NotFoundError(ResponseError):
    """Status 404: no such zone or application."""


class ConflictError(ResponseError):
    """Status 409: the request conflicts with what is there."""


class UnprocessableEntityError(ResponseError):
    """Status 422: the request was understood and refused."""


class RateLimitError(ResponseError):
    """Status 429: the rate limit is used up.

    Source: https://developers.cloudflare.com/fundamentals/api/reference/limits/
    """

    retry_after: float | None = None
    """Seconds to wait before the next request, as the API says; None when it does not say."""


class ServerError(ResponseError):
    """Status 500 to 599: the failure is on Cloudflare's side."""


_BY_STATUS: Final[dict[int, type[ResponseError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def error_class(status: int) -> type[ResponseError]:
    """Choose the class of error for a response that is not a success.

    Args:
        status: HTTP status.

    Returns:
        The class of that status, :class:`UnsuccessfulError` for 2xx, else :class:`ResponseError`.
    """
    if 200 <= status < 300:
        return UnsuccessfulError
    if 300 <= status < 400:
        return RedirectError
    if 500 <= status < 600:
        return ServerError
    return _BY_STATUS.get(status, ResponseError)
