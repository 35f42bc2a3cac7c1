"""Folders of datasets whose state was changed at random, beside files that nothing of it may touch."""

import asyncio
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from aiospectrum._http.redaction import make_redaction
from aiospectrum.bulk import FileFormat
from aiospectrum.bulk.dataset.loading import read_index
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.opening import call_store
from aiospectrum.bulk.dataset.run import make_header
from aiospectrum.bulk.dataset.sharing import begin_run
from aiospectrum.bulk.dataset.state import DataFile, Failed, Noted, Removed, SavedWindow, Spooled, write_entry
from tests.bulk.datasets import NOW, make_plan, save_over, save_to
from tests.bulk.fakes import SINCE, ZONES

__all__ = ["case_of_states"]

CANARY: Final = b"not yours\n"
SINCE_SECONDS: Final = int(SINCE.timestamp())
DAY: Final = 86_400
PLAN: Final = make_plan(ZONES[:2], days=3)

PATHS: Final = ["../canary", "data/../../canary", "state/../../canary/file", "/etc/hostname", "data", "state/lock", "."]
TEXTS: Final = [
    "",
    "\0",
    "data/2026-11-w1-0001.ndjson\0",
    "x" * 5000,
    "\ud800",
    "２０２６-11",
    "2026-11-18T00:00:00",
    "NaN",
]
NUMBERS: Final = [0, -1, 1, 1 << 53, (1 << 53) + 1, 1 << 64, 10**400, -(10**18), 1e308, -1e308, 0.5, True]
OTHERS: Final = [None, [], {}, [[[[[[[[]]]]]]]], {"": {"": {}}}, [None] * 50, {"a" * 32: []}, {"0" * 31 + "1": [[]]}]
VALUES: Final[list[Any]] = [*PATHS, *TEXTS, *NUMBERS, *OTHERS]
RAW: Final = [
    b"[" * 20_000,
    b"\xff\xfe",
    b"\0",
    b'{"entry":',
    b'"entry":"file","entry":"removed"',
    b"\r\n",
    b"\n\n",
    b"1e999",
]
NAMES: Final = [
    "state/w1-journal-000000.jsonl",
    "state/w1-journal-999999999.jsonl",
    "state/w2-journal-000001.jsonl",
    "state/w1-journal-000001.jsonl.",
    "state/w1-staged-000001",
    "state/w1-spool-000002.arrow",
    "data/2026-11-w1-0001.ndjson",
    "data/2026-11-w1-999999999.ndjson",
    "data/2026-11-18-w1-0001.ndjson",
    "data/0000-11-w1-0001.ndjson",
    "data/2026-11-w1-0001.parquet",
    "data/ .ndjson",
]


def window(day: int, **changes: Any) -> SavedWindow:
    """A window of a day."""
    since = SINCE_SECONDS + day * DAY
    return SavedWindow(
        **{
            "since": since,
            "until": since + DAY,
            "rows": 48,
            "asked": since + 9 * DAY,
            "data_lag": 60.0,
            "filling": False,
            **changes,
        }
    )


@cache
def made_up() -> dict[str, bytes]:
    """The files of a dataset that was left in the middle of its work, with nothing in those that have rows."""
    header = make_header((PLAN,), "ndjson", NOW.timestamp())
    a, b = ZONES[:2]
    data, spool, staged = "data/2026-11-w1-0001.ndjson", "state/w1-spool-000002.arrow", "state/w1-staged-000003"
    file = DataFile(
        path=data, staged=staged, bytes=5, rows=48, period="2026-11", windows={a: [window(0)]}, merged=(spool,)
    )
    lines = [
        [header, Spooled(path=spool, bytes=5, period="2026-11", windows={a: [window(0)]}), file],
        [
            header,
            Spooled(path="state/w1-spool-000006.arrow", bytes=7, period="2026-11", windows={b: [window(0), window(1)]}),
            Noted(windows={a: [window(2, filling=True)]}),
            Failed(
                zone_id=b,
                since=SINCE_SECONDS,
                until=SINCE_SECONDS + DAY,
                error="TimeoutError",
                message="no",
                at=SINCE_SECONDS,
            ),
            Removed(path="data/2026-11-w1-0009.ndjson"),
            DataFile(
                path="data/2026-11-w1-0002.ndjson",
                staged="state/w1-staged-000007",
                bytes=9,
                rows=0,
                period="2026-11",
                windows={},
            ),
        ],
    ]
    files = {
        f"state/w1-journal-{number:06}.jsonl": b"".join(map(write_entry, each))
        for number, each in zip((1, 5), lines, strict=True)
    }
    return {
        **files,
        data: b"12345",
        "state/w1-spool-000006.arrow": b"1234567",
        "state/w1-staged-000007": b"123456789",
        "state/lock": b"",
    }


