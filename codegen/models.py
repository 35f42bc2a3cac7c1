"""Renders the model classes: datamodel-code-generator with an attrs template."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from datamodel_code_generator import generate
from datamodel_code_generator.enums import DataModelType, InputFileType
from datamodel_code_generator.format import DatetimeClassType, PythonVersion
from datamodel_code_generator.parser import LiteralType

from codegen.schemas import BASES
from codegen.wording import docstring_text

__all__ = ["Models", "render_models", "without_weak_references"]

_TEMPLATES = Path(__file__).parent / "templates"


@attrs.frozen(kw_only=True)
class Models:
    """The rendered module and the names that it gave."""

    source: str
    """Python source, not yet formatted."""

    classes: Mapping[str, str]
    """Class or alias of each schema."""

    fields: Mapping[str, Mapping[str, str]]
    """Attribute of each property of each schema."""


def without_weak_references(source: str, classes: Iterable[str]) -> str:
    """Make objects of some classes as small as they can be.

    Args:
        source: The module of the models.
        classes: Names of classes.

    Returns:
        The module.
    """
    for name in classes:
        bare = rf"@struct\(kw_only=True\)\nclass {name}\b"
        source = re.sub(bare, f"@struct(kw_only=True, weakref_slot=False)\nclass {name}", source)
    return source


def render_models(document: Mapping[str, Any], names: Iterable[str]) -> Models:
    """Render the classes of some schemas.

    Args:
        document: The spec.
        names: The schemas, each after those that it refers to.

    Returns:
        The module and its names.
    """
    schemas = {name: _prepare(document["components"]["schemas"][name]) for name in names}
    for schema in schemas.values():
        for prop in schema.get("properties", {}).values():
            prop["description"] = docstring_text(prop["description"], 4)
        schema["description"] = docstring_text(schema["description"], 4 if "properties" in schema else 0)
    for name, schema in schemas.items():
        base = document["components"]["schemas"][name].get("x-python-base")
        if base is not None:
            schema["customBasePath"] = BASES[base]
    stripped = {
        "openapi": document["openapi"],
        "info": {"title": "models", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    with TemporaryDirectory() as folder:
        module, metadata = Path(folder, "models.py"), Path(folder, "metadata.json")
        generate(
            json.dumps(stripped),
            input_file_type=InputFileType.OpenAPI,
            input_filename="spectrum.openapi.yaml",
            output=module,
            emit_model_metadata=metadata,
            output_model_type=DataModelType.DataclassesDataclass,
            custom_template_dir=_TEMPLATES,
            additional_imports=["attrs", "typing.final", "aiospectrum._codec.structs.struct"],
            custom_file_header='"""The objects of the API."""',
            target_python_version=PythonVersion.PY_311,
            output_datetime_class=DatetimeClassType.Datetime,
            enum_field_as_literal=LiteralType.All,
            use_type_alias=True,
            use_tuple_for_closed_arrays=True,
            use_standard_collections=True,
            use_union_operator=True,
            use_schema_description=True,
            use_field_description=True,
            use_double_quotes=True,
            snake_case_field=True,
            strict_nullable=True,
            disable_timestamp=True,
            disable_future_imports=True,
            formatters=[],
        )
        models = json.loads(metadata.read_text(encoding="utf-8"))["models"]
        return Models(
            source=module.read_text(encoding="utf-8"),
            classes={model["source_path"][-1]: model["class_name"] for model in models},
            fields={
                model["source_path"][-1]: {
                    field["original_name"]: field["name"] for field in model["fields"] if field["name"]
                }
                for model in models
            },
        )


def _prepare(node: Any) -> Any:
    """A copy of a schema with what makes its type; bounds are checked elsewhere and would make other types here."""
    if isinstance(node, list):
        return [_prepare(item) for item in node]
    if not isinstance(node, dict):
        return node
    dropped = {"discriminator", "examples", "externalDocs", "minLength", "maxLength", "pattern", "minimum", "maximum"}
    return {
        key: {name: _prepare(inner) for name, inner in value.items()} if key == "properties" else _prepare(value)
        for key, value in node.items()
        if not (isinstance(key, str) and key.startswith("x-")) and key not in dropped
    }
