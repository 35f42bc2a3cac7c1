"""The memory that something takes, and nothing else."""

import contextlib
import gc
import tracemalloc
from collections.abc import Iterator

import attrs

__all__ = ["Traced", "trace_memory"]


@attrs.define
class Traced:
    """What was measured."""

    peak: int = 0
    """The most bytes at once, known when the block has ended."""


@contextlib.contextmanager
def trace_memory() -> Iterator[Traced]:
    """Measure a block.

    What other tests have left goes before it: to log a task of theirs whose error nobody has retrieved takes 10 MB.
    """
    gc.collect()
    traced = Traced()
    tracemalloc.start()
    try:
        yield traced
        _, traced.peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
