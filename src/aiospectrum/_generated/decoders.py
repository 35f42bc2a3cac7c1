# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""How results are read from JSON text straight into models.

msgspec checks the values by the wire types below. What it does not make itself it puts into a dict, which becomes the
``__dict__`` of the object.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NotRequired, TypedDict

from msgspec import defstruct
from msgspec.structs import asdict

from aiospectrum._generated.models import (
    DNS,
    AnyApp,
    App,
    CurrentAggregate,
    DeletedApp,
    DynamicEdgeIPs,
    OriginDNS,
    PaygoApp,
    Protocol,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
)
from aiospectrum.building import ResultReader, Structure, dict_setter, in_utc, view

__all__ = ["RESULT_READERS"]

_new = object.__new__
_set = object.__setattr__


_EdgeIPsValues = defstruct(
    "_EdgeIPsValues",
    [
        ("type", str, None),
        ("connectivity", str | None, None),
        ("ips", list[str], None),
    ],
    gc=False,
)


@lru_cache(maxsize=256)
def _make_dynamic_edge_ips(type_: str, connectivity: str | None) -> DynamicEdgeIPs:
    return DynamicEdgeIPs(type=type_, connectivity=connectivity)


def _make_static_edge_ips(type_: str, ips: list[str]) -> StaticEdgeIPs:
    return StaticEdgeIPs(type=type_, ips=ips)


_AnyAppValues = TypedDict(
    "_AnyAppValues",
    {
        "id": str,
        "protocol": str,
        "dns": DNS,
        "created_on": datetime,
        "modified_on": datetime,
        "traffic_type": NotRequired[str | None],
        "origin_direct": NotRequired[list[str] | None],
        "origin_dns": NotRequired[OriginDNS | None],
        "origin_port": NotRequired[int | str | None],
        "origin_worker_id": NotRequired[str | None],
        "virtual_network_id": NotRequired[str | None],
        "edge_ips": NotRequired[_EdgeIPsValues | None],  # type: ignore[valid-type]  # made at run time
        "ip_firewall": NotRequired[bool | None],
        "proxy_protocol": NotRequired[str | None],
        "tls": NotRequired[str | None],
        "argo_smart_routing": NotRequired[bool | None],
    },
)


_set_app = dict_setter(App)
_set_paygo_app = dict_setter(PaygoApp)


def _any_app(items: list[Any], structure: Structure) -> list[AnyApp]:
    for index, values in enumerate(items):
        model: AnyApp
        if (
            values.get("traffic_type") is not None
            or values.get("origin_dns") is not None
            or values.get("origin_port") is not None
            or values.get("origin_worker_id") is not None
            or values.get("virtual_network_id") is not None
            or values.get("edge_ips") is not None
            or values.get("ip_firewall") is not None
            or values.get("proxy_protocol") is not None
            or values.get("tls") is not None
            or values.get("argo_smart_routing") is not None
        ):
            if values["created_on"].tzinfo is not UTC:
                values["created_on"] = in_utc(values["created_on"])
            if values["modified_on"].tzinfo is not UTC:
                values["modified_on"] = in_utc(values["modified_on"])
            if (value := values.get("edge_ips")) is not None:
                values["edge_ips"] = (
                    _make_dynamic_edge_ips(value.type, value.connectivity)
                    if value.type == "dynamic"
                    else _make_static_edge_ips(value.type, [] if value.ips is None else value.ips)
                    if value.type == "static"
                    else _make_static_edge_ips(
                        "static" if value.type is None else value.type, [] if value.ips is None else value.ips
                    )
                    if value.ips is not None
                    else _make_dynamic_edge_ips("dynamic" if value.type is None else value.type, value.connectivity)
                )
            model = _new(App)
            _set_app(model, values)

        else:
            values.pop("traffic_type", None)
            values.pop("origin_dns", None)
            values.pop("origin_port", None)
            values.pop("origin_worker_id", None)
            values.pop("virtual_network_id", None)
            values.pop("edge_ips", None)
            values.pop("ip_firewall", None)
            values.pop("proxy_protocol", None)
            values.pop("tls", None)
            values.pop("argo_smart_routing", None)
            if values["created_on"].tzinfo is not UTC:
                values["created_on"] = in_utc(values["created_on"])
            if values["modified_on"].tzinfo is not UTC:
                values["modified_on"] = in_utc(values["modified_on"])
            model = _new(PaygoApp)
            _set_paygo_app(model, values)

        items[index] = model
    return items


