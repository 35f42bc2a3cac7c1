"""The HTTP edge: aiohttp.web on one side, pure functions on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
from aiohttp import web

from aiospectrum.sandbox._auth import Credentials, authenticate
from aiospectrum.sandbox._envelope import encode_failure, encode_success
from aiospectrum.sandbox._errors import Problem, RefusedError
from aiospectrum.sandbox._mixing import fold
from aiospectrum.sandbox._operations import World, perform
from aiospectrum.sandbox._routes import match_route

if TYPE_CHECKING:
    from aiospectrum.sandbox._ratelimit import RateLimiter

__all__ = ["Edge", "EnvelopeServer", "RecordedRequest"]

_LONGEST_LINE: Final = 32 * 1024


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """One request that the sandbox answered."""

    method: str
    path: str
    """Path as it came, still percent-encoded."""
    query: str
    """Query string as it came, without the question mark."""
    status: int
    """HTTP status of the answer."""


class Edge:
    """Answers HTTP requests and keeps the record of them."""

    def __init__(self, world: World, credentials: Credentials, limiter: RateLimiter | None) -> None:
        """Serve `world` to whoever knows `credentials`; no `limiter` means no throttling."""
        self._world: Final = world
        self._credentials: Final = credentials
        self._limiter: Final = limiter
        self._answered = 0
        self.requests: Final[list[RecordedRequest]] = []

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request; whatever is wrong with it comes back as an error envelope."""
        headers: dict[str, str] = {}
        try:
            payload, status = await self._answer(request, headers), 200
        except RefusedError as error:
            payload, status = encode_failure(error.problems), error.status
            headers |= error.headers
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        self.requests.append(RecordedRequest(method=request.method, path=path, query=query, status=status))
        return self.respond(status, payload, headers)

    def respond(self, status: int, payload: bytes, headers: dict[str, str]) -> web.Response:
        """Return a JSON response with the next ``cf-ray``."""
        self._answered += 1
        ray = {"cf-ray": f"{fold(self._world.seed, 'ray', self._answered):016x}-SFO"}
        return web.Response(status=status, body=payload, content_type="application/json", headers=headers | ray)

    async def _answer(self, request: web.BaseRequest, headers: dict[str, str]) -> bytes:
        """Return the payload of a success; `headers` takes what the answer carries either way."""
        stranger = self._identify(request, headers)
        # Strangers too are told that a path does not exist; for others it costs a request.
        route = match_route(request.method, request.rel_url.raw_path)
        if stranger is not None:
            raise stranger
        body = await _read_body(request)
        return encode_success(await perform(self._world, route, request.rel_url.raw_query_string, body))

    def _identify(self, request: web.BaseRequest, headers: dict[str, str]) -> RefusedError | None:
        try:
            credential = authenticate(request.headers, self._credentials)
        except RefusedError as error:
            return error
        if self._limiter is not None:
            headers |= self._limiter.charge(credential)
        return None


async def _read_body(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RefusedError(413, Problem(code=10413, message="The request body is too large")) from None
    except web.RequestPayloadError:
        raise RefusedError(400, Problem(code=6007, message="The request body is damaged")) from None


class EnvelopeServer(web.Server):
    """A server whose own error answers, as for a malformed request line, are envelopes as well."""

    def __init__(self, edge: Edge) -> None:
        """Serve `edge` on the running loop, without an access log."""
        super().__init__(edge.handle)
        self._edge: Final = edge

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one more connection."""
        return _EnvelopeProtocol(self, self._edge, loop=self._loop)


class _EnvelopeProtocol(web.RequestHandler):
    __slots__ = ("_edge",)

    def __init__(self, server: web.Server, edge: Edge, **kwargs: Any) -> None:
        kwargs |= {"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE}
        kwargs["access_log"] = None
        super().__init__(server, **kwargs)
        self._edge = edge

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return an envelope where aiohttp would write text or HTML, and close the connection."""
        if status >= 500:
            self.log_exception("Error handling request from %s", request.remote, exc_info=exc)
            problem = Problem(code=10002, message="Internal error of the sandbox")
        else:
            problem = Problem(code=10000 + status, message="The request is not valid HTTP")
        response = self._edge.respond(status, encode_failure([problem]), {})
        response.force_close()
        return response
