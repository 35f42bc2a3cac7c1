"""Every public class: its objects come back from a pickle and from a deep copy, or an error says what to do instead."""

import copy
import importlib
import inspect
import pickle
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from aiospectrum import (
    DNS,
    App,
    AppRequest,
    AttemptEnded,
    AttemptStarted,
    Bandwidth,
    Client,
    CurrentAggregate,
    DeletedApp,
    EdgeIPs,
    ErrorDetail,
    FileLimiter,
    Filter,
    Limiter,
    OriginDNS,
    Page,
    Problem,
    Protocol,
    RateLimit,
    RedisLimiter,
    ReportByTime,
    ReportQuery,
    ReportSummary,
    Response,
    ResultInfo,
    RetryPolicy,
    SpectrumError,
    Timeouts,
    TooLateError,
    Unchecked,
    UncheckedInteger,
    Zone,
    ZoneTotals,
    ZoneUsage,
    apps,
    bulk,
    checks,
    errors,
    models,
    routes,
    sandbox,
    structs,
    transport,
)
from aiospectrum._generated.apps import LIST_APPS
from aiospectrum.client import BaseClient
from tests.conftest import APP, TOKEN, ZONE

MODULES = (
    "",
    ".apps",
    ".bulk",
    ".checks",
    ".client",
    ".endpoints",
    ".errors",
    ".hooks",
    ".models",
    ".otel",
    ".policies",
    ".prometheus",
    ".routes",
)
MODULES += (".limiters", ".sandbox", ".structs", ".transport")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = bulk.Window(since=NOON, until=NOON + timedelta(hours=1))
TASK = bulk.Task(zone_id=ZONE, window=WINDOW)
PLAN = bulk.Plan(
    zones=[ZONE], since=WINDOW.since, until=WINDOW.until, query=bulk.Query(time_delta="hour", metrics=["count"])
)
WANTED = apps.Desired.to_delete(ZONE, name="ssh.example.com", protocol="tcp/22")
HEADERS = CIMultiDictProxy(CIMultiDict([("Set-Cookie", "a=1"), ("CF-Ray", "8f2a"), ("set-cookie", "b=2")]))
STARTED = AttemptStarted(operation="list_apps", method="GET", route="/x", url="https://a.example/x", attempt=1)


def file_limiter() -> FileLimiter:
    with TemporaryDirectory() as folder:
        return FileLimiter(f"{folder}/limit")


def redis_limiter() -> RedisLimiter:
    pytest.importorskip("redis")
    return RedisLimiter("redis://127.0.0.1")


def failure() -> errors.RateLimitError:
    """An error with all that one can have."""
    error = errors.RateLimitError(
        "answered 429",
        method="GET",
        url="https://a.example/x",
        status=429,
        errors=[ErrorDetail(code=1, message="no", error_chain=(ErrorDetail(code=2),))],
        ray_id="8f2a",
        body_excerpt="{}",
        attempts=3,
    )
    error.retry_after, error.wait, error.was_sent = 30.0, 31.5, True
    error.add_note("a note")
    return error


def caused() -> errors.AmbiguousWriteError:
    error = errors.AmbiguousWriteError("it may have taken effect", method="POST", attempts=1)
    error.__cause__ = failure()
    return error


def stored() -> bulk.StorageError:
    error = bulk.StorageError("the disk is full")
    error.__cause__ = OSError(28, "No space left on device", "/data")
    return error


def response(**changes: Any) -> Response[Any]:
    values: dict[str, Any] = {
        "route": LIST_APPS,
        "url": "https://a.example/x",
        "result": [DeletedApp(id=APP)],
        "status": 200,
        "headers": HEADERS,
        "messages": (ErrorDetail(message="hello"),),
        "result_info": ResultInfo(page=1),
        "attempts": 2,
    }
    return Response(**{**values, **changes})


def read(cls: type[Any], **values: object) -> Any:
    """A model, as the converter reads it."""
    return models_converter.structure(values, cls)


models_converter = importlib.import_module("aiospectrum").make_converter()
REPORT: dict[str, Any] = {
    "data": [{"dimensions": [APP], "metrics": [5]}],
    "data_lag": 0,
    "rows": 1,
    "min": {"count": 5},
    "max": {"count": 5},
    "totals": {"count": 5},
    "query": {
        "metrics": ["count"],
        "dimensions": ["appID"],
        "since": "2026-11-20T12:00:00Z",
        "until": "2026-11-20T12:59:59Z",
    },
}
BYTIME = {
    **REPORT,
    "data": [{"dimensions": [APP], "metrics": [[5]]}],
    "time_intervals": [["2026-11-20T12:00:00Z", "2026-11-20T12:59:59Z"]],
}
WIRE_APP = {
    "id": APP,
    "protocol": "tcp/22",
    "dns": {"type": "CNAME", "name": "a.example"},
    "created_on": "2026-11-20T12:00:00Z",
}

