"""Specs that the generator does not support: each case of refused.yaml is good.yaml with one thing changed."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.__main__ import main

HERE = Path(__file__).parent
GOOD = (HERE / "good.yaml").read_text(encoding="utf-8")
TABLE = yaml.safe_load((HERE / "refused.yaml").read_text(encoding="utf-8"))
PLACES = TABLE.pop("places")
del TABLE["shared"]
LACKING = ("document_swagger", "operation_without_tags")  # what is pointed at
CASES = [pytest.param(change, findings, id=name) for name, (change, *findings) in TABLE.items()]


def expand(place: str) -> str:
    """The JSON pointer that a place of the table stands for."""
    first, slash, rest = place.partition("/")
    return PLACES.get(first, first) + slash + rest


def follow(document: Any, keys: list[str]) -> Any:
    """What a JSON pointer, split at its slashes, leads to.

    Source: https://www.rfc-editor.org/rfc/rfc6901#section-4
    """
    for step in keys:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def merge(old: Any, change: Any) -> Any:
    """A value with a change merged into it, in which None takes away.

    Source: https://www.rfc-editor.org/rfc/rfc7396#section-2
    """
    if not isinstance(change, dict):
        return change
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in change.items():
        merged[key] = merge(merged.get(key), value)
    return {key: value for key, value in merged.items() if value is not None}


def patch(change: dict[str, Any]) -> str:
    """Make the text of a spec: good.yaml with a change."""
    if "text" in change:
        old, new = change["text"]
        assert GOOD.count(old) == 1
        return GOOD.replace(old, new)
    document = yaml.safe_load(GOOD)
    operations = next(iter(document["paths"].values()))
    for place, value in copy.deepcopy(change).items():  # cases share values, and lists are changed in place
        if place == "twice":
            operations[value] = copy.deepcopy(operations["get"])
        elif place != "as":
            *above, last = expand(place).split("/")[1:]
            parent = follow(document, above)
            key = int(last) if isinstance(parent, list) else last.replace("~1", "/")
            there = parent[key] if isinstance(parent, list) else parent.pop(key, None)
            parent[key] = merge(there, value)
            if value is None:
                del parent[key]
    if "as" in change:
        operations[change["as"]] = operations.pop("get")
    return json.dumps(document)  # JSON is YAML, and has no aliases


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all examples of one test."""
    return tmp_path_factory.mktemp("anywhere")


def refuse(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run the command on a spec that it refuses, and give the lines of its message."""
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    arguments = ["--spec", str(folder / "spec.yaml"), "--package", "boxes", "--out", str(folder / "boxes")]

    assert main(arguments) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert not (folder / "boxes").exists()
    return captured.err.splitlines()


@pytest.mark.parametrize(("change", "findings"), CASES)
def test_it_says_where_the_construct_is_and_what_is_supported(
    change: dict[str, Any], findings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints pointer, problem and what would do, for each problem; exits with 2 and writes nothing."""
    lines = refuse(patch(change), tmp_path, capsys)

    expected = [f"{expand(place)}: {problem}" for place, problem in zip(findings[::2], findings[1::2], strict=True)]
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=False)] == expected
    assert len(lines) == len(expected)
    assert all(len(line.partition("; supported: ")[2]) > 2 for line in lines)


@pytest.mark.parametrize(
    ("change", "findings"),
    [case for case in CASES if "text" not in TABLE[str(case.id)][0] and case.id not in LACKING],
)
def test_the_pointer_leads_somewhere(change: dict[str, Any], findings: list[str]) -> None:
    """What the message points at is in the document."""
    for place in findings[::2]:
        follow(json.loads(patch(change)), expand(place).split("/")[1:])


