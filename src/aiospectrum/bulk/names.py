"""The names that people know applications by."""

from collections.abc import Callable, Iterable

from aiospectrum._http.config import check_count
from aiospectrum._loop import for_each
from aiospectrum.bulk.zones import Clients, check_zones, clients_by_zone
from aiospectrum.endpoints import iterate_apps
from aiospectrum.errors import ClientStateError, InvalidArgumentError, SpectrumError

__all__ = ["app_names"]


async def app_names(
    client: Clients,
    zones: Iterable[str],
    *,
    concurrency: int = 16,
    on_error: Callable[[str, SpectrumError], object] | None = None,
) -> dict[str, str]:
    """Look up the host names of the applications of zones, as people know those and not ids.

    Applications that have been deleted are no longer there: their traffic remains without a name.

    Args:
        client: An open client, or a mapping of zone ids to clients.
        zones: Ids of the zones, each once.
        concurrency: Maximum number of zones that are listed at once, 1 or more.
        on_error: Called with a zone that cannot be listed and why, where the names of the others are wanted all the
            same; None for an error that is raised.

    Returns:
        The host name of each application by its id, such as :meth:`Dataset.to_arrow` takes as ``names``.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ClientStateError: The client is not open, or not on this event loop; or it was left meanwhile.
        SpectrumError: The applications of a zone cannot be listed, and there is no ``on_error``; a note names the zone.
            All other calls have ended.
    """
    clients = clients_by_zone(client, check_zones(zones))
    concurrency = check_count("concurrency", concurrency)
    names: dict[str, str] = {}

    async def look_up(zone_id: str) -> None:
        try:
            async for app in iterate_apps(clients[zone_id], zone_id, per_page=100):
                if app.dns.name is not None:
                    names[app.id] = app.dns.name
        except SpectrumError as error:
            if on_error is None or isinstance(error, (ClientStateError, InvalidArgumentError)):
                error.add_note(f"while the applications of zone {zone_id} were listed")
                raise
            on_error(zone_id, error)

    await for_each(clients, look_up, concurrency)
    return names
