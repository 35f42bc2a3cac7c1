"""The names that people know applications by."""

from typing import Any

import pytest

from aiospectrum import Client, ClientStateError, InvalidArgumentError, PermissionDeniedError, SpectrumError
from aiospectrum.bulk import app_names
from tests.bulk.test_bulk_sandbox import running


async def test_all_applications_have_their_names() -> None:
    """The applications of all zones are there, over all pages, with the host name of each."""
    async with running(zones=3, apps_per_zone=120) as (sandbox, client):
        names = await app_names(client, sandbox.zones, concurrency=2)
        apps = [app for zone_id in sandbox.zones async for app in client.apps.iterate(zone_id)]

    assert len(names) == 360
    assert names == {app.id: app.dns.name for app in apps}


async def test_a_client_for_each_zone() -> None:
    """Each zone is listed over its own client."""
    async with running(zones=2) as (sandbox, client):
        other = Client(api_token=sandbox.api_token, base_url=sandbox.url)
        async with other:
            clients = dict(zip(sandbox.zones, (client, other), strict=True))
            assert await app_names(clients, sandbox.zones) == await app_names(client, sandbox.zones)


async def test_a_zone_that_cannot_be_listed() -> None:
    """The error of the call is raised as it is, with a note of the zone; nothing is left running."""
    unknown = "0" * 32
    async with running(zones=2) as (sandbox, client):
        with pytest.raises(PermissionDeniedError) as raised:
            await app_names(client, [*sandbox.zones, unknown])

    assert raised.value.status == 403
    assert raised.value.__notes__ == [f"while the applications of zone {unknown} were listed"]


async def test_zones_that_cannot_be_listed_take_no_other_with_them() -> None:
    """Where names are good to have, what fails goes to a function, and the names of all other zones are there."""
    unknown = "0" * 32
    failed: dict[str, SpectrumError] = {}
    async with running(zones=2) as (sandbox, client):
        zones = [unknown, *sandbox.zones]
        names = await app_names(client, zones, concurrency=1, on_error=failed.__setitem__)
        assert names == await app_names(client, sandbox.zones)
    assert [*failed] == [unknown]
    assert isinstance(failed[unknown], PermissionDeniedError)
    with pytest.raises(ClientStateError):
        await app_names(client, zones, on_error=failed.__setitem__)


@pytest.mark.parametrize("zones", ["0" * 32, ["x"], [None], 5], ids=["text", "no id", "none", "number"])
async def test_what_are_no_zones(zones: Any) -> None:
    """They are refused before anything is sent."""
    async with running() as (sandbox, client):
        with pytest.raises(InvalidArgumentError, match="zones"):
            await app_names(client, zones)
        assert len(sandbox.requests) == 0


async def test_no_zones() -> None:
    """They have no names."""
    async with running() as (_, client):
        assert await app_names(client, []) == {}
