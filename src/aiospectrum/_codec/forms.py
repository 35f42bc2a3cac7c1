"""Old and odd forms of applications and reports, brought into the documented form before they are read.

The classes are bases of models; the converter calls ``read_old_forms`` of a model that has it.
"""

from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Any, ClassVar, Final, Self, cast

import attrs

from aiospectrum._codec.readers import read_date_time
from aiospectrum._codec.wrong import wrong
from aiospectrum.checks import Unchecked, UncheckedInteger, refuse
from aiospectrum.errors import ConversionError
from aiospectrum.structs import is_struct

__all__ = ["AppMethods", "AppRequestMethods", "ModelMethods", "OddReportForms", "OldAppForms", "as_read"]

_NO_VALUES: Final[Mapping[str, Any]] = MappingProxyType({})
"""The same one for each row that is null, of which there may be very many."""

_PAY_AS_YOU_GO: Final = frozenset({"id", "protocol", "dns", "created_on", "modified_on", "origin_direct"})


class ModelMethods:
    """Lets pydantic, and so FastAPI, read and write the JSON of a model, as ``-> list[App]`` of an endpoint needs."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: object) -> dict[str, Any]:
        """Let pydantic, and so FastAPI, read and write its JSON as a converter of ours does, unknown keys and all."""
        from aiospectrum._codec.converter import shared_converter

        def read(values: Any) -> Any:
            return values if type(values) is cls else shared_converter().structure(values, cls)

        def write(value: Any) -> Any:
            return shared_converter().unstructure(value)

        return {
            "type": "function-plain",
            "function": {"type": "no-info", "function": read},
            "serialization": {"type": "function-plain", "function": write, "when_used": "json"},
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, _: object, __: object) -> dict[str, Any]:
        """For the documentation that FastAPI makes."""
        description = (cls.__doc__ or "").partition("\n")[0]
        return {"type": "object", "title": cls.__name__, "description": description}


class OldAppForms(ModelMethods):
    """Reads what old payloads have in other forms.

    Source: recordings of the API, in which ``spp`` (Simple Proxy Protocol) comes with a ``proxy_protocol`` that is
    true or false, and ``edge_ips`` is an array of addresses.
    """

    __slots__ = ()

    old_keys: ClassVar[Mapping[str, str]] = {"spp": "proxy_protocol"}
    """Attribute by the key that says it in old payloads, which matters where the attribute is absent."""

    @staticmethod
    def read_old_forms(values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bring the JSON values of an application into the form of today.

        Args:
            values: The values, in whatever form.

        Returns:
            The values in the form of today; those that have it already as they are.
        """
        changed: dict[str, Any] = {}
        proxy_protocol, edge_ips = values.get("proxy_protocol"), values.get("edge_ips")
        if values.get("spp") is True and not isinstance(proxy_protocol, str):
            changed["proxy_protocol"] = "simple"
        elif isinstance(proxy_protocol, bool):
            changed["proxy_protocol"] = "v1" if proxy_protocol else "off"
        if isinstance(edge_ips, list):
            changed["edge_ips"] = {"type": "static", "ips": edge_ips}
        elif isinstance(edge_ips, Mapping) and not isinstance(edge_ips.get("ips"), (list, NoneType)):
            changed["edge_ips"] = {**edge_ips, "ips": None}
        return {**values, **changed} if changed else values


class AppMethods(OldAppForms):
    """What an application derives from its fields."""

    __slots__ = ()

    @property
    def is_pay_as_you_go(self) -> bool:
        """Whether it has only fields that applications of a pay-as-you-go plan have."""
        values = attrs.asdict(cast(Any, self), recurse=False)
        return all(value is None for name, value in values.items() if name not in _PAY_AS_YOU_GO)

    def _repr_html_(self) -> str:
        """Its fields, for notebooks."""
        from aiospectrum.charts.notebook import fields_html

        return fields_html("Spectrum application", attrs.asdict(cast(Any, self)))


