"""Rules of a watch that are ready. Pure.

A rule has hysteresis: an alert begins above one threshold and ends at or below another, each after some rounds in a
row, so that a number that moves about a threshold makes one alert and not many.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, NamedTuple

import attrs

from aiospectrum._http.config import check_callable, check_count, check_function
from aiospectrum.bulk.alerts import NAME, Alert, AlertPer, Observation, Rule
from aiospectrum.checks import Number, Text, refuse

__all__ = ["connections_jump", "connections_vanish", "share_above", "value_above", "zone_fails"]

_FAILED: Final = ("originError", "clientFiltered")
_ATTEMPTS: Final = ("connect", *_FAILED)
"""Events of which each is an attempt to connect. https://developers.cloudflare.com/spectrum/reference/analytics/"""

_WARM_UP: Final = 5
"""Rounds before connections are compared with what is usual."""

_EVENT: Final = Text(choices=_FAILED, takes_unchecked=False)
_NUMBER: Final = Number(minimum=-(2.0**63), expected="a number")
_FACTOR: Final = Number(minimum=1, expected="a number of 1 or more")
_FLOOR: Final = Number(minimum=1, expected="a number of connections, 1 or more")


class _Latch(NamedTuple):
    """Whether an alert is on, and for how many rounds in a row it should be the other way."""

    is_on: bool = False
    in_a_row: int = 0

    def turn(self, *, begins: bool, ends: bool, times: int) -> "_Latch":
        """The next one, of whether a value is beyond the thresholds of the beginning and of the end."""
        if not (ends if self.is_on else begins):
            return _Latch(self.is_on)
        if self.in_a_row + 1 < times:
            return _Latch(self.is_on, self.in_a_row + 1)
        return _Latch(not self.is_on)


@attrs.frozen(kw_only=True)
class _Band:
    """The thresholds of a value."""

    name: str
    above: float
    clears_below: float
    times: int
    show: str = "g"
    """How a value is written."""

    def step(
        self, state: _Latch | None, seen: Observation, *, measure: Callable[[Observation], float | None]
    ) -> tuple[_Latch | None, Alert | None]:
        """Go by one value; one that is unknown changes nothing."""
        value = measure(seen)
        if value is None or math.isnan(value):
            return state, None
        before = state or _Latch()
        after = before.turn(begins=value > self.above, ends=value <= self.clears_below, times=self.times)
        if after.is_on == before.is_on:
            return after, None
        threshold = self.above if after.is_on else self.clears_below
        relation = "above" if after.is_on else "again, not above"
        text = f"{self.name} is {value:{self.show}}, {relation} {threshold:{self.show}}"
        return after, seen.alert(self.name, begins=after.is_on, value=value, threshold=threshold, text=text)


