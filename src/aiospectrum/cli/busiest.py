"""Which applications have the most traffic: pure."""

from collections.abc import Iterable

import attrs
from rich.table import Table

from aiospectrum.cli.human import human_bytes, human_number
from aiospectrum.cli.pull import METRICS, ZoneTraffic
from aiospectrum.cli.report_tables import metric_names, series
from aiospectrum.cli.sparkline import sparkline
from aiospectrum.cli.tables import add_column, new_table
from aiospectrum.cli.text import cell
from aiospectrum.models import AnyApp, ReportRow

__all__ = ["BusyApp", "busiest_apps", "busiest_table"]


@attrs.frozen(kw_only=True)
class BusyApp:
    """The traffic of one application."""

    zone_id: str
    """Identifier of its zone."""

    name: str
    """Its hostname, or its identifier if it is gone by now."""

    protocol: str
    """Its protocol, empty if it is gone by now."""

    events: float
    """Number of events."""

    bytes_in: float
    """Bytes received from clients."""

    bytes_out: float
    """Bytes sent to clients."""

    traffic: tuple[float, ...]
    """Bytes in both directions for each time interval."""


def busiest_apps(zones: Iterable[ZoneTraffic], most: int) -> list[BusyApp]:
    """Find the applications that moved the most bytes.

    Args:
        zones: The zones.
        most: How many applications to return at most.

    Returns:
        The applications, the busiest first; equals by zone and name.
    """
    found = [app for zone in zones for app in _apps_of(zone)]
    found.sort(key=lambda app: (-app.bytes_in - app.bytes_out, app.zone_id, app.name))
    return found[:most]


def busiest_table(apps: Iterable[BusyApp], *, bars: int) -> Table:
    """Show the busiest applications, one a line.

    Args:
        apps: The applications.
        bars: The most bars of a sparkline.

    Returns:
        The table.
    """
    table = new_table()
    table.add_column("app", overflow="ellipsis")
    table.add_column("zone", no_wrap=True)
    table.add_column("protocol", no_wrap=True)
    for title in ("events", "in", "out"):
        add_column(table, title, number=True)
    table.add_column("traffic", no_wrap=True)
    for app in apps:
        table.add_row(
            cell(app.name, "bold"),
            cell(app.zone_id[:8], "dim"),
            cell(app.protocol),
            human_number(app.events),
            human_bytes(app.bytes_in),
            human_bytes(app.bytes_out),
            cell(sparkline(app.traffic, bars), "cyan"),
        )
    return table


def _apps_of(zone: ZoneTraffic) -> list[BusyApp]:
    names = metric_names(zone.report, METRICS)
    apps = {app.id: app for app in zone.apps}
    return [_busy_app(zone.zone_id, row, names, apps) for row in zone.report.data if row.dimensions]


def _busy_app(zone_id: str, row: ReportRow, names: list[str], apps: dict[str, AnyApp]) -> BusyApp:
    app_id = row.dimensions[0]
    app = apps.get(app_id)
    events, bytes_in, bytes_out = (series(row, names.index(name)) if name in names else [] for name in METRICS)
    return BusyApp(
        zone_id=zone_id,
        name=(app and app.dns.name) or app_id,
        protocol=app.protocol if app else "",
        events=sum(events),
        bytes_in=sum(bytes_in),
        bytes_out=sum(bytes_out),
        traffic=tuple(each_in + each_out for each_in, each_out in zip(bytes_in, bytes_out, strict=False)),
    )
