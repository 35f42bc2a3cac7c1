"""Schemathesis fuzzes the sandbox from the fragment: valid and invalid requests, alone and in chains that share an app.

schemathesis.toml has its settings, schemathesis_hooks.py what it cannot know from the fragment, with the reasons.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from aiospectrum.sandbox import Sandbox, run_in_thread
from tests.peers.conftest import Tally
from tests.spec.fragment import DOCUMENT, FOLDER, operations

ROOT = Path(__file__).parents[2]
SETTINGS = Path(__file__).with_name("schemathesis.toml")
ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
"""The identifier that the fragment has as its example, and another."""
ZONES = (ZONE, "6f1ed002ab5595859014ebf0951522d9")
OPERATIONS = {f"{method.upper()} {path}" for path, method, _ in operations()}
CHANGES = {
    "POST /zones/{zone_id}/spectrum/apps",
    "PUT /zones/{zone_id}/spectrum/apps/{app_id}",
}


@attrs.frozen
class Run:
    """What came of a run."""

    code: int
    """Exit code."""
    text: str
    """What it printed."""
    report: dict[str, Any]
    """What it wrote."""
    sandbox: Sandbox
    """What it fuzzed, stopped by now."""


def run_schemathesis(
    folder: Path, plan: str, *arguments: str, fragment: Path = FOLDER / "spectrum.openapi.yaml"
) -> Run:
    """Fuzz a new sandbox whose first zone is on a plan, `full` or `paygo`."""
    paygo = [ZONE] if plan == "paygo" else []
    with run_in_thread(Sandbox(zones=ZONES, apps_per_zone=40, paygo_zones=paygo, rate_limit=None)) as sandbox:
        apps = list(sandbox.app_ids(ZONE))
        settings, report = folder / "schemathesis.toml", folder / "report.json"
        identifiers = f"\n[dictionaries.zones]\nvalues = ['{ZONE}']\n\n[dictionaries.apps]\nvalues = {apps}\n"
        settings.write_text(SETTINGS.read_text(encoding="utf-8") + identifiers, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings)]
        command += ["run", str(fragment), "--url", sandbox.url, "--report-json-path", str(report), *arguments]
        known = {"SANDBOX_TOKEN": sandbox.api_token, "SANDBOX_APPS": ",".join(apps), "SANDBOX_PLAN": plan}
        done = subprocess.run(  # noqa: S603 - the tool under this interpreter
            command, cwd=ROOT, env=os.environ | known, capture_output=True, text=True, timeout=120
        )
    text = done.stdout + done.stderr
    assert report.exists(), text
    return Run(done.returncode, text, json.loads(report.read_text(encoding="utf-8")), sandbox)


def chains(sandbox: Sandbox) -> list[list[tuple[str, int | None]]]:
    """Methods and statuses in order, for each app that was created during the run."""
    seeded = set(Sandbox(zones=ZONES, apps_per_zone=40).app_ids(ZONE))
    found: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for request in sandbox.requests:
        _, _, app_id = request.path.partition("/spectrum/apps/")
        if app_id and app_id not in seeded:
            found[app_id].append((request.method, request.status))
    return list(found.values())


@pytest.mark.parametrize("plan", ["full", "paygo"])
def test_the_sandbox_is_what_the_fragment_says(plan: str, tmp_path: Path, tally: Tally) -> None:
    """No server error, no undocumented status, no response outside its schema, and links that lead where they say."""
    run = run_schemathesis(tmp_path, plan)

    assert run.code == 0, run.text
    cases = run.report["test_cases"]
    tally.count(f"schemathesis {version('schemathesis')}", calls=len(run.sandbox.requests), cases=cases["generated"])
    assert run.report["failures"] == []
    assert run.report["errors"] == []
    assert run.report["operations"]["tested"] == len(OPERATIONS)
    assert {phase: found["status"] for phase, found in run.report["phases"].items()} == dict.fromkeys(
        ("examples", "coverage", "fuzzing", "stateful"), "success"
    )
    assert cases["generated"] > 1_000
    assert cases["errored"] == 0
    assert {request.status for request in run.sandbox.requests} <= {200, *range(400, 500)}
    # Most bodies are refused before the stateful phase, as their fields do not agree with one another.
    assert {name: set(found) for name, found in run.report["warnings"].items() if found} == {
        "validation_mismatch": CHANGES
    }
    assert all(rates["fuzzing"]["accepted"] for name, rates in run.report["valid_rates"].items() if name not in CHANGES)
    walked = chains(run.sandbox)
    for method in ("GET", "PUT", "DELETE"):
        assert any((method, 200) in chain for chain in walked), method
    assert any(("DELETE", 200) in chain and chain[-1][1] == 404 for chain in walked)


def test_a_false_fragment_is_found_out(tmp_path: Path) -> None:
    """Responses with another schema, another status and another type do not pass."""
    document = json.loads(json.dumps(DOCUMENT))
    document["components"]["schemas"]["DeletedApp"]["required"] = ["id", "name"]
    document["components"]["schemas"]["Protocol"]["properties"]["ports"] = {"type": "string"}
    summary = document["paths"]["/zones/{zone_id}/spectrum/analytics/events/summary"]["get"]
    summary["responses"]["202"] = summary["responses"].pop("200")
    fragment = tmp_path / "fragment.yaml"
    fragment.write_text(yaml.safe_dump(document), encoding="utf-8")

    run = run_schemathesis(tmp_path, "full", "--phases", "examples", "--mode", "positive", fragment=fragment)

    assert run.code == 1, run.text
    assert {failure["type"]: set(failure["operations"]) for failure in run.report["failures"]} == {
        "JsonSchemaError": {
            "DELETE /zones/{zone_id}/spectrum/apps/{app_id}",
            "GET /zones/{zone_id}/spectrum/protocols",
        },
        "UndefinedStatusCode": {"GET /zones/{zone_id}/spectrum/analytics/events/summary"},
    }
