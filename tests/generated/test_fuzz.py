"""A part of what ``nox -s fuzz`` tries: always the same cases."""

import pytest

from tests.fuzzing import KINDS, fuzz


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_errors_of_ours(kind: str) -> None:
    """Whatever is read ends in a result or in an error of ours, in time."""
    cases = 400 if kind == "states" else 2000  # each of them makes a folder
    *_, outcome = fuzz(kind, cases, seed=12)

    assert outcome.cases == cases
    assert outcome.results > 100 or kind == "headers"
    assert outcome.cases - outcome.results > 100
