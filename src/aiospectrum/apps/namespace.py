"""``client.apps``: the endpoints of applications, and what is made of several calls of them."""

from aiospectrum._generated.namespaces import Apps

__all__ = ["ManagedApps"]


class ManagedApps(Apps):
    """Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for."""
