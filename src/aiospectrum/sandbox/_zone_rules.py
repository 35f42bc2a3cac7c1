"""The rules between apps: host names, edge ports and the limits of pay-as-you-go plans.

Codes: https://developers.cloudflare.com/spectrum/reference/error-codes/ (11034, 11050, 16001). Two
apps of a zone may share a host name as long as their edge ports differ; when they do not, the
sandbox answers 409 with 13002.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiospectrum.sandbox._errors import Problem, RefusedError

if TYPE_CHECKING:
    from aiospectrum.sandbox._rules import AppConfig
    from aiospectrum.sandbox._state import Account, App, Zone

__all__ = ["check_neighbours"]


def check_neighbours(account: Account, zone: Zone, config: AppConfig, replaced: App | None = None) -> None:
    """Check an app about to be stored against all others but the one it has `replaced`.

    Raises:
        RefusedError: Another app or zone stands in the way.
    """
    if replaced is not None and replaced.config.dns_type != config.dns_type:
        raise _refusal(400, 11004, "the DNS type of an application cannot be changed", "/dns/type")
    _check_other_zones(account, zone, config)
    neighbours = [app.config for app in zone.apps.values() if app is not replaced]
    for other in neighbours:
        if zone.paygo and other.ports == config.ports:
            message = f"the plan allows one application for each protocol: {other.shown['protocol']}"
            raise _refusal(400, 11034, message, "/protocol")
        if other.hostname == config.hostname and other.ports.overlaps(config.ports):
            message = f"{config.hostname} already serves {other.shown['protocol']}"
            raise _refusal(409, 13002, message, "/protocol")


def _check_other_zones(account: Account, zone: Zone, config: AppConfig) -> None:
    origin = config.shown.get("origin_dns")
    origin_name = origin["name"] if isinstance(origin, dict) else ""
    for other in account.others(zone):
        used = any(app.config.hostname == config.hostname for app in other.apps.values())
        if used or _belongs(config.hostname, other):
            message = f"the host name {config.hostname} belongs to another zone, {other.name}"
            raise _refusal(400, 16001, message, "/dns/name")
        if _belongs(origin_name, other):
            message = f"the origin {origin_name} belongs to another zone, {other.name}"
            raise _refusal(400, 11050, message, "/origin_dns/name")


def _belongs(hostname: str, zone: Zone) -> bool:
    return hostname == zone.name or hostname.endswith(f".{zone.name}")


def _refusal(status: int, code: int, message: str, pointer: str) -> RefusedError:
    return RefusedError(status, Problem(code=code, message=message, pointer=pointer))
