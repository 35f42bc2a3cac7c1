"""The fragment as others read it: a validator, and a generator that makes a working client of it."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiospectrum import Client
from aiospectrum.sandbox import Sandbox
from tests.peers.conftest import Tally
from tests.peers.generated_client import NAME, GeneratedClient, generate_client
from tests.peers.json_values import count_values, normalize, to_json_values
from tests.peers.official_cases import APPS, NOW, PAYGO_APP
from tests.spec.fragment import DOCUMENT, FOLDER, operations

FRAGMENT = FOLDER / "spectrum.openapi.yaml"
FULL, PAYGO = "a" * 32, "b" * 32
NOBODY = "0" * 32
SINCE, UNTIL = datetime(2026, 11, 20, 6, tzinfo=UTC), datetime(2026, 11, 20, 11, 59, 59, tzinfo=UTC)


def copy_fragment() -> dict[str, Any]:
    """The fragment, to be changed."""
    copied: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    return copied


def validate(fragment: Path) -> subprocess.CompletedProcess[str]:
    """Run openapi-spec-validator as one does from a shell."""
    command = [sys.executable, "-m", "openapi_spec_validator", "--schema", "3.1", str(fragment)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603 - the tool of our environment


def test_the_fragment_is_valid(tally: Tally) -> None:
    """openapi-spec-validator has nothing to say against it."""
    done = validate(FRAGMENT)
    assert (done.returncode, done.stdout.splitlines()) == (0, [f"{FRAGMENT}: OK"]), done
    assert done.stderr == ""
    tally.count(f"openapi-spec-validator {version('openapi-spec-validator')}", cases=1)


def test_an_invalid_fragment_is_reported(tmp_path: Path) -> None:
    """The validator can say no: here to a path whose parameter is nowhere described."""
    document = copy_fragment()
    del document["paths"]["/zones/{zone_id}/spectrum/protocols"]["parameters"]
    broken = tmp_path / "fragment.yaml"
    broken.write_text(yaml.safe_dump(document), encoding="utf-8")
    done = validate(broken)
    assert done.returncode != 0
    assert "zone_id" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> GeneratedClient:
    """The client that is made of the fragment."""
    return generate_client(FRAGMENT, tmp_path_factory.mktemp("generated"))


def test_no_warning(generated: GeneratedClient, tally: Tally) -> None:
    """The generator takes everything: it prints nothing but what it does, and leaves no endpoint out."""
    assert (generated.code, generated.text.split()) == (0, ["Generating", str(generated.folder)]), generated.text
    expected = {f"{operation['tags'][0]}.{operation['operationId']}" for _, _, operation in operations()}
    assert generated.endpoints == expected
    tally.count(NAME, cases=len(expected))


def test_a_warning_would_be_seen(tmp_path: Path) -> None:
    """A fragment that it takes in parts is not passed over: here a constant that contradicts its type."""
    document = copy_fragment()
    del document["components"]["schemas"]["FailedEnvelope"]["allOf"][1]["properties"]["success"]["type"]
    fragment = tmp_path / "fragment.yaml"
    fragment.write_text(yaml.safe_dump(document), encoding="utf-8")
    generated = generate_client(fragment, tmp_path)
    assert generated.code != 0
    assert "WARNING" in generated.text


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(zones=[FULL, PAYGO], paygo_zones=[PAYGO], apps_per_zone=12, now=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as ours:
        yield ours


class Caller:
    """Calls the generated endpoints."""

    def __init__(self, generated: GeneratedClient, client: Any, tally: Tally) -> None:
        self._generated = generated
        self._client = client
        self._tally = tally
        self.models = generated.load("models")
        self.called: set[str] = set()

    async def envelope(self, endpoint: str, *ids: str, **arguments: Any) -> tuple[HTTPStatus, Any]:
        """Status and envelope of the response to a call, read by the generated models and written again."""
        module = self._generated.load(f"api.{endpoint}")
        response = await module.asyncio_detailed(*ids, client=self._client, **arguments)
        assert response.parsed is not None, response.content
        self.called.add(endpoint)
        written = normalize(response.parsed.to_dict())
        assert written == normalize(json.loads(response.content))
        self._tally.count(NAME, calls=1, cases=count_values(written))
        return response.status_code, written

    async def result(self, endpoint: str, *ids: str, **arguments: Any) -> Any:
        """The result of a call that succeeds."""
        status, envelope = await self.envelope(endpoint, *ids, **arguments)
        assert (status, envelope["success"]) == (HTTPStatus.OK, True)
        return envelope["result"]

    def body(self, values: dict[str, Any]) -> Any:
        """A request for an application."""
        return self.models.AppRequest.from_dict(values)


@pytest.fixture
async def caller(generated: GeneratedClient, sandbox: Sandbox, tally: Tally) -> AsyncIterator[Caller]:
    make_client = generated.load("client").AuthenticatedClient
    async with make_client(base_url=sandbox.url, token=sandbox.api_token) as client:
        yield Caller(generated, client, tally)


async def test_every_endpoint(generated: GeneratedClient, caller: Caller, ours: Client) -> None:
    """Each operation works through the generated client, loses nothing that was sent, and gives what ours gives."""
    metrics = [caller.models.Metric(name) for name in ("count", "durationAvg")]
    dimensions = [caller.models.Dimension(name) for name in ("event", "coloName")]
    window: dict[str, Any] = {
        "since": SINCE,
        "until": UNTIL,
        "filters": "event!=progress",
        "sort": ["-count"],
        "limit": 4,
    }

    for zone, body in (*((FULL, body) for body in APPS.values()), (PAYGO, PAYGO_APP)):
        created = await caller.result("apps.create_app", zone, body=caller.body(body))
        assert created == to_json_values(await ours.apps.get(zone, created["id"]))
        assert created == await caller.result("apps.get_app", zone, created["id"])
        changed = {**body, "dns": {**body["dns"], "name": f"new-{body['dns']['name']}"}}
        updated = await caller.result("apps.update_app", zone, created["id"], body=caller.body(changed))
        assert updated == to_json_values(await ours.apps.get(zone, created["id"]))
        assert {name: updated[name] for name in changed} == changed
        listed = await caller.result("apps.list_apps", zone, page=2, per_page=5)
        assert listed == to_json_values(await ours.apps.list(zone, page=2, per_page=5))
        assert await caller.result("apps.delete_app", zone, created["id"]) == {"id": created["id"]}

    [zone] = to_json_values(await ours.zones.list(name="zone1.example"))
    [listed] = await caller.result("zones.list_zones", name="zone1.example")
    assert {name: listed[name] for name in zone} == zone  # it keeps what the fragment leaves out
    assert await caller.result("protocols.list_protocols", FULL) == to_json_values(await ours.protocols.list(FULL))
    app_ids = [app.id for app in await ours.apps.list(FULL)][:1]  # several: see the last test
    assert await caller.result("analytics.get_current_aggregate", FULL, app_id=app_ids) == to_json_values(
        await ours.analytics.aggregate.current(FULL, app_ids=app_ids)
    )
    assert await caller.result(
        "analytics.get_zones_report", since=SINCE, until=UNTIL, cdn_traffic=False
    ) == to_json_values(await ours.analytics.zones.report(since=SINCE, until=UNTIL, cdn_traffic=False))
    assert await caller.result(
        "analytics.get_events_summary", FULL, metrics=metrics, dimensions=dimensions, **window
    ) == to_json_values(
        await ours.analytics.events.summary(
            FULL, metrics=["count", "durationAvg"], dimensions=["event", "coloName"], **window
        )
    )
    assert await caller.result(
        "analytics.get_events_by_time", FULL, time_delta=caller.models.TimeDelta("hour"), metrics=metrics, **window
    ) == to_json_values(
        await ours.analytics.events.bytime(FULL, time_delta="hour", metrics=["count", "durationAvg"], **window)
    )
    assert caller.called == generated.endpoints


async def test_a_failure(caller: Caller) -> None:
    """A refusal is read as the failed envelope that the fragment describes."""
    status, envelope = await caller.envelope("apps.get_app", FULL, NOBODY)
    assert (status, envelope["success"]) == (HTTPStatus.NOT_FOUND, False)
    assert [error["code"] for error in envelope["errors"]] == [10404]
    bad = {**APPS["plain"], "origin_direct": ["nonsense"]}
    status, envelope = await caller.envelope("apps.create_app", FULL, body=caller.body(bad))
    assert status == HTTPStatus.BAD_REQUEST
    assert envelope["errors"][0]["source"] == {"pointer": "/origin_direct/0"}


async def test_explode_is_passed_over(caller: Caller, sandbox: Sandbox) -> None:
    """The generator's fault: it repeats the key of every list, also of one that the fragment joins with commas.

    The sandbox takes that where Cloudflare's own SDKs send it, in reports; the identifiers of the current aggregate are
    one text there, so that none but the commas will do.
    """
    first, second = sandbox.app_ids(FULL)[:2]
    status, _ = await caller.envelope("analytics.get_current_aggregate", FULL, app_id=[first, second])
    assert (status, sandbox.requests[-1].query) == (HTTPStatus.BAD_REQUEST, f"appID={first}&appID={second}")
