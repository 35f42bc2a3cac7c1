"""What there is, and that nobody pays for it who does not use it."""

import subprocess
import sys

from aiospectrum import bulk

NAMES = {
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
    "TableOutcome",
    "Task",
    "TruncatedError",
    "Window",
    "WindowLength",
    "pull",
    "pull_tables",
    "save",
    "watch",
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
