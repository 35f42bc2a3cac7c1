"""A part of what ``nox -s fuzz`` tries: always the same cases."""

import pytest

from tests.fuzzing import KINDS, fuzz


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_errors_of_ours(kind: str) -> None:
    """Whatever is read ends in a result or in an error of ours, in time."""
    *_, outcome = fuzz(kind, 2000, seed=12)

    assert outcome.cases == 2000
    assert outcome.results > 100 or kind == "headers"
    assert outcome.cases - outcome.results > 100
