"""``--chart``, ``--chart-file`` and ``aiospectrum report``: charts in the terminal, in files, and pages."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import open_dataset
from aiospectrum.charts.panel import Panel, Series
from aiospectrum.cli.consoles import make_console
from aiospectrum.cli.terminal_chart import chart_lines
from aiospectrum.sandbox import Sandbox
from tests.charts.datasets import HOSTILE, SINCE

pytest.importorskip("pyarrow")
pytest.importorskip("vl_convert")


@pytest.fixture
def dataset(cli: Any, sandbox: Sandbox, tmp_path: Path) -> str:
    """A dataset of a day of two zones."""
    zones = [word for zone in sandbox.zones[:2] for word in ("--zone", zone)]
    times = ["--since", "2024-05-06", "--until", "2024-05-07", "--dimensions", "appID,event"]
    assert cli("pull", *zones, *times, "--metrics", "count,bytesIngress", "--out", str(tmp_path / "data")).status == 0
    return str(tmp_path / "data")


@pytest.mark.parametrize("width", [40, 80, 120, 200])
@pytest.mark.parametrize("dimensions", ["", "appID", "coloName,event"])
@pytest.mark.parametrize("command", ["bytime", "summary"])
def test_a_chart_fits_the_terminal(cli: Any, sandbox: Sandbox, command: str, dimensions: str, width: int) -> None:
    """No line is wider, all of the width is used, and every metric is there with its unit."""
    more = ["--dimensions", dimensions] if dimensions else []
    metrics = "count,bytesEgress" if "," in dimensions else "count,bytesEgress,durationAvg"
    outcome = cli(command, sandbox.zones[0], "--metrics", metrics, *more, "--since", "-7d", "--chart", width=width)
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    drawn = [line for line in lines if set(line) & set("▁▂▃▄▅▆▇█")]
    assert max(map(len, drawn)) <= width
    assert max(map(len, drawn)) >= width - 2
    assert "Events" in outcome.out
    assert "Bytes to clients" in outcome.out
    assert " MB" in outcome.out or " GB" in outcome.out
    assert ("shop.zone" in outcome.out or "game" in outcome.out) is ("appID" in dimensions)


def test_a_chart_in_a_file_is_as_wide_as_a_page(cli: Any, sandbox: Sandbox) -> None:
    """Where there is no terminal, and nobody says how wide one would be."""
    width = make_console(io.StringIO(), {}).width
    outcome = cli("bytime", sandbox.zones[0], "--since", "-7d", "--chart", width=width)
    assert 80 <= max(map(len, outcome.out.splitlines())) <= 120


def test_a_chart_shows_heights() -> None:
    """Twice as much is twice as high, nothing is nothing, and texts are no commands of the terminal."""
    starts = [SINCE.replace(hour=hour) for hour in range(4)]
    step = starts[1] - starts[0]
    series = [Series(label=text, values=[0, 4, 8, None]) for text in HOSTILE[6:8]]
    panel = Panel(title="T", metric="count", series=series, starts=starts, step=step, step_name="hour")
    lines = [line.plain for line in chart_lines([panel], 40)]
    columns = ["".join(column).count("█") for column in zip(*(line[15:25] for line in lines[2:10]), strict=True)]
    assert [columns[0], columns[3], columns[6], columns[9]] == [0, 4, 8, 0]
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("starts", [(), (SINCE,)], ids=["sums", "by time"])
def test_labels_of_a_chart_stay_apart(starts: Any) -> None:
    """Where they are shortened, wherever they differ."""
    labels = [f"web-shop.zone{number}.example.com · disconnect" for number in range(5)]
    series = [Series(label=text, values=[5]) for text in labels]
    panel = Panel(title="T", metric="count", series=series, starts=starts)
    lines = [line.plain for line in chart_lines([panel], 60)]
    assert max(map(len, lines)) <= 60
    assert len({line[:20] for line in lines if line.startswith("web-shop")}) == 5, lines


def test_numbers_beside_a_chart_are_named(cli: Any, sandbox: Sandbox) -> None:
    """What is drawn is per hour, and what stands at the end of a line is the sum of it."""
    lines = cli("bytime", sandbox.zones[0], "--dimensions", "appID", "--chart", width=80).out.splitlines()
    first = next(place for place, line in enumerate(lines) if ".zone1." in line)
    assert lines[first - 1] == "total".rjust(80)
    assert len(lines[first]) == 80


def test_a_chart_in_a_file(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """Beside what is printed; a file that is there is replaced."""
    for name, start in (("chart.svg", b"<svg"), ("chart.PNG", b"\x89PNG")):
        for _ in range(2):
            outcome = cli(
                "bytime", sandbox.zones[0], "--metrics", "count", "--json", "--chart-file", str(tmp_path / name)
            )
            assert outcome.status == 0
            assert json.loads(outcome.out)["data"]
            assert outcome.err == ""
        assert (tmp_path / name).read_bytes().startswith(start)
    told = cli("summary", sandbox.zones[0], "--metrics", "count", "--chart-file", str(tmp_path / "chart.PNG"))
    assert told.err == f"chart written: {tmp_path / 'chart.PNG'}\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["chart.PNG", "chart.svg"]


@pytest.mark.parametrize("command", ["report", "chart"])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_a_file_keeps_its_mode(
    cli: Any, sandbox: Sandbox, dataset: str, tmp_path: Path, command: str, mode: int
) -> None:
    """And where a link leads, there it is written, whether there is a file yet or not."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.svg").write_text("old")
    (tmp_path / "there" / "old.svg").chmod(mode)
    for name in ("old", "new"):
        (tmp_path / f"{name}-link.svg").symlink_to(f"there/{name}.svg")
    for file in (tmp_path / "there" / "old.svg", tmp_path / "old-link.svg", tmp_path / "new-link.svg"):
        argv = ["report", dataset, "--out"]
        if command == "chart":
            argv = ["bytime", sandbox.zones[0], "--metrics", "count", "--chart-file"]
        assert cli(*argv, str(file)).status == 0
        assert file.read_bytes().startswith(b"<svg")
    assert (tmp_path / "there" / "old.svg").stat().st_mode & 0o777 == mode
    assert all((tmp_path / f"{name}-link.svg").is_symlink() for name in ("old", "new"))
    assert {each.name for each in (tmp_path / "there").iterdir()} == {"old.svg", "new.svg"}