_CurrentAggregateValues = defstruct(
    "_CurrentAggregateValues",
    [
        ("app_id", str),
        ("bytes_egress", int | float),
        ("bytes_ingress", int | float),
        ("connections", int | float),
        ("duration_avg", int | float),
    ],
    rename={
        "app_id": "appID",
        "bytes_egress": "bytesEgress",
        "bytes_ingress": "bytesIngress",
        "duration_avg": "durationAvg",
    },
    gc=False,
)


_set_current_aggregate = dict_setter(CurrentAggregate)


def _current_aggregate(items: list[Any], structure: Structure) -> list[CurrentAggregate]:
    for index, values in enumerate(items):
        values = asdict(values)
        model = _new(CurrentAggregate)
        _set_current_aggregate(model, values)

        items[index] = model
    return items


_ReportRowValues1 = view(
    ReportRow,
    {
        "dimensions": list[str],
        "metrics": list[int | float],
    },
)


_ReportRowValues2 = view(
    ReportRow,
    {
        "dimensions": list[str],
        "metrics": list[list[int | float]],
    },
)


def _report_row(items: list[Any], structure: Structure) -> list[ReportRow]:
    for item in items:
        _set(item, "__class__", ReportRow)
    return items


_ReportValues1 = TypedDict(
    "_ReportValues1",
    {
        "data": NotRequired[list[_ReportRowValues1]],  # type: ignore[valid-type]  # made at run time
        "data_lag": int | float,
        "max": NotRequired[dict[str, int | float]],
        "min": NotRequired[dict[str, int | float]],
        "query": dict[str, Any],
        "rows": int,
        "totals": NotRequired[dict[str, int | float]],
        "time_intervals": NotRequired[list[tuple[datetime, datetime]] | None],
    },
)


_ReportValues2 = TypedDict(
    "_ReportValues2",
    {
        "data": NotRequired[list[_ReportRowValues2]],  # type: ignore[valid-type]  # made at run time
        "data_lag": int | float,
        "max": NotRequired[dict[str, int | float]],
        "min": NotRequired[dict[str, int | float]],
        "query": dict[str, Any],
        "rows": int,
        "totals": NotRequired[dict[str, int | float]],
        "time_intervals": NotRequired[list[tuple[datetime, datetime]] | None],
    },
)


_set_report = dict_setter(Report)


def _report(values: dict[str, Any], structure: Structure) -> Report:
    value = values.get("data", [])
    values["data"] = _report_row(value, structure)
    if "max" not in values:
        values["max"] = {}
    if "min" not in values:
        values["min"] = {}
    values["query"] = structure(values["query"], ReportQuery)
    if "totals" not in values:
        values["totals"] = {}
    if (value := values.get("time_intervals")) is not None:
        values["time_intervals"] = [(in_utc(each[0]), in_utc(each[1])) for each in value]
    model = _new(Report)
    _set_report(model, values)

    return model


RESULT_READERS: Final[Mapping[Any, ResultReader]] = {
    list[AnyApp]: ResultReader(
        wires=(list[_AnyAppValues],),
        build=lambda values, structure: _any_app(values, structure),
    ),
    AnyApp: ResultReader(
        wires=(_AnyAppValues,),
        build=lambda values, structure: _any_app([values], structure)[0],
    ),
    DeletedApp: ResultReader(
        wires=(DeletedApp,),
        build=lambda values, structure: values,
    ),
    list[Protocol]: ResultReader(
        wires=(list[Protocol],),
        build=lambda values, structure: values,
    ),
    list[CurrentAggregate]: ResultReader(
        wires=(
            list[_CurrentAggregateValues],  # type: ignore[valid-type]  # made at run time
        ),
        build=lambda values, structure: _current_aggregate(values, structure),
    ),
    Report: ResultReader(
        wires=(
            _ReportValues1,
            _ReportValues2,
        ),
        build=lambda values, structure: _report(values, structure),
    ),
}
"""What reads each type of result."""
