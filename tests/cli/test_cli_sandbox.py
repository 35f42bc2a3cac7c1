"""``aiospectrum sandbox``: what it prints, and its injected faults."""

import asyncio
import io
import json
import re
import signal
import threading
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from aiospectrum.cli.sandbox_command import parse_faults
from aiospectrum.cli.usage_errors import UsageError
from aiospectrum.sandbox import Faults, Sandbox
from tests.cli.conftest import Interrupting


class Calling(io.StringIO):
    """A stream that calls the sandbox it reads about once, and then presses Ctrl-C."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 0
        self.caller: threading.Thread | None = None

    def write(self, text: str) -> int:
        written = super().write(text)
        if "CLOUDFLARE_API_TOKEN=" in text or '"api_token"' in text:
            # The sandbox runs in this thread, which is busy writing.
            self.caller = threading.Thread(target=self._call, args=(asyncio.get_running_loop(),))
            self.caller.start()
        return written

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        found = dict(re.findall(r"^export (\w+)=(.*)$", self.getvalue(), re.MULTILINE))
        headers = {"Authorization": f"Bearer {found['CLOUDFLARE_API_TOKEN']}"}
        request = Request(found["CLOUDFLARE_BASE_URL"], headers=headers)  # noqa: S310 - the scheme is http
        try:
            urlopen(request, timeout=30)  # noqa: S310 - the scheme is http
        except HTTPError as error:
            self.status = error.code
            error.close()
        finally:
            loop.call_soon_threadsafe(signal.raise_signal, signal.SIGINT)


class Logging(Calling):
    """The same, but it presses Ctrl-C when the request is in the log."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if "/client/v4" in text and "Sandbox" not in text and "export" not in text and "url" not in text:
            signal.raise_signal(signal.SIGINT)
        return written

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        found = dict(re.findall(r'(CLOUDFLARE_\w+|url|api_token)(?:=|":")([^\s"]+)', self.getvalue()))
        token = found.get("CLOUDFLARE_API_TOKEN") or found["api_token"]
        url = found.get("CLOUDFLARE_BASE_URL") or found["url"]
        path = f"{url}/zones/{'f' * 32}/spectrum/apps?page=1"
        request = Request(path, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - the scheme is http
        with suppress(OSError):
            try:
                urlopen(request, timeout=30).close()  # noqa: S310 - the scheme is http
            except HTTPError as error:
                error.close()


@pytest.mark.parametrize(
    ("options", "width", "line"),
    [
        ([], 200, rf"\d\d:\d\d:\d\d  403 +[\d,]+\.\d ms  GET /client/v4/zones/{'f' * 32}/spectrum/apps\?page=1"),
        ([], 80, r"\d\d:\d\d:\d\d  403 +[\d,]+\.\d ms  GET /client/v4/zones/ffff…ffff/spectrum/apps\?page=1"),
        (["--fault", "errors=1/500"], 200, r"\S+  500 +[\d,]+\.\d ms  error  GET /client/v4/zones/f+/spectrum/apps\S+"),
        (["--fault", "resets=1/before"], 200, r"\S+    - +[\d,]+\.\d ms  reset_before  GET /client/v4/\S+"),
    ],
    ids=["wide", "narrow", "error", "reset"],
)
def test_each_request_is_in_the_log(bare_cli: Any, options: list[str], width: int, line: str) -> None:
    """A line with time, status, milliseconds, fault, method and path, which fits the terminal."""
    out = Logging()
    outcome = bare_cli("sandbox", "--port", "0", "--log", *options, out=out, width=width)
    assert outcome.status == 0
    last = outcome.out.splitlines()[-1]
    assert re.fullmatch(line, last), last
    assert len(last) <= width
    if out.caller is not None:
        out.caller.join()


def test_the_log_for_programs(bare_cli: Any) -> None:
    """With `--json` each line is an object, the first one says what a program needs."""
    out = Logging()
    outcome = bare_cli("sandbox", "--port", "0", "--zones", "2", "--paygo", "1", "--log", "--json", out=out)
    first, request = map(json.loads, outcome.out.splitlines())
    assert [(zone["name"], zone["apps"], zone["paygo"]) for zone in first["zones"]] == [
        ("zone1.example", 5, False),
        ("zone2.example", 5, True),
    ]
    assert (request["method"], request["status"], request["fault"], request["query"]) == ("GET", 403, None, "page=1")
    assert request["ms"] >= 0
    if out.caller is not None:
        out.caller.join()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([], Faults(), id="none"),
        pytest.param(["latency=0.2"], Faults(latency=0.2), id="latency"),
        pytest.param(["latency=.1-2."], Faults(latency=(0.1, 2)), id="range of latency"),
        pytest.param(["errors=0.05"], Faults(error_rate=0.05), id="errors"),
        pytest.param(["errors=1/502"], Faults(error_rate=1, error_statuses=(502,)), id="errors of a status"),
        pytest.param(["errors=1/500,524"], Faults(error_rate=1, error_statuses=(500, 524)), id="errors of statuses"),
        pytest.param(["resets=0.02"], Faults(reset_rate=0.02), id="resets"),
        pytest.param(["resets=0.02/after"], Faults(reset_rate=0.02, reset_when="after"), id="resets after"),
        pytest.param(["resets=0.02/before"], Faults(reset_rate=0.02, reset_when="before"), id="resets before"),
        pytest.param(["hangs=0.01"], Faults(hang_rate=0.01), id="hangs"),
        pytest.param(["truncations=0.03"], Faults(truncate_rate=0.03), id="truncations"),
        pytest.param(["throttles=0.1"], Faults(throttle_rate=0.1), id="throttles"),
        pytest.param(["throttles=0.1/30"], Faults(throttle_rate=0.1, throttle_retry_after=30), id="throttles and wait"),
        pytest.param(["storm=60/5"], Faults(storm_every=60, storm_lasts=5), id="storm"),
        pytest.param(
            ["latency=0.2", "errors=0.05", "resets=0.02", "storm=60/5"],
            Faults(latency=0.2, error_rate=0.05, reset_rate=0.02, storm_every=60, storm_lasts=5),
            id="several",
        ),
    ],
)
def test_faults_are_parsed(texts: list[str], expected: Faults) -> None:
    """Each form gives its fields, and all together one value."""
    assert parse_faults(texts) == expected


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        pytest.param([""], "--fault : expected one of latency, errors, resets, hangs, ", id="empty"),
        pytest.param(["floods=1"], "--fault floods=1: expected one of latency, ", id="unknown"),
        pytest.param(["latency"], "--fault latency: expected latency=SECONDS or LOW-HIGH", id="no value"),
        pytest.param(["latency=-1"], "expected latency=SECONDS or LOW-HIGH", id="negative"),
        pytest.param(["latency=1e3"], "expected latency=SECONDS or LOW-HIGH", id="exponent"),
        pytest.param(["latency=2-1"], "--fault latency=2-1: latency is (2.0, 1.0); expected", id="range upside down"),
        pytest.param(["latency=" + "9" * 400], "latency is inf; expected", id="huge"),
        pytest.param(["errors=5%"], "expected errors=RATE or RATE/STATUS,STATUS", id="percent"),
        pytest.param(["errors=0.1/"], "expected errors=RATE or RATE/STATUS,STATUS", id="no status"),
        pytest.param(["errors=0.1/404"], "error_statuses is (404,); expected", id="bad status"),
        pytest.param(["errors=1.5"], "error_rate is 1.5; expected a share from 0 to 1", id="rate"),
        pytest.param(["errors=\u0661"], "expected errors=RATE", id="other digits"),
        pytest.param(["resets=0.1/later"], "expected resets=RATE or RATE/before, ", id="moment"),
        pytest.param(["hangs=0.1/1"], "expected hangs=RATE", id="too much"),
        pytest.param(["throttles=0.1/1.5"], "expected throttles=RATE or RATE/SECONDS", id="wait"),
        pytest.param(["storm=60"], "expected storm=EVERY/LASTS", id="half a storm"),
        pytest.param(["storm=5/60"], "storm_lasts is 60.0; expected less than storm_every", id="storm upside down"),
        pytest.param(["hangs=0.1", "hangs=0.2"], "--fault hangs=0.2: expected each fault once", id="twice"),
        pytest.param(["hangs=0.6", "errors=0.5"], "--fault: error_rate + ", id="more than all"),
    ],
)
def test_bad_faults_are_bad_usage(bare_cli: Any, texts: list[str], message: str) -> None:
    """A fault that is none, or makes no sense, is refused in one line with what was expected."""
    with pytest.raises(UsageError):
        parse_faults(texts)
    outcome = bare_cli("sandbox", *(word for text in texts for word in ("--fault", text)))
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert message in outcome.err


