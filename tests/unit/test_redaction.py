"""Secrets are found in texts in whatever spelling, in linear time, and nothing else is replaced."""

import base64
import re
import sys
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aiospectrum._http.passwords import hide_passwords, split_login
from aiospectrum._http.redaction import make_redaction
from tests.leaks import SPELLINGS, found_in, percent

TOKEN: Final = "s3cret.Token+with/$(signs)[a-z]*%41&amp;|^"


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)
    | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=8, max_size=20)
    | st.just(TOKEN)
)
def test_every_spelling(spell: Callable[[str], str], secret: str) -> None:
    """Whatever a secret is made of, however it is repeated: it is replaced, and nothing beside it is."""
    redact = make_redaction([secret]).redact
    assert redact(f"before {spell(secret)} after").replace("\0", "") == "before [redacted] after"
    assert redact(f"<{spell(secret)}>,{spell(secret)}.").replace("\0", "") in (
        "<[redacted]>,[redacted].",
        "<[redacted]>,[redacted]",
    )


@given(text=st.text(), secret=st.text(min_size=4).filter(lambda secret: "redacted" not in secret))
def test_any_text(text: str, secret: str) -> None:
    """Whatever is before and after it, and whatever signs it is made of, none is left."""
    assert secret not in make_redaction([secret]).redact(f"{text}{secret}{text}")


LOGINS: Final = {
    "pa%7Ess%2fw0rd": "pa~ss/w0rd",
    "p@ss:w0rd": "p@ss:w0rd",
    "%C3%BCber%20all": "über all",
    "100%25": "100%",
    "%E9t%E9%21%21": "\ufffdt\ufffd!!",
}
"""Passwords as URLs spell them, and what they are."""


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("given_as", "password"), LOGINS.items(), ids=LOGINS)
def test_passwords_of_urls(given_as: str, password: str, spelling: str) -> None:
    """A password is found as it was given, as it is, and as yarl spells it; its user name stays."""
    spell = SPELLINGS[spelling]
    redact = make_redaction([given_as], [("me", given_as)]).redact
    as_yarl = URL(f"http://me:{given_as}@h").raw_password
    for each in (given_as, password, *([] if "Base64" in spelling else [as_yarl or "", quote(password)])):
        assert redact(f"me {spell(each)} x").replace("\0", "") == "me [redacted] x"
    basic = base64.b64encode(f"me:{password}".encode()).decode()
    if "\ufffd" not in password:
        for each in (basic, basic.rstrip("="), quote(basic, safe=""), basic.replace("+", "-").replace("/", "_")):
            assert redact(f"Proxy-Authorization: Basic {each} x") == "Proxy-Authorization: Basic [redacted] x"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "Authorization: Bearer "])
