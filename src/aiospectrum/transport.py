"""The protocol that endpoint functions call, what comes back over it, and pages of a list made of that."""

import asyncio
import inspect
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Generic, NoReturn, Protocol, SupportsIndex, TypeVar, overload

import attrs
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum.checks import Integer
from aiospectrum.errors import ClientStateError, ErrorDetail
from aiospectrum.routes import Route
from aiospectrum.structs import struct

__all__ = [
    "Namespace",
    "Nested",
    "Page",
    "Response",
    "ResultInfo",
    "Transport",
    "iterate_pages",
    "record_response",
    "record_responses",
    "to_page",
]

N = TypeVar("N", bound="Namespace")
T = TypeVar("T")


@struct(kw_only=True)
class ResultInfo:
    """Where a page stands among all pages; each number is None when the API did not send it."""

    page: int | None = None
    """Number of the page, counted from 1."""

    per_page: int | None = None
    """Maximum number of items on a page."""

    count: int | None = None
    """Items on this page."""

    total_count: int | None = None
    """Items on all pages."""

    total_pages: int | None = None
    """Number of pages."""


@struct(kw_only=True)
class Response(Generic[T]):
    """A successful call: its result and all else that the response said."""

    route: Route[T]
    """The endpoint that was called."""

    url: str
    """URL with the query string."""

    result: T
    """The ``result`` of the envelope."""

    status: int
    """HTTP status."""

    headers: Mapping[str, str]
    """The response's headers; names are compared without regard to case."""

    messages: tuple[ErrorDetail, ...]
    """The ``messages`` of the envelope."""

    result_info: ResultInfo | None
    """Paging data, None when the API sent none."""

    attempts: int
    """Number of requests that were sent for this call."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The headers are a view of aiohttp's, which cannot be pickled; it is made again of a copy.
        values = {field.name: getattr(self, field.name) for field in attrs.fields(Response)}
        return _make_response, ({**values, "headers": CIMultiDict(self.headers)},)

    def __repr__(self) -> str:
        # Without the headers, in which a server may repeat credentials.
        shown = (f"{field.name}={getattr(self, field.name)!r}" for field in attrs.fields(Response))
        return f"Response({', '.join(each for each in shown if not each.startswith('headers='))})"

    @property
    def ray_id(self) -> str | None:
        """The ``cf-ray`` header, which identifies the request to Cloudflare's support."""
        return self.headers.get("cf-ray")


def _make_response(values: dict[str, Any]) -> Response[Any]:
    """Make a response of a pickle."""
    return Response(**{**values, "headers": CIMultiDictProxy(values["headers"])})


class Transport(Protocol):
    """What an endpoint function needs: a :class:`~aiospectrum.Client`, a namespace of one, or your own."""

    __slots__ = ()

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
        raise TypeError(f"{type(self).__name__} is a transport without a send of its own")


class Namespace(Transport):
    """A group of endpoint functions that share a transport, such as ``client.apps``; it is a transport too."""

    def __init__(self, transport: Transport) -> None:
        """Keep the transport's ``send``.

        Args:
            transport: What every call of the namespace goes through.
        """
        vars(self)["send"] = transport.send  # one function less on every call than passing it on
        _mark_for_mocks(self)


