# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Where the API is, and the namespaces of its client, made of the endpoint functions."""

from typing import Final

from aiospectrum._generated.analytics import (
    get_current_aggregate,
    get_events_by_time,
    get_events_summary,
    get_zones_report,
)
from aiospectrum._generated.apps import create_app, delete_app, get_app, iterate_apps, list_apps, update_app
from aiospectrum._generated.protocols import list_protocols
from aiospectrum._generated.zones import iterate_zones, list_zones
from aiospectrum.routes import API
from aiospectrum.transport import Namespace, Nested

__all__ = [
    "SERVICE",
    "Analytics",
    "AnalyticsAggregate",
    "AnalyticsEvents",
    "AnalyticsZones",
    "Apps",
    "Namespaces",
    "Protocols",
    "Zones",
]

SERVICE: Final = API(base_url="https://api.cloudflare.com/client/v4", schemes=("api_token", "api_key"))
"""Where the API is, and how callers prove who they are."""


class AnalyticsAggregate(Namespace):
    """``client.analytics.aggregate``."""

    current = get_current_aggregate


class AnalyticsEvents(Namespace):
    """``client.analytics.events``."""

    bytime = get_events_by_time
    summary = get_events_summary


class AnalyticsZones(Namespace):
    """``client.analytics.zones``."""

    report = get_zones_report


class Analytics(Namespace):
    """Traffic analytics of the Spectrum applications of a zone."""

    aggregate: Final = Nested(AnalyticsAggregate)
    """``client.analytics.aggregate``."""
    events: Final = Nested(AnalyticsEvents)
    """``client.analytics.events``."""
    zones: Final = Nested(AnalyticsZones)
    """``client.analytics.zones``."""


class Apps(Namespace):
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""

    list = list_apps
    create = create_app
    get = get_app
    update = update_app
    delete = delete_app
    iterate = iterate_apps


class Protocols(Namespace):
    """Well-known protocols that Spectrum has a name for."""

    list = list_protocols


class Zones(Namespace):
    """Zones that the credentials may see, each a domain."""

    list = list_zones
    iterate = iterate_zones


class Namespaces(Namespace):
    """The namespaces of a client."""

    analytics: Final = Nested(Analytics)
    """Traffic analytics of the Spectrum applications of a zone."""
    protocols: Final = Nested(Protocols)
    """Well-known protocols that Spectrum has a name for."""
    zones: Final = Nested(Zones)
    """Zones that the credentials may see, each a domain."""
