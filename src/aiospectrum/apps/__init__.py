"""Applications as people manage them: changed without loss, ensured, planned and applied.

``client.apps.change`` and ``client.apps.ensure`` are made of several calls each; here they are functions over any
:class:`~aiospectrum.transport.Transport`, and :func:`differences` is what they compare with.

A file, or a program, says which applications of many zones are wanted (:class:`Desired`); :func:`plan` finds what has
to be done for that, :func:`apply` does it, and :func:`export` gives what is there as what is wanted.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiospectrum.apps.applying import Applied, ApplyError, OnError, Status, apply
    from aiospectrum.apps.change import AppChanges, change_app
    from aiospectrum.apps.compare import Difference, differences
    from aiospectrum.apps.desired import Desired
    from aiospectrum.apps.ensure import Ensured, EnsuredBy, ensure_app
    from aiospectrum.apps.exporting import export, to_values, to_yaml
    from aiospectrum.apps.files import read_file
    from aiospectrum.apps.namespace import ManagedApps
    from aiospectrum.apps.planning import Action, Change, plan
    from aiospectrum.apps.zones import ZonesError

__all__ = [
    "Action",
    "AppChanges",
    "Applied",
    "ApplyError",
    "Change",
    "Desired",
    "Difference",
    "Ensured",
    "EnsuredBy",
    "ManagedApps",
    "OnError",
    "Status",
    "ZonesError",
    "apply",
    "change_app",
    "differences",
    "ensure_app",
    "export",
    "plan",
    "read_file",
    "to_values",
    "to_yaml",
]

_MODULES = (
    "compare",
    "change",
    "ensure",
    "namespace",
    "desired",
    "files",
    "zones",
    "planning",
    "exporting",
    "applying",
)
"""Where the public names are."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, as clients need only some of these modules."""
    for path in _MODULES if name in __all__ else ():
        module = import_module(f"{__name__}.{path}")
        if name in module.__all__:
            value = globals()[name] = getattr(module, name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
