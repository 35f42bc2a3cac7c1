"""What tests of limiters share: a Redis server for all of them."""

from collections.abc import Iterator

import pytest

from tests import redis_server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis_server.RedisServer]:
    """A server that nobody stops; each test takes names of its own."""
    if redis_server.PROGRAM is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    with redis_server.running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis_server.RedisServer]:
    """A server with a password, to be stopped and started."""
    if redis_server.PROGRAM is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    with redis_server.running(tmp_path_factory.mktemp("redis"), "s3cr3t-of-redis") as server:
        yield server
