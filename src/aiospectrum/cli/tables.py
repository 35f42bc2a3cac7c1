"""Results of calls as tables for people: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.table import Table

from aiospectrum.cli.human import human_bytes, human_milliseconds, human_number
from aiospectrum.cli.text import cell
from aiospectrum.models import App, CurrentAggregate, Protocol

__all__ = ["add_column", "apps_table", "current_table", "details_table", "new_table", "protocols_table"]


def new_table(*, footer: bool = False) -> Table:
    """Start a table in the style of all of them.

    Args:
        footer: Whether there is a line of totals.

    Returns:
        A table without columns.
    """
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, show_footer=footer)


def add_column(table: Table, title: str, *, number: bool = False, footer: str = "") -> None:
    """Add a column whose texts are never cut off.

    Args:
        table: The table.
        title: What is above the column; it may come from the API.
        number: Whether the column holds numbers, which are kept on the right and on one line.
        footer: What is below the column.
    """
    table.add_column(
        cell(title),
        cell(footer),
        justify="right" if number else "left",
        no_wrap=number,
        overflow="fold",
    )


def apps_table(apps: Iterable[App]) -> Table:
    """Show applications, one a line.

    Args:
        apps: The applications.

    Returns:
        The table.
    """
    table = new_table()
    for title in ("id", "dns name", "protocol", "traffic", "origin", "modified (UTC)"):
        add_column(table, title)
    for app in apps:
        traffic = app.traffic_type if not app.is_pay_as_you_go else "pay as you go"
        texts = (app.id, app.dns.name or "", app.protocol, traffic or "", _origin(app), _minute(app.modified_on))
        table.add_row(*map(cell, texts))
    return table


def details_table(values: Mapping[str, Any]) -> Table:
    """Show one object, a field a line.

    Args:
        values: The JSON values of the object; fields inside a field get the names of both.

    Returns:
        The table.
    """
    table = new_table()
    add_column(table, "field")
    add_column(table, "value")
    for name, value in _flatten(values):
        table.add_row(cell(name), cell(value))
    return table


def protocols_table(protocols: Iterable[Protocol]) -> Table:
    """Show well-known protocols, one a line.

    Args:
        protocols: The protocols.

    Returns:
        The table.
    """
    table = new_table()
    for title in ("name", "transport", "ports", "description"):
        add_column(table, title)
    for protocol in protocols:
        ports = ", ".join(map(str, protocol.ports or ()))
        table.add_row(*map(cell, (protocol.name, protocol.transport or "", ports, protocol.description or "")))
    return table


def current_table(aggregates: Iterable[CurrentAggregate]) -> Table:
    """Show the traffic of the last minute, an application a line.

    Args:
        aggregates: The traffic of each application.

    Returns:
        The table.
    """
    table = new_table()
    add_column(table, "app id")
    for title in ("connections", "in", "out", "average duration"):
        add_column(table, title, number=True)
    for each in aggregates:
        table.add_row(
            cell(each.app_id),
            human_number(each.connections),
            human_bytes(each.bytes_ingress),
            human_bytes(each.bytes_egress),
            human_milliseconds(each.duration_avg),
        )
    return table


def _origin(app: App) -> str:
    if app.origin_direct:
        return ", ".join(app.origin_direct)
    if not app.is_pay_as_you_go:
        if app.origin_dns is not None:
            port = "" if app.origin_port is None else f":{app.origin_port}"
            return f"{app.origin_dns.name or ''}{port}"
        if app.origin_worker_id is not None:
            return f"worker {app.origin_worker_id}"
    return ""


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for name, value in values.items():
        match value:
            case Mapping():
                yield from _flatten(value, f"{prefix}{name}.")
            case str():
                yield prefix + name, value
            case bool():
                yield prefix + name, "yes" if value else "no"
            case Sequence():
                yield prefix + name, ", ".join(map(str, value))
            case _:
                yield prefix + name, str(value)
