"""Datasets in an object store: one that speaks the protocol of S3, loses responses, or keeps silent."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aiospectrum.bulk import DestinationBusyError, StorageError, open_dataset, save
from tests.bulk.datasets import expected_rows, hourly, make_plan, shown_rows
from tests.bulk.fakes import ZONES, Fake
from tests.bulk.object_store import ObjectStore, running
from tests.bulk.test_save_stuck import threads_of_saving
from tests.leaks import found_in, shown_by

PLAN = make_plan(ZONES[:2], days=2)


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStore]:
    """A server for all tests of a process."""
    with running() as found:
        yield found


@pytest.fixture
def store(server: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A server with one bucket, in an environment without credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    client = server.client()
    client.create_bucket(Bucket="bucket")
    server.requests.clear()
    server.loses = lambda request: False
    yield server
    for key in server.contents("bucket"):
        client.delete_object(Bucket="bucket", Key=key)
    for name in server.buckets():
        client.delete_bucket(Bucket=name)


async def save_there(store: ObjectStore, url: str = "s3://bucket/set", **options: Any) -> Any:
    """Save the plan."""
    return await save(
        Fake(respond=hourly), PLAN, url, format="ndjson", storage_options=store.options(**options.pop("more", {}))
    )


def download(store: ObjectStore, folder: Path) -> Path:
    """A dataset as files, to be read by other means."""
    for key, content in store.contents("bucket").items():
        target = folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder / "set"


async def test_saving_and_resuming(store: ObjectStore, tmp_path: Path) -> None:
    """It is as good as a folder, and no bucket is made or asked for."""
    first, again = await save_there(store), await save_there(store)
    assert (first.done, again.skipped) == (4, 4)
    folder = download(store, tmp_path)
    assert shown_rows(folder) == expected_rows(PLAN)
    assert {path.name.partition("-0")[0] for path in (folder / "state").iterdir()} == {"w1-journal"}
    assert "PUT /bucket" not in store.requests
    dataset = open_dataset("s3://bucket/set", storage_options=store.options())
    assert dataset.to_arrow().num_rows == len(expected_rows(PLAN))


PROBLEMS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no bucket": ("s3://nothing/set", {}, "make the bucket first, as none is made"),
    "the bucket itself": ("s3://nothing", {}, "make the bucket first, as none is made"),
    "no name": ("s3://", {}, "make the bucket first, as none is made"),
    "no credentials": ("s3://bucket/set", {"key": None, "secret": None}, "check the credentials"),
    "half of the credentials": ("s3://bucket/set", {"secret": None}, "check the credentials"),
    "endpoint down": (
        "s3://bucket/set",
        {"client_kwargs": {"endpoint_url": "http://127.0.0.1:9"}},
        "check the address",
    ),
    "no endpoint": ("s3://bucket/set", {"client_kwargs": {"endpoint_url": "nonsense"}}, "check the address"),
    "an option that is none": ("s3://bucket/set", {"nonsense": 1}, "check the URL and storage_options"),
    "an option of the client": ("s3://bucket/set", {"client_kwargs": {"nonsense": 1}}, "check the URL and storage_opt"),
}


@pytest.mark.parametrize(("url", "changes", "step"), PROBLEMS.values(), ids=PROBLEMS)
async def test_what_is_wrong(store: ObjectStore, url: str, changes: dict[str, Any], step: str) -> None:
    """Whatever the back end raises is an error of ours that says what to do, without secrets; no bucket is made."""
    more = {"config_kwargs": {"retries": {"total_max_attempts": 1}}, **changes}
    with pytest.raises(StorageError) as raised:
        await save_there(store, url, more=more)
    assert step in str(raised.value)
    assert isinstance(raised.value.__cause__, OSError)
    assert found_in(shown_by(raised.value), ("secret-of-tests",)) == []
    assert store.buckets() == ["bucket"]
    assert store.contents("bucket") == {}


@pytest.mark.slow
async def test_responses_that_are_lost(store: ObjectStore, tmp_path: Path) -> None:
    """Whatever was changed and not confirmed is done again, and the lock is known as one's own."""
    await save_there(store)
    kinds = [re.sub("[0-9a-f]{6,}", "", request) for request in store.requests]
    changes = {kind: kinds.index(kind) for kind in kinds if not kind.startswith(("GET", "HEAD"))}
    assert len(changes) > 4
    for number in changes.values():
        for key in store.contents("bucket"):
            store.client().delete_object(Bucket="bucket", Key=key)
        store.requests.clear()
        store.loses = lambda _: len(store.requests) == number + 1  # noqa: B023 - it is called in this iteration
        assert (await save_there(store)).ok
        folder = download(store, tmp_path / str(number))
        assert shown_rows(folder) == expected_rows(PLAN)
        assert {path.name.partition("-0")[0] for path in (folder / "state").iterdir()} == {"w1-journal"}


async def test_no_confirmation_of_the_lock(store: ObjectStore) -> None:
    """A run that never learns whether it has the lock deletes it, so that the next one does not wait for it."""
    store.loses = lambda request: request.startswith("PUT") and "/state/lock-" in request
    with pytest.raises(StorageError, match="check the address"):
        await save_there(store, more={"config_kwargs": {"retries": {"total_max_attempts": 1}}})
    assert store.contents("bucket") == {}
    store.loses = lambda request: False
    assert (await save_there(store)).ok


async def test_two_runs_at_once(store: ObjectStore, tmp_path: Path) -> None:
    """One of them saves, and the others are refused, or have nothing to send when it is through."""
    fakes = [Fake(respond=hourly) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(save(fake, PLAN, "s3://bucket/set", format="ndjson", storage_options=store.options()) for fake in fakes),
        return_exceptions=True,
    )
    idle = [isinstance(each, DestinationBusyError) or each.skipped == len(PLAN) for each in outcomes]
    assert sum(idle) == 3
    assert all(is_idle is not bool(fake.calls) for is_idle, fake in zip(idle, fakes, strict=True))
    assert (await save_there(store)).ok
    assert shown_rows(download(store, tmp_path)) == expected_rows(PLAN)


async def test_an_endpoint_that_keeps_silent(store: ObjectStore) -> None:
    """A run that waits for a response ends when it is cancelled."""
    store.silent.set()
    saving = asyncio.create_task(save_there(store))
    while not store.requests:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
    started = time.monotonic()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert time.monotonic() - started < 3
    store.silent.clear()
    store.over.set()
    store.over = type(store.over)()
    while threads_of_saving():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
