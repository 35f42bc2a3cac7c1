"""Makes the client of openapi-python-client from our ``spec/``.

The generator (0.29.1) does not take two constructs of the spec, so it is given a copy without them:

- ``items: false`` behind ``prefixItems``, for which it gives up; without it, a time interval is a list of datetimes;
- ``success: {const: false}`` of a failed envelope, which it cannot merge with the boolean of every envelope and leaves
  the failure out for; without it, a failure has a plain boolean.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

__all__ = ["PACKAGE", "PARENT", "generate_client", "simplify_spec"]

PACKAGE: Final = "spectrum_generated"
_ROOT: Final = Path(__file__).parents[1]
PARENT: Final = _ROOT / "build" / "benchmarks"
"""Where the package is put; git ignores it."""


def simplify_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """Take out of a spec what the generator cannot read.

    Args:
        spec: The spec, which is changed.

    Returns:
        The same spec.
    """
    schemas = spec["components"]["schemas"]
    del schemas["TimeInterval"]["items"]
    del schemas["FailedEnvelope"]["allOf"][1]["properties"]["success"]
    return spec


def generate_client() -> Path:
    """Run the generator.

    Returns:
        The package's directory.

    Raises:
        subprocess.CalledProcessError: The generator failed.
    """
    import yaml  # here, as the client that is made imports this module too

    PARENT.mkdir(parents=True, exist_ok=True)
    spec = yaml.safe_load((_ROOT / "spec" / "spectrum.openapi.yaml").read_text(encoding="utf-8"))
    copy = PARENT / "spec.yaml"
    copy.write_text(yaml.safe_dump(simplify_spec(spec), sort_keys=False), encoding="utf-8")
    # One line that keeps it from formatting what it makes, which needs ruff and changes nothing that is measured.
    config = PARENT / "config.yaml"
    config.write_text("post_hooks: []\n", encoding="utf-8")
    target = PARENT / PACKAGE
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"]
    command += ["--path", str(copy), "--config", str(config), "--output-path", str(target)]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - our own command
    return target
