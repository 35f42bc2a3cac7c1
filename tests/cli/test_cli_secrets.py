"""No password of a URL, nor anything else that is secret, is in what the command prints."""

import urllib.parse
from typing import Any

import pytest

from aiospectrum.sandbox import Sandbox
from tests.leaks import found_in

pytest.importorskip("fsspec")
from tests.bulk.telling import FAILURES, Telling, register

TIMES = ("--since", "2024-05-07", "--until", "2024-05-08", "--format", "csv")
PASSWORDS = {
    "plain": "hunter-2000",
    "at": "hunter@2000@x",
    "slash": "hunter/2000/x",
    "question mark": "hunter?2000?x",
    "hash": "hunter#2000#x",
    "percent": "hunter%2000%25x%",
    "space": "hunter 2000 x",
    "colon": "hunter:2000:x",
    "all": "@hunter:20/00?x=#%25 y&@z",
    "number": "20002000/hunter",
    "encoded": "hunter%2F2000%40x",
}


@pytest.fixture(autouse=True)
def _telling() -> None:
    register()


def shown(texts: dict[str, str], password: str) -> list[str]:
    """Which texts have a password, what it stands for, or the word that is in all of them."""
    return found_in(texts, (password, urllib.parse.unquote(password), "hunter"), halves=False)


@pytest.mark.parametrize("fails_with", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_passwords_of_out(cli: Any, sandbox: Sandbox, password: str, fails_with: Any) -> None:
    """Neither what is said at the start and the end, nor an error, nor the command that resumes it shows one."""
    Telling.fails_with = fails_with
    argv = ["pull", "--zone", sandbox.zones[0], "--zone", "f" * 32, *TIMES]
    for words in (["--out", f"telling://me:{password}@host/data"], [f"--out=telling://me:{password}@host/data"]):
        for terminal in (False, True):
            outcome = cli(*argv, *words, terminal=terminal)
            assert outcome.status in (1, 2)
            assert shown({"out": outcome.out, "err": outcome.err}, password) == []
    files = {path: file.getvalue().decode("latin-1") for path, file in Telling.store.items()}
    assert shown({**files, "paths": " ".join(files)}, password) == []


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--out", "nope://me:{}@host/x"], id="a scheme that nobody knows"),
        pytest.param(["--out", "memory://me:{}@host/*"], id="a pattern"),
        pytest.param(["--out", "memory://host/x", "--uot=memory://me:{}@host/x"], id="a misspelled option"),
        pytest.param(["--out", "memory://host/x", "memory://me:{}@host/x"], id="too many arguments"),
        pytest.param(["--out", "memory://a/b", "--format", "memory://me:{}@host/x"], id="a wrong option"),
        pytest.param(["--out", "sftp://me:{}@127.0.0.1:1/x"], id="a package that is not installed"),
        pytest.param(["--out", "simplecache::sftp://me:{}@127.0.0.1:1/x"], id="a chain"),
        pytest.param(["--out", "memory://a/b", "--zones-file", "memory://me:{}@host/x"], id="a file that is a URL"),
    ],
)
def test_bad_usage_does_not_repeat_passwords(cli: Any, sandbox: Sandbox, words: list[str], password: str) -> None:
    """However an argument with a URL is refused."""
    outcome = cli("pull", "--zone", sandbox.zones[0], *TIMES, *[word.replace("{}", password) for word in words])
    assert outcome.status == 2
    assert shown({"out": outcome.out, "err": outcome.err}, password) == []


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--proxy", "http://me:{}@127.0.0.1:1"], id="a URL"),
        pytest.param(["--proxy=me:{}@127.0.0.1:1"], id="a host"),
        pytest.param(["--proxy", "socks5://me:{}@127.0.0.1:1"], id="another scheme"),
        pytest.param(["--proxi=me:{}@127.0.0.1:1"], id="a misspelled option"),
        pytest.param(["me:{}@127.0.0.1:1"], id="no option"),
        pytest.param(["--proxy", "me:{}@127.0.0.1:1", "--proxy", "me:{}@127.0.0.1:2"], id="twice"),
    ],
)
def test_passwords_of_proxies(cli: Any, sandbox: Sandbox, words: list[str], password: str) -> None:
    """However a proxy is named, and whatever is wrong with that; and where the environment names it."""
    argv = ["pull", "--zone", sandbox.zones[0], *TIMES, "--out", "telling://host/data"]
    proxy = words[0].partition("=")[2] or words[-1]
    environ = {"ALL_PROXY": proxy.replace("{}", password), "CLOUDFLARE_BASE_URL": "https://api.example/v4"}
    for outcome in (cli(*argv, *[word.replace("{}", password) for word in words]), cli(*argv, **environ)):
        assert outcome.status in (1, 2)
        assert shown({"out": outcome.out, "err": outcome.err}, password) == []


def test_signed_urls(cli: Any, sandbox: Sandbox) -> None:
    """The values of a query are no less secret."""
    Telling.fails_with = FAILURES["text"]
    url = "telling://host/data?X-Amz-Signature=0123abcdef4567&token=hunter-2000"
    outcome = cli("pull", "--zone", sandbox.zones[0], *TIMES, "--out", url)
    assert found_in({"out": outcome.out, "err": outcome.err}, ("0123abcdef4567", "hunter-2000")) == []


def test_secrets_of_the_environment(cli: Any, sandbox: Sandbox) -> None:
    """An error that repeats what a back end was given by the environment does not show it either."""
    Telling.fails_with = lambda url: OSError("refused: AKIA, wJalrXUtnFEMI%2FK7MDENG, http://me:hunter-2000@proxy")
    environ = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG", "HTTPS_PROXY": "http://me:hunter-2000@proxy:8080"}
    outcome = cli("pull", "--zone", sandbox.zones[0], *TIMES, "--out", "telling://host/data", **environ)
    assert "data: refused: AKIA, [redacted], http://[redacted]@proxy; " in outcome.err
    assert "hunter-2000" not in outcome.err


def test_the_command_that_resumes(cli: Any) -> None:
    """It keeps all of a URL but the password."""
    argv = ["pull", "--zone", "f" * 32, *TIMES, "--out", "telling://me:hunter-2000@host/data"]
    assert cli(*argv).err.endswith(
        f"aiospectrum pull --zone {'f' * 32} --format csv --out 'telling://me:…@host/data' "
        "--since 2024-05-07T00:00:00Z --until 2024-05-08T00:00:00Z\n"
    )
