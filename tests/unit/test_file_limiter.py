"""The limiter of a machine: several in one file, as processes have them, on a clock of the test's own."""

import asyncio
import fcntl
import math
import os
import stat
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aiospectrum import ClientStateError, FileLimiter, InvalidArgumentError, RateLimit, TooLateError
from tests.fake_time import FakeTime, admitted, settle
from tests.fake_time import start as begin

HEADER = 32
"""Bytes that say what the file is, and its limit."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where there is no file yet."""
    return tmp_path / "token.limit"


def open_limiters(
    path: Path, time: FakeTime, count: int = 2, *, requests: int = 4, in_flight: int = 50
) -> list[FileLimiter]:
    """Limiters of one file, as so many processes have them."""
    limit = RateLimit(requests=requests, per_seconds=10, in_flight=in_flight, max_wait=60)
    return [FileLimiter(path, limit, clock=time, call_later=time.call_later) for _ in range(count)]


async def send(limiter: FileLimiter, latest: float | None = None) -> int:
    """Send a request, and get a response at once."""
    permit = await limiter.acquire(latest)
    limiter.release(permit, was_cancelled=False)
    return permit


async def start(*waiting: Awaitable[Any]) -> list[asyncio.Task[Any]]:
    """Begin to wait for permits."""
    tasks = begin(*waiting)
    await settle()
    return tasks


async def test_one_window_for_all(path: Path) -> None:
    """What one has sent counts for the other, which waits until it is old enough."""
    one, other = open_limiters(path, time := FakeTime())
    for _ in range(3):
        await send(one)
    await time.pass_by(4)
    await send(other)
    tasks = await start(send(other), send(one))

    await time.pass_by(5.75)
    assert admitted(tasks) == [False, False]
    await time.pass_by(0.25)
    assert admitted(tasks) == [True, True]
    assert (one.queued, other.queued, time.pending) == (0, 0, [])
    assert repr(one) == f"FileLimiter({one.limit}, in_flight=0, queued=0, path={str(path)!r})"


async def test_what_was_sent_counts_after_the_process(path: Path) -> None:
    """A process that starts later, as after a crash, finds what was sent before."""
    (first,) = open_limiters(path, time := FakeTime(), 1)
    for _ in range(4):
        await send(first)
    del first
    (second,) = open_limiters(path, time, 1)

    with pytest.raises(TooLateError) as caught:
        await second.acquire(time.now + 9)
    assert caught.value.wait == pytest.approx(10)


async def test_they_take_turns(path: Path) -> None:
    """However many wait in one, another one has every other permit."""
    busy, calm = open_limiters(path, time := FakeTime(), requests=1)
    await send(busy)
    many, few = await start(*(send(busy) for _ in range(20))), await start(*(send(calm) for _ in range(3)))

    await time.pass_by(60.5)
    assert (sum(admitted(many)), sum(admitted(few))) == (3, 3)
    await time.pass_by(40)
    assert sum(admitted(many)) == 7
    for task in many:
        task.cancel()
    await settle()


async def test_first_come_first_served_within_one(path: Path) -> None:
    """Calls of a process have their permits in the order in which they came, also when some are cancelled."""
    (limiter,) = open_limiters(path, time := FakeTime(), 1, requests=1)
    await send(limiter)
    tasks = await start(*(send(limiter) for _ in range(3)))
    tasks[0].cancel()

    await time.pass_by(10)
    assert (tasks[0].cancelled(), admitted(tasks[1:])) == (True, [True, False])
    await time.pass_by(10)
    assert admitted(tasks[1:]) == [True, True]


@pytest.mark.parametrize("how", ["cancelled", "too late"])
async def test_who_leaves_takes_nothing_along(path: Path, how: str) -> None:
    """However many calls of one end without a permit, the other has all of the limit."""
    one, other = open_limiters(path, time := FakeTime())
    for _ in range(4):
        await send(one)
    for _ in range(20):
        (task,) = await start(one.acquire(None if how == "cancelled" else time.now + 1))
        task.cancel()
        await settle()
        assert task.cancelled() or isinstance(task.exception(), TooLateError)
    tasks = await start(*(send(other) for _ in range(5)))

    await time.pass_by(10)
    assert sum(admitted(tasks)) == 4
    await time.pass_by(10)
    assert sum(admitted(tasks)) == 5


