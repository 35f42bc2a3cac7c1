"""Reads the spec and checks that it is valid OpenAPI."""

from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from codegen.errors import SpecError, join

__all__ = ["load_spec"]


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which YAML would keep the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            line = node.start_mark.line + 1
            raise SpecError("#", f"the mapping at line {line} has the key {twice!r} twice", "each key once")
        return super().construct_mapping(node, deep=deep)


def load_spec(path: Path) -> dict[str, Any]:
    """Read the spec.

    Args:
        path: A YAML file.

    Returns:
        The whole document, valid against OpenAPI 3.1.

    Raises:
        SpecError: It is not YAML or not valid OpenAPI 3.1.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise SpecError("#", f"not YAML ({' '.join(str(error).split())})", "YAML 1.1") from error
    if not isinstance(document, dict) or not str(document.get("openapi")).startswith("3.1."):
        raise SpecError("#/openapi", "not an OpenAPI 3.1 document", "openapi: 3.1.x")
    for invalid in OpenAPIV31SpecValidator(document).iter_errors():
        raise SpecError(join("#", *invalid.absolute_path), f"not valid OpenAPI: {invalid.message}", "valid OpenAPI 3.1")
    return document
