"""Tables in terminals of any width."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from aiospectrum import (
    DNS,
    App,
    CurrentAggregate,
    Protocol,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
)
from aiospectrum.bulk import Problem
from aiospectrum.cli.dataset_tables import ZoneStatus, problems_table, zones_table
from aiospectrum.cli.grid import Column, Grid
from aiospectrum.cli.tables import apps_table, current_table, details_table, protocols_table, report_table
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import FakeTime

NOTE = "… is cut: whole with --wide or --json"
THEN = datetime(2024, 5, 6, 7, 0, tzinfo=UTC)
IDS = [f"{number:x}" * 32 for number in range(1, 4)]
HOSTS = ["ssh.example.com", "a-very-long-name-of-a-host.of-some-department.example.com", "x.example", "例え.example"]
METRICS = ["count", "bytesIngress", "bytesEgress", "durationAvg", "durationMedian", "duration90th", "duration99th"]
DIMENSIONS = ["event", "appID", "coloName", "ipVersion"]


def printed(grid: Grid, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(grid)
    return out.getvalue()


def plain(text: str) -> Counter[str]:
    return Counter(character for character in text if not character.isspace() and character not in "─…")


def check(grid: Grid, width: int) -> None:
    """No line is too long, no cell is in shreds, and nothing is lost without a word."""
    text = printed(grid, width)
    assert max(map(cell_len, text.splitlines()), default=0) <= width, text
    cells = [cell.plain for row in (*grid.rows, *grid.footer) for cell in row]
    missing = text.rpartition("without ")[2].partition(";")[0].partition(":")[0].split(", ")
    for row in (*grid.rows, *grid.footer):
        for column, cell in zip(grid.columns, row, strict=True):
            if column.optional and " ".join(column.title.split()) in " ".join(", ".join(missing).split()):
                continue
            together = cell.plain if column.kind == "number" else cell.plain[:4]
            assert together.strip() in text, (column, cell.plain, text)
    if "…" in text:
        assert "".join(NOTE.split()) in "".join(text.split())
        return
    if "without " in text:
        return
    assert not plain("".join(cells)) - plain(text), text


def app(number: int, host: str, origins: Sequence[str]) -> App:
    return App(
        id=IDS[number % 3],
        protocol="tcp/27000-27015",
        dns=DNS(name=host),
        origin_direct=list(origins),
        traffic_type="direct",
        created_on=THEN,
        modified_on=THEN,
    )


hosts = st.sampled_from(HOSTS)
sizes = st.sampled_from([0, 7, 999_950_000, 123_456_789_012])
origins = st.lists(st.sampled_from(["tcp://[2001:db8::4]:27000-27015", "tcp://192.0.2.1:22", "udp://o"]), max_size=4)


@st.composite
def reports(draw: Any) -> Grid:
    """Reports of all shapes: with metrics and dimensions, by time or not, cut off or not."""
    metrics = draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True))
    dimensions = draw(st.lists(st.sampled_from(DIMENSIONS), unique=True))
    values = {"event": "clientFiltered", "appID": IDS[0], "coloName": "SFO", "ipVersion": "6"}
    number = draw(sizes)
    common: dict[str, Any] = {
        "data_lag": 0,
        "rows": 1,
        "query": ReportQuery(metrics=metrics, dimensions=dimensions),
        "totals": dict.fromkeys(metrics, 2 * number),
    }
    names = draw(st.sampled_from([{}, {IDS[0]: HOSTS[1]}]))
    texts = [values[name] for name in dimensions]
    if draw(st.booleans()):
        by_time = ReportByTimeRow(dimensions=texts, metrics=[[number, 1]] * len(metrics))
        times = [(THEN, THEN), (THEN.replace(hour=8, second=draw(st.sampled_from([0, 5]))), THEN)]
        report: Any = ReportByTime(data=[by_time], time_intervals=times, **common)
    else:
        report = ReportSummary(data=[ReportSummaryRow(dimensions=texts, metrics=[number] * len(metrics))] * 2, **common)
    return report_table(report, metrics=None, dimensions=None, names=names)


def zone_status(zone: str) -> ZoneStatus:
    return ZoneStatus(zone_id=zone, complete=(), filling=(), pending=(), missing=(), failed=())


def aggregate(number: int, size: float) -> CurrentAggregate:
    return CurrentAggregate(
        app_id=IDS[number], bytes_egress=size, bytes_ingress=size, connections=size, duration_avg=size
    )


TABLES = st.one_of(
    st.lists(st.builds(app, st.integers(0, 2), hosts, origins), min_size=1, max_size=3).map(apps_table),
    st.builds(
        lambda host, listed: details_table(
            {"id": IDS[0], "dns": {"name": host}, "origin_direct": listed, "edge_ips": {"connectivity": "all"}}
        ),
        hosts,
        origins,
    ),
    st.builds(
        lambda host, ports: protocols_table([Protocol(name="minecraft", ports=ports, description=f"Known at {host}")]),
        hosts,
        st.lists(st.integers(1, 65535), max_size=12),
    ),
    st.builds(
        lambda size, named: current_table([aggregate(0, size), aggregate(1, 3)], named),
        sizes,
        st.sampled_from([{}, {IDS[0]: HOSTS[1]}]),
    ),
    reports(),
    st.just(zones_table(map(zone_status, IDS))),
    hosts.map(
        lambda host: problems_table(
            [Problem(path=f"data/zone_id={IDS[0]}/{host}.parquet", kind="damaged", text="is damaged")]
        )
    ),
)


@settings(max_examples=120, deadline=None)
@given(grid=TABLES, width=st.integers(40, 200))
def test_every_table_fits(grid: Grid, width: int) -> None:
    """Of every command, at every width, whatever it holds."""
    check(grid, width)


@settings(max_examples=120, deadline=None)
@given(
    columns=st.lists(
        st.builds(
            Column,
            st.text("abcXYZ \x1b界", max_size=30),
            st.sampled_from(["id", "name", "text"]),
            is_key=st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    width=st.integers(40, 200),
    data=st.data(),
)
def test_tables_to_come_fit_too(columns: list[Column], width: int, data: st.DataObject) -> None:
    """Titles and cells may be anything, in any number."""
    cells = st.text("abc XYZ:/.-_\x1b界é", max_size=60)
    rows = data.draw(st.lists(st.tuples(*[cells] * len(columns)), max_size=3))
    grid = Grid.of(columns, rows)
    text = printed(grid, width)
    assert max(map(cell_len, text.splitlines()), default=0) <= width
    if "…" not in text:
        whole = "".join(cell.plain for row in grid.rows for cell in row)
        assert not plain(whole) - plain(text)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        pytest.param(120, 5, id="whole"),
        pytest.param(80, 6, id="shortened, and the last column left out"),
        pytest.param(60, 15, id="two parts"),
        pytest.param(40, 21, id="a list of fields"),
    ],
)
def test_the_layouts_of_one_table(width: int, lines: int) -> None:
    """The one with most on a line that has room."""
    found = [app(number, HOSTS[0], ["tcp://[2001:db8::4]:27000-27015"]) for number in range(3)]
    text = printed(apps_table(found), width)
    assert text.splitlines()[0].rstrip().endswith("modified") == (width > 80)
    assert ("without modified; … is cut: whole with --wide or --json" in text) == (width == 80)
    assert len(text.splitlines()) == lines, text


@pytest.mark.parametrize("width", [22, 24, 26, 30])
@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"shop.zone{number}.example.com" for number in range(10)], id="in the middle"),
        pytest.param([f"{name}.department.example.com" for name in ("ssh", "dns", "mqtt")], id="at the start"),
        pytest.param([f"a-name-that-ends-with-{number}" for number in range(10)], id="at the end"),
    ],
)
def test_different_names_look_different(width: int, names: list[str]) -> None:
    """Where they are shortened, wherever they differ."""
    text = printed(
        Grid.of([Column("app", "name"), Column("in", "number")], [(name, "105.4 MB") for name in names]), width
    )
    shown = [line.split()[0] for line in text.splitlines()[2 : 2 + len(names)]]
    assert len(set(shown)) == len(names), text


def test_the_least_important_columns_are_left_out_first() -> None:
    """As few as have to be, those of one rank together, before names are shortened."""
    columns = [Column("name", "name"), Column("a", optional=2), Column("b", optional=1), Column("c", optional=1)]
    grid = Grid.of(columns, [("a-name.example.com", "aaaa", "bbbb", "cccc")])
    assert [(grid.used(width), grid.note(width)) for width in (36, 35, 23, 17)] == [
        (36, ""),
        (24, "without b, c"),
        (18, "without a, b, c"),
        (17, "without a, b, c; … is cut"),
    ]


def test_a_terminal_without_unicode() -> None:
    """It has signs of its own for rules and for what is cut."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(file=stream, width=80).print(current_table([aggregate(0, 3)], {IDS[0]: HOSTS[1]}))
    stream.flush()
    assert raw.getvalue().splitlines()[-2:-1][0].startswith(b"a-very")
    assert b"  1111~1111  " in raw.getvalue()
    assert raw.getvalue().endswith(b"~ is cut: whole with --wide or --json\n")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "words",
    [
        ["apps", "list"],
        ["apps", "get"],
        ["current"],
        ["protocols"],
        ["bytime", "--metrics", ",".join(METRICS[:6]), "--dimensions", "event,appID", "--since", "-2h"],
        ["summary", "--metrics", ",".join(METRICS), "--dimensions", ",".join(DIMENSIONS)],
    ],
    ids=" ".join,
)
def test_commands_fit(cli: Any, sandbox: Sandbox, words: list[str], width: int) -> None:
    """What they print of a real zone fits the terminal, and no identifier or number is in pieces."""
    zone = sandbox.zones[0]
    count = 2 if words[0] == "apps" else 1
    ids = [zone, sandbox.app_ids(zone)[0]] if words[1:2] == ["get"] else [zone]
    outcome = cli(*words[:count], *ids, *words[count:], width=width)
    assert (outcome.status, outcome.err) == (0, "")
    table, _, note = outcome.out.rstrip().rpartition("\n")
    assert max(map(len, table.splitlines())) <= width
    assert not [line for line in table.splitlines() if line.split() and max(map(len, line.split())) < 2]
    assert max(map(len, note.splitlines())) <= 120


