"""The operations of the fragment: all that is known of the API, exactly."""

import re
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator

from tests.spec.fragment import (
    DIMENSIONS,
    DOCUMENT,
    METRICS,
    SCHEMAS,
    operations,
    parameters,
    resolve,
    rules,
    validator,
)

APPS = "/zones/{zone_id}/spectrum/apps"
EVENTS = "/zones/{zone_id}/spectrum/analytics/events"
AGGREGATE = "/zones/{zone_id}/spectrum/analytics/aggregate"
COLUMNS = "count|bytes(In|E)gress|duration(Avg|Median|90th|99th)|event|appID|coloName|ipVersion"
CLAUSE = r"(event|appID|coloName|ipVersion) *([=!<>]=|[<>]) *[A-Za-z0-9_.:-]+"
FILTERS = f"^ *{CLAUSE}(( *[,;] *| +(AND|OR) +){CLAUSE})* *$"
REPORT_PARAMETERS = ["metrics", "dimensions", "since", "until", "filters", "sort", "limit"]


@attrs.frozen(kw_only=True)
class Endpoint:
    """One row of the table of endpoints."""

    name: str
    method: str
    path: str
    query: tuple[str, ...] = ()
    body: str | None = None
    result: object
    permission: str


ENDPOINTS = [
    Endpoint(
        name="list_zones",
        method="get",
        path="/zones",
        query=("name", "status", "page", "per_page"),
        result=["Zone"],
        permission="Zone Read",
    ),
    Endpoint(
        name="list_apps",
        method="get",
        path=APPS,
        query=("page", "per_page", "direction", "order"),
        result=["App"],
        permission="Zone Settings Read",
    ),
    Endpoint(
        name="create_app",
        method="post",
        path=APPS,
        body="AppRequest",
        result="App",
        permission="Zone Settings Write",
    ),
    Endpoint(name="get_app", method="get", path=f"{APPS}/{{app_id}}", result="App", permission="Zone Settings Read"),
    Endpoint(
        name="update_app",
        method="put",
        path=f"{APPS}/{{app_id}}",
        body="AppRequest",
        result="App",
        permission="Zone Settings Write",
    ),
    Endpoint(
        name="delete_app",
        method="delete",
        path=f"{APPS}/{{app_id}}",
        result="DeletedApp",
        permission="Zone Settings Write",
    ),
    Endpoint(
        name="list_protocols",
        method="get",
        path="/zones/{zone_id}/spectrum/protocols",
        result=["Protocol"],
        permission="Zone Settings Read",
    ),
    Endpoint(
        name="get_current_aggregate",
        method="get",
        path=f"{AGGREGATE}/current",
        query=("appID", "colo_name"),
        result=["CurrentAggregate"],
        permission="Analytics Read",
    ),
    Endpoint(
        name="get_events_by_time",
        method="get",
        path=f"{EVENTS}/bytime",
        query=("time_delta", *REPORT_PARAMETERS),
        result="ReportByTime",
        permission="Analytics Read",
    ),
    Endpoint(
        name="get_events_summary",
        method="get",
        path=f"{EVENTS}/summary",
        query=tuple(REPORT_PARAMETERS),
        result="ReportSummary",
        permission="Analytics Read",
    ),
    Endpoint(
        name="get_zones_report",
        method="get",
        path="/user/spectrum_analytics/zones/report",
        query=("since", "until", "cdn_traffic"),
        result=["ZoneUsage"],
        permission="User Details Read",
    ),
]

