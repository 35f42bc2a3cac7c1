"""Who has no pyarrow, or does not use it, does without."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pyarrow", "fsspec"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""

REPORT = """
from aiospectrum import ReportQuery, ReportSummary, ReportSummaryRow
report = ReportSummary(
    data=[ReportSummaryRow(metrics=[1])], data_lag=0, rows=1, query=ReportQuery(metrics=["count"], dimensions=[])
)
"""

SAVE = """
import asyncio, tempfile
from datetime import UTC, datetime
from aiospectrum import Client, bulk
from aiospectrum.sandbox import Sandbox

async def main():
    async with Sandbox(zones=1) as sandbox:
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            query = bulk.Query(time_delta="hour", metrics=["count"])
            times = datetime(2026, 11, 18, tzinfo=UTC), datetime(2026, 11, 19, tzinfo=UTC)
            plan = bulk.Plan(zones=sandbox.zones, since=times[0], until=times[1], query=query)
            with tempfile.TemporaryDirectory() as folder:
                for format, place in [("csv", folder), ("parquet", folder + "/2"), ("csv", "memory://here")]:
                    try:
                        saved = await bulk.save(client, plan, place, format=format)
                        print(saved.done, len(sandbox.requests))
                    except ImportError as error:
                        print(error, len(sandbox.requests))

asyncio.run(main())
"""


def run(code: str) -> str:
    """What a program of its own prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603 - our own code


@pytest.mark.parametrize("start", ["import aiospectrum", "from aiospectrum import bulk", REPORT + "report.records()"])
def test_nothing_is_imported_before_it_is_used(start: str) -> None:
    """The package, its bulk part and plain rows do without Arrow's libraries, and most of all without their time."""
    code = f"{start}\nimport sys; print([name for name in ('pyarrow', 'fsspec', 'numpy') if name in sys.modules])"
    assert run(code) == "[]\n"


def test_what_it_takes_is_said() -> None:
    """Rows are there without pyarrow, and a table says how to get it."""
    tries = "print(report.records()[0]['count'])\ntry: report.to_arrow()\nexcept ImportError as error: print(error)"
    assert (
        run(WITHOUT + REPORT + tries) == "1\nArrow data needs the package pyarrow: pip install 'aiospectrum[arrow]'\n"
    )


def test_saving_without() -> None:
    """Files in any format and URLs say what they need before anything is sent."""
    assert run(WITHOUT + SAVE).splitlines() == [
        "Arrow data needs the package pyarrow: pip install 'aiospectrum[arrow]' 0",
        "Arrow data needs the package pyarrow: pip install 'aiospectrum[arrow]' 0",
        "Saving to a URL needs the package fsspec: pip install 'aiospectrum[fsspec]' 0",
    ]
