"""Pictures of all that people see of reports, to be looked at: ``python -m tests.charts.pictures FOLDER [docs]``.

They are of a sandbox with a seed, at a fixed time, so that they change when what is drawn does. With ``docs`` the one
that the documentation shows is written too. Needs Chromium.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from aiospectrum import Client, bulk
from aiospectrum.sandbox import Sandbox
from tests.charts.browser import open_browser

NOW: Final = datetime(2026, 11, 26, 9, tzinfo=UTC)
DOCS: Final = Path(__file__).parents[2] / "docs" / "report.png"
METRICS: Final = ("count", "bytesIngress", "bytesEgress", "durationMedian", "duration90th", "duration99th")
SCREENS: Final[dict[str, dict[str, Any]]] = {
    "light": {"width": 1280},
    "dark": {"width": 1280, "scheme": "dark"},
    "tablet": {"width": 820},
    "phone": {"width": 390},
    "phone-dark": {"width": 390, "scheme": "dark"},
    "print": {"width": 720, "media": "print"},
}
CELL: Final = (
    '<meta charset="utf-8"><style>body{{font:14px system-ui;margin:24px;max-width:900px}}'
    "table{{border-collapse:collapse;font-size:12px}}td,th{{padding:4px 8px}}"
    "tr:nth-child(even){{background:#f5f5f5}}section{{margin:0 0 28px}}</style>{}"
)


async def make_pages(folder: Path) -> dict[str, Path]:
    """Reports about a week that is complete, and about one that is not; and the cells of a notebook."""
    sandbox = Sandbox(zones=3, seed=7, rate_limit=None, now=lambda: NOW)
    async with sandbox, Client(api_token=sandbox.api_token, base_url=sandbox.url, rate_limit=None) as client:
        query = bulk.Query(time_delta="hour", metrics=METRICS, dimensions=("appID", "coloName", "event"))
        until = NOW.replace(hour=0)
        whole = bulk.Plan(zones=sandbox.zones, since=until - timedelta(days=7), until=until, query=query)
        later = bulk.Plan(zones=(*sandbox.zones, "0" * 32), since=until, until=NOW.replace(hour=20), query=query)
        options: dict[str, Any] = {"clock": (NOW + timedelta(days=2)).timestamp}
        await bulk.save(client, whole, folder / "whole", **options)
        saved = await bulk.save(client, later, folder / "later", clock=NOW.timestamp)
        names = await bulk.app_names(client, sandbox.zones)
        page = await client.apps.list(sandbox.zones[0])
        report = await client.analytics.events.bytime(
            sandbox.zones[0], time_delta="hour", metrics=["count", "bytesEgress"], dimensions=["appID"]
        )
    dataset = bulk.open_dataset(folder / "whole")
    cells = [page, page.items[0], report, dataset, saved]
    cells_html = "".join(f"<section>{each._repr_html_()}</section>" for each in cells)
    found = {
        "report.html": dataset.render_report(names=names, now=NOW),
        "report.png": dataset.render_report("png", names=names, now=NOW),
        "interactive.html": dataset.render_report(names=names, now=NOW, interactive=True),
        "lacking.html": bulk.open_dataset(folder / "later").render_report(names=names, now=NOW),
        "lacking.png": bulk.open_dataset(folder / "later").render_report("png", names=names, now=NOW),
        "notebook.html": CELL.format(cells_html).encode(),
    }
    for name, content in found.items():
        (folder / name).write_bytes(content)
    report.plot(names=names).save(str(folder / "plot.png"))
    return {name: folder / name for name in found}


async def main(out: Path, *options: str) -> None:
    """Write all pictures to a folder."""
    out.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a script
    with TemporaryDirectory() as folder:
        pages = await make_pages(Path(folder))
        for name in ("report.png", "lacking.png", "plot.png"):
            (out / name).write_bytes((Path(folder) / name).read_bytes())
        async with open_browser() as tab:
            for name, path in pages.items():
                if path.suffix != ".html":
                    continue
                for screen, how in SCREENS.items():
                    if name in ("report.html", "lacking.html") or screen == "light":
                        await tab.show(path, **how)
                        (out / f"{path.stem}-{screen}.png").write_bytes(await tab.picture())
            if "docs" in options:
                await tab.show(pages["report.html"], 1280)
                DOCS.write_bytes(await tab.picture(height=728))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
