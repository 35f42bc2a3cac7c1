"""Ensuring an application through every fault, where its create takes place at once, late or never: never two of it.

The server of these tests takes every create, also a second one of the same name, so that nothing but the client keeps
an application from being there twice.
"""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest

from aiospectrum import AmbiguousWriteError, Client, InterruptedWriteError, SpectrumError, Timeouts
from aiospectrum.apps import Ensured, ensure_app
from aiospectrum.apps.raw import write_request
from tests.chaos.bench import open_bench, outcome_of
from tests.chaos.responses import good, html_error
from tests.chaos.rules import FINE, rule_of
from tests.chaos.seen import RequestSeen
from tests.chaos.server import ChaosServer
from tests.chaos.steps import Play
from tests.chaos.test_matrix import CAP, FAULTS, classes_of_faults, hangs, policy_for, timeouts_for
from tests.conftest import TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

WAITS: Final = [0.0, 2.0, 4.0, 8.0, 16.0]
"""The waits before each look after a create, as the documentation has them."""

LANDINGS: Final = {"at once": 0, "after the second wait": 2, "after the last wait": 5, "too late": 6, "never": None}
"""After how many waits a create takes place."""

SAMPLE: Final = {faults[len(faults) // 2] for faults in classes_of_faults()}
"""A fault of each class."""


def is_open(fault: str) -> bool:
    """Whether a create that meets a fault may have taken place; what is fine of one is no application."""
    rule = rule_of(fault, "create")
    return rule.leaves_open or rule is FINE


@attrs.define(kw_only=True)
class Applications:
    """A zone without rules, of which creates take place when a test says so."""

    faults: list[str]
    """What the first creates meet."""
    lists: Callable[[], Play | None] = lambda: None
    """What a list meets, None for nothing."""
    landing: int | None = 0
    """After how many waits a create that meets a fault takes place; None for never."""
    landed: list[dict[str, Any]] = attrs.field(factory=list)
    late: list[dict[str, Any]] = attrs.field(factory=list)
    methods: list[str] = attrs.field(factory=list)
    waits: list[float] = attrs.field(factory=list)

    def respond(self, request: RequestSeen) -> Play:
        """What a request meets."""
        self.methods.append(request.method)
        if request.method == "GET" and "page=" not in request.target:
            return good(next(each for each in self.landed if each["id"] == request.target.rpartition("/")[2]))
        if request.method == "GET":
            number = int(request.target.partition("page=")[2].partition("&")[0])
            return self.lists() or good(self.landed if number == 1 else [])
        app = self.made(json.loads(request.body))
        if request.method == "PUT":
            app["id"] = request.target.rpartition("/")[2]
            self.landed[:] = [app if each["id"] == app["id"] else each for each in self.landed]
            return good(app)
        if not self.faults:
            self.landed.append(app)
            return good(app)
        fault = self.faults.pop(0)
        if self.landing is not None and is_open(fault):
            (self.late if self.landing else self.landed).append(app)
        return FAULTS[fault]

    def made(self, body: dict[str, Any]) -> dict[str, Any]:
        times = dict.fromkeys(("created_on", "modified_on"), "2026-11-20T00:00:00Z")
        return {**body, **times, "id": f"{len(self.landed) + len(self.late) + 1:032x}"}

    async def wait(self, seconds: float) -> None:
        """Let the time of a wait pass, and what is late take place."""
        self.waits.append(seconds)
        if len(self.waits) == self.landing:
            self.land()
        await asyncio.sleep(0)

    def land(self) -> None:
        """Let what is late take place."""
        self.landed += self.late
        self.late.clear()


def pairs() -> list[object]:
    return [
        pytest.param(fault, landing, id=f"{fault}-{landing}", marks=() if fault in SAMPLE else pytest.mark.exhaustive)
        for fault in FAULTS
        for landing in LANDINGS
    ]


@pytest.mark.parametrize(("fault", "landing"), pairs())
async def test_a_create_that_meets_a_fault(fault: str, landing: str) -> None:
    """It is found as soon as it is there, at most half a minute later, and never created again."""
    rule, after = rule_of(fault, "create"), LANDINGS[landing]
    zone = Applications(faults=[fault], landing=after)
    async with (
        ChaosServer(zone.respond) as server,
        open_bench(server.url, timeouts=timeouts_for(fault), retry=policy_for(fault), max_body_bytes=CAP) as bench,
    ):
        outcome = await outcome_of(ensure_app(bench.transport, ZONE, REQUEST, sleep=zone.wait))
    zone.land()
    assert len(zone.landed) <= 1
    if not is_open(fault):
        assert zone.waits == []
        assert zone.methods.count("POST") == (2 if rule.passes else 1)
        assert isinstance(outcome, Ensured if rule.passes else rule.error or SpectrumError)
        return
    assert zone.methods.count("POST") == 1
    if after is not None and after <= len(WAITS):
        assert isinstance(outcome, Ensured)
        assert (outcome.done, outcome.app.id) == ("created", zone.landed[0]["id"])
        assert zone.waits == WAITS[: max(1, after)]
    else:
        assert isinstance(outcome, AmbiguousWriteError)
        assert "it did not appear within 30 s" in str(outcome)
        assert outcome.attempts == 1
        assert zone.waits == WAITS


@pytest.mark.parametrize("landing", LANDINGS)
async def test_the_list_fails_meanwhile(landing: str) -> None:
    """A look that fails is no reason to create again: another one follows, and the error stays that of the create."""
    after = LANDINGS[landing]
    looks = iter([None, *[html_error(502)] * 4])  # the one before the create, and the first one after it
    zone = Applications(faults=["reset-after-request"], landing=after, lists=lambda: next(looks, None))
    async with ChaosServer(zone.respond) as server, open_bench(server.url) as bench:
        outcome = await outcome_of(ensure_app(bench.transport, ZONE, REQUEST, sleep=zone.wait))
    assert isinstance(outcome, Ensured) is (after is not None and after <= len(WAITS))
    assert isinstance(outcome, Ensured | AmbiguousWriteError)
    assert zone.methods.count("POST") == 1


async def test_no_list_comes_back() -> None:
    """Whoever cannot look does not know, and says why."""
    looks = iter([None])
    zone = Applications(faults=["reset-after-request"], lists=lambda: next(looks, html_error(502)))
    async with ChaosServer(zone.respond) as server, open_bench(server.url) as bench:
        with pytest.raises(AmbiguousWriteError, match=r"it did not appear within 30 s.*answered 502"):
            await ensure_app(bench.transport, ZONE, REQUEST, sleep=zone.wait)
    assert (zone.methods.count("POST"), zone.waits, len(zone.landed)) == (1, WAITS, 1)


@pytest.mark.parametrize("seed", range(20))
async def test_everything_fails_now_and_then(seed: int) -> None:
    """Whatever meets a list, a create or a replacement, and whenever a create takes place."""
    chance = random.Random(seed)  # noqa: S311 - it has to be predictable
    names = sorted(fault for fault in FAULTS if not hangs(fault) and rule_of(fault, "create") is not FINE)

    zone = Applications(
        faults=chance.choices(names, k=chance.randrange(1, 4)),
        landing=chance.choice(list(LANDINGS.values())),
        lists=lambda: FAULTS[chance.choice(names)] if chance.random() < 0.2 else None,
    )
    async with (
        ChaosServer(zone.respond) as server,
        open_bench(server.url, timeouts=Timeouts(total=None, read=20), max_body_bytes=CAP) as bench,
    ):
        outcome = await outcome_of(ensure_app(bench.transport, ZONE, REQUEST, sleep=zone.wait))
    zone.land()
    assert isinstance(outcome, Ensured | SpectrumError)
    assert len(zone.landed) <= 1
    if isinstance(outcome, Ensured):
        assert [outcome.app.id] == [each["id"] for each in zone.landed]


async def test_what_appears_is_another_one() -> None:
    """What is found after the create and differs was made by somebody else, and is replaced."""
    zone = Applications(faults=["reset-after-request"])
    async with ChaosServer(zone.respond) as server, open_bench(server.url) as bench:

        async def wait(_: float) -> None:
            zone.landed[:] = [{**zone.made(write_request(attrs.evolve(REQUEST, traffic_type="https"))), "id": "f" * 32}]

        outcome = await ensure_app(bench.transport, ZONE, REQUEST, sleep=wait)
    assert (outcome.done, outcome.app.id) == ("replaced", "f" * 32)
    assert len(zone.landed) == 1


async def test_left_during_the_wait() -> None:
    """A client that is left while an application is looked for says that the create may have taken place."""
    zone = Applications(faults=["reset-after-request"], landing=None)
    waiting = asyncio.Event()

    async def wait(seconds: float) -> None:
        waiting.set()
        await asyncio.get_running_loop().create_future()

    async with ChaosServer(zone.respond) as server:
        async with Client(api_token=TOKEN, base_url=server.url) as client:
            task = asyncio.create_task(outcome_of(client.apps.ensure(ZONE, REQUEST, sleep=wait)))
            await waiting.wait()
        outcome = await task
    assert type(outcome) is InterruptedWriteError
    assert isinstance(outcome.__cause__, AmbiguousWriteError)
    assert "the client was left" in str(outcome)
    assert "it may have taken effect" in str(outcome)
    assert zone.methods.count("POST") == 1


async def test_cancelled_during_the_wait() -> None:
    """A cancellation ends it at once, and nothing more is sent."""
    zone = Applications(faults=["reset-after-request"], landing=None)
    waiting = asyncio.Event()

    async def wait(seconds: float) -> None:
        waiting.set()
        await asyncio.get_running_loop().create_future()

    async with ChaosServer(zone.respond) as server, Client(api_token=TOKEN, base_url=server.url) as client:
        task = asyncio.create_task(client.apps.ensure(ZONE, REQUEST, sleep=wait))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert zone.methods == ["GET", "POST"]
