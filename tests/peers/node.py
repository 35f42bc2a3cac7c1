"""The tools on Node in this folder, which `npm ci` installs as package-lock.json says."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import attrs
import pytest

FOLDER: Final = Path(__file__).parent
FRAGMENT: Final = FOLDER.parent.parent / "spec" / "spectrum.openapi.yaml"
ENVIRONMENT: Final = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""Environment variables of the tools: they report to nobody and look for no updates."""


def find_node() -> str:
    """The path of Node; a test without it fails."""
    found = shutil.which("node")
    if found is None:
        pytest.fail("there is no Node, and tests/peers needs 20.19 or newer")
    return found


def find_tool(package: str, command: str) -> list[str]:
    """The words that run a command of an npm package; a test without it fails."""
    folder = FOLDER / "node_modules" / package
    if not folder.is_dir():
        pytest.fail(f"{package} is not installed: run `npm ci` in tests/peers")
    return [find_node(), str(folder / describe(package)["bin"][command])]


def describe(package: str) -> dict[str, dict[str, str]]:
    """Read the package.json of an installed npm package."""
    read: dict[str, dict[str, str]] = json.loads((FOLDER / "node_modules" / package / "package.json").read_text())
    return read


def label(package: str, name: str) -> str:
    """Name a tool and its version for the table of what was checked."""
    return f"{name} {describe(package)['version']}"


@attrs.frozen
class Running:
    """A tool that runs."""

    process: subprocess.Popen[bytes]
    """Its process, with a pipe for its input."""

    log: Path
    """What it has printed so far."""

    url: str
    """Where it listens."""


_LISTENING: Final = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
_START_SECONDS: Final = 60


@contextmanager
def run_server(command: list[str], log: Path) -> Iterator[Running]:
    """Run a tool that says where it listens, and end it for certain, with every process that it has started."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - a tool of this folder
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            start_new_session=True,
        )
    try:
        yield Running(process=process, log=log, url=_wait_for_url(process, log))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait_for_url(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        listening = _LISTENING.search(log.read_text())
        if listening is not None:
            return listening[1]
        time.sleep(0.05)
    pytest.fail(f"{process.args!r} does not listen: {log.read_text()}")
