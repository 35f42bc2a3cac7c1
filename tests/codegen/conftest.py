"""What the tests of the generator share: the command, and packages made by it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from aiospectrum._codec.converter import make_converter
from codegen.__main__ import main

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository itself, which no test may write to."""
    return HERE.parents[1]


@pytest.fixture(scope="session")
def generate() -> Callable[[Path, Path], Path]:
    """The command: makes a package of a spec in a folder, by whose name it is imported."""

    def run(spec: Path, folder: Path) -> Path:
        assert main(["--spec", str(spec), "--package", folder.name, "--out", str(folder)]) == 0
        return folder

    return run


@pytest.fixture(scope="session")
def boxes(
    generate: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SimpleNamespace]:
    """The modules made of rich.yaml, and a converter for their models."""
    folder = generate(HERE / "rich.yaml", tmp_path_factory.mktemp("generated") / "generated_boxes")
    sys.path.insert(0, str(folder.parent))
    importlib.invalidate_caches()
    modules = {path.stem: importlib.import_module(f"{folder.name}.{path.stem}") for path in folder.glob("[a-z]*.py")}
    package = importlib.import_module(folder.name)
    yield SimpleNamespace(converter=make_converter(), package=package, **modules)
    sys.path.remove(str(folder.parent))
    for name in [each for each in sys.modules if each.split(".")[0] == folder.name]:
        del sys.modules[name]
