"""The state: what is refused, merged, and passed over."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiospectrum import InvalidArgumentError
from aiospectrum.bulk import (
    DestinationMismatchError,
    ManifestError,
    catch_up,
    delete_before,
    open_dataset,
    save,
)
from tests.bulk.datasets import (
    expected_rows,
    files_aside,
    files_of,
    holding,
    hourly,
    journals_of,
    make_plan,
    save_to,
    shown_rows,
    times_of,
)
from tests.bulk.fakes import ZONES, Fake

A, B = ZONES[:2]
DAY = timedelta(days=1)


async def test_a_folder_with_other_things(tmp_path: Path) -> None:
    """Files that look like a dataset's and are in no journal are not mixed with ours; other files do not matter."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    await save_to(tmp_path, make_plan([A]))
    for journal in journals_of(tmp_path):
        journal.unlink()
    with pytest.raises(DestinationMismatchError, match="files that are of no saved plan"):
        await save_to(tmp_path, make_plan([A]))


async def test_files_of_others(tmp_path: Path) -> None:
    """A data file that no journal knows may have rows that are fetched again: it is kept where nobody reads it."""
    await save_to(tmp_path, make_plan([A]))
    foreign = tmp_path / "data" / "2026-12-w1-0001.ndjson"
    foreign.write_bytes(b"theirs")
    since = datetime(2026, 12, 1, tzinfo=UTC)
    plan = make_plan([A], since=since, until=since + DAY)
    await save_to(tmp_path, plan, clock=plan.until.timestamp)
    assert files_aside(tmp_path) == [b"theirs"]
    assert [path.name for path in files_of(tmp_path, "ndjson")][1:] == ["2026-12-w1-0002.ndjson"]


@pytest.mark.parametrize("is_there", [True, False], ids=["changed", "deleted"])
async def test_a_file_that_is_not_as_it_was(tmp_path: Path, is_there: bool) -> None:
    """What was in a file that is gone, or is another one, is fetched again; another one is kept aside."""
    plan = make_plan([A, B])
    await save_to(tmp_path, plan)
    [file] = files_of(tmp_path, "ndjson")
    changed = file.read_bytes()[:-10]
    file.write_bytes(changed)
    if not is_there:
        file.unlink()

    saved = await save_to(tmp_path, plan)

    assert (saved.skipped, saved.done, saved.ok) == (0, 4, True)
    assert shown_rows(tmp_path) == expected_rows(plan)
    assert files_aside(tmp_path) == [changed] * is_there
    assert (await save_to(tmp_path, plan)).skipped == 4


async def test_many_runs_leave_few_journals(tmp_path: Path) -> None:
    """Journals are merged, and say the same then."""
    for hours in range(1, 31):
        plan = make_plan([A], days=hours / 24)
        assert (await save_to(tmp_path, plan)).done == 1
    assert len(journals_of(tmp_path)) < 21
    assert len(files_of(tmp_path, "ndjson")) == 1
    assert (await save_to(tmp_path, plan)).skipped == 2
    assert shown_rows(tmp_path) == expected_rows(plan)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense\n", "w1-journal-000009.jsonl, line 1: damaged"),
        (b'{"entry":"later"}\n', "line 1: damaged, or not in version 1"),
        (b"\n", "line 1: damaged"),
    ],
    ids=["nonsense", "another version", "empty line"],
)
async def test_a_damaged_journal(tmp_path: Path, content: bytes, message: str) -> None:
    """A line that no run has written is not passed over."""
    await save_to(tmp_path, make_plan([A]))
    (tmp_path / "state" / "w1-journal-000009.jsonl").write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        await save_to(tmp_path, make_plan([A]))


async def test_a_journal_without_a_plan(tmp_path: Path) -> None:
    """Lines without a header, or with one that is none, are refused."""
    await save_to(tmp_path, make_plan([A]))
    [journal] = journals_of(tmp_path)
    header, *lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines))
    with pytest.raises(ManifestError, match="the first line, and no other one, has the plan"):
        await save_to(tmp_path, make_plan([A]))
    spoilt = json.loads(header)
    spoilt["plan"]["version"] = 9
    journal.write_bytes(json.dumps(spoilt).encode() + b"\n" + b"".join(lines))
    with pytest.raises(ManifestError, match="the plan cannot be read"):
        await save_to(tmp_path, make_plan([A]))


