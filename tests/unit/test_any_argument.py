"""Whatever is given for an argument, no error but ours leaves a call."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from aiospectrum import (
    DNS,
    App,
    AppRequest,
    Client,
    EdgeIPs,
    FileLimiter,
    InvalidArgumentError,
    Limiter,
    RateLimit,
    RedisLimiter,
    ReportSummary,
    ReportSummaryRow,
    RetryPolicy,
    SpectrumError,
    Timeouts,
    configure_converter,
    endpoints,
    make_converter,
    models,
)
from aiospectrum._http.request import build_request
from aiospectrum.bulk import (
    Plan,
    Query,
    Rule,
    catch_up,
    connections_jump,
    connections_vanish,
    delete_before,
    pull,
    save,
    share_above,
    value_above,
    watch,
    zone_fails,
)
from tests.conftest import APP, TOKEN, ZONE
from tests.odd_values import MAKERS

SINCE: Final = datetime(2026, 11, 18, tzinfo=UTC)
UNTIL: Final = datetime(2026, 11, 20, tzinfo=UTC)
QUERY: Final = Query(time_delta="hour", metrics=["count"])
PLAN: Final = Plan(zones=[ZONE], since=SINCE, until=UNTIL, query=QUERY)
REQUEST: Final = AppRequest(protocol="tcp/22", dns=DNS(name="a.example"), origin_direct=["tcp://192.0.2.1:22"])
VALUES: Final = {"protocol": "tcp/22", "dns": {"name": "a.example"}, "origin_direct": ["tcp://192.0.2.1:22"]}
TIME: Final = "2014-01-02T02:20:00Z"
READ: Final = {**VALUES, "id": APP, "created_on": TIME, "modified_on": TIME, "edge_ips": {"type": "dynamic"}}
MODELS: Final = sorted(
    {value for value in vars(models).values() if isinstance(value, type) and attrs.has(value)},
    key=lambda model: model.__name__,
)


class Built(Exception):  # noqa: N818 - it is none
    """A request was built, which is as far as it goes here."""


class Building:
    """A transport that sends nothing."""

    async def send(self, route: Any, *, path: Any, query: Any, body: object = None) -> Any:
        """Build the request."""
        build_request(route, path=path, query=query, body=body)
        raise Built


class Sending:
    """A transport that has nothing to send over."""

    async def send(self, route: Any, *, path: Any, query: Any, body: object = None) -> Any:
        """Build the request, and end the call."""
        build_request(route, path=path, query=query, body=body)
        raise SpectrumError("built")


@attrs.frozen
class Theirs:
    """A class of a user's own."""

    number: int
    app: App
    dns: DNS | None = None


async def _call(name: str, /, **arguments: Any) -> None:
    result = getattr(endpoints, name)(Building(), **arguments)
    if inspect.isawaitable(result):
        await result
    else:
        await anext(result)


async def _pull(**arguments: Any) -> None:
    async for _ in pull(**arguments):
        pass


async def _watch(**arguments: Any) -> None:
    async for _ in watch(**arguments):
        break


async def _no_wait(_: float) -> None:
    """Wait no time."""


def _read(model: Any, values: Any) -> None:
    make_converter().structure(values, model)


def _reading(model: Any) -> Callable[..., None]:
    return lambda values: _read(model, values)


def _write(value: Any) -> None:
    make_converter().unstructure(value)


def _summary(**changes: Any) -> Any:
    return ReportSummary(**{"data_lag": 0, "rows": 1, "data": [ReportSummaryRow(metrics=[1])], **changes})


