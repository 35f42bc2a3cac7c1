"""A page is used like the list of its items."""

import pytest

from aiospectrum import Page


def test_items_by_index() -> None:
    """From either end, and in slices."""
    page = Page(items=["a", "b", "c"], page=1, total_count=9)
    assert (page[0], page[-1], page[1:], page[::-1]) == ("a", "c", ["b", "c"], ["c", "b", "a"])
    assert (len(page), list(page), "b" in page, list(reversed(page))) == (3, ["a", "b", "c"], True, ["c", "b", "a"])


@pytest.mark.parametrize("index", [3, -4])
def test_items_that_are_not_there(index: int) -> None:
    """As in a list."""
    with pytest.raises(IndexError):
        Page(items=["a", "b", "c"])[index]
