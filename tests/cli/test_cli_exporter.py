"""``aiospectrum exporter``: what it serves, how it begins, and how it ends."""

import asyncio
import gzip
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time as real_time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import attrs
import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from aiospectrum.cli.exporter_command import _served
from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import FakeTime, Interrupting, environ_of_process

HOSTILE = "zone\x1b[31m\nspectrum_zone_up 7"


@attrs.define
class Answer:
    """What the exporter responded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def samples(self) -> dict[tuple[str, ...], float]:
        """The samples by name and the values of the labels, sorted by their names."""
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.body.decode())
            for sample in family.samples
        }

    def apps(self) -> set[tuple[str, ...]]:
        """The labels app, app_id, zone and zone_id of applications."""
        return {key[1:] for key in self.samples() if key[0] == "spectrum_app_connections"}


@attrs.define
class Exporter:
    """A process of the command."""

    process: subprocess.Popen[str]
    line: str
    """What it printed first."""

    @property
    def address(self) -> tuple[str, int]:
        found = re.search(r"http://([\w.]+):(\d+)/metrics", self.line)
        assert found is not None, self.line
        return found[1], int(found[2])

    def get(self, path: str = "/metrics", **headers: str) -> Answer:
        """Ask it for a page."""
        connection = HTTPConnection(*self.address, timeout=30)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            response: HTTPResponse = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def wait(self, condition: Callable[[Answer], bool]) -> Answer:
        """Scrape until it is as it should be."""
        deadline = real_time.monotonic() + 60
        while not condition(answer := self.get()):
            assert real_time.monotonic() < deadline, answer.body.decode()
            real_time.sleep(0.02)
        return answer

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop it; gives the exit status and what it said on the standard error."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


Start = Callable[..., Exporter]


@pytest.fixture
def start(sandbox: Sandbox) -> Iterator[Start]:
    """Start exporters on ports of their own, none of which outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*words: str, **environ: str) -> Exporter:
        of_sandbox = {"CLOUDFLARE_BASE_URL": sandbox.url, "CLOUDFLARE_API_TOKEN": sandbox.api_token}
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-W", "error", "-m", "aiospectrum", "exporter", "--port=0", "--every=1", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environ_of_process(**{**of_sandbox, "PYTHONUNBUFFERED": "1", **environ}),
        )
        started.append(process)
        assert process.stdout is not None
        return Exporter(process, process.stdout.readline())

    yield start_one
    for each in started:
        if each.poll() is None:
            each.kill()
        each.communicate()


def test_it_serves_what_it_fetched(start: Start, sandbox: Sandbox) -> None:
    """All zones of the credentials with their names; scrapes call nothing; the other pages; and no token anywhere."""
    exporter = start()
    url = f"http://127.0.0.1:{exporter.address[1]}/metrics"
    assert exporter.line == f"Metrics of 3 zones on {url}, each called for every 1 s, until Ctrl-C\n"
    answer = exporter.wait(lambda answer: len({labels[3] for labels in answer.apps()}) == 3)
    assert {(zone, name) for _, _, name, zone in answer.apps()} == {
        (zone_id, sandbox.zone_name(zone_id)) for zone_id in sandbox.zones
    }
    assert {labels[0] for labels in answer.apps()} == {""}, "host names are not looked up without --names"
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert exporter.get("/").body == b"aiospectrum exporter: the metrics are at /metrics\n"
    assert exporter.get("/healthz").body == b"ok\n"
    assert (exporter.get("/nothing").status, exporter.get("/metrics?name[]=x").status) == (404, 200)
    status, err = exporter.end()
    assert (status, err) == (143, "aiospectrum: terminated by SIGTERM\n")
    assert sandbox.api_token not in answer.body.decode()
    assert {request.path.rsplit("/", 1)[1] for request in sandbox.requests} == {"zones", "current"}


