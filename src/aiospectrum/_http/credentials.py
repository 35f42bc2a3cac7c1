"""The two authentication schemes, of which a client uses exactly one.

Source: https://developers.cloudflare.com/fundamentals/api/get-started/
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import attrs

from aiospectrum._plain import plain_text
from aiospectrum.errors import CredentialsError
from aiospectrum.routes import Scheme

__all__ = ["ENVIRONMENT", "Credentials", "choose_credentials", "credentials_from"]

ENVIRONMENT: Final[Mapping[str, str]] = {
    "api_token": "CLOUDFLARE_API_TOKEN",
    "api_email": "CLOUDFLARE_EMAIL",
    "api_key": "CLOUDFLARE_API_KEY",
}
"""The environment variable of each credential."""

_ARGUMENTS: Final[Mapping[Scheme, frozenset[str]]] = {
    "api_token": frozenset({"api_token"}),
    "api_key": frozenset({"api_email", "api_key"}),
}
"""The credentials of each scheme."""

_IN_WORDS: Final[Mapping[Scheme, str]] = {"api_token": "api_token alone", "api_key": "both api_email and api_key"}

_VARIABLES_IN_WORDS: Final[Mapping[Scheme, str]] = {
    "api_token": "the environment variable CLOUDFLARE_API_TOKEN",
    "api_key": "both CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY",
}

_ALLOWED: Final = r"[!#-&(-\[\]-~]+"
"""What a header can hold and what looks the same in JSON, so that an echo of it is recognized."""


@attrs.frozen(kw_only=True)
class Credentials:
    """The authentication headers."""

    headers: Mapping[str, str] = attrs.field(repr=False)
    """One ``Authorization`` header, or ``X-Auth-Email`` and ``X-Auth-Key``."""

    secrets: tuple[str, ...] = attrs.field(repr=False)
    """The texts that no log line, error or file may hold."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into a file.

        Raises:
            TypeError: Always.
        """
        raise TypeError("credentials are not pickled; make a client where it is used")

    def redact(self, text: str) -> str:
        """Redact the secrets in a text.

        Args:
            text: Anything, such as the start of a server's response.

        Returns:
            The text with each secret replaced.
        """
        # Longer ones first, as one may be part of another.
        secrets = sorted(self.secrets, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, secrets)), "[redacted]", text)


def choose_credentials(
    *, api_token: str | None, api_email: str | None, api_key: str | None, schemes: Sequence[Scheme]
) -> Credentials:
    """Check credentials and choose their scheme; white space around them is stripped.

    Args:
        api_token: An API token.
        api_email: E-mail address of the account, given together with ``api_key``.
        api_key: Global API key of the account.
        schemes: Those that the API takes.

    Raises:
        CredentialsError: None is given, both schemes are, one that the API does not take is, or one holds what a header
            cannot.
    """
    given = {"api_token": api_token, "api_email": api_email, "api_key": api_key}
    clean = {name: _clean(name, text) for name, text in given.items() if text is not None}
    if not any(clean.keys() == _ARGUMENTS[scheme] for scheme in schemes):
        expected = " or ".join(_IN_WORDS[scheme] for scheme in schemes)
        raise CredentialsError(f"credentials: expected {expected}, got {' and '.join(clean) or 'none'}")
    if "api_token" in clean:
        token = clean["api_token"]
        return Credentials(headers={"Authorization": f"Bearer {token}"}, secrets=(token,))
    key, email = clean["api_key"], clean["api_email"]
    return Credentials(headers={"X-Auth-Email": email, "X-Auth-Key": key}, secrets=(key, email))


def credentials_from(environ: Mapping[str, str], schemes: Sequence[Scheme]) -> dict[str, str]:
    """Find credentials in environment variables, as arguments for :func:`choose_credentials`.

    A token is taken alone, whatever else is set, as Cloudflare recommends tokens.

    Args:
        environ: The variables.
        schemes: Those that the API takes, the preferred one first.

    Raises:
        CredentialsError: The variables hold no complete scheme; the message names them.
    """
    found = {
        name: environ[variable]
        for name, variable in ENVIRONMENT.items()
        if (plain_text(environ.get(variable)) or "").strip()
    }
    for scheme in schemes:
        if found.keys() >= _ARGUMENTS[scheme]:
            return {name: found[name] for name in ENVIRONMENT if name in _ARGUMENTS[scheme]}
    raise CredentialsError(
        f"credentials: expected {' or '.join(_VARIABLES_IN_WORDS[scheme] for scheme in schemes)}, "
        f"got {' and '.join(ENVIRONMENT[name] for name in found) or 'none of them'}"
    )


def _clean(name: str, text: object) -> str:
    plain = plain_text(text)
    if plain is None:
        raise CredentialsError(f"{name}: expected a string, got {type(text).__name__}")
    clean = plain.strip()
    if not re.fullmatch(_ALLOWED, clean):
        raise CredentialsError(
            f"{name}: expected printable ASCII characters without spaces, quotes and backslashes, "
            "got something else (not shown)"
        )
    return clean