def test_a_pipe_is_written_to(cli: Any, dataset: str, tmp_path: Path) -> None:
    """And is still one then."""
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    assert cli("report", dataset, "--out", str(pipe)).status == 0
    reader.join(30)
    assert found[0].startswith(b"<svg")
    assert pipe.is_fifo()


@pytest.mark.parametrize("suffix", ["html", "svg", "png"])
def test_a_report(cli: Any, dataset: str, tmp_path: Path, suffix: str) -> None:
    """Its name and size are printed, and nothing else is left in the folder."""
    file = tmp_path / f"report.{suffix}"
    outcome = cli("report", dataset, "--out", str(file))
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{file}: ")
    assert outcome.out.endswith(" kB\n")
    assert {each.name for each in tmp_path.iterdir()} == {"data", file.name}


def test_names_come_from_a_file_or_the_api(cli: Any, sandbox: Sandbox, dataset: str, tmp_path: Path) -> None:
    """Of ``apps list --json``, of an object, or looked up; ids stand for those without."""
    zone = sandbox.zones[0]
    apps = cli("apps", "list", zone, "--json").out
    (tmp_path / "apps.json").write_text(apps)
    found = sorted({row["appID"] for row in open_dataset(dataset).to_arrow().to_pylist()})
    (tmp_path / "own.json").write_text(json.dumps({found[0]: "own.example"}))
    file = tmp_path / "report.html"

    def page(*options: str) -> str:
        assert cli("report", dataset, "--out", str(file), *options).status == 0
        return file.read_text("utf-8")

    assert "shop.zone1.example" not in page()
    assert "shop.zone1.example" in page("--names", str(tmp_path / "apps.json"))
    assert "own.example" in page("--names", str(tmp_path / "own.json"))
    assert "shop.zone2.example" in page("--names-from-api")
    one = page("--zone", zone, "--since", "2024-05-06T12:00:00Z", "--title", "Half <a> day")
    assert "<h1>Half &lt;a&gt; day</h1>" in one
    assert "2024-05-06 12:00 to 2024-05-07 UTC · 1 zone" in one


AS_PRINTED = "such as `aiospectrum apps list ZONE --json` prints"
ODD_NAMES = {
    "deep": f"expected JSON, {AS_PRINTED}: it is nested too deeply",
    "deep object": f"expected JSON, {AS_PRINTED}: it is nested too deeply",
    "null items": f"expected a list of applications as items, {AS_PRINTED}",
    "items by id": f"expected a list of applications as items, {AS_PRINTED}",
    "numbers": f"expected a list of applications, each with its id and dns, {AS_PRINTED}",
    "numbers as items": f"expected a list of applications, each with its id and dns, {AS_PRINTED}",
    "zones": f"expected a list of applications, each with its id and dns, {AS_PRINTED}",
    "a number": f"expected applications, {AS_PRINTED}, or an object of names by id",
    "null": f"expected applications, {AS_PRINTED}, or an object of names by id",
    "a name that is a number": f"expected applications, {AS_PRINTED}, or an object of names by id",
}
"""What is said of each of these files."""

