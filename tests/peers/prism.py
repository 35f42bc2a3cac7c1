"""Prism as a process, and a session that records what Prism says is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiohttp
import attrs

from tests.peers.node import FRAGMENT, find_tool, run_server

PACKAGE: Final = "@stoplight/prism-cli"


@contextmanager
def run_prism(*arguments: str, log: Path, document: Path = FRAGMENT) -> Iterator[str]:
    """Run Prism on a free port of 127.0.0.1, and give its URL once it listens.

    The first argument is its command, the others follow the document.
    """
    what, *others = arguments
    place = ["--host=127.0.0.1", "--port=0"]
    with run_server([*find_tool(PACKAGE, "prism"), what, *place, str(document), *others], log) as running:
        yield running.url


@attrs.define
class Recorder:
    """The statuses of a session's responses, and what Prism found wrong with them."""

    statuses: list[int] = attrs.Factory(list)
    """HTTP status of each response."""

    violations: list[str] = attrs.Factory(list)
    """What Prism said is no part of the fragment, in a header or in a response of its own."""

    def open_session(self) -> aiohttp.ClientSession:
        """Open a session whose responses are recorded here."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._keep)
        return aiohttp.ClientSession(trace_configs=[trace])

    async def _keep(self, _: aiohttp.ClientSession, __: object, ended: aiohttp.TraceRequestEndParams) -> None:
        response = ended.response
        self.statuses.append(response.status)
        if "sl-violations" in response.headers:
            self.violations.append(response.headers["sl-violations"])
        elif response.content_type == "application/problem+json":
            self.violations.append(await response.text())
