"""Take pictures of the built site, light and dark, as wide as a desktop and as a phone, with headless Chromium.

Run it as ``python docs/pictures.py SITE FOLDER``, with a folder that ``nox -s docs`` has built, and look at them.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PAGES: Final = ("index", "tutorial", "reference/client", "reference/models", "reference/command", "reliability")
SIZES: Final = {"desktop": "1280,1000", "phone": "390,844"}
SCHEMES: Final = {"light": 1, "dark": 0}
"""Chromium's numbers of them."""
OPTIONS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-rules=MAP * ~NOTFOUND",
    ),
)


def take(site: Path, folder: Path, pages: tuple[str, ...] = PAGES) -> Iterator[Path]:
    """Take the pictures of some pages."""
    chromium = shutil.which("chromium") or sys.exit("needs chromium: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    for page, (device, size), (scheme, number) in product(pages, SIZES.items(), SCHEMES.items()):
        picture = folder / f"{page.replace('/', '-')}-{device}-{scheme}.png"
        with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            options = [f"--blink-settings=preferredColorScheme={number}", f"--user-data-dir={profile}"]
            options += [f"--window-size={size}", f"--screenshot={picture.resolve()}"]
            url = f"{(site / page).resolve().as_uri()}.html"
            subprocess.run([chromium, *OPTIONS, *options, url], check=True, capture_output=True, timeout=60)  # noqa: S603 - installed
        yield picture


if __name__ == "__main__":
    for taken in take(Path(sys.argv[1]), Path(sys.argv[2]), tuple(sys.argv[3:]) or PAGES):
        print(taken)