def test_the_help_has_every_form(bare_cli: Any) -> None:
    """Each fault is in the help with its form."""
    shown = " ".join(bare_cli("sandbox", "--help", width=1000).out.replace("│", " ").split())
    for form in ("latency=SECONDS or LOW-HIGH", "resets=RATE or RATE/before, RATE/after", "storm=EVERY/LASTS"):
        assert form in shown


def test_the_sandbox_injects_the_faults(bare_cli: Any) -> None:
    """The command lists the injected faults, and they happen."""
    out = Calling()
    outcome = bare_cli("sandbox", "--port", "0", "--fault", "errors=1/522", "--fault", "latency=0.0", out=out)
    assert out.caller is not None
    out.caller.join()
    assert (outcome.status, outcome.err) == (0, "stopped\n")
    assert "\nInjected faults: errors=1/522, latency=0.0\n" in outcome.out
    assert out.status == 522


@pytest.mark.parametrize(
    ("argv", "zones"),
    [
        pytest.param([], ["5 apps", "5 apps", "5 apps"], id="as it comes"),
        pytest.param(
            ["--zones", "2", "--apps-per-zone", "1", "--paygo", "1", "--no-rate-limit", "--seed", "7"],
            ["1 app", "1 app, pay as you go"],
            id="with options",
        ),
    ],
)
def test_the_sandbox_runs_until_ctrl_c(bare_cli: Any, argv: list[str], zones: list[str]) -> None:
    """It prints all that a client needs, and Ctrl-C is a normal end."""
    outcome = bare_cli("sandbox", "--port", "0", *argv, out=Interrupting("CLOUDFLARE_API_TOKEN="))
    lines = outcome.out.splitlines()
    assert (outcome.status, outcome.err) == (0, "stopped\n")
    assert [line.split(", ", 1)[1] for line in lines if ".example, " in line] == zones
    url = lines[0].split()[6].rstrip(",")
    assert lines[-2:] == [
        f"export CLOUDFLARE_BASE_URL={url}",
        "export CLOUDFLARE_API_TOKEN=sandbox-token-00000000000000000000000000",
    ]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        pytest.param("127.0.0.1", "ddress already in use", id="port in use"),
        pytest.param("a" * 64 + ".invalid", "", id="no host name"),
    ],
)
def test_an_address_that_cannot_be_had_is_a_line_and_1(bare_cli: Any, sandbox: Sandbox, host: str, reason: str) -> None:
    """A port in use or an impossible host is one line."""
    port = sandbox.url.split(":")[2].split("/")[0]
    outcome = bare_cli("sandbox", "--host", host, "--port", port)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert outcome.err.startswith(f"aiospectrum: cannot listen on {host}:{port}: ")
    assert reason in outcome.err
