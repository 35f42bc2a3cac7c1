"""``aiospectrum pull --catch-up``, and what a dry run finds before anything is written."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import open_dataset
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import NOW, FakeTime

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08")


@pytest.fixture
def zones(sandbox: Sandbox) -> list[str]:
    return [word for zone in sandbox.zones for word in ("--zone", zone)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


class StoppedTime(FakeTime):
    """A clock that stands still: how often a save looks at it hangs on the machine."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture
def at(cli: Any) -> Callable[..., Any]:
    """Run a command at a moment."""
    return lambda moment, *argv: cli(*argv, time=StoppedTime(moment))


def test_a_job_of_one_line(at: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """The same line makes the first run and all others; later ones need no more than the folder."""
    line = ("pull", "--catch-up", *zones, "--since", "now-24h", "--dimensions", "appID", "--out", str(out))
    first = at(NOW, *line)
    assert first.status == 0, first.err
    assert first.err.startswith(f"Pulling what is new from {sandbox.url} into {out}\n")
    assert first.out.splitlines() == [
        f"6 of 6 windows saved in {out}",
        "3 windows filling: more rows may come, which the next pull asks for",
        first.out.splitlines()[2],
        f"to read: {out / 'data'}",
    ]
    for minutes in (-3, 0, 7):
        again = at(NOW + timedelta(days=1, minutes=minutes), *line)
        assert (again.status, again.err.count("failed: ")) == (0, 0), again.err
    last = at(NOW + timedelta(days=9), "pull", "--catch-up", "--out", str(out))
    assert last.status == 0, last.err
    dataset = open_dataset(out)
    assert {zone: spans[0].since for zone, spans in dataset.complete.items()} == dict.fromkeys(
        dataset.zones, datetime(2024, 5, 7, 12, tzinfo=UTC)
    )
    assert all(len(spans) == 1 for spans in dataset.complete.values())
    assert dataset.complete_until == datetime(2024, 5, 17, tzinfo=UTC)
    assert not dataset.missing


def test_what_failed_is_caught_up(at: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """The status is 1, and the command for the rest is the same one."""
    line = ("pull", "--catch-up", *zones, "--since", "today-3d", "--out", str(out))
    sandbox.faults = Faults(error_rate=1.0)
    failed = at(NOW, *line)
    assert failed.status == 1
    assert failed.out.startswith(f"0 of 12 windows saved in {out}, 12 failed\n")
    assert failed.err.splitlines()[-2:] == ["to retry what failed:", f"aiospectrum {' '.join(line)}"]
    sandbox.faults = Faults()
    again = at(NOW, "pull", "--catch-up", "--out", str(out), "--json")
    found = json.loads(again.out)
    assert (again.status, found["done"], found["filling"], found["failed"]) == (0, 9, 3, [])


def test_zones_and_shards(at: Any, sandbox: Sandbox, out: Path) -> None:
    """Zones alone go with a dataset, new ones from its beginning on."""
    first, second, _ = sandbox.zones
    assert at(NOW, "pull", "--catch-up", "--zone", first, "--since", "today-3d", "--out", str(out)).status == 0
    assert at(NOW, "pull", "--catch-up", "--zone", second, "--out", str(out)).status == 0
    assert open_dataset(out).complete_until == datetime(2024, 5, 8, tzinfo=UTC)
    assert set(open_dataset(out).complete) == {first, second}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param("", "there is no dataset to extend: say what to pull and from when for the", id="no dataset"),
        pytest.param("--until now", "expected no --until with --catch-up", id="until"),
        pytest.param("--metrics count", "expected --since with --metrics, for the first run", id="no since"),
        pytest.param("--shard 1/2", "expected --since with --shard", id="a shard"),
        pytest.param("--since soon", "--since: expected a time", id="no time"),
        pytest.param("--since 0226-11-20 --window hour", "expected a plan of 10,000,000 windows", id="too large"),
    ],
)
def test_what_cannot_be_caught_up(at: Any, zones: list[str], out: Path, options: str, message: str) -> None:
    """It is bad usage, in a dry run too, and no folder is made."""
    given = [] if not options or options.startswith(("--metrics", "--shard")) else zones
    for more in ([], ["--dry-run"]):
        outcome = at(NOW, "pull", "--catch-up", *given, *options.split(), "--out", str(out), *more)
        assert (outcome.status, outcome.out) == (2, "")
        assert message in outcome.err.splitlines()[-1]
    assert not out.exists()


