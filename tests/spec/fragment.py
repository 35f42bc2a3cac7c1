"""The OpenAPI fragment, and how tests find their way in it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FOLDER = Path(__file__).parents[2] / "spec"
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "spectrum.openapi.yaml").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
METRICS = [
    "count",
    "bytesIngress",
    "bytesEgress",
    "durationAvg",
    "durationMedian",
    "duration90th",
    "duration99th",
]
DIMENSIONS = ["event", "appID", "coloName", "ipVersion"]


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and content of every operation."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference leads to, with the keywords next to it."""
    if "$ref" not in node:
        return node
    target: Any = DOCUMENT
    for key in node["$ref"].removeprefix("#/").split("/"):
        target = target[key]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def parameters(name: str) -> dict[str, Mapping[str, Any]]:
    """The query parameters of an operation."""
    (operation,) = (operation for _, _, operation in operations() if operation["operationId"] == name)
    resolved = [resolve(node) for node in operation.get("parameters", ())]
    return {node["name"]: node for node in resolved if node["in"] == "query"}


def rules(schema: Mapping[str, Any]) -> object:
    """A schema without what is for people; the identifier, which has a test of its own, by its name."""
    if schema.get("$ref") == "#/components/schemas/Identifier":
        return "Identifier"
    bare = {
        key: value
        for key, value in resolve(schema).items()
        if key not in ("description", "examples") and not key.startswith("x-")
    }
    return {**bare, "items": rules(bare["items"])} if "items" in bare else bare


def validator(reference: str) -> Any:
    """A validator of a schema of the document, in which references are followed and dates are checked."""
    formats = FormatChecker(formats=())

    @formats.checks("date-time", raises=ValueError)
    def is_date_time(value: object) -> bool:
        return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None

    registry: Registry[Any] = Registry().with_resource("urn:spec", DRAFT202012.create_resource(DOCUMENT))
    return Draft202012Validator({"$ref": f"urn:spec#{reference}"}, registry=registry, format_checker=formats)
