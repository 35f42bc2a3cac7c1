"""``aiospectrum apps``: the applications of a zone, configured by options or by a file."""

from functools import partial
from typing import Annotated, Any

from cyclopts import App as CommandGroup

from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.forms import as_read
from aiospectrum.apps.change import change_read_app, check_changes
from aiospectrum.cli.app_options import (
    AppOptions,
    DropUnknown,
    FileOption,
    Reset,
    UncheckedFlag,
    read_request,
    read_reset,
)
from aiospectrum.cli.apply_commands import apply_command, export_command, plan_command
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import AsJSON, Passed, WholeOption, Yes, flattened
from aiospectrum.cli.tables import apps_table, details_table
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.cli.zones_command import ZoneArgument, find_zone
from aiospectrum.client import Client
from aiospectrum.models import App, AppOrder, AppRequest, Direction
from aiospectrum.transport import Page

__all__ = ["apps_group"]


def apps_group() -> CommandGroup:
    """Make the group of commands."""
    group = CommandGroup(name="apps", help="List and change the applications of a zone.")
    group.command(_list, name="list")
    group.command(_get, name="get")
    group.command(_create, name="create")
    group.command(_update, name="update")
    group.command(_ensure, name="ensure")
    group.command(_delete, name="delete")
    group.command(plan_command, name="plan")
    group.command(apply_command, name="apply")
    group.command(export_command, name="export")
    return group


def _list(
    zone_id: ZoneArgument,
    /,
    *,
    page: WholeOption = None,
    per_page: WholeOption = None,
    direction: Direction | None = None,
    order: AppOrder | None = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """List the applications of a zone, all of them unless one page is requested.

    Args:
        zone_id: Identifier of the zone.
        page: Number of the only page to get, counted from 1.
        per_page: Applications on a page, up to 100.
        direction: Direction of the ordering.
        order: Field to order by.
        as_json: Print JSON.
        context: The surroundings.
    """
    zone_id = find_zone(zone_id, context)

    async def fetch(client: Client) -> Page[App]:
        if page is not None:
            return await client.apps.list(zone_id, page=page, per_page=per_page, direction=direction, order=order)
        most = 100 if per_page is None else per_page
        every_app = client.apps.iterate(zone_id, per_page=most, direction=direction, order=order)
        return Page(items=[app async for app in every_app])

    listed = context.call(fetch)
    context.show(listed.items, *[apps_table(listed)] * bool(listed), _list_note(listed, zone_id), as_json=as_json)


def _list_note(listed: Page[App], zone_id: str) -> str:
    """What is left out, or that there is nothing."""
    if listed.total_count is not None and listed.total_count > len(listed):
        return f"page {listed.page}: {len(listed):,} of {counted(listed.total_count, 'application')}"
    if listed:
        return ""
    options = "--protocol tcp/22 --dns-name ssh.example.com --origin-direct tcp://192.0.2.1:22"
    return f"no applications in this zone; create one with `aiospectrum apps create {zone_id} {options}`"


def _get(zone_id: ZoneArgument, app_id: str, /, *, as_json: AsJSON = False, context: Passed) -> None:
    """Show one application.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        as_json: Print JSON.
        context: The surroundings.
    """
    zone_id = find_zone(zone_id, context)
    _show_app(context.call(lambda client: client.apps.get(zone_id, app_id)), context, as_json=as_json)


def _create(
    zone_id: ZoneArgument,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: FileOption = None,
    unchecked: UncheckedFlag = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Create an application.

    Args:
        zone_id: Identifier of the zone.
        options: The fields.
        file: The configuration as a file.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    body = read_request(options, file, context.stdin, unchecked=unchecked)
    zone_id = find_zone(zone_id, context)
    _show_app(context.call(lambda client: client.apps.create(zone_id, body)), context, as_json=as_json)


def _update(
    zone_id: ZoneArgument,
    app_id: str,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    reset: Reset = None,
    file: FileOption = None,
    drop_unknown: DropUnknown = False,
    unchecked: UncheckedFlag = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Change fields of an application and keep all others, or replace all of it by a file.

    One origin that is given removes the others. With --file, what is left out goes back to Cloudflare's default.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        options: The fields.
        reset: Fields to set back.
        file: The configuration as a file.
        drop_unknown: Leave out fields that this version does not know.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    given = AppOptions() if options is None else options
    if file is not None:
        if reset or drop_unknown:
            raise UsageError("--file replaces all: expected it without --reset and --drop-unknown")
        body = read_request(options, file, context.stdin, unchecked=unchecked)
        zone_id = find_zone(zone_id, context)
        _show_app(context.call(lambda client: client.apps.update(zone_id, app_id, body)), context, as_json=as_json)
        return
    removed = dict.fromkeys(read_reset(reset))
    if given == AppOptions() and not removed:
        raise UsageError("expected an option for a field to change, or the whole configuration by --file")
    alone = given.changes()
    if not unchecked:
        check_changes(alone)  # before anything is sent
    if both := sorted(alone.keys() & removed.keys()):
        raise UsageError(f"expected either a value or --reset for {both[0]}, got both")

    def choose(found: AppRequest) -> dict[str, Any]:
        changes = given.changes(found)
        return {**({name: as_read(value) for name, value in changes.items()} if unchecked else changes), **removed}

    zone_id = find_zone(zone_id, context)
    change = partial(change_read_app, zone_id=zone_id, app_id=app_id, choose=choose, keep_unknown=not drop_unknown)
    _show_app(context.call(change), context, as_json=as_json)


def _ensure(
    zone_id: ZoneArgument,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: FileOption = None,
    drop_unknown: DropUnknown = False,
    unchecked: UncheckedFlag = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Create an application, or replace the one with its DNS name and protocol where it differs.

    What is left out has Cloudflare's default. This is also what to do after a create that may have taken effect.

    Args:
        zone_id: Identifier of the zone.
        options: The fields.
        file: The configuration as a file.
        drop_unknown: Leave out fields that this version does not know.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    body = read_request(options, file, context.stdin, unchecked=unchecked)
    zone_id = find_zone(zone_id, context)
    ensured = context.call(lambda client: client.apps.ensure(zone_id, body, keep_unknown=not drop_unknown))
    values = make_converter().unstructure(ensured.app)
    if as_json:
        context.print_json({"done": ensured.done, "app": values}, is_of_api=True)
    else:
        context.show(ensured.app, details_table(values), f"{ensured.done}", as_json=False)


def _delete(
    zone_id: ZoneArgument, app_id: str, /, *, yes: Yes = False, as_json: AsJSON = False, context: Passed
) -> int:
    """Delete an application.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        yes: Do not ask.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status, 1 if the answer was no.
    """
    if not yes:
        context.need_terminal()
    zone_id = find_zone(zone_id, context)
    app = context.call(lambda client: client.apps.get(zone_id, app_id))
    name = f"{app.dns.name or 'without a host name'} ({app.protocol}, {app.id})"
    if not yes and not context.confirm(f"Delete the application {name} of the zone {zone_id}?"):
        return context.decline("not deleted")
    deleted = context.call(lambda client: client.apps.delete(zone_id, app_id))
    context.show(deleted, f"deleted {name}", as_json=as_json)
    return 0


def _show_app(app: App, context: Context, *, as_json: bool) -> None:
    context.show(app, details_table(make_converter().unstructure(app)), as_json=as_json)
