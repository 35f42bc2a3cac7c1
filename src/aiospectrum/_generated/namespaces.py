# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Where the API is, and the namespaces of its client, made of the endpoint functions."""

from typing import Final

from aiospectrum._generated.analytics import get_current_aggregate, get_events_by_time, get_events_summary
from aiospectrum._generated.apps import create_app, delete_app, get_app, iterate_apps, list_apps, update_app
from aiospectrum._generated.protocols import list_protocols
from aiospectrum.routes import API
from aiospectrum.transport import Namespace, Transport

__all__ = ["SERVICE", "Analytics", "AnalyticsAggregate", "AnalyticsEvents", "Apps", "Namespaces", "Protocols"]

SERVICE: Final = API(base_url="https://api.cloudflare.com/client/v4", schemes=("api_token", "api_key"))
"""Where the API is, and how callers prove who they are."""


class AnalyticsAggregate(Namespace):
    """``client.analytics.aggregate``."""

    __slots__ = ()
    current = get_current_aggregate


class AnalyticsEvents(Namespace):
    """``client.analytics.events``."""

    __slots__ = ()
    bytime = get_events_by_time
    summary = get_events_summary


class Analytics(Namespace):
    """Traffic analytics of the Spectrum applications of a zone."""

    __slots__ = (
        "aggregate",
        "events",
    )

    def __init__(self, transport: Transport) -> None:
        """Make the namespaces below this one.

        Args:
            transport: What every call goes through.
        """
        super().__init__(transport)
        self.aggregate: Final = AnalyticsAggregate(transport)
        """``client.analytics.aggregate``."""
        self.events: Final = AnalyticsEvents(transport)
        """``client.analytics.events``."""


class Apps(Namespace):
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""

    __slots__ = ()
    list = list_apps
    create = create_app
    get = get_app
    update = update_app
    delete = delete_app
    iterate = iterate_apps


class Protocols(Namespace):
    """Well-known protocols that Spectrum has a name for."""

    __slots__ = ()
    list = list_protocols


class Namespaces:
    """The namespaces of a client."""

    def __init__(self, transport: Transport) -> None:
        """Make them.

        Args:
            transport: What every call goes through.
        """
        self.analytics: Final = Analytics(transport)
        """Traffic analytics of the Spectrum applications of a zone."""
        self.apps: Final = Apps(transport)
        """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""
        self.protocols: Final = Protocols(transport)
        """Well-known protocols that Spectrum has a name for."""
