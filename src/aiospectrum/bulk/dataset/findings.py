"""What the upkeep of a dataset finds and does."""

from typing import Literal, TypeAlias

import attrs

from aiospectrum.bulk.query import Query

__all__ = ["Deleted", "Extended", "Problem", "ProblemKind", "Repaired", "UpkeepProgress", "Verified"]

ProblemKind: TypeAlias = Literal["missing", "damaged", "unknown", "foreign"]
"""``missing``: a file is not there; ``damaged``: it is not what was written; ``unknown``: it has a name of ours, and
the state says nothing of it; ``foreign``: it is in the folder of the data files, and none of ours."""


@attrs.frozen(kw_only=True)
class UpkeepProgress:
    """How far the upkeep of a dataset has come."""

    total: int
    """Files to go through."""

    done: int = 0
    """Files that it has gone through."""


@attrs.frozen(kw_only=True)
class Problem:
    """Something that is wrong with a dataset."""

    path: str
    """The file, from the dataset's folder on."""

    kind: ProblemKind
    """What kind of problem it is."""

    text: str
    """What is wrong."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@attrs.frozen(kw_only=True)
class Verified:
    """What :func:`verify` found."""

    files: int
    """Files that the state knows."""

    rows: int
    """Rows of those that are as they were written."""

    problems: tuple[Problem, ...]
    """What is wrong, file by file."""

    @property
    def ok(self) -> bool:
        """Whether nothing is."""
        return not self.problems


@attrs.frozen(kw_only=True)
class Repaired:
    """What :func:`repair` did."""

    problems: tuple[Problem, ...]
    """What was wrong."""

    set_aside: tuple[str, ...]
    """Where files are now that were damaged or unknown, from the dataset's folder on; nothing reads them."""

    windows: int
    """Windows whose rows were lost, which the next run asks for again, whatever its plan."""

    @property
    def left(self) -> tuple[Problem, ...]:
        """Problems that are still there: foreign files, which may be somebody's."""
        return tuple(each for each in self.problems if each.kind == "foreign")

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong any more, once the next run has fetched what was lost."""
        return not self.left


@attrs.frozen(kw_only=True)
class Deleted:
    """What :func:`delete_before` did."""

    windows: int
    """Windows that were deleted."""

    rows: int
    """Their rows."""

    removed: int
    """Files that were deleted."""

    rewritten: int
    """Files that were written again without some of their windows."""


@attrs.frozen(kw_only=True)
class Extended:
    """What :func:`extend_query` did."""

    query: Query
    """The query of the dataset now."""

    windows: int
    """Windows that the next run asks for again."""

    rewritten: int
    """Files that were written again with the new columns."""