NAMES = {
    "deep": "[" * 100_000,
    "deep object": '{"a":' * 100_000,
    "null items": '{"items": null}',
    "items by id": '{"items": {"a": "b"}}',
    "numbers": "[1, 2]",
    "numbers as items": '{"items": [1]}',
    "zones": '[{"id": "a", "name": "example.com"}]',
    "a number": "5",
    "null": "null",
    "a name that is a number": '[{"id": "a", "dns": {"name": 5}}]',
}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["report", "{data}"], "expected --out with the file to write", id="no file"),
        pytest.param(["report", "{data}", "--out", "{tmp}/x.pdf"], "ends in .html, .svg or .png", id="suffix"),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}"], "--out: expected a file, such as {tmp}/report.html", id="a folder"
        ),
        pytest.param(["report", "{data}", "--out="], "--out: expected a file", id="nothing"),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}/none/x.html"], "there is no folder {tmp}/none", id="no folder"
        ),
        pytest.param(["report", "{data}", "--out", "s3://b/x.html"], "expected a file of this machine", id="URL"),
        pytest.param(["report", "{tmp}/none", "--out", "{tmp}/x.html"], "there is no dataset", id="no dataset"),
        pytest.param(["report", "{data}", "--out", "{tmp}/x.png", "--interactive"], "--interactive: ", id="scripts"),
        pytest.param(["report", "{data}", "--out", "{tmp}/x.html", "--zone", "0" * 32], "--zone: ", id="no zone"),
        pytest.param(["report", "{data}", "--out", "{tmp}/x.html", "--title="], "--title: ", id="no title"),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}/x.html", "--since=soon"], "--since: expected a time", id="no time"
        ),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}/x.html", "--since=now", "--until=-1d"], "--until: ", id="backwards"
        ),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}/x.html", "--names", "{tmp}/no"], "--names {tmp}/no: ", id="no names"
        ),
        pytest.param(["report", "{data}", "--out", "{tmp}/x.html", "--names", "{bad}"], "expected JSON", id="no JSON"),
        pytest.param(
            ["report", "{data}", "--out", "{tmp}/x.html", "--names", "{odd}"], "an object of names", id="odd JSON"
        ),
        *(
            pytest.param(
                ["report", "{data}", "--out", "{tmp}/x.html", "--names", f"{{tmp}}/{name}"],
                expected,
                id=f"names: {name}",
            )
            for name, expected in ODD_NAMES.items()
        ),
        pytest.param(["bytime", "{zone}", "--metrics=count", "--chart", "--json"], "--chart or --json", id="both"),
        pytest.param(
            ["bytime", "{zone}", "--metrics=count", "--chart-file=x.html"], ".svg or .png", id="chart's suffix"
        ),
        pytest.param(
            ["bytime", "{zone}", "--metrics=durationAvg", "--dimensions=appID,event", "--chart"],
            "--chart: expected a report by one dimension",
            id="durations",
        ),
    ],
)
def test_bad_usage_is_one_line(
    cli: Any, sandbox: Sandbox, dataset: str, tmp_path: Path, argv: list[str], message: str
) -> None:
    """With what to do instead, status 2, and no file."""
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "odd.json").write_text("[1, 2")
    (tmp_path / "odd.json").write_text('{"a": 1}')
    for name, text in NAMES.items():
        (tmp_path / name).write_text(text)
    before = {each.name for each in tmp_path.iterdir()}
    names = {
        "data": dataset,
        "tmp": str(tmp_path),
        "zone": sandbox.zones[0],
        "bad": str(tmp_path / "bad.json"),
        "odd": str(tmp_path / "odd.json"),
    }
    outcome = cli(*[word.format(**names) for word in argv])
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1), outcome
    assert message.format(**names) in outcome.err
    assert {each.name for each in tmp_path.iterdir()} == before


SLOW = """
import sys, time, fsspec
from fsspec.implementations.local import LocalFileSystem
from aiospectrum.cli import main

class Slow(LocalFileSystem):
    protocol = "slow"

    @classmethod
    def _strip_protocol(cls, path):
        return LocalFileSystem._strip_protocol(str(path).removeprefix("slow://"))

    def cat_file(self, path, **options):
        if path.endswith(".parquet"):
            print("begun", flush=True)
            time.sleep(60)
        return super().cat_file(path, **options)

fsspec.register_implementation("slow", Slow)
sys.exit(main())
"""
"""The command, with a file system that does not respond when rows are read."""


def test_a_signal_stops_a_report(dataset: str, tmp_path: Path) -> None:
    """Within five seconds, whatever is under way; no file is left."""
    pytest.importorskip("fsspec")
    command = [sys.executable, "-c", SLOW, "report", f"slow://{dataset}", "--out", str(tmp_path / "x.html")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert (process.returncode, err) == (130, "aiospectrum: interrupted\n")
    assert not (tmp_path / "x.html").exists()
