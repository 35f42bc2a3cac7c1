"""JSON that is deep, odd or wrong, for every endpoint: a result or an error of ours, and never anything else."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from aiospectrum import Client, DecodeError, RetryPolicy
from tests.chaos.bench import outcome_of
from tests.chaos.bodies import BODIES, NUMBERS, deep_json, number, strange_body
from tests.chaos.responses import ServerResponse, good
from tests.chaos.server import ChaosServer
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

ONCE: Final = RetryPolicy(max_attempts=1)

STRANGE: Final[dict[str, Callable[[], ServerResponse]]] = {
    **{f"body-{kind}": (lambda kind=kind: strange_body(kind)) for kind in BODIES},
    **{f"number-{text}": (lambda text=text: number(text)) for text in NUMBERS},
    **{f"deep-{kind}": (lambda kind=kind: deep_json(kind=kind)) for kind in ("list", "object")},
    "as-deep-as-parsing-goes": lambda: deep_json(900),
}


def calls_of(client: Client) -> list[Coroutine[Any, Any, object]]:
    """A call of every endpoint."""
    return [
        client.apps.list(ZONE),
        client.apps.get(ZONE, APP),
        client.apps.update(ZONE, APP, REQUEST),
        client.protocols.list(ZONE),
        client.analytics.aggregate.current(ZONE),
        client.analytics.events.bytime(ZONE, time_delta="hour"),
        client.analytics.events.summary(ZONE),
    ]


@pytest.mark.parametrize("kind", STRANGE)
async def test_strange_json(kind: str) -> None:
    """Whatever the JSON is, each endpoint makes a result or an error of ours of it."""
    async with (
        ChaosServer(rest=STRANGE[kind]()) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=ONCE) as client,
    ):
        for call in calls_of(client):
            shown = str(await outcome_of(call))
            assert "\n" not in shown
            assert len(shown) < 2000


DEEP: Final = {
    "result": (200, '{"success":true,"result":%s}'),
    "items": (200, '{"success":true,"result":[%s]}'),
    "messages": (200, '{"success":true,"result":[],"messages":[%s]}'),
    "errors": (200, '{"success":false,"errors":[%s]}'),
    "message": (403, '{"success":false,"errors":[{"message":%s}]}'),
    "pointer": (403, '{"success":false,"errors":[{"source":{"pointer":%s}}]}'),
}


@pytest.mark.parametrize(("status", "text"), DEEP.values(), ids=DEEP)
async def test_json_on_the_brink_of_too_deep(status: int, text: str) -> None:
    """Where parsing just works, nothing that follows it fails in any other way than by an error of ours."""
    depths = iter(depth for depth in range(860, 1000) for _ in range(7))

    def response(_: object) -> ServerResponse:
        depth = next(depths)
        return ServerResponse(name="deep", status=status, body=(text % ("[" * depth + "1" + "]" * depth)).encode())

    async with (
        ChaosServer(response) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=ONCE, rate_limit=None) as client,
    ):
        for _ in range(140):
            for call in calls_of(client):
                assert len(str(await outcome_of(call))) < 2000


async def test_a_response_to_somebody_else() -> None:
    """A result of another type than the endpoint's is an error that says so."""
    async with (
        ChaosServer(rest=good([{"id": 4}])) as server,
        Client(api_token=TOKEN, base_url=server.url, retry=ONCE) as client,
    ):
        with pytest.raises(DecodeError, match="expected"):
            await client.apps.list(ZONE)