@cache
def real(file_format: FileFormat) -> dict[str, bytes]:
    """The files of a dataset that was saved."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(save_to(Path(folder), PLAN, format=file_format))
        root = Path(folder)
        return {str(path.relative_to(root)): path.read_bytes() for path in root.glob("*/*") if path.is_file()}


def case_of_states(source: random.Random) -> tuple[Callable[[], object], int]:
    """A case: a folder whose state is read, and mostly taken up, as a run does; now and then a run saves to it."""
    is_saved = source.random() < 0.01 and find_spec("pyarrow") is not None
    file_format: FileFormat = source.choice(("ndjson", "csv", "parquet"))
    files = dict(real(file_format) if is_saved else made_up())
    for _ in range(source.choice((1, 1, 1, 2, 3, 8))):
        _change_one(source, files)
    odd = [(source.choice([*files, "data", "state"]), source.choice(ODD)) for _ in range(source.random() < 0.15)]
    seed = source.random()
    size = 64 << 20 if is_saved else sum(map(len, files.values()))
    return lambda: _run(files, odd, file_format if is_saved else None, only_reads=seed < 0.3), size


def _change_one(source: random.Random, files: dict[str, bytes]) -> None:
    path = source.choice([*files])
    match source.randrange(8):
        case 0:
            files[source.choice(NAMES)] = files.pop(path)
        case 1:
            files[source.choice(NAMES)] = files[source.choice([*files])]
        case 2:
            place, end = sorted(source.randrange(len(files[path]) + 1) for _ in range(2))
            files[path] = (
                files[path][:place] + source.choice([b"", *RAW, files[path][place:end] * 2]) + files[path][end:]
            )
        case 3:  # of the same length, so that it is not set aside by its size
            content = bytearray(files[path])
            for _ in range(source.choice((1, 3, 30)) if content else 0):
                content[source.randrange(len(content))] = source.choice(b'\x00\xff{[",09aZ\n')
            files[path] = bytes(content)
        case _:
            journals = [each for each in files if "journal" in each]
            if journals:
                path = source.choice(journals)
                files[path] = _change_lines(source, files[path])


def _change_lines(source: random.Random, content: bytes) -> bytes:
    """A journal with other values, or other lines."""
    lines = content.split(b"\n")
    number = source.randrange(len(lines))
    if source.random() < 0.2:
        lines.insert(source.randrange(len(lines) + 1), lines[number])
    elif source.random() < 0.1:
        del lines[number]
    else:
        try:
            entry = json.loads(lines[number])
        except (ValueError, RecursionError):
            return content
        _change_value(source, entry)
        lines[number] = json.dumps(entry).encode()
    return b"\n".join(lines)


def _change_value(source: random.Random, value: Any) -> None:
    """Change something somewhere within a value."""
    keys = [*value] if isinstance(value, dict) else [*range(len(value))] if isinstance(value, list) else []
    if not keys:
        return
    key = source.choice(keys)
    if isinstance(value[key], (dict, list)) and value[key] and source.random() < 0.7:
        _change_value(source, value[key])
    elif source.random() < 0.1:
        del value[key]
    elif source.random() < 0.2 and isinstance(value, dict):
        value[str(source.choice(VALUES))[:100]] = value[key]
    else:
        value[key] = source.choice(VALUES)


ODD: Final = ["link", "folder link", "fifo", "folder", "zero"]


def _put(path: Path, kind: str, outside: Path) -> None:
    """Put something else in place of a file or folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    match kind:
        case "link":
            path.symlink_to(outside / "file")
        case "folder link":
            path.symlink_to(outside)
        case "zero":
            path.symlink_to("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case _:
            path.mkdir()


def _run(files: dict[str, bytes], odd: list[tuple[str, str]], saved: FileFormat | None, *, only_reads: bool) -> None:
    """Make the folder, use it, and see whether anything beside it has changed."""
    with tempfile.TemporaryDirectory() as parent:
        outside, folder = Path(parent, "canary"), Path(parent, "dataset")
        for each in (outside, folder / "data", folder / "state"):
            each.mkdir(parents=True)
        (outside / "file").write_bytes(CANARY)
        for path, content in files.items():
            (folder / path).write_bytes(content)
        for path, kind in odd:
            _put(folder / path, kind, outside)
        try:
            _use(LocalStore(folder), saved, only_reads=only_reads)
        finally:
            intact = sorted(os.listdir(parent)) == ["canary", "dataset"] and os.listdir(outside) == ["file"]
            if not intact or (outside / "file").read_bytes() != CANARY:
                raise AssertionError("something outside of the folder was touched")


def _use(store: LocalStore, saved: FileFormat | None, *, only_reads: bool) -> None:
    redaction = make_redaction(())
    if saved is not None:
        asyncio.run(save_over(store, PLAN, file_format=saved))
    elif only_reads:
        index = call_store(lambda: read_index(store), redaction, "x")
        _look(index)
    else:
        header = make_header((PLAN,), "ndjson", NOW.timestamp())
        try:
            call_store(store.enter, redaction, "x")
            _look(call_store(lambda: begin_run(store, header, "w1"), redaction, "x").index)
        finally:
            store.unlock()


def _look(index: Any) -> None:
    """Use what an index says."""
    assert len(index.windows) < 100
    assert index.query == PLAN.query or index.query is not None
    for zone_id in index.zones:
        index.complete_until(zone_id)
    assert len([*index.filling()]) < 100
