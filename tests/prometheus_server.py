"""A Prometheus server on a free port of 127.0.0.1, and what it says."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import attrs

__all__ = ["PROGRAM", "PROMTOOL", "PrometheusServer", "running"]

PROGRAM = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
"""The programs, of Debian's package prometheus; None where it is not installed."""

_PATIENCE = 60.0
"""Seconds in which a slow machine has what is waited for."""


@attrs.frozen
class PrometheusServer:
    """A server that runs."""

    port: int

    def ask(self, path: str, **query: str) -> Any:
        """What its HTTP API says; None while it does not respond."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(query)}"
        try:
            with urlopen(url, timeout=10) as response:
                return json.load(response)["data"]
        except (ConnectionError, URLError):
            return None

    def wait_for(self, expression: str, count: int) -> list[dict[str, Any]]:
        """Wait until an expression has so many series; gives these."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = self.ask("query", query=expression)
            if found is not None and len(found["result"]) == count:
                series: list[dict[str, Any]] = found["result"]
                return series
            assert time.monotonic() < deadline, (expression, found, self.ask("targets"))
            time.sleep(0.05)


@contextmanager
def running(config: Path, folder: Path) -> Iterator[PrometheusServer]:
    """Run a server, which may not respond yet."""
    assert PROGRAM is not None
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
    words = [f"--config.file={config}", f"--storage.tsdb.path={folder}", f"--web.listen-address=127.0.0.1:{port}"]
    process = subprocess.Popen(  # noqa: S603 - a program that is installed
        [PROGRAM, *words, "--log.level=error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield PrometheusServer(port)
    finally:
        process.kill()
        process.wait()
