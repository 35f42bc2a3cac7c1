"""The pure helpers of the generator."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from codegen.checks import constant_name
from codegen.converters import render_chooser, render_registrations
from codegen.errors import SpecError, join
from codegen.formatting import explicit_imports, format_module
from codegen.models import Models, render_models
from codegen.names import attribute_name
from codegen.shapes import AnyOrSchema, Array, Choice, Field, Map, Object, Pair, Ref, Scalar, Union, references
from codegen.wording import WIDTH, docstring_text, entry, sentence

TEXT = Scalar(kind="string")


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ((), "#"),
        (("paths", "/zones/{zone_id}"), "#/paths/~1zones~1{zone_id}"),
        (("a~b", 0), "#/a~0b/0"),
        (("~1",), "#/~01"),
        (("",), "#/"),
    ],
    ids=["nothing", "slash", "tilde and index", "tilde before a digit", "empty key"],
)
def test_pointers_are_escaped(keys: tuple[str | int, ...], pointer: str) -> None:
    """A tilde becomes ~0 and a slash ~1, in an order in which neither is escaped twice."""
    assert join("#", *keys) == pointer


def test_a_spec_error_says_where_what_and_what_instead() -> None:
    """The message is one line, and the pointer can be read from the error."""
    error = SpecError("#/a", "the keyword 'b'", "c, d")
    assert str(error) == "#/a: the keyword 'b'; supported: c, d"
    assert error.pointer == "#/a"


@pytest.mark.parametrize(
    ("schema", "constant"),
    [
        ("Metric", "METRIC"),
        ("AppRequest", "APP_REQUEST"),
        ("DNS", "DNS"),
        ("DNSType", "DNS_TYPE"),
        ("OriginDNS", "ORIGIN_DNS"),
        ("OriginDNSType", "ORIGIN_DNS_TYPE"),
        ("EdgeIPs", "EDGE_IPS"),
        ("EdgeIPConnectivity", "EDGE_IP_CONNECTIVITY"),
        ("TLSMode", "TLS_MODE"),
        ("Http2Mode", "HTTP2MODE"),
        ("A", "A"),
    ],
)
def test_constants_are_in_capitals_with_underscores(schema: str, constant: str) -> None:
    """Words are told apart by their capitals; abbreviations, also plural ones, stay whole."""
    assert constant_name(schema) == constant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the zone", "The zone."),
        ("The zone.", "The zone."),
        ("one\n  two ", "One two."),
        ("`page` is sent...", "`page` is sent."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_a_full_stop(text: str, expected: str) -> None:
    """White space is folded."""
    assert sentence(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("the zone", "The zone.", id="one sentence"),
        pytest.param("The zone. It is old. Very.", "The zone.\n\n    It is old. Very.\n    ", id="several sentences"),
        pytest.param("The zone. `a` is b.", "The zone.\n\n    `a` is b.\n    ", id="code begins a sentence"),
        pytest.param("Such as tcp. or udp.", "Such as tcp. or udp.", id="a full stop inside"),
    ],
)
def test_the_first_sentence_of_a_docstring_stands_alone(text: str, expected: str) -> None:
    """The closing quotes get a line of their own when there is more than one line."""
    assert docstring_text(text, 4) == expected


@pytest.mark.parametrize("indent", [0, 4])
def test_docstrings_are_wrapped(indent: int) -> None:
    """Long lines are broken and indented; the first one stands after the quotes."""
    lines = docstring_text("word " * 60, indent).split("\n")
    assert len(lines) > 2
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.startswith(" " * indent + "w") for line in lines[1:-1])
    assert lines[-1] == " " * indent


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("zone_id", "the zone", "        zone_id: The zone."),
        ("", "the page", "        The page."),
        ("x", "word " * 30, "        x: Word" + " word" * 19 + "\n            " + "word " * 9 + "word."),
    ],
    ids=["name", "no name", "long"],
)
def test_entries_are_indented_by_eight_and_continued_by_twelve(name: str, text: str, expected: str) -> None:
    """One line of Args, Returns or Raises."""
    assert entry(name, text) == expected


def test_stars_are_replaced_by_the_names_that_are_used() -> None:
    """Only whole words count, and an import of nothing goes away."""
    text = "from a import *\nfrom b import *\nfrom c import d\n\nx: App = AppRequests\n"
    exports = {"a": ["App", "AppRequest", "DNS"], "b": ["Zone"]}
    assert explicit_imports(text, exports) == "from a import App\n\nfrom c import d\n\nx: App = AppRequests\n"


def test_a_star_of_an_unknown_module_is_an_error() -> None:
    """A template cannot import everything of what is not known."""
    with pytest.raises(KeyError, match="a"):
        explicit_imports("from a import *\n", {})


def test_modules_are_formatted_by_the_settings_of_the_repository(repository: Path) -> None:
    """Unused imports go, others are sorted, and lines are as long as pyproject.toml says."""
    text = f"import sys\nimport re\nimport os\nx = [re, sys, '{'x' * 95}']\n"
    assert format_module(text, repository) == f'import re\nimport sys\n\nx = [re, sys, "{"x" * 95}"]\n'


def test_text_that_is_no_python_is_an_error(repository: Path) -> None:
    """A broken template does not write a broken module."""
    with pytest.raises(subprocess.CalledProcessError):
        format_module("def :\n", repository)


@pytest.mark.parametrize(
    ("wire", "attribute"),
    [
        ("appID", "app_id"),
        ("bytesEgress", "bytes_egress"),
        ("duration90th", "duration90th"),
        ("created_on", "created_on"),
        ("DNSName", "dns_name"),
        ("ID", "id"),
    ],
)
def test_attributes_are_named_as_the_model_generator_names_them(wire: str, attribute: str) -> None:
    """The names are checked before the models are rendered, so both must agree."""
    schema = {"type": "object", "description": "A.", "properties": {wire: {"type": "string", "description": "B."}}}
    models = render_models({"openapi": "3.1.0", "components": {"schemas": {"Thing": schema}}}, ["Thing"])
    assert attribute_name(wire) == attribute
    assert models.fields["Thing"] == {wire: attribute}
    assert models.classes == {"Thing": "Thing"}


def test_bounds_and_patterns_make_no_types_of_their_own() -> None:
    """What arguments must be is checked elsewhere, so the model has plain types."""
    properties = {
        "a": {"type": "integer", "minimum": 1, "maximum": 9, "description": "A."},
        "b": {"type": "string", "pattern": "^x$", "minLength": 1, "x-expected": "x", "description": "B."},
        "examples": {"type": "string", "description": "A property with the name of a keyword."},
    }
    schema = {"type": "object", "description": "A.", "properties": properties, "examples": [{"a": 1}]}
    models = render_models({"openapi": "3.1.0", "components": {"schemas": {"Thing": schema}}}, ["Thing"])
    assert models.fields["Thing"] == {"a": "a", "b": "b", "examples": "examples"}
    assert "    a: int | None = None" in models.source
    assert "    b: str | None = None" in models.source


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (TEXT, ()),
        (Ref(name="A"), ("A",)),
        (Array(items=Array(items=Ref(name="A"))), ("A",)),
        (Map(values=Ref(name="A")), ("A",)),
        (AnyOrSchema(schema=Ref(name="A")), ("A",)),
        (Pair(first=Ref(name="A"), second=Ref(name="B")), ("A", "B")),
        (Choice(options=(TEXT, Array(items=Ref(name="A")))), ("A",)),
        (Union(members=("A", "B")), ("A", "B")),
        (Object(fields=(Field(wire="a", schema=Ref(name="A"), required=True),)), ("A",)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_references_are_found_at_any_depth(schema: Any, names: tuple[str, ...]) -> None:
    """Only those of the schema itself, not those that they refer to in turn."""
    assert references(schema) == names


def test_what_the_parser_refuses_cannot_be_rendered() -> None:
    """A caller that goes around the parser gets an error, not code that is wrong."""
    models = Models(source="", classes={"A": "A", "B": "B"}, fields={"A": {"a": "a"}})
    components = {"A": Object(fields=(Field(wire="a", schema=Object(fields=()), required=True),))}
    with pytest.raises(TypeError, match="without a name"):
        render_registrations(components, models)
    with pytest.raises(TypeError, match="a union of"):
        render_chooser("B", Union(members=("A",)), {"A": TEXT}, models)
