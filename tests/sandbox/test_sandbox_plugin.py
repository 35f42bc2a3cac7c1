"""The pytest plugin, in pytest runs of its own."""

import os
import subprocess
import sys
import tomllib
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
MOCKED = """
    import aiohttp
    import pytest
    from aioresponses import aioresponses

    class Response(aiohttp.ClientResponse):
        pass

    async def get():
        async with aiohttp.ClientSession() as session, session.get("https://a.example/") as response:
            return type(response), await response.json()

    async def test_by_the_class(mended_aioresponses):
        assert mended_aioresponses is aioresponses
        with mended_aioresponses() as responses:
            responses.get("https://a.example/", payload=[1])
            assert await get() == (aiohttp.ClientResponse, [1])

    @pytest.mark.usefixtures("mended_aioresponses")
    async def test_as_it_was_written_before():
        with aioresponses() as responses:
            responses.get("https://a.example/", payload=[1], response_class=Response)
            assert await get() == (Response, [1])

    def test_it_is_over():
        assert aiohttp.ClientResponse.__init__.__kwdefaults__ is None
"""
FIXED = """
    import aiohttp

    def make(self, method, url, *, stream_writer="its own"):
        self.seen = stream_writer

    aiohttp.ClientResponse.__init__ = make

    def test_a_default_of_its_own_stays(mended_aioresponses):
        assert aiohttp.ClientResponse("GET", "/").seen == "its own"
        assert aiohttp.ClientResponse("GET", "/", stream_writer="given").seen == "given"

    def test_nothing_is_added(mended_aioresponses, monkeypatch):
        assert make.__kwdefaults__ == {"stream_writer": "its own"}
"""
OLD = """
    import aiohttp

    def make(self, method, url):
        pass

    aiohttp.ClientResponse.__init__ = make

    def test_what_is_not_required_is_not_there(mended_aioresponses):
        assert make.__kwdefaults__ is None
"""
ALONE = """
    from importlib import metadata
    from pathlib import Path

    found = [metadata.PathDistribution(Path(__file__).parent / "aiospectrum-1.dist-info")]
    metadata.distributions = lambda **_: iter(found)
"""
"""As `sitecustomize`, lets processes see no other package that is installed."""
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


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="entry point"),
        pytest.param(["-p", "pytest_aiospectrum"], id="both"),
        pytest.param(["-p", "pytest_aiospectrum", "-p", "xdist.plugin", "-n", "2"], id="both, in processes"),
    ],
)
def test_the_plugin_is_named_beside_its_entry_point(tmp_path: Path, options: list[str]) -> None:
    """`-p pytest_aiospectrum` names what the entry point names; one of them is enough, and both are fine."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [f"{name} = {module}" for name, module in project["entry-points"]["pytest11"].items()]
    installed = tmp_path / "aiospectrum-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: aiospectrum\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    (tmp_path / "sitecustomize.py").write_text(dedent(ALONE))
    (tmp_path / "test_it.py").write_text(dedent(SYNC))
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(SOURCE)])}
    del environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", *options]
    run = subprocess.run(  # noqa: S603 - this interpreter and files of this test
        [*command, "-c", os.devnull, "--rootdir", tmp_path, "test_it.py"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_aioresponses_is_mended(tmp_path: Path, mode: str) -> None:
    """Mocks work with the installed aiohttp, in tests that were there before too, and nothing is left after a test."""
    code = MOCKED if mode == "auto" else MOCKED.replace("async def test", "@pytest.mark.asyncio\n    async def test")
    options = ["-o", f"asyncio_mode={mode}", "-o", "asyncio_default_fixture_loop_scope=function"]
    run = _run(tmp_path, code, "-p", "pytest_asyncio.plugin", *options)
    assert "3 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(("code", "passed"), [(FIXED, 2), (OLD, 1)], ids=["fixed", "old"])
def test_nothing_is_mended_where_nothing_is_broken(tmp_path: Path, code: str, passed: int) -> None:
    """With versions that go together the fixture has no effect."""
    run = _run(tmp_path, code)
    assert f"{passed} passed" in run.stdout, run.stdout + run.stderr


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
