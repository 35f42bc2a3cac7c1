"""The programs in ``examples`` run as they are, offline."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOWN = {
    "polars": ["The busiest hour of each zone:", "shape: (5, 4)", "Who has how much of the traffic:", "percent"],
    "duckdb": ["A day of one zone:", "disconnect", "The busiest applications of all zones:", "busiest_hour"],
    "pandas": ["Bytes received in each six hours, one zone:", "18:00", "The busiest hours, all zones:", "count"],
}
"""Some of what each program prints, by the library that it shows."""


@pytest.mark.parametrize("library", SHOWN)
def test_an_example_runs(library: str) -> None:
    """It ends well, and prints its answers."""
    pytest.importorskip("pyarrow")
    pytest.importorskip(library, minversion="3" if library == "pandas" else None)

    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", EXAMPLES / f"with_{library}.py"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert [text for text in SHOWN[library] if text not in done.stdout] == []


def test_every_example_is_tested() -> None:
    """No program is left out."""
    assert {path.stem.removeprefix("with_") for path in EXAMPLES.glob("*.py")} == set(SHOWN)
