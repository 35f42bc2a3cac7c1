"""The pytest plugin of aiospectrum: the fixtures ``spectrum_sandbox`` and ``mended_aioresponses``.

Every pytest run of a project that depends on aiospectrum loads this module, so it imports nothing
beyond pytest and the standard library; the sandbox is imported when a test uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiospectrum.sandbox import Sandbox

__all__ = ["mended_aioresponses", "pytest_configure", "spectrum_sandbox"]

_MARKER = "spectrum_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that configures the fixture."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**arguments): keyword arguments for the Sandbox behind the fixture, "
        "for example zones=20, rate_limit=None",
    )


@pytest.fixture
def spectrum_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Yield a running sandbox of the Spectrum API.

    It runs on an event loop of its own in a thread of its own, so that it serves synchronous tests
    and those of any async plugin alike. ``@pytest.mark.spectrum_sandbox(zones=20)`` passes
    arguments on; where several markers apply, the one nearest to the test wins, argument by
    argument.
    """
    from aiospectrum.sandbox import Sandbox, run_in_thread

    with run_in_thread(Sandbox(**_marker_arguments(request.node))) as sandbox:
        yield sandbox


@pytest.fixture
def mended_aioresponses(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let aioresponses work with the installed aiohttp, and return its class ``aioresponses``.

    Up to 0.7.9 it makes responses without the writer that aiohttp 3.14 and newer require; during the test that has a
    default. Where it is there, or not required, nothing changes.

    Source: https://github.com/pnuckowski/aioresponses/issues/289
    """
    from inspect import signature
    from types import SimpleNamespace

    from aiohttp import ClientResponse
    from aioresponses import aioresponses

    make: Any = ClientResponse.__init__
    if "stream_writer" in signature(make).parameters:
        defaults = {"stream_writer": SimpleNamespace(output_size=0), **(make.__kwdefaults__ or {})}
        monkeypatch.setattr(make, "__kwdefaults__", defaults)
    return aioresponses


def _marker_arguments(node: pytest.Item) -> dict[str, Any]:
    """Return the keyword arguments of all markers on a test, the nearest marker foremost."""
    found: dict[str, Any] = {}
    for marker in node.iter_markers(_MARKER):
        if marker.args:
            raise pytest.UsageError(f"the {_MARKER} marker takes keyword arguments only; got {marker.args!r}")
        found = {**marker.kwargs, **found}
    return found
