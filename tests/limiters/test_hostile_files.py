"""A limiter's file that somebody else has made or changed: a clear error, or fewer permits, but never more."""

import asyncio
import math
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aiospectrum import ClientStateError, InvalidArgumentError, RateLimit
from aiospectrum.limiters import FileLimiter
from tests.fake_time import FakeTime
from tests.limiters.world import Call, World

LIMIT = RateLimit(requests=3, per_seconds=2, in_flight=2, max_wait=20)


def fill(path: Path, limit: RateLimit = LIMIT) -> None:
    """Make a file with some permits in it."""

    async def use() -> None:
        limiter = FileLimiter(path, limit)
        for _ in range(2):
            limiter.release(await limiter.acquire(None), was_cancelled=False)

    asyncio.run(use())


def states(folder: Path) -> list[tuple[str, int, int]]:
    """All that shows whether something was written in a folder."""
    return sorted((each.name, each.lstat().st_mtime_ns, each.lstat().st_size) for each in folder.iterdir())


def change(path: Path, place: int, content: bytes) -> None:
    """Write into a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def write_random(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 10)


def write_nothing(path: Path) -> None:
    path.touch(0o600)


def write_a_part(path: Path) -> None:
    path.write_bytes(b"aiospLim")


def cut(path: Path) -> None:
    fill(path)
    os.truncate(path, path.stat().st_size - 8)


def lengthen(path: Path) -> None:
    fill(path)
    os.truncate(path, 10 * path.stat().st_size)


def link(path: Path) -> None:
    fill(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def link_in_a_circle(path: Path) -> None:
    path.symlink_to(path)


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


def change_requests(path: Path) -> None:
    fill(path, attrs.evolve(LIMIT, requests=4))


def change_seconds(path: Path) -> None:
    fill(path, attrs.evolve(LIMIT, per_seconds=3))


def change_seconds_to_nan(path: Path) -> None:
    fill(path)
    change(path, 24, struct.pack("=d", math.nan))


def change_version(path: Path) -> None:
    fill(path)
    change(path, 8, struct.pack("=Q", 99))


def let_a_group_write(path: Path) -> None:
    fill(path)
    path.chmod(0o660)


def let_everybody_write(path: Path) -> None:
    fill(path)
    path.chmod(0o602)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (write_random, "the file of a limiter"),
        (write_nothing, "the file of a limiter"),
        (write_a_part, "the file of a limiter"),
        (cut, "the file of a limiter"),
        (lengthen, "the file of a limiter"),
        (link, "is no link"),
        (link_to_nothing, "is no link"),
        (link_in_a_circle, "is no link"),
        (make_pipe, "the file of a limiter"),
        (make_folder, "is no link"),
        (make_socket, "is no link"),
        (change_requests, "4 requests per 2 s"),
        (change_seconds, "3 requests per 3 s"),
        (change_seconds_to_nan, "3 requests per nan s"),
        (change_version, "version 1, this one is of 99"),
        (let_a_group_write, "chmod 600"),
        (let_everybody_write, "chmod 600"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_no_file_of_this_limit(make: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    """It is refused at once, with what was expected, and stays as it is."""
    path = tmp_path / "limit"
    make(path)
    before = states(tmp_path)

    with pytest.raises(InvalidArgumentError, match=said) as caught:
        FileLimiter(path, LIMIT)
    assert str(path)[:50] in str(caught.value)  # the rest may be cut
    assert "\n" not in str(caught.value)
    assert before == states(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root, to give a file to somebody")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    """Whoever owns a file may write to it, so that it is refused, for root too."""
    path = tmp_path / "limit"
    fill(path)
    os.chown(path, 65534, 65534)
    with pytest.raises(InvalidArgumentError, match="limit"):
        FileLimiter(path, LIMIT)


@pytest.mark.parametrize("path", ["", "a\0b", "no/such/folder/limit", "/dev/null", "x" * 300, 3, None, b"limit"])
def test_what_is_no_path(path: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with the field, the value and what was expected."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgumentError, match="path"):
        FileLimiter(path, LIMIT)  # type: ignore[arg-type]  # on purpose
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    """A new file is nobody else's business, whatever the umask."""
    before = os.umask(0)
    try:
        fill(tmp_path / "limit")
    finally:
        os.umask(before)
    assert (tmp_path / "limit").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["limit"]


ODD = [math.nan, math.inf, -math.inf, 0.0, -1.0, 1e308, 5e-324, 999.0, 999.75, 1000.0, 1000.25, 1001.5, 2000.0, 1e9]
WORDS = st.one_of(
    st.sampled_from(ODD).map(lambda value: struct.pack("=d", value)),
    st.integers(0, 200).map(lambda value: struct.pack("=Q", value)),
    st.sampled_from([2**63, 2**64 - 1, 2**64 - 2, 2**32]).map(lambda value: struct.pack("=Q", value)),
    st.binary(min_size=8, max_size=8),
)
HEADER = 32