async def test_a_process_that_dies_while_it_waits(path: Path) -> None:
    """What it waited for is missing from one window, and from no later one."""
    dead, alive = open_limiters(path, time := FakeTime(), requests=2)
    for _ in range(2):
        await send(alive)
    (never,) = await start(dead.acquire(None))
    dead._stop_timer()  # as it is after a kill
    tasks = await start(*(send(alive) for _ in range(6)))

    await time.pass_by(10)
    assert sum(admitted(tasks)) == 1
    await time.pass_by(10)
    assert sum(admitted(tasks)) >= 3
    await time.pass_by(10)
    assert sum(admitted(tasks)) >= 5
    for task in (never, *tasks):
        task.cancel()
    await settle()


async def test_a_pause_of_one_pauses_all(path: Path) -> None:
    """After a 429 to one nobody sends until the pause ends; then each probes, and goes on after its response."""
    one, other = open_limiters(path, time := FakeTime(), requests=100)
    refused, early = await one.acquire(None), await other.acquire(None)
    waiting = await start(*(other.acquire(None) for _ in range(50)))  # one of them waits for a place in flight
    await settle()
    one.pause(refused, 7.0)
    one.release(refused, was_cancelled=False)
    assert (one.pause_left(), other.pause_left()) == (7, 7)
    other.release(early, was_cancelled=False)
    other.pause(waiting[0].result(), 30.0)  # to a request that was sent before
    assert other.pause_left() == 7
    tasks = await start(other.acquire(None))
    with pytest.raises(TooLateError):
        await other.acquire(time.now + 6)

    await time.pass_by(6.75)
    assert admitted(waiting)[-1] is False
    await time.pass_by(0.25)
    assert (admitted(waiting)[-1], admitted(tasks)) == (True, [False])
    for task in waiting:
        other.release(task.result(), was_cancelled=False)
    await settle()
    assert admitted(tasks) == [True]


async def test_a_pause_refuses_those_who_cannot_wait(path: Path) -> None:
    """A pause that another one began fails the calls at once that it would make too late, when it is noticed."""
    one, other = open_limiters(path, time := FakeTime())
    permits = [await one.acquire(None) for _ in range(4)]
    tasks = await start(other.acquire(time.now + 11), other.acquire(None))
    one.pause(permits[0], 30)
    await time.pass_by(10)

    assert isinstance(tasks[0].exception(), TooLateError)
    assert not tasks[1].done()
    await time.pass_by(20)
    assert admitted(tasks) == [False, True]


async def test_a_pause_is_cut_by_nobody_else(path: Path) -> None:
    """Who waits no longer than its own max_wait cuts the pause for itself alone, also when it has a 429 of its own."""
    time = FakeTime()
    patient, hasty, third = (
        FileLimiter(
            path, RateLimit(requests=4, per_seconds=10, max_wait=seconds), clock=time, call_later=time.call_later
        )
        for seconds in (3600, 60, 3600)
    )
    permit = await patient.acquire(None)
    patient.pause(permit, 1800)
    patient.release(permit, was_cancelled=False)
    assert [each.pause_left() for each in (patient, hasty, third)] == [1800, 60, 1800]
    calls = await start(hasty.acquire(None), third.acquire(None))

    await time.pass_by(59.75)
    assert admitted(calls) == [False, False]
    await time.pass_by(0.25)
    assert admitted(calls) == [True, False]
    assert [each.pause_left() for each in (patient, hasty, third)] == [1740, 0, 1740]
    hasty.pause(calls[0].result(), 5)
    hasty.release(calls[0].result(), was_cancelled=False)
    assert [each.pause_left() for each in (patient, hasty, third)] == [1740, 5, 1740]
    await time.pass_by(5)
    await send(hasty)
    await time.pass_by(1734.75)
    assert admitted(calls) == [True, False]
    await time.pass_by(0.25)
    assert admitted(calls) == [True, True]