USED = ZoneUsage(zone_id=ZONE, totals=ZoneTotals(bandwidth=Bandwidth(all=3, egress=1, ingress=2)))

KEPT: dict[type[Any], Callable[[], Any]] = {
    App: lambda: read(App, **WIRE_APP, modified_on="2026-11-20T12:00:00Z"),
    AppRequest: lambda: AppRequest(protocol="tcp/22", dns=DNS(name="a.example"), origin_direct=["tcp://192.0.2.1:22"]),
    AttemptEnded: lambda: AttemptEnded(
        started=STARTED, status=None, duration=1.5, body_bytes=0, ray_id=None, error=failure(), was_cancelled=False
    ),
    AttemptStarted: lambda: STARTED,
    CurrentAggregate: lambda: CurrentAggregate(
        app_id=APP, bytes_egress=1, bytes_ingress=2, connections=3, duration_avg=4.5
    ),
    DNS: lambda: DNS(name="a.example", type="CNAME"),
    DeletedApp: lambda: DeletedApp(id=APP),
    EdgeIPs: lambda: EdgeIPs(type="static", ips=["192.0.2.1"]),
    ErrorDetail: lambda: ErrorDetail(code=1, message="no", error_chain=(ErrorDetail(code=2),)),
    OriginDNS: lambda: OriginDNS(name="a.example", ttl=600),
    Page: lambda: Page(items=[DeletedApp(id=APP)], page=2, total_count=5),
    Protocol: lambda: read(Protocol, name="ssh", port=22),
    Zone: lambda: read(Zone, id=ZONE, name="example.com", account={"id": APP}),
    Bandwidth: lambda: USED.totals.bandwidth,
    ZoneTotals: lambda: USED.totals,
    ZoneUsage: lambda: USED,
    models.ZoneAccount: lambda: read(models.ZoneAccount, id=APP, name="Example"),
    RateLimit: lambda: RateLimit(requests=5),
    ReportByTime: lambda: read(ReportByTime, **BYTIME),
    models.ReportByTimeRow: lambda: read(ReportByTime, **BYTIME).data[0],
    ReportQuery: lambda: read(ReportByTime, **BYTIME).query,
    ReportSummary: lambda: read(ReportSummary, **REPORT),
    models.ReportSummaryRow: lambda: read(ReportSummary, **REPORT).data[0],
    Response: response,
    ResultInfo: lambda: ResultInfo(page=1, total_count=5),
    RetryPolicy: lambda: RetryPolicy(max_attempts=2),
    Timeouts: lambda: Timeouts(total=5),
    Filter: lambda: Filter("event==connect;coloName!=SFO"),
    Unchecked: lambda: Unchecked("quantum"),
    UncheckedInteger: lambda: UncheckedInteger(5),
    apps.Applied: lambda: apps.Applied(change=KEPT[apps.Change](), status="failed", error=errors.SpectrumError("no")),
    apps.ApplyError: lambda: apps.ApplyError("no", outcomes=[KEPT[apps.Applied]()]),
    apps.Change: lambda: apps.Change(action="delete", desired=WANTED, zone_id=ZONE, app_id=APP, before={"id": APP}),
    apps.Desired: lambda: WANTED,
    apps.Difference: lambda: apps.Difference(field="tls", wanted="full", found="off"),
    apps.Ensured: lambda: apps.Ensured(app=KEPT[App](), done="created"),
    apps.ZonesError: lambda: apps.ZonesError("no", errors={ZONE: errors.SpectrumError("no")}),
    bulk.Alert: lambda: KEPT[bulk.Observation]().alert("a", begins=True, value=3, threshold=2, text="many"),
    bulk.Observation: lambda: bulk.Observation(
        zone_id=ZONE, app_id=APP, time=NOON, aggregates=(), events={"connect": 3}, error=failure()
    ),
    bulk.Rule: lambda: bulk.Rule(name="a", step=divmod, per="app"),
    bulk.Outcome: lambda: bulk.Outcome(task=TASK, window=WINDOW, report=read(ReportSummary, **REPORT), is_last=True),
    bulk.Plan: lambda: PLAN,
    bulk.PlanDiff: lambda: PLAN.diff(attrs.evolve(PLAN, zones=["f" * 32])),
    bulk.Progress: lambda: bulk.Progress(total=5, done=1),
    bulk.Query: lambda: PLAN.query,
    bulk.Round: lambda: bulk.Round(
        tick=NOON,
        lag=0.5,
        aggregates={ZONE: (KEPT[CurrentAggregate](),)},
        errors={APP: failure()},
        missed=0,
        alerts=(KEPT[bulk.Alert](),),
    ),
    bulk.SaveFailure: lambda: bulk.SaveFailure(zone_id=ZONE, window=WINDOW, error="no"),
    bulk.SaveProgress: lambda: bulk.SaveProgress(total=5, rows=7),
    bulk.Saved: lambda: bulk.Saved(
        folder="d/data",
        total=1,
        skipped=0,
        done=0,
        filling=0,
        not_begun=0,
        refreshed=0,
        failed=(KEPT[bulk.SaveFailure](),),
        rows=1,
        bytes=2,
        odd_lags=0,
        stopped=True,
    ),
    Problem: lambda: Problem(
        code="tls-transport", field="app.tls", problem="no", remedy="off", link="https://a.example"
    ),
    bulk.Problem: lambda: bulk.Problem(path="data/a", kind="foreign", text="is not known"),
    bulk.Verified: lambda: bulk.Verified(files=1, rows=2, problems=(KEPT[bulk.Problem](),)),
    bulk.Repaired: lambda: bulk.Repaired(problems=(KEPT[bulk.Problem](),), set_aside=("state/a",), windows=3),
    bulk.Deleted: lambda: bulk.Deleted(windows=1, rows=2, removed=3, rewritten=4),
    bulk.Extended: lambda: bulk.Extended(query=PLAN.query, windows=1, rewritten=2),
    bulk.UpkeepProgress: lambda: bulk.UpkeepProgress(total=2, done=1),
    bulk.TableOutcome: lambda: bulk.TableOutcome(task=TASK, window=WINDOW, rounded=("count",), is_last=True),
    bulk.Task: lambda: TASK,
    bulk.TruncatedError: lambda: bulk.TruncatedError("cut off", report=read(ReportSummary, **REPORT)),
    bulk.Window: lambda: WINDOW,
    checks.Array: lambda: checks.Array(items=checks.Flag(), expected="flags"),
    checks.DateTime: checks.DateTime,
    checks.Flag: checks.Flag,
    checks.Integer: lambda: checks.Integer(minimum=1),
    checks.Number: lambda: checks.Number(expected="a number"),
    checks.Object: lambda: LIST_APPS_BODY,
    checks.OneOf: lambda: checks.OneOf(options=(checks.Flag(), checks.Integer()), expected="a flag or a number"),
    checks.Text: lambda: checks.Text(pattern="^a", expected="an a"),
    TooLateError: lambda: TooLateError(2.5),
    errors.AmbiguousWriteError: caused,
    errors.InvalidArgumentError: lambda: errors.InvalidArgumentError("no", field="a", value="5", hint="try six"),
    errors.RateLimitError: failure,
    bulk.StorageError: stored,
    routes.API: lambda: routes.API(base_url="https://a.example", schemes=("api_token",)),
    routes.Body: lambda: routes.Body(name="app", check=checks.Flag()),
    routes.PathParameter: lambda: LIST_APPS.path_parameters[0],
    routes.QueryParameter: lambda: LIST_APPS.query[0],
    routes.Route: lambda: LIST_APPS,
    sandbox.Faults: lambda: sandbox.Faults(error_rate=0.5),
    sandbox.RateLimit: lambda: sandbox.RateLimit(),
    sandbox.RecordedRequest: lambda: sandbox.RecordedRequest(method="GET", path="/", query="", status=200),
}
"""How an object of each class is made that is kept by a pickle; errors that are not here are made of a message."""

