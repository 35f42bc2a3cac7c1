"""The manifest: what is refused, merged, and passed over."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from aiospectrum.bulk import (
    DestinationMismatchError,
    ManifestError,
)
from tests.bulk.datasets import (
    expected_rows,
    files_of,
    journals_of,
    make_plan,
    save_to,
    shown_rows,
)
from tests.bulk.fakes import ZONES

A, B = ZONES[:2]
DAY = timedelta(days=1)


async def test_a_folder_with_other_things(tmp_path: Path) -> None:
    """Files that look like a dataset's and are in no manifest are not mixed with ours; other files do not matter."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    await save_to(tmp_path, make_plan([A]))
    for journal in journals_of(tmp_path):
        journal.unlink()
    with pytest.raises(DestinationMismatchError, match="files that are of no saved plan"):
        await save_to(tmp_path, make_plan([A]))


async def test_a_file_that_was_deleted(tmp_path: Path) -> None:
    """A partition whose file is gone, or is another one, is fetched again."""
    plan = make_plan([A])
    await save_to(tmp_path, plan)
    first, second = files_of(tmp_path, "ndjson")
    first.unlink()
    second.write_bytes(second.read_bytes()[:-10])

    saved = await save_to(tmp_path, plan)

    assert (saved.skipped, saved.done) == (0, 2)
    assert shown_rows(tmp_path) == expected_rows(plan)


async def test_many_runs_leave_few_journals(tmp_path: Path) -> None:
    """Journals are merged, and say the same then."""
    for hours in range(1, 31):
        plan = make_plan([A], days=hours / 24)
        assert (await save_to(tmp_path, plan)).done == 1
    assert len(journals_of(tmp_path)) < 20
    assert (await save_to(tmp_path, plan)).skipped == 2
    assert shown_rows(tmp_path) == expected_rows(plan)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense\n", "journal-000002.jsonl, line 1: damaged"),
        (b'{"entry":"later"}\n', "line 1: damaged, or not in version 1"),
        (b"\n", "line 1: damaged"),
    ],
    ids=["nonsense", "another version", "empty line"],
)
async def test_a_damaged_manifest(tmp_path: Path, content: bytes, message: str) -> None:
    """A line that no run has written is not passed over."""
    await save_to(tmp_path, make_plan([A]))
    (tmp_path / "_manifest" / "journal-000002.jsonl").write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        await save_to(tmp_path, make_plan([A]))


async def test_a_manifest_without_a_plan(tmp_path: Path) -> None:
    """Lines without a header, or with one that is none, are refused."""
    await save_to(tmp_path, make_plan([A]))
    journal = tmp_path / "_manifest" / "journal-000001.jsonl"
    header, *lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines))
    with pytest.raises(ManifestError, match="say nothing of a plan"):
        await save_to(tmp_path, make_plan([A]))
    spoilt = json.loads(header)
    spoilt["plan"]["version"] = 9
    journal.write_bytes(json.dumps(spoilt).encode() + b"\n" + b"".join(lines))
    with pytest.raises(ManifestError, match="the plan cannot be read"):
        await save_to(tmp_path, make_plan([A]))


@pytest.mark.parametrize("end", range(0, 60, 7))
async def test_half_a_line(tmp_path: Path, end: int) -> None:
    """A line that was being written when the run was killed says nothing."""
    plan = make_plan([A])
    await save_to(tmp_path, plan)
    journal = tmp_path / "_manifest" / "journal-000001.jsonl"
    content = journal.read_bytes()
    first_lines = b"".join(content.splitlines(keepends=True)[:2])
    journal.write_bytes(content[: len(first_lines) + end])
    (tmp_path / json.loads(content.splitlines()[2])["path"]).unlink()
    saved = await save_to(tmp_path, plan)
    assert (saved.skipped, saved.done) == (1, 1)
    assert shown_rows(tmp_path) == expected_rows(plan)