def test_forms_that_are_asked_for(start: Start) -> None:
    """OpenMetrics, text, compressed or not; what makes no sense gives the plain form."""
    exporter = start()
    opened = exporter.get(Accept="application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    assert opened.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert opened.body.endswith(b"# EOF\n")
    packed = exporter.get(Accept_Encoding="deflate, gzip;q=1.0")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"\nspectrum_exporter_interval_seconds 1.0\n" in gzip.decompress(packed.body)
    for encoding in ("gzip;q=0", "gzip; Q=0.000", "identity, gzip ; q=0", "x-gzip-not"):
        assert "Content-Encoding" not in exporter.get(Accept_Encoding=encoding).headers, encoding
    for accept in ("text/plain;version=x", "*/*", "\xff", "application/openmetrics-text;version=x"):
        odd = exporter.get(Accept=accept)
        assert (odd.status, "Content-Encoding" in odd.headers) == (200, False), accept
    with socket.create_connection(exporter.address, timeout=30) as garbage:
        garbage.sendall(b"\x00\x01 garbage\r\n\r\n")
        assert b" 400 " in garbage.recv(1000)
    assert exporter.end() == (143, "aiospectrum: terminated by SIGTERM\n")


def test_names_and_zones_of_a_file(start: Start, sandbox: Sandbox, tmp_path: Any) -> None:
    """Zones by id and by name; with `--names` the series have names from the start."""
    file = tmp_path / "zones.txt"
    file.write_text(f"{sandbox.zones[0].upper()}\nzone2.example # the second\n", encoding="utf-8")
    exporter = start("--zones-file", str(file), "--names")
    answer = exporter.wait(lambda answer: len({labels[3] for labels in answer.apps()}) == 2)
    assert {(name, zone) for _, _, name, zone in answer.apps()} == {
        ("zone1.example", sandbox.zones[0]),
        ("zone2.example", sandbox.zones[1]),
    }
    assert all(app.endswith(f".{zone}") for app, _, zone, _ in answer.apps())


def test_a_zone_that_fails(start: Start, sandbox: Sandbox) -> None:
    """It shows in the metrics, and once on the standard error; the others are served as before."""
    exporter = start("--zone", sandbox.zones[0], "--zone", "f" * 32)
    failures = ("spectrum_zone_failures_total", "PermissionDeniedError", "", "f" * 32)
    samples = exporter.wait(lambda answer: answer.samples().get(failures, 0) >= 2).samples()
    assert samples["spectrum_zone_up", "", sandbox.zones[0]] == 1
    assert samples["spectrum_zone_up", "", "f" * 32] == 0
    assert samples["spectrum_zone_age_seconds", "", "f" * 32] == float("inf")
    status, err = exporter.end(signal.SIGINT)
    first, *rest = err.splitlines()
    assert (status, rest) == (0, ["stopped"])
    assert first.startswith(f"1 of 2 zones failed, such as {'f' * 32}: GET ")


def test_an_api_that_says_nothing(start: Start, sandbox: Sandbox) -> None:
    """Scrapes and signals have a response all the same."""
    sandbox.faults = Faults(hang_rate=1)
    exporter = start("--zone", sandbox.zones[0])
    assert exporter.get("/healthz").status == 200
    assert exporter.get().apps() == set()
    began = real_time.monotonic()
    assert exporter.end()[0] == 143
    assert real_time.monotonic() - began < 15  # with time for a busy machine; the limit is that of a response, a second


async def test_scrapers_that_are_gone() -> None:
    """What they asked for while others were served is not made for nobody."""
    count, began, goes_on = 0, asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def render(accept: str, takes_gzip: bool) -> tuple[bytes, str]:
        nonlocal count
        count += 1
        loop.call_soon_threadsafe(began.set)
        goes_on.wait(30)
        return b"", "text/plain"

    async with _served("127.0.0.1", 0, render) as url, ClientSession() as session:
        stays = asyncio.ensure_future(session.get(url))
        await began.wait()
        before = len(asyncio.all_tasks())
        port = URL(url).port
        gone = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(10)]
        for writer in gone:
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        while len(asyncio.all_tasks()) < before + len(gone):  # noqa: ASYNC110 - the server says it to nobody
            await asyncio.sleep(0.01)
        for writer in gone:
            writer.transport.abort()
        async with session.get(URL(url).with_path("/healthz")) as response:  # after all of them
            assert response.status == 200
        goes_on.set()
        async with await stays, session.get(url) as last:
            assert last.status == 200
    assert count == 2


@pytest.mark.skipif(os.name == "nt", reason="other addresses")
def test_a_host_that_others_reach(start: Start, sandbox: Sandbox) -> None:
    """It is said on the standard error, with `--quiet` and `--json` too."""
    exporter = start("--zone", sandbox.zones[0], "--host=0.0.0.0", "--quiet", "--json")
    found = json.loads(exporter.line)
    assert found == {"url": found["url"], "zones": 1, "interval_seconds": 1}
    assert exporter.end()[1].splitlines()[0] == (
        "warning: whoever reaches 0.0.0.0 can read the traffic and the names of the zones, without a password"
    )


def test_a_port_in_use_is_a_line_and_1(cli: Any, sandbox: Sandbox) -> None:
    """It says what to do."""
    port = sandbox.url.split(":")[2].split("/")[0]
    outcome = cli("exporter", "--port", port, "--zone", sandbox.zones[0])
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith(f"aiospectrum: cannot listen on 127.0.0.1:{port}: ")
    assert outcome.err.endswith("; choose others with --host and --port\n")


