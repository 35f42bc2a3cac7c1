"""Threads, each with an event loop and a client of its own, share nothing that is not guarded."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

from aiospectrum import FileLimiter, RateLimit, TooLateError


def test_two_loops_in_two_threads_make_a_thousand_calls_each() -> None:
    """They begin at once in a process in which nothing has been used yet; each gets its own responses alone.

    Where there is a GIL, it is handed on a hundred times more often than usual.
    """
    program = Path(__file__).with_name("two_threads.py")

    command = [sys.executable, "-W", "error", str(program), "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program

    assert done.returncode == 0, done.stderr
    counts = "{'list': 250, 'get': 250, 'summary': 250, 'refused': 250}"
    assert sorted(done.stdout.splitlines()) == [f"0: {counts}", f"1: {counts}"], done.stderr
    assert (done.stderr, done.returncode) == ("", 0)


def test_threads_share_a_limit_by_its_file(tmp_path: Path) -> None:
    """Each with a limiter of its own, they send what the limit allows together, and no request more."""
    counts: list[int] = []

    async def send() -> None:
        limiter = FileLimiter(tmp_path / "limit", RateLimit(requests=300, per_seconds=3600.0))
        loop, sent = asyncio.get_running_loop(), 0
        for _ in range(250):
            try:
                limiter.release(await limiter.acquire(loop.time() + 1), was_cancelled=False)
            except TooLateError:
                continue
            sent += 1
        counts.append(sent)

    threads = [threading.Thread(target=asyncio.run, args=[send()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 300
    assert len(counts) == 2
