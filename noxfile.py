"""Every check and task: plain ``nox`` runs the first five, .ci/run more of them, ``nox -s quick`` is for daily work."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # also under CI=true: a missing one is skipped
nox.options.sessions = ["lint", "types", "check_generated", "api", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")
QUICK = "not soak and not exhaustive and not slow"
SUPPORTED = ["3.11", "3.12", "3.13", "3.14", "3.15"]
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


def runs(version: str) -> bool:
    """Whether an interpreter is there and starts, which a version manager's shim may not."""
    command = shutil.which(f"python{version}")
    return command is not None and subprocess.run([command, "-c", ""], capture_output=True).returncode == 0  # noqa: S603


OTHERS = [version for version in SUPPORTED if version != CURRENT and runs(version)]
MISSING = [version for version in SUPPORTED if version not in (CURRENT, *OTHERS)]


def say_pythons(session: nox.Session) -> None:
    """Say which interpreters are tested, and which cannot be."""
    others, missing = (", ".join(versions) or "none" for versions in (OTHERS, MISSING))
    session.log("Python %s runs nox; `tests_on` runs on what else was found: %s; missing: %s", CURRENT, others, missing)


def group(name: str) -> list[str]:
    """The requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def lint(session: nox.Session) -> None:
    """Lint and check the layout of all code, generated code included, and which module imports which."""
    session.install("-e", ".", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check types as we do and as a user's program would; Node comes as a wheel."""
    session.install("-e", ".[arrow,cli,fsspec]", *group("types"))
    pyright = {"PYRIGHT_PYTHON_GLOBAL_NODE": "off"}
    session.run("mypy", "src", "codegen", "tools", "tests/typing")
    session.run("pyright", env=pyright)
    session.run("pyright", "--verifytypes", "aiospectrum", "--ignoreexternal", env=pyright)
    session.run("python", "-m", "pytest", "-q", "tests/codegen/test_codegen_fragment.py", "-k", "is_typed", env=pyright)


@nox.session
def check_generated(session: nox.Session) -> None:
    """Check that the generated package is what the spec says."""
    session.install(".", *group("codegen"))
    session.run("python", "-m", "codegen", "--check")


