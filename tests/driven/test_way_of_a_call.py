"""The way of a call stays short: few functions of ours, and few records."""

from pathlib import Path

import aiospectrum
from aiospectrum.models import App
from docs.trace_call import ZONE, open_client, trace


async def test_the_way_of_a_warm_call() -> None:
    """A list of applications without hooks passes at most 28 functions and makes at most six records."""
    async with open_client() as client:
        way = await trace(lambda: client.apps.list(ZONE))

    names = [name.split()[0] for _, name in way.functions.values()]
    assert names[0] == "list_apps"
    assert {"HTTPTransport.send", "Session.request", "read_response"} <= set(names)
    assert len(names) <= 28, names
    made = [type(record).__name__ for record in way.records]
    assert {"Call", "HTTPResponse", "Response", "Page"} <= set(made)
    assert len(made) <= 6, made


async def test_the_trace_sees_a_longer_way() -> None:
    """What a hook adds is seen too, so that a way that grows is noticed."""
    async with open_client() as client:
        plain = await trace(lambda: client.apps.list(ZONE))
        hooked = aiospectrum.Client(api_token="token", base_url=client.base_url, on_attempt=lambda _: lambda _: None)
        async with hooked:
            observed = await trace(lambda: hooked.apps.list(ZONE))
        page = await client.apps.list(ZONE)

    assert all(type(app) is App for app in page)
    assert len(observed.functions) > len(plain.functions)
    added = {type(each).__name__ for each in observed.records} - {type(each).__name__ for each in plain.records}
    assert added == {"AttemptStarted", "AttemptEnded"}


async def test_the_map_shows_the_way() -> None:
    """docs/architecture.md has the functions of today."""
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
    async with open_client() as client:
        way = await trace(lambda: client.apps.list(ZONE))

    assert [name for _, name in way.functions.values() if name not in page] == []
    assert f"{len(way.functions)} functions; {len(way.records)} records" in page
