"""The programs in ``examples`` run as they are, offline."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from aiospectrum import Client, RetryPolicy
from aiospectrum.bulk import Round, watch
from aiospectrum.sandbox import Faults, Sandbox
from examples.with_webhook import LINES, RULES, post_alerts
from tests.conftest import Serve

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOWN = {
    "polars": [
        *("The busiest hour of each zone:", "shape: (5, 4)", "Who has how much of the traffic:", "percent"),
        *("Day by day:", "shape: (1, 3)", "date"),
    ],
    "duckdb": [
        *("A day of one zone:", "disconnect", "The busiest hours of all zones:", "hour"),
        *("The busiest applications of all zones:", "app_name", ".example "),
    ],
    "pandas": ["Bytes received in each six hours, one zone:", "18:00", "The busiest hours, all zones:", "count"],
    "pyarrow": ["3 zones", "The traffic of each zone:", "bytesIngress_sum", "The last hours of one:", " rows"],
}
"""Some of what each program prints, by the library that it shows."""
ELSEWHERE = {"fastapi", "hikari"}
"""What tests/peers/test_events.py runs, as it takes libraries that only ``nox -s peers`` has."""


def run(program: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run an example to its end, with warnings as errors."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", EXAMPLES / program, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", **environ},
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("library", SHOWN)
def test_an_example_runs(library: str) -> None:
    """It ends well, and prints its results."""
    pytest.importorskip("pyarrow")
    pytest.importorskip(library, minversion="3" if library == "pandas" else None)

    done = run(f"with_{library}.py")

    assert (done.returncode, done.stderr) == (0, "")
    assert [text for text in SHOWN[library] if text not in done.stdout] == []


def test_the_plain_script(spectrum_sandbox: Sandbox) -> None:
    """All zones are shown, and one that fails is said on stderr and by the exit code alone."""
    sandbox = spectrum_sandbox
    unknown = "0" * 32
    environ = {"CLOUDFLARE_API_TOKEN": sandbox.api_token, "CLOUDFLARE_BASE_URL": sandbox.url}

    well = run("with_taskgroup.py", *sandbox.zones, **environ)
    badly = run("with_taskgroup.py", unknown, *sandbox.zones, **environ)

    assert (well.returncode, well.stderr) == (0, "")
    assert sorted(line.split(":")[0] for line in well.stdout.splitlines()) == sorted(sandbox.zones)
    assert all(" bytes in, to " in line for line in well.stdout.splitlines())
    assert badly.returncode == 1
    assert sorted(line.split(":")[0] for line in badly.stdout.splitlines()) == sorted(sandbox.zones)
    [said] = badly.stderr.splitlines()
    assert said.startswith(f"{unknown}: GET ")
    assert "answered 403" in said


async def test_a_webhook(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Each alert is posted once; what the webhook refuses comes with the next round, and its URL is in no log line."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
    refuses = iter([True, True])
    posted: list[list[str]] = []

    async def take(request: web.Request) -> web.Response:
        if next(refuses, False):
            return web.Response(status=503)
        posted.append((await request.json())["text"].splitlines())
        return web.Response()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    zones = [f"{number:032x}" for number in range(LINES + 5)]
    once = RetryPolicy(max_attempts=1)
    async with (
        Sandbox(zones=zones, rate_limit=None, faults=Faults(error_rate=1)) as sandbox,
        Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None, retry=once) as client,
        ClientSession() as session,
        aclosing(watch(client, zones, rules=RULES, clock=lambda: now, sleep=sleep)) as rounds,
    ):

        async def some_rounds() -> AsyncIterator[Round]:
            for _ in range(7):
                yield await anext(rounds)
            sandbox.faults = Faults()
            yield await anext(rounds)

        await post_alerts(session, f"{await serve(take)}/secret", some_rounds())

    begins = [f"🔴 zone {zone}: failed 3 times in a row, the last time with ServerError" for zone in zones]
    ends = [f"🟢 zone {zone}: answers again after 7 failures" for zone in zones]
    assert posted[:4] == [begins[:LINES], begins[LINES:], ends[:LINES], ends[LINES:]]
    assert [*map(len, posted)] == [LINES, 5, LINES, 5]
    assert [each.getMessage() for each in caplog.records if "webhook" in each.getMessage()] == [
        "the webhook took no message: ClientResponseError"
    ] * 2
    assert "secret" not in caplog.text


def test_every_example_is_tested() -> None:
    """No program is left out."""
    assert {path.stem.removeprefix("with_") for path in EXAMPLES.glob("*.py")} == {
        *SHOWN,
        *ELSEWHERE,
        "game_servers",
        "taskgroup",
        "webhook",
    }
