"""The proxy of the command: what names it, for which hosts, and that its password is never printed."""

import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from aiospectrum.cli.proxies import find_proxy
from tests.cli.conftest import CommandLine

API = "https://api.cloudflare.com/client/v4"
PASSWORD = "pr0xy-pa55word"
ZONE = "0" * 32


class Proxy(socketserver.ThreadingTCPServer):
    """Takes requests for any host: refuses tunnels, and gives every other request an empty list."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heads: list[str] = []


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
        assert isinstance(self.server, Proxy)
        self.server.heads.append(head)
        body = json.dumps({"success": True, "errors": [], "messages": [], "result": []}).encode()
        status = "403 Forbidden" if head.startswith("CONNECT") else "200 OK"
        lines = [
            f"HTTP/1.1 {status}",
            "Connection: close",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("where", ["before the command", "after it", "in one word", "without a scheme"])
def test_the_option(proxy: Proxy, where: str) -> None:
    """`--proxy` stands before or after the command, and is used for whatever API."""
    cli = CommandLine(environ={"CLOUDFLARE_BASE_URL": "http://127.0.0.1:9", "CLOUDFLARE_API_TOKEN": "x" * 40})
    place = f"127.0.0.1:{proxy.server_address[1]}"
    words = {
        "before the command": ["--proxy", f"http://{place}", "protocols", ZONE],
        "after it": ["protocols", ZONE, "--proxy", f"http://me:{PASSWORD}@{place}"],
        "in one word": ["protocols", f"--proxy=http://{place}", ZONE],
        "without a scheme": ["protocols", ZONE, "--proxy", place],
    }[where]
    outcome = cli(*words, HTTPS_PROXY="http://127.0.0.1:1")
    assert outcome.status == 0, outcome.err
    [head] = proxy.heads
    assert head.startswith(f"GET http://127.0.0.1:9/zones/{ZONE}/spectrum/protocols ")
    assert PASSWORD not in outcome.out + outcome.err


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_environment(proxy: Proxy, name: str) -> None:
    """Each variable that other programs know leads to the proxy, which is asked for a tunnel."""
    cli = CommandLine(environ={"CLOUDFLARE_API_TOKEN": "x" * 40})
    outcome = cli("protocols", ZONE, **{name: f"http://me:{PASSWORD}@127.0.0.1:{proxy.server_address[1]}"})
    assert outcome.status == 1
    assert proxy.heads
    assert all(head.startswith("CONNECT api.cloudflare.com:443 ") for head in proxy.heads)
    assert PASSWORD not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("option", "environ", "base_url", "expected"),
    [
        pytest.param(None, {}, API, None, id="nothing"),
        pytest.param(None, {"HTTPS_PROXY": "http://a:1"}, API, ("HTTPS_PROXY", "http://a:1"), id="variable"),
        pytest.param("http://b", {"HTTPS_PROXY": "http://a"}, API, ("--proxy", "http://b"), id="the option first"),
        pytest.param(
            None, {"https_proxy": "http://a", "HTTPS_PROXY": "http://b"}, API, ("https_proxy", "http://a"), id="small"
        ),
        pytest.param(
            None, {"ALL_PROXY": "http://a", "HTTPS_PROXY": "http://b"}, API, ("HTTPS_PROXY", "http://b"), id="scheme"
        ),
        pytest.param(None, {"HTTPS_PROXY": " ", "ALL_PROXY": "http://b"}, API, ("ALL_PROXY", "http://b"), id="empty"),
        pytest.param(None, {"HTTP_PROXY": "http://a", "http_proxy": "http://a"}, API, None, id="of http"),
        pytest.param(None, {"HTTPS_PROXY": "a:3128"}, API, ("HTTPS_PROXY", "http://a:3128"), id="no scheme"),
        pytest.param(None, {"HTTPS_PROXY": "http://a"}, "http://127.0.0.1:8088/v4", None, id="this machine"),
        pytest.param(None, {"HTTPS_PROXY": "http://a"}, "http://localhost:8088/v4", None, id="localhost"),
        pytest.param(None, {"ALL_PROXY": "http://a"}, "http://[::1]:8088/v4", None, id="this machine in IPv6"),
        pytest.param(
            "http://b", {}, "http://127.0.0.1:8088/v4", ("--proxy", "http://b"), id="this machine by the option"
        ),
        pytest.param("", {"HTTPS_PROXY": "http://a"}, API, None, id="none by the option"),
        pytest.param(" http://b ", {}, API, ("--proxy", "http://b"), id="spaces"),
        pytest.param("http://b", {"NO_PROXY": "*"}, API, ("--proxy", "http://b"), id="the option whatever the host"),
        pytest.param(None, {"HTTPS_PROXY": "http://a"}, "https://[::1", None, id="no base URL"),
    ],
)
def test_which_one(option: str | None, environ: dict[str, str], base_url: str, expected: object) -> None:
    """The option, then the variables in small letters and capitals, the one of https first."""
    assert find_proxy(option, environ, base_url) == expected


@pytest.mark.parametrize(
    ("exceptions", "host", "goes_direct"),
    [
        ("*", "api.cloudflare.com", True),
        ("cloudflare.com", "api.cloudflare.com", True),
        (".cloudflare.com", "api.cloudflare.com", True),
        ("*.cloudflare.com", "api.cloudflare.com", True),
        ("example.com, API.Cloudflare.com ", "api.cloudflare.com", True),
        ("example.com api.cloudflare.com", "api.cloudflare.com", True),
        ("api.cloudflare.com:443", "api.cloudflare.com", True),
        ("api.cloudflare.com:8443", "api.cloudflare.com", False),
        ("api.cloudflare.com:8443", "api.cloudflare.com:8443", True),
        ("flare.com", "api.cloudflare.com", False),
        ("api.cloudflare.com.example", "api.cloudflare.com", False),
        ("", "api.cloudflare.com", False),
        (".", "api.cloudflare.com", False),
        (",, ,", "api.cloudflare.com", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("2001:db8::/32", "[2001:db8::5]", True),
        ("[2001:db8::5]", "[2001:db8::5]", True),
        ("10.0.0.0/8", "api.cloudflare.com", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_exceptions(name: str, exceptions: str, host: str, goes_direct: bool) -> None:
    """Names with all below them, addresses, networks, ports and everything."""
    environ = {"HTTPS_PROXY": "http://proxy.example", name: exceptions}
    assert (find_proxy(None, environ, f"https://{host}/client/v4") is None) is goes_direct


@pytest.mark.parametrize(
    "proxy", ["socks5://me:PASSWORD@a:1080", "ftp://me:PASSWORD@a", "http://me:PASSWORD@", "me:PASSWORD@a b"]
)
@pytest.mark.parametrize("source", ["--proxy", "HTTPS_PROXY", "all_proxy"])
def test_what_is_no_http_proxy_is_refused(source: str, proxy: str) -> None:
    """The message says what named it, and has no password; going direct instead could be against a rule."""
    cli = CommandLine(environ={"CLOUDFLARE_API_TOKEN": "x" * 40})
    url = proxy.replace("PASSWORD", PASSWORD)
    outcome = cli("protocols", ZONE, "--proxy", url) if source == "--proxy" else cli("protocols", ZONE, **{source: url})
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"aiospectrum: {source}: expected the URL of an HTTP proxy")
    assert PASSWORD not in outcome.err


@pytest.mark.parametrize(
    "url", ["http://me:PASSWORD@127.0.0.1:1", "me:PASSWORD@127.0.0.1:1", "http://me:PASS@WORD@127.0.0.1:1"]
)
def test_the_command_that_resumes_has_no_password(url: str, tmp_path: Any) -> None:
    """It names the proxy all the same."""
    cli = CommandLine(environ={"CLOUDFLARE_API_TOKEN": "x" * 40, "CLOUDFLARE_BASE_URL": "http://127.0.0.1:9"})
    out = ["--out", str(tmp_path), "--format", "csv"]
    outcome = cli("pull", "--proxy", url, "--zone", ZONE, "--since", "2024-05-07", "--until", "2024-05-08", *out)
    assert outcome.status == 1
    assert "--proxy 'http://me:…@127.0.0.1:1'" in outcome.err.splitlines()[-1]
    assert "PASS" not in outcome.out + outcome.err
    assert "WORD" not in outcome.out + outcome.err


def test_the_command_that_resumes_goes_direct_too(tmp_path: Any) -> None:
    """Where the option said so."""
    cli = CommandLine(environ={"CLOUDFLARE_API_TOKEN": "x" * 40, "CLOUDFLARE_BASE_URL": "http://127.0.0.1:9"})
    times = ["--since", "2024-05-07", "--until", "2024-05-08", "--out", str(tmp_path), "--format", "csv"]
    outcome = cli("pull", "--proxy=", "--zone", ZONE, *times, HTTPS_PROXY="socks5://a:1")
    assert outcome.status == 1
    assert "--proxy ''" in outcome.err.splitlines()[-1]


def test_the_help_says_so(bare_cli: Any) -> None:
    """That of the program names the option and the variables."""
    shown = " ".join(bare_cli("--help", width=1000).out.replace("│", " ").split())
    assert "--proxy" in shown
    assert all(name in shown for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"))


def test_the_sandbox_of_the_demo_needs_no_proxy(bare_cli: Any) -> None:
    """It is on this machine, whatever the environment says."""
    pytest.importorskip("pyarrow")
    assert (
        bare_cli("demo", "--zones", "1", "--proxy", "http://127.0.0.1:1", HTTPS_PROXY="http://127.0.0.1:1").status == 0
    )
