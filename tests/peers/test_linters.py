"""The fragment before a linter of OpenAPI that is not ours."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.peers.conftest import Tally
from tests.peers.node import ENVIRONMENT, FOLDER, FRAGMENT, find_tool, label

PACKAGE: Final = "@redocly/cli"


def lint(document: Path) -> dict[str, Any]:
    """What Redocly finds in a document by the rules of redocly.yaml."""
    command = [*find_tool(PACKAGE, "redocly"), "lint", "--format=json", f"--config={FOLDER / 'redocly.yaml'}"]
    done = subprocess.run(  # noqa: S603 - a tool of this folder
        [*command, str(document)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == (found["totals"]["errors"] == 0)
    return found


def test_redocly_finds_nothing(tally: Tally) -> None:
    """By its strict rules the fragment has no error and no warning, and none is ignored."""
    found = lint(FRAGMENT)

    assert found["problems"] == []
    assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}
    tally.count(label(PACKAGE, "redocly lint"), cases=1)


def drop_operation_id(document: dict[str, Any]) -> None:
    del document["paths"]["/zones/{zone_id}/spectrum/protocols"]["get"]["operationId"]


def drop_failures(document: dict[str, Any]) -> None:
    del document["paths"]["/zones/{zone_id}/spectrum/protocols"]["get"]["responses"]["4XX"]


def break_example(document: dict[str, Any]) -> None:
    document["components"]["parameters"]["Limit"]["example"] = "many"


def leave_unused(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Unused"] = {"type": "string", "description": "Nothing."}


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        pytest.param(drop_operation_id, "operation-operationId", id="no operationId"),
        pytest.param(drop_failures, "operation-4xx-response", id="no failure"),
        pytest.param(break_example, "no-invalid-parameter-examples", id="wrong example"),
        pytest.param(leave_unused, "no-unused-components", id="unused schema"),
    ],
)
def test_redocly_finds_damage(damage: Any, rule: str, tmp_path: Path, tally: Tally) -> None:
    """The same rules find what is wrong with a damaged copy."""
    document = yaml.safe_load(FRAGMENT.read_text())
    damage(document)
    damaged = tmp_path / "damaged.yaml"
    damaged.write_text(yaml.safe_dump(document, sort_keys=False))

    found = lint(damaged)

    assert {each["ruleId"] for each in found["problems"]} == {rule}
    tally.count(label(PACKAGE, "redocly lint"), cases=1)