async def test_a_pause_is_cut_by_no_restart(path: Path) -> None:
    """What is left of a pause after a restart of the machine is cut by the max_wait of nobody else, either."""
    (before,) = open_limiters(path, FakeTime(), 1)
    permit = await before.acquire(None)
    before.pause(permit, 50)
    time = FakeTime(5)
    hasty, patient = (
        FileLimiter(
            path, RateLimit(requests=4, per_seconds=10, max_wait=seconds), clock=time, call_later=time.call_later
        )
        for seconds in (10, 60)
    )
    calls = await start(hasty.acquire(None))
    assert (hasty.pause_left(), patient.pause_left()) == (10, 50)
    await time.pass_by(10)
    assert admitted(calls) == [True]
    assert patient.pause_left() == 40


@pytest.mark.parametrize("now", [5.0, 999.5, 400.0])
async def test_a_clock_that_starts_again(path: Path, now: float) -> None:
    """After a restart of the machine the window is that of the last request, as if no time had passed since."""
    (before,) = open_limiters(path, time := FakeTime(), 1, requests=2)
    await send(before)
    await time.pass_by(4)
    await send(before)
    before.pause(2, 3.0)
    (after,) = open_limiters(path, later := FakeTime(now), 1, requests=2)
    tasks = await start(*(send(after) for _ in range(3)))

    await later.pass_by(5.75)
    assert admitted(tasks) == [False, False, False]
    await later.pass_by(0.25)
    assert admitted(tasks) == [True, False, False]
    await later.pass_by(4)
    assert admitted(tasks) == [True, True, False]
    await later.pass_by(6)
    assert admitted(tasks) == [True, True, True]


async def test_a_lock_that_is_not_released(path: Path) -> None:
    """While a process is stopped in the middle of a permit, the others wait without blocking, and can be cancelled."""
    (limiter,) = open_limiters(path, time := FakeTime(), 1)
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tasks = await start(limiter.acquire(None), limiter.acquire(None))
        await time.pass_by(1)
        assert admitted(tasks) == [False, False]
        assert 40 < len(time.timers) < 80, "it is tried again, and not all the time"
        tasks[0].cancel()
        await settle()
        assert tasks[0].cancelled()
    await time.pass_by(0.02)
    assert admitted(tasks[1:]) == [True]


async def test_a_deadline_while_the_file_is_locked(path: Path) -> None:
    """Who could not look into the file is refused as soon as it shows that the window lets it out too late."""
    limiter, other = open_limiters(path, time := FakeTime())
    for _ in range(4):
        await send(other)
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tasks = await start(limiter.acquire(time() + 1), limiter.acquire(None))
        assert [task.done() for task in tasks] == [False, False]
    await time.pass_by(0.02)

    assert isinstance(tasks[0].exception(), TooLateError)
    assert limiter.queued == 1
    await time.pass_by(10)
    assert admitted(tasks[1:]) == [True]


async def test_a_deadline_before_the_lock_is_released(path: Path) -> None:
    """While a process is stopped in the middle of a permit, the others fail at their deadlines."""
    (limiter,) = open_limiters(path, time := FakeTime(), 1)
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (task,) = await start(limiter.acquire(time() + 1))
        await time.pass_by(0.9)
        assert not task.done()
        await time.pass_by(0.1)

    assert isinstance(task.exception(), TooLateError)
    assert limiter.queued == 0


