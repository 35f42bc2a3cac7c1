"""What a command works with: consoles, input, environment and clocks, all passed in."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TextIO, TypeVar

import attrs
from rich.console import Console, RenderableType
from rich.text import Text

from aiospectrum._codec.converter import make_converter
from aiospectrum._http.limiter import Limiter
from aiospectrum.cli.text import cell
from aiospectrum.client import Client
from aiospectrum.hooks import AttemptHook
from aiospectrum.policies import RetryPolicy

__all__ = ["Context", "UsageError"]

T = TypeVar("T")


class UsageError(Exception):
    """The command line asks for something that makes no sense; its text is one line."""


@attrs.frozen(kw_only=True)
class Context:
    """The surroundings of one run of the command line."""

    out: Console
    """Where results go."""

    err: Console
    """Where progress, questions and errors go."""

    stdin: TextIO | None
    """Where answers and files named ``-`` come from; None when the process has no input."""

    environ: Mapping[str, str] = attrs.field(repr=False)
    """The environment variables, credentials among them."""

    now: Callable[[], datetime]
    """Returns the current time, aware."""

    monotonic: Callable[[], float]
    """Returns seconds that never run backwards."""

    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Waits a number of seconds."""

    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    """How often calls that are safe to repeat are attempted."""

    argv: Sequence[str] = attrs.field(default=(), repr=False)
    """The arguments, without the program's name."""

    def client(
        self,
        *,
        rate_limit: Limiter | None = None,
        on_attempt: AttemptHook | None = None,
    ) -> Client:
        """Make a client from the environment.

        Args:
            rate_limit: How many requests may go out, and at once; None for the defaults.
            on_attempt: Called before every attempt, and what it returns after it.

        Returns:
            The client, not open yet.

        Raises:
            CredentialsError: The environment holds no complete credentials.
            InvalidArgumentError: The environment holds an unusable base URL.
        """
        limiter = Limiter() if rate_limit is None else rate_limit
        return Client.from_env(
            self.environ,
            retry=self.retry,
            rate_limit=limiter,
            connector_limit=limiter.limit.in_flight,
            on_attempt=on_attempt,
            user_agent="cli",
        )

    def call(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Do some work with an open client, on an event loop of its own.

        Args:
            work: Makes the calls.

        Returns:
            What the work returns.

        Raises:
            SpectrumError: A call failed, or the environment does not make a client.
        """

        async def work_with_client() -> T:
            async with self.client() as client:
                return await work(client)

        return asyncio.run(work_with_client())

    def show(self, value: object, *rendered: RenderableType, as_json: bool) -> None:
        """Print a result for people or for programs.

        Args:
            value: A model or a list of models.
            *rendered: The same for people.
            as_json: Whether to print one line of JSON, as the API writes it, instead.
        """
        if not as_json:
            self.out.print(*rendered, sep="\n")
            return
        values = make_converter().unstructure(value)
        # ASCII alone: JSON would let the control characters U+0080 to U+009F through as they are.
        self.out.file.write(json.dumps(values, separators=(",", ":"), allow_nan=False) + "\n")
        self.out.file.flush()

    def say(self, *parts: str | Text) -> None:
        """Print one line for people on the standard output.

        Args:
            *parts: The pieces; a plain string is made harmless first.
        """
        self.out.print(_line(parts), soft_wrap=True)

    def tell(self, *parts: str | Text) -> None:
        """Print one line for people on the standard error.

        Args:
            *parts: The pieces; a plain string is made harmless first.
        """
        self.err.print(_line(parts), soft_wrap=True)

    def confirm(self, question: str) -> bool:
        """Ask for a yes.

        Args:
            question: What to ask, ending in a question mark.

        Returns:
            Whether the answer was yes.

        Raises:
            UsageError: There is no terminal to ask on.
        """
        if self.stdin is None or not self.stdin.isatty():
            raise UsageError("there is no terminal to ask on: give --yes to go ahead unasked")
        self.err.print(_line((question, " [y/N] ")), end="", soft_wrap=True)
        return self.stdin.readline().strip().lower() in ("y", "yes")


def _line(parts: tuple[str | Text, ...]) -> Text:
    return Text.assemble(*(cell(part) if isinstance(part, str) else part for part in parts))
