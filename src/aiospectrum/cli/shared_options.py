"""The options of all commands, which may stand anywhere on the line."""

import math
from typing import Annotated, Final, TypeAlias

import attrs
from cyclopts import Parameter, validators

from aiospectrum.cli.context import Context
from aiospectrum.cli.limits import LIMIT_URL, SharedLimit
from aiospectrum.cli.profiles import CONFIG, read_profile
from aiospectrum.cli.usage_errors import UsageError

__all__ = ["SharedOptions"]

_Text: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
_Flag: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]

_PROXY_HELP: Final = (
    "URL of an HTTP proxy to call the API over, empty for none; when left out, HTTPS_PROXY or ALL_PROXY, but for hosts "
    "in NO_PROXY."
)
_LIMIT_FILE_HELP: Final = (
    "File by which all processes of this machine share one rate limit, made if there is none; one for each token, and "
    "of one --rate-limit."
)
_LIMIT_URL_HELP: Final = (
    f"URL of a Redis or Valkey server by which processes of many machines share it; when left out, {LIMIT_URL}, where "
    "its password is not seen by others; empty for none."
)
_PROFILE_HELP: Final = (
    f"Name of a profile, which is a base URL, a variable that holds the token, and a limit file; from {CONFIG}, or "
    "aiospectrum/config.toml in the folder for settings."
)


@attrs.frozen(kw_only=True)
class SharedOptions:
    """What every command takes."""

    profile: Annotated[_Text, Parameter(help=_PROFILE_HELP)] = None
    """Name of a profile."""

    proxy: Annotated[_Text, Parameter(help=_PROXY_HELP)] = None
    """URL of a proxy."""

    timeout: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None
    """Seconds that a call may take with its waits and all its attempts; 60 when left out."""

    limit_file: Annotated[_Text, Parameter(help=_LIMIT_FILE_HELP)] = None
    """File of a shared limit."""

    limit_url: Annotated[_Text, Parameter(help=_LIMIT_URL_HELP)] = None
    """Server of a shared limit."""

    limit_name: _Text = None
    """Name of the limit on that server, one for each token; default when left out."""

    verbose: _Flag = False
    """Print each attempt of a call on the standard error."""

    quiet: _Flag = False
    """Print no progress and no notes on the standard error, only errors."""

    wide: _Flag = False
    """Print tables as wide as they are, with nothing shortened, whatever the width of the terminal."""

    def apply(self, context: Context) -> Context:
        """Put what was given into the surroundings of a command.

        Raises:
            UsageError: Two exclude each other, or there is no such profile.
        """
        if self.verbose and self.quiet:
            raise UsageError("expected either --verbose or --quiet, got both")
        limit = SharedLimit(file=self.limit_file, url=self.limit_url, name=self.limit_name)
        environ, base_url_place = context.environ, context.base_url_place
        if self.timeout is not None and not math.isfinite(self.timeout):
            raise UsageError(f"--timeout: expected a finite number of seconds, got {self.timeout}")
        if self.profile is not None:
            profile = read_profile(self.profile, environ)
            environ = profile.apply(environ)
            if profile.base_url is not None:
                base_url_place = f"{profile.place}: base_url"
            if profile.limit_file is not None and not limit.words():
                limit = SharedLimit(file=profile.limit_file, is_of_profile=True)
        return attrs.evolve(
            context,
            environ=environ,
            profile=self.profile,
            base_url_place=base_url_place,
            proxy=self.proxy,
            timeout=self.timeout,
            shared_limit=limit,
            verbose=self.verbose,
            quiet=self.quiet,
            is_wide=self.wide,
        )
