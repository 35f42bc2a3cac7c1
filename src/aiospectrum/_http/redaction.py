"""How secrets are kept out of texts, in whatever spelling a text repeats them: pure.

A text is searched as it is and, up to three times, with its escapes undone: percent-encoding, the escapes of JSON, HTML
and ``repr``, and the zeros of UTF-16. So it does not matter which characters were escaped, how, and how often.
"""

import base64
import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

import attrs

__all__ = ["Redaction", "encode_login", "make_redaction"]

_REDACTED: Final = "[redacted]"

_SHORTEST: Final = 4
"""Characters. To replace every ``a`` would make texts unreadable and give away what it replaces."""

_LAYERS: Final = 3
"""How often escapes are undone."""

_LONGEST_ESCAPE: Final = 12
"""Characters that one can become: two surrogates in JSON, four bytes in a URL."""

_MOST_ESCAPES: Final = 256
"""Of a text; what comes after them is left out, as undoing each takes a microsecond."""

_SIGNS: Final = "%\\&\0"
"""What each kind of escape begins with."""

_KINDS: Final = (
    r"(?:%[0-9A-Fa-f]{2})+",
    r"(?:\\u[0-9A-Fa-f]{4})+|(?:\\x[0-9A-Fa-f]{2})+|(?:\\[^0-9A-Za-z])+",
    r"(?:&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)+",
    r"\0+",
)
"""Escapes of each kind; neighbours are undone together, as several may stand for one character."""

_ESCAPES: Final = re.compile(rf"(?=[%\\&\0])(?:{'|'.join(_KINDS)})")
_ESCAPES_OF_ONE_KIND: Final = tuple(map(re.compile, _KINDS))

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
    plain = {spelling for secret in secrets for spelling in _spellings(secret)}
    encoded = {spelling for secret in plain for spelling in _in_base64(secret)}
    for name, secret in logins:
        if secret:
            plain.update(_spellings(f"{name}:{secret}"))
        basic = encode_login(name, secret)
        for spelling in (f"{name}:{secret}", f"{unquote(name)}:{unquote(secret)}", basic):
            encoded.update(_in_base64(spelling))
        encoded.update([basic, *_in_base64(unquote_to_bytes(name) + b":" + unquote_to_bytes(secret))])
    needles = [(needle, False) for needle in plain] + [(needle, True) for needle in encoded - plain]
    needles = [(needle, is_base64) for needle, is_base64 in needles if len(needle) >= _SHORTEST]
    longest = _LONGEST_ESCAPE * max((len(needle) for needle, _ in needles), default=0)
    # A secret that looks as if it had escapes may be spelled with those of another kind.
    kinds = _ESCAPES_OF_ONE_KIND if any(sign in needle for needle, _ in needles for sign in _SIGNS) else ()

    def redact(text: str) -> str:
        """Replace the secrets."""
        if not (any(sign in text for sign in _SIGNS) or any(needle in text for needle, _ in needles)) or not needles:
            return text
        layers = _layers(text, kinds)
        end = min(layer.end for layer in layers)
        spans = [span for layer in layers for span in layer.find(needles) if span[0] < end]
        return _replace(text[:end], spans) if end == len(text) else _replace(text[:end], spans)[:-longest]

    return Redaction(redact=redact, longest=longest)


