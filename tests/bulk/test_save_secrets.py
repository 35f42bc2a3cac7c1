"""No secret of a URL or of storage options is in what an error of saving shows, or in a file."""

import asyncio
import inspect
from typing import Any, Final

import attrs
import pytest

from aiospectrum import InvalidArgumentError, SpectrumError
from aiospectrum.bulk import Saved, save
from aiospectrum.bulk.dataset import errors
from tests.bulk.datasets import hourly, make_plan
from tests.bulk.fakes import ZONES, Fake
from tests.leaks import found_in, parts_of, shown_by

pytest.importorskip("fsspec")
from tests.bulk.telling import FAILURES, Telling, register

SECRETS: Final = ("hunter/2000?x@y", "wJalrXUtnFEMI/K7MDENG", "opt10n+of~the=driver")
OPTIONS: Final = {"secret": SECRETS[1], "client_kwargs": {"auth": {"password": SECRETS[2]}}}
URL: Final = "telling://me:hunter%2F2000%3Fx%40y@host/data"


class DriverError(Exception):
    """What a driver raises that has errors of its own."""


def driver_error(url: str) -> DriverError:
    """One whose cause alone tells the secret."""
    error = DriverError("403")
    error.__cause__ = ValueError(url)
    return error


@attrs.frozen(kw_only=True)
class Case:
    """A way in which saving fails."""

    kind: type[BaseException]
    url: str = URL
    files: dict[str, bytes] = attrs.field(factory=dict)
    fails_with: Any = None
    is_cancelled: bool = False
    format: Any = "csv"


CASES: Final = {
    **{
        f"storage, {name}": Case(kind=errors.StorageError, fails_with=failure)
        for name, failure in FAILURES.items()
        if failure is not None
    },
    "storage, options": Case(kind=errors.StorageError, fails_with=lambda _: OSError(f"refused: {OPTIONS}")),
    "busy": Case(kind=errors.DestinationBusyError, files={f"state/w1-lock-9000000000-{0:016}": b"other"}),
    "mismatch": Case(kind=errors.DestinationMismatchError, files={"data/2026-11-w1-0001.csv": b""}),
    "manifest": Case(kind=errors.ManifestError, files={"state/w1-journal-000001.jsonl": b"{}\n"}),
    "no file system": Case(kind=InvalidArgumentError, url=URL.replace("telling", "nope")),
    "a pattern": Case(kind=InvalidArgumentError, url=f"{URL}/*"),
    "a password that ends the authority": Case(kind=InvalidArgumentError, url=f"telling://me:{SECRETS[0]}@host/data"),
    "a chain": Case(kind=ImportError, url=f"zip://x::{URL.replace('telling', 'sftp')}"),
    "no package": Case(kind=ImportError, url=URL.replace("telling", "sftp")),
    "a path": Case(kind=InvalidArgumentError, url="data"),
    "another exception": Case(kind=errors.StorageError, fails_with=lambda _: KeyError("broken")),
    "a driver's own": Case(kind=errors.StorageError, fails_with=lambda url: DriverError(f"403 {url} {OPTIONS}")),
    "a driver's own, about another": Case(kind=errors.StorageError, fails_with=driver_error),
    "an argument": Case(kind=InvalidArgumentError, format="xml"),
    "no connection": Case(kind=errors.StorageError, url="ftp://me:hunter%2F2000%3Fx%40y@127.0.0.1:1/data"),
    "cancelled": Case(kind=asyncio.CancelledError, is_cancelled=True),
}


@pytest.fixture(autouse=True)
def _telling() -> None:
    register()


def test_there_is_a_case_for_each_class() -> None:
    """A new class of errors needs a case."""
    classes = {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, SpectrumError)}
    assert classes - {case.kind for case in CASES.values()} == {SpectrumError, errors.SaveError}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_errors_show(case: Case) -> None:
    """Neither texts nor frames, chain or pickle have one."""
    for path, content in case.files.items():
        Telling.store[f"/data/{path}"] = Telling().open(f"/data/{path}", "wb")
        Telling().pipe_file(f"/data/{path}", content)
    Telling.fails_with = case.fails_with
    fake = Fake(respond=hourly, is_open=not case.is_cancelled)
    task = asyncio.ensure_future(
        save(fake, make_plan(ZONES[:2]), case.url, format=case.format, storage_options=dict(OPTIONS), clock=lambda: 9e9)
    )
    if case.is_cancelled:
        while not fake.calls:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(case.kind) as caught:
        await task
    assert found_in(shown_by(caught.value), SECRETS) == []


async def test_what_is_written_and_returned() -> None:
    """Files, the result and the progress have none."""
    progress: list[Any] = []
    saved: Saved = await save(
        Fake(respond=hourly),
        make_plan(ZONES[:2]),
        URL,
        format="csv",
        storage_options=OPTIONS,
        on_progress=progress.append,
    )
    files = {path: file.getvalue().decode("latin-1") for path, file in Telling.store.items()}
    assert len(files) >= 2
    texts = {**files, "paths": " ".join(files), **parts_of(saved, "saved"), **parts_of(progress, "progress")}
    assert found_in(texts, SECRETS) == []