@pytest.mark.parametrize("width", [40, 47, 60, 80])
@pytest.mark.parametrize("command", ["bytime", "summary"])
@pytest.mark.parametrize("dimension", ["appID", "coloName", None])
def test_charts_are_no_wider_than_the_terminal(
    cli: Any, sandbox: Sandbox, command: str, dimension: str | None, width: int
) -> None:
    """Neither their titles nor the line of times."""
    dimensions = [] if dimension is None else ["--dimensions", dimension]
    outcome = cli(command, sandbox.zones[0], "--metrics", "bytesIngress", *dimensions, "--chart", width=width)
    assert outcome.status == 0
    assert max(map(len, outcome.out.splitlines())) <= width


def test_rows_below_a_list_of_fields_have_their_name_above_them(cli: Any, sandbox: Sandbox) -> None:
    """As `others` and `total` are no times."""
    metrics = "count,bytesIngress,bytesEgress,durationAvg,durationMedian,duration90th"
    dimensions = ("--dimensions", "appID,coloName,event,ipVersion", "--limit", "2")
    outcome = cli("bytime", sandbox.zones[0], "--metrics", metrics, *dimensions, width=60)
    lines = outcome.out.splitlines()
    assert {"others", "total"} <= set(lines)
    assert not [line for line in lines if line.startswith("from (UTC)") and ("others" in line or "total" in line)]


@pytest.mark.parametrize(("width", "has_zones"), [(60, False), (80, False), (120, True)])
def test_a_demo_says_that_it_leaves_zones_out(cli: Any, width: int, has_zones: bool) -> None:
    """Where there is no room for them."""
    out = cli("demo", "--zones", "2", width=width).out
    assert ("without zone" in out) != has_zones
    assert len(set(re.findall(r"^\S+\.zone\S+", out, re.MULTILINE))) == 10


def test_the_last_round_of_a_watch_promises_no_other(cli: Any, sandbox: Sandbox) -> None:
    """With `--rounds`."""
    outcome = cli("watch", "--zone", sandbox.zones[0], "--rounds", "2", terminal=True, time=FakeTime())
    last = outcome.out.rpartition("round of")[2]
    assert ("the last round" in last, "next round" in last) == (True, False)
    assert "next round in" in outcome.out
