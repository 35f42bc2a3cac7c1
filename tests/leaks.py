"""Where secrets could be found by somebody who is shown an error, and how they could be spelled there."""

import base64
import html
import json
import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, Final
from urllib.parse import quote, quote_plus

__all__ = ["SPELLINGS", "found_in", "packages_of", "parts_of", "percent", "shown_by"]

_TESTS: Final = str(Path(__file__).parent)


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def percent(text: str, *, upper: bool = True, every: int = 1) -> str:
    """Percent-encode each so manieth character."""
    form = "%{:02X}" if upper else "%{:02x}"
    return "".join(
        "".join(form.format(byte) for byte in sign.encode()) if place % every == 0 else sign
        for place, sign in enumerate(text)
    )


def _units_of(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2)]


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "as it is": str,
    "percent-encoded": quote,
    "percent-encoded wholly": lambda text: quote(text, safe=""),
    "percent-encoded, every sign": percent,
    "percent-encoded in lower case": lambda text: percent(text, upper=False),
    "percent-encoded in part": lambda text: percent(text, every=3),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "as a form": quote_plus,
    "JSON": _in_json,
    "JSON with slashes escaped": lambda text: _in_json(text).replace("/", "\\/"),
    "JSON, every sign": lambda text: "".join(f"\\u{unit:04x}" for unit in _units_of(text)),
    "JSON in JSON": lambda text: _in_json(_in_json(text)),
    "HTML": html.escape,
    "HTML, every sign": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(sign):04X};" for sign in text),
    "HTML in JSON": lambda text: _in_json(html.escape(text)),
    "repr": lambda text: repr(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "UTF-16 read as UTF-8": lambda text: text.encode("utf-16-le").decode() if text.isascii() else text,
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "Base64, percent-encoded": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
}
"""How a text may be repeated."""


def found_in(texts: Mapping[str, str], secrets: tuple[str, ...], *, halves: bool = True) -> list[str]:
    """Which of some texts, by their names, have a secret in any spelling, or half of one."""
    signs = {spell(secret) for secret in secrets for spell in SPELLINGS.values()}
    parts = secrets if halves else ()
    signs |= {half for secret in parts for half in (secret[: len(secret) // 2], secret[len(secret) // 2 :])}
    everything = "\n".join(texts.values())
    found = sorted(sign for sign in signs if sign and sign in everything)
    return [f"{name}: {sign}" for name, text in texts.items() for sign in found if sign in text]


def shown_by(error: BaseException, name: str = "error") -> dict[str, str]:
    """All that tools that report errors could show of one: texts, pickle, frames and what they hold, and its chain."""
    texts: dict[str, str] = {}
    known: set[int] = set()
    errors = [(name, error)]
    while errors:
        name, error = errors.pop()
        if id(error) in known:
            continue
        known.add(id(error))
        texts[name] = f"{error} {error!r} {error.args!r} {getattr(error, '__notes__', '')}"
        texts |= {f"{name}{path}": text for path, text in _parts(error, 2)}
        # The frames above ours are those of the tests, which know the secrets.
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if not _is_of_tests(frame.f_code)]
        for frame in frames:
            where = f"{name} in {frame.f_code.co_qualname}"
            for local, value in frame.f_locals.items():
                texts[f"{where}: {local}"] = _repr(value)
                texts |= {f"{where}: {local}{path}": text for path, text in _parts(value, 2)}
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        told.stack[:] = [each for each in told.stack if not each.filename.startswith(_TESTS)]
        told.__cause__ = told.__context__ = None
        texts[f"{name}, as a traceback"] = "".join(told.format())
        texts[f"{name}, pickled"] = _pickled(error)
        for relation in ("__cause__", "__context__"):
            inner = getattr(error, relation)
            if inner is not None:
                errors.append((f"{name}.{relation}", inner))
    return texts


def parts_of(value: object, name: str, depth: int = 2) -> dict[str, str]:
    """The representations of a value and of what it is made of."""
    return {name: _repr(value), **{f"{name}{path}": text for path, text in _parts(value, depth)}}


def packages_of(error: BaseException) -> set[str]:
    """The packages whose frames are in the tracebacks of an error and its chain."""
    names: set[str] = set()
    chain, known = [error], set[int]()
    while chain:
        each = chain.pop()
        if id(each) not in known:
            known.add(id(each))
            names |= {str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(each.__traceback__)}
            chain += [inner for inner in (each.__cause__, each.__context__) if inner is not None]
    return {name.partition(".")[0] for name in names}


def _is_of_tests(code: Any) -> bool:
    return str(code.co_filename).startswith(_TESTS)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"no representation: {error!r}"


def _parts(value: object, depth: int) -> Iterator[tuple[str, str]]:
    """The representations of the attributes of a value, and of theirs."""
    if depth == 0 or isinstance(value, (str, bytes, int, float, type, FunctionType)) or value is None:
        return
    for name, part in _attributes(value):
        yield name, _repr(part)
        for path, text in _parts(part, depth - 1):
            yield f"{name}{path}", text


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, MethodType):
        yield ".__self__", value.__self__
        return
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", each) for key, each in list(value.items())[:50])
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((f"[{place}]", each) for place, each in enumerate(list(value)[:50]))
    names = set(getattr(value, "__dict__", ()))
    for each in type(value).__mro__:
        for declared in ("__slots__", "__struct_fields__", "_fields"):
            slots = each.__dict__.get(declared, ())
            names.update([slots] if isinstance(slots, str) else slots if isinstance(slots, (tuple, list, dict)) else [])
    for name in sorted(names):
        try:
            yield f".{name}", getattr(value, name)
        except Exception:  # noqa: S112 - a slot that is empty, or a property that says no
            continue


def _pickled(error: BaseException) -> str:
    try:
        return pickle.dumps(error).decode("latin-1")
    except Exception as problem:
        return f"not pickled: {problem}"
