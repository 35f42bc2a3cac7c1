"""Compressed bodies that lie: cut short, corrupt, and bombs that are small only on the wire; no I/O."""

import functools
import gzip
import struct
import zlib
from collections.abc import Callable
from typing import Final

from tests.chaos.responses import ServerResponse, envelope
from tests.chaos.steps import Reply, Step

__all__ = ["BOMBS", "BOMB_SIZE", "BROKEN_GZIPS", "bomb", "broken_gzip", "encode_bomb", "gzipped"]

BOMB_SIZE: Final = 400 << 20
"""What a bomb grows to, in bytes."""

_TAIL: Final = envelope([])
"""The end of every bomb, after nothing but spaces, so that only the memory gives a careless client away."""

_GZIP: Final = gzip.compress(envelope(list(range(1000))), mtime=0)
_HALF: Final = len(_GZIP) // 2


def _flipped(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)


BROKEN_GZIPS: Final = {
    "truncated": _GZIP[:_HALF],
    "no-trailer": _GZIP[:-8],
    "corrupt": _GZIP[:_HALF] + _flipped(_GZIP[_HALF : _HALF + 50]) + _GZIP[_HALF + 50 :],
    "wrong-checksum": _GZIP[:-8] + _flipped(_GZIP[-8:-4]) + _GZIP[-4:],
    "plain": envelope([]),
    "tail": _GZIP + b"and more",
}
"""Bodies that are called gzip and are not, or not only; ``no-trailer`` has all of the data."""

_MEBIBYTE: Final = 1 << 20
_ZSTD_BLOCK: Final = 1 << 17
_BROTLI_BLOCK: Final = 1 << 24


def gzipped(data: bytes, *, name: str = "gzip") -> ServerResponse:
    """A response with some bytes as its gzip body."""
    return ServerResponse(name=name, body=data).with_headers(("Content-Encoding", "gzip"))


def broken_gzip(kind: str) -> ServerResponse:
    """A response with one of :data:`BROKEN_GZIPS`."""
    return gzipped(BROKEN_GZIPS[kind], name=f"gzip-{kind}")


def bomb(coding: str, size: int = BOMB_SIZE) -> Step:
    """A good response in a coding of :data:`BOMBS` that grows to so many bytes; it is built when first needed.

    That takes a second of the loop's time for gzip and deflate; call :func:`encode_bomb` before where time matters.
    """

    def make(_: object) -> ServerResponse:
        return ServerResponse(name=coding, body=encode_bomb(coding, size)).with_headers(("Content-Encoding", coding))

    return Step(name=f"bomb-{coding}", acts=(Reply(make),))


@functools.cache
def encode_bomb(coding: str, size: int = BOMB_SIZE) -> bytes:
    """Encode spaces and a good envelope, ``size`` bytes decoded (1 MiB or more), without ever holding them."""
    return BOMBS[coding](size - len(_TAIL))


def _zlib_bomb(spaces: int, *, wbits: int) -> bytes:
    packer = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, wbits)
    mebibyte = b" " * _MEBIBYTE
    pieces = [packer.compress(mebibyte) for _ in range(spaces // _MEBIBYTE)]
    return b"".join([*pieces, packer.compress(b" " * (spaces % _MEBIBYTE) + _TAIL), packer.flush()])


def _zstd_bomb(spaces: int) -> bytes:
    """One frame without checksum: blocks of one repeated byte, then a block as it is.

    Source: RFC 8878, 3.1.1
    """
    magic, descriptor, window = 0xFD2FB528, 0, 7 << 3  # a window of 2 ** (10 + 7) bytes, the most a block may have
    raw, repeated, last = 0, 1 << 1, 1

    def block(kind: int, size: int, content: bytes) -> bytes:
        return (kind | size << 3).to_bytes(3, "little") + content

    full, rest = divmod(spaces, _ZSTD_BLOCK)
    blocks = block(repeated, _ZSTD_BLOCK, b" ") * full + block(repeated, rest, b" ")
    return struct.pack("<IBB", magic, descriptor, window) + blocks + block(raw | last, len(_TAIL), _TAIL)


def _brotli_bomb(spaces: int) -> bytes:
    """Meta-blocks of one literal that is copied on and on, then a meta-block as it is and an empty last one.

    Source: RFC 7932, 9.1 and 9.2
    """
    stream = _Bits()
    stream.put(0, 1)  # WBITS: a window of 2 ** 16 bytes
    count = -(-spaces // _BROTLI_BLOCK)
    for index in range(count):
        _put_repeated(stream, spaces // count + (index < spaces % count))
    stream.put(0, 1)  # ISLAST
    _put_length(stream, len(_TAIL))
    stream.put(1, 1)  # ISUNCOMPRESSED
    stream.align()
    stream.put(int.from_bytes(_TAIL, "little"), 8 * len(_TAIL))
    stream.put(0b11, 2)  # ISLAST, ISLASTEMPTY
    return stream.to_bytes()


def _put_repeated(stream: "_Bits", size: int) -> None:
    """A meta-block of one command: insert a space, then copy ``size - 1`` bytes from a distance of 1."""
    stream.put(0, 1)  # ISLAST
    _put_length(stream, size)
    stream.put(0, 1)  # ISUNCOMPRESSED
    stream.put(0, 1 + 1 + 1)  # NBLTYPES of literals, of insert-and-copy and of distances: one each
    stream.put(0, 2 + 4)  # NPOSTFIX, NDIRECT
    stream.put(0, 2 + 1 + 1)  # context mode, NTREESL, NTREESD: one each
    for symbol, width in ((ord(" "), 8), (384 + (1 << 3) + 7, 10), (16, 6)):  # insert code 1, copy code 23, distance 16
        stream.put(1, 2)  # a simple prefix code
        stream.put(0, 2)  # of one symbol, whose code has no bits
        stream.put(symbol, width)
    stream.put(size - 1 - 2118, 24)  # extra bits of copy code 23
    stream.put(0, 1)  # extra bit of distance code 16


def _put_length(stream: "_Bits", length: int) -> None:
    nibbles = max(4, -(-(length - 1).bit_length() // 4))
    stream.put(nibbles - 4, 2)  # MNIBBLES
    stream.put(length - 1, 4 * nibbles)  # MLEN - 1


class _Bits:
    """Bits from the least significant on."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, value: int, width: int) -> None:
        self._value |= value << self._count
        self._count += width

    def align(self) -> None:
        self._count += -self._count % 8

    def to_bytes(self) -> bytes:
        return self._value.to_bytes(-(-self._count // 8), "little")


BOMBS: Final[dict[str, Callable[[int], bytes]]] = {
    "gzip": functools.partial(_zlib_bomb, wbits=16 + zlib.MAX_WBITS),
    "deflate": functools.partial(_zlib_bomb, wbits=zlib.MAX_WBITS),
    "br": _brotli_bomb,
    "zstd": _zstd_bomb,
}
"""What makes a bomb of so many spaces, by content coding."""
