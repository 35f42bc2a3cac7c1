"""Packages that are not always there, imported when they are needed first."""

import importlib
from typing import Any

__all__ = ["import_extra"]


def import_extra(module: str, *, extra: str | None, purpose: str) -> Any:
    """Import a package that is not always there.

    Args:
        module: Name of the module, such as ``pyarrow.parquet``.
        extra: The extra of aiospectrum that installs it; None when it is installed by itself.
        purpose: What it is needed for, as the beginning of a sentence.

    Returns:
        The module.

    Raises:
        ImportError: It is not installed; the message says how to install it.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != package:
            raise  # it is there, and lacks something of its own
        requirement = package if extra is None else f"'aiospectrum[{extra}]'"
        message = f"{purpose} needs the package {package}: pip install {requirement}"
        raise ImportError(message, name=package) from missing
