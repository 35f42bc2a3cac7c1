"""Works out what the template of the decoders needs: wire types, what builds models of their values, and results."""

import builtins
from collections.abc import Iterator, Mapping

import attrs

from codegen.building import builder_name, finished_value, finishing_steps
from codegen.converters import render_chooser
from codegen.models import Models
from codegen.roads import Roads
from codegen.shapes import Array, Field, Object, Ref, Schema, Union, references

__all__ = ["BuilderView", "ModelView", "ResultView", "WireView", "builder_views", "result_views", "small_classes"]


@attrs.frozen(kw_only=True)
class WireView:
    """All that the template needs of one wire type."""

    name: str
    """Its name."""

    fields: tuple[tuple[str, str, str, str], ...]
    """Attribute, annotation, default and a comment of each field; the last two are empty when there is none."""

    base: str
    """The class that it is a subclass of, of which it has all other fields; empty when there is none."""

    renamed: Mapping[str, str]
    """Attribute by key in JSON, where they differ."""


@attrs.frozen(kw_only=True)
class ModelView:
    """All that the template needs of one model that is built."""

    name: str
    """Name of the class."""

    condition: str = ""
    """Expression that tells it from other members of a union; empty for the last one."""

    steps: tuple[str, ...] = ()
    """Statements that make the values those of the model."""

    is_base: bool = True
    """Whether what has been read becomes the object, and is not what one is made of."""

    maker: str = ""
    """Function that calls the class, for a union of native models."""

    parameters: tuple[tuple[str, str, str], ...] = ()
    """Attribute, name and annotation of each parameter of the class, where it is called."""

    is_cached: bool = False
    """Whether equal objects are one and the same."""


@attrs.frozen(kw_only=True)
class BuilderView:
    """All that the template needs of one model, or union of models, that is built."""

    function: str
    """Name of the function that builds it."""

    annotation: str
    """What it returns."""

    wires: tuple[WireView, ...]
    """Each wire type."""

    models: tuple[ModelView, ...]
    """What it can be: one model, or each member of the union."""

    is_plain_union: bool
    """Whether the classes are called, with the values of a struct, wherever one stands."""

    is_listed: bool
    """Whether the function makes a list of them at a time, as calling it for each would take longer."""


@attrs.frozen(kw_only=True)
class ResultView:
    """All that the template needs of one type of result."""

    result: str
    """The type."""

    wires: tuple[str, ...]
    """The wire types to try in turn."""

    comment: str
    """What to tell type checkers about them."""

    build: str
    """Expression that makes the result of ``values``."""


def builder_views(results: tuple[Schema, ...], components: Mapping[str, Schema], models: Models) -> list[BuilderView]:
    """Work out every model, and union of models, that results are built of.

    Args:
        results: The schemas of all results.
        components: All named schemas, each after those that it refers to.
        models: Names of classes and attributes.

    Returns:
        What the template needs, each after those that it holds.
    """
    roads = Roads(components=components, models=models, results=tuple(results))
    wanted = {name for result in results for name in _reached(result, roads)}
    return [_builder(name, roads) for name in components if name in wanted]


def small_classes(results: tuple[Schema, ...], components: Mapping[str, Schema], models: Models) -> list[str]:
    """List the classes of which an answer can hold many objects.

    Args:
        results: The schemas of all results.
        components: All named schemas, each after those that it refers to.
        models: Names of classes and attributes.

    Returns:
        Names of classes: those that stand in arrays, and those that such ones hold.
    """
    small = set(Roads(components=components, models=models, results=tuple(results)).listed)
    for name in reversed(list(components)):
        if name in small:
            small.update(references(components[name]))
    return [models.classes[name] for name, schema in components.items() if name in small and isinstance(schema, Object)]


def result_views(
    results: Mapping[str, Schema], components: Mapping[str, Schema], models: Models
) -> tuple[ResultView, ...]:
    """Work out every type of result.

    Args:
        results: The schema of each result by its annotation.
        components: All named schemas.
        models: Names of classes and attributes.

    Returns:
        What the template needs.
    """
    roads = Roads(components=components, models=models, results=tuple(results.values()))
    return tuple(
        ResultView(
            result=annotation,
            wires=tuple(roads.wire_type(schema, variant) for variant in range(roads.variants(schema))),
            comment=_comment(schema, roads) if isinstance(schema, Array) else "",
            build=finished_value(schema, "values", roads) or "values",
        )
        for annotation, schema in results.items()
    )