class Nested(Generic[N]):
    """An attribute that is a namespace over the object that has it, made when it is first used.

    The class has it too, so that ``mock.create_autospec(Client)`` and ``help(Client.apps)`` find its methods.
    """

    def __init__(self, namespace: type[N]) -> None:
        """Keep the class.

        Args:
            namespace: The class of the namespace.
        """
        self._namespace = namespace
        self._of_class = namespace(_NoTransport())
        _mark_for_mocks(self)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied, as properties do.

        Raises:
            TypeError: Always.
        """
        raise TypeError("it is a part of a class: pickle or copy that")

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Transport | None, owner: type) -> N:
        if instance is None:
            return self._of_class
        made = vars(instance)[self._name] = self._namespace(instance)  # from now on found before this is
        return made


class _NoTransport(Transport):
    """The transport of what a class has."""

    async def send(
        self, route: Route[T], *, path: Mapping[str, object], query: Mapping[str, object], body: object = None
    ) -> Response[T]:
        raise ClientStateError("a call is made over a client, not its class: `async with Client(...) as client:`")


def _mark_for_mocks(value: object) -> None:
    """Have mocks take what holds coroutine functions for one itself.

    A mock in place of it is then an ``AsyncMock``, in ``AsyncMock(spec=Client)`` and ``patch.object(client, "apps")``
    alike, and what it holds can be awaited.
    """
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(value)  # type: ignore[type-var]  # typed for functions
    else:  # before, there was no public name for it
        value._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # private


_RECORDS: Final[ContextVar[tuple[list[Response[Any]], ...]]] = ContextVar("aiospectrum_records", default=())


@contextmanager
def record_responses() -> Iterator[list[Response[Any]]]:
    """Collect the successful calls that are made inside the ``with`` block.

    Calls of this task count, and of every task that is started inside the block; those of other tasks do not.

    Yields:
        A list that grows with each call, in the order in which they end: status, headers, ray id, messages,
        attempts and result of each.
    """
    responses: list[Response[Any]] = []
    _RECORDS.set((*_RECORDS.get(), responses))
    try:
        yield responses
    finally:
        # Not by a token: a fixture or a generator may be left in another context than it was entered in.
        _RECORDS.set(tuple(each for each in _RECORDS.get() if each is not responses))


def record_response(response: Response[Any]) -> None:
    """Add a successful call to the lists of all open :func:`record_responses`; for transports.

    Args:
        response: The call.
    """
    for responses in _RECORDS.get():
        responses.append(response)


@struct(kw_only=True)
class Page(Generic[T]):
    """One page of a list; iterating over it, ``len`` and indexes go over its items.

    The numbers are None when the API sent no paging data, as it does when no page was requested.
    """

    items: list[T]
    """The items."""

    page: int | None = None
    """Number of the page, counted from 1."""

    per_page: int | None = None
    """Maximum number of items on a page."""

    count: int | None = None
    """Items on this page, as the API counts them."""

    total_count: int | None = None
    """Items on all pages."""

    total_pages: int | None = None
    """Number of pages; not always sent."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> T | list[T]:
        """Give an item by its place, counted from 0, or some of them in a list.

        Raises:
            IndexError: The page has no item there.
        """
        return self.items[index]

    def _repr_html_(self) -> str:
        """Its first items, for notebooks."""
        from aiospectrum.charts.notebook import items_html

        return items_html(self.items, page=self.page, total=self.total_count)


def to_page(response: Response[list[T]]) -> Page[T]:
    """Make a page of a response's items and its paging data.

    Args:
        response: The call.

    Returns:
        The page.
    """
    info = response.result_info
    if info is None:
        return Page(items=response.result)
    return Page(
        items=response.result,
        page=info.page,
        per_page=info.per_page,
        count=info.count,
        total_count=info.total_count,
        total_pages=info.total_pages,
    )


async def iterate_pages(
    get_page: Callable[[int], Awaitable[Page[T]]], *, key: Callable[[T], str], per_page: int
) -> AsyncGenerator[T, None]:
    """Go over the items of all pages, each item once.

    It ends on an empty page; on a page that is not full, unless ``total_count`` says that there is more; once as many
    items as ``total_count`` have come; and on a server that ignores ``page``, which shows in the same page coming
    again without its number. Items that are added meanwhile push others to later pages, so that one page of known
    items does not end it; two in a row do.

    Args:
        get_page: Gets a page by its number, counted from 1.
        key: What makes an item the same as another one; items that move between pages meanwhile are given once.
        per_page: Items on a full page, unless the API says otherwise.

    Yields:
        The items in the order of the API.

    Raises:
        InvalidArgumentError: ``per_page`` is not an integer; its bounds are checked where a page is fetched.
    """
    per_page = Integer().check("per_page", per_page)
    seen: set[str] = set()
    previous: list[str] = []
    number = stale = 0
    while True:
        number += 1
        page = await get_page(number)
        keys = [key(item) for item in page.items]
        seen_before = len(seen)
        for item, name in zip(page.items, keys, strict=True):
            if name not in seen:
                seen.add(name)
                yield item
        stale = stale + 1 if len(seen) == seen_before else 0
        is_repeated = keys == previous and page.page != number
        if not keys or is_repeated or stale > 1:
            return
        previous = keys
        if page.total_count is not None:
            if len(seen) >= page.total_count:
                return
        elif len(keys) < (page.per_page or per_page):
            return
