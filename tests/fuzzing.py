"""Random and mutated input for the readers of responses, headers and times, and for arguments.

Whatever comes, the outcome is a result or an error of ours, in no more time than docs/reliability.md allows.
"""

import asyncio
import json
import math
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import attrs
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import DNS, AppRequest, ConversionError, EdgeIPs, OriginDNS, SpectrumError
from aiospectrum._codec.parts import decode_in_parts
from aiospectrum._codec.readers import read_date_time
from aiospectrum._generated import analytics, apps, zones
from aiospectrum._http.headers import read_rate_limit, read_retry_after
from aiospectrum._http.record import Call, HTTPResponse
from aiospectrum._http.request import build_request
from aiospectrum._http.response import read_response
from aiospectrum.routes import Route
from tests.conftest import APP, ZONE
from tests.hostile_states import case_of_states
from tests.json_texts import ODD, ODD_TIMES, TIMES
from tests.records import make_call

__all__ = ["KINDS", "Outcome", "fuzz"]

MOST_PER_MEBIBYTE: Final = 0.05
"""Seconds; as much for what is smaller."""

SAMPLES: Final = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*.*"))]


@attrs.frozen
class Own:
    """A class of a user."""

    number: int
    name: str = ""
    parts: list["Own"] = attrs.field(factory=list)


attrs.resolve_types(Own)

ROUTES: Final[list[Route[Any]]] = [
    *(value for module in (apps, analytics, zones) for value in vars(module).values() if isinstance(value, Route)),
    *(
        Route(name="own", method="GET", path="/own", result=result, safe_to_repeat=True)
        for result in (Own, list[Own], dict[str, int], list[int] | None, Any, int | str)
    ),
]
CALLS: Final = [make_call(route, path={"zone_id": ZONE, "app_id": APP}) for route in ROUTES]
STATUSES: Final = [200] * 30 + [
    201,
    204,
    299,
    300,
    302,
    304,
    400,
    401,
    403,
    404,
    409,
    422,
    429,
    418,
    500,
    502,
    520,
    599,
    600,
]

REPORT: Final[dict[str, Any]] = {
    "data_lag": 60,
    "rows": 2,
    "query": {"dimensions": ["event"], "metrics": ["count"], "since": TIMES[0], "until": TIMES[1], "limit": 10},
    "data": [{"dimensions": ["connect", "SFO"], "metrics": [[1, 2.5], [3, None]]}, {"metrics": [5, 6]}],
    "max": {"count": 5},
    "min": {},
    "totals": {"count": 12345678901234567},
    "time_intervals": [[TIMES[0], TIMES[2]], [TIMES[1], TIMES[3]]],
}
BARE: Final[dict[str, Any]] = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"name": "ssh.example.com", "type": "CNAME"},
    "created_on": TIMES[0],
    "modified_on": TIMES[3],
    "origin_direct": ["tcp://192.0.2.1:22"],
    "edge_ips": {"type": "dynamic", "connectivity": "all"},
    "origin_port": 22,
    "spp": False,
}
RESULTS: Final[dict[str, Any]] = {
    "get_app": BARE,
    "update_app": BARE,
    "create_app": BARE,
    "list_apps": [BARE, BARE],
    "get_events_by_time": REPORT,
    "get_events_summary": REPORT,
    "list_zones": [{"id": APP, "name": "example.com", "status": "active", "account": {"id": APP, "name": "x"}}],
    "delete_app": {"id": APP},
    "list_protocols": [{"name": "ssh", "ports": [22], "description": "x", "transport": "tcp"}],
    "get_current_aggregate": [
        {"appID": APP, "bytesEgress": 1, "bytesIngress": 2, "connections": 3, "durationAvg": 1.5}
    ],
    "get_zones_report": [{"zone_id": APP, "totals": {"bandwidth": {"all": 3, "egress": 1.5, "ingress": 1.5}}}],
    "own": {"number": 1, "name": "x", "parts": [{"number": 2}]},
}
"""A result of each route."""