def value_above(
    name: str,
    measure: Callable[[Observation], float | None],
    above: float,
    *,
    clears_below: float,
    times: int = 1,
    per: AlertPer = "app",
    needs_events: bool = False,
) -> Rule[Any]:
    """Make a rule about any number that can be read off an observation.

    Args:
        name: Name of the rule, which its alerts have.
        measure: Gives the number; None or NaN if it is not known, which changes nothing.
        above: An alert begins when the number is above this.
        clears_below: It ends when the number is this or less; ``above`` or less.
        times: For so many rounds in a row, either way; 1 or more. Rounds in which it is not known are not counted.
        per: What the rule is about.
        needs_events: Whether it reads :attr:`Observation.events`.

    Returns:
        The rule.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    name, above = NAME.check("name", name), _NUMBER.check("above", above)
    band = _Band(
        name=name,
        above=above,
        clears_below=_below("clears_below", clears_below, above),
        times=check_count("times", times),
    )
    check_callable("measure", check_function("measure", measure), arguments=1)
    return Rule(name=name, step=partial(band.step, measure=measure), per=per, needs_events=needs_events)


def _below(field: str, value: float, above: float) -> float:
    number: float = _NUMBER.check(field, value)
    if number > above:
        refuse(field, value, f"a number of {above:g} or less, at which the alert begins")
    return number


def share_above(
    event: Literal["originError", "clientFiltered"],
    above: float,
    *,
    clears_below: float,
    least: int = 20,
    times: int = 1,
    per: AlertPer = "zone",
    name: str | None = None,
) -> Rule[Any]:
    """Make a rule about the share of an event in the attempts to connect.

    Attempts are the events ``connect``, ``originError`` and ``clientFiltered`` together, of the last ``events_over``
    seconds of the watch. Without enough of them nothing changes: an alert that is on stays on.

    Args:
        event: ``originError`` or ``clientFiltered``.
        above: An alert begins when the share is above this, 0 to less than 1.
        clears_below: It ends when the share is this or less; ``above`` or less.
        least: Attempts without which a share says nothing, 1 or more.
        times: For so many rounds in a row, either way; 1 or more. Rounds without enough attempts are not counted.
        per: What the rule is about.
        name: Name of the rule; ``originError share``, for example, when left out.

    Returns:
        The rule.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    event, above = _EVENT.check("event", event), _share("above", above)
    title: str = NAME.check("name", f"{event} share" if name is None else name)
    clears_below = _share("clears_below", _below("clears_below", clears_below, above))
    band = _Band(name=title, above=above, clears_below=clears_below, times=check_count("times", times), show=".3g")
    measure = partial(_share_of, event=event, least=check_count("least", least))
    return Rule(name=title, step=partial(band.step, measure=measure), per=per, needs_events=True)


def _share(field: str, value: float) -> float:
    number: float = _NUMBER.check(field, value)
    if not 0 <= number < 1:
        refuse(field, value, "a share from 0 to less than 1")
    return number


def _share_of(seen: Observation, *, event: str, least: int) -> float | None:
    if seen.events is None:
        return None
    attempts = math.fsum(seen.events.get(each, 0.0) for each in _ATTEMPTS)
    return seen.events.get(event, 0.0) / attempts if attempts >= least else None


class _Usual(NamedTuple):
    """How many connections there usually are."""

    latch: _Latch
    level: float
    """The smoothed number."""
    rounds: int
    """Rounds that it was made of, no more than it is smoothed over."""


@attrs.frozen(kw_only=True)
class _Comparison:
    """Thresholds of connections in comparison with what is usual."""

    name: str
    begins: float
    """Share of what is usual, above 1 for jumps."""
    ends: float
    floor: float
    over: int
    times: int

    def step(self, state: _Usual | None, seen: Observation) -> tuple[_Usual | None, Alert | None]:
        """Go by the connections of a round; a number that is unknown changes nothing."""
        before = state or _Usual(_Latch(), 0.0, 0 if seen.is_first else self.over)
        now = seen.connections
        if now is None:
            return before, None
        share = now / max(before.level, self.floor)
        begins, ends = self._is_beyond(share, before)
        latch = before.latch.turn(begins=begins, ends=ends, times=self.times)
        rounds = min(before.rounds + 1, self.over)
        after = _Usual(latch, before.level + (now - before.level) / rounds, rounds)
        if latch.is_on == before.latch.is_on:
            return after, None
        text = f"{self.name} {'begins' if latch.is_on else 'ends'}: {now:,.0f} in a minute, usually {before.level:,.0f}"
        threshold = self.begins if latch.is_on else self.ends
        return after, seen.alert(self.name, begins=latch.is_on, value=share, threshold=threshold, text=text)

    def _is_beyond(self, share: float, usual: _Usual) -> tuple[bool, bool]:
        """Whether an alert should begin, and whether it should end."""
        is_known = usual.rounds >= min(_WARM_UP, self.over)
        if self.begins >= 1:
            return is_known and share > self.begins, share <= self.ends
        is_much = usual.level >= self.floor
        return is_known and is_much and share < self.begins, share >= self.ends or not is_much


