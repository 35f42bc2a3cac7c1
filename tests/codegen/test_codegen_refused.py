"""Specs that the generator does not support: each file in bad/ is good.yaml with one thing changed."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen.__main__ import main
from codegen.errors import SpecError
from codegen.load import load_spec
from codegen.operations import parse_operations

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"), key=lambda path: path.stem)
UNREADABLE = {"document_not_yaml"}


def header(path: Path) -> dict[str, str]:
    """What the first three lines of a bad spec say about the error."""
    lines = path.read_text(encoding="utf-8").splitlines()[:3]
    return dict(line.removeprefix("# ").split(": ", maxsplit=1) for line in lines)


def follow(document: Any, pointer: str) -> Any:
    """What a JSON pointer leads to.

    Source: https://www.rfc-editor.org/rfc/rfc6901#section-4
    """
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_it_says_where_the_construct_is_and_what_is_supported(
    path: Path, empty_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints the JSON pointer, the problem and what would do, exits with 2 and writes nothing."""
    shutil.copy(path, empty_root / "spec" / "spectrum.openapi.yaml")
    expected = header(path)

    assert main([], root=empty_root) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"{expected['pointer']}: {expected['problem']}")
    assert captured.err.endswith(f"; supported: {expected['supported']}\n")
    assert not (empty_root / "src").exists()


@pytest.mark.parametrize(
    "path",
    [path for path in BAD if path.stem not in UNREADABLE | {"document_swagger"}],
    ids=lambda path: path.stem,
)
def test_the_pointer_leads_somewhere(path: Path) -> None:
    """What the message points at is in the document."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    follow(document, header(path)["pointer"])


def test_a_check_refuses_too_and_leaves_what_is_there(fresh_root: Path, small_package: dict[str, str]) -> None:
    """A spec that became unusable is no reason to touch the package."""
    shutil.copy(BAD[0], fresh_root / "spec" / "spectrum.openapi.yaml")
    assert main(["--check"], root=fresh_root) == 2
    assert main([], root=fresh_root) == 2
    folder = fresh_root / "src" / "aiospectrum" / "_generated"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == small_package


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A spec in another encoding is not read as something else."""
    path = tmp_path / "latin.yaml"
    path.write_bytes("openapi: 3.1.0 # für".encode("latin-1"))
    with pytest.raises(SpecError, match=r"^#: not YAML") as raised:
        load_spec(path)
    assert raised.value.pointer == "#"


def test_a_path_level_parameter_is_pointed_at_on_its_own_level(tmp_path: Path) -> None:
    """A parameter that all operations of a path share is wrong where it stands, not where it is used."""
    text = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
    shared = "    parameters:\n      - {name: n, in: header, description: N., schema: {type: string}}\n    get:\n"
    path = tmp_path / "shared.yaml"
    path.write_text(text.replace("    get:\n", shared), encoding="utf-8")
    with pytest.raises(SpecError) as raised:
        parse_operations(load_spec(path))
    assert raised.value.pointer == "#/paths/~1shelves~1{shelf_id}~1boxes/parameters/0/in"
