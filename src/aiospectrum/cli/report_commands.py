"""``aiospectrum protocols``, ``current``, ``bytime`` and ``summary``: what is only read."""

from typing import Annotated, Any

from cyclopts import App as CommandGroup

from aiospectrum.cli.context import Context
from aiospectrum.cli.human import counted, human_number
from aiospectrum.cli.options import AsJSON, NamesOption, Passed, ReportOptions, flattened, split_names
from aiospectrum.cli.report_tables import report_table
from aiospectrum.cli.tables import current_table, protocols_table
from aiospectrum.cli.text import cell
from aiospectrum.models import Report, TimeDelta

__all__ = ["add_report_commands"]


def add_report_commands(group: CommandGroup) -> None:
    """Add the commands of this module.

    Args:
        group: What to add them to.
    """
    for command in (protocols, current, bytime, summary):
        group.command(command)


def protocols(zone_id: str, /, *, as_json: AsJSON = False, context: Passed) -> int:
    """List the protocols that Spectrum has a name for.

    Args:
        zone_id: Identifier of the zone.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    found = context.call(lambda client: client.protocols.list(zone_id))
    context.show(found, protocols_table(found), as_json=as_json)
    return 0


def current(
    zone_id: str,
    /,
    *,
    app_ids: NamesOption = None,
    colo_name: str | None = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """Show the traffic of the last minute.

    Args:
        zone_id: Identifier of the zone.
        app_ids: Identifiers of applications between commas; all of the zone when left out.
        colo_name: Code of the only data centre to count, such as SFO.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    wanted = split_names(app_ids)
    found = context.call(
        lambda client: client.analytics.aggregate.current(zone_id, app_ids=wanted, colo_name=colo_name)
    )
    context.show(found, current_table(found), as_json=as_json)
    return 0


def bytime(
    zone_id: str,
    /,
    *,
    time_delta: TimeDelta = "hour",
    options: Annotated[ReportOptions | None, flattened] = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """Show event metrics by time.

    Args:
        zone_id: Identifier of the zone.
        time_delta: Length of each time interval; a dekaminute is ten minutes.
        options: What to ask for.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    arguments = _arguments(options, context)
    report = context.call(lambda client: client.analytics.events.bytime(zone_id, time_delta=time_delta, **arguments))
    return _show_report(report, arguments, context, as_json=as_json)


def summary(
    zone_id: str,
    /,
    *,
    options: Annotated[ReportOptions | None, flattened] = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """Show event metrics, summed over the whole time.

    Args:
        zone_id: Identifier of the zone.
        options: What to ask for.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    arguments = _arguments(options, context)
    report = context.call(lambda client: client.analytics.events.summary(zone_id, **arguments))
    return _show_report(report, arguments, context, as_json=as_json)


def _arguments(options: ReportOptions | None, context: Context) -> dict[str, Any]:
    return (ReportOptions() if options is None else options).arguments(context.now())


def _show_report(report: Report, arguments: dict[str, Any], context: Context, *, as_json: bool) -> int:
    table = report_table(report, metrics=arguments["metrics"], dimensions=arguments["dimensions"])
    note = f"{counted(len(report.data), 'row')}, counts may lag {human_number(report.data_lag)} s behind"
    context.show(report, table, cell(note), as_json=as_json)
    return 0
