"""A real Prometheus scrapes the exporter, and its tool has nothing against the metrics and the files of the guide."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from aiospectrum.sandbox import Faults, Sandbox, run_in_thread
from tests.docs.pages import ROOT, blocks_of
from tests.peers.conftest import Tally
from tests.prometheus_server import PROGRAM, PROMTOOL, running

pytestmark = pytest.mark.skipif(
    PROGRAM is None or PROMTOOL is None, reason="prometheus is not installed (apt-get install prometheus)"
)

DASHBOARD: Final = ROOT / "examples" / "grafana" / "aiospectrum.json"
FILES: Final = {block.file: block.text for block in blocks_of(ROOT / "docs" / "guides" / "prometheus.md")}
"""What is on the page of the guide, by the names of the files."""


def promtool(*words: str, given: str | None = None) -> str:
    """Run Prometheus' own tool, which finds nothing wrong; gives what it says."""
    assert PROMTOOL is not None
    done = subprocess.run(  # noqa: S603 - a program that is installed
        [PROMTOOL, *words], input=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def version() -> str:
    """The name and version of the outsider."""
    return " ".join(promtool("--version").split(" (")[0].replace(", version", "").split())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Three zones with traffic."""
    with run_in_thread(Sandbox(zones=3, seed=7)) as sandbox:
        yield sandbox


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    """The metrics of an exporter of all zones, which calls for each every second."""
    words = ["-m", "aiospectrum", "exporter", "--port=0", "--every=1", "--names"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**environ, "CLOUDFLARE_BASE_URL": sandbox.url, "CLOUDFLARE_API_TOKEN": sandbox.api_token},
    )
    assert process.stdout is not None
    try:
        yield re.findall(r"http://\S+/metrics", process.stdout.readline())[0]
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 143
        process.stdout.close()


def test_a_scrape(sandbox: Sandbox, url: str, tmp_path: Path, tally: Tally, version: str) -> None:
    """All series arrive with their names, and each panel has some; those of zones that fail go, and come again."""
    target = url.removeprefix("http://").removesuffix("/metrics")
    text = FILES["prometheus.yml"].replace("127.0.0.1:9199", target).replace("60s", "1s")
    config = tmp_path / "prometheus.yml"
    config.write_text(text, encoding="utf-8")
    (tmp_path / "spectrum-rules.yml").write_text(FILES["spectrum-rules.yml"], encoding="utf-8")
    with running(config, tmp_path / "data") as server:
        apps = server.wait_for("spectrum_app_connections", 15)
        assert {each["metric"]["zone_id"] for each in apps} == {*sandbox.zones}
        assert {each["metric"]["zone"] for each in apps} == {"zone1.example", "zone2.example", "zone3.example"}
        assert all(each["metric"]["app"].endswith(each["metric"]["zone"]) for each in apps)
        assert [each["value"][1] for each in server.wait_for("spectrum_zone_up", 3)] == ["1"] * 3
        answered = 0
        for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
            for each in panel["targets"]:
                expression = each["expr"].replace("$zone", ".*").replace("$__rate_interval", "1m")
                found = server.ask("query", query=expression)
                assert found is not None, expression
                assert found["result"] or panel["title"] in ("Failures", "Requests to the API"), expression
                answered += 1
        sandbox.faults = Faults(error_rate=1, error_statuses=(500,))
        failed = server.wait_for("sum by (kind) (spectrum_zone_failures_total)", 1)
        assert failed[0]["metric"]["kind"] == "ServerError"
        server.wait_for("spectrum_app_connections", 0)
        sandbox.faults = Faults()
        server.wait_for("spectrum_app_connections", 15)
        assert [group["name"] for group in server.ask("rules")["groups"]] == ["spectrum"]
    tally.count(version, calls=1, cases=answered + len(apps))


@pytest.mark.parametrize("accept", ["text/plain", "text/plain;version=1.0.0;escaping=allow-utf-8"])
def test_the_metrics_are_clean(sandbox: Sandbox, url: str, accept: str, tally: Tally, version: str) -> None:
    """`promtool check metrics` reads them, and has nothing to say about names, units and helps."""
    with urlopen(url, timeout=30) as response:  # noqa: S310 - the scheme is http
        metrics = response.read().decode()
    assert promtool("check", "metrics", given=metrics) == ""
    tally.count(version, cases=len(re.findall("^# TYPE", metrics, flags=re.MULTILINE)))


def test_the_files_of_the_guide(tmp_path: Path, tally: Tally, version: str) -> None:
    """`promtool check config` takes the configuration and the rules for alerts that it names."""
    for name in ("prometheus.yml", "spectrum-rules.yml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    said = promtool("check", "config", str(tmp_path / "prometheus.yml"))
    assert "SUCCESS: 3 rules found" in said
    tally.count(version, cases=2)
