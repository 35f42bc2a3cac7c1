"""The command ``python -m codegen``: makes a package of an OpenAPI document of a part of Cloudflare's v4 API.

Without options it writes our own package; with ``--spec``, ``--package`` and ``--out`` another one, which is built on
the public modules of aiospectrum. With ``--check`` it writes nothing and says how the folder differs, for CI.
"""

import argparse
import difflib
import sys
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import Final

from codegen.document import SpecError
from codegen.package import OWN_PACKAGE, render_package

_ROOT: Final = Path(__file__).parent.parent
_IMPORTED: Final = {"__main__", "aiohttp", "attr", "attrs", "cattrs", "msgspec", *sys.stdlib_module_names}
"""Modules that a package, or aiospectrum for it, imports."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a package, or compare it with the disk.

    Args:
        arguments: Command line, without the name of the command; that of the process when None.

    Returns:
        0 when all is well, 1 on a difference, 2 for a document that cannot be generated from.
    """
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument("--spec", type=Path, help="the OpenAPI document; default: our own, as for the next two")
    parser.add_argument("--package", help="name by which the package is imported")
    parser.add_argument("--out", type=Path, help="folder of the package, made when missing")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the folder differs")
    given = parser.parse_args(arguments)
    options = (given.spec, given.package, given.out)
    if options == (None, None, None):
        options = _ROOT / "spec/spectrum.openapi.yaml", OWN_PACKAGE, _ROOT / "src/aiospectrum/_generated"
    spec, package, folder = options
    if spec is None or package is None or folder is None:
        parser.error("--spec, --package and --out go together")
    names = package.split(".")
    if (
        not all(name.isascii() and name.isidentifier() and not iskeyword(name) for name in names)
        or folder.resolve().name != names[-1]
    ):
        parser.error("--package is the dotted name, in ASCII, of the package whose folder --out is")
    if package == "aiospectrum" or names[0] in _IMPORTED:
        parser.error(f"--package {package} would hide the module {names[0]}, which the package itself imports")
    try:
        files = render_package(spec, package)
        return _compare(files, folder) if given.check else _replace(files, folder)
    except SpecError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{folder} cannot be read or written: {error}", file=sys.stderr)
    return 2


def _replace(files: Mapping[str, str], folder: Path) -> int:
    found = _read(folder)
    if folder.is_file() or (found and not found.get("__init__.py", b"").startswith(b"# Generated from ")):
        print(f"{folder} holds something else than a generated package: give an empty folder", file=sys.stderr)
        return 2
    return _write(files, folder)


def _read(folder: Path) -> dict[str, bytes]:
    """The files of the folder but for what Python itself puts there."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _compare(files: Mapping[str, str], folder: Path) -> int:
    found = {name: data.decode("utf-8", "replace") for name, data in _read(folder).items()}
    if found == files:
        print(f"{len(files)} files are up to date")
        return 0
    for name in sorted({*files, *found}):
        before, after = (texts.get(name, "").splitlines(keepends=True) for texts in (found, files))
        if name not in files or name not in found:
            print(f"{folder / name} {'is missing' if name in files else 'should not be there'}", file=sys.stderr)
        labels = (f"{folder / name} (on disk)", f"{folder / name} (from the spec)")
        sys.stderr.writelines(difflib.unified_diff(before, after, *labels))
    print(f"{folder} is not what the spec says; mend it by the same command without --check", file=sys.stderr)
    return 1


def _write(files: Mapping[str, str], folder: Path) -> int:
    """Make the folder hold the files and nothing else; what is right already is not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    found = _read(folder)
    changed = {name: text for name, text in files.items() if found.get(name) != text.encode()}
    removed = found.keys() - files.keys()
    for name in removed:
        (folder / name).unlink()
    for name, text in changed.items():
        (folder / name).write_bytes(text.encode())
    print(f"wrote {', '.join(sorted({*changed, *removed}))}" if changed or removed else "nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
