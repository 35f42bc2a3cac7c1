"""What Schemathesis is given in addition to the fragment, in its own process; see schemathesis.toml.

Requests are led to applications that exist, and the bodies of the stateful phase obey the rules that a JSON schema does
not express. Failures that are none are passed over, each for a reason that is given there.
"""

import itertools
import os
from typing import Any, Final

import requests
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

from tests.peers.acceptable_apps import make_acceptable

EXAMPLE: Final = "023e105f4ecef8ad9ca31a8372d0c353"
"""The identifier that the fragment has as its example."""
APPS: Final = itertools.cycle(os.environ["SANDBOX_APPS"].split(","))
IS_PAYGO: Final = os.environ["SANDBOX_PLAN"] == "paygo"
UNEXPRESSED: Final = ("sort", "filters", "since", "until", "time_delta", "limit", "page")
"""Query parameters with rules that a JSON schema does not express: `sort` names what is requested, `filters` is a
language, times are in order, intervals are not too many, and every server has a greatest number."""
STRANGERS: Final = {None: (400, 9106), "Bearer short": (400, 6003), f"Bearer {'x' * 40}": (403, 9109)}
"""How Cloudflare refuses requests by their Authorization header."""

_called_by_strangers: Final[set[str]] = set()


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Put an application that exists for the fragment's example, and an acceptable body into a stateful step."""
    if case.path_parameters.get("app_id") == EXAMPLE:
        case.path_parameters["app_id"] = next(APPS)
    is_bad = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    if is_stateful(case) and isinstance(case.body, dict) and not is_bad:
        case.body = make_acceptable(case.body, paygo=IS_PAYGO)


@schemathesis.hook
def filter_failure(context: schemathesis.HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure is one."""
    match failure:
        case AcceptedNegativeData():
            return not is_list_without_page(case)
        case RejectedPositiveData():
            return not breaks_unexpressed_rule(case, response)
    return True


@schemathesis.check
def strangers_are_refused(context: schemathesis.CheckContext, response: Response, case: Case[Any]) -> None:
    """The same request with bad credentials is refused; once for each operation."""
    name = operation_id(case)
    if not 200 <= response.status_code < 300 or name in _called_by_strangers:
        return
    _called_by_strangers.add(name)
    for authorization, expected in STRANGERS.items():
        headers = {**response.request.headers, "Authorization": authorization}
        response = requests.request(
            str(response.request.method),
            str(response.request.url),
            headers={key: value for key, value in headers.items() if value is not None},
            data=response.request.body,
            timeout=10,
        )
        found = response.status_code, response.json()["errors"][0]["code"]
        assert found == expected, f"{name} with Authorization: {authorization} gives {found}, not {expected}"


def is_list_without_page(case: Case[Any]) -> bool:
    """The API ignores the other parameters of a list, whatever their values, unless `page` is there."""
    return operation_id(case) == "list_apps" and "page" not in (case.query or {})


def breaks_unexpressed_rule(case: Case[Any], response: Response) -> bool:
    """Fields of an application have to agree with one another, and so have parameters of a report.

    Applications of the stateful phase do agree with themselves, so that only two rules can be in their way: one keeps
    its DNS type (11004), and a pay-as-you-go plan has one for each protocol (11034).
    """
    if response.status_code != 400:
        return False
    errors = response.json()["errors"]
    if operation_id(case) in ("create_app", "update_app"):
        return not is_stateful(case) or all(error["code"] in (11004, 11034) for error in errors)
    openings = tuple(f"query parameter {name!r} " for name in UNEXPRESSED)
    return all(error["message"].startswith(openings) for error in errors)


def is_stateful(case: Case[Any]) -> bool:
    """Whether a request is a step of several that belong together."""
    return case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL


def operation_id(case: Case[Any]) -> str:
    """The operation's name in the fragment."""
    return str(case.operation.definition.raw["operationId"])
