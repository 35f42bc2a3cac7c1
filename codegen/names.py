"""Refuses names that Python, a template or another part of the spec has taken."""

import builtins
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
from datamodel_code_generator.util import camel_to_snake

from codegen.checks import constant_name
from codegen.errors import SpecError, join
from codegen.operations import Operation
from codegen.schemas import Object, Schema

__all__ = ["check_names", "reserved_names"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SNAKE: Final = re.compile("[a-z][a-z0-9_]*")
_MODULES: Final = frozenset({"checks", "converters", "models", "namespaces"})
_MODEL_NAMES: Final = frozenset({"attrs", "datetime", "converter", "model", "cl", "self", *dir(builtins)})
"""What a class body, or the call that registers the class, needs for itself."""
_FIELD_NAMES: Final = frozenset({"id", "max", "min", "type", "filter", "format", "hash", "range", "sum"})
"""The builtins that no annotation uses, so that a field may have their name."""
_LOCAL_NAMES: Final = frozenset({"transport", "response", "number", "get_page", "int"})
"""What the body of an endpoint function needs for itself."""


@attrs.define
class _Names:
    """The names of one room."""

    taken: set[str]

    def add(self, name: str, pointer: str, shown: str | None = None) -> None:
        """Take a name, or refuse it."""
        if name in self.taken or keyword.iskeyword(name):
            raise SpecError(pointer, f"the name {shown or name!r}", f"one for which {name!r} is not taken yet")
        self.taken.add(name)


def check_names(operations: tuple[Operation, ...], components: Mapping[str, Schema], tags: Mapping[str, str]) -> None:
    """Check all names that become names in Python.

    Args:
        operations: All operations.
        components: All named schemas that they use.
        tags: Description of each tag.

    Raises:
        SpecError: A name is taken, or Python does not allow it.
    """
