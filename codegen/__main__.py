"""The command ``python -m codegen``, and ``python -m codegen --check`` for CI."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from codegen.drift import find_drift, write_package
from codegen.errors import SpecError
from codegen.render import render_package

__all__ = ["main"]

_ROOT = Path(__file__).parent.parent


def main(arguments: Sequence[str] | None = None, root: Path = _ROOT) -> int:
    """Write the generated package, or compare it with the disk.

    Args:
        arguments: Command line, without the name of the command; that of the process when None.
        root: Folder that holds ``spec/``, ``src/`` and ``pyproject.toml``.

    Returns:
        0 when all is well, 1 on a difference, 2 for a spec that cannot be generated from.
    """
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the disk differs")
    is_check = parser.parse_args(arguments).check
    folder = root / "src" / "aiospectrum" / "_generated"
    try:
        package = render_package(root / "spec" / "spectrum.openapi.yaml", root)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    if not is_check:
        changed = write_package(package, folder)
        print(f"wrote {', '.join(changed)}" if changed else "nothing to do")
        return 0
    drift = find_drift(package, folder)
    if drift:
        print(f"{drift}\n{folder} is not what the spec says; mend it by: python -m codegen", file=sys.stderr)
        return 1
    print(f"{len(package)} files are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
