"""``aiospectrum apps``: the applications of a zone."""

from typing import Annotated

from cyclopts import App as CommandGroup

from aiospectrum._codec.converter import make_converter
from aiospectrum.cli.app_options import AppOptions, FileOption, make_request
from aiospectrum.cli.context import Context
from aiospectrum.cli.options import AsJSON, Passed, Yes, flattened
from aiospectrum.cli.tables import apps_table, details_table
from aiospectrum.cli.text import cell
from aiospectrum.client import Client
from aiospectrum.models import App, AppOrder, Direction

__all__ = ["apps_group"]


def apps_group() -> CommandGroup:
    """Make the group of commands.

    Returns:
        The group.
    """
    group = CommandGroup(name="apps", help="List and change the applications of a zone.")
    group.command(list_apps, name="list")
    group.command(get_app, name="get")
    group.command(create_app, name="create")
    group.command(update_app, name="update")
    group.command(delete_app, name="delete")
    return group


def list_apps(
    zone_id: str,
    /,
    *,
    page: int | None = None,
    per_page: int | None = None,
    direction: Direction | None = None,
    order: AppOrder | None = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """List the applications of a zone, all of them unless one page is asked for.

    Args:
        zone_id: Identifier of the zone.
        page: Number of the only page to get, counted from 1.
        per_page: Applications on a page, up to 100.
        direction: Direction of the ordering.
        order: Field to order by.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """

    async def fetch(client: Client) -> list[App]:
        if page is not None:
            listed = await client.apps.list(zone_id, page=page, per_page=per_page, direction=direction, order=order)
            return listed.items
        most = 100 if per_page is None else per_page
        every_app = client.apps.iterate(zone_id, per_page=most, direction=direction, order=order)
        return [app async for app in every_app]

    apps = context.call(fetch)
    context.show(apps, apps_table(apps), as_json=as_json)
    return 0


def get_app(zone_id: str, app_id: str, /, *, as_json: AsJSON = False, context: Passed) -> int:
    """Show one application.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    return _show_app(context.call(lambda client: client.apps.get(zone_id, app_id)), context, as_json=as_json)


def create_app(
    zone_id: str,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: FileOption = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """Create an application.

    Args:
        zone_id: Identifier of the zone.
        options: The fields.
        file: The configuration as a file.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    body = make_request(options, file, context.stdin)
    return _show_app(context.call(lambda client: client.apps.create(zone_id, body)), context, as_json=as_json)


def update_app(
    zone_id: str,
    app_id: str,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: FileOption = None,
    as_json: AsJSON = False,
    context: Passed,
) -> int:
    """Replace the configuration of an application; what is left out goes back to Cloudflare's default.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        options: The fields.
        file: The configuration as a file.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status.
    """
    body = make_request(options, file, context.stdin)
    return _show_app(context.call(lambda client: client.apps.update(zone_id, app_id, body)), context, as_json=as_json)


def delete_app(zone_id: str, app_id: str, /, *, yes: Yes = False, as_json: AsJSON = False, context: Passed) -> int:
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
    if not yes and not context.confirm(f"Delete the application {app_id} of the zone {zone_id}?"):
        context.tell("not deleted")
        return 1
    deleted = context.call(lambda client: client.apps.delete(zone_id, app_id))
    context.show(deleted, cell(f"deleted {deleted.id}"), as_json=as_json)
    return 0


def _show_app(app: App, context: Context, *, as_json: bool) -> int:
    context.show(app, details_table(make_converter().unstructure(app)), as_json=as_json)
    return 0