LIST_APPS_BODY = importlib.import_module("aiospectrum._generated.checks").APP_REQUEST

REFUSED: dict[type[Any], tuple[Callable[[], Any], str]] = {
    BaseClient: (lambda: Client(api_token=TOKEN), "make a client where it is used"),
    Client: (lambda: Client(api_token=TOKEN), r"or use with_options\(\)"),
    FileLimiter: (file_limiter, "give this one to each client, or pickle its limit"),
    RedisLimiter: (redis_limiter, "give this one to each client, or pickle its limit"),
    Limiter: (Limiter, "give this one to each client, or pickle its limit"),
    bulk.Dataset: (lambda: bulk.Dataset.__new__(bulk.Dataset), r"open_dataset\(\) where it is used"),
    bulk.Pull: (lambda: bulk.pull(Client(api_token=TOKEN), PLAN), "pickle its plan, and pull that elsewhere"),
    sandbox.Sandbox: (sandbox.Sandbox, "hand its url and api_token on, or make another one of the same seed"),
    transport.Namespace: (lambda: Client(api_token=TOKEN).apps, "make a client where it is used"),
    transport.Nested: (
        lambda: vars(importlib.import_module("aiospectrum._generated.namespaces").Namespaces)["zones"],
        "part",
    ),
}
"""How an object of each other class is made, and what the error says to do."""


