"""What a rule of a watch is, what it observes, and the alerts that it makes. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, get_args

import attrs

from aiospectrum._http.config import check_callable, check_function
from aiospectrum.checks import Flag, Text, keep, refuse
from aiospectrum.checks.refusals import shorten
from aiospectrum.errors import SpectrumError
from aiospectrum.models import CurrentAggregate

__all__ = ["NAME", "Alert", "AlertPer", "Observation", "Rule", "check_rules", "finite"]

S = TypeVar("S")

AlertPer: TypeAlias = Literal["zone", "app"]
"""What a rule is about: each zone as a whole, or each of its applications."""

NAME: Final = Text(
    pattern="^[ -~]+\\Z",
    max_length=100,
    takes_unchecked=False,
    expected="a name of 1 to 100 printable ASCII characters",
)
"""Name of a rule."""

_PER: Final = Text(choices=get_args(AlertPer), takes_unchecked=False)


def _read_only(events: Mapping[str, float] | None) -> Mapping[str, float] | None:
    return None if events is None else MappingProxyType(dict(events))


@attrs.frozen(kw_only=True)
class Alert:
    """A condition that begins or ends."""

    rule: str
    """Name of the rule."""

    zone_id: str
    """The zone."""

    app_id: str | None
    """The application; None for the zone as a whole."""

    begins: bool
    """Whether the condition begins, or ends."""

    value: float
    """What was measured; of an application that was forgotten, the value with which its alert began."""

    threshold: float
    """What the value is compared with: that of the beginning, or of the end."""

    time: datetime
    """When the round was due, in UTC."""

    text: str
    """All of it in a line of printable text, for people."""


@attrs.frozen(kw_only=True)
class Observation:
    """What a round shows of a zone, or of one of its applications."""

    zone_id: str
    """The zone."""

    app_id: str | None = None
    """The application; None for the zone as a whole."""

    time: datetime
    """When the round was due, in UTC."""

    aggregates: tuple[CurrentAggregate, ...] | None
    """The traffic of the last minute: entries of all applications of the zone, or of this one, none if the API names it
    no more; None if the zone failed."""

    events: Mapping[str, float] | None = attrs.field(default=None, converter=_read_only)
    """Numbers of the latest events, by event; None if the zone failed, if they were not asked for, or if one is not
    known."""

    error: SpectrumError | None = None
    """Why the zone failed, None if it did not."""

    is_first: bool = False
    """Whether the zone was not observed before. If it was, an application that is new to a rule has been idle."""

    @property
    def connections(self) -> float | None:
        """Connections in the last minute; None if the zone failed, or the API does not say."""
        if self.aggregates is None:
            return None
        known = finite(each.connections for each in self.aggregates)
        return None if known is None else math.fsum(known)

    def alert(self, rule: str, *, begins: bool, value: float, threshold: float, text: str) -> Alert:
        """Make an alert about this.

        Args:
            rule: Name of the rule.
            begins: Whether a condition begins, or ends.
            value: What was measured.
            threshold: What it is compared with.
            text: What happened, such as ``5 connections``; the zone and the application are put in front.

        Returns:
            The alert.
        """
        subject = f"zone {self.zone_id}"
        if self.app_id is not None:  # which the server has sent
            subject = f"application {shorten(self.app_id)} of {subject}"
        return Alert(
            rule=rule,
            zone_id=self.zone_id,
            app_id=self.app_id,
            begins=begins,
            value=value,
            threshold=threshold,
            time=self.time,
            text="".join(each if each.isprintable() else "?" for each in f"{subject}: {text}"),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        values = {field.name: getattr(self, field.name) for field in attrs.fields(Observation)}
        return _make_observation, ({**values, "events": None if self.events is None else dict(self.events)},)


def _make_observation(values: dict[str, Any]) -> Observation:
    """Make an observation of a pickle."""
    return Observation(**values)


def finite(numbers: Iterable[float]) -> list[float] | None:
    """Give numbers of a response as floats of 0 or more; None if one of them is none."""
    try:
        found = [float(number) for number in numbers]
    except OverflowError:  # a whole number of hundreds of digits
        return None
    return found if all(map(_is_amount, found)) and math.isfinite(sum(found)) else None


def _is_amount(number: float) -> bool:
    return math.isfinite(number) and number >= 0


def _check_step(instance: object, attribute: "attrs.Attribute[Any]", step: Any) -> None:
    check_callable("step", check_function("step", step), arguments=2)


@attrs.frozen(kw_only=True)
class Rule(Generic[S]):
    """A rule, as those of the factories are, or of your own.

    Raises:
        InvalidArgumentError: A value is invalid.
    """

    name: str = attrs.field(validator=keep(NAME))
    """Its name, which alerts have: 1 to 100 printable ASCII characters."""

    step: Callable[[S | None, Observation], tuple[S | None, Alert | None]] = attrs.field(validator=_check_step)
    """Gives a new state and maybe an alert, of the state that it gave last and an observation. The state is None at
    first; the watch keeps one for each zone or application. It is called once a round, and is not async."""

    per: AlertPer = attrs.field(default="zone", validator=keep(_PER))
    """What it is about."""

    needs_events: bool = attrs.field(default=False, validator=keep(Flag()))
    """Whether it reads :attr:`Observation.events`, for which the watch makes a second call for each zone."""


def check_rules(rules: Iterable[Rule[Any]]) -> tuple[Rule[Any], ...]:
    """Check the rules of a watch.

    Args:
        rules: The rules, no two with the same name about the same.

    Returns:
        The rules in their order.

    Raises:
        InvalidArgumentError: They are something else.
    """
    if issubclass(type(rules), (str, bytes)) or not issubclass(type(rules), Iterable):
        refuse("rules", rules, "a list of rules, such as [zone_fails()]")
    found = tuple(rules)
    names = set()
    for index, rule in enumerate(found):
        if not isinstance(rule, Rule):
            refuse(f"rules[{index}]", rule, "a Rule, such as zone_fails()")
        if (rule.name, rule.per) in names:
            refuse(f"rules[{index}].name", rule.name, "a name that no other rule has", "give it a name= of its own")
        names.add((rule.name, rule.per))
    return found
