"""User names and passwords in URLs, also in those that are none as a password was not escaped: pure."""

import re
from collections.abc import Iterable
from typing import Final

from aiospectrum._http.redaction import Redaction, make_redaction

__all__ = ["hide_passwords", "redaction_of_urls", "split_login"]

_STARTS_OF_URLS: Final = re.compile(r"(?<=\s)(?=[\w+.:=-]*://)")

_ENDS_OF_PLACES: Final = re.compile(r"[/?#]")
_VALUES_OF_QUERIES: Final = re.compile(r"[?&;][^=&;#]*=([^&;#]+)")

_LONG: Final = 8
"""Characters of what may be a secret, and of words such as ``true`` and ``default`` it is not."""


def split_login(url: str) -> tuple[str, str]:
    """Take the user name and password out of a URL, up to the last ``@`` of its authority.

    Returns:
        The URL without them; and them, as they were written, ``""`` for none.
    """
    scheme, separator, rest = url.partition("://")
    ends = _ENDS_OF_PLACES.search(rest)
    end = len(rest) if ends is None else ends.start()
    login, _, host = rest[:end].rpartition("@")
    return f"{scheme}{separator}{host}{rest[end:]}", login


def redaction_of_urls(urls: Iterable[str], secrets: Iterable[str] = ()) -> Redaction:
    """Prepare what replaces the passwords of URLs, the values of their queries, and other secrets.

    A URL may be inside of another text, or in a chain of them with ``::`` between. Its password counts up to the end of
    the authority as well as up to the last ``@``, as one may have signs in it that should have been escaped.
    """
    found, logins = set(secrets), set[tuple[str, str]]()
    for each in {part for url in urls for part in (url, *url.split("::")) if "://" in part}:
        rest = each.partition("://")[2]
        for login in (split_login(each)[1], rest.rpartition("@")[0]):
            user, _, password = login.partition(":")
            if password and not _ENDS_OF_PLACES.search(user):
                logins.add((user, password))
                found.update((password, *_ENDS_OF_PLACES.split(password)))
        found.update(value for value in _VALUES_OF_QUERIES.findall(rest) if len(value) >= _LONG)
    return make_redaction(found, logins)


def hide_passwords(text: str) -> str:
    """Write URLs without their passwords and queries: ``sftp://me:…@host/x?…``.

    As a password may have any sign in it that should have been escaped, all from the first ``:`` up to the last ``@``
    counts as one.
    """
    return "".join(map(_hide_password, _STARTS_OF_URLS.split(text)))


def _hide_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if _ENDS_OF_PLACES.search(user):  # that is no user name, and what follows no password
        login, at, place = "", "", rest
    elif colon:
        login = f"{user}:…"
    shown, question, _ = place.partition("?")
    return f"{scheme}://{login}{at}{shown}{question}{'…' if question else ''}"
