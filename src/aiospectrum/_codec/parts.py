"""Large bodies, decoded part by part on the fast path, so that no part holds the event loop for long."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

import attrs
import msgspec

from aiospectrum._codec.converter import json_name
from aiospectrum._codec.decoder import DecodedBody, decode_body, decode_items, weight_of
from aiospectrum.routes import Collector
from aiospectrum.structs import is_struct

__all__ = ["MOST_AT_ONCE", "decode_in_parts"]

MOST_AT_ONCE: Final = 4 << 20
"""Bytes that are decoded at once at most."""

_MOST_WEIGHT: Final = 8 << 20
"""Of what is kept while the rest is decoded; Python's garbage collector goes over all of its arrays at once."""

_LONGEST_HEAD: Final = 1 << 16
_BETWEEN_ITEMS: Final = re.compile(rb"\}[ \t\r\n]*(,)[ \t\r\n]*\{")


async def decode_in_parts(
    wanted: Any,
    body: bytes,
    pause: Callable[[], Awaitable[None]],
    part_size: int = 1 << 19,
    collect: Callable[[], Collector] | None = None,
) -> DecodedBody[Any] | None:
    """Decode a body whose result is an array of objects, or an object that holds one, such as the rows of a report.

    Items are taken off the front of the array, some hundred KiB at a time; what remains is a whole body as well. A cut
    that was none, such as one inside of a text, shows, as what is before it is no array of items then.

    Args:
        wanted: Type of the result.
        body: The body, of any size.
        pause: Awaited between parts.
        part_size: Bytes that are decoded at once where the body can be cut.
        collect: Makes what takes the items, see :attr:`~aiospectrum.routes.Route.collect`; None to keep them.

    Returns:
        The body decoded; None for one that the fast path does not take, or that has a part of more than
        :data:`MOST_AT_ONCE`.
    """
    name, key, item_type = _array_of(wanted)
    can_be_cut = is_struct(item_type) and len(body) > part_size
    start = _start_of(key, is_inner=name is not None, body=body) if can_be_cut else 0
    head = body[:start]
    items: list[Any] = []
    collector = None if collect is None else collect()
    weight = 0
    while start and len(body) - start > part_size and weight < _MOST_WEIGHT:
        cut = _BETWEEN_ITEMS.search(body, start + part_size, start + MOST_AT_ONCE)
        if cut is None:
            break
        array = b"".join([b"[", memoryview(body)[start : cut.start()], b"}]"])
        part = decode_items(item_type, array)
        if part is None:
            break
        if collector is None:
            items += part
            if len(body) > _MOST_WEIGHT:  # else it has less, as no part is crowded
                weight += weight_of(array)
        elif not collector.add(part):
            return await decode_in_parts(wanted, body, pause, part_size)
        start = cut.end(1)
        await pause()
    if len(head) + len(body) - start > MOST_AT_ONCE:
        return None
    decoded = decode_body(wanted, head + body[start:] if start > len(head) else body)
    if decoded is None or not (items or collector):
        return decoded
    array = decoded.result if name is None else getattr(decoded.result, name)
    if collector is None:
        array[:0] = items
    elif collector.add(array):
        array.clear()
        decoded.result = collector.finish(decoded.result)
    else:
        return await decode_in_parts(wanted, body, pause, part_size)
    return decoded


@cache
def _array_of(wanted: Any) -> tuple[str | None, str, Any]:
    """Which field of a result is an array of objects, None for the result itself; its key in JSON; type of an item."""
    if get_origin(wanted) is list:
        return None, "result", get_args(wanted)[0]
    if is_struct(wanted):
        hints = get_type_hints(wanted)
        for field in attrs.fields(wanted):
            hint = hints[field.name]
            if get_origin(hint) is list and is_struct(get_args(hint)[0]):
                return field.name, json_name(field), get_args(hint)[0]
    return None, "", None


def _start_of(key: str, *, is_inner: bool, body: bytes) -> int:
    """Where the items of an array begin; 0 for a body without such an array near its beginning."""
    for match in re.finditer(rb'"%b"[ \t\r\n]*:[ \t\r\n]*\[' % re.escape(key.encode()), body[:_LONGEST_HEAD]):
        try:
            envelope = msgspec.json.decode(body[: match.end()] + (b"]}}" if is_inner else b"]}"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        found = envelope.get("result")
        if (found.get(key) if is_inner and isinstance(found, dict) else found) == []:
            return match.end()
    return 0
