# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""How the model of a union is picked for a JSON object."""

from collections.abc import Mapping
from typing import Any

from aiospectrum._generated.models import App, DynamicEdgeIPs, PaygoApp, StaticEdgeIPs

__all__ = ["choose_any_app", "choose_edge_ips"]


def choose_edge_ips(values: Mapping[str, Any]) -> type[DynamicEdgeIPs] | type[StaticEdgeIPs]:
    """Pick DynamicEdgeIPs or StaticEdgeIPs.

    Args:
        values: The object; a null stands for an absent key.

    Returns:
        The class.
    """
    match values.get("type"):
        case "dynamic":
            return DynamicEdgeIPs
        case "static":
            return StaticEdgeIPs
    if values.get("ips") is not None:
        return StaticEdgeIPs
    return DynamicEdgeIPs


def choose_any_app(values: Mapping[str, Any]) -> type[App] | type[PaygoApp]:
    """Pick App or PaygoApp.

    Args:
        values: The object; a null stands for an absent key.

    Returns:
        The class.
    """
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
        return App
    return PaygoApp
