"""A second fragment of Cloudflare's API, DNS, from its spec to calls over a real server."""

import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import attrs
import pytest
from aiohttp import web

import aiospectrum
from aiospectrum import Unchecked
from aiospectrum.errors import CredentialsError, DecodeError, InvalidArgumentError, NotFoundError

ZONE: Final = "0123456789abcdef0123456789abcdef"
NAME: Final = "cloudflare_dns"
SOURCES: Final = Path(aiospectrum.__file__).parents[1]

SAMPLE: Final = '''
"""A program that uses the generated package."""

import asyncio

from aiospectrum import Unchecked
from cloudflare_dns import Client, Record, RecordRequest, Zone, get_zone, iterate_records


async def copy_records(client: Client, source: str, target: str) -> list[Record]:
    """Copy the text records of a zone."""
    zone: Zone = await get_zone(client, target)
    registrar: str | None = zone.original_registrar
    made = []
    async for record in iterate_records(client.with_options(timeout=5), source, record_type="TXT"):
        kind = Unchecked(record.type)
        request = RecordRequest(name=record.name, type=kind, content=record.content, comment=registrar)
        made.append(await client.dns.records.create(zone.id, request))
    page = await client.zones.list(status="active", per_page=5)
    print(len(page), [each.tags for each in made], made[0].meta["source"])
    return made


async def main() -> None:
    """Run it."""
    async with Client.from_env() as client:
        await copy_records(client, "a" * 32, "b" * 32)


asyncio.run(main())
'''


@attrs.define
class Server:
    """The requests to a local server, and its responses."""

    url: str
    requests: list[tuple[str, str, Any]] = attrs.field(factory=list)
    responses: list[tuple[int, Any]] = attrs.field(factory=list)

    def respond(self, result: Any, status: int = 200, **more: Any) -> None:
        """Respond with a result to the next request."""
        envelope = {"success": status < 400, "errors": [], "messages": [], "result": result, **more}
        self.responses.append((status, envelope))