def test_zones_that_cannot_be_listed_end_it(cli: Any, sandbox: Sandbox) -> None:
    """At the start, as there is nothing to serve."""
    outcome = cli("exporter", "--port", "0", CLOUDFLARE_API_TOKEN="x" * 40)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert "/zones" in outcome.err


class Scraping(io.StringIO):
    """A stream that scrapes the exporter it reads about again and again, and presses Ctrl-C when it has seen enough."""

    def __init__(self, is_enough: Callable[[Answer], bool]) -> None:
        super().__init__()
        self.is_enough = is_enough
        self.last: Answer | None = None
        self.thread: threading.Thread | None = None

    def write(self, text: str) -> int:
        written = super().write(text)
        if "http://" in text:
            self.thread = threading.Thread(target=self._scrape, args=(Exporter(None, text),))  # type: ignore[arg-type]
            self.thread.start()
        return written

    def _scrape(self, exporter: Exporter) -> None:
        try:
            self.last = exporter.wait(self.is_enough)
        finally:
            os.kill(os.getpid(), signal.SIGINT)


def test_texts_of_the_api(serve_results: Callable[[Mapping[str, Any]], Any]) -> None:
    """Names with ends of lines are escaped, a zone without a proper id is left out, a token sent back is hidden."""
    token, zone = "x" * 40, "a" * 32
    cli = serve_results(
        {
            "/zones": [
                {"id": zone, "name": HOSTILE, "status": "active"},
                {"id": "../nowhere", "name": "odd.example", "status": "active"},
            ],
            f"/zones/{zone}/spectrum/analytics/aggregate/current": [
                {"appID": f"{token}", "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 4}
            ],
        }
    )
    out = Scraping(lambda answer: bool(answer.apps()))
    outcome = cli("exporter", "--port", "0", out=out)
    assert out.thread is not None
    out.thread.join()
    assert (outcome.status, outcome.err) == (0, "stopped\n")
    assert outcome.out.startswith("Metrics of 1 zone on ")
    assert out.last is not None
    assert token not in out.last.body.decode()
    [(_, app_id, name, found)] = out.last.apps()
    assert (name, found) == (HOSTILE, zone)
    assert "redacted" in app_id.lower()


def test_zones_are_listed_anew(serve_results: Callable[[Mapping[str, Any]], Any], time: FakeTime) -> None:
    """Every hour: one that is gone leaves the metrics; a list that fails leaves them as they are."""
    zones = [{"id": letter * 32, "name": f"{letter}.example", "status": "active"} for letter in "abc"]
    traffic = [{"appID": "1" * 32, "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 4}]
    results: dict[str, Any] = {"/zones": zones}
    for zone in zones:
        results[f"/zones/{zone['id']}/spectrum/analytics/aggregate/current"] = traffic
    err, seen = io.StringIO(), list[int]()

    def is_enough(answer: Answer) -> bool:
        found = {name for _, _, name, _ in answer.apps()}
        if len(found) == 3 and not seen:
            results["/zones"] = zones[:1]
            seen.append(3)
        if found == {"a.example"} and seen == [3]:
            del results["/zones"]
            seen.append(1)
        return "the zones stay as they are: " in err.getvalue() and len(found) == 1

    out = Scraping(is_enough)
    cli = serve_results(results)
    outcome = cli("exporter", "--port", "0", "--every", "600", out=out, err=err, time=time)
    assert out.thread is not None
    out.thread.join()
    assert (outcome.status, seen, outcome.err.splitlines()[-1]) == (0, [3, 1], "stopped")


def test_without_the_package(cli: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how to install it."""
    monkeypatch.delitem(sys.modules, "aiospectrum.prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.setitem(sys.modules, "prometheus_client.core", None)
    outcome = cli("exporter", "--zone", sandbox.zones[0])
    assert (outcome.status, outcome.out, sandbox.requests) == (2, "", [])
    assert outcome.err.endswith("needs the package prometheus-client: pip install 'aiospectrum[prometheus]'\n")


def test_ctrl_c_at_once(cli: Any, sandbox: Sandbox) -> None:
    """As soon as it has printed where it is."""
    outcome = cli("exporter", "--port", "0", "--zone", "zone1.example", out=Interrupting("Metrics of"))
    assert (outcome.status, outcome.err) == (0, "stopped\n")
    assert outcome.out.startswith("Metrics of 1 zone on http://127.0.0.1:")


def test_ctrl_c_while_zones_are_looked_up(cli: Any, sandbox: Sandbox) -> None:
    """It ends as later on."""
    sandbox.faults = Faults(hang_rate=1)

    def stop() -> None:
        deadline = real_time.monotonic() + 60
        while not sandbox.requests and real_time.monotonic() < deadline:
            real_time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    thread.start()
    outcome = cli("exporter", "--port", "0", "--zone", "zone1.example")
    thread.join()
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "stopped\n")