ERRORS: Final[list[Any]] = [
    [],
    [{"code": 1003, "message": "no", "source": {"pointer": "/x"}, "error_chain": [{"code": 1, "message": "why"}]}],
    ["no"],
]
VALUES: Final[list[Any]] = [
    *map(json.loads, ODD),
    10**4000,
    -(10**300),
    1e308,
    -0.0,
    "x" * 2000,
    "\u0000\u001b[31m\u202e",
    "\ud83d\ude00",
    [[[[[[]]]]]],
    [None] * 50,
    {"": {"": {}}},
    *ODD_TIMES,
]
WORDS: Final = [
    '"',
    "\\",
    ",",
    ";",
    "=",
    " ",
    "r=",
    "t=",
    "0",
    "5",
    "99",
    "9" * 30,
    "a",
    "é",
    "\udcff",
    "Fri, ",
    "Nov",
    "20",
]
WORDS += [
    "2026 ",
    "12:00:00",
    " GMT",
    "+0530",
    "(",
    ")",
    "-",
    ".",
    "\t",
    "\x00",
    "²",
    "١",
    "e5",
    "inf",
    "nan",
    ":",
    "0x1f",
]
TIME_WORDS: Final = [
    *"0123456789-:.TtZz+ ,W",
    "60",
    "59",
    "24:00",
    "00",
    "2014-01-02",
    "99999999",
    "é",
    "٣",
    "\u2212",
    "\x00",
]


class Colour(StrEnum):
    """An enum of strings."""

    RED = "tcp/22"


class Text(str):
    """A subclass of str."""


class Number(int):
    """A subclass of int."""


ARGUMENTS: Final[list[Any]] = [
    *(None, True, False, 0, 1, -1, 100, 101, 65536, 2**63 - 1, 2**63, 10**400, 1.5, math.nan, math.inf, -0.0),
    *(
        "",
        " ",
        ".",
        "..",
        "/",
        "a",
        ZONE,
        ZONE.upper(),
        ZONE + "\n",
        "\ud800",
        "é",
        "x" * 5000,
        "a,b",
        "%2e",
        "\0",
        "?#",
    ),
    *("hour", "count", "asc", "tcp/22", "tcp/99999", "ssh.example.com", "-a", "a" * 64 + ".b", "1000-2000"),
    *(
        b"x",
        (),
        [],
        {},
        set(),
        object(),
        [None],
        ["count"],
        ("count", "bytesIngress"),
        ["x"],
        [[]],
        ["count"] * 300,
        [ZONE],
    ),
    *(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1), datetime.min.replace(tzinfo=UTC)),
    *(
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    ),
    *(datetime(2026, 1, 1, fold=1, tzinfo=timezone(timedelta(seconds=1))), timedelta(1)),
    *(Colour.RED, Text("tcp/22"), Number(22), DNS(name="a.example.com"), DNS(name=5), EdgeIPs(), OriginDNS(ttl=1)),  # type: ignore[arg-type]  # what a checker would refuse
    *(["tcp://192.0.2.1:22"], {"since": 1}, AppRequest(protocol="tcp/22", dns=DNS()), "2026-01-01"),
]


def _bytes(source: random.Random, body: bytes) -> bytes:
    """A body that is changed here and there."""
    data = bytearray(body)
    for _ in range(source.choice((1, 1, 2, 8))):
        place = source.randrange(len(data) + 1)
        end = min(len(data), place + source.choice((1, 2, 16)))
        action = source.randrange(5)
        if action == 0:
            data[place:end] = source.randbytes(end - place)
        elif action == 1:
            del data[place:end]
        elif action == 2:
            data[place:place] = source.choice(
                (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"null", b"\xff", b"0", b"\xc3")
            )
        elif action == 3:
            data[place:place] = bytes(data[place:end]) * source.choice((1, 3, 200))
        else:
            del data[place:]
    return bytes(data)


