"""The analytics of many zones and long times: plans, pulls and watches.

A :class:`Plan` says what to ask for, :func:`pull` asks for it, :func:`save` keeps it as a dataset, and :func:`watch`
follows the current aggregates. It is imported by itself, ``from aiospectrum import bulk``, so that
``import aiospectrum`` stays quick.
"""

from aiospectrum.bulk.arguments import Clients
from aiospectrum.bulk.dataset.errors import (
    DestinationBusyError,
    DestinationMismatchError,
    ManifestError,
    SaveError,
    StorageError,
)
from aiospectrum.bulk.dataset.results import FileFormat, Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.outcomes import Outcome, Progress, TruncatedError
from aiospectrum.bulk.plan import Plan, PlanDiff, ShardBy, Task
from aiospectrum.bulk.pull import Pull, pull
from aiospectrum.bulk.query import Kind, Query
from aiospectrum.bulk.save import save
from aiospectrum.bulk.watch import Round, watch
from aiospectrum.bulk.windows import Window, WindowLength

__all__ = [
    "Clients",
    "DestinationBusyError",
    "DestinationMismatchError",
    "FileFormat",
    "Kind",
    "ManifestError",
    "Outcome",
    "Plan",
    "PlanDiff",
    "Progress",
    "Pull",
    "Query",
    "Round",
    "SaveError",
    "SaveFailure",
    "SaveProgress",
    "Saved",
    "ShardBy",
    "StorageError",
    "Task",
    "TruncatedError",
    "Window",
    "WindowLength",
    "pull",
    "save",
    "watch",
]
