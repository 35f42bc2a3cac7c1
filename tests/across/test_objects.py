"""Saves that are divided among workers, in an object store: nobody but a lease says there who is alive."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from aiospectrum.bulk import open_dataset, save_across
from aiospectrum.sandbox import Faults, Sandbox
from tests.across.parts import Retrying, accounts_of, asked, options_of, plan_of, wait_for
from tests.bulk.object_store import ObjectStore, running

URL = "s3://bucket/set"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A server with one bucket, in an environment without credentials, which workers have as well."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with running() as found:
        client = found.client()
        client.create_bucket(Bucket="bucket")
        yield found
        for key in found.contents("bucket"):  # all servers of a process have the same buckets
            client.delete_object(Bucket="bucket", Key=key)
        client.delete_bucket(Bucket="bucket")


def names_in(store: ObjectStore) -> list[str]:
    """The names of all objects of the state."""
    return [key.rpartition("/")[2] for key in store.contents("bucket") if "/state/" in key]


def age_locks(store: ObjectStore, pattern: str) -> None:
    """Make locks look renewed 296 seconds ago; at 300 they count as abandoned."""
    client = store.client()
    for key, content in store.contents("bucket").items():
        if found := re.search(pattern, key):
            old = key.replace(found[1], f"{int(time.time()) - 296:010}")
            client.put_object(Bucket="bucket", Key=old, Body=content)
            client.delete_object(Bucket="bucket", Key=key)


async def test_an_object_store(store: ObjectStore) -> None:
    """It is as good as a folder: each report once, one result, and no signals left."""
    async with Sandbox(zones=2, rate_limit=None) as sandbox:
        with ThreadPoolExecutor(1) as executor:  # one after the other, as locks there take seconds
            options = partial(options_of, store.options())
            plan = plan_of(sandbox.zones, days=1)
            saved = await save_across(executor, accounts_of(sandbox), plan, URL, storage_options=options)
        assert (saved.total, saved.done) == (2, 2)
        assert set(asked(sandbox).values()) == {1}
    assert open_dataset(URL, storage_options=store.options()).rows == saved.rows > 0
    assert {name.partition("-0")[0] for name in names_in(store)} == {"w1-journal", "w2-journal"}


@pytest.mark.soak
async def test_cancelling_ends_all(store: ObjectStore) -> None:
    """Within thirty seconds nothing runs any more, and no file says otherwise."""
    async with Sandbox(zones=2, rate_limit=None, faults=Faults(latency=0.1)) as sandbox:
        plan = plan_of(sandbox.zones, days=60)
        options = partial(options_of, store.options())
        with ThreadPoolExecutor(2) as executor:
            saving = asyncio.create_task(
                save_across(executor, accounts_of(sandbox), plan, URL, storage_options=options, concurrency=1)
            )
            await wait_for(lambda: len(sandbox.requests) >= 4)
            saving.cancel()
            began = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await saving
            assert time.monotonic() - began < 30
            await asyncio.sleep(0.3)  # until what was in flight is recorded
            made = len(sandbox.requests)
            await asyncio.sleep(0.3)
            assert len(sandbox.requests) == made
    assert not [name for name in names_in(store) if name.startswith("run-") or "lock" in name]


@pytest.mark.soak
async def test_a_worker_that_is_replaced(store: ObjectStore) -> None:
    """The lease of a worker that died lasts: the one in its place has another name, and takes over what that left."""
    async with Sandbox(zones=1, rate_limit=None, faults=Faults(latency=0.1)) as sandbox:
        plan = plan_of(sandbox.zones, days=12)
        options = partial(options_of, store.options())
        with Retrying(1, lambda: age_locks(store, r"/state/(?:w1-)?lock-([0-9]{10})-")) as executor:
            saving = asyncio.create_task(
                save_across(
                    executor,
                    accounts_of(sandbox, 1),
                    plan,
                    URL,
                    storage_options=options,
                    concurrency=1,
                    format="ndjson",
                )
            )
            await wait_for(lambda: len(sandbox.requests) >= 3)
            os.kill(executor.pids[0], signal.SIGKILL)
            saved = await saving
        assert saved.ok
        assert saved.skipped + saved.done == saved.total == 12
        assert len(asked(sandbox)) == 12
        assert len(sandbox.requests) <= 12 + 4
    dataset = open_dataset(URL, storage_options=store.options())
    assert dataset.rows == dataset.to_arrow().num_rows > 0
    assert not [name for name in names_in(store) if name.startswith("run-") or "lock" in name]
