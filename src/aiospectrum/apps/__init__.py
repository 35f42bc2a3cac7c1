"""Applications as people manage them: changed without loss, and ensured.

``client.apps.change`` and ``client.apps.ensure`` are made of several calls each; here they are functions over any
:class:`~aiospectrum.transport.Transport`, and :func:`differences` is what they compare with.
"""

from aiospectrum.apps.change import AppChanges, change_app
from aiospectrum.apps.compare import Difference, differences
from aiospectrum.apps.ensure import Ensured, EnsuredBy, ensure_app
from aiospectrum.apps.namespace import ManagedApps

__all__ = [
    "AppChanges",
    "Difference",
    "Ensured",
    "EnsuredBy",
    "ManagedApps",
    "change_app",
    "differences",
    "ensure_app",
]
