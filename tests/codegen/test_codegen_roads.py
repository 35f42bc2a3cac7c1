"""The generated decoders at work: every road of roads.yaml leads where the converter leads."""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
import msgspec
import pytest
import yaml
from cattrs import Converter
from cattrs.errors import BaseValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiospectrum._codec.wire import WireError
from codegen.drift import write_package
from codegen.load import load_spec
from codegen.operations import parse_operations, root_schemas
from codegen.render import render_package
from codegen.schemas import parse_components
from codegen.shapes import Array, Ref, Schema
from tests.json_texts import Texts, assert_alike

SPEC: Final = Path(__file__).parent / "roads.yaml"
PACKAGE: Final = "generated_roads"

ALONE: Final = (
    "Native",
    "Holder",
    "RenamedAlone",
    "Times",
    "Outer",
    "Cell",
    "Wide",
    "Lids",
    "Part",
    "AnyTimed",
    "Apart",
    "Unlike",
    "Nullable",
    "Converted",
    "AnyEcho",
    "Vague",
)
LISTED: Final = (
    "Native",
    "Renamed",
    "Inner",
    "Row",
    "Wide",
    "Part",
    "Lid",
    "TimedPart",
    "Apart",
    "Unlike",
    "Echo",
    "Vague",
    "VagueTimes",
)
RESULTS: Final = [*((name, False) for name in ALONE), *((name, True) for name in LISTED)]


def operation(name: str, is_listed: bool) -> dict[str, Any]:
    """An operation with a named schema as its result, or a list of it."""
    reference = {"$ref": f"#/components/schemas/{name}"}
    envelope = {"$ref": "#/components/schemas/Envelope"}
    result = {"type": "array", "items": reference} if is_listed else reference
    wrapped = {"type": "object", "required": ["result"], "properties": {"result": result}}
    method = f"{'list' if is_listed else 'get'}_{name.lower()}"
    return {
        "operationId": method,
        "tags": ["roads"],
        "summary": "Go there.",
        "externalDocs": {"url": "https://example.com/roads"},
        "x-namespace": "roads",
        "x-method": method,
        "responses": {
            "200": {
                "description": "What is there.",
                "content": {"application/json": {"schema": {"allOf": [envelope, wrapped]}}},
            }
        },
    }


@attrs.frozen(repr=False)
class Roads:
    """What is made of roads.yaml."""

    components: Mapping[str, Schema]
    """The schemas."""

    folder: Path
    """Where the modules are."""

    models: ModuleType
    """The module of the models."""

    decoders: ModuleType
    """The module of the decoders."""

    converter: Converter
    """A converter that knows the models."""


@pytest.fixture(scope="module")
def roads(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roads]:
    """The modules made of roads.yaml, a converter that knows their models, and the schemas."""
    folder = tmp_path_factory.mktemp("roads")
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    document["paths"] = {
        f"/{'list' if is_listed else 'one'}/{name}": {"get": operation(name, is_listed)} for name, is_listed in RESULTS
    }
    spec = folder / "spec.yaml"
    spec.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    operations = parse_operations(load_spec(spec))
    texts = {
        file: text.replace("aiospectrum._generated", PACKAGE) for file, text in render_package(spec, repository).items()
    }
    write_package(texts, folder / PACKAGE)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        modules = {Path(file).stem: importlib.import_module(f"{PACKAGE}.{Path(file).stem}") for file in texts}
        converter = Converter()
        modules["converters"].register_models(converter)
        yield Roads(
            converter=converter,
            components=parse_components(document, root_schemas(operations)),
            folder=folder / PACKAGE,
            models=modules["models"],
            decoders=modules["decoders"],
        )
    finally:  # kept until then, as pickling looks classes up by their module
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.split(".")[0] == PACKAGE]:
            del sys.modules[module]


def result_type(roads: Roads, name: str, is_listed: bool) -> Any:
    """The type of a result."""
    model = getattr(roads.models, name)
    return list[model] if is_listed else model  # type: ignore[valid-type]  # a type made at run time


def fast(roads: Roads, wanted: Any, text: str) -> Any:
    """What the generated decoders make of a result; None when they leave it to the converter."""
    reader = roads.decoders.RESULT_READERS[wanted]
    for wire in reader.wires:
        try:
            values = msgspec.json.decode(text, type=wire)
        except msgspec.DecodeError:
            continue
        try:
            return reader.build(values, roads.converter.structure)
        except (BaseValidationError, WireError, OverflowError):
            return None
    return None


