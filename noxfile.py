"""Every check and task; plain ``nox`` runs what CI runs."""

import secrets
import shutil
import subprocess
import sys

import nox

nox.options.error_on_missing_interpreters = False  # also under CI=true: a missing one is skipped

PROJECT = nox.project.load_toml("pyproject.toml")
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


def is_broken(version: str) -> bool:
    """Whether a command for an interpreter is there and does not run, as a version manager's shim may not."""
    command = shutil.which(f"python{version}")
    if command is None:
        return False
    return subprocess.run([command, "-c", ""], capture_output=True).returncode != 0  # noqa: S603 - an interpreter


OTHERS = [version for version in ("3.11", "3.12", "3.13") if version != CURRENT and not is_broken(version)]

nox.options.sessions = ["lint", "types", "check_generated", "tests", *(["tests_on"] if OTHERS else [])]


def group(name: str) -> list[str]:
    """The requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and check the layout of all code, generated code included."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types as we do and as a user's program would; Node comes as a wheel."""
    session.install("-e", ".[arrow,cli,fsspec]", *group("types"))
    session.run("mypy", "src", "codegen", "tests/typing")
    session.run("pyright", env={"PYRIGHT_PYTHON_GLOBAL_NODE": "off"})


@nox.session
def check_generated(session: nox.Session) -> None:
    """Check that the generated package is what the spec says."""
    session.install(*group("codegen"))
    session.run("python", "-m", "codegen", "--check")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests on the interpreter that runs nox, and measure coverage."""
    session.install(".[arrow,cli,fsspec]", *group("test"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(python=OTHERS)
def tests_on(session: nox.Session) -> None:
    """Run all tests on the other supported interpreters, where they exist."""
    session.install(".[arrow,cli,fsspec]", *group("test"))
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Run the tests with the server that misbehaves 20 times, or as often as an argument says, each with a new seed."""
    session.install(".", *group("test"))
    times = int(session.posargs[0]) if session.posargs else 20
    for _ in range(times):
        session.run("python", "-m", "pytest", "tests/chaos", "-q", f"--randomly-seed={secrets.randbelow(2**32)}")


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Kill a hundred runs that save, and take 2,000 zones through a storm; in under ten minutes."""
    session.install(".[arrow,cli]", *group("test"))
    session.run("python", "-m", "pytest", "tests/bulk", "-q", "-m", "soak", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare with other clients, in under five minutes; arguments are those of benchmarks/compare.py."""
    session.install(".", *group("bench"))
    session.run("python", "-m", "benchmarks.compare", *session.posargs)
