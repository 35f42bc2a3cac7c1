"""What the rules of a watch remember of zones and applications. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import attrs

from aiospectrum._http.config import refuse_coroutine
from aiospectrum.bulk.alerts import Alert, Observation, Rule
from aiospectrum.checks import refuse
from aiospectrum.errors import SpectrumError
from aiospectrum.models import CurrentAggregate

__all__ = ["FORGOTTEN_AFTER", "Evaluator", "Found"]

FORGOTTEN_AFTER: Final = 60
"""Rounds after which an application is forgotten that its zone does not name any more."""


class Found(NamedTuple):
    """What a zone responded in a round."""

    aggregates: tuple[CurrentAggregate, ...]
    events: Mapping[str | None, Mapping[str, float] | None] | None = None
    """Numbers of events by application, with None for the whole zone; None if they were not asked for."""


@attrs.define
class _Memory:
    """What is remembered of a zone or an application."""

    states: dict[int, Any] = attrs.field(factory=dict)
    """What each rule gave last, by its place."""
    alerts: dict[int, Alert] = attrs.field(factory=dict)
    """The alerts that are on, by the place of the rule."""
    unnamed: int = 0
    """Rounds since it was named last."""


@attrs.define
class Evaluator:
    """Applies rules to what is observed, and keeps their states."""

    rules: Sequence[Rule[Any]]
    _zones: dict[str, _Memory] = attrs.field(factory=dict, init=False)
    _apps: dict[str, dict[str, _Memory]] = attrs.field(factory=dict, init=False)
    """By zone, those that have been observed."""

    @property
    def needs_events(self) -> bool:
        """Whether a rule reads events."""
        return any(rule.needs_events for rule in self.rules)

    @property
    def needs_app_events(self) -> bool:
        """Whether a rule reads those of each application."""
        return any(rule.needs_events and rule.per == "app" for rule in self.rules)

    def observe(self, zone_id: str, time: datetime, found: Found | SpectrumError) -> Iterator[Alert | None]:
        """Look at what a zone responded, or why it failed.

        Args:
            zone_id: The zone.
            time: When the round was due.
            found: What it responded; of one that failed, nothing is known about its applications.

        Yields:
            The alerts, and None after each observation, so that others can have a turn.

        Raises:
            Exception: That of a rule, with a note that names it.
        """
        is_first = zone_id not in self._apps
        memory = self._zones.setdefault(zone_id, _Memory())
        if isinstance(found, SpectrumError):
            failed = Observation(zone_id=zone_id, time=time, aggregates=None, error=found, is_first=is_first)
            yield from self._apply(memory, failed)
            return
        whole = Observation(
            zone_id=zone_id,
            time=time,
            aggregates=found.aggregates,
            events=None if found.events is None else found.events.get(None, {}),
            is_first=is_first,
        )
        yield from self._apply(memory, whole)
        apps = self._apps.setdefault(zone_id, {})
        if any(rule.per == "app" for rule in self.rules):
            yield from self._observe_apps(apps, whole, found.events)

    def _observe_apps(
        self,
        apps: dict[str, _Memory],
        zone: Observation,
        events: Mapping[str | None, Mapping[str, float] | None] | None,
    ) -> Iterator[Alert | None]:
        named: dict[str, list[CurrentAggregate]] = {app_id: [] for app_id in events or () if app_id}
        for each in zone.aggregates or ():
            named.setdefault(each.app_id, []).append(each)
        events = events if self.needs_app_events else None
        for app_id in [*named, *(app_id for app_id in apps if app_id not in named)]:
            memory = apps.setdefault(app_id, _Memory())
            memory.unnamed = 0 if app_id in named else memory.unnamed + 1
            seen = attrs.evolve(
                zone,
                app_id=app_id,
                aggregates=tuple(named.get(app_id, ())),
                events=None if events is None else events.get(app_id, {}),
            )
            yield from self._apply(memory, seen)
            if memory.unnamed >= FORGOTTEN_AFTER:
                del apps[app_id]
                yield from (_forget(alert, seen) for alert in memory.alerts.values())

    def _apply(self, memory: _Memory, seen: Observation) -> Iterator[Alert | None]:
        per = "zone" if seen.app_id is None else "app"
        for place, rule in enumerate(self.rules):
            if rule.per == per:
                memory.states[place], alert = _step(place, rule, memory.states.get(place), seen)
                if alert is not None:
                    yield alert
                    memory.alerts[place] = alert
                    if not alert.begins:
                        del memory.alerts[place]
        yield None


def _step(place: int, rule: Rule[Any], state: Any, seen: Observation) -> tuple[Any, Alert | None]:
    """Call a rule, whose result nobody has checked."""
    try:
        result: Any = rule.step(state, seen)
    except Exception as error:  # whatever a rule of the user raises, which goes on
        error.add_note(f"in rule {rule.name!r} of the watch, about zone {seen.zone_id}")
        raise
    field = f"what rules[{place}] ({rule.name}) returned"
    refuse_coroutine(field, result)
    if type(result) is not tuple or len(result) != 2 or not isinstance(result[1], Alert | None):
        refuse(field, result, "a tuple of its state and an Alert or None")
    return result


def _forget(alert: Alert, seen: Observation) -> Alert:
    """The end of an alert about an application that is gone."""
    text = f"{alert.rule} ends: the application was not named for {FORGOTTEN_AFTER} rounds"
    return seen.alert(alert.rule, begins=False, value=alert.value, threshold=alert.threshold, text=text)
