"""Ids of tests are the same in every process, so that processes can share the suite."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPTIONS = ["--collect-only", "-q", "-m", "", "-p", "no:randomly", "-p", "no:cacheprovider"]


def start_collecting(hash_seed: str) -> subprocess.Popen[str]:
    """Start a process that lists all tests."""
    environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "pytest", *OPTIONS]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)  # noqa: S603 - pytest


def test_ids_are_the_same_in_every_process() -> None:
    """No id and no order of tests hangs on an address in memory, the order of a set, or chance."""
    processes = [start_collecting("1"), start_collecting("2")]
    first, second = ([line for line in process.communicate()[0].splitlines() if "::" in line] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert len(first) > 1000
    assert first == second
