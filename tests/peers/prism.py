"""Prism as a process, and a session that tells what Prism says is wrong."""

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
    """Run Prism on a free port of 127.0.0.1.

    Args:
        arguments: Words of its command line: what it is to do first, then what follows the document.
        log: File for what it prints.
        document: What it mocks, or what requests and answers are compared with; the fragment itself unless told
            otherwise.

    Yields:
        Its URL, once it listens.
    """
    what, *others = arguments
    place = ["--host=127.0.0.1", "--port=0"]
    with run_server([*find_tool(PACKAGE, "prism"), what, *place, str(document), *others], log) as running:
        yield running.url


@attrs.define
class Answers:
    """What a session was answered, and whether Prism found anything wrong with it."""

    statuses: list[int] = attrs.Factory(list)
    """HTTP status of each answer."""

    violations: list[str] = attrs.Factory(list)
    """What Prism said is no part of the fragment, in a header or in an answer of its own."""

    def open_session(self) -> aiohttp.ClientSession:
        """Open a session whose answers are kept here."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._keep)
        return aiohttp.ClientSession(trace_configs=[trace])

    async def _keep(self, _: aiohttp.ClientSession, __: object, ended: aiohttp.TraceRequestEndParams) -> None:
        answer = ended.response
        self.statuses.append(answer.status)
        if "sl-violations" in answer.headers:
            self.violations.append(answer.headers["sl-violations"])
        elif answer.content_type == "application/problem+json":
            self.violations.append(await answer.text())
