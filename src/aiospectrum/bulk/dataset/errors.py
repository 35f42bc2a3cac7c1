"""The errors of datasets, in addition to those of calls.

::

    SpectrumError
    └── SaveError
        ├── DestinationBusyError        another run is writing there
        ├── DestinationMismatchError    what is there does not go with what is to be saved
        ├── ManifestError               the manifest of the dataset cannot be read
        └── StorageError                writing or reading failed; its cause is the OSError
"""

from aiospectrum.errors import SpectrumError

__all__ = ["DestinationBusyError", "DestinationMismatchError", "ManifestError", "SaveError", "StorageError"]


class SaveError(SpectrumError):
    """A plan cannot be saved, or not any further; the dataset is readable, and saving again resumes there."""


class DestinationBusyError(SaveError):
    """Another run is writing to the destination; wait for its end, or save elsewhere."""


class DestinationMismatchError(SaveError):
    """The destination holds a dataset of another query or format, other windows, or something else entirely."""


class ManifestError(SaveError):
    """The manifest of the dataset is damaged, or of a later version of the format."""


class StorageError(SaveError):
    """The destination could not be written or read, as with a full disk or a lost permission.

    ``__cause__`` is the :class:`OSError`, whose ``errno`` says why.
    """
