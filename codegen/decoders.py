"""Works out what the template of the decoders needs: wire types, what builds models of their values, and results."""

import builtins
from collections.abc import Iterator, Mapping

import attrs

from codegen.building import builder_name, finished_value, finishing_steps
from codegen.converters import render_chooser
from codegen.models import Models
from codegen.roads import Roads
from codegen.shapes import Array, Field, Object, Ref, Schema, Union, references

__all__ = ["BuilderView", "ModelView", "ResultView", "WireView", "builder_views", "dict_based", "result_views"]


@attrs.frozen(kw_only=True)
class WireView:
    """All that the template needs of one wire type."""

    name: str
    """Its name."""

    fields: tuple[tuple[str, str, str, str], ...]
    """Key, annotation, default and a comment of each field; the last two are empty when there is none."""

    is_struct: bool
    """Whether it is a struct and not a dict."""

    renamed: Mapping[str, str]
    """Attribute by key in JSON; empty when they are all the same."""


@attrs.frozen(kw_only=True)
class ModelView:
    """All that the template needs of one model that is built."""

    name: str
    """Name of the class."""

    condition: str = ""
    """Expression that tells it from other members of a union; empty for the last one."""

    steps: tuple[str, ...] = ()
    """Statements that make the values those of the model."""

    setter: str = ""
    """What sets the dict of an object, where there is one."""

    maker: str = ""
    """Function that calls the class, where there is no dict."""

    parameters: tuple[tuple[str, str, str], ...] = ()
    """Attribute, name and annotation of each parameter of that function."""

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

    is_viewed: bool
    """Whether the objects are there, of a subclass."""

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


def dict_based(results: tuple[Schema, ...], components: Mapping[str, Schema], models: Models) -> list[str]:
    """List the classes whose objects are made of dicts.

    Args:
        results: The schemas of all results.
        components: All named schemas.
        models: Names of classes and attributes.

    Returns:
        Names of classes.
    """
    builders = builder_views(results, components, models)
    return [
        each.name
        for builder in builders
        if not (builder.is_plain_union or builder.is_viewed)
        for each in builder.models
    ]


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
    return BuilderView(
        function=builder_name(name),
        annotation=roads.models.classes[name],
        wires=tuple(
            WireView(
                name=roads.wire_name(name, each),
                fields=tuple(_wire_field(name, field, roads, each) for field in fields),
                is_struct=roads.is_struct(name),
                renamed=roads.models.fields[name] if roads.is_renamed(name) else {},
            )
            for each in range(roads.variants(Ref(name=name)))
        ),
        models=tuple(_members(schema, name, roads)) if isinstance(schema, Union) else (_model(name, roads),),
        is_viewed=roads.is_viewed(name),
        is_plain_union=roads.is_plain_union(name),
        is_listed=name in roads.listed,
    )


def _members(union: Union, name: str, roads: Roads) -> Iterator[ModelView]:
    """The members of a union, the last resort last."""
    if roads.is_plain_union(name):
        yield from (_maker(member, roads) for member in union.members)
        return
    chooser = render_chooser(name, union, roads.components, roads.models)
    in_order = sorted(union.members, key=lambda member: roads.models.classes[member] == chooser.fallback)
    for member in in_order:
        condition = "" if member == in_order[-1] else chooser.condition(roads.models.classes[member])
        yield _model(member, roads, union, condition)


def _model(name: str, roads: Roads, union: Union | None = None, condition: str = "") -> ModelView:
    own = roads.fields(name)
    others = [field for member in (union.members if union else ()) for field in roads.fields(member)]
    foreign = dict.fromkeys(field.wire for field in others if field.wire not in {each.wire for each in own})
    steps = (*(f"values.pop({key!r}, None)" for key in foreign), *finishing_steps(name, own, roads))
    setter = f"_set{builder_name(name)}"
    return ModelView(name=roads.models.classes[name], condition=condition, steps=steps, setter=setter)


def _maker(name: str, roads: Roads) -> ModelView:
    """A member of a union that is called with the values of a struct; one without lists is made once for equal ones."""
    fields = roads.fields(name)
    return ModelView(
        name=roads.models.classes[name],
        maker=f"_make{builder_name(name)}",
        parameters=tuple((each.wire, _parameter(each.wire), _held_type(each, roads)) for each in fields),
        is_cached=all(roads.is_hashable(each.schema) for each in fields),
    )


def _parameter(attribute: str) -> str:
    return f"{attribute}_" if hasattr(builtins, attribute) else attribute


def _held_type(field: Field, roads: Roads) -> str:
    optional = " | None" if not field.required and field.default is None else ""
    return roads.wire_type(field.schema) + optional


def _wire_field(name: str, field: Field, roads: Roads, variant: int) -> tuple[str, str, str, str]:
    """Key, annotation, default and comment of one field; null stands for none only where the model holds None."""
    annotation = roads.wire_type(field.schema, variant)
    is_type_expression = not roads.is_struct(name) or annotation.startswith("list[")
    comment = _comment(field.schema, roads) if is_type_expression else ""
    key = roads.key(name, field)
    if field.required:
        return key, annotation, "", comment
    nullable = f"{annotation} | None" if field.default is None else annotation
    return key, nullable, "None" if roads.is_plain_union(name) else repr(field.default), comment


def _comment(schema: Schema, roads: Roads) -> str:
    """What to tell type checkers about the wire type of a schema."""
    return "  # type: ignore[valid-type]  # made at run time" if roads.is_made_at_run_time(schema) else ""