NO_OBJECTS = (str, structs.Sent, structs.SentOnly, apps.AppChanges)
"""An alias, bases of models, and a dict."""


def public_classes() -> list[type[Any]]:
    """Every class that a public module exports, protocols and bases aside; one namespace is like the other."""
    found: dict[type[Any], None] = {}
    for path in MODULES:
        module = importlib.import_module(f"aiospectrum{path}")
        for value in (getattr(module, name) for name in module.__all__):
            if inspect.isclass(value) and not getattr(value, "_is_protocol", False) and value not in NO_OBJECTS:
                if issubclass(value, transport.Namespace) and value is not Client:
                    value = transport.Namespace
                found[value] = None
    return list(found)


CLASSES = public_classes()


def make(cls: type[Any]) -> Any:
    if cls in KEPT:
        return KEPT[cls]()
    assert issubclass(cls, SpectrumError), f"a public class that is not in the tables of this test: {cls.__name__}"
    return cls("a message")


def essence(value: Any) -> Any:
    """Everything of an object that matters, where errors and what holds them are equal to themselves alone."""
    if isinstance(value, BaseException):
        found = {name: essence(each) for name, each in vars(value).items()}
        return type(value), value.args, found, essence(value.__cause__)
    if isinstance(value, Mapping):
        return {key: essence(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(essence, value))
    if isinstance(value, (apps.Applied, bulk.Round, bulk.Observation, AttemptEnded)):
        return {field.name: essence(getattr(value, field.name)) for field in attrs.fields(type(value))}
    return value


def _pickled(number: int, value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, number))  # noqa: S301 - our own


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {number}": partial(_pickled, number) for number in (0, 2, 5)},
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls not in REFUSED], ids=lambda cls: cls.__name__)
def test_what_is_kept(cls: type[Any], how: str) -> None:
    """The other object is equal, errors with every attribute, note and cause."""
    made = make(cls)
    assert isinstance(made, cls)
    copied = COPIES[how](made)
    assert type(copied) is type(made)
    assert essence(copied) == essence(made)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("cls", REFUSED, ids=lambda cls: cls.__name__)
async def test_what_is_refused(cls: type[Any], how: str) -> None:
    """The error says what to do instead; nothing gets two owners, and no credential leaves the process."""
    make_it, advice = REFUSED[cls]
    made = make_it()
    if cls is transport.Namespace and how == "copy":
        return  # another one over the same client
    with pytest.raises(TypeError, match=advice):
        COPIES[how](made)


@pytest.mark.parametrize("how", [how for how in COPIES if how != "copy"])
def test_a_response_is_looked_up_as_before(how: str) -> None:
    """Names of headers are compared without regard to case, repeated ones are all there, and the route is the same."""
    copied = COPIES[how](response())
    assert (copied.ray_id, copied.headers["SET-COOKIE"], copied.headers.getall("set-cookie")) == (
        "8f2a",
        "a=1",
        ["a=1", "b=2"],
    )
    assert copied.route is LIST_APPS
    assert repr(copied) == repr(response())


def test_a_response_of_a_route_that_is_nowhere() -> None:
    """Copies have it; a pickle could not find it again, and says so."""
    route: routes.Route[Any] = routes.Route(name="get_it", method="GET", path="/", result=str, safe_to_repeat=True)
    made = response(route=route, headers={"CF-Ray": "8f2a"})
    assert copy.deepcopy(made).route is route
    with pytest.raises(TypeError, match="expected the route get_it as GET_IT of a module: pickle what a call returned"):
        pickle.dumps(made)


def test_a_page_holds_nothing_but_its_items() -> None:
    """No client, and no credential of one, goes into its pickle."""
    page = transport.to_page(response(headers={"Authorization": TOKEN}))
    assert TOKEN.encode() not in pickle.dumps(page)


def test_a_round_is_read_only() -> None:
    """Also one that comes from a pickle, or of a program's own."""
    made = KEPT[bulk.Round]()
    for each in (made, _pickled(5, made)):
        with pytest.raises(TypeError):
            each.aggregates[ZONE] = ()


async def test_an_open_client_is_refused_too() -> None:
    """Its session and its loop are no reason to fail in another way."""
    async with Client(api_token=TOKEN) as client:
        for value in (client, client.apps, client.apps.list, client.with_options(timeout=1)):
            with pytest.raises(TypeError, match="make a client where it is used"):
                pickle.dumps(value)
