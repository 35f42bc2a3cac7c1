"""The check of a configuration: of its fields by themselves, and together."""

import logging
import re
from typing import Any, Final

import attrs

from aiospectrum.app_rules.problem import Problem
from aiospectrum.app_rules.rules import Conflict
from aiospectrum.app_rules.table import FORMS, OTHER_FORM, RULES, Rule
from aiospectrum.checks import Object, Unchecked, UncheckedInteger
from aiospectrum.checks.containers import find_refusals
from aiospectrum.checks.refusals import shorten, show
from aiospectrum.errors import InvalidArgumentError

__all__ = ["AppCheck"]

_LOGGER: Final = logging.getLogger("aiospectrum")

_INDEX: Final = re.compile(r"\[\d+\]")
_ORIGINS: Final = frozenset({"origin_direct", "origin_dns", "origin_worker_id", "origin_port"})


@attrs.frozen(kw_only=True)
class AppCheck(Object):
    """The check of the configuration of an application: of its fields by themselves and together."""

    def find_problems(self, field: str, value: object) -> list[Problem]:
        """Find all that is wrong with a configuration.

        Args:
            field: Name of the argument.
            value: The configuration.

        Returns:
            The problems, those of fields by themselves first.

        Raises:
            InvalidArgumentError: It is of another class.
        """
        return [problem for problem, _ in self._find(field, value)]

    def check(self, field: str, value: object) -> Any:
        """Refuse a configuration with errors, and log warnings; see :class:`~aiospectrum.checks.Check`."""
        _refuse_all(self._find(field, value))
        return super().check(field, value)

    def check_change(self, field: str, before: object, after: object) -> None:
        """Refuse what is wrong with a configuration, and log warnings, but for what was so before it was changed.

        Args:
            field: Name of the argument.
            before: The configuration that was there, which the API had taken.
            after: What it was changed into.

        Raises:
            InvalidArgumentError: The change made something wrong.
        """
        known = self.find_problems(field, before)
        _refuse_all([each for each in self._find(field, after) if each[0] not in known])

    def _find(self, field: str, value: object) -> list[tuple[Problem, InvalidArgumentError]]:
        if type(value) is not self.model:
            super().check(field, value)
        refusals: list[InvalidArgumentError] = []
        plain, refused = {}, set()
        for name, check in self.fields.items():
            item, place = getattr(value, name), f"{field}.{name}"
            if item is not None or name in self.required:
                wrong = find_refusals(check, place, item)
                refusals += wrong
                if wrong:
                    refused.add(name)
                else:
                    plain[name] = check.check(place, item)
        app = self._copy(value, plain)
        try:
            self._check_together(field, app)
        except InvalidArgumentError as error:
            refusals.append(error)
            refused |= _ORIGINS
        found = [_of_form(field, error) for error in refusals]
        for rule in RULES:
            if refused.isdisjoint(path.partition(".")[0] for path in rule.compares) and not _is_marked(rule, app):
                found += [_of_rule(field, rule, conflict) for conflict in rule.find(app)]
        return found


def _refuse_all(found: list[tuple[Problem, InvalidArgumentError]]) -> None:
    """Raise one error for all problems that are errors, and log the others."""
    for problem, _ in found:
        if problem.severity == "warning":
            _LOGGER.warning("%s (%s)", problem, problem.link)
    errors = [error for problem, error in found if problem.severity == "error"]
    if errors:
        first, *others = errors
        first.others = tuple(others)
        also = [f"; also {error.field}: expected {error.expected}" for error in others]
        first.args = ("".join([str(first), *also]),)
        raise first


def _of_form(field: str, error: InvalidArgumentError) -> tuple[Problem, InvalidArgumentError]:
    place = _INDEX.sub("", error.field).removeprefix(field).removeprefix(".")
    code, link = FORMS.get(place, OTHER_FORM)
    problem = f"it is {error.value}" if place else f"it has {error.value}"
    return Problem(code=code, field=error.field, problem=problem, remedy=error.expected, link=link), error


def _of_rule(field: str, rule: Rule, conflict: Conflict) -> tuple[Problem, InvalidArgumentError]:
    name, value, problem, remedy = conflict
    place, shown, expected = f"{field}.{name}", shorten(show(value)), f"{remedy}, as {problem}"
    message = f"{place}: expected {expected}, got {shown}"
    error = InvalidArgumentError(message, field=place, value=shown, expected=expected)
    found = Problem(code=rule.code, field=place, problem=problem, remedy=remedy, link=rule.link, severity=rule.severity)
    return found, error


def _is_marked(rule: Rule, app: Any) -> bool:
    """Whether all texts and numbers that a rule compares, or all of the configuration, are sent as they are."""
    compared = _marks([_get(app, path) for path in rule.compares])
    return any(marks and all(marks) for marks in (compared, _marks(app)))


def _get(app: Any, path: str) -> Any:
    for name in path.split("."):
        app = getattr(app, name, None)
    return app


def _marks(value: Any) -> list[bool]:
    """Of each text and number in a value, whether it is sent as it is."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return [isinstance(value, (Unchecked, UncheckedInteger))]
    if attrs.has(type(value)):
        value = [getattr(value, each.name) for each in attrs.fields(type(value))]
    return [mark for item in value for mark in _marks(item)] if isinstance(value, list) else []