def _changed(source: random.Random, value: Any, depth: int = 0) -> Any:
    """JSON values, of which one is another."""
    if not value or depth > source.randrange(1, 6) or not isinstance(value, (list, dict)):
        return source.choice(VALUES)
    if isinstance(value, list):
        index = source.randrange(len(value))
        changed = [*value[:index], _changed(source, value[index], depth + 1), *value[index + 1 :]]
        return changed * source.choice((1, 1, 1, 0, 20))
    key = source.choice(list(value))
    if source.random() < 0.15:
        return {other: value[other] for other in value if other != key}
    if source.random() < 0.1:
        return {**value, source.choice(("spp", "x", "", "data", "é" * 300)): source.choice(VALUES)}
    return {**value, key: _changed(source, value[key], depth + 1)}


def _body(source: random.Random, name: str) -> bytes:
    action = source.random()
    if action < 0.05:
        return source.randbytes(source.choice((0, 1, 10, 1000)))
    if action < 0.15:
        return _bytes(source, source.choice(SAMPLES))
    envelope: dict[str, Any] = {
        "success": source.random() < 0.9,
        "errors": source.choice(ERRORS),
        "messages": source.choice(ERRORS),
        "result_info": {"page": 1, "total_count": 5},
        "result": RESULTS[name if source.random() < 0.8 else source.choice(list(RESULTS))],
    }
    for _ in range(source.choice((0, 1, 1, 2, 4))):
        changed = _changed(source, envelope)
        envelope = changed if isinstance(changed, dict) else {"result": changed}
    if source.random() < 0.003:
        envelope["result"] = [envelope.get("result")] * source.choice((100, 500))
    text = json.dumps(
        envelope, ensure_ascii=source.random() < 0.7, separators=source.choice(((",", ":"), (", ", ": ")))
    )
    body = text.encode("utf-8", "surrogatepass")
    return _bytes(source, body) if source.random() < 0.3 else body


async def _no_pause() -> None:
    """Wait for nothing."""


def _header(source: random.Random) -> str:
    text = "".join(source.choice(WORDS) for _ in range(source.choice((0, 1, 4, 10, 40))))
    return text * source.choice((1, 1, 1, 1, 1, 1, 3, 500))


def _headers(source: random.Random) -> CIMultiDictProxy[str]:
    names = ("Ratelimit", "Retry-After", "Date", "CF-Ray", "Location", "Content-Type")
    pairs = [(source.choice(names), _header(source)) for _ in range(source.choice((0, 0, 1, 3)))]
    return CIMultiDictProxy(CIMultiDict(pairs))


def _read(source: random.Random, call: Call, body: bytes, *, status: int) -> None:
    http = HTTPResponse(status=status, headers=_headers(source), body=body)
    str(read_response(call, http))
    if source.random() < 0.1:
        asyncio.run(decode_in_parts(call.route.result, body, _no_pause, source.randrange(1, 300)))


def _case_of_responses(source: random.Random) -> tuple[Callable[[], object], int]:
    call = source.choice(CALLS)
    body = _body(source, call.route.name)
    status, state = source.choice(STATUSES), source.getstate()

    def run() -> None:
        source.setstate(state)
        _read(source, call, body, status=status)

    return run, len(body)


def _case_of_headers(source: random.Random) -> tuple[Callable[[], object], int]:
    values = [_header(source) for _ in range(source.choice((1, 1, 2, 5)))]
    date = source.choice((None, "Fri, 20 Nov 2026 12:00:00 GMT", _header(source)))
    http = HTTPResponse(status=429, headers=_headers(source), body=b"")
    call = source.choice(CALLS)

    def run() -> None:
        wait, quota = read_retry_after(values, date), read_rate_limit(values)
        if (wait is not None and not 0 <= wait < math.inf) or (quota is not None and not min(quota) >= 0):
            raise ValueError(f"read {wait} and {quota}")
        read_response(call, http)

    return run, sum(map(len, values))


