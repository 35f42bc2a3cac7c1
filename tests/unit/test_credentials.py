"""Exactly one scheme, checked early, never shown."""

import os
import pickle
import ssl
from typing import Any

import pytest

from aiospectrum import Client, CredentialsError, InvalidArgumentError
from aiospectrum._http.credentials import choose_credentials, credentials_from

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        pytest.param({"api_token": " tok \n"}, {"Authorization": "Bearer tok"}, id="token, stripped"),
        pytest.param({"api_token": "\ufefftok\r\n"}, {"Authorization": "Bearer tok"}, id="token of a file of Windows"),
        pytest.param(
            {"api_email": "a@b.example", "api_key": "k"}, {"X-Auth-Email": "a@b.example", "X-Auth-Key": "k"}, id="key"
        ),
    ],
)
def test_schemes(given: dict[str, str], headers: dict[str, str]) -> None:
    """Each scheme sends its own headers and no other."""
    chosen = choose_credentials(
        schemes=("api_token", "api_key"), **{"api_token": None, "api_email": None, "api_key": None, **given}
    )

    assert chosen.headers() == headers


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({}, "got none", id="none"),
        pytest.param({"api_key": SECRET}, "got api_key", id="key alone"),
        pytest.param({"api_email": "a@b.example"}, "got api_email", id="e-mail alone"),
        pytest.param({"api_token": SECRET, "api_key": SECRET}, "got api_token and api_key", id="both"),
        pytest.param(
            {"api_token": SECRET, "api_email": "a@b.example", "api_key": SECRET},
            "got api_token and api_email and api_key",
            id="all",
        ),
        pytest.param({"api_token": ""}, "api_token: expected printable ASCII", id="empty"),
        pytest.param({"api_token": f"{SECRET}\r\nX: y"}, "api_token: expected printable ASCII", id="line break"),
        pytest.param({"api_token": f"{SECRET}\0"}, "api_token: expected printable ASCII", id="nul"),
        pytest.param({"api_token": f'{SECRET}"'}, "without spaces, quotes and backslashes", id="quote"),
        pytest.param({"api_token": f"{SECRET}\\"}, "without spaces, quotes and backslashes", id="backslash"),
        pytest.param({"api_token": f"{SECRET} b"}, "api_token: expected printable ASCII", id="space"),
        pytest.param({"api_token": f"{SECRET}é"}, "api_token: expected printable ASCII", id="not ASCII"),
        pytest.param({"api_token": SECRET.encode()}, "api_token: expected a string, got bytes", id="bytes"),
    ],
)
def test_refusals(given: dict[str, str], message: str) -> None:
    """Anything but one complete scheme is refused, and the error does not show it."""
    with pytest.raises(CredentialsError) as caught:
        Client(**given)

    assert message in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"CLOUDFLARE_API_TOKEN": "t"}, {"api_token": "t"}, id="token"),
        pytest.param(
            {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_EMAIL": "e"}, {"api_token": "t"}, id="token and an e-mail"
        ),
        pytest.param(
            {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_EMAIL": "e", "CLOUDFLARE_API_KEY": "k"},
            {"api_token": "t"},
            id="all three",
        ),
        pytest.param(
            {"CLOUDFLARE_API_TOKEN": " ", "CLOUDFLARE_EMAIL": "e", "CLOUDFLARE_API_KEY": "k"},
            {"api_email": "e", "api_key": "k"},
            id="key",
        ),
    ],
)
def test_environment(environ: dict[str, str], expected: dict[str, str]) -> None:
    """A token wins, and a blank variable is as good as none."""
    assert credentials_from(environ, ("api_token", "api_key")) == expected


