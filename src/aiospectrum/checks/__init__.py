"""Checks of arguments: small data classes that the generated code fills in from the spec.

Each has ``check(field, value)``, which returns the plain value, or raises
:class:`~aiospectrum.errors.InvalidArgumentError` with the field, the value and what was expected. The plain value of a
subclass, such as an enum of strings or ``numpy.str_``, is exactly a str, int, float, datetime or list: what was checked
is what is sent.
"""

from aiospectrum.checks.containers import Array, Object, OneOf
from aiospectrum.checks.plain import Unchecked, UncheckedInteger
from aiospectrum.checks.refusals import refuse
from aiospectrum.checks.values import Check, DateTime, Flag, Integer, Number, Text, keep

__all__ = [
    "Array",
    "Check",
    "DateTime",
    "Flag",
    "Integer",
    "Number",
    "Object",
    "OneOf",
    "Text",
    "Unchecked",
    "UncheckedInteger",
    "keep",
    "refuse",
]
