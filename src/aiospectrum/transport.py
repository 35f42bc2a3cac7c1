"""The protocol that endpoint functions call, and what comes back over it."""

from collections.abc import Coroutine, Mapping
from typing import Any, Generic, Protocol, TypeVar

import attrs

from aiospectrum.errors import ErrorDetail
from aiospectrum.routes import Route

__all__ = ["Namespace", "Response", "ResultInfo", "Transport"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class ResultInfo:
    """Where a page stands among all pages; each number is None when the API did not send it."""

    page: int | None = None
    """Number of the page, counted from 1."""

    per_page: int | None = None
    """The most items on a page."""

    count: int | None = None
    """Items on this page."""

    total_count: int | None = None
    """Items on all pages."""

    total_pages: int | None = None
    """Number of pages."""


@attrs.frozen(kw_only=True, slots=False)
class Response(Generic[T]):
    """A successful call: its result and all else that its answer said."""

    route: Route[T]
    """The endpoint that was called."""

    url: str
    """URL with the query string."""

    result: T
    """The ``result`` of the envelope."""

    status: int
    """HTTP status."""

    headers: Mapping[str, str] = attrs.field(repr=False)
    """The answer's headers; names are compared without regard to case."""

    messages: tuple[ErrorDetail, ...]
    """The ``messages`` of the envelope."""

    result_info: ResultInfo | None
    """Paging data, None when the API sent none."""

    attempts: int
    """Number of requests that were sent for this call."""

    @property
    def ray_id(self) -> str | None:
        """The ``cf-ray`` header, which identifies the request to Cloudflare's support."""
        return self.headers.get("cf-ray")


class Transport(Protocol):
    """What an endpoint function needs: a :class:`~aiospectrum.Client`, a namespace of one, or your own."""

    def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Coroutine[Any, Any, Response[T]]:
        """Make one call; an ``async def`` of this form is one.

        Args:
            route: The endpoint.
            path: The path parameters by argument name.
            query: The query parameters by argument name, None for one that was not given.
            body: The body's model, None for a route without a body.

        Returns:
            The successful call.

        Raises:
            SpectrumError: See :mod:`aiospectrum.errors` for the tree.
        """
        ...


class Namespace:
    """A group of endpoint functions that share a transport, such as ``client.apps``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        """Keep the transport.

        Args:
            transport: What every call of the namespace goes through.
        """
        self._transport = transport

    def send(
        self,
        route: Route[T],
        *,
        path: Mapping[str, object],
        query: Mapping[str, object],
        body: object = None,
    ) -> Coroutine[Any, Any, Response[T]]:
        """Pass a call on; see :meth:`Transport.send`."""
        return self._transport.send(route, path=path, query=query, body=body)
