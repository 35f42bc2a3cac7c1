"""Four processes under one limit, of which some are killed and one is stopped; and a 429 that one of them sees."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.limiters.moments import Moments, most_for_sure
from tests.limiters.permits_process import PAUSE

ROOT = Path(__file__).parents[2]
REQUESTS = 20
SECONDS = 0.5


@attrs.define
class Processes:
    """Processes that take permits as fast as they can."""

    kind: str
    place: str
    log: Path
    running: dict[int, subprocess.Popen[str]] = attrs.Factory(dict)

    def start(self, number: int, refused_at: int = 0) -> subprocess.Popen[str]:
        """Start one of them."""
        arguments = [self.kind, self.place, str(REQUESTS), str(SECONDS), f"{self.log}{number}", str(refused_at)]
        process = self.running[number] = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "tests.limiters.permits_process", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        return process

    def start_all(self) -> None:
        """Start four, and wait until all of them are there."""
        for process in [self.start(number) for number in range(4)]:
            self.wait_for(process)

    def wait_for(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline()

    def kill(self, number: int) -> None:
        """Kill one of them, wherever it is."""
        process = self.running.pop(number)
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    def permits(self, number: int) -> list[tuple[float, float]]:
        """The intervals in which the permits of one came; the last line may be half written."""
        path = Path(f"{self.log}{number}")
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [(float(begin), float(end)) for begin, end in map(str.split, lines)]

    def all_permits(self) -> list[tuple[float, float]]:
        return sorted(each for number in range(4) for each in self.permits(number))


@pytest.fixture(params=["file", "redis"])
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    """Where the limit is kept, and nobody there yet."""
    place = str(tmp_path / "limit") if request.param == "file" else request.getfixturevalue("own_redis").url
    made = Processes(request.param, place, tmp_path / "permits")
    yield made
    for number in list(made.running):
        made.kill(number)


def test_kills_and_a_stop(processes: Processes) -> None:
    """Two are killed again and again and one is stopped: no window has too many, and the others go on."""
    seed = random.randrange(2**32)  # noqa: S311 - no secret
    print(f"the seed of this is {seed}")
    chance = random.Random(seed)  # noqa: S311 - moments
    processes.start_all()
    began = Moments.now()
    stopped = processes.running[2]
    for turn in range(6):
        time.sleep(chance.uniform(0.1, 0.6))
        if turn == 1:
            stopped.send_signal(signal.SIGSTOP)
        if turn == 4:
            stopped.send_signal(signal.SIGCONT)
        victim = chance.randrange(2)
        processes.kill(victim)
        processes.start(victim)
    time.sleep(1.0)
    ended = Moments.now()
    permits = processes.all_permits()

    assert REQUESTS / 2 < most_for_sure(permits, SECONDS) <= REQUESTS
    lasting = [end for _, end in processes.permits(3)]
    gaps = [later - earlier for earlier, later in zip([began, *lasting], [*lasting, ended], strict=True)]
    assert max(gaps) < 4 * SECONDS, "the one that nothing happened to had to wait"
    windows = (ended - began) / SECONDS
    assert len(permits) > 0.5 * REQUESTS * windows
    assert any(end > ended - 1.0 for _, end in processes.permits(2)), "who was stopped goes on, too"


def test_a_429_pauses_all(processes: Processes) -> None:
    """One of them is told, and none gets a permit until the pause is over."""
    processes.start_all()
    time.sleep(SECONDS)
    processes.kill(0)
    told = processes.start(0, refused_at=3)
    processes.wait_for(told)
    paused = float(processes.wait_for(told).split()[1])
    time.sleep(PAUSE + 2 * SECONDS)
    permits = processes.all_permits()

    late = 0.0 if processes.kind == "file" else 0.1  # until a server has it
    assert [begin for begin, end in permits if paused + late < begin and end < paused + PAUSE - 0.05] == []
    for number in range(4):
        assert any(end > paused + PAUSE for _, end in processes.permits(number)), "all go on afterwards"
    assert REQUESTS / 2 < most_for_sure(permits, SECONDS) <= REQUESTS


def test_more_is_found() -> None:
    """The count says so when there are too many, and is not misled by who was held up."""
    assert most_for_sure([(number / 50, number / 50 + 0.01) for number in range(100)], 0.5) == 25
    assert most_for_sure([(0.0, 0.4), (0.4, 0.41), (0.42, 0.43), (0.6, 0.61)], 0.5) == 3
