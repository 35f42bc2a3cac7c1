"""The errors of datasets, in addition to those of calls.

::

    SpectrumError
    └── SaveError
        ├── DestinationBusyError        another run is writing there
        ├── DestinationMismatchError    what is there does not go with what is to be saved
        ├── ManifestError               the manifest of the dataset cannot be read
        └── StorageError                writing or reading failed; its cause is the OSError
"""

import errno
import re
from typing import Final

from aiospectrum.errors import SpectrumError

__all__ = [
    "DestinationBusyError",
    "DestinationMismatchError",
    "ManifestError",
    "SaveError",
    "StorageError",
    "next_step",
]

_CREDENTIALS: Final = "check the credentials, in storage_options or the environment, and what they are allowed"

_STEPS: Final = {
    errno.EBUSY: "attempt it again in a moment",
    errno.ENOSPC: "make room, and save again",
    errno.EDQUOT: "make room, and save again",
    errno.EROFS: "it is mounted for reading only: save elsewhere",
    errno.ENOTDIR: "name a folder",
    errno.EACCES: "check who may write there",
    errno.EPERM: "check who may write there",
    errno.ENOLCK: "mount it with locks, or save elsewhere",
    errno.ENOSYS: "mount it with locks, or save elsewhere",
    errno.EOPNOTSUPP: "mount it with locks, or save elsewhere",
}
"""What to do about the errors of a disk."""

_STEPS_BY_TEXT: Final = [
    (r"NoSuchBucket|bucket does not exist|ContainerNotFound|NoSuchContainer", "make the bucket first, as none is made"),
    (
        r"Credential|AccessDenied|AccessKey|Signature|Token|Forbidden|Unauthori[sz]ed|Authenticat|Login|\b40[13]\b|\b530\b"
        r"|PermissionError",
        _CREDENTIALS,
    ),
    (
        r"Connect|Endpoint|Timeout|timed out|refused|unreachable|getaddrinfo|Name or service|resolution",
        "check the address and the network, and save again",
    ),
    (r"ModuleNotFoundError|ImportError", "install that package"),
    (r"TypeError|ValueError|Validation", "check the URL and storage_options"),
    (r"NotImplementedError", "this file system cannot be written: save elsewhere"),
    (r"FileNotFoundError", "check that the bucket or folder is there, as no bucket is made"),
]
"""What to do about the errors of other file systems, by their class and text; the first one that is found counts."""


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


def next_step(error: BaseException) -> str:
    """What somebody may do about an error of a disk or another file system.

    Args:
        error: What was raised.

    Returns:
        A sentence without a period.
    """
    if isinstance(error, OSError) and error.errno in _STEPS:
        return _STEPS[error.errno]
    text = " ".join(f"{type(each).__name__}: {each}" for each in (error, error.__cause__) if each is not None)
    for pattern, step in _STEPS_BY_TEXT:
        if re.search(pattern, text, re.IGNORECASE):
            return step
    return "once that is mended, save again"
