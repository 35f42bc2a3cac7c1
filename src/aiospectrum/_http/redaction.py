"""How secrets are kept out of texts, in whatever spelling a text repeats them: pure.

A text is searched as it is and, up to three times, with its escapes undone: percent-encoding, the escapes of JSON, HTML
and ``repr``, and the zeros of UTF-16. So it does not matter which characters were escaped, how, and how often.
"""

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

import attrs

__all__ = ["Redaction", "hide_passwords", "make_redaction", "redaction_of_urls", "split_login"]

_REDACTED: Final = "[redacted]"

_SHORTEST: Final = 4
"""Characters. To replace every ``a`` would make texts unreadable and give away what it replaces."""

_LAYERS: Final = 3
"""How often escapes are undone."""

_LONGEST_ESCAPE: Final = 12
"""Characters that one can become: two surrogates in JSON, four bytes in a URL."""

_KINDS: Final = (
    r"(?:%[0-9A-Fa-f]{2})+",
    r"(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|\\[^0-9A-Za-z]",
    r"&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});",
    r"\0+",
)
"""Escapes of each kind; neighbours are undone together, as several may stand for one character."""

_ESCAPES: Final = re.compile("|".join(_KINDS))
_ESCAPES_OF_ONE_KIND: Final = tuple(map(re.compile, _KINDS))

_STARTS_OF_URLS: Final = re.compile(r"(?<=\s)(?=[\w+.:=-]*://)")

_ENDS_OF_PLACES: Final = re.compile(r"[/?#]")
_VALUES_OF_QUERIES: Final = re.compile(r"[?&;][^=&;#]*=([^&;#]+)")

_LONG: Final = 8
"""Characters of what may be a secret, and of words such as ``true`` and ``default`` it is not."""

_REST_OF_BASE64: Final = re.compile(r"[0-9A-Za-z+/_-]*={0,2}")


@attrs.frozen(kw_only=True)
class Redaction:
    """Replaces some secrets in texts. It holds a function, as tools that report errors show the fields of objects."""

    redact: Callable[[str], str] = attrs.field(repr=False)
    """Returns a text with each secret replaced, in time that grows with its length alone."""

    longest: int
    """The most characters that a secret takes in a text, to know how much of one may be left where a text was cut."""


def make_redaction(secrets: Iterable[str], logins: Iterable[tuple[str, str]] = ()) -> Redaction:
    """Prepare what replaces secrets.

    Args:
        secrets: Texts that nobody may see, as they are or as a URL spells them. One of fewer than four characters is
            only found together with its name.
        logins: Names and secrets that are sent together, as ``name:secret`` in Base64.
    """
    logins = tuple(logins)
    plain = {spelling for secret in secrets for spelling in _spellings(secret)}
    encoded = {spelling for secret in plain for spelling in _in_base64(secret)}
    for name, secret in logins:
        login = f"{name}:{secret}"
        plain.update(_spellings(login))
        for spelling in {login, f"{unquote(name)}:{unquote(secret)}"}:
            encoded.update(_in_base64(spelling))
        encoded.update(_in_base64(unquote_to_bytes(name) + b":" + unquote_to_bytes(secret)))
    needles = [(needle, False) for needle in plain] + [(needle, True) for needle in encoded - plain]
    needles = [(needle, is_base64) for needle, is_base64 in needles if len(needle) >= _SHORTEST]

    def redact(text: str) -> str:
        """Replace the secrets."""
        return _replace(text, [span for layer, places in _layers(text) for span in _find(needles, layer, places)])

    return Redaction(redact=redact, longest=_LONGEST_ESCAPE * max((len(needle) for needle, _ in needles), default=0))


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


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it was given, and as it is when the escapes in it are undone, or a form has a plus for a space."""
    for layer, _ in _layers(secret):
        yield layer
        yield layer.replace(" ", "+")


def _in_base64(secret: str | bytes) -> Iterator[str]:
    """A secret in Base64, alone or inside something larger, in both alphabets and without what depends on that."""
    data = secret.encode(errors="replace") if isinstance(secret, str) else secret
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data + bytes(-(before + len(data)) % 3)).decode()
        text = whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")


def _layers(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """A text as it is, with the escapes of each kind undone, and with those of all kinds, once and more often.

    Each comes with where its characters began in the text as it is, and its end.
    """
    places: Sequence[int] = range(len(text) + 1)
    yield text, places
    if _ESCAPES.search(text) is None:
        return
    for escapes in _ESCAPES_OF_ONE_KIND:
        layer = _undo(escapes, text, places)
        if layer is not None:
            yield layer
    for _ in range(_LAYERS):
        layer = _undo(_ESCAPES, text, places)
        if layer is None:
            return
        yield layer
        text, places = layer


def _undo(escapes: re.Pattern[str], text: str, places: Sequence[int]) -> tuple[str, Sequence[int]] | None:
    """A text with escapes undone, None when it has none."""
    parts: list[str] = []
    moved: list[int] = []
    end = 0
    for match in escapes.finditer(text):
        plain = _unescape(match[0])
        parts += text[end : match.start()], plain
        moved += places[end : match.start()]
        moved += [places[match.start()]] * len(plain)
        end = match.end()
    return ("".join([*parts, text[end:]]), [*moved, *places[end:]]) if end else None


def _find(needles: Iterable[tuple[str, bool]], layer: str, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where a layer has a secret, as places in the first one."""
    for needle, is_base64 in needles:
        start = layer.find(needle)
        while start >= 0:
            end = start + len(needle)
            if is_base64 and (rest := _REST_OF_BASE64.match(layer, end)) is not None:
                end = rest.end()
            while places[end] == places[end - 1]:  # an escape that stands for more
                end += 1
            yield places[start], places[end]
            start = layer.find(needle, end)


def _replace(text: str, spans: list[tuple[int, int]]) -> str:
    """Replace parts of a text, which may overlap."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            parts += text[done:start], _REDACTED
        done = max(done, end)
    return "".join([*parts, text[done:]]) if done else text


def _unescape(escape: str) -> str:
    if escape[0] == "%":
        return unquote(escape)
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[0] == "\0":
        return ""
    if escape[1] == "u":
        return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be", "replace")
    if escape[1] == "x":
        data = bytes.fromhex(escape.replace("\\x", ""))
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return escape[1:]
