"""The rules for the configuration of an application: what is wrong with one before it is sent.

What a field must be by itself, the spec says. ``table`` lists the rules that fields have together, each a function of
``rules``, and ``check`` goes over both. The sandbox has rules of its own, and a test holds them to each other.
"""

from aiospectrum.app_rules.check import AppCheck
from aiospectrum.app_rules.problem import Problem

__all__ = ["AppCheck", "Problem"]
