"""``--chart`` and ``--chart-file`` of reports: a chart in the terminal, and one in a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from aiospectrum.charts.drawing import draw_panels, draw_png, import_vl_convert
from aiospectrum.charts.reports import panels_of_report
from aiospectrum.cli.consoles import WIDTH_OF_FILES
from aiospectrum.cli.context import Context
from aiospectrum.cli.files import check_file, write_file
from aiospectrum.cli.terminal_chart import chart_lines
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.models import Report
from aiospectrum.tables.layout import TidyTable

__all__ = ["ChartFileOption", "ChartOption", "check_charts", "show_charts"]

ChartOption: TypeAlias = Annotated[
    bool, Parameter(negative=(), show_default=False, help="Draw a chart instead of a table, as wide as the terminal.")
]
"""Whether to draw in the terminal."""

ChartFileOption: TypeAlias = Annotated[
    str | None,
    Parameter(allow_leading_hyphen=True, help="Also draw a chart as a picture, in this file of .svg or .png."),
]
"""Where to draw a picture."""

_TOP = 6
_WIDTH_IN_FILES = 100
_SUFFIXES = (".svg", ".png")


def check_charts(file: str | None, *, chart: bool, as_json: bool) -> Path | None:
    """Check the options before anything is asked for.

    Args:
        file: The file to draw a picture in; None for none.
        chart: Whether to draw in the terminal.
        as_json: Whether JSON is wanted, which goes without a chart in the terminal.

    Returns:
        The file.

    Raises:
        UsageError: The options do not go together, the file cannot be one, or an extra is not installed.
    """
    if chart and as_json:
        raise UsageError("expected --chart or --json, got both", "--chart-file goes with either")
    if file is None:
        return None
    try:
        import_vl_convert()
    except ImportError as error:
        raise UsageError(f"--chart-file: {error}", "") from None
    return check_file("--chart-file", file, _SUFFIXES)


def show_charts(
    report: Report,
    arguments: Mapping[str, Any],
    names: Mapping[str, str],
    context: Context,
    *,
    chart: bool,
    path: Path | None,
) -> bool:
    """Draw a report where it is wanted.

    Args:
        report: The report.
        arguments: What it was asked for with.
        names: Host names of applications by their identifiers.
        context: The surroundings.
        chart: Whether to draw in the terminal.
        path: The file to draw a picture in; None for none.

    Returns:
        Whether no table is to be printed.

    Raises:
        UsageError: There is nothing that can be drawn, or the file cannot be written.
    """
    if not chart and path is None:
        return False
    tidy = TidyTable.from_report(report, metrics=arguments["metrics"], dimensions=arguments["dimensions"])
    numbers = {name: [number for piece in pieces for number in piece] for name, pieces in tidy.metrics.items()}
    try:
        panels = panels_of_report(tidy.intervals, tidy.dimensions, numbers, wanted=None, by=None, top=_TOP, names=names)
    except InvalidArgumentError as error:
        raise UsageError(f"--chart: expected {error.expected}") from None
    if path is not None:
        svg = draw_panels(panels)
        write_file("--chart-file", path, draw_png(svg, 2) if path.suffix.lower() == ".png" else svg.encode())
        context.print_note(f"chart written: {path}")
    if chart:
        width = context.out.width
        for line in chart_lines(panels, width if width < WIDTH_OF_FILES else _WIDTH_IN_FILES):
            context.out.print(line, soft_wrap=True)
    return chart
