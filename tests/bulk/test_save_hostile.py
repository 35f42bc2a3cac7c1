"""A dataset's folder that came from elsewhere: nothing outside of it is touched, and nothing holds a run up."""

import errno
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from aiospectrum.bulk import DestinationBusyError, ManifestError, StorageError, open_dataset, save
from aiospectrum.bulk.dataset.disk import Disk, Folder
from aiospectrum.bulk.dataset.local import LocalStore
from tests.bulk.datasets import expected_rows, hourly, journals_of, make_plan, save_over, save_to, shown_rows
from tests.bulk.fakes import ZONES, Fake

A = ZONES[0]
CANARY = b"not yours\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and FIFOs are those of POSIX")


@attrs.frozen
class Outside:
    """What a folder must not lead to."""

    folder: Path

    @property
    def file(self) -> Path:
        """A file with something in it."""
        return self.folder / "canary"

    def is_intact(self) -> bool:
        """Whether all is as it was."""
        return [*self.folder.iterdir()] == [self.file] and self.file.read_bytes() == CANARY


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    """A folder beside the dataset."""
    found = Outside(tmp_path / "outside")
    found.folder.mkdir()
    found.file.write_bytes(CANARY)
    return found


def link(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.file)


def dangling(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.folder / "new")


def folder_link(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.folder)


def device(path: Path, outside: Outside) -> None:
    path.symlink_to("/dev/zero")


def fifo(path: Path, outside: Outside) -> None:
    os.mkfifo(path)


def folder(path: Path, outside: Outside) -> None:
    path.mkdir()


def unix_socket(path: Path, outside: Outside) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


OTHER_THINGS = pytest.mark.parametrize(
    "put", [link, dangling, folder_link, device, fifo, folder, unix_socket], ids=lambda put: put.__name__
)
PLACES = [
    "state/lock",
    "state/w1-lock",
    "state/w1-claim.json",
    "state/w1-journal-000001.jsonl",
    "state/w1-spool-000007.arrow",
    "state/w1-staged-000002",
]
PLACES += ["data/2026-11-w1-0001.ndjson", "data", "state"]


@OTHER_THINGS
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("is_there", [False, True], ids=["new", "saved before"])
async def test_other_things_in_place_of_files(
    tmp_path: Path,
    outside: Outside,
    monkeypatch: pytest.MonkeyPatch,
    put: Callable[[Path, Outside], None],
    place: str,
    is_there: bool,
) -> None:
    """A link, FIFO, device, socket or folder in place of a file is an error of ours, and is neither opened nor gone."""
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    dataset = tmp_path / "dataset"
    if is_there:
        await save_to(dataset, make_plan([A], days=1))
    target = dataset / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        target.rename(tmp_path / "before")
    target.unlink(missing_ok=True)
    put(target, outside)
    if put is folder and place in ("data", "state"):
        return  # which is what they are
    for use in (save_to(dataset, make_plan([A])), save(Fake(respond=hourly), make_plan([A]), f"file://{dataset}")):
        with pytest.raises(ManifestError, match=place):
            await use
    with pytest.raises(ManifestError, match=place):
        open_dataset(dataset) if place != "state/lock" else LocalStore(dataset).list()
    assert outside.is_intact()
    assert target.name in [each.name for each in target.parent.iterdir()]


@pytest.mark.parametrize("has_descriptors", [True, False], ids=["descriptors", "paths"])
async def test_links_without_descriptors(tmp_path: Path, outside: Outside, has_descriptors: bool) -> None:
    """Where folders cannot be held open, as on Windows, links are found before they are opened."""
    for number, place in enumerate(PLACES):
        dataset = tmp_path / str(number)
        (dataset / place).parent.mkdir(parents=True)
        (folder_link if "/" not in place else link)(dataset / place, outside)
        with pytest.raises(ManifestError, match=place):
            await save_over(LocalStore(dataset, disk=Disk(has_descriptors=has_descriptors)), make_plan([A]))
    assert outside.is_intact()
    good = LocalStore(tmp_path / "good", disk=Disk(has_descriptors=has_descriptors))
    assert (await save_over(good, make_plan([A]))).ok
    assert shown_rows(tmp_path / "good") == expected_rows(make_plan([A]))


