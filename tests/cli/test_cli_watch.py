"""The current traffic, watched: how it looks, and the command."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from rich.console import Console

from aiospectrum import CurrentAggregate, SpectrumError
from aiospectrum.bulk import Round
from aiospectrum.cli.watch_view import WatchView, add_names, add_round, watch_lines, watch_screen
from aiospectrum.sandbox import Sandbox
from tests.cli.conftest import Interrupting

THEN = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)
A, B = "a" * 32, "b" * 32
EMPTY = WatchView(zones=(A, B), every=60, has_names=False)


def traffic(app: str, size: float, connections: float = 2) -> CurrentAggregate:
    return CurrentAggregate(
        app_id=app * 32, bytes_ingress=size, bytes_egress=2 * size, connections=connections, duration_avg=5
    )


def a_round(
    aggregates: Mapping[str, Sequence[CurrentAggregate]], *, minute: int = 0, missed: int = 0, bad: Sequence[str] = ()
) -> Round:
    return Round(
        tick=THEN + timedelta(minutes=minute),
        lag=0,
        aggregates={zone: tuple(each) for zone, each in aggregates.items()},
        errors={zone: SpectrumError("gone\x1b[31m") for zone in bad},
        missed=missed,
    )


def render(view: WatchView, *, width: int = 80, height: int = 24) -> list[str]:
    out = io.StringIO()
    moment = THEN + timedelta(seconds=26)
    console = Console(file=out, width=width, height=height, highlight=False)
    console.print(watch_screen(view, moment, width=width, height=height))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_rounds_add_up() -> None:
    """Each application has the history of its bytes, the busiest one first; who is not named any more is idle."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 10), traffic("2", 20)], B: [traffic("3", 30)]}))
    view = add_round(view, a_round({A: [traffic("1", 50)], B: [traffic("3", 5)]}, minute=1))
    assert [(app.zone_id, app.now.app_id[0], app.history) for app in view.apps] == [
        (A, "1", (30, 150)),
        (B, "3", (90, 15)),
        (A, "2", (60, 0)),
    ]


def test_a_zone_that_fails_stays_as_it_was() -> None:
    """Its last traffic is kept, and its error is shown until it responds again."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 10)]}))
    broken = add_round(view, a_round({}, minute=1, bad=[A]))
    assert broken.apps == view.apps
    assert broken.errors == {A: "gone\x1b[31m"}
    assert add_round(broken, a_round({A: []}, minute=2)).errors == {}


def test_an_idle_application_is_forgotten_after_an_hour() -> None:
    """Sixty rounds are remembered; without any traffic in them there is nothing to show, unless the zone names it."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 10), traffic("2", 0)]}))
    for minute in range(1, 61):
        view = add_round(view, a_round({A: [traffic("2", 0)]}, minute=minute))
    assert [(app.now.app_id[0], len(app.history)) for app in view.apps] == [("2", 60)]


def test_the_screen_of_a_narrow_terminal() -> None:
    """Identifiers are short, which is said, rates are of a minute, and the bars are of the last rounds."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 6000)]}))
    view = add_round(view, a_round({A: [traffic("1", 120_000)], B: []}, minute=1, missed=1))
    assert render(view) == [
        "zone       app id     conns        in      in/s       out     out/s  traffic",
        "─" * 80,
        "aaaa…aaaa  1111…1111      2  120.0 kB  2.0 kB/s  240.0 kB  4.0 kB/s  ▁█",
        "… is cut: whole with --json",
        "round of 12:02:00 UTC (1 missed before it): 1 app in 2 zones; next round in 0:34",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_hosts_that_differ_in_the_middle_stay_apart(width: int) -> None:
    """Whatever the width; columns are left out for it, and named."""
    view = attrs.evolve(EMPTY, has_names=True)
    view = add_round(view, a_round({A: [traffic("1", 999_000_000)], B: [traffic("2", 5)]}))
    view = add_names(view, {"1" * 32: "shop.zone1.example.com", "2" * 32: "shop.zone2.example.com"}, {})
    lines = render(view, width=width)
    assert [sum(f"shop.zone{zone}" in line for line in lines) for zone in "12"] == [1, 1]
    lacking = [title for title in ("zone", "conns", "in", "in/s", "out") if title not in lines[0].split()]
    assert (", ".join(lacking) if lacking else "… is cut") in lines[-2]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_why_a_zone_failed_is_read_to_its_end(width: int) -> None:
    """It goes on in the next lines."""
    error = f"GET https://api.cloudflare.com/client/v4/zones/{A}/spectrum answered 403: 9109 Unauthorized; check it"
    view = attrs.evolve(add_round(EMPTY, a_round({B: [traffic("2", 5)]})), errors={A: error})
    lines = render(view, width=width)
    assert max(map(len, lines)) <= width
    assert "".join(f"aaaa…aaaa failed: {error}".split()) in "".join("".join(lines).split())


def test_the_screen_of_a_wide_terminal_has_whole_identifiers() -> None:
    """They can be copied from there."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 6000)]}))
    assert render(view, width=160)[2].startswith(f"{A}  {'1' * 32}  ")


