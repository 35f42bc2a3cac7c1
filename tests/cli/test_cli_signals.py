"""How a process of the command ends by a signal, or when nobody reads what it prints."""

import csv
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import environ_of_process

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")
COMMANDS = {
    "call": (["protocols", "ZONE"], 130),
    "watch": (["watch", "--zone", "ZONE", "--every", "1"], 0),
    "exporter": (["exporter", "--port", "0", "--zone", "ZONE"], 0),
    "sandbox": (["sandbox", "--port", "0"], 0),
    "pull": (["pull", "--zone", "ZONE", "--format=csv", "--out", "OUT", *TIMES], 130),
}
"""Commands that take long, and how they end by Ctrl-C."""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(sandbox: Sandbox, tmp_path: Path) -> Iterator[Start]:
    """Start commands, none of which outlives the test; the sandbox gives no responses."""
    sandbox.faults = Faults(hang_rate=1.0)
    started: list[subprocess.Popen[str]] = []

    def start_one(*words: str, **options: Any) -> subprocess.Popen[str]:
        filled = [word.replace("ZONE", sandbox.zones[0]).replace("OUT", str(tmp_path / "out")) for word in words]
        streams: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        before = len(sandbox.requests)
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-W", "error", "-m", "aiospectrum", *filled],
            encoding="utf-8",
            env=environ_of_process(CLOUDFLARE_BASE_URL=sandbox.url, CLOUDFLARE_API_TOKEN=sandbox.api_token),
            **{"stdin": subprocess.DEVNULL, **streams, **options},
        )
        started.append(process)
        if words[0] == "sandbox":
            assert process.stdout is not None
            assert process.stdout.readline()
        else:
            wait_until(lambda: len(sandbox.requests) > before or process.poll() is not None)
        return process

    yield start_one
    for each in started:
        if each.poll() is None:
            each.kill()
        each.communicate()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


@pytest.mark.parametrize("command", COMMANDS)
def test_signals_are_told_apart(start: Start, command: str) -> None:
    """The status and the last words say which one it was; the end comes within five seconds, without a traceback."""
    words, of_ctrl_c = COMMANDS[command]
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    processes = [start(*(word.replace("OUT", f"OUT-{number.name}") for word in words)) for number in numbers]
    began = time.monotonic()
    for number, process in zip(numbers, processes, strict=True):
        process.send_signal(number)
    for number, process in zip(numbers, processes, strict=True):
        _, err = process.communicate(timeout=30)
        assert (
            time.monotonic() - began < 15
        )  # with time for a busy machine; the limit itself is three seconds and little more
        assert process.returncode == (of_ctrl_c if number == signal.SIGINT else 128 + number)
        said = {0: "stopped", 130: "aiospectrum: interrupted"}.get(
            process.returncode, f"aiospectrum: terminated by {number.name}"
        )
        lines = err.splitlines()
        assert (lines[-3] if command == "pull" else lines[-1]) == said
        assert "Traceback" not in err
        if command == "pull":
            assert lines[-2] == "to resume:"
            assert " --until 2024-05-08T00:00:00Z" in lines[-1]


def test_a_stopped_pull_is_resumed(start: Start, sandbox: Sandbox, tmp_path: Path) -> None:
    """What SIGTERM leaves is a dataset, which the command that was printed completes."""
    sandbox.faults = Faults(latency=0.2)
    process = start(*COMMANDS["pull"][0], "--window=hour", "--concurrency=2")
    wait_until(lambda: len(sandbox.requests) >= 5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 143, err
    done = int(out.split()[0])
    assert 3 <= done < 24
    assert out.startswith(f"{done} of 24 windows")
    assert saved_windows(tmp_path / "out") == done
    sandbox.faults = Faults()
    again = start(*err.splitlines()[-1].split()[1:])
    out, err = again.communicate(timeout=30)
    assert (again.returncode, out.splitlines()[0][:6]) == (0, "24 of "), err
    assert f", {done} already there" in out


def test_a_terminal_that_hangs_up(start: Start, sandbox: Sandbox, tmp_path: Path) -> None:
    """Its SIGHUP ends a pull as others do, although nothing can be printed any more."""
    sandbox.faults = Faults(latency=0.2)
    master, slave = pty.openpty()
    words = [*COMMANDS["pull"][0], "--window=hour", "--concurrency=2"]
    process = start(*words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    reader = threading.Thread(target=_drain, args=(master,))
    reader.start()
    wait_until(lambda: len(sandbox.requests) >= 5)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=30) == 129
    reader.join()
    assert saved_windows(tmp_path / "out") >= 3


def saved_windows(folder: Path) -> int:
    """Windows whose rows are in the data files."""
    files = [csv.DictReader(path.read_text().splitlines()) for path in (folder / "data").iterdir()]
    return len({(row["zone_id"], row["window_since"]) for file in files for row in file})


def _drain(master: int) -> None:
    """Read what is drawn, until the terminal is gone; then hang up."""
    with suppress(OSError):
        while os.read(master, 4096):
            pass
    os.close(master)


@pytest.mark.parametrize("words", [["sandbox", "--port", "0"], ["--help"], ["pull", "--help"]], ids=" ".join)
@pytest.mark.parametrize("stream", ["stdout", "both"])
def test_nobody_reads(start: Start, words: list[str], stream: str) -> None:
    """As under `| head`: the end is quiet, with the status of SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    pipe: IO[bytes]
    with os.fdopen(write, "wb") as pipe:
        process = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "aiospectrum", *words],
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe if stream == "both" else subprocess.PIPE,
            env=environ_of_process(),
            timeout=30,
            check=False,
        )
    assert process.returncode == 141
    assert not process.stderr
