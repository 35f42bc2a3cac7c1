"""Faults as values, and the draws of which request meets which."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from aiospectrum.sandbox import Faults, Sandbox
from aiospectrum.sandbox.faults import FaultInjector, InjectedFault
from aiospectrum.sandbox.responses import error_page

ALL_KINDS = Faults(error_rate=0.2, reset_rate=0.2, hang_rate=0.1, truncate_rate=0.1, throttle_rate=0.1)
MANY = 20_000


def draw(
    faults: Faults, count: int, *, seed: int = 0, monotonic: Callable[[], float] = lambda: 0.0
) -> list[InjectedFault]:
    injector = FaultInjector(faults, seed=seed, monotonic=monotonic)
    return [injector.draw() for _ in range(count)]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        pytest.param({"latency": -0.1}, "latency", id="negative latency"),
        pytest.param({"latency": float("nan")}, "latency", id="latency that is no number"),
        pytest.param({"latency": float("inf")}, "latency", id="endless latency"),
        pytest.param({"latency": True}, "latency", id="latency as a bool"),
        pytest.param({"latency": "1"}, "latency", id="latency as text"),
        pytest.param({"latency": (2, 1)}, "latency", id="range upside down"),
        pytest.param({"latency": (-1, 1)}, "latency", id="range from below zero"),
        pytest.param({"latency": (0, "x")}, "latency", id="range to text"),
        pytest.param({"latency": ("x", 1)}, "latency", id="range from text"),
        pytest.param({"latency": (1,)}, "latency", id="range of one"),
        pytest.param({"latency": (1, 2, 3)}, "latency", id="range of three"),
        pytest.param({"error_rate": -0.01}, "error_rate", id="negative rate"),
        pytest.param({"error_rate": 1.01}, "error_rate", id="rate above 1"),
        pytest.param({"error_rate": 10**400}, "error_rate", id="rate that no float holds"),
        pytest.param({"latency": 10**400}, "latency", id="latency that no float holds"),
        pytest.param({"reset_rate": "5%"}, "reset_rate", id="rate as text"),
        pytest.param({"hang_rate": None}, "hang_rate", id="no rate"),
        pytest.param({"truncate_rate": True}, "truncate_rate", id="rate as a bool"),
        pytest.param({"throttle_rate": float("nan")}, "throttle_rate", id="rate that is no number"),
        pytest.param({"error_statuses": ()}, "error_statuses", id="no statuses"),
        pytest.param({"error_statuses": 500}, "error_statuses", id="one bare status"),
        pytest.param({"error_statuses": (500, 404)}, "error_statuses", id="a status below 500"),
        pytest.param({"error_statuses": (600,)}, "error_statuses", id="a status above 599"),
        pytest.param({"error_statuses": "500"}, "error_statuses", id="statuses as text"),
        pytest.param({"reset_when": "during"}, "reset_when", id="another moment"),
        pytest.param({"reset_when": ["before"]}, "reset_when", id="moments"),
        pytest.param({"throttle_retry_after": -1}, "throttle_retry_after", id="negative wait"),
        pytest.param({"throttle_retry_after": 1.5}, "throttle_retry_after", id="wait with a fraction"),
        pytest.param({"storm_every": 0, "storm_lasts": 1}, "storm_every", id="storm without end"),
        pytest.param({"storm_every": 60, "storm_lasts": 0}, "storm_lasts", id="storm without length"),
        pytest.param({"storm_every": 60, "storm_lasts": "5"}, "storm_lasts", id="storm of text"),
        pytest.param({"storm_every": 60}, "storm_lasts", id="storm without a length"),
        pytest.param({"storm_lasts": 5}, "storm_every", id="storm without a period"),
        pytest.param({"storm_every": 5, "storm_lasts": 5}, "storm_lasts", id="storm as long as its period"),
        pytest.param({"error_rate": 0.6, "hang_rate": 0.5}, r"error_rate \+ .* throttle_rate", id="more than all"),
    ],
)
def test_faults_make_sense(arguments: dict[str, Any], name: str) -> None:
    """A value that makes no sense is named, with what was expected."""
    with pytest.raises(ValueError, match=f"^{name} is .*; expected "):
        Faults(**arguments)


@pytest.mark.parametrize("faults", [None, 0.5, {"latency": 1}], ids=["none", "number", "mapping"])
def test_a_sandbox_takes_nothing_else(faults: Any) -> None:
    """Other things than faults are refused, when a sandbox is made and later; what was there stays."""
    with pytest.raises(ValueError, match=r"^faults is .*; expected a Faults$"):
        Sandbox(faults=faults)
    sandbox = Sandbox(faults=ALL_KINDS)
    with pytest.raises(ValueError, match=r"^faults is .*; expected a Faults$"):
        sandbox.faults = faults
    assert sandbox.faults is ALL_KINDS


def test_faults_are_values() -> None:
    """They are keyword-only, frozen, equal by value and hashable, whatever sequence the statuses came in."""
    statuses: Any = [502, 503]
    assert Faults(error_statuses=statuses) == Faults(error_statuses=(502, 503))
    assert len({Faults(error_statuses=statuses), Faults(error_statuses=(502, 503))}) == 1
    assert Sandbox().faults == Faults()
    positional: Any = Faults
    with pytest.raises(TypeError):
        positional(0.5)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(ALL_KINDS, "error_rate", 0)  # noqa: B010  # a type checker sees the plain form


def test_rates_may_take_all() -> None:
    """Rates that are meant to add up to 1 do, in spite of rounding, and then no request is spared."""
    faults = Faults(error_rate=0.7, reset_rate=0.1, hang_rate=0.1, truncate_rate=0.1)
    assert None not in {fault.kind for fault in draw(faults, 1000)}
    assert {fault.kind for fault in draw(Faults(truncate_rate=1), 1000)} == {"truncate"}


def test_rates_are_shares_of_all_requests() -> None:
    """Over many draws each fault takes its rate, and the rest nothing."""
    counts = Counter(fault.kind for fault in draw(ALL_KINDS, MANY))
    expected = {"error": 0.2, "reset_before": 0.1, "reset_after": 0.1, "hang": 0.1, "truncate": 0.1, "throttle": 0.1}
    assert {kind: counts[kind] / MANY for kind in (*expected, None)} == pytest.approx({**expected, None: 0.3}, abs=0.01)


@pytest.mark.parametrize(("when", "kind"), [("before", "reset_before"), ("after", "reset_after")])
def test_the_moment_of_resets_can_be_chosen(when: Any, kind: str) -> None:
    """All resets come before the operation, or all after it."""
    assert {fault.kind for fault in draw(Faults(reset_rate=1, reset_when=when), 100)} == {kind}


def test_what_a_fault_needs_is_drawn_with_it() -> None:
    """Statuses are equally likely, and bodies are cut anywhere before their end."""
    drawn = draw(Faults(error_rate=1, error_statuses=(500, 502, 524)), MANY)
    shares = {status: count / MANY for status, count in Counter(fault.status for fault in drawn).items()}
    assert shares == pytest.approx({500: 1 / 3, 502: 1 / 3, 524: 1 / 3}, abs=0.01)
    cuts = [fault.share for fault in draw(Faults(truncate_rate=1), MANY)]
    assert 0 <= min(cuts) < 0.01
    assert 0.99 < max(cuts) < 1


def test_latency_is_fixed_or_from_a_range() -> None:
    """A number is added to each response as it is; a range is drawn from evenly."""
    assert {fault.latency for fault in draw(Faults(latency=0.25), 100)} == {0.25}
    drawn = [fault.latency for fault in draw(Faults(latency=(1, 3)), MANY)]
    assert 1 <= min(drawn) < 1.01
    assert 2.99 < max(drawn) <= 3
    assert sum(drawn) / MANY == pytest.approx(2, abs=0.02)


def test_draws_repeat_by_seed() -> None:
    """Equal seeds give equal draws, others do not."""
    assert draw(ALL_KINDS, 100, seed=7) == draw(ALL_KINDS, 100, seed=7) != draw(ALL_KINDS, 100, seed=8)


def test_a_fault_does_not_shift_the_others() -> None:
    """Each request takes equally many draws, so that faults that are switched off leave the later ones alone."""
    injector = FaultInjector(ALL_KINDS, seed=3, monotonic=lambda: 0.0)
    first = [injector.draw() for _ in range(10)]
    injector.faults = Faults(latency=(0, 1))
    between = [injector.draw() for _ in range(10)]
    injector.faults = ALL_KINDS
    last = [injector.draw() for _ in range(10)]
    assert [*first, *last] == [*(undisturbed := draw(ALL_KINDS, 30, seed=3))[:10], *undisturbed[20:]]
    assert {fault.kind for fault in between} == {None}


@pytest.mark.parametrize(
    ("elapsed", "retry_after"),
    [
        pytest.param(0, None, id="at first"),
        pytest.param(4, None, id="before the first"),
        pytest.param(59.9, None, id="just before"),
        pytest.param(60, 5, id="at the start"),
        pytest.param(60.5, 5, id="within, rounded up"),
        pytest.param(64.9, 1, id="just before the end"),
        pytest.param(65, None, id="at the end"),
        pytest.param(122, 3, id="the second"),
        pytest.param(60 * 1000 + 4, 1, id="the thousandth"),
    ],
)
def test_storms_come_and_go(elapsed: float, retry_after: int | None) -> None:
    """A storm comes in each period but the first, counted from when the faults were set, and says how long it lasts."""
    now = 1000.0
    injector = FaultInjector(Faults(storm_every=60, storm_lasts=5, truncate_rate=1), seed=0, monotonic=lambda: now)
    now += elapsed
    fault = injector.draw()
    expected = ("truncate", 0) if retry_after is None else ("storm", retry_after)
    assert (fault.kind, fault.retry_after) == expected


def test_storms_start_over_with_new_faults() -> None:
    """Assigned faults, even equal ones, have their first storm a period later."""
    now = 0.0
    faults = Faults(storm_every=60, storm_lasts=5)
    injector = FaultInjector(faults, seed=0, monotonic=lambda: now)
    now = 50.0
    injector.faults = faults
    now = 61.0
    assert injector.draw().kind is None
    now = 111.0
    assert injector.draw() == InjectedFault(latency=0, kind="storm", retry_after=4)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        pytest.param(502, "502 Bad Gateway", id="standard"),
        pytest.param(509, "509 Server Error", id="unused"),
        pytest.param(522, "api.cloudflare.com | 522: Connection timed out", id="Cloudflare's own"),
        pytest.param(599, "api.cloudflare.com | 599: Unknown error", id="unknown"),
    ],
)
def test_pages_name_their_status(status: int, title: str) -> None:
    """Each page is HTML with a title; those of Cloudflare's own statuses have the ray in them."""
    page = error_page(status, "0123456789abcdef-SFO").decode()
    assert page.startswith("<!DOCTYPE html>\n")
    assert f"<title>{title}</title>" in page
    assert ("<strong>0123456789abcdef</strong>" in page) is (status >= 520)
