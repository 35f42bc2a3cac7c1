"""One in-process run of the command line after another, against a sandbox in a thread."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TextIO

import attrs
import pytest

from aiospectrum import RetryPolicy
from aiospectrum.cli.consoles import PipeConsole
from aiospectrum.cli.context import Context
from aiospectrum.cli.program import run
from aiospectrum.sandbox import Sandbox, run_in_thread

NOW = datetime(2024, 5, 8, 12, 30, 45, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _signals(_interruptible: None) -> None:
    """Signals end the programs of all tests here, whatever those who run them ignore."""


class Interrupting(io.StringIO):
    """A stream that presses Ctrl-C when a certain text comes by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.text in text:
            signal.raise_signal(signal.SIGINT)
        return written


class Terminal(io.StringIO):
    """An input that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@attrs.define
class FakeTime:
    """A clock that goes on only while somebody sleeps, who is woken up at once."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@attrs.frozen(kw_only=True)
class Outcome:
    """What one run came to."""

    status: int
    out: str
    err: str


@attrs.frozen(kw_only=True)
class CommandLine:
    """Runs commands with an environment of its own."""

    environ: Mapping[str, str]

    def __call__(
        self,
        *argv: str,
        stdin: str | bytes | None = None,
        answer: str | None = None,
        terminal: bool = False,
        width: int = 200,
        out: io.StringIO | None = None,
        err: io.StringIO | None = None,
        time: FakeTime | None = None,
        **environ: str,
    ) -> Outcome:
        """Run one command; `stdin` is a pipe's text, `answer` what is typed on a terminal."""
        out, err = out or io.StringIO(), err or io.StringIO()
        ticks = iter(range(1_000_000))
        times: dict[str, Any] = {"now": lambda: NOW, "monotonic": lambda: float(next(ticks))}
        if time is not None:
            times = {"now": time.now, "monotonic": time.monotonic, "sleep": time.sleep}
        options: dict[str, Any] = {"width": width, "highlight": False, "force_terminal": terminal}
        context = Context(
            out=PipeConsole(file=out, **options),
            err=PipeConsole(file=err, **options),
            stdin=_make_input(stdin, answer),
            environ={**self.environ, **environ},
            retry=RetryPolicy(base_wait=0),
            **times,
        )
        return Outcome(status=run(argv, context), out=out.getvalue(), err=err.getvalue())


def _make_input(piped: str | bytes | None, typed: str | None) -> TextIO | None:
    if typed is not None:
        return Terminal(typed)
    if isinstance(piped, bytes):
        return io.TextIOWrapper(io.BytesIO(piped), encoding="latin-1")
    return None if piped is None else io.StringIO(piped)


def environ_of_process(**environ: str) -> dict[str, str]:
    """Return the environment of a process that runs our code."""
    paths = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": paths, **environ}


def run_process(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run our interpreter to its end."""
    return subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, *argv],
        capture_output=True,
        timeout=60,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env=environ_of_process(**environ),
    )


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox of three zones, the last one on a pay-as-you-go plan."""
    zones = Sandbox(zones=3).zones
    with run_in_thread(Sandbox(zones=zones, paygo_zones=zones[2:], rate_limit=None, now=lambda: NOW)) as running:
        yield running


@pytest.fixture
def cli(sandbox: Sandbox) -> CommandLine:
    """Return a command line whose environment leads to the sandbox."""
    return CommandLine(environ={"CLOUDFLARE_BASE_URL": sandbox.url, "CLOUDFLARE_API_TOKEN": sandbox.api_token})


@pytest.fixture
def time() -> FakeTime:
    """Return a time that passes only in sleep."""
    return FakeTime()


@pytest.fixture
def bare_cli() -> CommandLine:
    """Return a command line without any environment."""
    return CommandLine(environ={})


@pytest.fixture
def serve_results() -> Iterator[Callable[[Mapping[str, Any]], CommandLine]]:
    """Start an API that gives results by the path after its base URL; returns a command line that leads to it."""
    servers = []

    def start(results: Mapping[str, Any]) -> CommandLine:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                result = results.get(self.path.partition("?")[0])
                body = json.dumps({"success": result is not None, "errors": [], "messages": [], "result": result})
                self.send_response(404 if result is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args: object) -> None:
                """Write nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        url = f"http://127.0.0.1:{server.server_port}"
        return CommandLine(environ={"CLOUDFLARE_BASE_URL": url, "CLOUDFLARE_API_TOKEN": "x" * 40})

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