def test_a_missing_number_is_a_dash() -> None:
    """It counts like zero in the order and in the bars."""
    view = add_round(EMPTY, a_round({A: [traffic("1", math.nan), traffic("2", 6000, math.nan)]}))
    assert [line.split() for line in render(view)[2:4]] == [
        ["aaaa…aaaa", "2222…2222", "-", "6.0", "kB", "100", "B/s", "12.0", "kB", "200", "B/s", "█"],
        ["aaaa…aaaa", "1111…1111", "2", "-", "-", "-", "-", "▁"],
    ]


def test_before_the_first_round_the_screen_says_when_it_is() -> None:
    """Nobody looks at an empty screen for a minute: it is under way, unless the rate limit has no room for it."""
    assert render(EMPTY) == ["2 zones; first round in 0:34"]
    assert render(attrs.evolve(EMPTY, at_once=True)) == ["2 zones; first round under way"]


@pytest.mark.parametrize("width", range(40, 201, 8))
def test_host_names_are_on_the_screen(width: int) -> None:
    """Beside identifiers, whatever the width; a name that has no room is shortened, as an identifier is."""
    view = attrs.evolve(EMPTY, has_names=True)
    view = add_round(view, a_round({A: [traffic("1", 123_456_789_000, 123_456), traffic("2", 0)]}))
    assert view.zones_to_name() == [A]
    view = add_names(view, {"1" * 32: "a-long-name.zone1.example.com"}, {})
    assert view.zones_to_name() == []
    lines = render(view, width=width)
    assert max(map(len, lines)) <= width
    line = next(line for line in lines if line.split()[0].startswith("a-lon") or " a-lon" in line)
    assert re.search(r"1111…1111|1{32}", line)
    if width >= 160:
        assert f"{A}  a-long-name.zone1.example.com  {'1' * 32}  123,456  " in line


def test_why_there_are_no_host_names_is_on_the_screen() -> None:
    """The traffic is shown all the same, and nobody asks again."""
    view = add_round(attrs.evolve(EMPTY, has_names=True), a_round({A: [traffic("1", 60)]}))
    view = add_names(view, {}, {A: SpectrumError("not permitted")})
    assert "without host names: not permitted" in render(view)
    assert view.zones_to_name() == []


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 10), (60, 6), (200, 50), (20, 3)])
def test_the_screen_fits(width: int, height: int) -> None:
    """Applications beyond the height are counted, of many failures some are shown, and nothing wraps."""
    zones = [f"{number:032x}" for number in range(30)]
    aggregates = {zone: [traffic("1", 999_950_000, 123_456)] for zone in zones[:25]}
    lines = render(add_round(EMPTY, a_round(aggregates, bad=zones[25:])), width=width, height=height)
    assert max(map(len, lines)) <= width
    assert len(lines) <= max(height, 10)
    if width >= 60:
        assert sum(" failed" in line for line in lines) == 4
        assert "\\x1b[31m" in "".join(lines)
        assert any("with less traffic" in line for line in lines) == (height < 50)


def test_a_file_gets_a_line_for_each_application() -> None:
    """Identifiers are whole there, and failures are lines as well."""
    view = add_round(EMPTY, a_round({A: [traffic("1", 6000)], B: [traffic("2", 0)]}))
    view = add_round(view, a_round({A: [traffic("1", 120_000)]}, minute=1, bad=[B]))
    ones = "1" * 32
    assert list(watch_lines(view)) == [
        f"2026-11-20T12:02:00Z  {A}  {ones}  -  2 connections  in 120.0 kB 2.0 kB/s  out 240.0 kB 4.0 kB/s  ▁█",
        f"2026-11-20T12:02:00Z  {B}  failed: gone\x1b[31m",
    ]


@pytest.fixture
def watching(cli: Any, time: Any) -> Any:
    """Return a command line on which minutes pass at once."""
    return partial(cli, "watch", time=time)


