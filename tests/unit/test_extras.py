"""Packages that are not always there."""

import sys
from pathlib import Path

import pytest

from aiospectrum._extras import import_extra


def test_one_that_is_there() -> None:
    """It is imported, and nothing else happens."""
    assert import_extra("json.decoder", extra="x", purpose="This") is sys.modules["json.decoder"]


def test_one_that_is_missing() -> None:
    """The error says what needs it, and how to install it."""
    with pytest.raises(ImportError) as raised:
        import_extra("nowhere_to_be_found.part", extra="x", purpose="This")
    assert str(raised.value) == "This needs the package nowhere_to_be_found: pip install 'aiospectrum[x]'"
    assert raised.value.name == "nowhere_to_be_found"


def test_one_that_lacks_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a package itself does not find is its own error, as installing it again would not help."""
    (tmp_path / "lacking_something.py").write_text("import nowhere_to_be_found", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'nowhere_to_be_found'$"):
        import_extra("lacking_something", extra="x", purpose="This")
