"""What the tests of the generator share: rendered packages, and a repository to change at will."""

import importlib
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cattrs import Converter

from codegen.drift import write_package
from codegen.render import render_package

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository itself, which no test may write to."""
    return REPOSITORY


@pytest.fixture(scope="session")
def small_package() -> dict[str, str]:
    """What the generator makes of good.yaml."""
    return render_package(HERE / "good.yaml", REPOSITORY)


@pytest.fixture(scope="session")
def rich_package() -> dict[str, str]:
    """What the generator makes of rich.yaml."""
    return render_package(HERE / "rich.yaml", REPOSITORY)


@pytest.fixture
def empty_root(tmp_path: Path) -> Path:
    """A repository with good.yaml as its spec and nothing generated yet."""
    (tmp_path / "spec").mkdir()
    shutil.copy(HERE / "good.yaml", tmp_path / "spec" / "spectrum.openapi.yaml")
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def fresh_root(empty_root: Path, small_package: dict[str, str]) -> Path:
    """A repository with good.yaml as its spec and all that is generated from it."""
    write_package(small_package, empty_root / "src" / "aiospectrum" / "_generated")
    return empty_root


@pytest.fixture(scope="session")
def boxes(rich_package: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The modules made of rich.yaml, imported under another name, and a converter that knows their models."""
    folder = tmp_path_factory.mktemp("generated")
    name = "generated_boxes"
    texts = {file: text.replace("aiospectrum._generated", name) for file, text in rich_package.items()}
    write_package(texts, folder / name)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        modules = {Path(file).stem: importlib.import_module(f"{name}.{Path(file).stem}") for file in texts}
    finally:
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.split(".")[0] == name]:
            del sys.modules[module]
    converter = Converter()
    modules["converters"].register_models(converter)
    return SimpleNamespace(converter=converter, **modules)
