"""Injection tried through every parameter, every setting, and the body."""

import json
from typing import Any, Final

import attrs
import pytest

from aiospectrum import Client, InvalidArgumentError, Response, SpectrumError
from aiospectrum._generated import analytics, apps, protocols
from aiospectrum.routes import Route
from tests.chaos.bench import CALLS, open_bench, outcome_of
from tests.chaos.server import ChaosServer
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

NASTY: Final = {
    "header": "a\r\nX-Injected: yes",
    "bare-lf": "a\nX-Injected: yes",
    "request": "a HTTP/1.1\r\nHost: x\r\n\r\nGET /other",
    "nul": "a\0b",
    "climbing": "../../accounts",
    "encoded-climbing": "%2e%2e%2faccounts",
    "slash": "a/b",
    "backslash": "..\\accounts",
    "query": "a?x=1",
    "more-query": "a&page=2",
    "fragment": "a#b",
    "semicolon": "a;b",
    "comma": "a,b",
    "space": "a b",
    "plus": "+a",
    "not-ascii": "ä☃",
    "surrogate": "\ud800",
    "id-and-newline": f"{ZONE}\n",
    "id-in-other-digits": "٠" * 32,
    "empty": "",
}
"""Arguments that try to be more than a value."""

ROUTES: Final[dict[str, Route[Any]]] = {
    value.name: value
    for module in (analytics, apps, protocols)
    for value in vars(module).values()
    if isinstance(value, Route)
}
PARAMETERS: Final = [
    pytest.param(route, parameter.name, id=f"{name}-{parameter.name}")
    for name, route in ROUTES.items()
    for parameter in (*route.path_parameters, *route.query)
]


def arguments(route: Route[Any]) -> tuple[dict[str, object], dict[str, object]]:
    """Path and query arguments that are fine."""
    ids = {"zone_id": ZONE, "app_id": APP}
    query = {parameter.name: "hour" if parameter.required else None for parameter in route.query}
    return {parameter.name: ids[parameter.name] for parameter in route.path_parameters}, dict(query)


@pytest.mark.parametrize(("route", "name"), PARAMETERS)
async def test_injection_through_every_parameter(route: Route[Any], name: str) -> None:
    """An argument is refused, or it arrives as one value of one parameter of one request."""
    async with ChaosServer() as server, open_bench(server.url) as bench:
        anything = attrs.evolve(route, result=Any)
        path, query = arguments(route)
        await bench.transport.send(anything, path=path, query=query, body=REQUEST if route.body else None)
        for nasty in NASTY.values():
            for value in (nasty, [nasty], [ZONE, nasty]):
                path, query = arguments(route)
                (path if name in path else query)[name] = value
                before = len(server.requests)
                body = REQUEST if route.body else None
                outcome = await outcome_of(bench.transport.send(anything, path=path, query=query, body=body))
                was_refused = isinstance(outcome, InvalidArgumentError)
                assert isinstance(outcome, Response) != was_refused
                assert len(server.requests) == before + (not was_refused)
                assert not was_refused or "\n" not in str(outcome)
    expected, *others = server.requests
    for request in others:
        assert request.target.partition("?")[0] == expected.target.partition("?")[0]
        assert request.target.isascii()
        assert request.target.isprintable()
        assert not set(request.target) & set(' "<>\\^`{|}#')
        assert [key for key, _ in request.headers] == [key for key, _ in expected.headers]
        keys = [pair.partition("=")[0] for pair in request.target.partition("?")[2].split("&")]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
async def test_injection_through_a_body(nasty: str) -> None:
    """What is in a body stays in a body, as the same text."""
    async with ChaosServer() as server, open_bench(server.url) as bench:
        body = attrs.evolve(REQUEST, protocol=nasty, dns=attrs.evolve(REQUEST.dns, name=nasty))
        sending = bench.transport.send(CALLS["create"].route, path={"zone_id": ZONE}, query={}, body=body)
        was_refused = isinstance(await outcome_of(sending), InvalidArgumentError)
    sent = [json.loads(request.body) for request in server.requests]
    assert [(body["protocol"], body["dns"]["name"]) for body in sent] == [(nasty, nasty)] * (not was_refused)


@pytest.mark.parametrize("nasty", ["header", "bare-lf", "request", "nul", "not-ascii", "surrogate"])
@pytest.mark.parametrize("setting", ["api_token", "api_email", "api_key", "base_url", "user_agent", "proxy"])
def test_injection_through_every_setting(setting: str, nasty: str) -> None:
    """A setting with which a header or an address would be more than one is refused, and not repeated."""
    settings: dict[str, Any] = {"api_token": TOKEN}
    if setting in ("api_email", "api_key"):
        settings = {"api_email": "somebody@example.com", "api_key": "k3y"}
    url = f"http://127.0.0.1/{NASTY[nasty]}" if setting in ("base_url", "proxy") else NASTY[nasty]
    with pytest.raises(SpectrumError, match=f"^{setting}: expected") as caught:
        Client(**{**settings, setting: url})
    assert "\n" not in str(caught.value)