def test_nobody_else_can_read_or_write_it(path: Path) -> None:
    """The file is its owner's alone, has no other name, and is small."""
    FileLimiter(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size < 12_000
    assert list(path.parent.iterdir()) == [path]


def make_link(path: Path) -> None:
    target = path.with_name("target")
    FileLimiter(target)
    path.symlink_to(target)


def write(content: bytes) -> Callable[[Path], None]:
    """Write a file of the owner's."""

    def make(path: Path) -> None:
        path.write_bytes(content)
        path.chmod(0o600)

    return make


def change(offset: int, word: bytes) -> Callable[[Path], None]:
    """Change a word of a good file."""

    def make(path: Path) -> None:
        FileLimiter(path)
        content = path.read_bytes()
        path.write_bytes(content[:offset] + word + content[offset + 8 :])

    return make


def cut(path: Path) -> None:
    FileLimiter(path)
    os.truncate(path, path.stat().st_size - 8)


def open_to_all(path: Path) -> None:
    FileLimiter(path)
    path.chmod(0o666)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(make_link, "is no link", id="a link"),
        pytest.param(Path.mkdir, "a file", id="a folder"),
        pytest.param(os.mkfifo, "the file of a limiter", id="a pipe"),
        pytest.param(write(b""), "the file of a limiter", id="empty"),
        pytest.param(write(b"[api]\ntoken = 5\n" * 200), "the file of a limiter", id="another file"),
        pytest.param(change(0, b"aiospLiM"), "the file of a limiter", id="another magic"),
        pytest.param(change(8, struct.pack("=Q", 2)), "this one is of 2", id="another version"),
        pytest.param(change(16, struct.pack("=Q", 7)), "7 requests per 300 s", id="other requests"),
        pytest.param(change(24, struct.pack("=d", 60)), "1140 requests per 60 s", id="other seconds"),
        pytest.param(change(24, struct.pack("=d", math.nan)), "requests per nan s", id="no seconds"),
        pytest.param(cut, "the file of a limiter", id="cut"),
        pytest.param(open_to_all, "chmod 600", id="open to all"),
    ],
)
def test_what_is_no_file_of_the_limit(path: Path, make: Callable[[Path], None], expected: str) -> None:
    """It is refused when the limiter is made, and left as it is."""
    make(path)
    before = path.lstat().st_mode, path.read_bytes() if path.is_file() else None
    with pytest.raises(InvalidArgumentError, match=expected):
        FileLimiter(path)
    assert (path.lstat().st_mode, path.read_bytes() if path.is_file() else None) == before


def test_another_limit_is_named_with_ours(path: Path) -> None:
    """Both limits are in the error, and what to do."""
    FileLimiter(path, RateLimit(requests=600))
    with pytest.raises(InvalidArgumentError, match=r"600 requests per 300 s, got '1140 requests per 300 s'; give all"):
        FileLimiter(path)