def _reached(schema: Schema, roads: Roads) -> Iterator[str]:
    """The models and unions that generated code builds for a schema."""
    for name in references(schema):
        if roads.is_built(name):
            yield name
            for each in roads.fields(name):
                yield from _reached(each.schema, roads)
        elif not isinstance(roads.components[name], (Object, Union)):
            yield from _reached(roads.components[name], roads)


def _builder(name: str, roads: Roads) -> BuilderView:
    schema = roads.components[name]
    fields = roads.fields(name)
    base = roads.base(name)
    renamed = roads.models.fields[name] if roads.is_renamed(name) else {}
    shown = [field for field in fields if base is None or renamed or not _is_inherited(name, field, roads)]
    return BuilderView(
        function=builder_name(name),
        annotation=roads.models.classes[name],
        wires=tuple(
            WireView(
                name=roads.wire_name(name, each),
                fields=tuple(_wire_field(name, field, roads, each) for field in shown),
                base="" if base is None else roads.models.classes[base],
                renamed={wire: attribute for wire, attribute in renamed.items() if wire != attribute},
            )
            for each in range(roads.variants(Ref(name=name)))
        ),
        models=tuple(_members(schema, name, roads)) if isinstance(schema, Union) else (_model(name, roads),),
        is_plain_union=roads.is_plain_union(name),
        is_listed=name in roads.listed,
    )


def _is_inherited(name: str, field: Field, roads: Roads) -> bool:
    """Whether a wire type has a field as its base has it."""
    is_same = field.required or field.default is None or not isinstance(roads.components[name], Union)
    return is_same and roads.is_annotated(field.schema)


def _members(union: Union, name: str, roads: Roads) -> Iterator[ModelView]:
    """The members of a union, the last resort last."""
    if roads.is_plain_union(name):
        yield from (_maker(member, roads) for member in union.members)
        return
    chooser = render_chooser(name, union, roads.components, roads.models)
    in_order = sorted(union.members, key=lambda member: roads.models.classes[member] == chooser.fallback)
    for member in in_order:
        condition = "" if member == in_order[-1] else chooser.condition(roads.models.classes[member])
        yield _model(member, roads, union=name, condition=condition)


def _model(name: str, roads: Roads, *, union: str | None = None, condition: str = "") -> ModelView:
    return ModelView(
        name=roads.models.classes[name],
        condition=condition,
        steps=tuple(finishing_steps(name, roads.fields(name), roads, in_union=union is not None)),
        is_base=roads.base(name if union is None else union) == name,
        parameters=_parameters(name, roads),
    )


def _parameters(name: str, roads: Roads) -> tuple[tuple[str, str, str], ...]:
    fields = roads.fields(name)
    return tuple((each.wire, _parameter(each.wire), _held_type(each, roads)) for each in fields)


def _maker(name: str, roads: Roads) -> ModelView:
    """A member of a union that is called with the values of a struct; one without lists is made once for equal ones."""
    return ModelView(
        name=roads.models.classes[name],
        maker=f"_make{builder_name(name)}",
        parameters=_parameters(name, roads),
        is_cached=all(roads.is_hashable(each.schema) for each in roads.fields(name)),
    )


def _parameter(attribute: str) -> str:
    return f"{attribute}_" if hasattr(builtins, attribute) else attribute


def _held_type(field: Field, roads: Roads) -> str:
    optional = " | None" if not field.required and field.default is None else ""
    return roads.wire_type(field.schema) + optional


def _wire_field(name: str, field: Field, roads: Roads, variant: int) -> tuple[str, str, str, str]:
    """Attribute, annotation, default and comment of one field; null is taken only where the model holds None."""
    annotation = roads.wire_type(field.schema, variant)
    comment = _comment(field.schema, roads) if annotation.startswith(("list[", "dict[")) else ""
    attribute = roads.attribute(name, field)
    if field.required:
        return attribute, annotation, "", comment
    nullable = f"{annotation} | None" if field.default is None else annotation
    default = None if isinstance(roads.components[name], Union) else field.default
    return attribute, nullable, repr(default), comment


def _comment(schema: Schema, roads: Roads) -> str:
    """What to tell type checkers about the wire type of a schema."""
    return "  # type: ignore[valid-type]  # made at run time" if roads.is_made_at_run_time(schema) else ""
