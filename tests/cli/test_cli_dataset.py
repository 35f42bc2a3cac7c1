"""``aiospectrum dataset``: what a dataset has and lacks, and its upkeep."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import open_dataset
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.sandbox import Faults, Sandbox

STRANGER = f"{7:032x}"


@pytest.fixture
def zones(sandbox: Sandbox) -> list[str]:
    return [word for zone in sandbox.zones for word in ("--zone", zone)]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def pull(cli: Any, zones: list[str], out: Path) -> Callable[..., Any]:
    """Pull three days up to now, the one that is not over included."""
    argv = ["pull", *zones, "--since", "2024-05-06", "--dimensions", "appID", "--metrics", "count", "--out", str(out)]
    return lambda *more: cli(*argv, *more)


def table(text: str) -> list[list[str]]:
    """The lines below the heading of a table, by columns."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("───")) + 1
    return [[each.strip() for each in line.split("  ") if each.strip()] for line in lines[start:]]


@pytest.mark.parametrize("width", [80, 120])
def test_a_status_at_two_widths(cli: Any, sandbox: Sandbox, pull: Any, out: Path, width: int) -> None:
    """Lines fit, identifiers are shortened for it; the folder comes first, then what there is of each zone."""
    pull("--zone", STRANGER)
    outcome = cli("dataset", "status", str(out), width=width)
    assert outcome.status == 1
    lines = outcome.out.splitlines()
    assert lines[:2] == [str(out / "data"), "bytime, each hour: count by appID"]
    assert lines[2].endswith(" kB; 9 windows of 4 zones")
    assert max(map(len, lines[3:])) <= width
    ids = {zone: zone if width == 120 else f"{zone[:4]}…{zone[-4:]}" for zone in (STRANGER, *sandbox.zones)}
    rows = table(outcome.out)
    assert rows[0] == [ids[STRANGER], "-", "-", "-", "2.5 days", "3"]
    times = ["2024-05-06 00:00", "2024-05-08 00:00", "13 h", "-", "-"]
    assert rows[1:4] == [[ids[zone], *times] for zone in sorted(sandbox.zones)]
    assert ("… is cut: whole with --wide or --json" in lines) == (width == 80)
    assert lines[-1] == "What is filling may lack rows; the next pull asks for it again."
    errors = outcome.err.splitlines()
    assert [line.startswith(f"zone {STRANGER} ") for line in errors] == [True] * 3 + [False] * 2
    assert errors[-2:] == ["to pull what is missing or has failed:", f"aiospectrum pull --catch-up --out {out}"]
    assert sandbox.api_token not in outcome.err


def test_a_status_for_programs(cli: Any, sandbox: Sandbox, pull: Any, out: Path) -> None:
    """One line of JSON has all times of each zone; the status is 0 when nothing is missing that is over."""
    pull("--until", "2024-05-10")
    outcome = cli("dataset", "status", str(out / "data"), "--json")
    assert (outcome.status, outcome.err, outcome.out.count("\n")) == (0, "", 1)
    found = json.loads(outcome.out)
    assert found["folder"] == str(out / "data")
    assert (found["ok"], found["files"], found["windows"]) == (True, 1, 9)
    assert found["complete_until"] == "2024-05-08T00:00:00Z"
    assert found["plan"]["query"]["metrics"] == ["count"]
    assert found["zones"] == {
        zone: {
            "complete_until": "2024-05-08T00:00:00Z",
            "complete": [{"since": "2024-05-06T00:00:00Z", "until": "2024-05-08T00:00:00Z"}],
            "filling": [{"since": "2024-05-08T00:00:00Z", "until": "2024-05-09T00:00:00Z"}],
            "pending": [],
            "missing": [],
            "failed": [],
        }
        for zone in sandbox.zones
    }


def test_many_zones_are_counted(cli: Any, out: Path, tmp_path: Path) -> None:
    """Those that lack something come first, twenty of them, and the others are counted."""
    names = tmp_path / "zones"
    names.write_text("\n".join(f"{number:032x}" for number in range(50)))
    cli("pull", "--zones-file", str(names), "--since", "2024-05-07", "--until", "2024-05-08", "--out", str(out))
    outcome = cli("dataset", "status", str(out))
    assert outcome.status == 1
    assert len([line for line in outcome.out.splitlines() if line.startswith("0000")]) == 20
    assert "and 30 more zones; --json has all of them" in outcome.out
    assert len([line for line in outcome.err.splitlines() if line.startswith("zone 0000")]) == 20
    assert len(json.loads(cli("dataset", "status", str(out), "--json").out)["zones"]) == 50


