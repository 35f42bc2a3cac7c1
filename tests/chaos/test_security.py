"""Where requests go, and what goes with them: redirects, cookies, proxies, the environment."""

from pathlib import Path
from typing import Final

import aiohttp
import pytest

from aiospectrum import Client, RedirectError, RetryPolicy, SpectrumError
from tests.chaos.responses import REDIRECT_STATUSES, ServerResponse, redirect, set_cookie
from tests.chaos.server import ChaosServer
from tests.conftest import APP, TOKEN, ZONE
from tests.generated.test_endpoints import REQUEST

ONCE: Final = RetryPolicy(max_attempts=1)
CREDENTIALS: Final = {
    "token": {"api_token": TOKEN},
    "key": {"api_email": "somebody@example.com", "api_key": "k3y-of-the-tests"},
}


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize("status", REDIRECT_STATUSES)
async def test_redirects_are_not_followed(status: int, credentials: dict[str, str]) -> None:
    """No redirect makes the client connect elsewhere, let alone with credentials, and the error says where to."""
    async with ChaosServer() as elsewhere, ChaosServer(rest=redirect(status, f"{elsewhere.url}/x")) as server:
        async with Client(base_url=server.url, retry=ONCE, **credentials) as client:
            for call in (
                client.apps.list(ZONE),
                client.apps.get(ZONE, APP),
                client.apps.update(ZONE, APP, REQUEST),
                client.apps.delete(ZONE, APP),
                client.apps.create(ZONE, REQUEST),
            ):
                with pytest.raises(RedirectError, match="which is not followed") as caught:
                    await call
                assert caught.value.location == f"{elsewhere.url}/x"
        assert (elsewhere.connections, server.attempts) == ([], 5)


async def test_cookies_are_not_kept() -> None:
    """Cookies that a response sets are not sent back."""
    async with ChaosServer(rest=set_cookie()) as server, Client(api_token=TOKEN, base_url=server.url) as client:
        for _ in range(2):
            await client.protocols.list(ZONE)
        assert [request.values("Cookie") for request in server.requests] == [[], []]


async def test_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor a password is taken from the environment."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password hidden\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with ChaosServer() as proxy, ChaosServer() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with Client(api_token=TOKEN, base_url=server.url) as client:
            await client.protocols.list(ZONE)
        assert proxy.connections == []
        assert server.requests[0].values("Authorization") == [f"Bearer {TOKEN}"]


async def test_a_proxy_that_was_given() -> None:
    """The proxy that is given is used, and its password goes to it alone."""
    async with ChaosServer() as proxy:
        origin = proxy.url.removesuffix("/client/v4")
        async with Client(
            api_token=TOKEN,
            base_url="http://api.example/v4",
            allow_http=True,
            proxy=origin.replace("//", "//user:hidden@"),
            retry=ONCE,
        ) as client:
            await client.protocols.list(ZONE)
        (request,) = proxy.requests
        assert request.target == f"http://api.example/v4/zones/{ZONE}/spectrum/protocols"
        assert "hidden" not in repr(client)


PROXY_LOGINS: Final = {
    "": [],
    "me:pa%7Ess%2Fw0rd@": ["Basic bWU6cGF+c3MvdzByZA=="],
    "me:p@ssw0rd@": ["Basic bWU6cEBzc3cwcmQ="],
    "only-a-key@": ["Basic b25seS1hLWtleTo="],
    ":pa55w0rd@": ["Basic OnBhNTV3MHJk"],
    "m%C3%A9:%C3%A9%E9@": ["Basic bcOpOsOp6Q=="],
}
"""What a proxy is sent for each beginning of its URL."""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
@pytest.mark.parametrize(("login", "expected"), PROXY_LOGINS.items(), ids=["none", *filter(None, PROXY_LOGINS)])
@pytest.mark.parametrize("is_borrowed", [False, True], ids=["own", "borrowed"])
async def test_each_is_sent_its_own_credentials(
    is_borrowed: bool, login: str, expected: list[str], credentials: dict[str, str], scheme: str
) -> None:
    """The login of a proxy goes to it with each request, and with a CONNECT nothing of the API's does."""
    async with (
        ChaosServer(rest=ServerResponse(name="refused", status=407)) as proxy,
        aiohttp.ClientSession() as session,
        Client(
            base_url=f"{scheme}://api.example/v4",
            allow_http=True,
            proxy=proxy.url.removesuffix("/client/v4").replace("//", f"//{login}"),
            retry=ONCE,
            session=session if is_borrowed else None,
            **credentials,
        ) as client,
    ):
        for _ in range(2):
            with pytest.raises(SpectrumError):
                await client.protocols.list(ZONE)
        for request in proxy.requests:
            assert request.method == ("GET" if scheme == "http" else "CONNECT")
            assert request.values("Proxy-Authorization") == expected
            secrets = [
                each for name in ("Authorization", "X-Auth-Key", "X-Auth-Email") for each in request.values(name)
            ]
            assert len(secrets) == (len(credentials) if scheme == "http" else 0)
            assert not login or login[:-1].encode() not in request.raw
