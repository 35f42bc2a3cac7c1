"""The endpoints as functions over a transport, for code that brings its own; each is a method of a client too."""

from aiospectrum._generated.analytics import (
    get_current_aggregate,
    get_events_by_time,
    get_events_summary,
    get_zones_report,
)
from aiospectrum._generated.apps import create_app, delete_app, get_app, iterate_apps, list_apps, update_app
from aiospectrum._generated.namespaces import (
    Analytics,
    AnalyticsAggregate,
    AnalyticsEvents,
    AnalyticsZones,
    Apps,
    Protocols,
    Zones,
)
from aiospectrum._generated.protocols import list_protocols
from aiospectrum._generated.zones import iterate_zones, list_zones

__all__ = [
    "Analytics",
    "AnalyticsAggregate",
    "AnalyticsEvents",
    "AnalyticsZones",
    "Apps",
    "Protocols",
    "Zones",
    "create_app",
    "delete_app",
    "get_app",
    "get_current_aggregate",
    "get_events_by_time",
    "get_events_summary",
    "get_zones_report",
    "iterate_apps",
    "iterate_zones",
    "list_apps",
    "list_protocols",
    "list_zones",
    "update_app",
]