ARGUMENTS: Final[dict[str, dict[str, Any]]] = {
    name: {
        each: {"zone_id": ZONE, "app_id": APP, "app": REQUEST, "time_delta": "hour", "per_page": 50}.get(each)
        for each in list(inspect.signature(getattr(endpoints, name)).parameters)[1:]
    }
    for name in endpoints.__all__
    if name[0].islower()
}
"""Good arguments of each endpoint function."""
CLIENT: Final = {name: None for name in inspect.signature(Client.__init__).parameters if name != "self"} | {
    "api_token": TOKEN,
    "connector_limit": 5,
    "max_body_bytes": 1000,
    "allow_http": False,
}
CALLS: Final[dict[str, tuple[Callable[..., Any], dict[str, Any]]]] = {
    **{name: (lambda _name=name, **given: _call(_name, **given), good) for name, good in ARGUMENTS.items()},
    "Client": (Client, CLIENT),
    "from_env": (Client.from_env, {"environ": {"CLOUDFLARE_API_TOKEN": TOKEN}, "base_url": None, "timeout": 5}),
    "from_env with odd variables": (
        lambda **given: Client.from_env({"CLOUDFLARE_API_TOKEN": TOKEN, **given}),
        {"CLOUDFLARE_BASE_URL": "", "CLOUDFLARE_EMAIL": "", "CLOUDFLARE_API_TOKEN": TOKEN},
    ),
    "with_options": (Client(api_token=TOKEN).with_options, {"timeout": 5, "retry": None, "rate_limit": None}),
    "RetryPolicy": (RetryPolicy, attrs.asdict(RetryPolicy())),
    "RateLimit": (RateLimit, attrs.asdict(RateLimit())),
    "Timeouts": (Timeouts, attrs.asdict(Timeouts())),
    "Limiter": (Limiter, {"limit": None}),
    "RedisLimiter": (
        RedisLimiter,
        {"url": "redis://127.0.0.1", "limit": None, "name": "a", "when_gone": "fail", "timeout": 2.0},
    ),
    "Query": (Query, {"kind": "bytime", **attrs.asdict(QUERY)}),
    "Plan": (Plan, {"zones": [ZONE], "since": SINCE, "until": UNTIL, "query": QUERY, "window": "day"}),
    "Plan.last": (
        lambda **given: Plan.last(given.pop("length"), **given),
        {"length": UNTIL - SINCE, "zones": [ZONE], "query": QUERY, "window": "day"},
    ),
    "Plan.shard": (PLAN.shard, {"index": 0, "count": 1, "by": "zone"}),
    "Plan.diff": (PLAN.diff, {"other": PLAN}),
    "Plan.from_json": (Plan.from_json, {"text": PLAN.to_json()}),
    "pull": (_pull, {"client": Sending(), "plan": PLAN, "concurrency": 2, "fail_fast": True, "rate_limit_timeout": 1}),
    "pull with a hook": (_pull, {"client": Sending(), "plan": PLAN, "on_progress": None, "max_tasks": 9}),
    "pull later": (lambda **given: pull(Sending(), PLAN, **given), {"sleep": _no_wait}),
    "watch later": (lambda **given: watch(Sending(), [ZONE], **given), {"sleep": _no_wait, "clock": lambda: 0.0}),
    "watch": (_watch, {"client": Sending(), "zones": [ZONE], "every": 0.01, "concurrency": 1}),
    "watch with rules": (
        lambda **given: watch(Sending(), [ZONE], **given),
        {"rules": [zone_fails()], "events_over": 300},
    ),
    "Rule": (Rule, {"name": "a", "step": lambda state, seen: (state, None), "per": "app", "needs_events": False}),
    "zone_fails": (zone_fails, {"times": 3, "name": "a"}),
    "share_above": (
        share_above,
        {"event": "originError", "above": 0.2, "clears_below": 0.1, "least": 9, "times": 1, "per": "app", "name": None},
    ),
    "value_above": (
        value_above,
        {"name": "a", "measure": len, "above": 5, "clears_below": 1, "times": 1, "per": "app", "needs_events": True},
    ),
    "connections_jump": (
        connections_jump,
        {"above": 3, "clears_below": 2, "floor": 9, "over": 9, "times": 1, "per": "app", "name": "a"},
    ),
    "connections_vanish": (
        connections_vanish,
        {"below": 0.1, "clears_above": 0.2, "floor": 9, "over": 9, "times": 1, "per": "app", "name": "a"},
    ),
    **{f"read {model.__name__}": (_reading(model), {"values": {}}) for model in MODELS},
    "read a list": (_reading(list[App]), {"values": [READ]}),
    "read a class of theirs": (_reading(Theirs), {"values": {"number": 1, "app": READ}}),
    "read fields": (
        lambda **given: _read(AppRequest, given),
        {**VALUES, "edge_ips": {}, "origin_port": 1, "tls": "off"},
    ),
    "read read fields": (lambda **given: _read(App, given), READ),
    "read in lists": (lambda **given: _read(list[App], [given, {**READ, **given}]), READ),
    "read theirs": (lambda **given: _read(Theirs, given), {"number": 1, "app": READ, "dns": {}}),
    "read inner": (lambda **given: _read(AppRequest, {**VALUES, "dns": given}), {"name": "a.example", "type": "CNAME"}),
    "write": (_write, {"value": REQUEST}),
    "write fields": (lambda **given: _write(AppRequest(**given)), attrs.asdict(REQUEST, recurse=False)),
    "write inner": (
        lambda **given: _write(attrs.evolve(REQUEST, edge_ips=EdgeIPs(**given))),
        {"type": "static", "connectivity": None, "ips": ["192.0.2.1"]},
    ),
    "write a report": (lambda **given: _write(_summary(**given)), {"rows": 1, "data": [], "totals": {}, "query": {}}),
    "write theirs": (lambda **given: _write(Theirs(**given)), {"number": 1, "app": None}),
    "configure_converter": (configure_converter, {"converter": make_converter()}),
    "from_app": (AppRequest.from_app, {"app": make_converter().structure(READ, App)}),
    "records": (_summary().records, {"metrics": ["count"], "dimensions": []}),
}
"""What is called, and good arguments for it."""
THEIRS: Final = {
    *((name, kind) for name in ("on_progress", "on_attempt") for kind in ("class", "raising", "type")),
    *(("client", kind) for kind in ("mock", "mock of a text", "async mock")),
}
"""Functions and transports of the caller that are called as they ought to be, and raise errors of their own."""