@nox.session
def api(session: nox.Session) -> None:
    """Compare the public API with its snapshot and the last release; ``-- --write`` makes the snapshot anew."""
    session.install(*group("api"))
    session.run("python", "-m", "tools.api", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run two cases of each test on the interpreter that runs nox; `coverage` and `chaos` run all.

    Left out are the slowest, charts and their browser, the pages of the site, which `docs` runs, the server that
    misbehaves, and what is shared by several processes, which keep real time.
    """
    say_pythons(session)
    session.install(".[arrow,cli,fsspec]", *group("test"))
    left_out = [f"--ignore=tests/{name}" for name in ("across", "charts", "chaos", "docs", "limiters")]
    workers = 3 * (os.cpu_count() or 2) // 2  # as a third of their time is waiting
    session.run("python", "-m", "pytest", "-n", str(workers), "-m", QUICK, "--sample", "2", *left_out, *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests as above, slower by half, and measure which lines and branches they reach."""
    session.install(".[arrow,cli,dask,fsspec]", *group("test"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "auto", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False, reuse_venv=True)
def quick(session: nox.Session) -> None:
    """Lint, and run the tests that need no server, in half a minute; the environment is kept from run to run."""
    session.install("-e", ".", *group("lint"), *group("test"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *(session.posargs or ["tests/unit", "tests/generated"]))


@nox.session(default=False, python=OTHERS)
def tests_on(session: nox.Session) -> None:
    """Run two cases of each test, but the slowest, on each of the other supported interpreters that are there.

    What goes wrong there alone is syntax, typing and the library; `coverage` runs all.
    """
    say_pythons(session)
    session.install(".[arrow,cli,dask,fsspec]", *group("test"))
    session.run("python", "-m", "pytest", "-n", "auto", "-m", QUICK, "--sample", "2", *session.posargs)


@nox.session(default=False)
def threads(session: nox.Session) -> None:
    """Run the tests of event loops in several threads, with few packages, so that it can be done without a GIL too."""
    session.install(".", *group("threads"))
    gil = "import aiospectrum.client, sys; print(sys.version, 'GIL:', getattr(sys, '_is_gil_enabled', lambda: True)())"
    session.run("python", "-c", gil)
    session.run("python", "-m", "pytest", "-q", "tests/driven/test_threads.py", "tests/unit/test_limiter_loops.py")


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Run all tests with the server that misbehaves, once or as often as an argument says, each with a new seed."""
    session.install(".", *group("test"))
    options = ["tests/chaos", "-q", "-m", "not soak", "-n", "auto"]
    times = int(session.posargs[0]) if session.posargs else 1
    for _ in range(times):
        session.run("python", "-m", "pytest", *options, f"--randomly-seed={secrets.randbelow(2**32)}")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site to ``build/site``, offline, with warnings as errors; run what is on its pages."""
    session.install(".[arrow,cli,dask,fsspec]", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-E", "docs", "build/site")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", "tests/docs", env={"AIOSPECTRUM_SITE": "build/site"})


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Change retry, limiter, codec and plans in small ways, one at a time; unit tests have to notice 90 % of that.

    Arguments choose mutants, as in ``nox -s mutants -- 'aiospectrum._http.retry*'``.
    """
    session.install(".[arrow]", *group("mutants"))
    shutil.rmtree("mutants", ignore_errors=True)
    zone = {"TZ": "Asia/Kolkata"}  # where it is UTC, times that are local by mistake would be right
    session.run("mutmut", "run", *session.posargs, env=zone, silent=True)  # silent: it redraws a line for each
    survivors = session.run("mutmut", "results", silent=True) or ""
    for name in re.findall(r"(\S+): (?:survived|no tests)", survivors):
        session.run("mutmut", "show", name)
    session.run("mutmut", "export-cicd-stats", silent=True)
    counts = json.loads(Path("mutants", "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    killed = counts["killed"] + counts["timeout"]
    tried = killed + counts["survived"] + counts["no_tests"] + counts["suspicious"] + counts["segfault"]
    session.log("killed %d of %d mutants", killed, tried)
    if killed < 0.9 * tried:
        session.error("expected that tests notice 90 % of all changes")


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Kill a hundred runs that save, and workers in an object store, and take 2,000 zones through a storm.

    And compare pre-flight with the sandbox on 25,000 configurations of applications.
    """
    session.install(".[arrow,cli]", *group("test"))
    tests = ["tests/across", "tests/bulk", "tests/generated/test_preflight.py", "tests/limiters"]
    session.run("python", "-m", "pytest", *tests, "-q", "-m", "soak", *session.posargs)


@nox.session(default=False)
def peers(session: nox.Session) -> None:
    """Check the package, the spec and the sandbox with tools that are not ours, and say what each of them checked."""
    session.install(".[arrow,cli,fsspec]", *group("peers"))
    session.run("npm", "ci", "--prefix", "tests/peers", "--no-audit", "--no-fund", external=True)
    arguments = session.posargs or ["tests/peers"]
    session.run("python", "-m", "pytest", *arguments, "-q", "-W", "error", env={"PYRIGHT_PYTHON_GLOBAL_NODE": "off"})


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run tests with the lowest versions that pyproject.toml allows, first of the core alone, then of the extras too.

    That is two runs, as extras raise what the core has. Test tools are the newest, for it is not them that users have.
    The second is of two cases of each test, as a version that is too low fails in any of them. Left out is what does
    not depend on those versions, such as the code generator and the documents, and what aiohttp itself does better
    since 3.14.1: keep memory small under bombs, and refuse what is malformed in a header or after a compressed body.
    So are object stores, where s3fs over that aiohttp sends nothing to the server of the tests, and what takes several
    processes.
    """
    session.install("uv==0.13.9")
    session.install(".", *lowest_pins(session), *group("test"))
    core = ["tests/unit", "tests/generated", "tests/driven/test_transport.py", "tests/driven/test_walk.py"]
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *core)
    extras = ["arrow", "cli", "fsspec", "otel", "prometheus", "redis", "report", "yaml"]
    session.install(f".[{','.join(extras)}]", *lowest_pins(session, *extras), *group("test"))
    left_out = ["tests/codegen", "tests/docs", "tests/tools", "tests/bulk/test_save_objects.py", "tests/across"]
    left_out += ["tests/limiters/test_processes.py", "tests/limiters/test_uneven_load.py"]
    everything = ["-n", "auto", "--sample", "2", *(word for path in left_out for word in ("--ignore", path))]
    better = (
        "not (bomb or gzip-tail or header-nul or many-headers or test_a_thousand_calls or (test_leaks and header-)"
        " or (test_writers and bucket))"
    )
    session.run("python", "-m", "pytest", "-q", *everything, "-k", better, *session.posargs)


def lowest_pins(session: nox.Session, *extras: str) -> list[str]:
    """The lowest versions of what the package names that go together; what those need in turn is the newest."""
    options = ["--resolution", "lowest-direct", "--no-annotate", "--no-header", "--quiet"]
    options += [option for extra in extras for option in ("--extra", extra)]
    found = session.run("uv", "pip", "compile", *options, "pyproject.toml", silent=True) or ""
    named = [*PROJECT["project"]["dependencies"]]
    for extra in extras:
        named += PROJECT["project"]["optional-dependencies"][extra]
    names = {re.split(r"[<>=]", each)[0] for each in named}
    pins = [line for line in found.splitlines() if line.partition("==")[0] in names]
    session.log("the lowest: %s", ", ".join(pins))
    return pins


@nox.session(default=False)
def newest(session: nox.Session) -> None:
    """Run the quick tests with the newest pre-releases of everything; a failure is only a warning of what may come."""
    quick = ["tests/unit", "tests/generated", "tests/driven", "tests/sandbox", "tests/arrow"]
    try:
        # Without the bound it would be aiohttp 4.0.0a1, which is of 2019.
        session.install("--pre", "--upgrade", ".[arrow,cli,fsspec,otel]", "aiohttp<4.0.0a0", *group("test"))
        session.run("python", "-m", "pytest", "-q", *quick, *session.posargs)
    except CommandFailed as failure:
        session.warn("with the newest pre-releases: %s", failure)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Build both archives, check, install and try them, and run tests of the unpacked sdist; nothing is uploaded.

    A version as argument is set first, in the code and the changelog; ``--tag v0.2.0`` checks that it is the version.
    ``REPOSITORY_URL``, such as https://github.com/OWNER/NAME, is where links of the package's description lead.
    """
    session.install(*group("release"))
    if session.posargs and not session.posargs[0].startswith("-"):
        session.run("python", "-m", "tools.release", "turn", *session.posargs)
    else:
        session.run("python", "-m", "tools.release", "check", *session.posargs)
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("python", "-m", "tools.release", "inspect", "dist")
    [wheel], [sdist] = (list(Path("dist").resolve().glob(f"*.{kind}")) for kind in ("whl", "tar.gz"))
    version = sdist.name.removeprefix("aiospectrum-").removesuffix(".tar.gz")
    folder = Path(session.create_tmp())
    for archive in (wheel, sdist):
        fresh = folder / f"installed-{archive.suffix[1:]}"
        session.run("python", "-m", "venv", "--clear", str(fresh))
        binaries = fresh / ("Scripts" if sys.platform == "win32" else "bin")
        session.run(str(binaries / "python"), "-m", "pip", "install", "-q", f"{archive}[cli]", external=True)
        session.run(str(binaries / "python"), "-I", "tools/smoke.py", version, external=True)
        session.run(str(binaries / "aiospectrum"), "--version", external=True)
    session.install(f"{sdist}[arrow,cli,fsspec]", *group("test"))
    shutil.rmtree(folder / "unpacked", ignore_errors=True)
    shutil.unpack_archive(sdist, folder / "unpacked")
    with session.chdir(folder / "unpacked" / f"aiospectrum-{version}"):
        quick = ["tests/unit", "tests/generated", "tests/driven", "tests/tools"]
        session.run("python", "-m", "pytest", "-q", "-n", "auto", "-m", QUICK, "--sample", "2", *quick)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare with other clients, in under five minutes; arguments are those of benchmarks/compare.py."""
    session.install(".", *group("bench"))
    session.run("python", "-m", "benchmarks.compare", *session.posargs)


@nox.session(default=False)
def bulk_bench(session: nox.Session) -> None:
    """Compare pulls and saves with fetching by hand, in some ten minutes, or two with ``--quick``."""
    session.install(".[arrow]", *group("bench"))
    session.run("python", "-m", "benchmarks.bulk", *session.posargs)


@nox.session(default=False)
def limiters(session: nox.Session) -> None:
    """Measure limits over several processes, ours and those of libraries, in four minutes, or two with ``--quick``."""
    session.install(".[redis]", *group("limiters"))
    session.run("python", "-m", "benchmarks.limiters", *session.posargs)


@nox.session(default=False)
def bounds(session: nox.Session) -> None:
    """Measure how long responses that mean harm hold the event loop, and what memory they take; in five minutes.

    Arguments are parts of the names of responses, which are in benchmarks/hostile.py.
    """
    session.install(".", *group("test"))
    session.run("python", "-m", "benchmarks.bounds", *session.posargs)


@nox.session(default=False)
def datasets(session: nox.Session) -> None:
    """Measure a dataset of 1,000 zones and 30 days: files, DuckDB's sum, and opening; in some three minutes."""
    session.install(".[arrow]", *group("test"))
    session.run("python", "-m", "benchmarks.datasets", *session.posargs)


@nox.session(default=False)
def scaling(session: nox.Session) -> None:
    """Measure saves over 1, 2 and 4 processes, and reckon what many accounts need; in under three minutes."""
    session.install(".[arrow]", *group("test"))
    session.run("python", "-m", "benchmarks.scaling", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Fuzz what reads responses, headers, times, arguments and datasets: 250,000 cases each, or as an argument says."""
    session.install(".", *group("test"))
    session.run("python", "-m", "benchmarks.fuzz", *session.posargs)