QUERY_PARAMETERS = [
    ("list_zones", "name", {"type": "string"}),
    ("list_zones", "status", {"type": "string", "enum": ["initializing", "pending", "active", "moved"]}),
    ("list_zones", "page", {"type": "integer", "minimum": 1, "default": 1}),
    ("list_zones", "per_page", {"type": "integer", "minimum": 5, "maximum": 50, "default": 20}),
    ("list_apps", "page", {"type": "integer", "minimum": 1}),
    ("list_apps", "per_page", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
    ("list_apps", "direction", {"type": "string", "enum": ["asc", "desc"], "default": "asc"}),
    (
        "list_apps",
        "order",
        {"type": "string", "enum": ["protocol", "app_id", "created_on", "modified_on", "dns"], "default": "dns"},
    ),
    ("get_current_aggregate", "appID", {"type": "array", "minItems": 1, "items": "Identifier"}),
    (
        "get_current_aggregate",
        "colo_name",
        {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[A-Za-z0-9]+$"},
    ),
    (
        "get_events_by_time",
        "time_delta",
        {"type": "string", "enum": ["year", "quarter", "month", "week", "day", "hour", "dekaminute", "minute"]},
    ),
    *(
        (operation, name, schema)
        for operation in ("get_events_by_time", "get_events_summary")
        for name, schema in (
            ("metrics", {"type": "array", "minItems": 1, "items": {"type": "string", "enum": METRICS}}),
            ("dimensions", {"type": "array", "minItems": 1, "items": {"type": "string", "enum": DIMENSIONS}}),
            ("since", {"type": "string", "format": "date-time"}),
            ("until", {"type": "string", "format": "date-time"}),
            ("filters", {"type": "string", "minLength": 1, "pattern": FILTERS}),
            (
                "sort",
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "pattern": f"^[+-]?({COLUMNS})$"},
                },
            ),
            ("limit", {"type": "integer", "minimum": 1}),
        )
    ),
    ("get_zones_report", "since", {"type": "string", "format": "date-time"}),
    ("get_zones_report", "until", {"type": "string", "format": "date-time"}),
    ("get_zones_report", "cdn_traffic", {"type": "boolean"}),
]


def by_endpoint(endpoint: Endpoint) -> str:
    """The id of a test."""
    return endpoint.name


def result_of(operation: Mapping[str, Any]) -> object:
    """Name of the result's schema, in a list if the result is an array."""
    schema = resolve(operation["responses"]["200"])["content"]["application/json"]["schema"]
    result = schema["allOf"][1]["properties"]["result"]
    if result.get("type") == "array":
        return [result["items"]["$ref"].rsplit("/", maxsplit=1)[1]]
    return result["$ref"].rsplit("/", maxsplit=1)[1]


def test_there_are_eleven_operations() -> None:
    """No more and no fewer than the table has."""
    found = {(operation["operationId"], method, path) for path, method, operation in operations()}
    assert found == {(each.name, each.method, each.path) for each in ENDPOINTS}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=by_endpoint)
def test_an_operation_is_as_in_the_table(endpoint: Endpoint) -> None:
    """Query parameters in their order, body, result and permission."""
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method]
    assert tuple(parameters(endpoint.name)) == endpoint.query
    assert result_of(operation) == endpoint.result
    assert operation["x-permission"] == endpoint.permission
    body = resolve(operation.get("requestBody", {}))
    assert body.get("required", False) == (endpoint.body is not None)
    schema = body.get("content", {}).get("application/json", {}).get("schema")
    assert schema == (endpoint.body and {"$ref": f"#/components/schemas/{endpoint.body}"})


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=by_endpoint)
def test_path_parameters_are_identifiers(endpoint: Endpoint) -> None:
    """Each placeholder is a required parameter, which has the form of an identifier."""
    shared = [resolve(node) for node in DOCUMENT["paths"][endpoint.path].get("parameters", [])]
    assert [node["name"] for node in shared] == re.findall(r"{(\w+)}", endpoint.path)
    for node in shared:
        assert (node["in"], node["required"]) == ("path", True)
        assert node["schema"] == {"$ref": "#/components/schemas/Identifier"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=by_endpoint)
def test_refusals_are_described(endpoint: Endpoint) -> None:
    """Every operation responds with 200 in the envelope, or 4XX with the one shape of a failure."""
    responses = DOCUMENT["paths"][endpoint.path][endpoint.method]["responses"]
    assert list(responses) == ["200", "4XX"]
    assert responses["4XX"] == {"$ref": "#/components/responses/Failure"}
    schema = resolve(responses["200"])["content"]["application/json"]["schema"]
    assert schema["allOf"][0] == {"$ref": "#/components/schemas/Envelope"}


