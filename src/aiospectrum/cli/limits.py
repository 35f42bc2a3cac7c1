"""The rate limit of the command: its own, or one that processes share by a file or a server."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import attrs

from aiospectrum.cli.usage_errors import UsageError, refusal_text
from aiospectrum.client import Client
from aiospectrum.errors import InvalidArgumentError
from aiospectrum.limiters import FileLimiter, Limiter, RedisLimiter
from aiospectrum.limiters.base import BaseLimiter
from aiospectrum.policies import RateLimit

__all__ = ["LIMIT_URL", "SharedLimit", "opened"]

LIMIT_URL: Final = "AIOSPECTRUM_LIMIT_URL"
"""The variable that stands for ``--limit-url``."""


@attrs.frozen(kw_only=True)
class SharedLimit:
    """What ``--limit-file``, ``--limit-url`` and ``--limit-name`` say; None for what was not given."""

    file: str | None = None
    """Path of the file."""

    url: str | None = attrs.field(default=None, repr=False)
    """URL of the server, with its password; empty for none whatever the variable says."""

    name: str | None = None
    """Name of the limit on the server."""

    is_of_profile: bool = False
    """Whether they come from a profile, and were not given themselves."""

    def make(self, limit: RateLimit | None, environ: Mapping[str, str]) -> BaseLimiter:
        """Make the limiter.

        Args:
            limit: The limit, None for the default.
            environ: The environment variables.

        Raises:
            UsageError: The options do not go together, or one is invalid; the message names it.
        """
        if self.file is not None and self.url:
            raise UsageError("expected --limit-file or --limit-url, got both")
        url = environ.get(LIMIT_URL, "").strip() if self.file is None and self.url is None else self.url
        source = "--limit-file" if self.file is not None else LIMIT_URL if self.url is None else "--limit-url"
        if self.name is not None and not url:
            raise UsageError(f"--limit-name: expected --limit-url or {LIMIT_URL} with it")
        try:
            if self.file is not None:
                return FileLimiter(os.path.expanduser(self.file), limit)
            return RedisLimiter(url, limit, name=self.name or "default") if url else Limiter(limit)
        except InvalidArgumentError as error:
            source = {"limit": f"{source}: limit", "name": "--limit-name"}.get(error.field, source)
            raise UsageError(refusal_text(error, source), error.hint or None) from None
        except ImportError as error:
            raise UsageError(f"{source}: {error}", "") from None

    def words(self) -> list[str]:
        """The options as they were given."""
        if self.is_of_profile:
            return []
        options = {"--limit-file": self.file, "--limit-url": self.url, "--limit-name": self.name}
        return [word for option, value in options.items() if value is not None for word in (option, value)]


@asynccontextmanager
async def opened(client: Client, limiter: BaseLimiter | None) -> AsyncIterator[Client]:
    """Open a client, and before it a limiter that has to be opened, for the block."""
    async with AsyncExitStack() as stack:
        if isinstance(limiter, RedisLimiter):
            await stack.enter_async_context(limiter)
        yield await stack.enter_async_context(client)