def test_rounds_are_lines_in_a_file(watching: Any, sandbox: Sandbox) -> None:
    """As many rounds as requested, a line for each application, with its host name; the first one at once."""
    outcome = watching("--zone", sandbox.zones[0], "--zone", sandbox.zones[1], "--rounds", "2")
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert len(lines) == 2 * 10
    assert {line.split()[1] for line in lines} == set(sandbox.zones[:2])
    assert {line.split()[0] for line in lines} == {"2024-05-08T12:30:00Z", "2024-05-08T12:31:00Z"}
    assert {line.split()[3] for line in lines} >= {"ssh.zone1.example", "dns.zone2.example"}
    assert sum(request.path.endswith("/apps") for request in sandbox.requests) == 2


def test_the_first_round_waits_where_the_limit_has_no_room_for_it(watching: Any, sandbox: Sandbox) -> None:
    """As many zones as the rate limit allows a round a minute are neither asked at once, nor for names."""
    zones = "\n".join([sandbox.zones[0], *(f"{number:032x}" for number in range(227))])
    outcome = watching("--zones-file", "-", "--rounds", "5", stdin=zones)
    ticks = {line.split()[0] for line in outcome.out.splitlines()}
    assert ticks == {f"2024-05-08T12:{minute}:00Z" for minute in range(31, 36)}
    assert len(sandbox.requests) == 5 * 228


def test_a_watch_without_the_right_to_list_applications(serve_results: Any, time: Any) -> None:
    """Host names are good to have."""
    now = {"appID": "a" * 32, "connections": 1, "bytesIngress": 0, "bytesEgress": 0, "durationAvg": 0}
    cli = serve_results({f"/zones/{A}/spectrum/analytics/aggregate/current": [now]})
    outcome = cli("watch", "--zone", A, "--rounds", "1", time=time)
    assert (outcome.status, outcome.out.split()[1:4]) == (0, [A, "a" * 32, "-"])
    assert outcome.err.startswith("without host names: GET ")


def test_rounds_are_redrawn_on_a_terminal(watching: Any, sandbox: Sandbox) -> None:
    """The table of the last round stays."""
    outcome = watching("--zone", sandbox.zones[0], "--rounds", "1", terminal=True, width=80)
    assert outcome.status == 0
    assert "traffic" in outcome.out
    assert "5 apps in 1 zone" in outcome.out


def test_a_zone_that_fails_in_the_last_round_is_1(watching: Any, sandbox: Sandbox) -> None:
    """It takes no other zone with it."""
    outcome = watching("--zone", sandbox.zones[0], "--zone", "0" * 32, "--rounds", "1")
    assert outcome.status == 1
    assert outcome.out.count("\n") == 6
    assert f"{'0' * 32}  failed: GET " in outcome.out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param([], "expected --zone", id="no zone"),
        pytest.param(["--zone", "x"], "--zone: expected the identifier of a zone, of 32", id="zone"),
        pytest.param(["--zone", A, "--every", "0"], "--every", id="every"),
        pytest.param(["--zone", A, "--rounds", "0"], "--rounds", id="rounds"),
        pytest.param(
            ["--zones-file", "-"], "--every: expected 79 seconds or more for 300 zones, as the rate", id="too many"
        ),
    ],
)
def test_bad_usage_asks_nothing(cli: Any, sandbox: Sandbox, argv: list[str], message: str) -> None:
    """It is one line, with status 2."""
    zones = "\n".join(f"{number:032x}" for number in range(300))
    outcome = cli("watch", *argv, stdin=zones)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert message in outcome.err
    assert sandbox.requests == []


def test_missing_credentials_are_named(bare_cli: Any) -> None:
    """As with every command."""
    outcome = bare_cli("watch", "--zone", A)
    assert (outcome.status, outcome.out) == (2, "")
    assert "CLOUDFLARE_API_TOKEN" in outcome.err


def test_few_rounds_of_many_zones_are_fine(watching: Any, sandbox: Sandbox) -> None:
    """What fits into the limit altogether is not refused."""
    zones = "\n".join(f"{number:032x}" for number in range(300))
    outcome = watching("--zones-file", "-", "--rounds", "1", stdin=zones)
    assert outcome.status == 1
    assert len(sandbox.requests) == 300


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_ctrl_c_is_a_normal_end(watching: Any, sandbox: Sandbox, terminal: bool) -> None:
    """As of every command that runs until then."""
    out = Interrupting("ssh.zone1.example")
    outcome = watching("--zone", sandbox.zones[0], "--every", "3600", terminal=terminal, out=out)
    assert (outcome.status, outcome.err.splitlines()[-1]) == (0, "stopped")
