"""Where a dataset is kept: what a place must be able to do."""

from typing import Protocol

__all__ = ["Store"]


class Store(Protocol):
    """A place for one dataset. Paths are relative and have slashes; every method may block, and is called in threads.

    What has returned is safe: a crash of the process, or of the machine where the place can promise that, does not
    undo it. Errors of the place are raised as OSError.
    """

    @property
    def name(self) -> str:
        """What the place is called in messages, without secrets."""
        ...

    @property
    def journal_lines(self) -> int | None:
        """Appends after which a file has become too long to be appended to; None for never."""
        ...

    @property
    def beat_every(self) -> float | None:
        """Seconds between calls of :meth:`beat`; None when the lock needs none."""
        ...

    def lock(self) -> None:
        """Keep all others out.

        Raises:
            DestinationBusyError: Somebody else has done so.
        """
        ...

    def beat(self) -> None:
        """Say that the one who holds the lock is alive.

        Raises:
            DestinationBusyError: Somebody else has taken the lock, as it looked abandoned.
        """
        ...

    def unlock(self) -> None:
        """Let others in, and close all files; does nothing when nobody was kept out."""
        ...

    def list(self) -> dict[str, int]:
        """Find all files of the dataset.

        Returns:
            The size of each in bytes, by path.
        """
        ...

    def read(self, path: str) -> bytes:
        """Read a file.

        Args:
            path: Where it is.

        Returns:
            The whole of it.
        """
        ...

    def stage(self, path: str, data: bytes) -> None:
        """Write a file that is not part of the dataset.

        Args:
            path: Where to, in a folder for that.
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
        """Add to the end of the file that was appended to before, or begin a new one.

        Args:
            path: Where it is.
            lines: What to add.
        """
        ...

    def delete(self, path: str) -> None:
        """Delete a file.

        Args:
            path: Where it is.
        """
        ...
