"""The two authentication schemes, of which a client uses exactly one, and the login of a proxy.

Source: https://developers.cloudflare.com/fundamentals/api/get-started/
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NoReturn

import attrs

from aiospectrum._http.config import check_proxy
from aiospectrum._http.redaction import Redaction, encode_login, make_redaction
from aiospectrum.checks.plain import plain_text
from aiospectrum.errors import CredentialsError, InvalidArgumentError, SpectrumError
from aiospectrum.routes import Scheme

__all__ = ["ENVIRONMENT", "Credentials", "choose_credentials", "credentials_from", "redact_refusal"]

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
    """What proves who calls, and how it is kept out of texts.

    Headers are the results of functions, as tools that report errors show the fields of objects.
    """

    headers: Callable[[], Mapping[str, str]] = attrs.field(repr=False)
    """Returns one ``Authorization`` header, or ``X-Auth-Email`` and ``X-Auth-Key``."""

    proxy: str | None = None
    """URL of the proxy, without user name and password; None for none."""

    proxy_headers: Callable[[], Mapping[str, str]] = attrs.field(repr=False)
    """Returns the headers for the proxy alone: ``Proxy-Authorization``, or none."""

    redaction: Redaction = attrs.field(repr=False)
    """Replaces the credentials."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into a file.

        Raises:
            TypeError: Always.
        """
        raise TypeError("credentials are not pickled; make a client where it is used")

    @property
    def redact(self) -> Callable[[str], str]:
        """Replaces the secrets in a text, such as the start of a server's response, in whatever spelling they are."""
        return self.redaction.redact


def choose_credentials(
    *,
    api_token: str | None,
    api_email: str | None,
    api_key: str | None,
    schemes: Sequence[Scheme],
    proxy: str | None = None,
    other_logins: Iterable[tuple[str, str]] = (),
) -> Credentials:
    """Check credentials and choose their scheme; white space around them is stripped.

    Args:
        api_token: An API token.
        api_email: E-mail address of the account, given together with ``api_key``.
        api_key: Global API key of the account.
        schemes: Those that the API takes.
        proxy: URL of a proxy, with the user name and password for it if it wants some; None for none.
        other_logins: User names and passwords for proxies that are none of ours.

    Raises:
        CredentialsError: None is given, both schemes are, one that the API does not take is, or one holds what a header
            cannot.
        InvalidArgumentError: The proxy is no http or https URL.
    """
    given = {"api_token": api_token, "api_email": api_email, "api_key": api_key}
    clean = {name: _clean(name, text) for name, text in given.items() if text is not None}
    if not any(clean.keys() == _ARGUMENTS[scheme] for scheme in schemes):
        expected = " or ".join(_IN_WORDS[scheme] for scheme in schemes)
        raise CredentialsError(f"credentials: expected {expected}, got {' and '.join(clean) or 'none'}")
    proxy, login = check_proxy(proxy)
    user, _, password = login.partition(":")
    # A user name is no secret, unless it is all that there is to know.
    secrets, logins = [*clean.values(), password or user], [(user, password)] if login else []
    for login_of_other in other_logins:
        logins.append(login_of_other)
        secrets.append(login_of_other[1])
    if "api_token" in clean:
        headers = {"Authorization": f"Bearer {clean['api_token']}"}
    else:
        headers = {"X-Auth-Email": clean["api_email"], "X-Auth-Key": clean["api_key"]}
        logins.append((clean["api_email"], clean["api_key"]))
    proxy_headers = {"Proxy-Authorization": f"Basic {encode_login(user, password)}"} if login else {}
    return Credentials(
        headers=lambda: headers,
        proxy=proxy,
        proxy_headers=lambda: proxy_headers,
        redaction=make_redaction(filter(None, secrets), logins),
    )


def credentials_from(environ: Mapping[str, str], schemes: Sequence[Scheme]) -> dict[str, str]:
    """Find credentials in environment variables, as arguments for :func:`choose_credentials`.

    A token is taken alone, whatever else is set, as Cloudflare recommends tokens.

    Args:
        environ: The variables.
        schemes: Those that the API takes, the preferred one first.

    Raises:
        CredentialsError: The variables hold no complete scheme; the message names them.
    """
    try:
        given = [name for name, variable in ENVIRONMENT.items() if (plain_text(environ.get(variable)) or "").strip()]
        for scheme in schemes:
            if _ARGUMENTS[scheme].issubset(given):
                return {name: environ[ENVIRONMENT[name]] for name in given if name in _ARGUMENTS[scheme]}
    finally:
        del environ  # so that no tool that reports errors shows it
    raise CredentialsError(
        f"credentials: expected {' or '.join(_VARIABLES_IN_WORDS[scheme] for scheme in schemes)}, "
        f"got {' and '.join(ENVIRONMENT[name] for name in given) or 'none of them'}"
    )


def redact_refusal(error: SpectrumError, redact: Callable[[str], str]) -> SpectrumError:
    """Take credentials out of a refusal, as a token in the place of another argument is a common mistake."""
    error.args = (redact(str(error)),)
    if isinstance(error, InvalidArgumentError):
        error.value = redact(error.value)
        for other in error.others:
            redact_refusal(other, redact)
    return error


def _clean(name: str, text: object) -> str:
    plain = plain_text(text)
    if plain is None:
        raise CredentialsError(f"{name}: expected a string, got {type(text).__name__}")
    clean = plain.strip().removeprefix("\ufeff")  # which editors on Windows put at the beginning of a file
    if not re.fullmatch(_ALLOWED, clean):
        raise CredentialsError(
            f"{name}: expected printable ASCII characters without spaces, quotes and backslashes, "
            "got something else (not shown)"
        )
    return clean
