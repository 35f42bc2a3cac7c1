"""Tables from models, with oddities that the API is known for."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from aiospectrum import (
    DNS,
    App,
    CurrentAggregate,
    OriginDNS,
    Protocol,
    Report,
    ReportByTime,
    ReportByTimeRow,
    ReportQuery,
    ReportSummary,
    ReportSummaryRow,
)
from aiospectrum.cli.grid import Grid
from aiospectrum.cli.tables import apps_table, current_table, details_table, protocols_table, report_table

ZONE = "0123456789abcdef" * 2
APP = "a" * 32
THEN = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
HOURS = [(THEN.replace(hour=hour), THEN.replace(hour=hour, minute=59)) for hour in (1, 2, 3)]


def render(table: Grid, width: int = 200) -> list[list[str]]:
    """Return the cells of a table as it is printed, the line below the titles left out."""
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(table)
    lines = [line for line in out.getvalue().splitlines() if line.strip(" ─")]
    return [[part.strip() for part in line.split("  ") if part.strip()] for line in lines]


def app(**fields: Any) -> App:
    dns = DNS(name="ssh.example.com", type="CNAME")
    values: dict[str, Any] = {"protocol": "tcp/22", "dns": dns, "traffic_type": "direct", **fields}
    return App(id=APP, created_on=THEN, modified_on=THEN, **values)


def report(
    rows: Sequence[tuple[list[str], Any]],
    query: ReportQuery,
    *,
    by_time: bool = False,
    totals: dict[str, float] | None = None,
) -> Report:
    values: dict[str, Any] = {
        "data_lag": 0,
        "max": {},
        "min": {},
        "query": query,
        "rows": len(rows),
        "totals": totals or {},
    }
    if by_time:
        lines = [ReportByTimeRow(dimensions=dimensions, metrics=metrics) for dimensions, metrics in rows]
        return ReportByTime(data=lines, time_intervals=[*HOURS, ()], **values)
    return ReportSummary(
        data=[ReportSummaryRow(dimensions=dimensions, metrics=metrics) for dimensions, metrics in rows], **values
    )


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        pytest.param({"origin_direct": ["tcp://192.0.2.1:22", "tcp://192.0.2.2:22"]}, "192.0.2.2:22", id="direct"),
        pytest.param({"origin_dns": OriginDNS(name="o.example"), "origin_port": "1-2"}, "o.example:1-2", id="dns"),
        pytest.param({"origin_dns": OriginDNS(name="_o._tcp.example")}, "_o._tcp.example", id="srv"),
        pytest.param({"origin_worker_id": "w1"}, "worker w1", id="worker"),
        pytest.param({}, "2024-05-06", id="none"),
    ],
)
def test_apps_show_their_origin(fields: dict[str, Any], origin: str) -> None:
    """Each kind of origin is written in its own way."""
    line = render(apps_table([app(**fields)]))[1]
    assert any(part.endswith(origin) for part in line)


def test_paygo_apps_are_listed_too() -> None:
    """An application of a pay-as-you-go plan, without a name even, has a line."""
    paygo = App(id=APP, protocol="ssh", dns=DNS(), created_on=THEN, modified_on=THEN)
    assert render(apps_table([paygo]))[1] == [APP, "ssh", "pay as you go", "2024-05-06"]


def test_names_from_the_api_are_neither_markup_nor_control_sequences() -> None:
    """A hostile hostname is shown, not obeyed."""
    hostile = app(dns=DNS(name="[bold]x[/bold]\x1b]0;title\x07[/nonsense]"))
    assert render(apps_table([hostile]))[1][1] == "[bold]x[/bold]\\x1b]0;title\\x07[/nonsense]"


def test_details_flatten_objects() -> None:
    """Fields inside fields get both names, and values are written plainly."""
    values = {"id": "x", "dns": {"name": "n"}, "ip_firewall": True, "tls": False, "origin_direct": ["a", "b"], "p": 22}
    assert render(details_table(values))[1:] == [
        ["id", "x"],
        ["dns.name", "n"],
        ["ip_firewall", "yes"],
        ["tls", "no"],
        ["origin_direct", "a, b"],
        ["p", "22"],
    ]


def test_protocols_may_lack_everything_but_a_name() -> None:
    """Absent fields are empty cells."""
    found = [Protocol(name="ssh", description="Secure Shell", ports=[22, 23], transport="tcp"), Protocol(name="x")]
    assert render(protocols_table(found))[1:] == [["ssh", "tcp", "22, 23", "Secure Shell"], ["x"]]


def test_current_traffic_has_units() -> None:
    """Bytes and durations are written for people."""
    aggregate = CurrentAggregate(app_id=APP, bytes_egress=2e6, bytes_ingress=1e3, connections=1.5, duration_avg=2500)
    assert render(current_table([aggregate], {}))[1] == [APP, "1.5", "1.0 kB", "2.0 MB", "2.5 s"]


def test_a_summary_has_a_line_per_row_and_totals() -> None:
    """Metrics are named by the echo of the query; what a row lacks is empty; totals stand below."""
    found = report(
        [(["connect", "SFO"], [1, 1000]), (["disconnect"], [2])],
        ReportQuery(metrics=["count", "bytesIngress"], dimensions=["event", "coloName"]),
        totals={"count": 3},
    )
    assert render(report_table(found, metrics=None, dimensions=None)) == [
        ["event", "coloName", "count", "bytesIngress"],
        ["connect", "SFO", "1", "1.0 kB"],
        ["disconnect", "2"],
        ["total", "3"],
    ]


def test_a_report_by_time_has_a_line_per_interval() -> None:
    """Numbers that are missing at the end of a series leave their cells empty."""
    found = report([([], [[1, 2, 3], [5]])], ReportQuery(metrics=["count", "durationAvg"]), by_time=True)
    assert render(report_table(found, metrics=None, dimensions=None)) == [
        ["from (UTC)", "count", "durationAvg"],
        ["2024-05-06 01:08:09", "1", "5 ms"],
        ["2024-05-06 02:08:09", "2"],
        ["2024-05-06 03:08:09", "3"],
    ]


@pytest.mark.parametrize(
    ("query", "metrics", "dimensions", "titles"),
    [
        pytest.param(
            ReportQuery(metrics="odd", dimensions=[{"Id": 1}, 2]),
            ["count"],
            ["event"],
            ["event", "count"],
            id="requested",
        ),
        pytest.param(ReportQuery(), None, None, ["dimension 1", "metric 1"], id="made up"),
        pytest.param(ReportQuery(metrics=["[b]x"], dimensions=["y"]), None, None, ["y", "[b]x"], id="echoed"),
    ],
)
def test_an_odd_echo_does_not_lose_the_data(
    query: ReportQuery, metrics: list[str] | None, dimensions: list[str] | None, titles: list[str]
) -> None:
    """Columns are named by the echo if it fits the rows, else by the requested names, else by number."""
    found = report([(["connect"], [7])], query)
    assert render(report_table(found, metrics=metrics, dimensions=dimensions)) == [titles, ["connect", "7"]]


def test_a_report_without_rows_has_titles_alone() -> None:
    """No data is an empty table."""
    found = report([], ReportQuery(metrics=["count"]), by_time=True)
    assert render(report_table(found, metrics=None, dimensions=["event"])) == [["from (UTC)", "event", "count"]]
    assert render(report_table(report([], ReportQuery()), metrics=None, dimensions=None)) == []