async def _outcome(call: Callable[..., Any], arguments: dict[str, Any]) -> BaseException | None:
    try:
        result = call(**arguments)
        if inspect.isawaitable(result):
            await result
    except (Exception, asyncio.CancelledError) as error:  # whatever it is, the test looks at it
        return error
    return None


def _cases() -> Iterator[Any]:
    for name, (call, good) in CALLS.items():
        yield pytest.param(call, good, id=name)


@pytest.mark.parametrize(("call", "good"), list(_cases()))
async def test_only_our_errors_leave(call: Callable[..., Any], good: dict[str, Any]) -> None:
    """Each argument in turn is each odd value: the call takes it, or refuses it by an error of the tree."""
    wrong = {}
    for name in good:
        for kind, make in MAKERS.items():
            error = await _outcome(call, {**good, name: make()})
            is_theirs = (name, kind) in THEIRS
            if error is not None and not isinstance(error, (SpectrumError, Built)) and not is_theirs:
                wrong[f"{name}={kind}"] = repr(error)[:200]
            elif isinstance(error, SpectrumError) and len(str(error)) > 2000:
                wrong[f"{name}={kind}"] = f"a text of {len(str(error))} characters"
    assert wrong == {}


@pytest.mark.parametrize("name", ["save", "catch_up"])
async def test_only_our_errors_leave_save(tmp_path: Path, name: str) -> None:
    """So does saving a plan, which is tried apart as it writes."""
    pytest.importorskip("pyarrow")
    call = {"save": save, "catch_up": catch_up}[name]
    good = {"client": Sending(), "plan": PLAN, "destination": tmp_path / "d", "format": "csv", "concurrency": 1}
    good |= {"settle_after": UNTIL - SINCE, "fresh_rows": True, "memory": 64 << 20, "max_tasks": 99}
    good |= {"fail_fast": True, "stop": None, "on_progress": None, "storage_options": None}
    good |= {"zones": None} if name == "catch_up" else {}
    wrong = {}
    for argument in [argument for argument in good if argument != "destination"]:
        for kind, make in MAKERS.items():
            error = await _outcome(call, {**good, argument: make()})
            if error is not None and not isinstance(error, SpectrumError) and (argument, kind) not in THEIRS:
                wrong[f"{argument}={kind}"] = repr(error)[:200]
    assert wrong == {}


async def test_only_our_errors_leave_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does a limiter in a file, which is tried apart as it makes one."""
    monkeypatch.chdir(tmp_path)
    wrong = {}
    for name in ("path", "limit"):
        for kind, make in MAKERS.items():
            error = await _outcome(FileLimiter, {"path": tmp_path / "limit", name: make()})
            if error is not None and not isinstance(error, SpectrumError):
                wrong[f"{name}={kind}"] = repr(error)[:200]
    assert wrong == {}


CLOCKS: Final[dict[str, Callable[[Any, Path], Any]]] = {
    "Plan.last": lambda clock, folder: Plan.last(UNTIL - SINCE, zones=[ZONE], query=QUERY, clock=clock),
    "save": lambda clock, folder: save(Sending(), PLAN, folder, clock=clock),
    "catch_up": lambda clock, folder: catch_up(Sending(), folder, plan=PLAN, clock=clock),
    "watch": lambda clock, folder: _watch(client=Sending(), zones=[ZONE], clock=clock, sleep=_no_wait),
    "delete_before": lambda clock, folder: delete_before(folder, UNTIL - SINCE, clock=clock),
}
"""What has a clock of the caller's, and calls it."""
NO_CLOCKS: Final = [name for name in MAKERS if name not in ("zero", "negative", "fraction", "number enum")]


@pytest.mark.parametrize("name", CLOCKS)
async def test_what_a_clock_says(tmp_path: Path, name: str) -> None:
    """A clock that gives no seconds since 1970, such as ``datetime.now``, is refused by its name."""
    pytest.importorskip("pyarrow")
    wrong = {}
    for kind in NO_CLOCKS:
        error = await _outcome(CLOCKS[name], {"clock": MAKERS[kind], "folder": tmp_path})
        if not isinstance(error, InvalidArgumentError) or error.field != "clock":
            wrong[kind] = repr(error)[:200]
    assert wrong == {}


@pytest.mark.parametrize("seconds", [253_402_300_799, 253_402_300_799.5, -62_135_596_800])
@pytest.mark.parametrize("name", [name for name in CLOCKS if name != "watch"])  # which waits for its clock
async def test_the_first_and_the_last_second(tmp_path: Path, name: str, seconds: float) -> None:
    """A clock at the edges of what a datetime can be, beyond which intervals end or begin."""
    pytest.importorskip("pyarrow")
    error = await _outcome(CLOCKS[name], {"clock": lambda: seconds, "folder": tmp_path})
    assert error is None or isinstance(error, SpectrumError)


@pytest.mark.parametrize("kind", MAKERS)
def test_any_time_to_delete_before(tmp_path: Path, kind: str) -> None:
    """Whatever it is, an error of ours says so; there is no dataset here."""
    pytest.importorskip("pyarrow")
    with pytest.raises(SpectrumError):
        delete_before(tmp_path, MAKERS[kind]())