async def test_a_lock_with_another_name_elsewhere(tmp_path: Path, outside: Outside) -> None:
    """A hard link locks as any file does, and is neither emptied nor shown."""
    dataset = tmp_path / "dataset"
    (dataset / "state").mkdir(parents=True)
    (dataset / "state" / "lock").hardlink_to(outside.file)
    assert (await save_to(dataset, make_plan([A]))).ok
    first = LocalStore(dataset)
    first.lock()
    with pytest.raises(DestinationBusyError) as raised:
        await save_to(dataset, make_plan([A]))
    first.unlock()
    assert "not yours" not in str(raised.value)
    assert outside.is_intact()


async def test_data_with_another_name_elsewhere(tmp_path: Path) -> None:
    """A copy of hard links, as backups are, stays as it is when the dataset goes on."""
    plan = make_plan([A], days=1)
    await save_to(tmp_path / "dataset", plan)
    backup = {path: path.read_bytes() for path in (tmp_path / "dataset").rglob("*") if path.is_file()}
    for number, path in enumerate(backup):
        (tmp_path / str(number)).hardlink_to(path)
    assert (await save_to(tmp_path / "dataset", make_plan([A], days=3))).ok
    assert shown_rows(tmp_path / "dataset") == expected_rows(make_plan([A], days=3))
    kept = {path: (tmp_path / str(number)).read_bytes() for number, path in enumerate(backup)}
    assert kept == backup


NAMES = ["../../canary", "data/../../canary", "/etc/passwd", "data//x", "data/x/y", "data/..", "data/", "state/lock/x"]
NAMES += ["data/2026-11-w1-0001.parquet\0", "data/2026-11-w1-0001.parquet\n", "data\\2026-11-w1-0001.parquet", "", "."]
NAMES += [
    "DATA/2026-11-w1-0001.parquet",
    "data/2026-13-w1-0001.parquet",
    "data/２026-11-w1-0001.parquet",
    "state/lock-1",
]


@pytest.mark.parametrize("path", NAMES, ids=range(len(NAMES)))
def test_names_that_are_none_of_ours(tmp_path: Path, path: str) -> None:
    """No path but those of a dataset is used, whatever says so."""
    store = LocalStore(tmp_path / "dataset")
    store.lock()
    try:
        store.stage("state/w1-staged-000001", b"x")
        calls: list[Callable[[], object]] = [
            lambda: store.read(path),
            lambda: store.stage(path, b"x"),
            lambda: store.publish("state/w1-staged-000001", path),
            lambda: store.publish(path, "state/w1-staged-000002"),
            lambda: store.append(path, b"x"),
            lambda: store.delete(path),
        ]
        for call in calls:
            with pytest.raises(ManifestError):
                call()
    finally:
        store.unlock()
    assert sorted(each.name for each in tmp_path.rglob("*")) == [
        "data",
        "dataset",
        "state",
        "w1-lock",
        "w1-staged-000001",
    ]


async def test_thousands_of_other_names(tmp_path: Path) -> None:
    """Whatever else is in the folders does not count, also with names that are no text."""
    for each in ("data", "state"):
        (tmp_path / each).mkdir()
        for number in range(3000):
            (tmp_path / each / f"{number}.parquet").touch()
        (tmp_path / each / os.fsdecode(b"\xff\xfe\x01-w1-0001.ndjson")).touch()
        (tmp_path / each / "\x1b[31m").touch()
        (tmp_path / each / "..data.ndjson").symlink_to("/dev/zero")
    assert (await save_to(tmp_path, make_plan([A]))).ok
    assert len([*(tmp_path / "data").iterdir()]) > 3000


async def test_a_journal_without_end(tmp_path: Path) -> None:
    """A file of a terabyte is refused by its size, before any of it is read."""
    await save_to(tmp_path, make_plan([A]))
    [*_, path] = journals_of(tmp_path)
    os.truncate(path, 1 << 40)
    for use in (lambda: open_dataset(tmp_path), lambda: LocalStore(tmp_path).read(f"state/{path.name}", 1 << 20)):
        with pytest.raises(ManifestError, match=r"1,099,511,627,776 bytes"):
            use()
    with pytest.raises(ManifestError, match=path.name):
        await save_to(tmp_path, make_plan([A]))


