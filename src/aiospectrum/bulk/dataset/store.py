"""Where a dataset is stored: what a store must be able to do."""

from typing import Protocol

from aiospectrum.bulk.dataset.paths import WRITER

__all__ = ["Store"]


class Store(Protocol):
    """A place for one dataset. Every method may block, and is called in threads.

    Paths are ``data/NAME`` and ``state/NAME`` as in :mod:`aiospectrum.bulk.dataset.paths`, and no others; nothing but a
    file is opened by one, and no link is followed. What has returned is durable: a crash of the process, or of the
    machine where the store can promise that, does not undo it. Errors of the store are raised as OSError, and
    ManifestError for what is no file of a dataset.
    """

    @property
    def name(self) -> str:
        """What the store is called in messages, without secrets."""
        ...

    @property
    def journal_lines(self) -> int | None:
        """Appends after which a file has become too long to be appended to; None for never."""
        ...

    @property
    def renew_every(self) -> float | None:
        """Seconds between calls of :meth:`renew_lock`; None when the lock needs none."""
        ...

    def probe(self, name: str = WRITER) -> None:
        """Refuse what :meth:`lock` would, as far as that shows without writing anything.

        Args:
            name: The writer that would lock.

        Raises:
            DestinationBusyError: Somebody has the lock.
        """
        ...

    def enter(self) -> None:
        """Make the folders, and take the lock of the dataset, which everybody holds for a moment only.

        Whoever has it may take, look at and break locks of writers, and change data files.

        Raises:
            DestinationBusyError: Somebody else has it.
        """
        ...

    def leave(self) -> None:
        """Release the lock of the dataset."""
        ...

    def lock(self, name: str = WRITER) -> None:
        """Take the lock of a writer, which says as long as it is held that the writer is alive.

        Args:
            name: The writer; or ``upkeep``, which no run works beside.

        Raises:
            DestinationBusyError: Somebody has the lock.
        """
        ...

    def others(self) -> dict[str, str]:
        """Find the locks of writers and upkeep that others hold, and break those that look abandoned.

        Returns:
            Who holds each, for people, by the name that was locked.

        Raises:
            DestinationBusyError: A lock that is held here was broken, as it looked abandoned.
        """
        ...

    def renew_lock(self) -> None:
        """Show that the owner of all locks that are held is alive.

        Raises:
            DestinationBusyError: Somebody has broken a lock, as it looked abandoned.
        """
        ...

    def abandon(self) -> None:
        """Refuse, from now on, all that would change the dataset; does not block, and is called while others do."""
        ...

    def unlock(self) -> None:
        """Release all locks, also those that could not be taken in full, and close all files."""
        ...

    def list(self) -> dict[str, int]:
        """Find all files of the dataset, which needs no lock; whatever else is there does not count.

        Returns:
            The size of each in bytes, by path; nothing where there is no folder.

        Raises:
            ManifestError: What has the name of a file of ours is none.
        """
        ...

    def foreign(self) -> tuple[str, ...]:
        """Find what is in the folder of the data files, where readers look, and has no name of ours.

        Returns:
            The paths.
        """
        ...

    def read(self, path: str, most: int | None = None) -> bytes:
        """Read a file, which needs no lock.

        Args:
            path: Where it is.
            most: Bytes that it may have; None for any number.

        Returns:
            The whole of it.

        Raises:
            FileNotFoundError: There is none.
            ManifestError: It has more, and was not read.
        """
        ...

    def stage(self, path: str, data: bytes) -> None:
        """Write a file that is not part of the dataset.

        Args:
            path: Where to; what is left there of a run that died is replaced.
            data: The whole file.
        """
        ...

    def publish(self, staged: str, path: str) -> None:
        """Make a staged file part of the dataset, in one step for all who read it.

        Args:
            staged: Where it is.
            path: Where to; a file that is there is replaced.
        """
        ...

    def append(self, path: str, lines: bytes) -> None:
        """Add to the end of the file that was appended to before, or start a new one.

        Args:
            path: Where it is.
            lines: What to add.
        """
        ...

    def delete(self, path: str) -> None:
        """Delete a file.

        Args:
            path: Where it is; nothing happens when there is none.
        """
        ...
