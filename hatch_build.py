"""What the package says of itself, made of the README, whose relative links lead to the repository of the release."""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_WORDS = r"\[((?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*)\]"
_RELATIVE = r"\((?!https?://|mailto:|#)(?:\./)?([^()\s]+)\)"
_CODE = r"```.*?```|`[^`\n]+`"
_LINK, _PICTURE = (re.compile(f"(?s:{_CODE})|{mark}{_WORDS}{_RELATIVE}") for mark in ("(?<!!)", "!"))


class Description(MetadataHookInterface):
    """Sets ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the fields that pyproject.toml calls dynamic.

        ``REPOSITORY_URL`` is the one setting of a release, such as ``https://github.com/OWNER/NAME``. Without it, as in
        daily builds, there are no such links.
        """
        base = os.environ.get("REPOSITORY_URL", "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": lead_to(base, f"v{metadata['version']}", text),
        }
        metadata["urls"] = {"Source": base, "Changelog": f"{base}/blob/HEAD/CHANGELOG.md"} if base else {}


def lead_to(base: str, tag: str, text: str) -> str:
    """The text with links into a repository; with their words alone where there is none."""

    def replace(found: re.Match[str], where: str) -> str:
        words, path = found.groups()
        if path is None:  # code
            return found[0]
        return f"{found[0].partition('[')[0]}[{words}]({base}/{where}/{tag}/{path})" if base else words

    text = _PICTURE.sub(lambda found: replace(found, "raw"), text)
    return _LINK.sub(lambda found: replace(found, "blob"), text)
