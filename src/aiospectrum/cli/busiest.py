"""Which applications have the most traffic, asked of a dataset; needs pyarrow."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs
from rich.table import Table

from aiospectrum._extras import import_extra
from aiospectrum.cli.human import human_bytes, human_number
from aiospectrum.cli.sparkline import sparkline
from aiospectrum.cli.tables import add_column, new_table
from aiospectrum.cli.text import cell
from aiospectrum.models import App, Metric

__all__ = ["METRICS", "BusyApp", "busiest_table", "find_busiest"]

METRICS: Final[tuple[Metric, ...]] = ("count", "bytesIngress", "bytesEgress")
"""The metrics that the dataset must have, by time and by ``appID``."""

_PURPOSE: Final = "A query of Parquet files"


@attrs.frozen(kw_only=True)
class BusyApp:
    """The traffic of one application."""

    zone_id: str
    """Identifier of its zone."""

    app_id: str
    """Its identifier."""

    events: int
    """Number of events."""

    bytes_in: int
    """Bytes received from clients."""

    bytes_out: int
    """Bytes sent to clients."""

    traffic: tuple[float, ...]
    """Bytes in both directions for each time interval."""


def find_busiest(folder: str, most: int) -> list[BusyApp]:
    """Ask a dataset for the applications that moved the most bytes.

    Args:
        folder: Where its Parquet files are.
        most: How many applications to return at most.

    Returns:
        The applications, the busiest first; equals by zone and identifier.

    Raises:
        ImportError: pyarrow is not installed.
    """
    dataset = import_extra("pyarrow.dataset", extra="arrow", purpose=_PURPOSE)
    files = dataset.dataset(folder, format="parquet", partitioning="hive")
    rows = files.to_table(columns=["zone_id", "appID", "interval_start", *METRICS]).sort_by("interval_start")
    sums = [(name, "sum") for name in METRICS]
    series = [("bytesIngress", "list"), ("bytesEgress", "list")]
    apps = rows.group_by(["zone_id", "appID"], use_threads=False)  # as threads keep no order
    found = [_busy_app(each) for each in apps.aggregate([*sums, *series]).to_pylist()]
    found.sort(key=lambda app: (-app.bytes_in - app.bytes_out, app.zone_id, app.app_id))
    return found[:most]


def busiest_table(apps: Iterable[BusyApp], names: Mapping[str, App], *, bars: int) -> Table:
    """Show the busiest applications, one a line.

    Args:
        apps: The applications.
        names: The configurations by identifier; an application that is not there is shown by its identifier.
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
        known = names.get(app.app_id)
        table.add_row(
            cell((known and known.dns.name) or app.app_id, "bold"),
            cell(app.zone_id[:8], "dim"),
            cell(known.protocol if known else ""),
            human_number(app.events),
            human_bytes(app.bytes_in),
            human_bytes(app.bytes_out),
            cell(sparkline(app.traffic, bars), "cyan"),
        )
    return table


def _busy_app(row: Mapping[str, Any]) -> BusyApp:
    """Make sense of a row; sums and numbers are missing where a report had none."""
    pairs = zip(row["bytesIngress_list"], row["bytesEgress_list"], strict=True)
    return BusyApp(
        zone_id=row["zone_id"],
        app_id=row["appID"],
        events=row["count_sum"] or 0,
        bytes_in=row["bytesIngress_sum"] or 0,
        bytes_out=row["bytesEgress_sum"] or 0,
        traffic=tuple((each_in or 0) + (each_out or 0) for each_in, each_out in pairs),
    )