def test_a_dataset_is_verified_and_repaired(cli: Any, pull: Any, out: Path) -> None:
    """Damage is found, set aside, and pulled again; what is not ours is left, and named."""
    pull()
    assert cli("dataset", "verify", str(out)).out.endswith(": all as they were saved\n")
    found = json.loads(cli("dataset", "verify", str(out), "--json").out)
    assert (found["ok"], found["files"], found["problems"]) == (True, 1, [])
    file = next((out / "data").iterdir())
    file.write_bytes(file.read_bytes()[:100])
    damaged = cli("dataset", "verify", str(out), width=80)
    assert damaged.status == 1
    assert table(damaged.out)[0][0] == f"data/{file.name}"
    assert damaged.out.splitlines()[-1] == "1 file with 0 rows as they were saved; 1 problem"
    assert damaged.err == f"to repair it:\naiospectrum dataset repair {out}\n"
    repaired = cli("dataset", "repair", str(out), width=80)
    assert repaired.status == 0
    assert "set aside as state/w1-aside-" in repaired.out
    assert repaired.err == f"to pull the 9 windows that were lost:\naiospectrum pull --catch-up --out {out}\n"
    assert cli("pull", "--catch-up", "--out", str(out)).status == 0
    assert cli("dataset", "verify", str(out)).status == 0
    (out / "data" / "notes.txt").write_text("x")
    left = cli("dataset", "repair", str(out))
    assert left.status == 1
    assert left.err == "data/notes.txt is left as it is: move it elsewhere\n"
    assert json.loads(cli("dataset", "repair", str(out), "--json").out)["ok"] is False


def test_what_is_old_is_deleted(cli: Any, pull: Any, out: Path) -> None:
    """After a question, or with --yes; later pulls do not bring it back."""
    pull()
    rows = open_dataset(out).rows
    refused = cli("dataset", "delete-before", str(out), "36h", answer="n\n")
    assert (refused.status, open_dataset(out).rows) == (1, rows)
    assert refused.err == f"Delete what ended by 2024-05-07 00:30:45 UTC from {out}? [y/N] not deleted\n"
    assert cli("dataset", "delete-before", str(out), "36h").status == 2
    outcome = cli("dataset", "delete-before", str(out), "36h", answer="y\n")
    assert outcome.status == 0
    gone = rows - open_dataset(out).rows
    assert outcome.out == f"3 windows with {gone:,} rows deleted; 0 files removed, 1 rewritten\n"
    assert cli("pull", "--catch-up", "--out", str(out)).status == 0
    assert min(spans[0].since for spans in open_dataset(out).complete.values()) == datetime(2024, 5, 7, tzinfo=UTC)
    found = json.loads(cli("dataset", "delete-before", str(out), "2024-05-08", "--yes", "--json").out)
    assert (found["windows"], found["removed"]) == (3, 0)


