"""Print the way of a call: each function of aiospectrum that a warm ``client.apps.list(zone_id)`` passes.

Run it as ``python docs/trace_call.py``. The call goes over a real connection to a small server on 127.0.0.1.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple

from aiohttp import web

import aiospectrum
from aiospectrum import Client

__all__ = ["Trace", "open_client", "trace"]

ZONE: Final = "0" * 32
APP: Final = {
    "id": "1" * 32,
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "origin_direct": ["tcp://192.0.2.1:22"],
    "created_on": "2026-11-20T00:00:00Z",
    "modified_on": "2026-11-20T00:00:00Z",
}
_FOLDER: Final = str(Path(aiospectrum.__file__).parent)
_MODELS: Final = "aiospectrum._generated.models"


class Trace(NamedTuple):
    """What a call passed and made."""

    functions: dict[CodeType, tuple[int, str]]
    """Depth and name of each function, method and coroutine, in the order in which they were called first."""

    records: list[object]
    """The objects of aiospectrum's own classes that were made for the call, without the models of its result."""


@asynccontextmanager
async def open_client() -> AsyncIterator[Client]:
    """Serve a list of one application, and open a client for it."""

    async def list_apps(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "errors": [], "messages": [], "result": [APP]})

    app = web.Application()
    app.router.add_get("/zones/{zone_id}/spectrum/apps", list_apps)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with Client(api_token="token", base_url=f"http://127.0.0.1:{runner.addresses[0][1]}") as client:  # noqa: S106 - nobody's
            yield client
    finally:
        await runner.cleanup()


async def trace(call: Callable[[], Awaitable[object]]) -> Trace:
    """Make a call four times, and give the functions, generated ones included, and records of the last one."""
    for _ in range(2):
        await call()
    shared = await _traced(call, {})
    return await _traced(call, {id(each): each for each in shared.records})


async def _traced(call: Callable[[], Awaitable[object]], known: dict[int, object]) -> Trace:
    """Trace one call; objects that are known already are none of its records."""
    functions: dict[CodeType, tuple[int, str]] = {}
    seen = dict(known)  # which keeps them alive, so that no other object gets their id

    def profile(frame: FrameType, event: str, result: Any) -> None:
        if event not in ("call", "return") or not _is_ours(frame.f_code):
            return
        functions.setdefault(frame.f_code, (_depth(frame), _name(frame.f_code)))
        for value in (*frame.f_locals.values(), result):
            if _is_record(value):
                seen.setdefault(id(value), value)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        await call()
    finally:
        sys.setprofile(before)
    return Trace(functions, [value for key, value in seen.items() if key not in known])


def _is_ours(code: CodeType) -> bool:
    is_generated = code.co_filename.startswith("<") and "aiospectrum." in code.co_filename  # by attrs or cattrs
    return is_generated or code.co_filename.startswith(_FOLDER)


def _is_record(value: object) -> bool:
    module = type(value).__module__
    return module.partition(".")[0] == "aiospectrum" and module != _MODELS


def _depth(frame: FrameType) -> int:
    depth, outer = 0, frame.f_back
    while outer is not None:
        depth += _is_ours(outer.f_code)
        outer = outer.f_back
    return depth


def _name(code: CodeType) -> str:
    if not code.co_filename.startswith(_FOLDER):
        return f"{code.co_qualname}  {code.co_filename}"
    return f"{code.co_qualname}  {Path(code.co_filename).relative_to(_FOLDER).as_posix()}"


async def main() -> None:
    """Print the way."""
    async with open_client() as client:
        way = await trace(lambda: client.apps.list(ZONE))
    for depth, name in way.functions.values():
        print("    " * depth + name)
    print(f"\n{len(way.functions)} functions; {len(way.records)} records: ", end="")
    print(", ".join(type(record).__name__ for record in way.records))


if __name__ == "__main__":
    asyncio.run(main())
