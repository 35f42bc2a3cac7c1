"""A file system whose every error repeats the URL that it was made of."""

import urllib.parse
from collections.abc import Callable
from typing import Any, ClassVar, Final

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

__all__ = ["FAILURES", "Telling", "register"]


class Telling(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system whose every error repeats the URL, in some spelling."""

    protocol: ClassVar[str] = "telling"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    url: ClassVar[str] = ""
    fails_with: ClassVar[Any] = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/data" + path.removeprefix("/data") if path.startswith("/data") else "/data"

    @classmethod
    def _get_kwargs_from_urls(cls, path: str) -> dict[str, Any]:
        Telling.url = path
        return {}

    def pipe_file(self, path: str, value: bytes, **arguments: Any) -> Any:
        if Telling.fails_with is not None and "-spool-" in path:
            raise Telling.fails_with(Telling.url)
        return super().pipe_file(path, value, **arguments)


FAILURES: Final[dict[str, Callable[[str], OSError] | None]] = {
    "none": None,
    "text": lambda url: OSError(f"cannot write to {url}"),
    "number": lambda url: PermissionError(13, "Permission denied", url),
    "quoted": lambda url: ConnectionError(f"<{urllib.parse.quote(url)}> {url!r}"),
    "decoded": lambda url: TimeoutError(f"{urllib.parse.unquote(url)} took too long"),
    "login": lambda url: OSError(str(urllib.parse.urlsplit(url).netloc.rpartition("@")[0])),
}
"""How writing fails."""


def register() -> None:
    """Make URLs with ``telling`` work, with nothing in them."""
    fsspec.register_implementation("telling", Telling, clobber=True)
    Telling.store.clear()
    Telling.pseudo_dirs[:] = [""]
    Telling.fails_with = None