def test_all_problems_are_reported_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Problems of servers, operations, schemas and names stand side by side, each once and in one line."""
    change = {
        "#/servers/0/url": "/v4",
        "get/x-cost": 1,
        "get/operationId": "import",
        "order/in": "header",
        "size/format": "int64",
        "box/properties/class": {"type": "number", "description": "A\nclass.", "title": "a\nb"},
    }

    lines = refuse(patch(change), tmp_path, capsys)

    assert sorted(line.partition(": ")[0].rsplit("/", maxsplit=1)[1] for line in lines) == [
        "class",
        "format",
        "in",
        "operationId",
        "title",
        "url",
        "x-cost",
    ]


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Problems of YAML stand beside all others, and none is reported of what is missing because of them."""
    text = (
        GOOD.replace('"200":', "200:")
        .replace("[asc, desc]", "[asc, 2026-11-20, 1:30]")
        .replace("https://api", "ftp://api")
    )
    text = text.replace("size: {type: integer,", "size: {maximum: 010, format: int8, type: integer,")

    found = [line.partition(": ")[0] for line in refuse(text, tmp_path, capsys)]

    assert found == [
        expand("get/responses"),
        "#/components/schemas/Order/enum/1",
        "#/components/schemas/Order/enum/2",
        expand("size/maximum"),
        "#/servers/0/url",
    ]


KEYWORDS = """
    $schema $vocabulary $id $anchor $dynamicAnchor $dynamicRef $defs $comment not if then else dependentSchemas
    prefixItems items contains properties patternProperties additionalProperties propertyNames unevaluatedItems
    unevaluatedProperties type const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength
    pattern maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired
    format contentEncoding contentMediaType contentSchema title description default deprecated readOnly writeOnly
    nullable discriminator xml externalDocs summary servers security tags callbacks parameters requestBody responses
    operationId in name style explode allowReserved allowEmptyValue content schema headers links encoding get put post
    delete head options patch trace variables url flows scheme bearerFormat openIdConnectUrl jsonSchemaDialect webhooks
    components info paths pathItems schemas license contact termsOfService version mapping openapi x-anything
    x-namespace x-method x-pages x-python-name x-python-base x-python-check x-expected x-exactly-one-of x-always-written
    x-python-extended x-assumed-result x-other-results
"""
"""The keywords of OpenAPI 3.1 and of JSON Schema, and ours, but for those that may hold anything."""
DECISIVE = ["allOf", "anyOf", "oneOf", "enum"]
"""Those beside which a schema has no others."""
UNREAD = "#/components/schemas"
"""Where a keyword would be the name of something that no operation leads to."""
AS_A_WHOLE = ("/content", "#/security/0")
"""Ends of the pointers of mappings that fit or do not fit as a whole."""


