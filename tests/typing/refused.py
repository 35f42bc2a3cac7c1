"""What a program may not send: mypy has to find each, as it finds comments that are not needed."""

from aiospectrum import DNS, App, AppRequest, Client, F, Filter


def misspelt(app: App) -> list[AppRequest]:
    """What is only sent takes the API's own words."""
    dns, origin = DNS(name="a.example"), ["tcp://192.0.2.1:22"]
    return [
        AppRequest(protocol="tcp/22", dns=dns, origin_direct=origin, tls="ful"),  # type: ignore[arg-type]  # misspelt
        AppRequest(protocol="tcp/22", dns=dns, traffic_type="derect"),  # type: ignore[arg-type]  # misspelt
        AppRequest(protocol="tcp/22", dns=dns, proxy_protocol="v9"),  # type: ignore[arg-type]  # there is none
        AppRequest(protocol="tcp/22", dns=dns, tls=app.tls),  # type: ignore[arg-type]  # which may be newer
    ]


async def no_metric(client: Client, zone_id: str) -> None:
    """So do arguments."""
    print(await client.analytics.events.summary(zone_id, metrics=["cuont"]))  # type: ignore[list-item]  # misspelt


async def no_change(client: Client, zone_id: str, app_id: str) -> None:
    """So do changes."""
    await client.apps.change(zone_id, app_id, tsl="full")  # type: ignore[call-arg]  # misspelt
    await client.apps.change(zone_id, app_id, tls="ful")  # type: ignore[arg-type]  # misspelt
    await client.apps.change(zone_id, app_id, protocol=None)  # type: ignore[arg-type]  # always there


def filters() -> list[Filter]:
    """Filters are made of the dimensions that there are, each comparison in parentheses."""
    return [
        F.evnt == "connect",  # type: ignore[attr-defined]  # misspelt
        F.event == 5,  # type: ignore[list-item]  # no text, so that it is an equality
        F.event.is_in([4]),  # type: ignore[list-item]  # no text
        F.event == "connect" & F.coloName,  # type: ignore[operator]  # no parentheses
        (F.event == "connect") & "coloName==SFO",  # type: ignore[operator]  # no filter
    ]