def encode_login(user: str, password: str) -> str:
    """Basic authentication, of the bytes that a URL spells.

    Source: https://www.rfc-editor.org/rfc/rfc7617#section-2
    """
    return base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it was given, and as it is when the escapes in it are undone, or a form has a plus for a space."""
    for layer in _layers(secret, _ESCAPES_OF_ONE_KIND):
        yield layer.text
        yield layer.text.replace(" ", "+")


def _in_base64(secret: str | bytes) -> Iterator[str]:
    """A secret in Base64, alone or inside something larger, in both alphabets and without what depends on that."""
    data = secret.encode(errors="replace") if isinstance(secret, str) else secret
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data + bytes(-(before + len(data)) % 3)).decode()
        text = whole[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        yield text
        yield text.replace("+", "-").replace("/", "_")


class _Layer:
    """A text, as it is or with escapes of another layer undone."""

    def __init__(self, text: str, before: "_Layer | None" = None) -> None:
        self.text = text
        self.end: int = len(text) if before is None else before.end
        """How much of the text as it is was looked at."""
        self._before = before
        self._starts, self._ends = list[int](), list[int]()
        """Where the escapes are that were undone."""
        self._starts_before, self._ends_before = list[int](), list[int]()
        """Where they were."""

    def undo(self, escapes: re.Pattern[str]) -> "_Layer | None":
        """The next layer, None when there are no escapes."""
        if not any(sign in self.text for sign in _SIGNS):
            return None
        layer = _Layer("", self)
        parts: list[str] = []
        end = length = 0
        for count, match in enumerate(escapes.finditer(self.text)):
            start, next_end = match.span()
            if count == _MOST_ESCAPES:
                layer.end = self._origin(start, start + 1)[0]
                self.text = self.text[:start]
                break
            plain = _unescape(match[0])
            parts += self.text[end:start], plain
            length += start - end
            layer._starts.append(length)
            length += len(plain)
            layer._ends.append(length)
            layer._starts_before.append(start)
            layer._ends_before.append(next_end)
            end = next_end
        layer.text = "".join([*parts, self.text[end:]])
        return layer if end else None

    def find(self, needles: Iterable[tuple[str, bool]]) -> Iterator[tuple[int, int]]:
        """Where secrets are, as places in the text as it is."""
        for needle, is_base64 in needles:
            start = self.text.find(needle)
            while start >= 0:
                end = start + len(needle)
                if is_base64 and (rest := _REST_OF_BASE64.match(self.text, end)) is not None:
                    end = rest.end()
                yield self._origin(start, end)
                start = self.text.find(needle, end)

    def _origin(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of this text, of one or more characters, is in the text as it is."""
        if self._before is None:
            return start, end
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end - 1)
        return self._before._origin(self._place(first, start, is_end=False), self._place(last, end, is_end=True))

    def _place(self, escape: int, place: int, *, is_end: bool) -> int:
        """Where a place of this text was before: within an escape, or after the one in front of it."""
        if escape < len(self._starts) and self._starts[escape] <= place - is_end:
            return self._ends_before[escape] if is_end else self._starts_before[escape]
        return place if escape == 0 else place - self._ends[escape - 1] + self._ends_before[escape - 1]


def _layers(text: str, kinds: Iterable[re.Pattern[str]]) -> list[_Layer]:
    """A text as it is, with escapes of single kinds undone, and with those of all kinds, once and more often."""
    whole = _Layer(text)
    has_several_kinds = sum(sign in text for sign in _SIGNS) > 1
    layers = [whole, *(whole.undo(escapes) for escapes in (kinds if has_several_kinds else ()))]
    layer: _Layer | None = whole
    for _ in range(_LAYERS):
        layer = None if layer is None else layer.undo(_ESCAPES)
        layers.append(layer)
    return [each for each in layers if each is not None]


def _replace(text: str, spans: list[tuple[int, int]]) -> str:
    """Replace parts of a text, which may overlap."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            parts += text[done:start], _REDACTED
        done = max(done, end)
    return "".join([*parts, text[done:]]) if done else text


def _unescape(escapes: str) -> str:
    """What escapes of one kind stand for."""
    kind = escapes[:2]
    if kind[0] == "%":
        return bytes.fromhex(escapes.replace("%", "")).decode(errors="replace")
    if kind[0] == "&":
        return html.unescape(escapes)
    if kind[0] == "\0":
        return ""
    if kind == "\\u":
        return bytes.fromhex(escapes.replace("\\u", "")).decode("utf-16-be", "replace")
    if kind == "\\x":
        data = bytes.fromhex(escapes.replace("\\x", ""))
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return escapes[1::2]