def test_a_dry_run_of_catching_up(at: Any, sandbox: Sandbox, zones: list[str], out: Path) -> None:
    """It says what is lacking, for people and for programs, and changes nothing."""
    assert at(NOW, "pull", *zones, *TIMES, "--out", str(out)).status == 0
    before = _tree(out)
    sandbox.requests.clear()
    line = ("pull", "--catch-up", "--out", str(out), "--dry-run")
    outcome = at(NOW, *line)
    assert outcome.status == 0, outcome.err
    assert outcome.out.splitlines()[0].endswith(": 2024-05-08T00:00:00Z..2024-05-08T13:00:00Z")
    assert "at least 3 requests; a report that is cut off takes more" in outcome.out.splitlines()
    found = json.loads(at(NOW, *line, "--json").out)
    assert (found["since"], found["until"]) == ("2024-05-08T00:00:00Z", "2024-05-08T13:00:00Z")
    assert (found["zones"], found["windows"], found["requests"]) == (3, 3, 3)
    at(NOW, "pull", "--catch-up", "--zone", sandbox.zones[0], "--out", str(out))
    several = at(NOW + timedelta(days=2), *line)
    assert several.status == 0, several.err
    assert (sandbox.requests[1:], before.keys() <= _tree(out).keys()) == ([], True)


def test_a_dry_run_counts_what_is_left(cli: Any, zones: list[str], out: Path) -> None:
    """Windows that are there are not asked for, those that are filling are, and the size is that of the plan."""
    argv = ["pull", *zones, "--since", "2024-05-07", "--until", "2024-05-10", "--out", str(out)]
    assert "at least 6 requests; " in cli(*argv, "--dry-run").out
    assert not out.exists()
    assert cli(*argv).status == 0
    assert cli(*argv, "--dry-run").out.splitlines()[2:4] == [
        "3 zones, 3 windows (a day each)",
        "at least 3 requests; a report that is cut off takes more",
    ]


def _lock(folder: Path) -> Callable[[], None]:
    store = LocalStore(folder)
    store.lock()
    return store.unlock


def _write(path: str, content: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)

    return write


def _damage(folder: Path) -> None:
    journal = next((folder / "state").glob("*journal*"))
    journal.write_bytes(b"{}\n" + journal.read_bytes())


def _link(folder: Path) -> None:
    (folder / "state" / "lock").unlink()
    (folder / "state" / "lock").symlink_to(folder / "elsewhere")


REFUSED: dict[str, tuple[Callable[[Path], Any] | None, str]] = {
    "another query": (None, "--metrics count"),
    "another format": (None, "--format csv"),
    "sums that overlap": (None, "--kind summary"),
    "locked": (_lock, ""),
    "damaged": (_damage, ""),
    "a lock that is a link": (_link, ""),
    "no file system": (None, "--out nope://x/y"),
    "a pattern": (None, "--out memory://host/*"),
    "a package that is not installed": (None, "--out sftp://127.0.0.1:1/x"),
    "a file": (None, "--out {file}"),
    "below a file": (None, "--out {file}/x/y"),
    "other files": (None, "--out {other}"),
    "too many tasks": (None, "--max-tasks 2"),
    "too little memory": (None, "--memory 1MB"),
    "no format": (None, "--format xml"),
    "a rate limit": (None, "--rate-limit 5"),
    "a proxy": (None, "--proxy socks5://x:1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_dry_run_finds_what_would_be_refused(cli: Any, zones: list[str], tmp_path: Path, name: str) -> None:
    """It has the status and the last words of the pull itself, and writes nothing."""
    out, file, other = tmp_path / "out", tmp_path / "file", tmp_path / "other"
    prepare, options = REFUSED[name]
    argv = ["pull", *zones, *TIMES]
    assert cli(*argv, "--out", str(out)).status == 0
    file.write_text("x")
    _write("data/2024-05-w1-0001.parquet", "x")(other)
    undo = None if prepare is None else prepare(out)
    words = options.format(file=file, other=other).split()
    words += [] if "--out" in words else ["--out", str(out)]
    before = _tree(tmp_path)
    dry = cli(*argv, *words, "--dry-run")
    assert _tree(tmp_path) == before
    real = cli(*argv, *words)
    if undo is not None:
        undo()
    assert (dry.status, _last_words(dry), dry.out) == (real.status, _last_words(real), "")
    assert dry.status in (1, 2)
    assert "Traceback" not in dry.err


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold for root")
def test_a_dry_run_finds_a_folder_that_cannot_be_written(cli: Any, zones: list[str], tmp_path: Path) -> None:
    """Although it does not write."""
    tmp_path.chmod(0o500)
    outcome = cli("pull", *zones, *TIMES, "--out", str(tmp_path / "out"), "--dry-run")
    tmp_path.chmod(0o700)
    assert outcome.status == 1
    assert "Permission denied" in outcome.err


def test_a_dry_run_finds_what_is_not_installed(
    cli: Any, bare_cli: Any, zones: list[str], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package, and credentials; without a destination it needs neither."""
    argv = ["pull", *zones, *TIMES, "--dry-run"]
    assert "CLOUDFLARE_API_TOKEN" in bare_cli(*argv, "--out", str(out)).err
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert cli(*argv, "--out", str(out)).status == 2
    assert bare_cli(*argv).status == 0


def _last_words(outcome: Any) -> str:
    """But for the folder that an error of the operating system names, which may be one further up."""
    return re.sub(r"'/[^']*'", "", outcome.err.splitlines()[-1])


def _tree(folder: Path) -> dict[str, Any]:
    """All there is, with content and time of each file."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.lstat().st_mtime_ns) if path.is_file() else None
        for path in folder.rglob("*")
    }
