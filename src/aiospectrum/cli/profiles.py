"""Profiles: names for an API, the variable that holds the token for it, and the file of its limit."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from aiospectrum.checks.refusals import closest
from aiospectrum.cli.usage_errors import UsageError, repeated_value

__all__ = ["CONFIG", "VARIABLE", "Profile", "read_profile"]

CONFIG: Final = "AIOSPECTRUM_CONFIG"
"""The variable that names the file, in the place of the usual one."""

VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
"""Of capitals alone: a token that stands there by mistake has small letters, and must not be shown."""

_KEYS: Final = ("base_url", "token", "limit_file")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LARGEST: Final = 1 << 16
"""Bytes of a file, which people write by hand."""
_EXAMPLE: Final = '[profiles.work] with token = "WORK_TOKEN", the name of the variable that holds it'


@attrs.frozen(kw_only=True)
class Profile:
    """What a profile says; None for what it leaves out."""

    name: str
    """Its name."""

    place: str
    """The file and the name, for errors."""

    base_url: str | None = None
    """Where the API is."""

    token: str | None = None
    """Name of the environment variable that holds the token."""

    limit_file: str | None = None
    """Path of the file by which all processes of this machine share the limit of that token."""

    def apply(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Make environment variables of which a client with this profile is made.

        Args:
            environ: The environment variables.

        Returns:
            The same, with those of the API and its credentials as the profile says.

        Raises:
            UsageError: The variable that holds the token is not set.
        """
        changed = dict(environ)
        if self.base_url is not None:
            changed["CLOUDFLARE_BASE_URL"] = self.base_url
        if self.token is not None:
            token = environ.get(self.token, "").strip()
            if not token:
                raise UsageError(
                    f"--profile {self.name}: the environment variable that token names is not set",
                    "set it to the API token, or correct token in the profile",
                )
            changed["CLOUDFLARE_API_TOKEN"] = token
        return changed


def read_profile(name: str, environ: Mapping[str, str]) -> Profile:
    """Read a profile from the file of profiles.

    Args:
        name: Its name.
        environ: The environment variables, which say where the file is.

    Returns:
        The profile.

    Raises:
        UsageError: There is no such file or profile, or it holds something else.
    """
    path = _find_file(environ)
    profiles = _read_file(path)
    if name not in profiles:
        likely = closest(name, profiles)
        others = f"it has {', '.join(map(repeated_value, profiles))}" if profiles else f"it has none; write {_EXAMPLE}"
        known = f"did you mean {likely!r}?" if likely else others
        raise UsageError(f"--profile: expected a profile of {path}, got {repeated_value(name)!r}", known)
    place = f"{path}: profile {name}"
    settings = profiles[name]
    if not isinstance(settings, dict):
        raise UsageError(f"{place}: expected a table", f"write {_EXAMPLE}")
    for key, value in settings.items():
        if key not in _KEYS:
            likely = closest(key, _KEYS)
            known = f"did you mean {likely!r}?" if likely else "take it out"
            raise UsageError(f"{place}: expected {', '.join(_KEYS)}, got {repeated_value(key)!r}", known)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise UsageError(f"{place}: {key}: expected a text in quotes", f"write {_EXAMPLE}")
    token = settings.get("token")
    if token is not None and not VARIABLE.fullmatch(token):
        raise UsageError(
            f"{place}: token: expected the name, in capitals, of an environment variable, and never the token itself",
            "put that into a variable, and its name here",
        )
    return Profile(name=name, place=place, **settings)


def _find_file(environ: Mapping[str, str]) -> Path:
    named = environ.get(CONFIG, "").strip()
    if named:
        return Path(os.path.expanduser(named))
    folder = environ.get("XDG_CONFIG_HOME", "").strip()
    # The specification has relative paths ignored: https://specifications.freedesktop.org/basedir-spec/latest/
    base = Path(folder) if os.path.isabs(folder) else Path(os.path.expanduser("~"), ".config")
    return base / "aiospectrum" / "config.toml"


def _read_file(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file():  # a pipe may wait for ever
        raise UsageError(f"{path}: expected a file of profiles, got something else", f"name a file by {CONFIG}")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: {reason}", f"write profiles there, such as {_EXAMPLE}, or set {CONFIG}") from None
    if len(content) > _LARGEST:
        raise UsageError(f"{path}: expected {_LARGEST:,} bytes at most", f"name another file by {CONFIG}")
    try:
        values = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of a number that is too long, too
        reason = f" ({error})" if isinstance(error, tomllib.TOMLDecodeError) else ""
        reason = " in UTF-8, got bytes that are none" if isinstance(error, UnicodeDecodeError) else reason
        raise UsageError(f"{path}: expected TOML{reason}", f"write {_EXAMPLE}") from None
    unknown = next((key for key in values if key != "profiles"), None)
    if unknown is not None:
        likely = closest(unknown, ("profiles",))
        known = "did you mean 'profiles'?" if likely else "take it out"
        raise UsageError(f"{path}: expected nothing but profiles, got {repeated_value(unknown)!r}", known)
    profiles = values.get("profiles", {})
    if not isinstance(profiles, dict):
        raise UsageError(f"{path}: profiles: expected tables; write {_EXAMPLE}")
    odd = next((name for name in profiles if not _NAME.fullmatch(name)), None)
    if odd is not None:
        raise UsageError(
            f"{path}: expected names of letters, digits, dots, hyphens and underscores, got {repeated_value(odd)!r}",
            "rename it",
        )
    return profiles