def test_only_lists_have_paging_data() -> None:
    """result_info stands where pages are."""

    def parts(operation: Mapping[str, Any]) -> set[str]:
        schema = resolve(operation["responses"]["200"])["content"]["application/json"]["schema"]
        return set(schema["allOf"][1]["properties"])

    with_pages = {operation["operationId"] for _, _, operation in operations() if "result_info" in parts(operation)}
    assert with_pages == {operation["operationId"] for _, _, operation in operations() if "x-pages" in operation}
    assert with_pages == {"list_apps", "list_zones"}
    assert list(SCHEMAS["ResultInfo"]["properties"]) == ["page", "per_page", "count", "total_count", "total_pages"]


def test_all_query_parameters_are_in_the_table() -> None:
    """The table below leaves none out."""
    assert [(operation, name) for operation, name, _ in QUERY_PARAMETERS] == [
        (endpoint.name, name) for endpoint in ENDPOINTS for name in endpoint.query
    ]


@pytest.mark.parametrize(
    ("operation", "name", "schema"), QUERY_PARAMETERS, ids=[f"{row[0]}-{row[1]}" for row in QUERY_PARAMETERS]
)
def test_a_query_parameter_is_as_in_the_table(operation: str, name: str, schema: dict[str, Any]) -> None:
    """Type, bounds, values and default exactly; arrays are joined by commas; only time_delta is required."""
    parameter = parameters(operation)[name]
    assert rules(parameter["schema"]) == schema
    assert parameter.get("required", False) == (name == "time_delta")
    assert "explode" in parameter or schema["type"] != "array"
    if "explode" in parameter:
        assert (parameter["style"], parameter["explode"]) == ("form", False)


def test_shared_shapes_are_written_once() -> None:
    """One application serves four operations, one request body two; each report has its own."""

    def users(section: str, name: str) -> set[str]:
        ref = {"$ref": f"#/components/{section}/{name}"}
        return {
            operation["operationId"]
            for _, _, operation in operations()
            if ref in (operation["responses"]["200"], operation.get("requestBody"))
        }

    assert users("responses", "ReportByTime") == {"get_events_by_time"}
    assert users("responses", "ReportSummary") == {"get_events_summary"}
    assert users("responses", "App") == {"create_app", "get_app", "update_app"}
    assert users("requestBodies", "App") == {"create_app", "update_app"}
    assert {
        operation["operationId"] for _, _, operation in operations() if result_of(operation) in ("App", ["App"])
    } == {
        "list_apps",
        "create_app",
        "get_app",
        "update_app",
    }


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param(node, id=f"{operation}-{name}")
        for operation in (endpoint.name for endpoint in ENDPOINTS)
        for name, node in parameters(operation).items()
        if "example" in node
    ],
)
def test_examples_of_parameters_are_valid(parameter: Mapping[str, Any]) -> None:
    """What a reader copies works."""
    items = parameter["schema"].get("items", {})
    if "$ref" in items:
        for item in parameter["example"]:
            validator(items["$ref"].removeprefix("#")).validate(item)
    else:
        Draft202012Validator(parameter["schema"]).validate(parameter["example"])


def test_links_lead_to_operations_and_give_parameters_that_these_have() -> None:
    """The response to a create leads to all that can be done with one application; no validator looks at that."""
    known = {operation["operationId"]: (path, operation) for path, _, operation in operations()}
    links = DOCUMENT["components"]["responses"]["App"]["links"].values()
    assert {link["operationId"] for link in links} == {"get_app", "update_app", "delete_app", "get_current_aggregate"}
    for link in links:
        path, operation = known[link["operationId"]]
        in_path = re.findall(r"{(\w+)}", path)
        assert set(in_path) <= set(link["parameters"]) <= {*in_path, *parameters(operation["operationId"])}


def test_every_parameter_operation_and_tag_is_described() -> None:
    """The same for what becomes functions, arguments and classes."""
    for _, _, operation in operations():
        assert operation["summary"].endswith(".")
        assert operation["externalDocs"]["url"].startswith("https://developers.cloudflare.com/")
        for node in parameters(operation["operationId"]).values():
            assert node["description"].endswith(".")
    for section in ("parameters", "requestBodies", "responses", "securitySchemes"):
        for node in DOCUMENT["components"][section].values():
            assert node["description"].endswith(".")
    assert all(tag["description"].endswith(".") for tag in DOCUMENT["tags"])
