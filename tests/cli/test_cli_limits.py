"""One rate limit for several runs of the command: by a file, or by a server, whose password is never printed."""

import socket
from pathlib import Path
from typing import Any

import pytest

from aiospectrum import FileLimiter, RateLimit
from aiospectrum.sandbox import Sandbox
from tests import redis_server

PASSWORD = "hunter2000hunter"
TIMES = ("--since", "2024-05-07", "--until", "2024-05-08", "--format", "csv")


def sent(path: Path) -> int:
    """How many requests a file has counted."""
    return int.from_bytes(path.read_bytes()[32:40], "little")


@pytest.mark.parametrize("where", ["before the command", "after it", "in one word"])
def test_a_file_for_all_commands(cli: Any, sandbox: Sandbox, tmp_path: Path, where: str) -> None:
    """Each command that calls the API counts its requests there, one after another."""
    path = tmp_path / "token.limit"
    option = [f"--limit-file={path}"] if where == "in one word" else ["--limit-file", str(path)]
    zone = sandbox.zones[0]
    commands = [["protocols", zone], ["apps", "list", zone], ["current", zone, "--json"]]
    for number, words in enumerate(commands, 1):
        outcome = cli(*option, *words) if where == "before the command" else cli(*words, *option)
        assert outcome.status == 0, outcome.err
        assert sent(path) == number


def test_a_pull_and_its_resume_command(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """A pull counts in the file under its own limit, and the command that resumes it names the file."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "token.limit"
    argv = ["pull", "--zone", sandbox.zones[0], "--zone", "f" * 32, *TIMES, "--out", str(tmp_path / "out")]
    outcome = cli(*argv, "--rate-limit", "600/300", "--limit-file", str(path))
    assert outcome.status == 1, "there is no such zone"
    assert sent(path) >= 2
    assert f"--limit-file {path}" in outcome.err.splitlines()[-1]
    FileLimiter(path, RateLimit(requests=600))

    other = cli(*argv, "--limit-file", str(path))
    assert other.status == 2
    assert "--limit-file: limit: expected the limit of" in other.err
    assert "600 requests per 300 s" in other.err


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        pytest.param(
            ["--limit-file", "a", "--limit-url", "redis://a"], {}, "--limit-file or --limit-url, got both", id="both"
        ),
        pytest.param(["--limit-file", "/nowhere/a"], {}, "--limit-file: expected a file", id="no folder"),
        pytest.param(["--limit-file", ""], {}, "--limit-file: expected", id="no file"),
        pytest.param(["--limit-url", f"http://:{PASSWORD}@a"], {}, "--limit-url: expected", id="another scheme"),
        pytest.param(["--limit-url", f"redis://:{PASSWORD}@a:b"], {}, "--limit-url: expected", id="no port"),
        pytest.param(["--limit-url", f"redis://:{PASSWORD}/@a"], {}, "--limit-url: expected", id="not escaped"),
        pytest.param(["--limit-url", PASSWORD], {}, "--limit-url: expected", id="no URL"),
        pytest.param(
            [], {"AIOSPECTRUM_LIMIT_URL": f"http://:{PASSWORD}@a"}, "AIOSPECTRUM_LIMIT_URL: expected", id="a variable"
        ),
        pytest.param(["--limit-url", "redis://a", "--limit-name", "a b"], {}, "--limit-name: expected", id="a name"),
        pytest.param(["--limit-name", "a"], {}, "--limit-name: expected --limit-url", id="a name alone"),
    ],
)
def test_bad_usage(cli: Any, sandbox: Sandbox, words: list[str], environ: dict[str, str], said: str) -> None:
    """It is refused by the name of the option or variable, before anything is sent, without what may be a password."""
    pytest.importorskip("redis")
    outcome = cli("protocols", sandbox.zones[0], *words, **environ)
    assert (outcome.status, outcome.out) == (2, "")
    assert said in outcome.err
    assert PASSWORD not in outcome.err
    assert sandbox.requests == []


def test_a_server_that_is_gone(cli: Any, sandbox: Sandbox) -> None:
    """The command fails by an error that says which server, and not its password."""
    pytest.importorskip("redis")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"redis://me:{PASSWORD}@127.0.0.1:{unused.getsockname()[1]}/0"
        for outcome in (
            cli("protocols", sandbox.zones[0], "--limit-url", url),
            cli("protocols", sandbox.zones[0], AIOSPECTRUM_LIMIT_URL=url),
        ):
            assert (outcome.status, outcome.out) == (1, "")
            assert "the rate limit's server redis://127.0.0.1:" in outcome.err
            assert PASSWORD not in outcome.err
    assert sandbox.requests == []
    for words in (["--limit-url", ""], ["--limit-url="]):
        assert cli("protocols", sandbox.zones[0], *words, AIOSPECTRUM_LIMIT_URL=url).status == 0


@pytest.mark.skipif(redis_server.PROGRAM is None, reason="redis-server is not installed")
def test_a_server_for_all_commands(cli: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """Commands count their requests on the server, a name for each token; a resume command hides the password."""
    pytest.importorskip("pyarrow")
    redis = pytest.importorskip("redis")
    with redis_server.running(tmp_path, PASSWORD) as server:
        zone = sandbox.zones[0]
        assert cli("protocols", zone, "--limit-url", server.url).status == 0
        assert cli("protocols", zone, "--limit-name", "mine", AIOSPECTRUM_LIMIT_URL=server.url).status == 0
        argv = ["pull", "--zone", zone, "--zone", "f" * 32, *TIMES, "--out", str(tmp_path / "out")]
        outcome = cli(*argv, "--limit-url", server.url, "--limit-name", "mine")
        assert "--limit-name mine" in outcome.err.splitlines()[-1]
        assert PASSWORD not in outcome.err + outcome.out
        with redis.Redis.from_url(server.url) as client:
            counts = [client.zcard(f"aiospectrum:{{{name}}}:sent") for name in ("default", "mine")]
        assert counts[0] == 1
        assert counts[1] >= 3
