"""``client.apps``: the endpoints of applications, and what is made of several calls of them."""

from typing import Final

from aiospectrum._generated.namespaces import Apps, Namespaces
from aiospectrum.apps.change import change_app
from aiospectrum.apps.ensure import ensure_app
from aiospectrum.transport import Nested

__all__ = ["ManagedApps", "ManagedNamespaces"]


class ManagedApps(Apps):
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""

    change = change_app
    ensure = ensure_app


class ManagedNamespaces(Namespaces):
    """The namespaces of a client, not written in its own class, where ``mock.patch`` would not find what they hold."""

    apps: Final = Nested(ManagedApps)
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""
