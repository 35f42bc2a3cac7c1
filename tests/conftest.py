"""What tests of all kinds share."""

import signal
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import settings

from aiospectrum import Client

ZONE = "023e105f4ecef8ad9ca31a8372d0c353"
APP = "ea95132c15732412d22c1476fa83f27a"
TOKEN = "t0ken-of-the-tests"

settings.register_profile("offline", deadline=None)  # machines are noisy, and a timing is no test
settings.register_profile("sample", deadline=None, max_examples=20)
settings.load_profile("offline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--sample``."""
    parser.addoption("--sample", type=int, metavar="N", help="run N cases of each test, and fewer random examples")


def pytest_configure(config: pytest.Config) -> None:
    """Make do with fewer examples in a sample."""
    if config.getoption("--sample") is not None:
        settings.load_profile("sample")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name cases without backslashes, as the tests of mutants are found by their names."""
    return ascii(val)[1:-1].replace("\\", "") if isinstance(val, str) and "\\" in ascii(val) else None


@pytest.hookimpl(trylast=True)  # when those are gone that are not wanted anyway
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep some cases of each test: no matter which ones, but the same ones in all processes."""
    size = config.getoption("--sample")
    if size is None:
        return
    kept, left, seen = [], [], Counter[str]()
    for item in sorted(items, key=lambda item: zlib.crc32(item.nodeid.encode())):
        test = item.nodeid.partition("[")[0]
        (kept if seen[test] < size else left).append(item)
        seen[test] += 1
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture
def mocked(mended_aioresponses: Any) -> Iterator[Any]:
    """Responses of no server, by method and URL."""
    with mended_aioresponses() as mock:
        yield mock


Serve = Callable[[Callable[[web.Request], Any]], Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start real servers on 127.0.0.1 with one handler for all requests; gives the base URL of each."""
    servers: list[TestServer] = []

    async def start(handler: Callable[[web.Request], Any]) -> str:
        application = web.Application()
        application.router.add_route("*", "/{rest:.*}", handler)
        server = TestServer(application)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/client/v4"))

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """An open client of the default base URL; for mocked responses."""
    async with Client(api_token=TOKEN) as client:
        yield client


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C and hangups end programs that a test starts, also in the background or under nohup."""
    handlers = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}  # Windows has no SIGHUP
    numbers = {name: getattr(signal, name) for name in handlers if hasattr(signal, name)}
    before = {number: signal.signal(number, handlers[name]) for name, number in numbers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