def _case_of_times(source: random.Random) -> tuple[Callable[[], object], int]:
    if source.random() < 0.5:
        characters = [*source.choice((*TIMES, *ODD_TIMES))]
        for _ in range(source.choice((0, 1, 2, 4))):
            place = source.randrange(len(characters) + 1)
            characters[place : place + source.choice((0, 1))] = [source.choice(TIME_WORDS)]
        text = "".join(characters)
    else:
        text = "".join(source.choice(TIME_WORDS) for _ in range(source.choice((1, 8, 20, 25, 400))))
    result: Any = {**BARE, source.choice(("created_on", "modified_on")): text}
    if source.random() < 0.5:
        result = {**REPORT, "data": [], "time_intervals": [[TIMES[0], text], [text]]}
    body = json.dumps({"success": True, "result": source.choice((result, [result]))}).encode()
    http = HTTPResponse(status=200, headers=_headers(source), body=body)
    call = source.choice(CALLS)

    def run() -> None:
        try:
            if read_date_time(text).tzinfo is not UTC:
                raise TypeError(f"{text} was read with another time zone")
        except ConversionError:
            pass
        str(read_response(call, http))

    return run, len(body)


def _case_of_arguments(source: random.Random) -> tuple[Callable[[], object], int]:
    route = source.choice(ROUTES)
    good = {"zone_id": ZONE, "app_id": APP, "time_delta": "hour"}
    wrong = source.choice((0.1, 0.3, 0.9))

    def value(name: str) -> Any:
        return source.choice(ARGUMENTS) if name not in good or source.random() < wrong else good[name]

    fields = [field.name for field in attrs.fields(AppRequest)]
    app = {"protocol": "tcp/22", "dns": DNS(name="a.example.com"), "origin_direct": ["tcp://192.0.2.1:22"]}
    app |= {source.choice(fields): source.choice(ARGUMENTS) for _ in range(source.choice((0, 1, 2, 8)))}
    body = AppRequest(**app) if source.random() < 0.9 else source.choice(ARGUMENTS)
    arguments: dict[str, dict[str, object]] = {
        "path": {each.name: value(each.name) for each in route.path_parameters},
        "query": {
            each.name: value(each.name) if source.random() < 0.5 else good.get(each.name) for each in route.query
        },
    }

    def run() -> None:
        target, content = build_request(route, **arguments, body=body)
        if not target.isascii() or not target.isprintable():
            raise ValueError(f"the target is {target!r}")
        json.loads(content or b"0")

    return run, 0


KINDS: Final[dict[str, Callable[[random.Random], tuple[Callable[[], object], int]]]] = {
    "responses": _case_of_responses,
    "headers": _case_of_headers,
    "times": _case_of_times,
    "arguments": _case_of_arguments,
    "states": case_of_states,
}
"""What makes a case of each kind: a function to run, and the size of what it reads."""


@attrs.frozen
class Outcome:
    """What came of a number of cases."""

    cases: int
    """How many there were."""

    results: int
    """How many were read without an error."""

    slowest: float
    """Seconds of CPU time that the slowest took."""

    size: int
    """The bytes that it read."""


def fuzz(kind: str, cases: int, seed: int) -> Iterator[Outcome]:
    """Run cases, and say now and then what came of them so far.

    Raises:
        AssertionError: A case raised something else than an error of ours, or took too long; it says which.
    """
    make = KINDS[kind]
    results, slowest, size = 0, 0.0, 0
    for number in range(cases):
        run, length = make(random.Random(f"{seed} {kind} {number}"))  # noqa: S311 - no secret
        taken = math.inf
        most = MOST_PER_MEBIBYTE * max(1.0, length / (1 << 20))
        for _ in range(3):  # machines are not quiet
            start = time.process_time()
            try:
                run()
                is_result = True
            except SpectrumError as error:
                str(error)
                is_result = False
            except Exception as error:
                raise AssertionError(f"{kind}, seed {seed}, case {number}: {type(error).__name__}: {error}") from error
            taken = min(taken, time.process_time() - start)
            if taken <= most:
                break
        if taken > most:
            raise AssertionError(f"{kind}, seed {seed}, case {number} took {taken:.3f} s for {length:,} bytes")
        results += is_result
        if taken > slowest:
            slowest, size = taken, length
        if (number + 1) % 25_000 == 0 or number + 1 == cases:
            yield Outcome(number + 1, results, slowest, size)
