"""From the spec to the whole generated package, in memory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from codegen.checks import constant_name, render_checks, request_schemas
from codegen.converters import render_chooser, render_registrations
from codegen.decoders import builder_views, result_views, small_classes
from codegen.endpoints import endpoint_view, namespace_views
from codegen.formatting import explicit_imports, format_module
from codegen.load import load_spec
from codegen.meaning import check_meaning
from codegen.models import render_models, without_weak_references
from codegen.names import check_names, parse_tags
from codegen.operations import Operation, parse_operations, root_schemas
from codegen.schemas import parse_components
from codegen.shapes import Array, Ref, Union

__all__ = ["HEADER", "render_package"]

HEADER: Final = "# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.\n"

_PACKAGE: Final = "aiospectrum._generated"


def render_package(spec: Path, root: Path) -> dict[str, str]:
    """Render every module of the generated package.

    Args:
        spec: The OpenAPI document.
        root: Folder of the ``pyproject.toml`` that says how code is laid out.

    Returns:
        The text of each file by its name, formatted.

    Raises:
        SpecError: The spec is not valid or holds a construct that is not supported.
    """
    document = load_spec(spec)
    operations = parse_operations(document)
    components = parse_components(document, root_schemas(operations))
    tags = parse_tags(document, operations)
    check_names(operations, components)
    check_meaning(operations, components)
    models = render_models(document, components)
    checked = request_schemas(components, _request_roots(operations))
    choosers = [
        render_chooser(name, schema, components, models)
        for name, schema in components.items()
        if isinstance(schema, Union)
    ]
    results = {endpoint_view(each, models).result: each.result for each in operations}
    package = {
        "__init__.py": '"""What the generator makes of the spec."""\n',
        "models.py": without_weak_references(models.source, small_classes(tuple(results.values()), components, models)),
        "checks.py": _template("checks.py", constants=render_checks(components, checked, models)),
        "converters.py": _template(
            "converters.py",
            registrations=render_registrations(components, models),
        ),
        "unions.py": _template("unions.py", choosers=choosers),
        "decoders.py": _template(
            "decoders.py",
            builders=builder_views(tuple(results.values()), components, models),
            results=result_views(results, components, models),
        ),
        "namespaces.py": _template("namespaces.py", namespaces=namespace_views(operations, tags), modules=list(tags)),
    }
    for tag, description in tags.items():
        endpoints = [endpoint_view(each, models) for each in operations if each.tag == tag]
        package[f"{tag}.py"] = _template("endpoints.py", endpoints=endpoints, description=description)
    exports = {
        f"{_PACKAGE}.models": list(models.classes.values()),
        f"{_PACKAGE}.unions": [each.function for each in choosers],
        f"{_PACKAGE}.checks": [constant_name(name) for name in checked],
        **{f"{_PACKAGE}.{tag}": _functions(operations, tag) for tag in tags},
    }
    return {
        name: format_module(HEADER + explicit_imports(text, exports), root) for name, text in sorted(package.items())
    }


def _template(name: str, **values: Any) -> str:
    environment = Environment(  # noqa: S701 - Python is rendered, not HTML
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{name}.jinja2").render(**values)


def _functions(operations: Iterable[Operation], tag: str) -> list[str]:
    own = [operation for operation in operations if operation.tag == tag]
    return [each.name for each in own] + [each.iteration.function for each in own if each.iteration]


def _request_roots(operations: Iterable[Operation]) -> tuple[str, ...]:
    schemas = [
        parameter.schema for operation in operations for parameter in (*operation.path_parameters, *operation.query)
    ]
    items = [schema.items if isinstance(schema, Array) else schema for schema in schemas]
    bodies = [operation.body for operation in operations if operation.body is not None]
    return (*(schema.name for schema in items if isinstance(schema, Ref)), *bodies)
