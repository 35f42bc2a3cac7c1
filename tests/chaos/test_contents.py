"""Strange JSON and compression that lies, read by the standard library as far as it can."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable

import pytest

from tests.chaos import bodies, codings
from tests.chaos.reading import by_http_client, bytes_of, head_of
from tests.chaos.responses import envelope, good

BODY = good().body


@pytest.mark.parametrize("kind", ["list", "object"])
async def test_deep_json(kind: str) -> None:
    """JSON is as deep as it says, deeper than the standard library goes."""
    _, _, body = head_of(await bytes_of(bodies.deep_json(kind=kind)))
    with pytest.raises(RecursionError):
        json.loads(body)
    value = json.loads(bodies.deep_json(3, kind=kind).body)["result"]
    assert value == ([[[1]]] if kind == "list" else {"a": {"a": {"a": 1}}})


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("invalid-utf-8", UnicodeDecodeError),
        ("overlong-utf-8", UnicodeDecodeError),
        ("surrogate-bytes", UnicodeDecodeError),
        ("trailing-junk", json.JSONDecodeError),
        ("two-documents", json.JSONDecodeError),
        ("trailing-comma", json.JSONDecodeError),
        ("comment", json.JSONDecodeError),
        ("single-quotes", json.JSONDecodeError),
        ("raw-control-character", json.JSONDecodeError),
        ("only-spaces", json.JSONDecodeError),
        ("bom", json.JSONDecodeError),
    ],
)
def test_bodies_that_are_no_json(kind: str, error: type[Exception]) -> None:
    """What is no JSON in UTF-8 is none for the reason that it says."""
    with pytest.raises(error):
        json.loads(bodies.strange_body(kind).body.decode())


def test_bodies_that_are_json() -> None:
    """What is strange is JSON all the same, and says twice, or not at all, what it should say once."""
    pairs = json.loads(bodies.strange_body("duplicate-keys").body, object_pairs_hook=list)
    assert [name for name, _ in pairs] == ["success", "errors", "messages", "result", "result", "success", "success"]
    assert json.loads(bodies.strange_body("lone-surrogate").body)["result"] == "\ud800"
    assert json.loads(bodies.strange_body("nul-character").body)["result"] == "a\0b"
    assert json.loads(bodies.strange_body("null-result").body)["result"] is None
    assert "result" not in json.loads(bodies.strange_body("no-result").body)
    assert "success" not in json.loads(bodies.strange_body("no-success").body)
    assert json.loads(bodies.strange_body("success-is-text").body)["success"] == "true"
    assert [json.loads(bodies.strange_body(kind).body) for kind in ("null", "list", "string")] == [None, [], "success"]
    assert json.loads(bodies.number("1e400").body)["result"] == float("inf")


@pytest.mark.parametrize("text", bodies.NUMBERS)
def test_numbers(text: str) -> None:
    """A number is written as it was given."""
    assert bodies.number(text).body.endswith(f'"result":{text}}}'.encode())


def test_truncated_json() -> None:
    """Truncated JSON has a frame that fits it."""
    response = bodies.truncated_json(good([1, 2, 3]))
    assert envelope([1, 2, 3]).startswith(response.body)
    assert by_http_client(response.encode()) == (200, response.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.body)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("truncated", EOFError),
        ("no-trailer", EOFError),
        ("corrupt", (zlib.error, gzip.BadGzipFile)),
        ("wrong-checksum", gzip.BadGzipFile),
        ("plain", gzip.BadGzipFile),
        ("tail", gzip.BadGzipFile),
    ],
)
async def test_broken_gzips(kind: str, error: type[Exception] | tuple[type[Exception], ...]) -> None:
    """A broken gzip says that it is one, fits its frame and cannot be read."""
    _, headers, body = head_of(await bytes_of(codings.broken_gzip(kind)))
    assert (headers["Content-Encoding"], headers["Content-Length"]) == ("gzip", str(len(body)))
    with pytest.raises(error):
        gzip.decompress(body)


def decoded_zlib(data: bytes) -> tuple[int, bytes]:
    """Size and last bytes of gzip or deflate, read a mebibyte at a time."""
    unpacker, size, last = zlib.decompressobj(32 + zlib.MAX_WBITS), 0, b""
    while not unpacker.eof:
        piece = unpacker.decompress(data, 1 << 20)
        assert piece or unpacker.eof
        data, size, last = unpacker.unconsumed_tail, size + len(piece), (last + piece)[-100:]
    assert not unpacker.unused_data
    return size, last


def decoded_zstd(data: bytes) -> tuple[int, bytes]:
    """Size and last bytes of a zstd frame of raw and repeated blocks, by RFC 8878 3.1.1."""
    assert data[:6] == bytes.fromhex("28b52ffd 00 38")
    at, size, last = 6, 0, False
    content = b""
    while not last:
        head = int.from_bytes(data[at : at + 3], "little")
        last, kind, length = bool(head & 1), head >> 1 & 3, head >> 3
        assert kind in (0, 1)
        assert length <= 1 << 17
        content = data[at + 3 : at + 3 + (1 if kind else length)]
        at, size = at + 3 + len(content), size + length
    assert at == len(data)
    return size, content


def decoded_brotli(data: bytes) -> tuple[int, bytes]:
    """Size and last bytes of brotli, by the package if it is there."""
    brotli = pytest.importorskip("brotli", reason="the standard library has no brotli")
    unpacker = brotli.Decompressor()
    size, last = 0, b""
    while not unpacker.is_finished():
        piece = unpacker.process(data, output_buffer_limit=1 << 20)
        data, size, last = b"", size + len(piece), (last + piece)[-100:]
    return size, last


@pytest.mark.parametrize(
    ("coding", "most", "decode"),
    [
        pytest.param("gzip", 500_000, decoded_zlib, id="gzip"),
        pytest.param("deflate", 500_000, decoded_zlib, id="deflate"),
        pytest.param("br", 700, decoded_brotli, id="br"),
        pytest.param("zstd", 13_000, decoded_zstd, id="zstd"),
    ],
)
async def test_bombs(coding: str, most: int, decode: Callable[[bytes], tuple[int, bytes]]) -> None:
    """A bomb is small on the wire, grows to 400 MiB and ends in a good envelope."""
    _, headers, body = head_of(await bytes_of(codings.bomb(coding)))
    assert headers["Content-Encoding"] == coding
    assert len(body) < most
    size, last = decode(body)
    assert size == 400 << 20
    assert last.strip() == BODY


@pytest.mark.parametrize(
    ("coding", "digest"),
    [
        ("br", "a073c17215699cf015c81dcdca067fb285d497458b9aeef78e22f0f286385bf0"),
        ("zstd", "0954cdf6ab449bb9c094d6271fadde22436ec7bd9d0f82882da1a9b076540975"),
    ],
)
def test_handmade_bombs(coding: str, digest: str) -> None:
    """The handmade bombs are those that brotli 1.2.1 and zstandard 0.25.0 were seen to decode."""
    assert hashlib.sha256(codings.encode_bomb(coding, 400 << 20)).hexdigest() == digest
