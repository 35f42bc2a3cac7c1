"""What the forge reads: workflows, forms and hooks name what is there."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"]
    if "node_modules" not in path.parts
)
WORKFLOWS = [name for name in FILES if "/workflows/" in name]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOXFILE = (ROOT / "noxfile.py").read_text(encoding="utf-8")
SESSIONS = {
    each.name
    for each in ast.parse(NOXFILE).body
    if isinstance(each, ast.FunctionDef) and any("session" in ast.unparse(made) for made in each.decorator_list)
}
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))


def load(name: str) -> Any:
    """A file of the repository; its key `on` is a truth value in YAML 1.1."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of all jobs."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


def sessions_named(text: str) -> set[str]:
    """The sessions that the commands of a text run."""
    commands = re.findall(r"nox -s ((?:\w+ ?)+)", re.sub(r"\\\n", " ", text))
    return {name for command in commands for name in command.split()}


@pytest.mark.parametrize("name", FILES)
def test_files_are_read(name: str) -> None:
    """Each is YAML with something in it."""
    assert load(name)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_run_sessions_that_exist(name: str) -> None:
    """A workflow runs what `nox` has, and nothing else but what installs it."""
    workflow = load(name)
    matrices = [job.get("strategy", {}).get("matrix", {}).get("session", []) for job in workflow["jobs"].values()]
    named = sessions_named((ROOT / name).read_text(encoding="utf-8")) | {each for matrix in matrices for each in matrix}

    assert named
    assert named <= SESSIONS
    for step in steps(workflow):
        assert "uses" in step or re.match(r"nox -s |python -m pip install 'nox|sudo apt-get update ", step["run"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_may_do_little(name: str) -> None:
    """No more than reading by default, and no text of others in a command."""
    workflow = load(name)

    assert workflow["permissions"] == {"contents": "read"}
    assert all("${{" not in step.get("run", "") for step in steps(workflow))
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    checkouts = [step for step in steps(workflow) if "checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_all_pythons_are_tested() -> None:
    """The matrix has each Python that the package is said to run on, and so has noxfile.py."""
    matrix = load(".github/workflows/ci.yml")["jobs"]["tests"]["strategy"]["matrix"]["python-version"]

    assert matrix == PYTHONS == re.findall(r'"(3\.\d+)"', re.findall(r"^SUPPORTED = .*$", NOXFILE, re.MULTILINE)[0])
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


@pytest.mark.parametrize("name", [".ci/run", "CONTRIBUTING.md", "README.md", "docs/stability.md"])
def test_documents_name_sessions_that_exist(name: str) -> None:
    """Whoever types what a document says finds the session."""
    named = sessions_named((ROOT / name).read_text(encoding="utf-8"))

    assert named
    assert named <= SESSIONS


def test_ruff_is_of_one_version() -> None:
    """The hooks, the linter and the generator lint and format alike."""
    groups = PROJECT["dependency-groups"]
    pinned = {each for name in ("codegen", "lint") for each in groups[name] if each.startswith("ruff")}
    [hooks] = [repository for repository in load(".pre-commit-config.yaml")["repos"] if "ruff" in repository["repo"]]

    assert pinned == {f"ruff=={hooks['rev'].removeprefix('v')}"}


@pytest.mark.parametrize("name", [name for name in FILES if "/ISSUE_TEMPLATE/" in name and "config" not in name])
def test_forms_ask_something(name: str) -> None:
    """A form has a name, and fields with ids of their own."""
    form = load(name)
    fields = [each for each in form["body"] if each["type"] != "markdown"]

    assert form["name"]
    assert form["description"]
    assert len({field["id"] for field in fields}) == len(fields) >= 3
    assert all(field["attributes"]["label"] for field in fields)


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", "SECURITY.md", "docs/stability.md", ".github/pull_request_template.md"]
)
def test_what_they_name_is_there(name: str) -> None:
    """Files that these documents name or link to exist."""
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [(ROOT / name).parent / path for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)]
    paths = [ROOT / path for path in re.findall(r"`((?:src|tests|spec|tools|\.github|docs)/[\w./]*\w\.?\w*)`", text)]

    assert [path for path in [*links, *paths] if not path.exists()] == []
