"""The pytest plugin, in pytest runs of its own."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import pytest_aiospectrum

pytest_plugins = ["pytester"]

SOURCE = Path(pytest_aiospectrum.__file__).parents[1]
# Plugins are named one by one, so that what else is installed makes no difference.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

SYNC = """
    import pytest
    from urllib.error import HTTPError
    from urllib.request import urlopen

    def test_plain(spectrum_sandbox):
        with pytest.raises(HTTPError) as caught:
            urlopen(spectrum_sandbox.url)
        caught.value.close()
        assert len(spectrum_sandbox.zones) == 3

    @pytest.mark.spectrum_sandbox(zones=7, apps_per_zone=2)
    class TestMarked:
        def test_outer(self, spectrum_sandbox):
            assert len(spectrum_sandbox.zones) == 7
            assert len(spectrum_sandbox.requests) == 0

        @pytest.mark.spectrum_sandbox(zones=4)
        def test_nearest(self, spectrum_sandbox):
            assert len(spectrum_sandbox.zones) == 4
            assert len(spectrum_sandbox.app_ids(spectrum_sandbox.zones[0])) == 2
"""
ASYNC = """
    import aiohttp

    async def test_async(spectrum_sandbox):
        async with aiohttp.ClientSession() as session, session.get(spectrum_sandbox.url) as response:
            assert response.status == 404
"""
BAD = """
    import pytest

    @pytest.mark.spectrum_sandbox(5)
    def test_positional(spectrum_sandbox):
        pass
"""


def _run(directory: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_it.py").write_text(dedent(code))
    command = [sys.executable, "-m", "pytest", "-p", "pytest_aiospectrum", "-p", "no:cacheprovider"]
    command += ["--strict-markers", "-W", "error", "-rA", "-c", os.devnull, "--rootdir", str(directory), *options]
    return subprocess.run(  # noqa: S603 - this interpreter and files of this test
        [*command, str(directory / "test_it.py")],
        env=ENVIRONMENT,
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a runner of pytest in this process, with no plugin but our own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p pytest_aiospectrum")
    return pytester


def test_plain_tests_get_a_sandbox(alone: pytest.Pytester) -> None:
    """The fixture works without any async plugin, and markers configure it from the outside in."""
    alone.makepyfile(SYNC)
    alone.runpytest_inprocess("--strict-markers").assert_outcomes(passed=3)


def test_async_tests_get_a_sandbox(tmp_path: Path) -> None:
    """The fixture serves the loop of an async plugin."""
    options = ["asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function"]
    run = _run(tmp_path, ASYNC, "-p", "pytest_asyncio.plugin", "-o", options[0], "-o", options[1])
    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_markers_take_keywords_only(alone: pytest.Pytester) -> None:
    """A positional argument is refused with a sentence that says so."""
    alone.makepyfile(BAD)
    run = alone.runpytest_inprocess()
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["*spectrum_sandbox marker takes keyword arguments only; got (5,)*"])


def test_the_marker_is_documented(tmp_path: Path) -> None:
    """``pytest --markers`` says what the marker is for."""
    run = _run(tmp_path, "", "--markers")
    assert "@pytest.mark.spectrum_sandbox(**arguments): keyword arguments" in run.stdout


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Next to pytest itself, the plugin brings in no module but its own."""
    code = """
        import sys
        import pytest
        before = set(sys.modules)
        import pytest_aiospectrum
        print(sorted(set(sys.modules) - before))
    """
    found = subprocess.run(  # noqa: S603 - this interpreter and the code above
        [sys.executable, "-c", dedent(code)], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "['pytest_aiospectrum']\n"