def test_a_query_gains_a_metric(cli: Any, pull: Any, out: Path) -> None:
    """The next pull asks for it, for as long as it is wanted."""
    pull()
    outcome = cli("dataset", "extend", str(out), "--metrics", "bytesIngress,bytesEgress", "--since", "today-1d")
    assert outcome.status == 0
    assert outcome.out == "metrics: count, bytesIngress, bytesEgress; 1 file rewritten\n"
    assert outcome.err == f"to pull 6 windows again:\naiospectrum pull --catch-up --out {out}\n"
    assert cli("pull", "--catch-up", "--out", str(out)).status == 0
    sums = open_dataset(out).to_arrow(since=datetime(2024, 5, 7, tzinfo=UTC)).column("bytesIngress")
    assert sums.null_count == 0
    again = json.loads(cli("dataset", "extend", str(out), "--metrics", "count", "--json").out)
    assert again == {"metrics": ["count", "bytesIngress", "bytesEgress"], "windows": 0, "rewritten": 0}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["status", "{none}"], "{none}: there is no dataset", id="status, no dataset"),
        pytest.param(["verify", "{none}"], "{none}: there is no dataset", id="verify, no dataset"),
        pytest.param(["repair", "{none}"], "{none}: there is no dataset", id="repair, no dataset"),
        pytest.param(
            ["extend", "{none}", "--metrics", "count"], "{none}: there is no dataset", id="extend, no dataset"
        ),
        pytest.param(
            ["delete-before", "{none}", "9d", "--yes"], "{none}: there is no dataset", id="delete, no dataset"
        ),
        pytest.param(["status", "nope://x/y"], "FOLDER: expected a URL that fsspec knows", id="no file system"),
        pytest.param(["extend", "{out}"], "expected --metrics with the metrics to add", id="no metrics"),
        pytest.param(["extend", "{out}", "--metrics", "size"], "--metrics: expected one of count", id="no metric"),
        pytest.param(["extend", "{out}", "--metrics=count", "--since=soon"], "--since: expected a time", id="no time"),
        pytest.param(
            ["delete-before", "{out}", "0d", "--yes"], "--before: expected a time ago of more than 0", id="at once"
        ),
        pytest.param(["status", "s3:/bucket"], "FOLDER: expected a URL with ://", id="half a URL"),
        pytest.param(["delete-before", "{out}", "soon"], "--before: expected a time such as", id="no moment"),
        pytest.param(["delete-before", "{out}", "9d"], "no terminal to ask on", id="nobody to ask"),
    ],
)
def test_bad_usage_changes_nothing(
    cli: Any, pull: Any, tmp_path: Path, out: Path, argv: list[str], message: str
) -> None:
    """It is one line, with status 2, and no folder is made."""
    pull()
    names = {"none": str(tmp_path / "none"), "out": str(out)}
    before = open_dataset(out).rows
    outcome = cli("dataset", *[word.format(**names) for word in argv])
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith("aiospectrum: ")
    assert message.format(**names) in outcome.err
    assert not (tmp_path / "none").exists()
    assert open_dataset(out).rows == before


def test_a_dataset_in_use_or_damaged(cli: Any, pull: Any, out: Path) -> None:
    """A status needs no lock, upkeep does; a damaged state is said to be one, with status 1."""
    pull()
    store = LocalStore(out)
    store.lock()
    try:
        assert cli("dataset", "status", str(out)).status == 0
        busy = cli("dataset", "verify", str(out))
    finally:
        store.unlock()
    assert (busy.status, busy.err.count("\n")) == (1, 1)
    assert "is saving there" in busy.err
    journal = next((out / "state").glob("*journal*"))
    journal.write_bytes(b"[]\n" + journal.read_bytes())
    damaged = cli("dataset", "status", str(out))
    assert (damaged.status, damaged.err.count("\n")) == (1, 1)
    assert "line 1: damaged" in damaged.err


def test_progress_is_shown(cli: Any, sandbox: Sandbox, pull: Any, out: Path) -> None:
    """On a terminal, and gone at its end; elsewhere nothing but the result is printed of short work."""
    pull()
    assert cli("dataset", "verify", str(out)).err == ""
    shown = cli("dataset", "verify", str(out), terminal=True, width=80)
    assert shown.status == 0
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("command", [["status"], ["verify"], ["repair"], ["extend", "--metrics=count"]], ids=" ".join)
def test_passwords_are_not_printed(cli: Any, command: list[str]) -> None:
    """Of a URL, whatever goes wrong with it."""
    for url in ("nope://me:hunter-2000@host/x", "memory://me:hunter-2000@host/x", "memory://me:hunter-2000@host/*"):
        outcome = cli("dataset", command[0], url, *command[1:])
        assert outcome.status in (1, 2)
        assert "hunter-2000" not in outcome.out + outcome.err


def test_what_fails_later_is_shown(cli: Any, sandbox: Sandbox, pull: Any, out: Path) -> None:
    """Until it has been pulled."""
    sandbox.faults = Faults(error_rate=1.0)
    assert pull().status == 1
    assert cli("dataset", "status", str(out)).status == 1
    sandbox.faults = Faults()
    assert cli("pull", "--catch-up", "--out", str(out)).status == 0
    assert cli("dataset", "status", str(out)).status == 0
