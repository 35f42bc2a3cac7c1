"""Pages in a browser: nothing is loaded, nothing complains, and they fit."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.charts.browser import CHROMIUM, Tab, open_browser
from tests.charts.datasets import APPS, HOSTILE, VALUES, make_dataset

pytest.importorskip("pyarrow")
pytest.importorskip("vl_convert")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Tab]:
    """One browser for all tests."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of a usual dataset, one of hostile texts, and one with scripts of both."""
    folder = tmp_path_factory.mktemp("pages")
    usual = make_dataset(folder / "usual", values={**VALUES, "appID": APPS[:9]})
    hostile = make_dataset(
        folder / "hostile", values={**VALUES, "appID": HOSTILE[:10], "coloName": HOSTILE[:9]}, days=1
    )
    huge = make_dataset(folder / "huge", number=lambda name, *_: 2**62 if name[0] in "cb" else 1e12, days=1)
    names = dict(zip(HOSTILE, reversed(HOSTILE), strict=True))
    made = {
        "usual": usual.render_report(names={APPS[0]: "a-very-long-name-of-a-host-" * 4 + ".example"}),
        "huge": huge.render_report(),
        "hostile": hostile.render_report(names=names, title=HOSTILE[0]),
        "interactive": hostile.render_report(names=names, title=HOSTILE[5], interactive=True),
    }
    for name, page in made.items():
        (folder / f"{name}.html").write_bytes(page)
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["usual", "hostile", "interactive"])
async def test_a_page_is_quiet(tab: Tab, pages: dict[str, Path], name: str) -> None:
    """No message on the console, no request but for the page, and no text is run."""
    await tab.show(pages[name])
    if name == "interactive":
        drawn = "document.querySelectorAll('.vega-embed svg').length"
        await tab.evaluate(
            f"new Promise(done => {{const look = () => {drawn} ? done() : setTimeout(look, 50); look()}})"
        )
    assert tab.messages == []
    assert tab.requests == [pages[name].as_uri()]
    assert await tab.evaluate("window.hacked === undefined")
    assert await tab.evaluate("document.querySelectorAll('figure svg').length") >= 5


@pytest.mark.parametrize(
    ("width", "media"),
    [(320, "screen"), (390, "screen"), (768, "screen"), (1280, "screen"), (2560, "screen"), (700, "print")],
)
@pytest.mark.parametrize("name", ["usual", "huge", "hostile"])
async def test_a_page_fits(tab: Tab, pages: dict[str, Path], name: str, width: int, media: str) -> None:
    """No screen scrolls sideways, no paper is too narrow, and texts of charts can be read on each."""
    await tab.show(pages[name], width, media=media)
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('.tile, td')].filter(each => each.scrollWidth > each.clientWidth).length"
    assert await tab.evaluate(wide) == 0
    sizes = await tab.evaluate(
        "[...document.querySelectorAll('.plot svg')].filter(svg => svg.checkVisibility()).map(svg =>"
        " 11 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"
    )
    assert len(sizes) >= 5
    assert min(sizes) >= 8


async def test_it_is_dark_where_it_is_wanted(tab: Tab, pages: dict[str, Path]) -> None:
    """Ground, text and charts change together; paper is light."""
    colours = (
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
        " getComputedStyle(document.querySelector('.plot path[fill=\"#0072b2\"]')).fill]"
    )
    await tab.show(pages["usual"])
    light = await tab.evaluate(colours)
    await tab.show(pages["usual"], scheme="dark")
    dark = await tab.evaluate(colours)
    assert all(one != other for one, other in zip(light, dark, strict=True))
    await tab.show(pages["usual"], scheme="dark", media="print")
    assert (await tab.evaluate(colours))[1:] == light[1:]


async def test_paper_has_no_gaps(tab: Tab, pages: dict[str, Path]) -> None:
    """A usual report is three pages, as tables go on on the next one and charts are no larger than on a screen."""
    await tab.show(pages["usual"], media="print")
    said = await tab.call("Page.printToPDF")
    assert base64.b64decode(said["data"]).count(b"/Type /Page\n") == 3
