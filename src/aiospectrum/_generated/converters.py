# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""How each model is read from JSON values and written back."""

from cattrs import Converter

from aiospectrum._codec.registration import field, register_model, register_union
from aiospectrum._codec.wire import (
    array,
    array_of_models,
    boolean,
    date_time,
    integer,
    mapping,
    number,
    one_of,
    or_as_it_came,
    pair,
    string,
    with_booleans,
    write_date_times,
)
from aiospectrum._generated.models import (
    DNS,
    AnyApp,
    App,
    AppRequest,
    CurrentAggregate,
    DeletedApp,
    DynamicEdgeIPs,
    EdgeIPs,
    OriginDNS,
    PaygoApp,
    Protocol,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
)
from aiospectrum._generated.unions import choose_any_app, choose_edge_ips

__all__ = ["register_models"]


def register_models(converter: Converter) -> None:
    """Register every model and every union of models.

    Args:
        converter: What to register on.
    """
    register_model(
        converter,
        DNS,
        name=field("name", string),
        type=field("type", string),
    )
    register_model(
        converter,
        OriginDNS,
        name=field("name", string),
        ttl=field("ttl", integer),
        type=field("type", string),
    )
    register_model(
        converter,
        DynamicEdgeIPs,
        type=field("type", string, keep_default=True),
        connectivity=field("connectivity", string),
    )
    register_model(
        converter,
        StaticEdgeIPs,
        type=field("type", string, keep_default=True),
        ips=field("ips", array(string), keep_default=True),
    )
    read_edge_ips = register_union(converter, EdgeIPs, choose_edge_ips)
    register_model(
        converter,
        App,
        id=field("id", string),
        protocol=field("protocol", string),
        dns=field("dns"),
        created_on=field("created_on", date_time, write=write_date_times),
        modified_on=field("modified_on", date_time, write=write_date_times),
        traffic_type=field("traffic_type", string),
        origin_direct=field("origin_direct", array(string)),
        origin_dns=field("origin_dns"),
        origin_port=field("origin_port", one_of(integer, string)),
        origin_worker_id=field("origin_worker_id", string),
        virtual_network_id=field("virtual_network_id", string),
        edge_ips=field("edge_ips", read_edge_ips),
        ip_firewall=field("ip_firewall", boolean),
        proxy_protocol=field("proxy_protocol", with_booleans(string, true="v1", false="off")),
        tls=field("tls", string),
        argo_smart_routing=field("argo_smart_routing", boolean),
    )
    register_model(
        converter,
        PaygoApp,
        id=field("id", string),
        protocol=field("protocol", string),
        dns=field("dns"),
        created_on=field("created_on", date_time, write=write_date_times),
        modified_on=field("modified_on", date_time, write=write_date_times),
        origin_direct=field("origin_direct", array(string)),
    )
    register_union(converter, AnyApp, choose_any_app)
    register_model(
        converter,
        AppRequest,
        protocol=field("protocol", string),
        dns=field("dns"),
        traffic_type=field("traffic_type", string),
        origin_direct=field("origin_direct", array(string)),
        origin_dns=field("origin_dns"),
        origin_port=field("origin_port", one_of(integer, string)),
        origin_worker_id=field("origin_worker_id", string),
        virtual_network_id=field("virtual_network_id", string),
        edge_ips=field("edge_ips", read_edge_ips),
        ip_firewall=field("ip_firewall", boolean),
        proxy_protocol=field("proxy_protocol", with_booleans(string, true="v1", false="off")),
        tls=field("tls", string),
        argo_smart_routing=field("argo_smart_routing", boolean),
    )
    register_model(
        converter,
        DeletedApp,
        id=field("id", string),
    )
    register_model(
        converter,
        Protocol,
        name=field("name", string),
        description=field("description", string),
        ports=field("ports", array(integer)),
        transport=field("transport", string),
    )
    register_model(
        converter,
        CurrentAggregate,
        app_id=field("appID", string),
        bytes_egress=field("bytesEgress", number),
        bytes_ingress=field("bytesIngress", number),
        connections=field("connections", number),
        duration_avg=field("durationAvg", number),
    )
    register_model(
        converter,
        ReportRow,
        dimensions=field("dimensions", array(string)),
        metrics=field("metrics", one_of(array(number), array(array(number)))),
    )
    register_model(
        converter,
        ReportQuery,
        dimensions=field("dimensions", or_as_it_came(array(string))),
        filters=field("filters", or_as_it_came(string)),
        limit=field("limit", or_as_it_came(integer)),
        metrics=field("metrics", or_as_it_came(array(string))),
        since=field("since", or_as_it_came(date_time), write=write_date_times),
        sort=field("sort", or_as_it_came(array(string))),
        until=field("until", or_as_it_came(date_time), write=write_date_times),
        time_delta=field("time_delta", or_as_it_came(string)),
    )
    register_model(
        converter,
        Report,
        data=field("data", array_of_models(converter, ReportRow), keep_default=True),
        data_lag=field("data_lag", number),
        max=field("max", mapping(number), keep_default=True),
        min=field("min", mapping(number), keep_default=True),
        query=field("query"),
        rows=field("rows", integer),
        totals=field("totals", mapping(number), keep_default=True),
        time_intervals=field("time_intervals", array(pair(date_time, date_time)), write=write_date_times),
    )
