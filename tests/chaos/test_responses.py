"""Responses in good HTTP, read by the standard library."""

import json

import pytest

from tests.chaos import rate_limits, responses, steps
from tests.chaos.raw_client import request
from tests.chaos.reading import bytes_of, head_of
from tests.chaos.responses import ServerResponse, envelope, good


@pytest.mark.parametrize(
    ("play", "status_line", "content_type"),
    [
        pytest.param(good(), "HTTP/1.1 200 OK", "application/json", id="good"),
        pytest.param(good({"id": 1}, status=201), "HTTP/1.1 201 Created", "application/json", id="created"),
        pytest.param(responses.unsuccessful(), "HTTP/1.1 200 OK", "application/json", id="unsuccessful"),
        pytest.param(responses.html_error(), "HTTP/1.1 502 Bad Gateway", "text/html; charset=UTF-8", id="html"),
        pytest.param(responses.cloudflare_error(520), "HTTP/1.1 520", "text/plain; charset=UTF-8", id="520"),
        pytest.param(responses.cloudflare_error(530), "HTTP/1.1 530", "text/plain; charset=UTF-8", id="530"),
        pytest.param(responses.empty(), "HTTP/1.1 200 OK", "application/json", id="empty"),
        pytest.param(responses.redirect(307, "http://x/"), "HTTP/1.1 307 Temporary Redirect", None, id="redirect"),
        pytest.param(rate_limits.rate_limited("7"), "HTTP/1.1 429 Too Many Requests", "application/json", id="429"),
    ],
)
async def test_good_http(play: ServerResponse, status_line: str, content_type: str | None) -> None:
    """Responses in good HTTP have the status, the headers and the body that they say."""
    line, headers, body = head_of(await bytes_of(play))
    assert (line, headers["Content-Type"], headers["Date"]) == (status_line, content_type, responses.DATE)
    assert (body, headers["Content-Length"]) == (play.body, str(len(play.body)))
    assert "CF-Ray" in headers


async def test_no_content_has_no_framing() -> None:
    """A 204 has neither a Content-Length nor a Transfer-Encoding."""
    line, headers, body = head_of(await bytes_of(responses.no_content()))
    assert (line, body) == ("HTTP/1.1 204 No Content", b"")
    assert not {"content-length", "transfer-encoding"} & {name.lower() for name in headers}


def test_envelopes() -> None:
    """The envelope shows success or failure."""
    assert json.loads(envelope([1])) == {"success": True, "errors": [], "messages": [], "result": [1]}
    failed = json.loads(responses.unsuccessful((7003, "no route")).body)
    assert failed == {
        "success": False,
        "errors": [{"code": 7003, "message": "no route"}],
        "messages": [],
        "result": None,
    }


@pytest.mark.parametrize("status", responses.REDIRECT_STATUSES)
async def test_redirects(status: int) -> None:
    """A redirect says where to."""
    line, headers, _ = head_of(await bytes_of(responses.redirect(status, "http://127.0.0.1:9/x")))
    assert line.startswith(f"HTTP/1.1 {status} ")
    assert headers["Location"] == "http://127.0.0.1:9/x"


async def test_sets_cookies() -> None:
    """Cookies come in two headers."""
    _, headers, _ = head_of(await bytes_of(responses.set_cookie()))
    assert [each.partition("=")[0] for each in headers.get_all("Set-Cookie", [])] == ["__cf_bm", "__cflb"]


@pytest.mark.parametrize("kind", responses.STRANGE_VALUES)
async def test_strange_headers(kind: str) -> None:
    """A strange value is on the wire as it is."""
    received = await bytes_of(responses.strange_header(kind))
    assert b"X-Strange: " + responses.STRANGE_VALUES[kind].encode("latin-1") + b"\r\n" in received


@pytest.mark.parametrize("status", [200, 500])
async def test_echoes(status: int) -> None:
    """The echo has the request's secrets in its headers and its body."""
    received = await bytes_of(steps.echo(status), request("PUT", "Authorization: Bearer secret", body=b"mine"))
    line, headers, body = head_of(received)
    assert line.startswith(f"HTTP/1.1 {status} ")
    assert headers["X-Echo-Authorization"] == "Bearer secret"
    assert b"Bearer secret" in body
    assert b"mine" in body


@pytest.mark.parametrize("shape", rate_limits.RETRY_AFTERS)
async def test_retry_afters(shape: str) -> None:
    """A 429 has the Retry-After headers of its shape, as many as there are."""
    line, headers, _ = head_of(await bytes_of(rate_limits.retry_after(shape)))
    assert line.startswith("HTTP/1.1 429 ")
    expected = [each.strip() for each in rate_limits.RETRY_AFTERS[shape]]
    assert [each.strip() for each in headers.get_all("Retry-After", [])] == expected


@pytest.mark.parametrize("shape", rate_limits.RATE_LIMITS)
async def test_rate_limit_fields(shape: str) -> None:
    """A 429 has the RateLimit fields of its shape and no Retry-After."""
    _, headers, _ = head_of(await bytes_of(rate_limits.rate_limited_fields(shape)))
    assert "Retry-After" not in headers
    for name, value in rate_limits.RATE_LIMITS[shape]:
        assert value in headers.get_all(name, [])