@pytest.mark.parametrize(
    ("given", "limit", "field"),
    [
        pytest.param(7, None, "path", id="a descriptor"),
        pytest.param(b"/tmp/x", None, "path", id="bytes"),
        pytest.param("/nowhere/at/all.limit", None, "path", id="no folder"),
        pytest.param("a\0b", None, "path", id="a zero"),
        pytest.param("x.limit", 7, "limit", id="no limit"),
        pytest.param("x.limit", RateLimit(requests=10**12), "limit", id="a limit beyond all bounds"),
    ],
)
def test_arguments_are_refused(given: object, limit: object, field: str) -> None:
    """Each with its name."""
    with pytest.raises(InvalidArgumentError) as caught:
        FileLimiter(given, limit)  # type: ignore[arg-type]  # as some would
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("~/x", "the home folder in the place of ~", id="of a home folder"),
        pytest.param(Path("~/x"), "the home folder in the place of ~", id="of a home folder, as a Path"),
        pytest.param("~", "the home folder in the place of ~", id="a home folder"),
        pytest.param("~user/x", "the home folder in the place of ~", id="of another user"),
        pytest.param("", "not of a folder", id="empty"),
        pytest.param("x/", "not of a folder", id="with a slash at the end"),
        pytest.param("x//", "not of a folder", id="with two"),
        pytest.param("/", "not of a folder", id="the root"),
        pytest.param("x/.", "not of a folder", id="with a dot at the end"),
        pytest.param("x/..", "not of a folder", id="with two dots"),
        pytest.param(".", "not of a folder", id="the folder"),
        pytest.param(Path(), "not of a folder", id="the folder, as a Path"),
        pytest.param("redis://:secret@host/x", "no URL", id="a URL"),
        pytest.param("file:///x", "no URL", id="a URL of a file"),
    ],
)
def test_what_is_no_path_of_a_file(
    given: str | Path, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused with what was expected, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~").mkdir()
    with pytest.raises(InvalidArgumentError, match=expected) as caught:
        FileLimiter(given)
    assert caught.value.field == "path"
    assert "secret" not in str(caught.value)
    assert list(tmp_path.rglob("*")) == [tmp_path / "~"]


@pytest.mark.parametrize("how", ["deleted", "cut", "replaced"])
async def test_a_file_that_goes_while_it_is_in_use(path: Path, how: str) -> None:
    """All calls fail, those that wait too, as nobody shares the limit any more; nothing crashes."""
    (limiter,) = open_limiters(path, time := FakeTime(), 1)
    for _ in range(4):
        await send(limiter)
    waiting = await start(limiter.acquire(None), limiter.acquire(None))
    if how == "cut":
        os.truncate(path, 0)
    else:
        os.unlink(path)
    if how == "replaced":
        open_limiters(path, time, 1)
    await time.pass_by(10)

    for task in waiting:
        assert isinstance(task.exception(), ClientStateError)
    with pytest.raises(ClientStateError, match="was deleted, replaced or cut"):
        await limiter.acquire(None)
    assert (limiter.queued, limiter.in_flight, time.pending) == (0, 0, [])


WORDS = st.one_of(
    st.sampled_from([0.0, -math.inf, math.inf, math.nan, 1e300, -1e300, 999.0, 1000.0, 1001.0, 995.0, 5e-324]).map(
        lambda number: struct.pack("=d", number)
    ),
    st.sampled_from([0, 1, 2, 5, 128, 129, 2**63, 2**64 - 1]).map(lambda number: struct.pack("=Q", number)),
    st.binary(min_size=8, max_size=8),
)


@example(words={5: struct.pack("=d", math.inf), 6: struct.pack("=d", -math.inf)}, is_in_use=False)
@given(
    words=st.dictionaries(st.integers(4, 267), WORDS, max_size=12),
    is_in_use=st.booleans(),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_any_bytes(words: dict[int, bytes], is_in_use: bool, tmp_path: Path) -> None:
    """Whatever is in the file: no crash, no hang, and never more requests than the limit from then on."""
    path = tmp_path / "any.limit"
    path.unlink(missing_ok=True)
    time = FakeTime()
    one, other = open_limiters(path, time, requests=3)
    await send(one)
    if not is_in_use:
        del one, other
    with path.open("r+b") as file:
        for place, word in words.items():
            file.seek(8 * place)
            file.write(word)
    if not is_in_use:
        one, other = open_limiters(path, time, requests=3)
    times: list[float] = []

    async def call(limiter: FileLimiter) -> None:
        await send(limiter)
        times.append(time.now)

    tasks = await start(*(call(limiter) for limiter in (one, other) for _ in range(6)))
    await time.pass_by(60 + 4 * 10 + 40)
    assert all(admitted(tasks)), "a pause is no longer than max_wait, and a window than its seconds"
    assert all(last - first >= 10 for first, last in zip(times, times[3:], strict=False))


def run(code: str, path: Path) -> str:
    """Run a program in a process of its own."""
    result = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_child_needs_one_of_its_own(path: Path) -> None:
    """A limiter is not used in a forked child, whose copy of the lock would outlive its parent; another one is fine."""
    code = """
import asyncio, os, sys, aiospectrum
limiter = aiospectrum.FileLimiter(sys.argv[1])
pid = os.fork()
if pid:
    assert os.waitpid(pid, 0)[1] == 0
    asyncio.run(limiter.acquire(None))
    print("parent goes on")
else:
    try:
        asyncio.run(limiter.acquire(None))
    except aiospectrum.ClientStateError as error:
        print(error, flush=True)
    asyncio.run(aiospectrum.FileLimiter(sys.argv[1]).acquire(None))
    os._exit(0)
"""
    assert run(code, path).splitlines() == [
        "the FileLimiter belongs to the process that forked this one: make one in each",
        "parent goes on",
    ]


def test_where_there_are_no_locks(path: Path) -> None:
    """On Windows the package is imported, and the limiter says that it does not work there, and what does."""
    code = """
import sys
sys.modules["fcntl"] = None
import aiospectrum
try:
    aiospectrum.FileLimiter(sys.argv[1])
except aiospectrum.InvalidArgumentError as error:
    print(error)
"""
    assert "other than Windows" in run(code, path)
    assert "RedisLimiter" in run(code, path)
    assert not path.exists()
