"""A client that openapi-python-client makes from the fragment as it stands."""

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import attrs

__all__ = ["NAME", "GeneratedClient", "generate_client"]

NAME: Final = f"openapi-python-client {version('openapi-python-client')}"
_PACKAGE: Final = "spectrum_by_another_generator"


@attrs.frozen
class GeneratedClient:
    """The generated package; type checkers cannot see it."""

    code: int
    """Exit code of the generator."""

    text: str
    """All that the generator printed."""

    folder: Path
    """The package."""

    @property
    def endpoints(self) -> set[str]:
        """Names of the modules that have an endpoint each, ``tag.operation``."""
        modules = self.folder.glob("api/*/*.py")
        return {f"{path.parent.name}.{path.stem}" for path in modules if path.stem != "__init__"}

    def load(self, module: str) -> Any:
        """Import one of its modules."""
        if str(self.folder.parent) not in sys.path:
            sys.path.insert(0, str(self.folder.parent))
        return import_module(f"{_PACKAGE}.{module}")


def generate_client(fragment: Path, parent: Path) -> GeneratedClient:
    """Run the generator on a description of the API; the package goes into an empty folder."""
    config = parent / "config.yaml"
    config.write_text("post_hooks: []\n", encoding="utf-8")  # it would call a formatter, which changes no meaning
    folder = parent / _PACKAGE
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    command += ["--path", str(fragment), "--config", str(config), "--output-path", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603 - the tool of our environment
    return GeneratedClient(done.returncode, done.stdout + done.stderr, folder)
