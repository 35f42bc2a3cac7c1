"""The analytics of many zones and long times: plans, pulls and watches.

A :class:`Plan` is a query for zones and windows, :func:`pull` and :func:`pull_tables` fetch its reports, :func:`save`
keeps them as a dataset, and :func:`watch` follows the current aggregates, with alerts by rules. It is imported by
itself, with ``from aiospectrum import bulk``, so that ``import aiospectrum`` stays quick.
"""

from aiospectrum.bulk.across import save_across
from aiospectrum.bulk.alerts import Alert, AlertPer, Observation, Rule
from aiospectrum.bulk.catch_up import catch_up
from aiospectrum.bulk.dataset.dataset import Dataset, open_dataset
from aiospectrum.bulk.dataset.errors import (
    DestinationBusyError,
    DestinationMismatchError,
    ManifestError,
    SaveError,
    StorageError,
)
from aiospectrum.bulk.dataset.findings import (
    Deleted,
    Extended,
    Problem,
    ProblemKind,
    Repaired,
    UpkeepProgress,
    Verified,
)
from aiospectrum.bulk.dataset.results import FileFormat, PictureFormat, Saved, SaveFailure, SaveProgress
from aiospectrum.bulk.dataset.upkeep import delete_before, extend_query, repair, verify
from aiospectrum.bulk.fetch import Outcome, TruncatedError
from aiospectrum.bulk.names import app_names
from aiospectrum.bulk.part import MakeClient
from aiospectrum.bulk.plan import Plan, PlanDiff, ShardBy, Task
from aiospectrum.bulk.pull import Progress, Pull, pull, pull_tables
from aiospectrum.bulk.query import Kind, Query
from aiospectrum.bulk.rules import connections_jump, connections_vanish, share_above, value_above, zone_fails
from aiospectrum.bulk.save import save
from aiospectrum.bulk.tables import TableOutcome
from aiospectrum.bulk.watch import Round, watch
from aiospectrum.bulk.windows import Window, WindowLength
from aiospectrum.bulk.zones import Clients

__all__ = [
    "Alert",
    "AlertPer",
    "Clients",
    "Dataset",
    "Deleted",
    "DestinationBusyError",
    "DestinationMismatchError",
    "Extended",
    "FileFormat",
    "Kind",
    "MakeClient",
    "ManifestError",
    "Observation",
    "Outcome",
    "PictureFormat",
    "Plan",
    "PlanDiff",
    "Problem",
    "ProblemKind",
    "Progress",
    "Pull",
    "Query",
    "Repaired",
    "Round",
    "Rule",
    "SaveError",
    "SaveFailure",
    "SaveProgress",
    "Saved",
    "ShardBy",
    "StorageError",
    "TableOutcome",
    "Task",
    "TruncatedError",
    "UpkeepProgress",
    "Verified",
    "Window",
    "WindowLength",
    "app_names",
    "catch_up",
    "connections_jump",
    "connections_vanish",
    "delete_before",
    "extend_query",
    "open_dataset",
    "pull",
    "pull_tables",
    "repair",
    "save",
    "save_across",
    "share_above",
    "value_above",
    "verify",
    "watch",
    "zone_fails",
]
