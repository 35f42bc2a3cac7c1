"""Decides on which road msgspec and generated code read each model from JSON text.

A model takes the first of these roads that its schema allows:

- native: msgspec makes the object itself, by the annotations of the class;
- built: msgspec makes an object of a subclass with other annotations, which generated code finishes and then tells its
  class: for numbers, of which whole ones stay exact, times, which become UTC, other names, and models that hold such
  ones. For a union the subclass is one of a member that has the fields of all, and objects of the other members are
  made of it; where there is no such member, and for unions of native models, a struct stands in for it;
- converted: the public converter makes it of a dict, for models with values that may depart from their schema.

msgspec does not choose among several arrays; where a schema does, there is one wire type for each.
"""

from collections.abc import Iterator, Mapping

import attrs

from codegen.models import Models
from codegen.shapes import (
    AnyOrSchema,
    Array,
    Choice,
    Enum,
    Field,
    Map,
    Object,
    Pair,
    Ref,
    Scalar,
    Schema,
    Union,
)

__all__ = ["Roads"]

_SCALAR_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "int | float",
    "boolean": "bool",
    "date-time": "datetime",
}
_NATIVE_SCALARS = frozenset({"string", "integer", "boolean"})


@attrs.frozen(kw_only=True)
class Roads:
    """The roads of all models."""

    components: Mapping[str, Schema]
    """All named schemas."""

    models: Models
    """Names of classes and attributes."""

    results: tuple[Schema, ...]
    """The schemas of all results."""

    @property
    def listed(self) -> frozenset[str]:
        """The named schemas that stand in arrays."""
        fields = [
            each.schema for schema in self.components.values() if isinstance(schema, Object) for each in schema.fields
        ]
        return frozenset(name for schema in (*self.results, *fields) for name in self._listed_in(schema))

    def is_native(self, schema: Schema) -> bool:
        """Whether msgspec reads a schema by the annotation that the models have for it."""
        match schema:
            case Ref(name=name):
                return self.is_native(self.components[name]) and not self.is_renamed(name)
            case Scalar(kind=kind):
                return kind in _NATIVE_SCALARS
            case Enum(booleans=booleans):
                return not booleans
            case Array(items=inner) | Map(values=inner):
                return self.is_native(inner)
            case Object(fields=fields):
                return all(self.is_native(each.schema) for each in fields)
            case _:
                return False

    def is_converted(self, name: str) -> bool:
        """Whether the public converter reads a named schema."""
        schema = self.components[name]
        if isinstance(schema, Union):
            return not self._can_be_merged(schema)
        return isinstance(schema, Object) and any(self._is_loose(each.schema) for each in schema.fields)

    def is_built(self, name: str) -> bool:
        """Whether generated code makes the objects of a named schema."""
        is_model = isinstance(self.components[name], (Object, Union))
        return is_model and not self.is_converted(name) and not self.is_native(Ref(name=name))

    def is_annotated(self, schema: Schema) -> bool:
        """Whether msgspec reads a schema, if not always to the end, by the annotation that the models have for it."""
        match schema:
            case Ref(name=name) if isinstance(self.components[name], (Object, Union)):
                return self.is_native(schema)
            case Ref(name=name):
                return self.is_annotated(self.components[name])
            case Scalar(kind=kind):
                return kind != "number"
            case Enum(booleans=booleans):
                return not booleans
            case Array(items=inner) | Map(values=inner):
                return self.is_annotated(inner)
            case Pair(first=first, second=second):
                return self.is_annotated(first) and self.is_annotated(second)
            case Choice(options=options):
                return self.variants(schema) == 1 and all(map(self.is_annotated, options))
            case _:
                return False

    def is_hashable(self, schema: Schema) -> bool:
        """Whether a value of a schema can be a key."""
        match schema:
            case Ref(name=name):
                return self.is_hashable(self.components[name])
            case Choice(options=options):
                return all(self.is_hashable(option) for option in options)
            case _:
                return isinstance(schema, (Scalar, Enum))

    def is_plain_union(self, name: str) -> bool:
        """Whether a named schema is a union of models that msgspec could each read by itself."""
        schema = self.components[name]
        return isinstance(schema, Union) and all(self.is_native(Ref(name=member)) for member in schema.members)

    def is_renamed(self, name: str) -> bool:
        """Whether attributes of a model have other names than its keys in JSON."""
        return any(wire != attribute for wire, attribute in self.models.fields.get(name, {}).items())

    def attribute(self, name: str, field: Field) -> str:
        """Name a field of a model, or of a union."""
        return self.models.fields.get(name, {}).get(field.wire, field.wire)

    def base(self, name: str) -> str | None:
        """Name the model of which the wire types of a model, or union, are subclasses; None for a union without one."""
        schema = self.components[name]
        if not isinstance(schema, Union):
            return name
        if self.is_plain_union(name):
            return None
        every = {field.wire for field in self.fields(name)}
        return next((each for each in schema.members if {field.wire for field in self.fields(each)} == every), None)

    def fields(self, name: str) -> tuple[Field, ...]:
        """List the fields of a model, or those of all members of a union, each once."""
        schema = self.components[name]
        members = schema.members if isinstance(schema, Union) else (name,)
        return tuple({each.wire: each for member in members for each in self._own_fields(member)}.values())

    def variants(self, schema: Schema) -> int:
        """Count the wire types of a schema."""
        match schema:
            case Ref(name=name) if self.is_converted(name):
                return 1
            case Ref(name=name) if isinstance(self.components[name], (Object, Union)):
                return max(self.variants(each.schema) for each in self.fields(name))
            case Ref(name=name):
                return self.variants(self.components[name])
            case Array(items=inner) | Map(values=inner):
                return self.variants(inner)
            case Choice(options=options) if sum(isinstance(option, (Array, Pair)) for option in options) > 1:
                return len(options)
            case _:
                return 1

    def wire_name(self, name: str, variant: int) -> str:
        """Name a wire type of a model, or union of models, that is built."""
        count = self.variants(Ref(name=name))
        number = str(min(variant + 1, count)) if count > 1 else ""
        return f"_{self.models.classes[name]}Values{number}"

    def wire_type(self, schema: Schema, variant: int = 0) -> str:
        """Write the annotation by which msgspec reads a schema."""
        match schema:
            case Ref(name=name):
                return self._wire_type_of_named(name, variant)
            case Scalar(kind=kind):
                return _SCALAR_TYPES[kind]
            case Enum():
                return "str"
            case Array(items=inner):
                return f"list[{self.wire_type(inner, variant)}]"
            case Map(values=inner):
                return f"dict[str, {self.wire_type(inner, variant)}]"
            case Pair(first=first, second=second):
                return f"tuple[{self.wire_type(first, variant)}, {self.wire_type(second, variant)}]"
            case Choice(options=options) if self.variants(schema) > 1:
                return self.wire_type(options[min(variant, len(options) - 1)], variant)
            case Choice(options=options):
                return " | ".join(self.wire_type(option, variant) for option in options)
            case _:
                raise TypeError(f"{schema!r} without a name")  # parse_schema has refused it

    def is_made_at_run_time(self, schema: Schema) -> bool:
        """Whether the wire type of a schema has a class in it that type checkers do not see being made."""
        match schema:
            case Ref(name=name) if self.is_built(name):
                return True
            case Ref(name=name) if not isinstance(self.components[name], (Object, Union)):
                return self.is_made_at_run_time(self.components[name])
            case Array(items=inner):
                return self.is_made_at_run_time(inner)
            case _:
                return False

    def _wire_type_of_named(self, name: str, variant: int) -> str:
        schema = self.components[name]
        if self.is_converted(name):
            return "dict[str, Any]"
        if self.is_built(name):
            return self.wire_name(name, variant)
        return self.models.classes[name] if isinstance(schema, Object) else self.wire_type(schema, variant)

    def _own_fields(self, name: str) -> tuple[Field, ...]:
        schema = self.components[name]
        return schema.fields if isinstance(schema, Object) else ()

    def _can_be_merged(self, union: Union) -> bool:
        """Whether one object can hold the values of any member.

        Keys mean the same, the same ones are required, and null stands for the same.
        """
        forms: dict[str, set[tuple[str, bool, bool]]] = {}
        for member in union.members:
            if self.is_renamed(member) or self.is_converted(member):
                return False
            for each in self._own_fields(member):
                forms.setdefault(each.wire, set()).add((repr(each.schema), each.required, each.default is None))
        required = [{each.wire for each in self._own_fields(member) if each.required} for member in union.members]
        return all(len(each) == 1 for each in forms.values()) and all(each == required[0] for each in required)

    def _listed_in(self, schema: Schema) -> Iterator[str]:
        match schema:
            case Array(items=Ref(name=name)) if isinstance(self.components[name], (Object, Union)):
                yield name
            case Array(items=inner):
                yield from self._listed_in(inner)
            case Ref(name=name) if not isinstance(self.components[name], (Object, Union)):
                yield from self._listed_in(self.components[name])
            case _:
                pass

    def _is_loose(self, schema: Schema) -> bool:
        """Whether a value may depart from its schema, or may be taken for another alternative than the converter's."""
        match schema:
            case AnyOrSchema():
                return True
            case Array(items=inner) | Map(values=inner):
                return self._is_loose(inner)
            case Pair(first=first, second=second):
                return self._is_loose(first) or self._is_loose(second)
            case Choice(options=options):
                leaves = [self._leaf(option) for option in options]
                times = [kind for depth, kind in leaves if depth and kind == "date-time"]
                alike = {"integer": "number", "date-time": "string"}
                is_clear = len({(depth, alike.get(kind, kind)) for depth, kind in leaves}) == len(leaves)
                return not is_clear or (bool(times) and self.variants(schema) > 1) or any(map(self._is_loose, options))
            case Ref(name=name) if not isinstance(self.components[name], (Object, Union)):
                return self._is_loose(self.components[name])
            case _:
                return False

    def _leaf(self, schema: Schema) -> tuple[int, str]:
        """How many arrays a schema is inside of one another, and what is in the innermost."""
        match schema:
            case Ref(name=name):
                return self._leaf(self.components[name])
            case Array(items=inner):
                depth, kind = self._leaf(inner)
                return depth + 1, kind
            case Scalar(kind=kind):
                return 0, kind
            case _:
                return 0, "string" if isinstance(schema, Enum) else type(schema).__name__
