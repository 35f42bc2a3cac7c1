"""What a client takes on the disk."""

import json
from importlib.metadata import Distribution, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from benchmarks.clients import FLOOR, OFFICIAL, OURS
from benchmarks.generate import PACKAGE, PARENT

__all__ = ["DISTRIBUTIONS", "installed_size"]

DISTRIBUTIONS: Final = {
    FLOOR: ("aiohttp", "orjson"),
    OURS: ("aiospectrum",),
    "httpx + pydantic": ("httpx", "pydantic"),
    "openapi-python-client": ("httpx", "attrs"),
    OFFICIAL[0]: ("cloudflare",),
    OFFICIAL[1]: ("cloudflare[aiohttp]",),
}
"""What one installs for each client; the generated one is also a package of its own."""


def installed_size(client: str) -> tuple[int, int]:
    """Bytes on disk of a client and its dependencies, without compiled Python files; and how many they are."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(name) for name in DISTRIBUTIONS[client]]
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) in seen:
                continue
            seen.add((requirement.name, extra))
            found[requirement.name] = distribution(requirement.name)
            needed = [Requirement(text) for text in found[requirement.name].requires or ()]
            waiting += [each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})]
    own = {item.metadata["Name"].lower(): item for item in found.values()}
    size = sum(_size_of(item) for item in own.values())
    if client == "openapi-python-client":
        return size + _size_below(PARENT / PACKAGE), len(own) + 1
    return size, len(own)


def _size_of(item: Distribution) -> int:
    """Bytes of one distribution; one that is installed editable lists no modules, so that its directory counts."""
    link = json.loads(item.read_text("direct_url.json") or "{}")
    if link.get("dir_info", {}).get("editable"):
        spec = find_spec(item.metadata["Name"])
        return sum(_size_below(Path(place)) for place in (spec and spec.submodule_search_locations) or ())
    paths = [Path(str(file.locate())) for file in item.files or () if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.exists())


def _size_below(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
