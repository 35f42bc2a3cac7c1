"""Makes the client of openapi-python-client from our ``spec/``."""

import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["PACKAGE", "PARENT", "generate_client"]

PACKAGE: Final = "spectrum_generated"
_ROOT: Final = Path(__file__).parents[1]
PARENT: Final = _ROOT / "build" / "benchmarks"
"""Where the package is put; git ignores it."""


def generate_client() -> Path:
    """Run the generator."""
    PARENT.mkdir(parents=True, exist_ok=True)
    spec = _ROOT / "spec" / "spectrum.openapi.yaml"
    # One line that keeps it from formatting what it makes, which needs ruff and changes nothing that is measured.
    config = PARENT / "config.yaml"
    config.write_text("post_hooks: []\n", encoding="utf-8")
    target = PARENT / PACKAGE
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"]
    command += ["--path", str(spec), "--config", str(config), "--output-path", str(target)]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - our own command
    return target
