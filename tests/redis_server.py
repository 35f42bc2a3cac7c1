"""A Redis server on a free port of 127.0.0.1 that keeps nothing on the disk."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["PROGRAM", "RedisServer", "running"]

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
"""The program, of Debian's package redis-server; None where it is not installed."""


class RedisServer:
    """A server that can be started and stopped again on its port."""

    def __init__(self, folder: Path, password: str = "") -> None:
        """Choose a port."""
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port: int = chosen.getsockname()[1]
        self.password = password
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Its URL, with the password if there is one."""
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, with nothing in it; it is ready then."""
        assert PROGRAM is not None
        settings = [f"port {self.port}", "bind 127.0.0.1", f'dir "{self._folder}"', 'save ""', "appendonly no"]
        if self.password:
            settings.append(f"requirepass {self.password}")  # by stdin, as arguments can be read by everybody
        self._process = subprocess.Popen(  # noqa: S603 - a program that is installed
            [PROGRAM, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n".join([*settings, ""]))
        self._process.stdin.close()
        said = []
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                return
            said.append(line)
        raise RuntimeError(f"redis-server ended: {''.join(said)}")

    def stop(self) -> None:
        """Kill it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def freeze(self) -> None:
        """Let it say nothing more, while connections to it are still accepted."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it respond again, also to what it was sent meanwhile."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def running(folder: Path, password: str = "") -> Iterator[RedisServer]:
    """Run a server; it may be stopped and started inside the block."""
    server = RedisServer(folder, password)
    server.start()
    try:
        yield server
    finally:
        server.stop()
