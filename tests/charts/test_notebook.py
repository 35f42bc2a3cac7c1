"""What notebooks show: short, escaped, and without secrets; and the notebook among the examples."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from aiospectrum import App, Page, ReportByTime, ReportQuery, make_converter
from aiospectrum.bulk import Saved, SaveFailure, Window
from aiospectrum.sandbox import Sandbox, run_in_thread
from tests.charts.datasets import HOSTILE, SINCE, ZONES, make_dataset
from tests.charts.test_page import Parsed
from tests.charts.test_plot import by_time, summary

NOTEBOOK = Path(__file__).parents[2] / "examples" / "traffic.ipynb"


def app(name: str = "ssh.example", **changes: Any) -> App:
    """An application as the API has it."""
    values = {
        "id": "a" * 32,
        "protocol": "tcp/22",
        "dns": {"type": "CNAME", "name": name},
        "origin_direct": ["tcp://192.0.2.1:22"],
        "created_on": "2026-01-02T03:04:05Z",
        "modified_on": "2026-01-02T03:04:05Z",
    }
    return make_converter().structure({**values, **changes}, App)


def shown(thing: Any) -> Parsed:
    """What a notebook shows of it; whatever it is, it is short, and has no elements but ours."""
    text = thing._repr_html_()
    parsed = Parsed(text)
    assert set(parsed.tags) <= {"div", "b", "br", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert parsed.attributes <= {("th", "style"), ("td", "style")}
    assert len(text) < 40_000
    assert not set(text) & set("\u202e\u2066\x1b\x00")
    return parsed


def test_a_report() -> None:
    """Its first twenty rows, and how many there are."""
    parsed = shown(by_time(["appID"], {(f"{number:032x}",): [[number] * 5] for number in range(30)}, "count"))
    assert parsed.tags["tr"] == 21
    assert "30 rows × 5 intervals, data lag 0 s" in parsed.text
    assert "130 more rows" in parsed.text
    assert "2026-11-18 04:00" in parsed.text


def test_a_large_report_is_not_laid_out_whole() -> None:
    """A cell costs nothing that is not shown, and neither does a column."""
    names = [f"m{number}" for number in range(40)]
    parsed = shown(summary(["appID"], {(f"{row}",): [1.5] * 40 for row in range(2000)}, *names))
    assert parsed.tags["tr"] == 21
    assert "1,980 more rows and 28 more columns" in parsed.text


def test_an_odd_report_has_no_table() -> None:
    """Then a notebook shows its plain text."""
    odd = ReportByTime(data=[], data_lag=0, rows=0, query=ReportQuery(metrics=["a", "a"]), totals={}, time_intervals=[])
    assert odd._repr_html_() is None


def test_applications() -> None:
    """One by its fields, many as a table."""
    assert {"dns.name", "ssh.example", "tcp://192.0.2.1:22"} <= set(shown(app()).texts)
    page = Page(items=[app(f"app{number}.example") for number in range(25)], page=1, total_count=60)
    parsed = shown(page)
    assert parsed.tags["tr"] == 21
    assert "25 items of 60, page 1" in parsed.text
    assert "5 more rows" in parsed.text
    assert "0 items" in shown(Page(items=[])).text
    assert "plain" in shown(Page(items=["plain"])).text


def test_what_was_saved(tmp_path: Path) -> None:
    """A dataset, and the result of a save with its failures."""
    dataset = make_dataset(tmp_path, days=1)
    parsed = shown(dataset)
    assert str(tmp_path) in parsed.text
    assert "2 zones complete until 2026-11-19" in parsed.text
    window = Window(since=SINCE, until=SINCE.replace(day=19))
    failures = tuple(SaveFailure(zone_id="0" * 32, window=window, error=f"Error: {number}") for number in range(30))
    counts = dict.fromkeys(("skipped", "done", "filling", "not_begun", "refreshed", "rows", "odd_lags"), 7)
    saved = Saved(folder="memory://x/data", total=99, failed=failures, bytes=12_345, stopped=False, **counts)
    parsed = shown(saved)
    assert {"12.3 kB", "memory://x/data"} <= {text.rpartition(": ")[2] for text in parsed.texts}
    assert parsed.tags["li"] == 20
    assert "10 more failures" in parsed.text


def test_one_of_each_is_said_as_one(tmp_path: Path) -> None:
    """Of rows, files, windows and zones."""
    dataset = make_dataset(
        tmp_path, kind="summary", dimensions=(), metrics=("count",), days=2, zones=ZONES[:1], missing=[(ZONES[0], 1)]
    )
    for text in (shown(dataset).text, str(dataset)):
        assert "1 row in 1 parquet file of" in text
        assert "1 window of 1 zone complete until" in text
        assert "missing: 1 time of 1 zone" in text
    assert "1 window of 1 zone complete" in repr(dataset)
    assert repr(dataset).endswith("1 row in 1 file>")


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_foreign_text_is_only_text(place: int) -> None:
    """Wherever it comes from."""
    text = HOSTILE[place]
    things = [
        by_time([text], {(text,): [[1] * 5]}, f"{text}2"),
        summary(["appID"], {(text,): [1]}, "count"),
        app(text, protocol=text, origin_direct=[text], traffic_type=text),
        Page(items=[app(text)]),
        Page(items=[text]),
    ]
    if "\ud800" not in text:
        window = Window(since=SINCE, until=SINCE.replace(day=19))
        failure = SaveFailure(zone_id=text, window=window, error=text)
        counts = dict.fromkeys(
            ("total", "skipped", "done", "filling", "not_begun", "refreshed", "rows", "odd_lags", "bytes"), 1
        )
        things.append(Saved(folder=text, failed=(failure,), stopped=False, **counts))
    for thing in things:
        shown(thing)


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell by cell, against the sandbox, as Jupyter would; it is committed without outputs."""
    for module in ("pyarrow", "altair", "vl_convert"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []
    last = asyncio.run(run_cells(["".join(cell["source"]) for cell in cells]))
    kinds = [type(value).__name__ for value in last if value is not None]
    assert {"Page", "ReportByTime", "Dataset"} <= set(kinds)
    assert sum(hasattr(value, "to_dict") for value in last) >= 2
    assert (tmp_path / "report.html").stat().st_size > 50_000


async def run_cells(sources: list[str]) -> list[Any]:
    """The value of the last expression of each cell, with ``await`` where it stands."""
    import ast

    space: dict[str, Any] = {"__name__": "__main__"}
    values = []
    for source in sources:
        tree = ast.parse(source)
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            tree.body[-1] = ast.copy_location(
                ast.Assign(targets=[ast.Name(id="_last", ctx=ast.Store())], value=tree.body[-1].value), tree.body[-1]
            )
        space.pop("_last", None)
        code = compile(ast.fix_missing_locations(tree), "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, space)  # noqa: S307 - our own notebook
        if asyncio.iscoroutine(result):
            await result
        values.append(space.get("_last"))
    return values


def test_the_sandbox_shows_itself() -> None:
    """What the API gives is shown as well as what tests make."""
    from aiospectrum import Client

    async def work(sandbox: Sandbox) -> Any:
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            return await client.apps.list(sandbox.zones[0])

    with run_in_thread(Sandbox(zones=1)) as sandbox:
        page = asyncio.run(work(sandbox))
        assert "shop.zone1.example" in shown(page).text
        assert sandbox.api_token not in page._repr_html_()
