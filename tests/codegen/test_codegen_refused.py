"""Specs that the generator does not support: each case of refused.yaml is good.yaml with one thing changed."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen.__main__ import main
from codegen.errors import SpecError
from codegen.load import load_spec
from codegen.operations import parse_operations

HERE = Path(__file__).parent
GOOD = (HERE / "good.yaml").read_text(encoding="utf-8")
TABLE = yaml.safe_load((HERE / "refused.yaml").read_text(encoding="utf-8"))
PLACES = TABLE.pop("places")
del TABLE["shared"]
CASES = [pytest.param(*columns, id=name) for name, columns in TABLE.items()]


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


@pytest.mark.parametrize(("change", "place", "problem", "supported"), CASES)
def test_it_says_where_the_construct_is_and_what_is_supported(
    change: dict[str, Any],
    place: str,
    problem: str,
    supported: str,
    empty_root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command prints the JSON pointer, the problem and what would do, exits with 2 and writes nothing."""
    (empty_root / "spec" / "spectrum.openapi.yaml").write_text(patch(change), encoding="utf-8")

    assert main([], root=empty_root) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"{expand(place)}: {problem}")
    assert captured.err.endswith(f"; supported: {supported}\n")
    assert not (empty_root / "src").exists()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        pytest.param(change, place, id=name)
        for name, (change, place, _, _) in TABLE.items()
        if "text" not in change and name != "document_swagger"  # which lacks what is pointed at
    ],
)
def test_the_pointer_leads_somewhere(change: dict[str, Any], place: str) -> None:
    """What the message points at is in the document."""
    follow(json.loads(patch(change)), expand(place).split("/")[1:])


def test_a_check_refuses_too_and_leaves_what_is_there(fresh_root: Path, small_package: dict[str, str]) -> None:
    """A spec that became unusable is no reason to touch the package."""
    spec = fresh_root / "spec" / "spectrum.openapi.yaml"
    spec.write_text(patch({"size/deprecated": True}), encoding="utf-8")
    assert main(["--check"], root=fresh_root) == 2
    assert main([], root=fresh_root) == 2
    folder = fresh_root / "src" / "aiospectrum" / "_generated"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == small_package


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A spec in another encoding is not read as something else."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("openapi: 3.1.0 # für".encode("latin-1"))
    with pytest.raises(SpecError, match=r"^#: not YAML") as raised:
        load_spec(path)
    assert raised.value.pointer == "#"


def test_a_path_level_parameter_is_pointed_at_on_its_own_level(tmp_path: Path) -> None:
    """A parameter that all operations of a path share is wrong where it stands, not where it is used."""
    path = tmp_path / "shared.yaml"
    shared = {"path/parameters": [{"name": "n", "in": "header", "description": "N.", "schema": {"type": "string"}}]}
    path.write_text(patch(shared), encoding="utf-8")
    with pytest.raises(SpecError) as raised:
        parse_operations(load_spec(path))
    assert raised.value.pointer == "#/paths/~1shelves~1{shelf_id}~1boxes/parameters/0/in"
