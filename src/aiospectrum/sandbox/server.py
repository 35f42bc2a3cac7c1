"""The HTTP edge: aiohttp.web on one side, pure functions on the other."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
from aiohttp import web

from aiospectrum.sandbox.access import Credentials, RateLimiter, authenticate, too_many
from aiospectrum.sandbox.account import Account
from aiospectrum.sandbox.faults import Delivery, FaultInjector, InjectedFault
from aiospectrum.sandbox.hashing import hash_parts
from aiospectrum.sandbox.operations import match_route, perform
from aiospectrum.sandbox.options import FaultKind
from aiospectrum.sandbox.responses import Problem, RefusedError, encode_failure, encode_success, error_page

__all__ = ["Edge", "EnvelopeServer", "RecordedRequest"]

_LONGEST_LINE: Final = 32 * 1024
_FIRST_PAGE: Final = 502
"""The lowest status that comes with a page of HTML; those below are the API's own."""
_WITHOUT_RESPONSE: Final = ("hang", "reset_after", "reset_before")


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """One request, and how the sandbox responded."""

    method: str
    """HTTP method, such as ``GET``."""
    path: str
    """Path as it came, still percent-encoded."""
    query: str
    """Query string as it came, without the question mark."""
    status: int | None
    """HTTP status of the response; None when there was none, after a reset or while hanging."""
    fault: FaultKind | None = None
    """What went wrong on purpose, apart from latency."""


class Edge:
    """Makes the response to every request, and records them."""

    def __init__(
        self, account: Account, credentials: Credentials, limiter: RateLimiter | None, injector: FaultInjector
    ) -> None:
        """Serve ``account`` to whoever knows ``credentials``; no ``limiter`` means no throttling."""
        self._account: Final = account
        self._credentials: Final = credentials
        self._limiter: Final = limiter
        self._rays = 0
        self.injector: Final = injector
        self.requests: Final[list[RecordedRequest]] = []

    async def handle(self, request: web.BaseRequest) -> tuple[web.Response, InjectedFault, RecordedRequest]:
        """Return the response to one request, what is to go wrong with it, and what is recorded of it.

        Whatever is wrong with the request itself makes an error envelope.
        """
        fault = self.injector.draw()
        headers: dict[str, str] = {}
        try:
            self._screen(request, headers)
        except RefusedError as refusal:
            fault = InjectedFault(latency=fault.latency)
            response = self._refuse(refusal, headers)
        else:
            response = await self._respond(request, fault, headers)
        record = RecordedRequest(
            method=request.method,
            path=request.rel_url.raw_path,
            query=request.rel_url.raw_query_string,
            status=None if fault.kind in _WITHOUT_RESPONSE else response.status,
            fault=fault.kind,
        )
        self.requests.append(record)
        return response, fault, record

    def respond(self, status: int, payload: bytes, headers: dict[str, str]) -> web.Response:
        """Return a JSON response with the next ``cf-ray``."""
        headers = {"Content-Type": "application/json", "cf-ray": self._next_ray(), **headers}
        return web.Response(status=status, body=payload, headers=headers)

    def _next_ray(self) -> str:
        self._rays += 1
        return f"{hash_parts(self._account.seed, 'ray', self._rays):016x}-SFO"

    def _screen(self, request: web.BaseRequest, headers: dict[str, str]) -> None:
        """Refuse strangers and whoever sends too many requests; adds what is left of the budget to ``headers``."""
        try:
            credential = authenticate(request.headers, self._credentials)
        except RefusedError:
            # Strangers too learn that a path does not exist; for others it costs a request.
            match_route(request.method, request.rel_url.raw_path)
            raise
        if self._limiter is not None:
            headers |= self._limiter.charge(credential)

    async def _respond(self, request: web.BaseRequest, fault: InjectedFault, headers: dict[str, str]) -> web.Response:
        match fault.kind:
            case "hang" | "reset_before":
                return web.Response()  # which is never sent
            case "storm" | "throttle":
                return self._refuse(too_many(fault.retry_after), {})
            case "error":
                return self._fail(fault.status, headers)
        try:
            payload, status = await self._perform(request), 200
        except RefusedError as refusal:
            payload, status = encode_failure(refusal.problems), refusal.status
            headers = headers | refusal.headers
        if fault.kind == "truncate":
            headers = headers | {"Content-Length": str(len(payload))}
            payload = payload[: int(len(payload) * fault.share)]
        return self.respond(status, payload, headers)

    async def _perform(self, request: web.BaseRequest) -> bytes:
        route = match_route(request.method, request.rel_url.raw_path)
        body = await _read_body(request)
        return encode_success(await perform(self._account, route, request.rel_url.raw_query_string, body))

    def _refuse(self, refusal: RefusedError, headers: dict[str, str]) -> web.Response:
        return self.respond(refusal.status, encode_failure(refusal.problems), headers | refusal.headers)

    def _fail(self, status: int, headers: dict[str, str]) -> web.Response:
        """Return an injected error: from the API itself, or a page of the edge in front of it."""
        if status < _FIRST_PAGE:
            problem = Problem(code=10000 + status, message="Internal server error, injected by the sandbox")
            return self._refuse(RefusedError(status, problem), headers)
        ray = self._next_ray()
        page_headers = {"Content-Type": "text/html; charset=UTF-8", "cf-ray": ray}
        return web.Response(status=status, body=error_page(status, ray), headers=page_headers)


async def _read_body(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RefusedError(413, Problem(code=10413, message="The request body is too large")) from None
    except web.RequestPayloadError:
        raise RefusedError(400, Problem(code=6007, message="The request body is damaged")) from None


class EnvelopeServer(web.Server):
    """A server whose own error responses, as for a malformed request line, are envelopes as well."""

    def __init__(
        self,
        edge: Edge,
        sleep: Callable[[float], Awaitable[object]],
        *,
        monotonic: Callable[[], float],
        on_request: Callable[[RecordedRequest, float], object] | None,
    ) -> None:
        """Serve ``edge`` on the running loop, without an access log; ``sleep`` waits for seconds.

        ``on_request`` is called with each request and the seconds that it took by ``monotonic``, once its response is
        sent, or its client is gone.
        """
        super().__init__(self._serve)
        self._monotonic: Final = monotonic
        self._on_request: Final = on_request
        self._edge: Final = edge
        self._delivery: Final = Delivery(sleep)

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one more connection."""
        return _EnvelopeProtocol(self, self._edge, self._delivery, loop=self._loop)

    def pre_shutdown(self) -> None:
        """Take no more requests, and drop those whose responses are held back."""
        super().pre_shutdown()
        self._delivery.stop()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        began = self._monotonic()
        response, fault, record = await self._edge.handle(request)
        try:
            return await self._delivery.deliver(request, response, fault)
        finally:
            if self._on_request is not None:
                self._on_request(record, self._monotonic() - began)


class _EnvelopeProtocol(web.RequestHandler):
    __slots__ = ("_delivery", "_edge")

    def __init__(self, server: web.Server, edge: Edge, delivery: Delivery, **kwargs: Any) -> None:
        kwargs |= {"max_line_size": _LONGEST_LINE, "max_field_size": _LONGEST_LINE}
        kwargs["access_log"] = None
        super().__init__(server, **kwargs)
        self._edge = edge
        self._delivery = delivery

    def connection_lost(self, exc: BaseException | None) -> None:
        """Drop the response that the client no longer waits for."""
        super().connection_lost(exc)
        self._delivery.drop(self)

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
