"""How the place of a dataset becomes a store, and errors of stores are shown without secrets."""

import contextlib
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from aiospectrum._http.frames import chain_of, forget_frames
from aiospectrum._http.passwords import hide_passwords, redaction_of_urls, split_login
from aiospectrum._http.redaction import Redaction
from aiospectrum.bulk.dataset.errors import DestinationMismatchError, ManifestError, StorageError, next_step
from aiospectrum.bulk.dataset.local import LocalStore
from aiospectrum.bulk.dataset.paths import FOLDERS, journal_number
from aiospectrum.bulk.dataset.remote import open_remote
from aiospectrum.bulk.dataset.store import Store
from aiospectrum.checks import refuse

__all__ = ["Place", "as_storage_error", "call_store", "make_opener", "open_place", "text_of"]

T = TypeVar("T")

_SECRET_NAME: Final = re.compile(
    r"pass|pwd|secret|token|key|credential|auth|signature|sas|connection.?string", re.IGNORECASE
)
"""Of an argument of a file system."""

_HALF_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/(?!/)")
"""What ``Path("s3://bucket")`` makes of a URL, and no name of a folder that anybody means."""

_HAS_PORT: Final = re.compile(r"://[^/?#@:]*(:[0-9]+)?[/?#]")
"""A URL whose authority is a host with a port, or without one."""


def make_opener(
    destination: object, options: Mapping[str, Any] | None, clock: Callable[[], float], *, to_save: bool = True
) -> tuple[Callable[[], Store], Redaction]:
    """Make what opens a store, which holds secrets in its closure alone.

    Args:
        destination: A path, or a URL for fsspec.
        options: Arguments of the file system of a URL; None for a path.
        clock: Returns the time of day in seconds since 1970.
        to_save: Whether it is a destination, which on a disk may not be inside of another dataset.

    Returns:
        A function that opens the store, and may block; and what replaces the secrets of both in texts.

    Raises:
        InvalidArgumentError: Of the function too: an argument is invalid.
        DestinationMismatchError: Of the function: the destination is inside of a dataset.
    """
    if options is not None and not issubclass(type(options), Mapping):
        refuse("storage_options", type(options), "a mapping, or None")
    url = destination if isinstance(destination, str) else ""
    texts = list(_texts_in("", options or {}))
    redaction = redaction_of_urls(
        [url, *(text for _, text in texts)], [text for name, text in texts if _SECRET_NAME.search(name)]
    )

    def open_store() -> Store:
        field = "destination" if to_save else "folder"
        store = _open_store(field, text_of(field, destination), options, clock, redaction)
        if to_save:
            _check_outside(store)
        return store

    return open_store, redaction


def _check_outside(store: Store) -> None:
    """Refuse the folders of another dataset, whose readers would take the files for its own."""
    if not isinstance(store, LocalStore):
        return
    real = Path(os.path.realpath(store.name))
    for folder in [each.parent for each in (real, *real.parents) if each.name in FOLDERS]:
        with contextlib.suppress(OSError, ManifestError):  # what cannot be read is no dataset for anyone else either
            if any(map(journal_number, LocalStore(folder).list())):
                raise DestinationMismatchError(
                    f"{store.name}: this is inside of the dataset {folder}: save to that, or elsewhere"
                )


def _open_store(
    field: str, place: str, options: Mapping[str, Any] | None, clock: Callable[[], float], redaction: Redaction
) -> Store:
    """A path is one of this machine; a URL is for fsspec."""
    if "://" not in place:
        if _HALF_URL.match(place):
            refuse(field, hide_passwords(place), "a URL with ://, as text and not as a path, or an absolute path")
        if place.startswith("~"):
            refuse(field, place, "a path with the home folder in the place of ~, such as os.path.expanduser gives")
        if options is not None:
            refuse("storage_options", [*options], f"None, as the {field} is a path")
        return LocalStore(Path(place))
    url = place
    shown = hide_passwords(url)
    if any(sign in url for sign in "*?[]"):
        refuse(field, shown, "a URL without *, ?, [ and ]")
    if any("@" in split_login(each)[0] and not _HAS_PORT.search(each) for each in url.split("::")):
        refuse(field, shown, "a URL with /, ? and # in user name and password percent-encoded")
    owner = f"process {os.getpid()} on {socket.gethostname()} ({secrets.token_hex(4)})"
    try:
        return open_remote(url, options or {}, owner=owner, clock=clock)
    except ValueError as error:
        reason = redaction.redact(str(error))
    return refuse(field, url.partition("://")[0], f"a URL that fsspec knows ({reason})")


def text_of(field: str, destination: object) -> str:
    """Check that a destination can be a path or a URL, and return it as text.

    Raises:
        InvalidArgumentError: It can be neither.
    """
    expected = "a path or a URL as text"
    if not isinstance(destination, (str, os.PathLike)):
        refuse(field, type(destination), expected)
    try:
        place = os.fspath(destination)
    except TypeError:  # the method of the class gives something else
        refuse(field, type(destination), expected)
    if not isinstance(place, str) or not place:
        refuse(field, type(place) if place else place, expected)
    try:
        os.fsencode(place)
    except UnicodeEncodeError:
        refuse(field, hide_passwords(place), "a path whose characters the file system has")
    if "\0" in place:
        refuse(field, hide_passwords(place), "a path without null characters")
    return place


