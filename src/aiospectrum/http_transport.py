"""One call from the request to the decoded result: deadline, attempts, envelope, decoder."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import aiohttp
import attrs
from cattrs import Converter

from aiospectrum.adapter import exchange
from aiospectrum.credentials import Credentials
from aiospectrum.decoder import decode_result
from aiospectrum.envelope import Call, RawResponse, read_envelope
from aiospectrum.errors import ClientStateError, RequestError, RequestTimeoutError
from aiospectrum.recording import record_response
from aiospectrum.request import Request, build_request
from aiospectrum.retry import RetryPolicy, decide
from aiospectrum.routes import Route
from aiospectrum.transport import Response

__all__ = ["HTTPTransport"]

T = TypeVar("T")

_LOGGER: Final = logging.getLogger("aiospectrum")


@attrs.frozen(kw_only=True)
class HTTPTransport:
    """The transport behind :class:`~aiospectrum.Client`, made of collaborators that are passed in."""

    session: aiohttp.ClientSession
    """Where requests are sent."""

    base_url: str
    """URL that paths are appended to, without a slash at its end."""

    credentials: Credentials
    """Prove who calls."""

    user_agent: str
    """The ``User-Agent`` header."""

    timeout: float | None
    """Seconds that a call may take with all its attempts and waits; None for no limit."""

    retry: RetryPolicy
    """How often, and how far apart, calls that are safe to repeat are attempted."""

    converter: Converter
    """Writes bodies and reads results."""

    sleep: Callable[[float], Awaitable[object]]
    """Waits a number of seconds."""

    random: Callable[[], float]
    """Gives a number from 0 up to but not including 1."""

    async def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Response[T]:
        """Make one call; see :meth:`~aiospectrum.transport.Transport.send`."""
        request = build_request(route, path=path, query=query, body=body, converter=self.converter)
        call = Call(
            method=route.method,
            url=self.base_url + request.target,
            redact=self.credentials.redact,
        )
        attempt = 0
        try:
            async with asyncio.timeout(self.timeout) as deadline:
                while True:
                    attempt += 1
                    try:
                        raw = await self._exchange(request, call)
                        envelope = read_envelope(raw, call)
                        result = decode_result(route, envelope.result, converter=self.converter, raw=raw, call=call)
                        break
                    except RequestError as error:
                        error.attempts = attempt
                        wait = self._wait_after(error, route, deadline)
                        if wait is None:
                            raise
                        _LOGGER.warning("%s; attempt %d follows in %.2f s", error, attempt + 1, wait)
                    await self.sleep(wait)
        except TimeoutError as error:
            raise RequestTimeoutError(
                f"{call.method} {call.url} took longer than the timeout of {self.timeout:g} s",
                method=call.method,
                url=call.url,
                attempts=attempt,
            ) from error
        response = Response(
            route=route,
            url=call.url,
            result=result,
            status=raw.status,
            headers=raw.headers,
            messages=envelope.messages,
            result_info=envelope.result_info,
            attempts=attempt,
        )
        record_response(response)
        return response

    async def _exchange(self, request: Request, call: Call) -> RawResponse:
        if self.session.closed:
            raise ClientStateError("the session was closed while the call was under way")
        headers = {
            **self.credentials.headers,
            "Accept": "application/json",
            "User-Agent": self.user_agent,
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        raw = await exchange(self.session, call, headers=headers, body=request.body)
        _LOGGER.debug("%s %s answered %d", call.method, call.url, raw.status)
        return raw

    def _wait_after(self, error: RequestError, route: Route[Any], deadline: asyncio.Timeout) -> float | None:
        """Seconds to wait before the next attempt; None to give up, also when the deadline comes first."""
        wait = decide(
            error,
            safe_to_repeat=route.safe_to_repeat,
            attempt=error.attempts,
            policy=self.retry,
            random=self.random,
        )
        end = deadline.when()
        if wait is None or end is None:
            return wait
        return wait if asyncio.get_running_loop().time() + wait < end else None
