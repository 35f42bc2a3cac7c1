"""Files that commands write: where they may be, and put in place whole."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from aiospectrum.cli.options import expand_home
from aiospectrum.cli.usage_errors import UsageError

__all__ = ["check_file", "write_file"]


def check_file(option: str, text: str, suffixes: Sequence[str]) -> Path:
    """Check where a file is to be, before any work is done for it.

    Args:
        option: Name of the option.
        text: Its value.
        suffixes: What its name may end in, in lower case.

    Returns:
        The path.

    Raises:
        UsageError: It ends otherwise, is a folder, or its folder is not there; the text says what to do.
    """
    path = Path(expand_home(text, option))
    forms = ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}"
    if not text or path.is_dir():
        example = f"{path / 'report'}{suffixes[0]}"
        raise UsageError(f"{option}: expected a file, such as {example}, got {'a folder' if text else 'nothing'}")
    if "://" in text:
        raise UsageError(f"{option}: expected a file of this machine, got a URL", "write it here, and copy it there")
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{option}: expected a name that ends in {forms}, got {text!r}")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.parent}", "make it first")
    return path


def write_file(option: str, path: Path, content: bytes) -> None:
    """Write a file, in the place of one that is there, which others see whole until then, and whose mode it gets.

    Args:
        option: Name of the option.
        path: Where to; what is there may be a link, which stays and is followed, or no file, such as a pipe.
        content: All of it.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        part = target.with_name(f".{token_hex(4)}.part")
        try:
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
            part.touch(mode=0o666 if mode is None else 0o600)
            part.write_bytes(content)
            if mode is not None:
                part.chmod(mode)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{option}: {path} cannot be written: {error.strerror or error}") from None
