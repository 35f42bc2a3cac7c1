"""Going over all pages gives every item once and ends."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import InvalidArgumentError
from aiospectrum.transport import Page, iterate_pages

Server = Callable[[int, int], Page[str]]


def honest(items: list[str], *, counts: bool, cap: int = 1000) -> Server:
    """A server that pages as documented, with a largest page of its own."""

    def respond(number: int, per_page: int) -> Page[str]:
        size = min(per_page, cap)
        part = items[(number - 1) * size : number * size]
        return Page(items=part, page=number, per_page=size, total_count=len(items) if counts else None)

    return respond


async def collect(server: Server, per_page: int) -> tuple[list[str], int]:
    """All items, and how many pages were requested."""
    requested = []

    async def get_page(number: int) -> Page[str]:
        requested.append(number)
        return server(number, per_page)

    items = [item async for item in iterate_pages(get_page, key=str, per_page=per_page)]
    assert requested == list(range(1, len(requested) + 1))
    return items, len(requested)


@given(
    items=st.lists(st.text(min_size=1), unique=True, max_size=30),
    per_page=st.integers(1, 10),
    cap=st.integers(1, 10),
    counts=st.booleans(),
)
async def test_every_item_once(items: list[str], per_page: int, cap: int, counts: bool) -> None:
    """Whatever the sizes, every item comes once and in order, with at most one request too many."""
    found, requested = await collect(honest(items, counts=counts, cap=cap), per_page)

    assert found == items
    assert requested <= len(items) // min(per_page, cap) + 1


@pytest.mark.parametrize(
    ("server", "per_page", "expected", "requested"),
    [
        pytest.param(honest(["a", "b", "c"], counts=False), 2, ["a", "b", "c"], 2, id="short page"),
        pytest.param(honest(["a", "b"], counts=True), 2, ["a", "b"], 1, id="total count"),
        pytest.param(honest(["a", "b"], counts=False), 2, ["a", "b"], 2, id="empty page"),
        pytest.param(lambda number, size: Page(items=["a", "b"]), 2, ["a", "b"], 2, id="page ignored"),
        pytest.param(lambda number, size: Page(items=["a", "b", "c"]), 2, ["a", "b", "c"], 2, id="sizes ignored"),
        pytest.param(
            lambda number, size: Page(items=["a", "b"], total_count=9),
            2,
            ["a", "b"],
            2,
            id="page ignored, count too high",
        ),
        pytest.param(lambda number, size: Page(items=["a", "a"], total_count=2), 2, ["a"], 2, id="the same item twice"),
        pytest.param(
            lambda number, size: Page(items=[["a", "b"], ["b", "c"], []][number - 1]),
            2,
            ["a", "b", "c"],
            3,
            id="shifted",
        ),
        pytest.param(
            lambda number, size: Page(items=[["a"], ["b"]][number - 1], per_page=9, total_count=2),
            2,
            ["a", "b"],
            2,
            id="a page that is not full, but the count says that there is more",
        ),
    ],
)
async def test_how_it_ends(server: Server, per_page: int, expected: list[str], requested: int) -> None:
    """It ends on every kind of server, without asking in vain and without an item twice."""
    assert await collect(server, per_page) == (expected, requested)


@pytest.mark.parametrize(("per_page", "inserted"), [(1, 1), (2, 1), (2, 2), (3, 2)])
async def test_items_added_meanwhile_lose_none(per_page: int, inserted: int) -> None:
    """Items that are pushed to later pages by new ones still come."""
    items = [str(number) for number in range(7)]

    def growing(number: int, size: int) -> Page[str]:
        now = [f"new {each}" for each in range(inserted)] + items if number > 1 else items
        return honest(now, counts=True)(number, size)

    found, _ = await collect(growing, per_page)

    assert [item for item in found if not item.startswith("new")] == items


async def test_a_size_is_needed() -> None:
    """Without the size of a page a full one is not recognized, so that it is checked before anything is sent."""
    with pytest.raises(InvalidArgumentError, match=r"^per_page: expected an integer, got None$"):
        await collect(honest([], counts=True), None)  # type: ignore[arg-type]  # wrong on purpose


def test_a_page_is_a_collection() -> None:
    """A page goes over its items and counts them."""
    page = Page(items=["a", "b"])

    assert list(page) == ["a", "b"]
    assert len(page) == 2
