"""The memory that a save takes is bounded by a setting, whatever the plan."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytest.importorskip("pyarrow")
pytest.importorskip("resource")


def peak_of(folder: Path, *, zones: int, memory: int, runs: int) -> int:
    """Bytes that a process with some saves takes beyond what one with the smallest has taken, at most."""
    command = [sys.executable, "-m", "tests.bulk.saving_much", str(folder), str(zones), str(memory), str(runs)]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return int(found.stdout)


def test_peak_memory(tmp_path: Path) -> None:
    """Ten times as much data as is permitted in memory, all in one day, fresh and then replaced, stays below it."""
    memory = 32 << 20
    assert peak_of(tmp_path / "set", zones=700, memory=memory, runs=1) < memory
    assert peak_of(tmp_path / "again", zones=300, memory=memory, runs=2) < memory