def connections_jump(
    above: float = 3.0,
    *,
    clears_below: float = 1.5,
    floor: float = 100.0,
    over: int = 30,
    times: int = 2,
    per: AlertPer = "app",
    name: str = "connections jump",
) -> Rule[Any]:
    """Make a rule about connections that are many more than usual.

    What is usual is a moving average of the rounds before, which includes the jump while it lasts: a new level is usual
    after a while, and the alert ends. It is known after five rounds; an application that is new, in a zone that was
    observed before, usually has none.

    Args:
        above: An alert begins when connections are more than so many times the usual, 1 or more.
        clears_below: It ends when they are so many times the usual or less; ``above`` or less, 1 or more.
        floor: Connections in a minute, 1 or more: fewer are compared with it, so that small numbers do not jump.
        over: Rounds of the average, 1 or more.
        times: For so many rounds in a row, either way; 1 or more. Rounds in which a zone failed are not counted.
        per: What the rule is about.
        name: Name of the rule.

    Returns:
        The rule.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    begins = _FACTOR.check("above", above)
    ends = _FACTOR.check("clears_below", _below("clears_below", clears_below, begins))
    return _compare(name=name, begins=begins, ends=ends, floor=floor, over=over, times=times, per=per)


def connections_vanish(
    below: float = 0.1,
    *,
    clears_above: float = 0.5,
    floor: float = 100.0,
    over: int = 30,
    times: int = 2,
    per: AlertPer = "app",
    name: str = "connections vanish",
) -> Rule[Any]:
    """Make a rule about connections that are many fewer than usual, or none at all.

    What is usual is that of :func:`connections_jump`. Where it is less than ``floor`` no alert begins, and one that is
    on ends. A zone that fails has not lost its connections: nobody knows, and nothing changes.

    Args:
        below: An alert begins when connections are less than this share of the usual; more than 0, less than 1.
        clears_above: It ends when they are this share or more; from ``below`` to 1.
        floor: Connections in a minute that there usually have to be, 1 or more.
        over: Rounds of the average, 1 or more.
        times: For so many rounds in a row, either way; 1 or more. Rounds in which a zone failed are not counted.
        per: What the rule is about.
        name: Name of the rule.

    Returns:
        The rule.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    begins, ends = _share("below", below), _NUMBER.check("clears_above", clears_above)
    if begins == 0:
        refuse("below", below, "a share of more than 0")
    if not begins <= ends <= 1:
        refuse("clears_above", clears_above, f"a share from {begins:g}, at which the alert begins, to 1")
    return _compare(name=name, begins=begins, ends=ends, floor=floor, over=over, times=times, per=per)


def _compare(*, name: str, begins: float, ends: float, floor: float, over: int, times: int, per: AlertPer) -> Rule[Any]:
    comparison = _Comparison(
        name=NAME.check("name", name),
        begins=begins,
        ends=ends,
        floor=_FLOOR.check("floor", floor),
        over=check_count("over", over),
        times=check_count("times", times),
    )
    return Rule(name=comparison.name, step=comparison.step, per=per)


def zone_fails(times: int = 3, *, name: str = "zone fails") -> Rule[Any]:
    """Make a rule about zones that fail again and again.

    Args:
        times: An alert begins when a zone has failed in so many rounds in a row, 1 or more. It ends with the first
            round in which it does not.
        name: Name of the rule.

    Returns:
        The rule.

    Raises:
        InvalidArgumentError: An argument is invalid.
    """
    name = NAME.check("name", name)
    return Rule(name=name, step=partial(_step_failures, name=name, times=check_count("times", times)))


def _step_failures(failures: int | None, seen: Observation, *, name: str, times: int) -> tuple[int, Alert | None]:
    before = failures or 0
    if seen.error is None:
        if before < times:
            return 0, None
        text = f"answers again after {before:,} failures"
        return 0, seen.alert(name, begins=False, value=0, threshold=times, text=text)
    after = before + 1
    if after != times:
        return after, None
    text = f"failed {after:,} times in a row, the last time with {type(seen.error).__name__}"
    return after, seen.alert(name, begins=True, value=after, threshold=times, text=text)
