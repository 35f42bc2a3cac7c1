"""Event loops and async test plugins that are not ours: the client works on those of asyncio, and says so on others."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import trio

from aiospectrum import Client, ClientStateError
from aiospectrum.sandbox import Sandbox
from tests.driven.test_event_loops import client_of, run_in_many_ways
from tests.peers.conftest import Tally

ASYNCIO_TEST = """
    from aiospectrum import Client

    {marks}
    async def test_it(spectrum_sandbox):
        sandbox = spectrum_sandbox
        async with Client(api_token=sandbox.api_token, base_url=sandbox.url) as client:
            assert len(await client.apps.list(sandbox.zones[0])) == 5
"""
ANYIO = 'import pytest\n    pytestmark = pytest.mark.anyio\n    @pytest.fixture\n    def anyio_backend(): return "{}"'
STRICT = ["-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function"]
PLUGINS: dict[str, tuple[list[str], str]] = {
    "pytest-asyncio, auto": ([*STRICT, "-o", "asyncio_mode=auto"], ""),
    "pytest-asyncio, strict": (STRICT, "import pytest\n    @pytest.mark.asyncio"),
    "anyio": (["-p", "anyio.pytest_plugin"], ANYIO.format("asyncio")),
    "anyio, on trio": (["-p", "anyio.pytest_plugin"], ANYIO.format("trio")),
    "pytest-trio": (["-p", "pytest_trio.plugin", "-o", "trio_mode=true"], ""),
}
"""The options and marks of each plugin."""


def test_uvloop(spectrum_sandbox: Sandbox, tally: Tally) -> None:
    """Everything works as on a usual loop."""
    uvloop = pytest.importorskip("uvloop")
    run_in_many_ways(spectrum_sandbox, uvloop.run)
    tally.count(f"uvloop {version('uvloop')}", calls=len(spectrum_sandbox.requests), cases=1)


def test_nest_asyncio(tmp_path: Path, spectrum_sandbox: Sandbox, tally: Tally) -> None:
    """Where a loop runs already, as in Jupyter, calls are awaited, or run inside of it; patches stay in a process."""
    program = """
        import asyncio, sys
        import nest_asyncio
        from aiospectrum import Client
        nest_asyncio.apply()

        async def call():
            async with Client(api_token=sys.argv[2], base_url=sys.argv[1]) as client:
                return len(await client.apps.list(sys.argv[3]))

        async def cell():
            client = Client(api_token=sys.argv[2], base_url=sys.argv[1])
            async with client:
                inside = asyncio.get_running_loop().run_until_complete(client.apps.list(sys.argv[3]))
            print(await call(), asyncio.run(call()), len(inside))

        asyncio.run(cell())
    """
    arguments = [spectrum_sandbox.url, spectrum_sandbox.api_token, spectrum_sandbox.zones[0]]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", dedent(program), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("5 5 5\n", 0), done.stderr
    tally.count(f"nest-asyncio {version('nest-asyncio')}", calls=len(spectrum_sandbox.requests), cases=1)


def test_trio(spectrum_sandbox: Sandbox, tally: Tally) -> None:
    """Opening and calling say that asyncio is needed; the sandbox is of use all the same."""

    async def open_it() -> None:
        async with client_of(spectrum_sandbox):
            pass

    async def call_it() -> None:
        await Client(api_token="t0ken").apps.list("0" * 32)

    async def start_sandbox() -> None:
        async with Sandbox():
            pass

    for work in (open_it, call_it):
        with pytest.raises(ClientStateError, match="no asyncio event loop is running here"):
            trio.run(work)
    with pytest.raises(RuntimeError, match="run_in_thread"):
        trio.run(start_sandbox)
    tally.count(f"trio {version('trio')}", cases=3)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_plugins_of_pytest(plugin: str, tmp_path: Path, tally: Tally) -> None:
    """The fixture and the client go with each plugin of asyncio; on trio the client says what it needs."""
    options, marks = PLUGINS[plugin]
    (tmp_path / "test_it.py").write_text(dedent(ASYNCIO_TEST.format(marks=marks)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "pytest_aiospectrum",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        *options,
    ]
    run = subprocess.run(  # noqa: S603 - this interpreter and files of this test
        [*command, "-c", os.devnull, "--rootdir", tmp_path, tmp_path / "test_it.py"],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    expected = "ClientStateError: no asyncio event loop is running here" if "trio" in plugin else "1 passed"
    assert expected in run.stdout, run.stdout + run.stderr
    tally.count("plugins of pytest", cases=1)


async def test_a_loop_that_runs_already(spectrum_sandbox: Sandbox) -> None:
    """As in a cell of a notebook: a client is opened and used with plain awaits."""
    client = await client_of(spectrum_sandbox).__aenter__()
    assert len(await client.apps.list(spectrum_sandbox.zones[0])) == 5
    await client.__aexit__(None, None, None)
    work: Coroutine[Any, Any, Any] = client.apps.list(spectrum_sandbox.zones[0])
    with pytest.raises(ClientStateError, match="not open"):
        await asyncio.create_task(work)