def converted(roads: Roads, wanted: Any, text: str) -> Any:
    """What the converter makes of a result; None when it refuses it."""
    try:
        return roads.converter.structure(msgspec.json.decode(text), wanted)
    except (BaseValidationError, WireError):
        return None


def drawn(roads: Roads, data: st.DataObject, name: str, is_listed: bool, *, is_odd: bool) -> str:
    """The text of a result."""
    schema = Array(items=Ref(name=name)) if is_listed else Ref(name=name)
    variant = data.draw(st.integers(0, 2))
    return data.draw(Texts(roads.components, is_odd).of(schema, variant))


every_result = pytest.mark.parametrize(
    ("name", "is_listed"), RESULTS, ids=[f"list of {name}" if listed else name for name, listed in RESULTS]
)
in_one_module = settings(max_examples=50, suppress_health_check=list(HealthCheck))


@every_result
@in_one_module
@given(data=st.data())
def test_documented_results(roads: Roads, name: str, is_listed: bool, data: st.DataObject) -> None:
    """What a schema says is read fast, as the converter reads it, unless that takes it for another model of a union."""
    wanted = result_type(roads, name, is_listed)
    text = drawn(roads, data, name, is_listed, is_odd=False)

    read = fast(roads, wanted, text)

    expected = converted(roads, wanted, text)
    assert (read is None) is (expected is None)
    assert_alike(read, expected, roads.converter)


@every_result
@in_one_module
@given(data=st.data())
def test_odd_results(roads: Roads, name: str, is_listed: bool, data: st.DataObject) -> None:
    """What departs from a schema is left to the converter, or read as the converter reads it."""
    wanted = result_type(roads, name, is_listed)
    text = drawn(roads, data, name, is_listed, is_odd=True)

    read = fast(roads, wanted, text)

    if read is not None:
        assert_alike(read, converted(roads, wanted, text), roads.converter)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("Native", "wires=(Native,)", id="native"),
        pytest.param("Renamed", '_RenamedValues1", Renamed, [', id="renamed"),
        pytest.param("Times", 'wire_type( "_TimesValues", Times, [', id="built"),
        pytest.param("Row", "for item in items: become(item, Row) return items", id="other annotations alone"),
        pytest.param("Part", "lru_cache(maxsize=256) def _make_ball(", id="union of native models"),
        pytest.param("AnyTimed", 'wire_type( "_AnyTimedValues", Long, [', id="union with a member that has all fields"),
        pytest.param("Apart", 'defstruct( "_ApartValues", [ ("at", datetime)', id="union without such a member"),
        pytest.param("Unlike", "structure(values, Unlike)", id="union that cannot be merged"),
        pytest.param("Nullable", "structure(values, Nullable)", id="union that reads null differently"),
        pytest.param("AnyEcho", "structure(values, AnyEcho)", id="union with a converted member"),
        pytest.param("Echo", "structure(each, Echo)", id="anything at all"),
        pytest.param("Vague", "structure(values, Vague)", id="alternatives that overlap"),
        pytest.param("VagueTimes", "structure(each, VagueTimes)", id="times in one of several arrays"),
    ],
)
def test_each_schema_takes_its_road(roads: Roads, name: str, words: str) -> None:
    """The road of a schema is the fastest one that leads to the converter's object."""
    source = (roads.folder / "decoders.py").read_text(encoding="utf-8")

    assert words in " ".join(source.split())


def test_equal_members_of_a_union_are_made_once(roads: Roads) -> None:
    """What cannot change and holds no list is shared."""
    ball, again, cube, other = fast(
        roads, result_type(roads, "Part", is_listed=True), '[{"radius":1},{"radius":1},{"edges":[1]},{"edges":[1]}]'
    )

    assert ball is again
    assert cube == other
    assert cube is not other


def test_lists_as_defaults_are_not_shared(roads: Roads) -> None:
    """Each object has an empty list of its own, on every road."""
    text = json.dumps([{"theID": "a", "weightInGrams": 1}] * 2)

    first, second = fast(roads, result_type(roads, "Renamed", is_listed=True), text)

    assert first.some_names == second.some_names == []
    assert first.some_names is not second.some_names
    assert first.more_times is not second.more_times
    assert first.some_prices is not second.some_prices