class AppRequestMethods(OldAppForms):
    """Makes a configuration of an application that was read."""

    __slots__ = ()

    read_only_keys: ClassVar[frozenset[str]] = frozenset({"id", "created_on", "modified_on"})
    """Keys of an application that Cloudflare alone sets, which are left out of what is read from its JSON."""

    @staticmethod
    def read_old_forms(values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bring the JSON values of a configuration into the form of today, and leave what is wrong for the readers.

        Args:
            values: The values, in whatever form.

        Returns:
            The values in the form of today; those that have it already as they are.

        Raises:
            ConversionError: ``spp`` is neither true nor false.
        """
        spp, edge_ips = values.get("spp"), values.get("edge_ips")
        if type(spp) not in (bool, NoneType):
            raise wrong("true or false", spp, "spp")
        changed = OldAppForms.read_old_forms(values)
        return {**changed, "edge_ips": edge_ips} if isinstance(edge_ips, Mapping) else changed

    @classmethod
    def from_app(cls, app: AppMethods) -> Self:
        """Make the configuration that an application has, to change a part of it and send it back.

        ::

            request = AppRequest.from_app(await client.apps.get(zone_id, app_id))
            await client.apps.update(zone_id, app_id, attrs.evolve(request, tls="full"))

        Args:
            app: An :class:`~aiospectrum.App`.

        Returns:
            The same values, which are sent as they were read, those among them that this version does not know. A key
            that the application has and this version does not know is not among them.

        Raises:
            InvalidArgumentError: It is something else.
        """
        if not issubclass(type(app), AppMethods):
            refuse("app", app, "an application, such as client.apps.get gives")
        values = attrs.asdict(cast(Any, app), recurse=False)
        names = [field.name for field in attrs.fields(cast(Any, cls))]
        return cls(**{name: as_read(values[name]) for name in names if values[name] not in (None, [])})


def as_read(value: Any) -> Any:
    """Mark all texts and integers of a value, so that they are sent as they are, whatever the checks say."""
    if is_struct(type(value)):
        fields = attrs.asdict(value, recurse=False)
        return type(value)(**{name: as_read(inner) for name, inner in fields.items()})
    if isinstance(value, list):
        return [as_read(item) for item in value]
    marked = {str: Unchecked, int: UncheckedInteger}.get(type(value))
    return value if marked is None else marked(value)


class OddReportForms(ModelMethods):
    """Reads reports with odd values, as one odd value must not lose a report."""

    __slots__ = ()

    @staticmethod
    def read_old_forms(values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bring the JSON values of a report into the documented form.

        Args:
            values: The values, in whatever form.

        Returns:
            The values, in which a time interval that cannot be read is empty, a value of a dimension that is not text
            is its text (empty for null), a row that is null has no values, and an echo that is no object, or time
            intervals that are no array, are none.
        """
        intervals, data = values.get("time_intervals"), values.get("data")
        changed: dict[str, Any] = {}
        if not isinstance(values.get("query"), Mapping):
            changed["query"] = None
        if isinstance(intervals, list):
            changed["time_intervals"] = [each if _is_interval(each) else [] for each in intervals]
        elif intervals is not None:
            changed["time_intervals"] = None
        if isinstance(data, list):
            changed["data"] = [_with_text_dimensions(row) for row in data]
        return {**values, **changed}


def _is_interval(value: Any) -> bool:
    try:
        return isinstance(value, list) and all(read_date_time(time) for time in value)
    except ConversionError:
        return False


def _with_text_dimensions(row: Any) -> Any:
    if row is None:
        return _NO_VALUES
    values = row.get("dimensions") if isinstance(row, Mapping) else None
    if values is not None and not isinstance(values, list):
        values = [values]
    elif values is None or all(isinstance(value, str) for value in values):
        return row
    return {
        **row,
        "dimensions": ["" if value is None else value if isinstance(value, str) else str(value) for value in values],
    }
