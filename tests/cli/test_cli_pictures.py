"""The script that makes pictures of the command."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import run_process

SCRIPT = Path(__file__).parents[2] / "docs" / "terminal_pictures.py"


def test_pictures_of_all_commands(tmp_path: Path) -> None:
    """Each command has one for light and dark terminals, which loads nothing, and in which no command has failed."""
    pytest.importorskip("pyarrow")
    finished = run_process(str(SCRIPT), str(tmp_path), "--columns", "60", PATH="")  # where no browser is found
    assert (finished.returncode, finished.stderr) == (0, "")
    made = [Path(line) for line in finished.stdout.splitlines()]
    names = {each.name.rpartition("-60-")[0] for each in made}
    assert {"apps-list", "bytime", "watch", "pull", "dataset-status", "demo", "refused-json"} <= names
    assert {each.name.removeprefix("demo-60-") for each in made if each.name.startswith("demo")} == {
        "light.svg",
        "dark.svg",
    }
    for picture in made:
        text = picture.read_text(encoding="utf-8")
        assert "url(http" not in text
        shown = "".join(re.findall(r">([^<]+)</text>", text)).replace("&#160;", " ")
        is_refused = picture.name.startswith(("usage-error", "refused", "pull-60", "dataset-status", "apps-wrong"))
        assert ("aiospectrum: " in shown or "Error" in shown) == is_refused, shown
        if picture.name.endswith("light.svg"):
            is_red = picture.name.startswith(("pull-60", "dataset-status", "watch-failed", "apps-plan", "apps-apply"))
            assert ("#cd3131" in text) == is_red, "zones that failed are red, and what goes"