@pytest.fixture(scope="module")
def folder(generate: Callable[[Path, Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated package."""
    return generate(Path(__file__).parent / "dns.openapi.yaml", tmp_path_factory.mktemp("dns") / NAME)


@pytest.fixture(scope="module")
def dns(folder: Path) -> Iterator[ModuleType]:
    """The generated package, imported."""
    sys.path.insert(0, str(folder.parent))
    importlib.invalidate_caches()
    yield importlib.import_module(NAME)
    sys.path.remove(str(folder.parent))
    for name in [each for each in sys.modules if each.split(".")[0] == NAME]:
        del sys.modules[name]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on this machine."""

    async def handle(request: web.Request) -> web.Response:
        own.requests.append((request.method, request.raw_path, json.loads(await request.text() or "null")))
        assert request.headers["Authorization"] == "Bearer token"
        status, envelope = own.responses.pop(0)
        return web.json_response(envelope, status=status)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    own = Server(url=f"http://127.0.0.1:{runner.addresses[0][1]}/v4")
    yield own
    await runner.cleanup()


@pytest.fixture
async def client(dns: ModuleType, server: Server) -> AsyncIterator[Any]:
    """A client of that server."""
    async with dns.Client(api_token="token", base_url=server.url) as opened:
        yield opened


def record(number: int, **more: Any) -> dict[str, Any]:
    """A record as the API sends it."""
    return {"id": f"{number:032x}", "name": "a.example", "type": "A", "content": "192.0.2.1", "ttl": 1, **more}


def zone(**more: Any) -> dict[str, Any]:
    """A zone as the API sends it."""
    return {
        "id": ZONE,
        "name": "example.com",
        "status": "active",
        "paused": False,
        "name_servers": ["ns1.example"],
        "original_registrar": None,
        "created_on": "2026-11-20T12:00:00Z",
        **more,
    }


@pytest.mark.slow  # the session `types` runs it
@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_a_program_that_uses_it_is_typed(tool: str, folder: Path, tmp_path: Path) -> None:
    """Type checkers, as strict as they can be, find nothing in the package and in a program that uses it."""
    pytest.importorskip(tool)
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE, encoding="utf-8")
    settings = {"extraPaths": [str(SOURCES), str(folder.parent)], "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\nmypy_path = {SOURCES}:{folder.parent}\n"
        "[mypy-aiospectrum.*]\nfollow_imports = silent\n",
        encoding="utf-8",
    )
    more = {
        "mypy": ["--package", NAME, "--module", "sample"],
        "pyright": ["--pythonpath", sys.executable, "sample.py", str(folder)],
    }[tool]

    done = subprocess.run(  # noqa: S603 - one of two tools of ours
        [sys.executable, "-m", tool, *more],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_it_stands_on_public_modules_alone(folder: Path) -> None:
    """No private name of aiospectrum is used, and nothing of its own API."""
    allowed = {f"aiospectrum.{name}" for name in ("checks", "client", "routes", "structs", "transport", "errors")}
    for path in folder.iterdir():
        lines = path.read_text(encoding="utf-8").splitlines()
        imported = {line.split()[1] for line in lines if line.startswith(("from aiospectrum", "import aiospectrum"))}
        assert imported <= allowed, path.name


def test_the_service_is_that_of_the_document(dns: ModuleType) -> None:
    """The base URL and the security come from the spec: a key is refused, as it knows tokens alone."""
    assert dns.Client(api_token="token").base_url == "https://api.cloudflare.com/client/v4"
    with pytest.raises(CredentialsError):
        dns.Client(api_email="me@example.com", api_key="key")


async def test_pages_are_iterated_over(dns: ModuleType, client: Any, server: Server) -> None:
    """Every item comes once, with all arguments on every page."""
    for number, items in ((1, [record(1), record(2)]), (2, [record(3)])):
        info = {"page": number, "per_page": 2, "count": len(items), "total_count": 3}
        server.respond(items, result_info=info)

    found = [each async for each in client.dns.records.iterate(ZONE, per_page=2, comment_contains="a&b")]

    assert found == [
        dns.Record(id=f"{number:032x}", name="a.example", type="A", content="192.0.2.1", ttl=1) for number in (1, 2, 3)
    ]
    assert [path for _, path, _ in server.requests] == [
        f"/v4/zones/{ZONE}/dns_records?comment.contains=a%26b&page={number}&per_page=2" for number in (1, 2)
    ]


async def test_a_list_is_a_page(dns: ModuleType, client: Any, server: Server) -> None:
    """Nulls, absent properties and times are what the spec says."""
    server.respond([zone(activated_on=None, account={"id": "1"})], result_info={"page": 1, "total_count": 1})

    page = await dns.list_zones(client, name="example.com", page=1)

    (found,) = page
    assert (page.total_count, found.original_registrar, found.activated_on) == (1, None, None)
    assert (found.account, found.created_on) == (dns.Account(id="1"), datetime(2026, 11, 20, 12, tzinfo=UTC))


async def test_a_record_is_created(dns: ModuleType, client: Any, server: Server) -> None:
    """The body has wire names, and nothing that was not given."""
    more = {"meta": {"auto": True}, "commentModifiedOn": "2026-11-20T12:00:00Z", "from": "b.example"}
    server.respond(record(1, type="HTTPS", comment=None, **more))

    request = dns.RecordRequest(name="a.example", type=Unchecked("HTTPS"), content="1 .", tags=["team:a", "b"])
    made = await client.dns.records.create(ZONE, request)

    body = {"name": "a.example", "type": "HTTPS", "content": "1 .", "tags": ["team:a", "b"]}
    assert server.requests == [("POST", f"/v4/zones/{ZONE}/dns_records", body)]
    assert (made.type, made.comment, made.meta, made.proxied, made.tags) == ("HTTPS", None, {"auto": True}, False, [])
    assert (made.comment_modified_on, made.source) == (datetime(2026, 11, 20, 12, tzinfo=UTC), "b.example")


async def test_a_refusal_is_an_error(client: Any, server: Server) -> None:
    """What the API says of it is in the error."""
    server.respond(None, 404, errors=[{"code": 81044, "message": "Record does not exist."}])

    with pytest.raises(NotFoundError, match="Record does not exist"):
        await client.dns.records.get(ZONE, "f" * 32)


async def test_a_response_outside_a_closed_enum_is_an_error(client: Any, server: Server) -> None:
    """The API has no other status, says the spec."""
    server.respond(zone(status="sleeping"))

    with pytest.raises(DecodeError, match="status: expected one of initializing, pending, active, moved"):
        await client.zones.get(ZONE)


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%", "100%25"),
        ("%2e%2e", "%252e%252e"),
        ("é ;", "%C3%A9%20%3B"),
        ("...", "..."),
    ],
    ids=["slash", "parent", "query", "percent", "percent-encoded", "beyond ASCII", "three dots"],
)
async def test_no_value_leaves_its_segment(client: Any, server: Server, value: str, segment: str) -> None:
    """A free string in the path is percent-encoded."""
    server.respond(None)

    deleted = await client.dns.records.delete(ZONE, value)

    assert deleted.id == value
    assert server.requests == [("DELETE", f"/v4/zones/{ZONE}/dns_records/{segment}", None)]


@pytest.mark.parametrize("value", ["", ".", "..", "a" * 33, 3, None], ids=repr)
async def test_what_cannot_be_a_segment_is_refused(client: Any, server: Server, value: Any) -> None:
    """The error names the argument, and nothing is sent."""
    with pytest.raises(InvalidArgumentError, match="record_id"):
        await client.dns.records.get(ZONE, value)
    assert server.requests == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ttl": 0}, "record.ttl: expected an integer from 1 to 86400, got 0"),
        ({"tags": ["-"]}, r"record.tags\[0\]: expected a name with a colon behind it or none, got '-'"),
        ({"tags": ["é"]}, r"record.tags\[0\]: expected a name"),
        ({"comment": "a" * 101}, "record.comment: expected a string of 0 to 100 characters"),
    ],
    ids=["bound", "pattern", "pattern of another script", "length"],
)
async def test_bodies_are_checked_by_the_spec(
    dns: ModuleType, client: Any, changes: dict[str, Any], message: str
) -> None:
    """Nothing is sent that the spec does not allow."""
    fields = {"name": "a.example", "type": "A", "content": "192.0.2.1", **changes}
    with pytest.raises(InvalidArgumentError, match=message):
        await client.dns.records.create(ZONE, dns.RecordRequest(**fields))
