"""The server and the workers, as seen by whoever measures."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from benchmarks.server import BASE_PATH

__all__ = ["Server", "Worker", "start_up"]


class Process:
    """A module of ours in a process of its own, which ends when its standard input does."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read_line(self) -> str:
        """Give the next line that it prints."""
        stdout = self._process.stdout
        line = "" if stdout is None else stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return line

    def write_line(self, line: str) -> None:
        """Send it a line."""
        if self._process.stdin is not None:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let it end, or end it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class Server(Process):
    """The static server."""

    def __init__(self, *encodings: str) -> None:
        """Start it."""
        super().__init__("benchmarks.server", *encodings)
        self._port = int(self.read_line())

    def url(self, encoding: str = "") -> str:
        """The base URL for a client, with responses in an encoding."""
        prefix = f"/{encoding}" if encoding else ""
        return f"http://127.0.0.1:{self._port}{prefix}{BASE_PATH}"


class Worker(Process):
    """A client in a process of its own."""

    def __init__(self, name: str, url: str, *, connections: int = 50, uvloop: bool = False) -> None:
        """Start it."""
        options = ["--connections", str(connections)] + (["--uvloop"] if uvloop else [])
        super().__init__("benchmarks.worker", name, url, *options)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Carry out a command of :data:`benchmarks.worker.COMMANDS`, and give what came of it."""
        self.write_line(json.dumps({"do": do, **arguments}))
        found: dict[str, Any] = json.loads(self.read_line())
        return found

    def choose_count(self, payload: str, seconds: float) -> int:
        """Find how many calls, 2 or more, take about some seconds."""
        first: float = self.ask("measure", payload=payload, count=2)["wall"]
        guess = max(2, round(seconds / first))
        second: float = self.ask("measure", payload=payload, count=guess)["wall"]
        return max(2, round(seconds / second))

    def cost(self, payload: str, count: int, concurrency: int = 1) -> float:
        """Measure the CPU time of one call, in seconds."""
        cpu: float = self.ask("measure", payload=payload, count=count, concurrency=concurrency)["cpu"]
        return cpu


def start_up(name: str, url: str, after: tuple[str, ...] = (), times: int = 5) -> dict[str, float]:
    """Measure how long a client takes to be imported and to make its first call, in fresh processes.

    Gives the seconds of the quickest one by ``import`` and ``first_call``, the latter from the beginning of the import;
    ``after`` is imported before the time runs.
    """
    command = [sys.executable, "-m", "benchmarks.worker", name, url, "--startup", "--after", *after]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - ours
        for _ in range(times)
    ]
    return {key: min(run[key] for run in runs) for key in runs[0]}