def words_of(path: Path) -> int:
    return (path.stat().st_size - HEADER) // 8


@settings(max_examples=200)
@given(
    changes=st.dictionaries(st.integers(0, 10**6), WORDS, max_size=12),
    fills=st.none() | WORDS,
    front=st.dictionaries(st.integers(0, 4), WORDS, max_size=5),
    back=st.dictionaries(st.integers(0, 3), WORDS, max_size=4),
)
@example(changes={}, fills=struct.pack("=d", math.nan), front={}, back={})
@example(changes={}, fills=b"\xff" * 8, front={}, back={})
@example(changes={}, fills=struct.pack("=d", 1e9), front={}, back={})
def test_any_content(
    changes: dict[int, bytes], fills: bytes | None, front: dict[int, bytes], back: dict[int, bytes]
) -> None:
    """Whatever is behind the header, there are no more permits than allowed, and no call waits for ever."""
    times: list[float] = []

    def note(call: Call) -> None:
        times.append(world.now)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "limit")
        world = World(lambda time: make(path, time), note)
        world.start()
        world.kill(world.processes[0])
        count = words_of(path)
        content = {place % count: word for place, word in changes.items()}
        content |= front | {count - 1 - place: word for place, word in back.items()}
        for place in range(count):
            if place in content or fills is not None:
                change(path, HEADER + 8 * place, content.get(place, fills or b""))
        processes = [world.start(), world.start()]
        calls = [world.come(processes[number % 2], None) for number in range(6)]
        for _ in range(400):
            for process in processes:
                for call in list(process.under_way):
                    world.end(call)
            world.pass_by(0.25)
            if len(times) == len(calls):
                break
        for index, begin in enumerate(times[: -LIMIT.requests]):
            assert times[index + LIMIT.requests] - begin >= LIMIT.per_seconds
        assert len(times) == len(calls), f"{len(times)} permits of {len(calls)} after {world.now - 1000} s"
        world.close()


def make(path: Path, time: FakeTime) -> FileLimiter:
    return FileLimiter(path, LIMIT, clock=time, call_later=time.call_later)


@settings(max_examples=100)
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), WORDS), max_size=12))
def test_scribbling(changes: list[tuple[int, bytes]]) -> None:
    """What somebody writes into it while it is in use ends in permits or in a clear error."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "limit")
        world = World(lambda time: make(path, time), lambda call: times.append(world.now))
        processes = [world.start(), world.start()]
        for number, (place, word) in enumerate(changes):
            world.come(processes[number % 2], None)
            change(path, HEADER + 8 * (place % words_of(path)), word)
            world.pass_by(0.5)
            for process in processes:
                for call in list(process.under_way):
                    world.end(call)
        for _ in range(400):
            for process in processes:
                for call in list(process.under_way):
                    world.end(call)
            if len(times) == len(changes):
                break
            world.pass_by(0.25)
        assert len(times) == len(changes)
        world.close()


@pytest.mark.parametrize("size", [0, 8, 40])
@pytest.mark.parametrize("use", ["acquire", "pause", "pause_left", "update_quota", "release"])
def test_cut_while_it_is_in_use(size: int, use: str, tmp_path: Path) -> None:
    """A process does not crash when a part of the file is gone: it says so when it wants a permit."""
    program = f"""
import asyncio, os, sys
from aiospectrum import ClientStateError, RateLimit
from aiospectrum.limiters import FileLimiter

async def main():
    limiter = FileLimiter(sys.argv[1], RateLimit(requests=2000, per_seconds=2))
    permit = await limiter.acquire(None)
    os.truncate(sys.argv[1], {size})
    if {use!r} == "pause":
        limiter.pause(permit, 0.0)
    elif {use!r} == "pause_left":
        limiter.pause_left()
    elif {use!r} == "update_quota":
        limiter.update_quota(permit, 0, 0.0)
    elif {use!r} == "release":
        limiter.release(permit, was_cancelled=True)
    try:
        await limiter.acquire(asyncio.get_running_loop().time() + 0.2)
    except ClientStateError as error:
        print(error)

asyncio.run(main())
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(tmp_path / "limit")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done
    assert "was deleted, replaced or cut" in done.stdout


async def test_deleted_and_replaced(tmp_path: Path) -> None:
    """Who finds no file any more, or another one, is told so within a second, as two files would be two limits."""
    path = tmp_path / "limit"
    time = FakeTime()
    limiter = make(path, time)
    limiter.release(await limiter.acquire(None), was_cancelled=False)
    path.unlink()
    other = make(path, time)
    time.now += 1.25
    with pytest.raises(ClientStateError, match="deleted, replaced or cut"):
        await limiter.acquire(None)
    other.release(await other.acquire(None), was_cancelled=False)
