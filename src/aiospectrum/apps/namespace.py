"""``client.apps``: the endpoints of applications, and what is made of several calls of them."""

from aiospectrum._generated.namespaces import Apps
from aiospectrum.apps.change import change_app
from aiospectrum.apps.ensure import ensure_app

__all__ = ["ManagedApps"]


class ManagedApps(Apps):
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""

    change = change_app
    ensure = ensure_app
