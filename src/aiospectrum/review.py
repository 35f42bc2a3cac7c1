"""Pre-flight: what is wrong with the configuration of an application, before it is sent."""

from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.app_rules import Problem
from aiospectrum.models import AppRequest

__all__ = ["preflight"]


def preflight(request: AppRequest) -> list[Problem]:
    """Find all that is wrong with the configuration of an application, by the rules that Cloudflare documents.

    ``apps.create`` and ``apps.update`` do so before they send: errors raise
    :class:`~aiospectrum.errors.InvalidArgumentError`, and warnings are logged. What the plan of a zone allows, and what
    else is in it, only the API knows. Values that are :class:`~aiospectrum.Unchecked` are not checked, and a rule of
    several fields is left out when all texts and numbers that it compares are.

    Args:
        request: The configuration.

    Returns:
        The problems; none for a configuration that breaks no rule.

    Raises:
        InvalidArgumentError: It is of another class.
    """
    return APP_REQUEST.find_problems("app", request)
