"""A browser without a window, over its own protocol: what a page says, asks for and looks like.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

import asyncio
import base64
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

__all__ = ["CHROMIUM", "Tab", "open_browser"]

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The program; None where there is none."""

_OPTIONS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--remote-debugging-port=0", "--force-device-scale-factor=1", "about:blank"),
)


class Tab:
    """One page of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.messages: list[str] = []
        self.requests: list[str] = []
        self._loaded = asyncio.Event()

    async def listen(self) -> None:
        """Take what the browser says until it closes."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                self._replies.pop(said["id"]).set_result(said)
                continue
            match said["method"]:
                case "Page.loadEventFired":
                    self._loaded.set()
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Log.entryAdded":
                    self.messages.append(str(said["params"]))
                case "Network.requestWillBeSent":
                    self.requests.append(said["params"]["request"]["url"])

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command."""
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        said = await asyncio.wait_for(reply, 30)
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    async def show(self, path: Path, width: int = 1280, *, scheme: str = "light", media: str = "screen") -> None:
        """Open a file, and wait until it is loaded; what another one said and asked for is forgotten."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        await self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self.messages.clear()
        self.requests.clear()
        self._loaded.clear()
        await self.call("Page.navigate", url=path.as_uri())
        await asyncio.wait_for(self._loaded.wait(), 30)
        await self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        said = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    async def picture(self, *, height: int | None = None) -> bytes:
        """The page as PNG, all of it or its beginning."""
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        said = await self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(said["data"])


@asynccontextmanager
async def open_browser() -> AsyncIterator[Tab]:
    """Start a browser with a profile of its own, and end it."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        nowhere = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            CHROMIUM, f"--user-data-dir={profile}", *_OPTIONS, stdout=nowhere, stderr=nowhere
        )
        try:
            port = await asyncio.wait_for(_port(Path(profile) / "DevToolsActivePort"), 30)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as response:
                    pages = [each for each in await response.json() if each["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    tab = Tab(socket)
                    listening = asyncio.create_task(tab.listen())
                    try:
                        yield tab
                    finally:
                        listening.cancel()
                        with suppress(asyncio.CancelledError):
                            await listening
        finally:
            process.terminate()
            await process.wait()


async def _port(file: Path) -> int:
    """The port, once the browser has written it down."""
    while True:
        with suppress(FileNotFoundError, ValueError, IndexError):
            return int(file.read_text().splitlines()[0])  # noqa: ASYNC240 - a line of a local file
        await asyncio.sleep(0.05)
