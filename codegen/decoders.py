"""Works out what the template of the decoders needs: wire types, what builds models of their values, and results."""

import builtins
from collections.abc import Iterator, Mapping

import attrs

from codegen.checks import constant_name
from codegen.converters import render_chooser
from codegen.models import Models
from codegen.roads import Roads
from codegen.shapes import Array, Choice, Field, Map, Object, Pair, Ref, Scalar, Schema, Union, references

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
            build=_finish(schema, "values", roads) or "values",
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
        function=_function(name),
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
    steps = (*(f"values.pop({key!r}, None)" for key in foreign), *_steps(name, own, roads))
    return ModelView(name=roads.models.classes[name], condition=condition, steps=steps, setter=f"_set{_function(name)}")


def _maker(name: str, roads: Roads) -> ModelView:
    """A member of a union that is called with the values of a struct; one without lists is made once for equal ones."""
    fields = roads.fields(name)
    return ModelView(
        name=roads.models.classes[name],
        maker=f"_make{_function(name)}",
        parameters=tuple((each.wire, _parameter(each.wire), _held_type(each, roads)) for each in fields),
        is_cached=all(roads.is_hashable(each.schema) for each in fields),
    )


def _parameter(attribute: str) -> str:
    return f"{attribute}_" if hasattr(builtins, attribute) else attribute


def _held_type(field: Field, roads: Roads) -> str:
    optional = " | None" if not field.required and field.default is None else ""
    return roads.wire_type(field.schema) + optional


def _choice(name: str, value: str, roads: Roads) -> str:
    """The expression that makes the right member of a union out of a struct, the likeliest first."""
    union = roads.components[name]
    assert isinstance(union, Union), name  # noqa: S101 - for the type checker
    chooser = render_chooser(name, union, roads.components, roads.models)
    members = {roads.models.classes[member]: member for member in union.members}
    kind = f"{value}.{chooser.discriminator}"
    told = [
        f"{_call(members[model], value, roads, chooser.discriminator)} if {kind} == {each!r} else "
        for each, model in chooser.mapping.items()
    ]
    by_keys = [
        f"{_call(members[model], value, roads)} if {' or '.join(f'{value}.{key} is not None' for key in keys)} else "
        for model, keys in chooser.own_keys
        if model != chooser.fallback
    ]
    return f"({''.join(told)}{''.join(by_keys)}{_call(members[chooser.fallback], value, roads)})"


def _call(name: str, value: str, roads: Roads, known: str | None = None) -> str:
    arguments = [
        f"{value}.{each.wire}"
        if each.default is None or each.wire == known
        else f"{each.default!r} if {value}.{each.wire} is None else {value}.{each.wire}"
        for each in roads.fields(name)
    ]
    return f"_make{_function(name)}({', '.join(arguments)})"


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


def _steps(name: str, fields: tuple[Field, ...], roads: Roads) -> Iterator[str]:
    if roads.is_renamed(name):
        yield "values = asdict(values)"
    for field in fields:
        key = repr(roads.key(name, field))
        value = f"values[{key}]"
        finished = _finish(field.schema, value if field.required else "value", roads)
        if isinstance(field.default, (list, dict)):
            if finished is None:
                yield f"if {key} not in values:\n    {value} = {field.default!r}"
            else:
                yield f"value = values.get({key}, {field.default!r})\n{value} = {finished}"
        elif finished is not None and field.required:
            is_time = isinstance(field.schema, Scalar)  # asked here as calling a function would take longer
            yield f"if {value}.tzinfo is not UTC:\n    {value} = {finished}" if is_time else f"{value} = {finished}"
        elif finished is not None:
            yield f"if (value := values.get({key})) is not None:\n    {value} = {finished}"


def _finish(schema: Schema, value: str, roads: Roads) -> str | None:
    """The expression that makes what the model holds of a wire value; None when it is that already."""
    match schema:
        case Ref(name=name) if roads.is_converted(name):
            return f"structure({value}, {roads.models.classes[name]})"
        case Ref(name=name) if roads.is_plain_union(name):
            return _choice(name, value, roads)
        case Ref(name=name) if roads.is_built(name) and name in roads.listed:
            return f"{_function(name)}([{value}], structure)[0]"
        case Ref(name=name) if roads.is_built(name):
            return f"{_function(name)}({value}, structure)"
        case Ref(name=name) if not isinstance(roads.components[name], Object):
            return _finish(roads.components[name], value, roads)
        case Scalar(kind="date-time"):
            return f"in_utc({value})"
        case Array(items=Ref(name=name)) if roads.is_built(name) and not roads.is_plain_union(name):
            return f"{_function(name)}({value}, structure)"
        case Array(items=inner):
            item = _finish(inner, "each", roads)
            return None if item is None else f"[{item} for each in {value}]"
        case Map(values=inner):
            item = _finish(inner, "each", roads)
            return None if item is None else f"{{key: {item} for key, each in {value}.items()}}"
        case Choice(options=options):
            kinds = ["datetime" if isinstance(each, Scalar) else "list" for each in options]
            done = [_finish(each, value, roads) for each in options]
            tests = [
                f"{each} if isinstance({value}, {kind}) else " for each, kind in zip(done, kinds, strict=True) if each
            ]
            return f"({''.join(tests)}{value})" if tests else None
        case Pair(first=first, second=second):
            parts = [_finish(part, f"{value}[{index}]", roads) for index, part in enumerate((first, second))]
            both = [part or f"{value}[{index}]" for index, part in enumerate(parts)]
            return None if parts == [None, None] else f"({', '.join(both)})"
        case _:
            return None


def _function(name: str) -> str:
    return f"_{constant_name(name).lower()}"
