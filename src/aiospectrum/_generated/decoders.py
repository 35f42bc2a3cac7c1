# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""How results are read from JSON text straight into models.

msgspec checks the values by the wire types below, and makes the objects. What is left to do is done to them here.
"""

from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any, Final, cast

from msgspec import defstruct
from msgspec.structs import force_setattr as _set

from aiospectrum._codec.building import ResultReader, Structure, become, in_utc
from aiospectrum._codec.structs import wire_type
from aiospectrum._generated.models import (
    AnyApp,
    App,
    CurrentAggregate,
    DeletedApp,
    DynamicEdgeIPs,
    PaygoApp,
    Protocol,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
)

__all__ = ["RESULT_READERS"]


_EdgeIPsValues = defstruct(
    "_EdgeIPsValues",
    [
        ("type", str, None),
        ("connectivity", str | None, None),
        ("ips", list[str], None),
    ],
    kw_only=True,
    gc=False,
)


@lru_cache(maxsize=256)
def _make_dynamic_edge_ips(type_: str, connectivity: str | None) -> DynamicEdgeIPs:
    return DynamicEdgeIPs(type=type_, connectivity=connectivity)


def _make_static_edge_ips(type_: str, ips: list[str]) -> StaticEdgeIPs:
    return StaticEdgeIPs(type=type_, ips=ips)


_AnyAppValues = wire_type(
    "_AnyAppValues",
    App,
    [
        ("edge_ips", _EdgeIPsValues | None, None),
        ("proxy_protocol", str | None, None),
    ],
)


def _any_app(items: list[Any], structure: Structure) -> list[AnyApp]:
    for index, item in enumerate(items):
        if (
            item.traffic_type is not None
            or item.origin_dns is not None
            or item.origin_port is not None
            or item.origin_worker_id is not None
            or item.virtual_network_id is not None
            or item.edge_ips is not None
            or item.ip_firewall is not None
            or item.proxy_protocol is not None
            or item.tls is not None
            or item.argo_smart_routing is not None
        ):
            if item.created_on.tzinfo is not UTC:
                _set(item, "created_on", in_utc(item.created_on))
            if item.modified_on.tzinfo is not UTC:
                _set(item, "modified_on", in_utc(item.modified_on))
            if (value := item.edge_ips) is not None:
                _set(
                    item,
                    "edge_ips",
                    (
                        _make_dynamic_edge_ips(value.type, value.connectivity)
                        if value.type == "dynamic"
                        else _make_static_edge_ips(value.type, [] if value.ips is None else value.ips)
                        if value.type == "static"
                        else _make_static_edge_ips(
                            "static" if value.type is None else value.type, [] if value.ips is None else value.ips
                        )
                        if value.ips is not None
                        else _make_dynamic_edge_ips("dynamic" if value.type is None else value.type, value.connectivity)
                    ),
                )
            become(item, App)

        else:
            if item.created_on.tzinfo is not UTC:
                _set(item, "created_on", in_utc(item.created_on))
            if item.modified_on.tzinfo is not UTC:
                _set(item, "modified_on", in_utc(item.modified_on))
            items[index] = PaygoApp(
                id=item.id,
                protocol=item.protocol,
                dns=item.dns,
                created_on=item.created_on,
                modified_on=item.modified_on,
                origin_direct=item.origin_direct,
            )

    return items


_CurrentAggregateValues = wire_type(
    "_CurrentAggregateValues",
    CurrentAggregate,
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
)


def _current_aggregate(items: list[Any], structure: Structure) -> list[CurrentAggregate]:
    for item in items:
        become(item, CurrentAggregate)

    return items


_ReportRowValues1 = wire_type(
    "_ReportRowValues1",
    ReportRow,
    [
        ("metrics", list[int | float], []),
    ],
)


_ReportRowValues2 = wire_type(
    "_ReportRowValues2",
    ReportRow,
    [
        ("metrics", list[list[int | float]], []),
    ],
)


def _report_row(items: list[Any], structure: Structure) -> list[ReportRow]:
    for item in items:
        become(item, ReportRow)

    return items


_ReportValues1 = wire_type(
    "_ReportValues1",
    Report,
    [
        ("data", list[_ReportRowValues1], []),  # type: ignore[valid-type]  # made at run time
        ("data_lag", int | float),
        ("max", dict[str, int | float], {}),
        ("min", dict[str, int | float], {}),
        ("query", dict[str, Any]),
        ("totals", dict[str, int | float], {}),
    ],
)


_ReportValues2 = wire_type(
    "_ReportValues2",
    Report,
    [
        ("data", list[_ReportRowValues2], []),  # type: ignore[valid-type]  # made at run time
        ("data_lag", int | float),
        ("max", dict[str, int | float], {}),
        ("min", dict[str, int | float], {}),
        ("query", dict[str, Any]),
        ("totals", dict[str, int | float], {}),
    ],
)


def _report(item: Any, structure: Structure) -> Report:
    _set(item, "data", _report_row(item.data, structure))
    _set(item, "query", structure(item.query, ReportQuery))
    if (value := item.time_intervals) is not None:
        _set(item, "time_intervals", [(in_utc(each[0]), in_utc(each[1])) for each in value])
    become(item, Report)

    return cast("Report", item)


RESULT_READERS: Final[Mapping[Any, ResultReader]] = {
    list[AnyApp]: ResultReader(
        wires=(
            list[_AnyAppValues],  # type: ignore[valid-type]  # made at run time
        ),
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
