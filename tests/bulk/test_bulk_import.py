"""What there is, and that nobody pays for it who does not use it."""

import subprocess
import sys

from aiospectrum import bulk

NAMES = {
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
}


def test_exported_names() -> None:
    """The public names are these, and each is there."""
    assert set(bulk.__all__) == NAMES
    assert all(hasattr(bulk, name) for name in NAMES)


def test_the_client_does_without() -> None:
    """The package itself does not import it."""
    code = "import sys, aiospectrum; print([name for name in sys.modules if name.startswith('aiospectrum.bulk')])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603 - ours

    assert found.stdout == "[]\n"
