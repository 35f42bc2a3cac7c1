"""Applications as people manage them: read whole, compared, changed and ensured, planned and applied.

A file, or a program, says which applications of many zones are wanted (:class:`Desired`); :func:`plan` finds what has to
be done for that, :func:`apply` does it, and :func:`export` gives what is there as what is wanted. It is imported by
itself, with ``from aiospectrum import apps``, so that ``import aiospectrum`` stays quick.
"""

from aiospectrum.apps.apply import Applied, ApplyError, OnError, Status, apply
from aiospectrum.apps.compare import Difference, differences
from aiospectrum.apps.desired import Desired
from aiospectrum.apps.export import export, to_values, to_yaml
from aiospectrum.apps.files import read_file
from aiospectrum.apps.plan import Action, Change, plan
from aiospectrum.apps.zones import ZonesError

__all__ = [
    "Action",
    "Applied",
    "ApplyError",
    "Change",
    "Desired",
    "Difference",
    "OnError",
    "Status",
    "ZonesError",
    "apply",
    "differences",
    "export",
    "plan",
    "read_file",
    "to_values",
    "to_yaml",
]