def test_inside_of_base64(before: str) -> None:
    """In the Base64 of something larger as well, wherever it begins: what is left spells nothing of it."""
    redact = make_redaction([TOKEN]).redact
    shown = redact(base64.b64encode(f"{before}{TOKEN} and more".encode()).decode())
    left = base64.b64decode(shown.partition("[redacted]")[0][: len(before) // 3 * 4])
    assert left.decode() in before
    assert shown.endswith("[redacted]")
    assert len(shown) <= len("[redacted]") + len(before) * 4 // 3 + 2


def test_one_is_the_beginning_of_another() -> None:
    """Nothing is left of the longer one, in whatever order they were given."""
    for secrets in (["secret", "secret-key"], ["secret-key", "secret"]):
        assert make_redaction(secrets).redact("a secret-key, a secret") == "a [redacted], a [redacted]"


@pytest.mark.parametrize("password", ["a", "ab", "abc"])
def test_short_passwords(password: str) -> None:
    """What is shorter than four characters is replaced with its user name alone, and does not show in other words."""
    redact = make_redaction([password], [("user", password)]).redact
    basic = base64.b64encode(f"user:{password}".encode()).decode()
    assert redact(f"a cab of abc, user:{password}, {basic}.") == "a cab of abc, [redacted], [redacted]."


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_where_a_text_was_cut(spell: Callable[[str], str]) -> None:
    """Without as many characters at its end as a secret takes, a text that was cut has no part of one."""
    redaction = make_redaction([TOKEN])
    text = spell(TOKEN)
    assert redaction.longest >= len(text)
    for end in range(len(text)):
        kept = redaction.redact("x" * redaction.longest + text[:end])[: -redaction.longest]
        assert set(kept) <= {"x"}


ENDLESS: Final = {
    "letters": "s3cret.Tok",
    "percent": "%73",
    "JSON": "\\u0073",
    "backslashes": "\\",
    "HTML": "&amp;",
    "ampersands": "&",
    "Base64": "czNjcmV0",
    "zeros": "\0",
    "half a secret": TOKEN[:-1],
    "a secret": TOKEN,
    "a secret in Base64": base64.b64encode(TOKEN.encode()).decode(),
    "a secret, escaped": percent(TOKEN),
    "escapes apart": "%41 \\/ &amp;_",
}


@pytest.mark.parametrize("piece", ["%41 ", "\\/a", "&amp; ", "%41\\/&amp;a"])
@pytest.mark.parametrize("place", range(0, 3000, 97))
def test_more_escapes_than_are_undone(piece: str, place: int) -> None:
    """What comes after too many escapes is left out, with what may be half a secret before that."""
    text = piece * (place // len(piece)) + percent(TOKEN, every=2) + piece * 2000
    assert found_in({"shown": make_redaction([TOKEN]).redact(text)}, (TOKEN,)) == []


@pytest.mark.parametrize("piece", ENDLESS.values(), ids=ENDLESS)
def test_the_time_is_linear(piece: str) -> None:
    """Ten times the text takes no more than ten times the steps, counted as calls of what Python traces."""

    def steps(size: int) -> int:
        count = 0

        def trace(*_: object) -> object:
            nonlocal count
            count += 1
            return trace

        text = (piece * (size // len(piece) + 1))[:size]
        redact = make_redaction([TOKEN]).redact
        before = sys.gettrace()
        sys.settrace(trace)  # type: ignore[arg-type]  # it takes what it gives
        try:
            redact(text)
        finally:
            sys.settrace(before)
        return count

    assert steps(20_000) <= 11 * steps(2_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://me:s3cr3t@host/data", "s3://me:…@host/data"),
        ("sftp://:s3cr3t@host", "sftp://:…@host"),
        ("s3://bucket/a:b@c", "s3://bucket/a:b@c"),
        ("http://host:80/x and sftp://a:b@c/", "http://host:80/x and sftp://a:…@c/"),
        ("data/", "data/"),
        ("sftp://me:a@b/c?d#e f%@host/x?token=1", "sftp://me:…@host/x?…"),
        ("https://host/x?X-Amz-Signature=1&b=me@host", "https://host/x?…"),
        ("simplecache::sftp://me:pw@host/x", "simplecache::sftp://me:…@host/x"),
        ("--out=sftp://me:pw@host/x", "--out=sftp://me:…@host/x"),
        ("sftp://me@host/x", "sftp://me@host/x"),
        ("sftp://a:b@c/ and d://e:f@g", "sftp://a:…@c/ and d://e:…@g"),
        ("me:pw@host", "me:pw@host"),
    ],
)
def test_urls_are_shown_without_passwords(text: str, expected: str) -> None:
    """What is between a user's name and the last @, whatever it is made of, and queries."""
    assert hide_passwords(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://me:pw@host:80/", ("http://host:80/", "me:pw")),
        ("http://me:p@w@host", ("http://host", "me:p@w")),
        ("http://host/a@b", ("http://host/a@b", "")),
    ],
)
def test_logins_are_taken_out(url: str, expected: tuple[str, str]) -> None:
    """The authority ends where a URL says so."""
    assert split_login(url) == expected
    assert re.sub("//.*@", "//", unquote(url)) == expected[0] or not expected[1]