def _texts_in(name: str, value: object) -> Iterator[tuple[str, str]]:
    """All texts in arguments, each with the names that lead to it."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts_in(f"{name} {key}", each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts_in(name, each)


def call_store(call: Callable[[], T], redaction: Redaction, problem: str) -> T:
    """Call what uses a store, in the thread of the caller.

    Args:
        call: What may fail.
        redaction: Replaces what is secret of the store.
        problem: The beginning of the error's text, such as the name of the store.

    Returns:
        What it returns.

    Raises:
        StorageError: It failed with an OSError, or with another error that tells a secret.
    """
    try:
        return call()
    except BaseException as error:  # raised again, unless it is to be shown otherwise
        failure = as_storage_error(error, redaction, problem)
        if failure is None:
            raise
    # Raised out here, the error does not hold on to another one than its cause.
    raise failure


def as_storage_error(error: BaseException, redaction: Redaction, problem: str) -> StorageError | None:
    """Make an error that may be shown, and says what to do.

    Args:
        error: What was raised.
        redaction: Replaces what is secret of the store.
        problem: The beginning of the text, such as the name of the store.

    Returns:
        The error, whose cause is an OSError without frames that hold secrets, and another one if it tells some; or
        what stands for an error of another kind that tells one. None for an error that may be shown as it is.
    """
    step = next_step(error)
    cause = _shown_error(error, redaction) if isinstance(error, OSError) else _shown_failure(error, redaction)
    if cause is None:
        return None
    failure = StorageError(f"{problem}: {redaction.redact(str(cause))}; {step}")
    failure.__cause__ = cause
    return failure


def _shown_error(error: OSError, redaction: Redaction) -> OSError:
    """An error of a store as it may be shown: without frames that hold secrets, and another one if it tells some."""
    if not redaction.longest:
        return error
    error.__cause__ = error.__context__ = error.__traceback__ = None
    if not _tells(error, redaction):
        return error
    text = redaction.redact(str(error) if error.errno is None else error.strerror or "")
    return OSError(text) if error.errno is None else OSError(error.errno, text)


def _shown_failure(error: BaseException, redaction: Redaction) -> OSError | None:
    """What stands for an error of another kind, if it or its chain tells a secret; else None."""
    if not redaction.longest or not any(_tells(each, redaction) for each in chain_of(forget_frames(error))):
        return None
    return OSError(redaction.redact(f"{type(error).__name__}: {error}"))


def _tells(error: BaseException, redaction: Redaction) -> bool:
    told = f"{error} {error!r} {vars(error)!r}"
    return redaction.redact(told) != told


@attrs.frozen(kw_only=True, eq=False)
class Place:
    """Where a dataset is."""

    store: Store
    """The store."""

    redaction: Redaction = attrs.field(repr=False)
    """Replaces what is secret of it."""

    is_local: bool
    """Whether it is a folder of this machine, which other libraries open by its path."""

    def call(self, call: Callable[[], T]) -> T:
        """Call what uses the store, as :func:`call_store` does."""
        return call_store(call, self.redaction, self.store.name)


def open_place(
    folder: str | os.PathLike[str],
    options: Mapping[str, Any] | None,
    clock: Callable[[], float],
    read: Callable[[Store], T],
) -> tuple[Place, T]:
    """Find a dataset, and read its state.

    Args:
        folder: Its folder, or the one of its data files; a path or a URL.
        options: Arguments of the file system of a URL; None for a path.
        clock: Returns the time of day in seconds since 1970.
        read: Reads the state, such as :func:`~aiospectrum.bulk.dataset.loading.read_index`.

    Returns:
        The place, and what was read.

    Raises:
        InvalidArgumentError: An argument is invalid.
        ImportError: The URL needs a package that is not installed.
        DestinationMismatchError: There is no dataset.
        ManifestError: The state cannot be read.
        StorageError: The store cannot be read.
    """
    place = _place_at(folder, options, clock)
    try:
        return place, place.call(lambda: read(place.store))
    except DestinationMismatchError as error:
        above = _folder_above(os.fspath(folder))
        if above is None:
            raise
        missing = error
    place = _place_at(above, options, clock)
    try:
        return place, place.call(lambda: read(place.store))
    except DestinationMismatchError:
        raise missing from None


def _place_at(folder: object, options: Mapping[str, Any] | None, clock: Callable[[], float]) -> Place:
    open_store, redaction = make_opener(folder, options, clock, to_save=False)
    store = call_store(open_store, redaction, "the dataset cannot be opened")
    return Place(store=store, redaction=redaction, is_local="://" not in str(folder))


def _folder_above(folder: str) -> str | None:
    """The folder of a dataset whose data files are in this one; None where it has another name than theirs."""
    if "://" not in folder:
        path = Path(os.path.abspath(folder))
        return str(path.parent) if path.name == "data" else None
    above, _, name = folder.rstrip("/").rpartition("/")
    return above if name == "data" else None