@pytest.mark.parametrize(
    ("environ", "got"),
    [
        ({}, "got none of them"),
        ({"CLOUDFLARE_EMAIL": "e"}, "got CLOUDFLARE_EMAIL"),
        ({"CLOUDFLARE_API_KEY": SECRET}, "got CLOUDFLARE_API_KEY"),
    ],
)
def test_environment_without_credentials(environ: dict[str, str], got: str) -> None:
    """The error names the variables that would do."""
    with pytest.raises(CredentialsError) as caught:
        Client.from_env(environ)

    for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY", got):
        assert name in str(caught.value)
    assert SECRET not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    """Neither the client nor its parts show a credential."""
    client = Client(api_token=SECRET)

    assert SECRET not in repr(client)
    assert SECRET not in repr(vars(client))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": "ftp://example.com"}, "base_url: expected an http or https URL"),
        ({"base_url": "https://"}, "base_url: expected an http or https URL"),
        ({"base_url": "https://example.com?x=1"}, "base_url: expected an http or https URL"),
        ({"base_url": "https://example.com/#x"}, "base_url: expected an http or https URL"),
        ({"base_url": "https://example.com/ x"}, "base_url: expected an http or https URL"),
        ({"base_url": "https://exämple.com/"}, "base_url: expected an http or https URL"),
        ({"base_url": 4}, "base_url: expected an http or https URL"),
        ({"base_url": f"https://me:{SECRET}@example.com"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://x:notaport"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://x:99999"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://[::1"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://x/?"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://x/#"}, "base_url: expected an http or https URL"),
        ({"base_url": "http://x\\y"}, "base_url: expected an http or https URL"),
        ({"rate_limit": 3}, "rate_limit: expected a RateLimit, a limiter such as Limiter(), or None, got 3"),
        ({"on_attempt": 3}, "on_attempt: expected a function or None, got 3"),
        ({"max_body_bytes": 0}, "max_body_bytes: expected an integer of 1 or more, got 0"),
        ({"base_url": "http://example.com"}, "base_url: expected https, as http would send credentials unencrypted"),
        ({"base_url": "http://128.0.0.1"}, "base_url: expected https, as http would send credentials unencrypted"),
        ({"proxy": "socks5://x"}, "proxy: expected an http or https URL, or None"),
        ({"proxy": f"ftp://me:{SECRET}@x"}, "proxy: expected an http or https URL, or None"),
        ({"ssl_context": False}, "ssl_context: expected an object of the class SSLContext, got False"),
        pytest.param(
            {"ssl_context": ssl._create_unverified_context()},  # noqa: S323 - wrong on purpose
            "ssl_context: expected a context that verifies",
            id="context that does not verify",
        ),
        ({"retry": 3}, "retry: expected an object of the class RetryPolicy, got 3"),
        ({"session": "x"}, "session: expected an object of the class ClientSession, got 'x'"),
        pytest.param({"timeout": 10**400}, "timeout: expected a number of seconds greater than 0", id="huge timeout"),
        ({"timeout": 0}, "timeout: expected a number of seconds greater than 0, a Timeouts or None, got 0"),
        ({"timeout": float("nan")}, "timeout: expected a number of seconds greater than 0"),
        ({"timeout": "5"}, "timeout: expected a number of seconds greater than 0"),
        ({"timeout": True}, "timeout: expected a number of seconds greater than 0"),
        ({"connector_limit": 0}, "connector_limit: expected an integer of 1 or more, got 0"),
        ({"connector_limit": 1.5}, "connector_limit: expected an integer of 1 or more, got 1.5"),
        ({"connector_limit": True}, "connector_limit: expected an integer of 1 or more, got True"),
        ({"user_agent": "a\r\nX: y"}, "user_agent: expected printable ASCII text"),
        ({"user_agent": " "}, "user_agent: expected printable ASCII text"),
        ({"user_agent": 4}, "user_agent: expected printable ASCII text, got 4"),
        ({"user_agent": "é"}, "user_agent: expected printable ASCII text"),
    ],
    ids=str,
)
def test_settings_are_checked(settings: dict[str, object], message: str) -> None:
    """A wrong setting is refused when the client is made, not when it is used."""
    with pytest.raises(InvalidArgumentError) as caught:
        Client(api_token="t", **settings)  # type: ignore[arg-type]  # wrong on purpose

    assert str(caught.value).startswith(message)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "environ", [os.environb, [("CLOUDFLARE_API_TOKEN", SECRET)], SECRET], ids=["bytes", "pairs", "text"]
)
def test_an_environment_of_something_else(environ: Any) -> None:
    """Only a mapping of texts can be asked for variables."""
    with pytest.raises(
        InvalidArgumentError, match=r"^environ: expected a mapping of texts, such as os\.environ"
    ) as caught:
        Client.from_env(environ)
    assert SECRET not in str(caught.value)


def test_from_env_takes_settings() -> None:
    """The base URL comes from the argument, else from the environment, else it is Cloudflare's."""
    environ = {"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_BASE_URL": "http://127.0.0.1:1/v4/"}

    assert Client.from_env(environ).base_url == "http://127.0.0.1:1/v4"
    assert Client.from_env(environ, base_url="https://example.com", timeout=None).base_url == "https://example.com"
    assert Client.from_env({"CLOUDFLARE_API_TOKEN": "t"}).base_url == "https://api.cloudflare.com/client/v4"


def test_from_env_reads_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mapping the variables of the process count."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "t")
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "https://example.com/here")

    assert Client.from_env().base_url == "https://example.com/here"


@pytest.mark.parametrize(
    "base_url",
    ["http://localhost:1", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "https://example.com"],
)
def test_base_urls(base_url: str) -> None:
    """Https anywhere, and http on this machine."""
    assert Client(api_token="t", base_url=base_url + "/").base_url == base_url


def test_http_can_be_allowed() -> None:
    """Http to another machine has to be allowed."""
    assert Client(api_token="t", base_url="http://example.com", allow_http=True).base_url == "http://example.com"


def test_a_context_that_verifies() -> None:
    """A context of one's own is taken as long as it verifies."""
    Client(api_token="t", ssl_context=ssl.create_default_context())


def test_credentials_are_not_pickled() -> None:
    """A client does not carry its credentials into a file or another process."""
    with pytest.raises(TypeError, match="credentials are not pickled"):
        pickle.dumps(Client(api_token=SECRET))
