"""Pages of a list, and all items over all pages."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import attrs

from aiospectrum.transport import Response

__all__ = ["Page", "iterate_pages", "to_page"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a list; iterating over it and ``len`` go over its items.

    The numbers are None when the API sent no paging data, as it does when no page was asked for.
    """

    items: list[T]
    """The items."""

    page: int | None = None
    """Number of the page, counted from 1."""

    per_page: int | None = None
    """The most items on a page."""

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


def to_page(response: Response[list[T]]) -> Page[T]:
    """Put the items of an answer and its paging data together.

    Args:
        response: The answer.

    Returns:
        The page.
    """
    info = response.result_info
    if info is None:
        return Page(items=response.result)
    return Page(items=response.result, **attrs.asdict(info))


async def iterate_pages(
    get_page: Callable[[int], Awaitable[Page[T]]], *, key: Callable[[T], str], per_page: int
) -> AsyncGenerator[T, None]:
    """Go over the items of all pages, each item once.

    It ends on an empty page, on a page that brings nothing new (some servers ignore ``page``), once as many items
    as ``total_count`` have come, and on a page that is not full unless ``total_count`` says that there is more.

    Args:
        get_page: Gets a page by its number, counted from 1.
        key: What makes an item the same as another one; items that move between pages meanwhile are given once.
        per_page: Items on a full page, unless the API says otherwise.

    Yields:
        The items in the order of the API.
    """
    seen: set[str] = set()
    number = 0
    while True:
        number += 1
        page = await get_page(number)
        seen_before = len(seen)
        for item in page.items:
            if key(item) not in seen:
                seen.add(key(item))
                yield item
        if len(seen) == seen_before:
            return
        if page.total_count is not None:
            if len(seen) >= page.total_count:
                return
        elif len(page.items) < (page.per_page or per_page):
            return
