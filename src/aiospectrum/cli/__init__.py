"""The command line ``aiospectrum``; it needs the extra ``aiospectrum[cli]``.

This module imports nothing of that extra, so that a missing one can be explained in a line.
"""

import sys
from collections.abc import Sequence
from typing import Final

__all__ = ["main"]

_EXTRA: Final = frozenset({"cyclopts", "rich"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line once.

    Args:
        argv: The arguments, those of the process when None.

    Returns:
        The exit status: 0 all is well, 1 a call failed, 2 bad usage, 128 and more as shells count signals.
    """
    try:
        from aiospectrum.cli.context import process_context
        from aiospectrum.cli.program import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        print(
            f"aiospectrum: the command line needs the package {error.name}: pip install 'aiospectrum[cli]'",
            file=sys.stderr,
        )
        return 2
    return run(sys.argv[1:] if argv is None else argv, process_context())