def mappings(node: Any, pointer: str = "#") -> Iterator[str]:
    """The pointers of all mappings of a document."""
    if isinstance(node, dict):
        yield pointer
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from mappings(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def insertions() -> Iterator[Any]:
    """What to insert at once, and where: each keyword that is not there."""
    document = yaml.safe_load(GOOD)
    for number, pointer in enumerate(mappings(document)):
        there = follow(document, pointer.split("/")[1:])
        for kind, keywords in (("keywords", KEYWORDS.split()), ("applicators", DECISIVE), ("reference", ["$ref"])):
            added = [keyword for keyword in keywords if keyword not in there]
            if added and pointer != UNREAD:
                yield pytest.param(pointer, added, id=f"{kind} in mapping {number}")


@pytest.mark.parametrize(("pointer", "added"), list(insertions()))
def test_no_keyword_is_ignored_anywhere(
    pointer: str, added: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each keyword, with a value that none of them can have, is reported where it stands, and all are at once."""
    document = yaml.safe_load(GOOD)
    place = follow(document, pointer.split("/")[1:])
    place |= {keyword: [[None]] for keyword in added}

    found = [line.partition(": ")[0] + "/" for line in refuse(json.dumps(document), tmp_path, capsys)]

    if pointer.endswith(AS_A_WHOLE):
        assert f"{pointer}/" in found
    else:
        starts = {keyword: f"{pointer}/{keyword}/" for keyword in added}
        assert [key for key, start in starts.items() if not any(each.startswith(start) for each in found)] == []


def places(node: Any) -> Iterator[list[Any]]:
    """The keys that lead to every value of a document, at any depth."""
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield [key]
        yield from ([key, *below] for below in places(inner))


@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    place=st.sampled_from(list(places(yaml.safe_load(GOOD)))),
    value=st.sampled_from(
        [None, [], {}, "x", "", 3, -1.5, True, ["x"], {"x": 1}, [None], [{}], {"$ref": 3}]
        + [{"$ref": f"#/components/schemas/{name}"} for name in ("Order", "Box", "Envelope")]
    ),
)
def test_any_value_anywhere_ends_in_a_message(place: list[Any], value: Any, folder: Path) -> None:
    """A malformed document is generated from or refused, and nothing else."""
    document = yaml.safe_load(GOOD)
    parent = document
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    (folder / "spec.yaml").write_text(json.dumps(document), encoding="utf-8")

    assert main(["--spec", str(folder / "spec.yaml"), "--package", "boxes", "--out", str(folder / "boxes")]) in (0, 2)


@pytest.mark.parametrize(
    "nesting",
    ["[" * 5000, "{a: " * 5000, "[" * 80 + "]" * 80],
    ids=["lists without an end", "mappings without an end", "80 lists"],
)
def test_deep_nesting_is_refused(nesting: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document that nobody wrote by hand ends in a message, not in a traceback."""
    text = GOOD.replace("size: {type: integer,", f"size: {{examples: {nesting}, type: integer,")
    (line,) = refuse(text, tmp_path, capsys)
    assert line.startswith("#")


def test_schemas_in_a_long_row_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A reference behind a reference behind a reference, a thousand times, ends in a message too."""
    document = yaml.safe_load(GOOD)
    links = {f"Link{number}": {"$ref": f"#/components/schemas/Link{number + 1}"} for number in range(1000)}
    document["components"]["schemas"] |= {**links, "Link1000": {"type": "string"}}
    document["components"]["schemas"]["Box"]["properties"]["size"] = {"$ref": "#/components/schemas/Link0"}
    (line,) = [each for each in refuse(json.dumps(document), tmp_path, capsys) if "no description" not in each]
    assert ": a schema at this depth; supported: at most 60 " in line


def test_an_emoji_is_the_same_in_yaml_and_json(generate: Callable[[Path, Path], Path], tmp_path: Path) -> None:
    """JSON may write it as two escapes, of which YAML would make two characters; and it may have tabs and a mark."""
    document = yaml.safe_load(GOOD)
    size = document["components"]["schemas"]["Box"]["properties"].pop("size")
    document["components"]["schemas"]["Box"]["properties"]["\N{PACKAGE}"] = {**size, "x-python-name": "size"}
    document["components"]["schemas"]["Order"]["enum"] = ["\N{PACKAGE}", "asc"]
    modules = []
    texts = (json.dumps(document), "\ufeff" + json.dumps(document, indent="\t"))
    for text in (*texts, yaml.safe_dump(document, allow_unicode=True)):
        (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
        modules.append((generate(tmp_path / "spec.yaml", tmp_path / "boxes") / "models.py").read_text(encoding="utf-8"))
    assert modules[0] == modules[1] == modules[2]
    assert modules[0].count("\N{PACKAGE}") == 2


def test_bytes_that_are_no_text_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A spec in another encoding is not read as something else."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("openapi: 3.1.0 # für".encode("latin-1"))
    assert main(["--spec", str(path), "--package", "boxes", "--out", str(tmp_path / "boxes")]) == 2
    assert capsys.readouterr().err.startswith("#: not readable")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the file."""
    path = tmp_path / "missing.yaml"
    assert main(["--spec", str(path), "--package", "boxes", "--out", str(tmp_path / "boxes")]) == 2
    assert "missing.yaml" in capsys.readouterr().err


def test_a_path_level_parameter_is_pointed_at_on_its_own_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A parameter that all operations of a path share is wrong where it stands, not where it is used."""
    shared = "    parameters:\n      - {name: n, in: header, description: N., schema: {type: string}}\n    get:\n"
    (line,) = refuse(GOOD.replace("    get:\n", shared), tmp_path, capsys)
    assert line.startswith("#/paths/~1shelves~1{shelf_id}~1boxes/parameters/0/in: ")
