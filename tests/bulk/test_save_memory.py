"""The memory of a save is bounded by a setting, however large the plan."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aiospectrum import ReportByTimeRow
from tests.bulk.datasets import holding, make_plan, save_to
from tests.bulk.fakes import ZONES, Call, Fake

pytest.importorskip("pyarrow")

PROGRAM = """
import asyncio, sys, tempfile
from pathlib import Path

import attrs

from aiospectrum import ReportByTimeRow
from aiospectrum.bulk import save
from tests.bulk.datasets import hourly, make_plan
from tests.bulk.fakes import ZONES, Fake

ROWS = 300


def respond(call):
    report = hourly(call)
    numbers = [float(hour) + int(call.zone_id, 16) / 7 for hour in range(24)]
    rows = [ReportByTimeRow(dimensions=[f"{row:032x}"], metrics=[numbers]) for row in range(ROWS)]
    return attrs.evolve(report, data=rows, rows=ROWS)


def peak():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)


async def main():
    before = 0
    for days in (2, int(sys.argv[2])):
        with tempfile.TemporaryDirectory() as folder:
            plan = make_plan(ZONES, days=days)
            options = {"concurrency": 4, "memory": int(sys.argv[1]), "clock": lambda: 1.9e9}
            saved = await save(Fake(respond=respond), plan, folder, **options)
            assert saved.rows == len(plan) * ROWS * 24, saved
        print(peak() - before)
        before = peak()


asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is told by Linux")
def test_memory_is_bounded_by_the_setting() -> None:
    """A plan whose tables have 600 MB takes no more than that, beside what a small one takes."""
    memory, days = 256 << 20, 60

    command = [sys.executable, "-c", PROGRAM, str(memory), str(days)]
    found = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - our own code

    _, more = map(int, found.stdout.split())
    assert more << 10 < memory


async def test_no_wait_for_others_where_there_is_no_room(tmp_path: Path) -> None:
    """What has all the memory that there is becomes a file at once, as nothing else can come meanwhile."""

    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    def respond(call: Call) -> Any:
        rows = [ReportByTimeRow(dimensions=[f"{row:032x}"], metrics=[[row] * 24]) for row in range(300)]
        return holding(call, *rows)

    plan = make_plan(ZONES, days=2)
    async with asyncio.timeout(60):
        saved = await save_to(tmp_path, plan, Fake(respond=respond), memory=16 << 20, sleep=sleep, format="parquet")

    assert saved.done == len(plan)
