"""Errors explained: what Spectrum's codes mean, for the routes and statuses that they come from."""

import json
import pickle
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import DNS, AppRequest, BadRequestError, Client, PermissionDeniedError, ResponseError, Unchecked
from aiospectrum._generated import analytics, apps, protocols, zones
from aiospectrum._http.record import HTTPResponse
from aiospectrum._http.response import read_response
from aiospectrum.routes import Route
from aiospectrum.sandbox import Sandbox
from tests.records import make_call

CODES = {
    400: [10012, 11000, 11001, 11002, 11004, 11033, 11034, *range(11041, 11046), 11050, 12005, 13002, 16001],
    403: [11014, 11018, 11019, 11026],
    409: [13002],
    500: [10002],
    503: [10002],
    200: [11000],
}
"""The codes of Cloudflare's page by the status that they come with; 409 is the sandbox's, and 200 was seen."""


def error_of(route: Route[Any], status: int, *codes: int) -> ResponseError:
    """The error of a response with some codes."""
    body = {"success": False, "errors": [{"code": code, "message": "no"} for code in codes]}
    response = HTTPResponse(status=status, headers=CIMultiDictProxy(CIMultiDict()), body=json.dumps(body).encode())
    with pytest.raises(ResponseError) as caught:
        read_response(make_call(route), response)
    return caught.value


@pytest.mark.parametrize(("status", "code"), [(status, code) for status, codes in CODES.items() for code in codes])
def test_known_codes_have_a_hint(status: int, code: int) -> None:
    """It ends the error's text, and says what to do after what the code means."""
    for route in (apps.CREATE_APP, apps.UPDATE_APP):
        error = error_of(route, status, code)
        assert len(error.hint) > 40
        assert str(error).endswith(f"{code} no; {error.hint}")
        assert pickle.loads(pickle.dumps(error)).hint == error.hint  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        (apps.CREATE_APP, 400, 10400),
        (apps.CREATE_APP, 403, 11000),
        (apps.GET_APP, 400, 10002),
        (analytics.GET_EVENTS_SUMMARY, 400, 11000),
        (protocols.LIST_PROTOCOLS, 400, 10012),
        (zones.LIST_ZONES, 400, 11001),
    ],
)
def test_codes_of_other_products_have_none(route: Route[Any], status: int, code: int) -> None:
    """The same number means something else at another endpoint, or with another status."""
    assert error_of(route, status, code).hint == ""


def test_each_code_is_explained_once() -> None:
    """A response may have one code many times, and very many codes."""
    hint = error_of(apps.CREATE_APP, 400, 11000).hint
    assert error_of(apps.CREATE_APP, 400, 11000, 11000, 7).hint == hint
    assert error_of(apps.CREATE_APP, 400, *CODES[400]).hint.count(": ") == 3


def test_what_to_check_comes_before_the_hint() -> None:
    """A permission that the token lacks, and a feature that the plan lacks, are told apart."""
    assert isinstance(error_of(apps.CREATE_APP, 403, 11026), PermissionDeniedError)
    assert "permission Zone Settings" not in str(error_of(apps.CREATE_APP, 403, 11026))


async def test_a_refused_create_is_explained() -> None:
    """What is sent unchecked, the API refuses."""
    request = AppRequest(
        protocol="tcp/22",
        dns=DNS(name="ssh.zone1.example"),
        origin_direct=[Unchecked("tcp://2001:db8::1:22")],
    )
    async with Sandbox(apps_per_zone=0) as sandbox, Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
        with pytest.raises(BadRequestError, match=r"; .*IPv6 addresses in brackets") as caught:
            await client.apps.create(sandbox.zones[0], request)
    assert caught.value.hint in str(caught.value)
