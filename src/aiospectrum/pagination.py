"""Pages of a list, and all items over all pages."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import attrs

from aiospectrum.checks import refuse
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
        InvalidArgumentError: ``per_page`` is no integer; other bounds are checked where a page is got.
    """
    if not isinstance(per_page, int):
        refuse("per_page", per_page, "an integer")
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
