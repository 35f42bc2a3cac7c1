"""What a command works with: consoles, input, environment and clocks, all passed in; and those of this process."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Final, TextIO, TypeVar

import attrs
from rich.console import Console

from aiospectrum import DEFAULT_BASE_URL
from aiospectrum._codec.converter import make_converter
from aiospectrum._http.passwords import redaction_of_urls
from aiospectrum._http.redaction import Redaction
from aiospectrum.bulk import app_names
from aiospectrum.cli.consoles import make_console, print_attempts
from aiospectrum.cli.formatting import cell
from aiospectrum.cli.grid import Grid
from aiospectrum.cli.json_output import asks_for_json, error_values, json_text, with_texts
from aiospectrum.cli.limits import SharedLimit, opened
from aiospectrum.cli.proxies import find_proxy, with_scheme
from aiospectrum.cli.terminal import until_stopped
from aiospectrum.cli.usage_errors import UsageError, refusal_text
from aiospectrum.client import Client
from aiospectrum.errors import InvalidArgumentError, SpectrumError
from aiospectrum.hooks import AttemptHook
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.policies import RateLimit, RetryPolicy

__all__ = [
    "Context",
    "process_context",
]

T = TypeVar("T")

_TIMEOUT: Final = 60.0
"""Seconds of a call, as of clients."""

_NAMES_SECONDS: Final = 10.0
"""Seconds that a request for host names may take, which nothing depends on."""

_SECRET_VARIABLE: Final = re.compile(r"(TOKEN|SECRET|PASS|PASSWORD|PASSWD|KEY|CONNECTION_STRING)$", re.IGNORECASE)
_LONG: Final = 8
"""Characters; a shorter value is a word such as ``true``."""
_START: Final = 5
"""Characters of a secret that may be seen where a text was cut."""


@attrs.frozen(kw_only=True)
class Context:
    """The surroundings of one run of the command line."""

    out: Console
    """Where results go."""

    err: Console
    """Where progress, questions and errors go."""

    stdin: TextIO | None
    """Where replies and files named ``-`` come from; None when the process has no input."""

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
    """The arguments, without the program's name and the options of all commands."""

    proxy: str | None = attrs.field(default=None, repr=False)
    """The value of ``--proxy``; None to go by the environment."""

    base_url_place: str = "CLOUDFLARE_BASE_URL"
    """Where the base URL comes from, for errors."""

    profile: str | None = None
    """The value of ``--profile``, whose settings are in the other fields already."""

    timeout: float | None = None
    """The value of ``--timeout``; None for a minute."""

    verbose: bool = False
    """Whether each attempt of a call is printed."""

    quiet: bool = False
    """Whether progress and notes are left out."""

    shared_limit: SharedLimit = attrs.field(factory=SharedLimit, repr=False)
    """Where the rate limit is, if it is shared with other processes."""

    is_wide: bool = False
    """Whether tables are as wide as they are, whatever the terminal's width."""

    redact: Callable[[str], str] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: _make_redact(self), takes_self=True)
    )
    """Replaces the secrets of the arguments and the environment in a text, as errors of all kinds may repeat them."""

    @property
    def is_silent(self) -> bool:
        """Whether progress and notes are left out: with ``--quiet``, and with ``--json``, which is for programs."""
        return self.quiet or asks_for_json(self.argv)

    def client(self, limiter: BaseLimiter | None, on_attempt: AttemptHook | None = None) -> Client:
        """Make a client from the environment.

        Args:
            limiter: How many requests may go out, and at once; None for no limit.
            on_attempt: Called before every attempt; what it returns is called after it.

        Returns:
            The client, not open yet.

        Raises:
            CredentialsError: The environment holds no complete credentials.
            UsageError: The environment holds an unusable base URL, or what names the proxy is no URL of one.
        """
        limit = RateLimit() if limiter is None else limiter.limit
        base_url = self.environ.get("CLOUDFLARE_BASE_URL", "").strip() or DEFAULT_BASE_URL
        source, proxy = find_proxy(self.proxy, self.environ, base_url) or ("", None)
        try:
            return Client.from_env(
                self.environ,
                base_url=base_url,
                retry=self.retry,
                rate_limit=limiter,
                connector_limit=limit.in_flight,
                on_attempt=print_attempts(self.print_err, on_attempt) if self.verbose else on_attempt,
                proxy=proxy,
                user_agent="cli",
                timeout=_TIMEOUT if self.timeout is None else self.timeout,
            )
        except InvalidArgumentError as error:
            if error.field == "base_url":
                raise UsageError(refusal_text(error, self.base_url_place)) from None
            if error.field != "proxy":
                raise
            raise UsageError(
                f"{source}: expected the URL of an HTTP proxy, such as http://proxy.example:3128"
            ) from None

    def limiter(self, limit: RateLimit | None = None) -> BaseLimiter:
        """Make the limiter: that of this process, or the one that the options of all commands name.

        Args:
            limit: The limit; None for the default.

        Returns:
            The limiter, for :meth:`open_client`.

        Raises:
            UsageError: The options name none that can be used.
        """
        return self.shared_limit.make(limit, self.environ)

    @asynccontextmanager
    async def open_client(
        self, limiter: BaseLimiter | None, on_attempt: AttemptHook | None = None
    ) -> AsyncIterator[Client]:
        """Open a client and its limiter for the block.

        Args:
            limiter: As for :meth:`client`.
            on_attempt: As for :meth:`client`.

        Raises:
            CredentialsError: As :meth:`client` does.
            UsageError: As :meth:`client` does.
        """
        async with opened(self.client(limiter, on_attempt), limiter) as client:
            yield client

    def shared_options(self) -> list[str]:
        """The options of all commands as they were given, for a command that resumes; with what they hide."""
        proxy = None if self.proxy is None else with_scheme(self.proxy)
        timeout = None if self.timeout is None else f"{self.timeout:g}"
        options = {"--profile": self.profile, "--proxy": proxy, "--timeout": timeout}
        words = [word for option, value in options.items() if value is not None for word in (option, value)]
        flags = {"--verbose": self.verbose, "--quiet": self.quiet}
        return [*words, *self.shared_limit.words(), *(flag for flag, is_given in flags.items() if is_given)]

    def call(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Do some work with an open client, on an event loop of its own.

        Args:
            work: Makes the calls.

        Returns:
            What the work returns.

        Raises:
            StoppedError: A signal ended it.
            SpectrumError: A call failed, or the environment does not make a client.
            UsageError: The options or the environment do not make a client or a limiter.
        """
        limiter = self.limiter()

        async def work_with_client() -> T:
            async with self.open_client(limiter) as client:
                return await work(client)

        return asyncio.run(until_stopped(work_with_client()))

    async def host_names(
        self, client: Client, zones: Iterable[str], *, concurrency: int = 1
    ) -> tuple[dict[str, str], dict[str, SpectrumError]]:
        """Look up the host names of applications, which are good to have: once, and without waiting long.

        Args:
            client: An open client.
            zones: The zones.
            concurrency: How many requests at once.

        Returns:
            The names by identifier, and why zones cannot be listed, by zone.
        """
        failed: dict[str, SpectrumError] = {}
        quick = client.with_options(timeout=_NAMES_SECONDS, retry=RetryPolicy(max_attempts=1))
        names = await app_names(quick, zones, concurrency=concurrency, on_error=failed.__setitem__)
        return names, failed

    def api_name(self) -> str:
        """Name the API that the environment leads to: Cloudflare, or a base URL.

        Raises:
            CredentialsError: The environment holds no complete credentials.
            UsageError: The environment holds an unusable base URL.
        """
        base_url = self.client(None).base_url
        return "Cloudflare" if base_url == DEFAULT_BASE_URL else base_url

    def show(self, value: object, *rendered: Grid | str, as_json: bool) -> None:
        """Print a result for people or for programs.

        Args:
            value: A model or a list of models.
            *rendered: The same for people: tables, and lines that are left out when they are empty.
            as_json: Whether to print JSON, as the API writes it, instead.
        """
        if as_json:
            self.print_json(make_converter().unstructure(value), is_of_api=True)
            return
        for each in rendered:
            if isinstance(each, Grid):
                self.print_table(each)
            elif each:
                self.print_out(each)

    def print_table(self, table: Grid) -> None:
        """Print a table on the standard output, in the width of the terminal unless ``--wide`` was given."""
        self.out.print(attrs.evolve(table, is_wide=self.is_wide), soft_wrap=self.is_wide)

    def print_json(self, values: object, *, is_line: bool = False, is_of_api: bool = False) -> None:
        """Print plain values as JSON on the standard output: indented on a terminal, else one line.

        Args:
            values: The values.
            is_line: Whether it is one line on a terminal as well, as where each of many is one.
            is_of_api: Whether they are printed as the API gave them; else secrets in texts are replaced.
        """
        values = values if is_of_api else with_texts(self.redact, values)
        self.out.file.write(json_text(values, is_indented=self.out.is_terminal and not is_line) + "\n")
        self.out.file.flush()

    def print_error(self, error: BaseException, kind: str, status: int) -> None:
        """Print why the command ends on the standard error: one line for people, or with ``--json`` JSON.

        Args:
            error: Why.
            kind: What programs know it by.
            status: The exit status.
        """
        text = " ".join(str(error).split())
        if not asks_for_json(self.argv):
            self.print_err(f"aiospectrum: {text}")
            return
        values = error_values(error, kind, self.redact(text), status)
        self.err.file.write(json_text(values, is_indented=self.err.is_terminal) + "\n")
        self.err.file.flush()

    def decline(self, message: str) -> int:
        """Print that the reply to a question was no, and return the exit status."""
        if asks_for_json(self.argv):
            self.print_error(UsageError(message), "DeclinedError", 1)
        else:
            self.print_err(message)
        return 1

    def print_out(self, line: str) -> None:
        """Print a line for people on the standard output, control characters escaped and secrets replaced."""
        self.out.print(cell(self.redact(line)), soft_wrap=True)

    def print_note(self, line: str) -> None:
        """Print a line on the standard error that nobody has to read, unless ``--quiet`` or ``--json`` was given."""
        if not self.is_silent:
            self.print_err(line)

    def print_err(self, line: str, style: str = "") -> None:
        """Print a line for people on the standard error, control characters escaped and secrets replaced."""
        self.err.print(cell(self.redact(line), style), soft_wrap=True)

    def confirm(self, question: str) -> bool:
        """Ask for a yes.

        Args:
            question: What to ask, ending in a question mark.

        Returns:
            Whether the reply was yes.

        Raises:
            UsageError: There is no terminal to ask on.
        """
        stdin = self.need_terminal()
        self.err.print(cell(f"{self.redact(question)} [y/N] "), end="", soft_wrap=True)
        return stdin.readline().strip().lower() in ("y", "yes")

    def need_terminal(self) -> TextIO:
        """Return the terminal to ask on.

        Raises:
            UsageError: There is none.
        """
        if self.stdin is None or not self.stdin.isatty():
            raise UsageError("there is no terminal to ask on", "give --yes to go ahead without being asked")
        return self.stdin


def _make_redact(context: Context) -> Callable[[str], str]:
    environ, words = context.environ, [*context.argv, context.proxy or "", context.shared_limit.url or ""]

    secrets = [value for name, value in environ.items() if _SECRET_VARIABLE.search(name) and len(value) >= _LONG]

    @cache
    def redaction() -> Redaction:
        texts = [text for text in (*words, *environ.values()) if "@" in text or "://" in text]
        urls = (text if "://" in text else f"x://{text}" for text in texts)
        return redaction_of_urls(urls, secrets)

    return lambda text: _hide_starts(redaction().redact(text), secrets)


def _hide_starts(text: str, secrets: Iterable[str]) -> str:
    """Replace the start of a secret where a text was cut before anybody looked for secrets."""
    *parts, end = text.split("…")
    for place, part in enumerate(parts):
        for secret in secrets:
            length = next((size for size in range(len(secret), _START, -1) if part.endswith(secret[:size])), 0)
            if length:
                parts[place] = f"{part[:-length]}[redacted]"
    return "…".join([*parts, end])


def process_context() -> Context:
    """Make the context of this process."""
    return Context(
        out=make_console(sys.stdout, os.environ),
        err=make_console(sys.stderr, os.environ),
        stdin=sys.stdin,
        environ=os.environ,
        now=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
    )