class NetworkDisk(Disk):
    """One that lacks something."""

    def __init__(self, *, sync: int = 0, lock: int = 0) -> None:
        super().__init__()
        self.errors = {"sync": sync, "lock": lock}

    def sync(self, descriptor: int) -> None:
        self._fail("sync")
        super().sync(descriptor)

    def lock(self, descriptor: int, *, is_shared: bool = False) -> bool:
        self._fail("lock")
        return super().lock(descriptor, is_shared=is_shared)

    def _fail(self, name: str) -> None:
        if self.errors[name]:
            raise OSError(self.errors[name], os.strerror(self.errors[name]))


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS])
async def test_what_cannot_be_synced(tmp_path: Path, number: int) -> None:
    """File systems of networks keep what was written, and have no such call."""
    assert (await save_over(LocalStore(tmp_path, disk=NetworkDisk(sync=number)), make_plan([A]))).ok
    assert shown_rows(tmp_path) == expected_rows(make_plan([A]))


async def test_what_was_not_synced(tmp_path: Path) -> None:
    """Any other error means that what was written may be lost."""
    with pytest.raises(StorageError, match="Input/output error"):
        await save_over(LocalStore(tmp_path, disk=NetworkDisk(sync=errno.EIO)), make_plan([A]))


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL])
async def test_a_disk_without_locks(tmp_path: Path, number: int) -> None:
    """Nothing keeps a second run out there, so nothing is saved, and the error says what to do."""
    with pytest.raises(StorageError, match=r"has no locks.*; mount it with locks, or save elsewhere$") as raised:
        await save_over(LocalStore(tmp_path, disk=NetworkDisk(lock=number)), make_plan([A]))
    assert isinstance(raised.value.__cause__, OSError)
    assert raised.value.__cause__.errno == errno.ENOLCK


@pytest.mark.parametrize("spelling", ["relative", "link", "dots", "slash", "URL", "local URL"])
async def test_a_folder_has_one_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    """However it is called."""
    dataset = tmp_path / "dataset"
    first = LocalStore(dataset)
    first.lock()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(dataset)
    places = {
        "relative": "dataset",
        "link": str(tmp_path / "link"),
        "dots": f"{tmp_path}/dataset/../dataset/.",
        "slash": f"{dataset}/",
        "URL": f"file://{dataset}",
        "local URL": f"local://{dataset}",
    }
    with pytest.raises(DestinationBusyError):
        await save(Fake(respond=hourly), make_plan([A]), places[spelling])
    first.unlock()
    assert (await save(Fake(respond=hourly), make_plan([A]), places[spelling], format="ndjson")).ok
    assert shown_rows(dataset) == expected_rows(make_plan([A]))


async def test_what_takes_the_place_of_the_folder(tmp_path: Path, outside: Outside) -> None:
    """A run goes on in the folder that it has locked, wherever its path leads meanwhile."""

    class Swapping(Disk):
        def lock(self, descriptor: int, *, is_shared: bool = False) -> bool:
            if not (tmp_path / "moved").exists():
                (tmp_path / "dataset").rename(tmp_path / "moved")
                (tmp_path / "dataset").symlink_to(outside.folder)
            return super().lock(descriptor, is_shared=is_shared)

    assert (await save_over(LocalStore(tmp_path / "dataset", disk=Swapping()), make_plan([A]))).ok
    assert outside.is_intact()
    assert shown_rows(tmp_path / "moved") == expected_rows(make_plan([A]))


async def test_a_file_that_becomes_something_else(tmp_path: Path, outside: Outside) -> None:
    """Between the look at a file and its opening a link or a FIFO may take its place."""
    await save_to(tmp_path / "dataset", make_plan([A], days=1))

    class Swapping(Disk):
        def open(self, folder: Folder, name: str, flags: int) -> int:
            if "journal" in name and not flags & os.O_CREAT:
                path = folder.path / name
                path.unlink()
                puts.pop()(path, outside)
            return super().open(folder, name, flags)

    puts = [link, fifo]
    while puts:
        with pytest.raises(ManifestError, match="in place of a file"):
            await save_over(LocalStore(tmp_path / "dataset", disk=Swapping()), make_plan([A]))
        shutil.rmtree(tmp_path / "dataset")
        await save_to(tmp_path / "dataset", make_plan([A], days=1))
    assert outside.is_intact()
