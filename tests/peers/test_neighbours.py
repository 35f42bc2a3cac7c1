"""The package goes into one environment with the libraries of bots and services, on every Python that we support."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from aiospectrum.sandbox import Sandbox
from tests.peers.conftest import Tally

ROOT: Final = Path(__file__).parents[2]
UV: Final = Path(sys.executable).with_name("uv")
PYTHONS: Final = ("3.11", "3.12", "3.13")
NEIGHBOURS: Final = {
    "discord.py": "discord",
    "hikari": "hikari",
    "aiogram": "aiogram",
    "slack-bolt": "slack_bolt",
    "fastapi": "fastapi",
}
"""The module of each."""
HOME_ASSISTANT: Final = [("3.13", "2025.8.3", "3.12.15"), ("3.13", "2026.2.3", "3.13.3")]
"""Releases, and the one aiohttp that each takes; 2026.2 is the last one for Python 3.13."""
TOO_OLD: Final = [("3.11", "2024.3.3", "3.9.3"), ("3.12", "2025.1.4", "3.11.11")]
"""The last releases for older Pythons, whose aiohttp has no client middlewares."""
PROGRAM: Final = """\
import asyncio
import importlib
import sys

from aiospectrum import Client


async def main() -> None:
    async with Client.from_env() as client:
        protocols = await client.protocols.list(zone_id)
        apps = [app async for app in client.apps.iterate(zone_id)]
        current = await client.analytics.aggregate.current(zone_id)
        summary = await client.analytics.events.summary(zone_id, metrics=["count"])
    print(len(protocols) > 0, len(apps), len(current), summary.totals["count"] > 0)


zone_id, *modules = sys.argv[1:]
for module in modules:
    importlib.import_module(module)
asyncio.run(main())
"""


def run_uv(*arguments: str | Path, fails: bool = False, given: str | None = None) -> str:
    """Run uv; gives its output, or what it says when it ought to fail."""
    done = subprocess.run(  # noqa: S603 - a tool of the dependency group
        [UV, *arguments], input=given, capture_output=True, text=True, encoding="utf-8", timeout=110, check=False
    )
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stderr if fails else done.stdout


def resolve(python: str, *requirements: str, fails: bool = False) -> dict[str, str]:
    """Find versions that go together on the newest patch release of a Python; `{"": "why not"}` where none do."""
    wanted = "\n".join(requirements)
    options = ("--no-annotate", "--no-header", "--python-version", f"{python}.99", "--quiet")
    found = run_uv("pip", "compile", *options, "-", given=wanted, fails=fails)
    if fails:
        return {"": " ".join(found.split())}
    pins = [Requirement(line) for line in found.splitlines()]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The package as a wheel, as a requirement."""
    folder = tmp_path_factory.mktemp("wheel")
    run_uv("build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    return f"aiospectrum @ {wheel.as_uri()}"


@pytest.mark.parametrize("python", PYTHONS)
def test_all_resolve_together(python: str, package: str, tally: Tally) -> None:
    """Bots, services and the package find versions that suit all of them, none of them an old one of ours."""
    found = resolve(python, package, *NEIGHBOURS)

    names = {name.replace(".", "-") for name in NEIGHBOURS}
    assert names | {"aiospectrum", "aiohttp", "attrs", "cattrs", "msgspec"} <= found.keys()
    tally.count(f"uv {version('uv')}: neighbours on Python {python}", cases=len(names))


@pytest.mark.parametrize(("python", "release", "aiohttp"), HOME_ASSISTANT, ids=[each[1] for each in HOME_ASSISTANT])
def test_home_assistant(python: str, release: str, aiohttp: str, package: str, tally: Tally) -> None:
    """Home Assistant takes one version of each library, and those suit the package."""
    found = resolve(python, package, f"homeassistant=={release}")

    assert (found["homeassistant"], found["aiohttp"]) == (release, aiohttp)
    assert "aiospectrum" in found
    tally.count(f"uv {version('uv')}: homeassistant {release} on Python {python}", cases=1)


@pytest.mark.parametrize(("python", "release", "aiohttp"), TOO_OLD, ids=[each[1] for each in TOO_OLD])
def test_home_assistant_that_is_too_old(python: str, release: str, aiohttp: str, package: str) -> None:
    """Releases before 2025.6 do not go with the package, and aiohttp is the one reason."""
    why = resolve(python, package, f"homeassistant=={release}", fails=True)[""]

    assert f"aiohttp=={aiohttp}" in why
    assert "aiohttp>=3.12" in why
    without = resolve(python, f"homeassistant=={release}", "attrs>=22.2", "cattrs>=23.1", "msgspec>=0.18.5")
    assert without["aiohttp"] == aiohttp


def test_all_work_together(tmp_path: Path, package: str, spectrum_sandbox: Sandbox, tally: Tally) -> None:
    """In one environment, with all of them imported, calls go out and come back."""
    run_uv("venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    run_uv("pip", "install", "--quiet", "--python", python, package, *NEIGHBOURS)
    (tmp_path / "program.py").write_text(PROGRAM)
    sandbox = spectrum_sandbox

    done = subprocess.run(  # noqa: S603 - our own program
        [python, tmp_path / "program.py", sandbox.zones[0], *NEIGHBOURS.values()],
        env={"CLOUDFLARE_API_TOKEN": sandbox.api_token, "CLOUDFLARE_BASE_URL": sandbox.url, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "True 5 5 True\n"), done.stderr
    tally.count("neighbours in one environment", calls=len(sandbox.requests), cases=len(NEIGHBOURS))