@pytest.mark.parametrize("lines", [0, 1, 2])
@pytest.mark.parametrize("end", range(0, 60, 19))
async def test_half_a_line(tmp_path: Path, lines: int, end: int) -> None:
    """A line that was being written when the run was killed says nothing; all of it is done again."""
    plan = make_plan([A])
    await save_to(tmp_path, plan)
    [journal] = journals_of(tmp_path)
    content = journal.read_bytes()
    whole = b"".join(content.splitlines(keepends=True)[:lines])
    journal.write_bytes(content[: len(whole) + end])
    for file in files_of(tmp_path, "ndjson"):
        file.unlink()
    saved = await save_to(tmp_path, plan)
    assert (saved.skipped, saved.done, saved.ok) == (0, 2, True)
    assert shown_rows(tmp_path) == expected_rows(plan)


async def test_a_state_that_is_older_than_the_data(tmp_path: Path) -> None:
    """As after a backup was restored, or a dataset was copied during a run: no row is there twice."""
    first, both = make_plan([A, B]), make_plan([A, B], days=30)
    await save_to(tmp_path, first)
    older = {path: path.read_bytes() for path in journals_of(tmp_path)}
    await save_to(tmp_path, both, clock=both.until.timestamp)
    for path in journals_of(tmp_path):
        path.unlink()
    for path, content in older.items():
        path.write_bytes(content)

    await save_to(tmp_path, both, clock=both.until.timestamp)

    assert shown_rows(tmp_path) == expected_rows(both)


async def test_a_lost_file_before_the_time_of_the_plan(tmp_path: Path) -> None:
    """What was in it is filling, and is asked for again by the next run, whatever its plan."""
    whole = make_plan([A, B], days=20)
    await save_to(tmp_path, make_plan([A, B], days=15), clock=whole.until.timestamp)
    files_of(tmp_path, "ndjson")[0].unlink()
    assert open_dataset(tmp_path).filling

    later = make_plan([A, B], since=whole.since + 15 * DAY, until=whole.until)
    saved = await save_to(tmp_path, later, clock=whole.until.timestamp)

    assert saved.ok
    assert shown_rows(tmp_path) == expected_rows(whole)


async def test_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """Windows that were asked for later than now are asked for again: they may not have happened then."""
    plan = make_plan([A, B])
    await save_to(tmp_path, plan, Fake(respond=holding), clock=(plan.until + 90 * DAY).timestamp)

    saved = await save_to(tmp_path, plan, clock=plan.until.timestamp)

    assert (saved.skipped, saved.ok) == (0, True)
    assert shown_rows(tmp_path) == expected_rows(plan)


@pytest.mark.parametrize("inside", ["data", "state", "data/more"])
async def test_a_dataset_inside_of_another(tmp_path: Path, inside: str) -> None:
    """It is refused before anything is made, as readers of the outer one would see its rows."""
    await save_to(tmp_path, make_plan([A]))
    there = times_of(tmp_path)
    with pytest.raises(DestinationMismatchError, match="inside of the dataset"):
        await save_to(tmp_path / inside, make_plan([B]))
    assert times_of(tmp_path) == there


async def test_catching_up_after_a_deletion(tmp_path: Path) -> None:
    """What was deleted is not asked for again, also when nothing else was there."""
    plan = make_plan([A])
    await save_to(tmp_path, plan)
    delete_before(tmp_path, plan.until + timedelta(hours=7), clock=(plan.until + DAY).timestamp)
    fake = Fake(respond=hourly)

    await catch_up(fake, tmp_path, rate_limit_timeout=None, clock=(plan.until + 2 * DAY).timestamp)

    assert min(call.times[0] for call in fake.calls) == plan.until


@pytest.mark.parametrize("place", ["a\0b", "\ud800", ""], ids=["null", "surrogate", "empty"])
async def test_a_place_that_cannot_be(place: str) -> None:
    """It is refused by its name."""
    with pytest.raises(InvalidArgumentError, match="destination: expected a path"):
        await save(Fake(respond=hourly), make_plan([A]), place)
    with pytest.raises(InvalidArgumentError, match="folder: expected a path"):
        open_dataset(place)
