"""What Spectrum's error codes mean, and what to do about them: pure.

Other products use the same numbers for other errors, so that an entry holds for the routes of applications and for some
statuses alone.

Source: https://developers.cloudflare.com/spectrum/reference/error-codes/
"""

from collections.abc import Iterable
from typing import Any, Final

from aiospectrum.errors import ErrorDetail
from aiospectrum.routes import Route

__all__ = ["hint_of", "is_of_apps"]

_ROUTES: Final = "/zones/{zone_id}/spectrum/apps"
"""Start of the paths of applications."""

_REFUSED: Final = (200, 400, 409, 422)
"""Statuses of a refused configuration; 200 is one with ``success: false``."""

_LACKING: Final = (400, 403)
"""Statuses of what an account lacks."""

_MOST: Final = 3
"""Errors of a response that are explained, as the same advice again and again helps nobody."""

_NETWORK: Final = "a virtual network leads to a single private address with a single port"

_HINTS: Final[dict[int, tuple[tuple[int, ...], str]]] = {
    10002: (
        (500, 503),
        "Spectrum failed for reasons of its own; try again, and give Cloudflare's support the cf-ray if it lasts",
    ),
    10012: (
        _REFUSED,
        "the zone does not know a field that was sent: a pay-as-you-go plan takes protocol, dns and origin_direct"
        " alone; leave the others out, or have Spectrum enabled for the account",
    ),
    11000: (
        _REFUSED,
        "the origins are too few, too many or not of one size: give exactly one of origin_direct, origin_dns and"
        " origin_worker_id, with as many ports as the protocol has",
    ),
    11001: (
        _REFUSED,
        "the origin by name is not valid: origin_dns needs a full host name and a ttl of 600 or more, and origin_port"
        " unless its type is SRV",
    ),
    11002: (
        _REFUSED,
        "an origin's address is not valid or not permitted: write tcp://192.0.2.1:22, IPv6 addresses in brackets, and"
        " take an address that Cloudflare may connect to",
    ),
    11004: (
        _REFUSED,
        "dns.type does not go with the edge addresses: CNAME with dynamic ones, ADDRESS with static ones; an"
        " application cannot be changed from one to the other, so delete it and create another",
    ),
    11014: (_LACKING, "FTP is not enabled for the account: ask Cloudflare's account team for it"),
    11018: (
        _LACKING,
        "edge addresses of one's own (BYOIP) are not enabled for the account: leave edge_ips out, or ask Cloudflare's"
        " account team for it",
    ),
    11019: (
        _LACKING,
        "the token or the account may not use these edge_ips: give the token the permission Account > IP Prefixes, and"
        " see that the prefix is one of the account",
    ),
    11026: (
        _LACKING,
        "Argo Smart Routing is not enabled for the account: leave argo_smart_routing out, or ask Cloudflare's account"
        " team for it",
    ),
    11033: (
        _REFUSED,
        "another zone uses one of these edge_ips: take others; Cloudflare's support releases those of a zone that was"
        " deleted",
    ),
    11034: (
        _REFUSED,
        "a pay-as-you-go plan has one application for each protocol: change the one that is there, or take another"
        " protocol",
    ),
    11041: (_REFUSED, f"{_NETWORK}: give origin_direct in the place of origin_dns"),
    11042: (_REFUSED, f"{_NETWORK}: leave one address in origin_direct"),
    11043: (_REFUSED, f"{_NETWORK}: create an application for each port of the range"),
    11044: (
        _REFUSED,
        "no route of the virtual network has this address: check virtual_network_id, and add a route for the address",
    ),
    11045: (_REFUSED, "virtual_network_id is no UUID: Cloudflare's list of virtual networks has it as id"),
    11050: (
        _REFUSED,
        "the origin's record or load balancer is in another zone: move it to this zone, or give origin_direct",
    ),
    12005: (
        _REFUSED,
        "the zone has no IPv4 addresses left: put several ports on one host name, or get more addresses",
    ),
    13002: (
        _REFUSED,
        "the zone cannot have this protocol or port, or another application of the host name has it: protocols.list"
        " has the names, and apps.list the applications",
    ),
    16001: (
        _REFUSED,
        "the host name belongs to another zone: check zone_id, take another name, or delete the application there",
    ),
}
"""By code: the statuses that it comes with, and what it means and what to do."""


def hint_of(route: Route[Any], status: int, errors: Iterable[ErrorDetail]) -> str:
    """Explain what a response says.

    Args:
        route: The endpoint that was called.
        status: HTTP status.
        errors: What the envelope says.

    Returns:
        What the first three of the errors mean and what to do, each once; empty where none of them is known.
    """
    if not is_of_apps(route):
        return ""
    found = dict.fromkeys(_HINTS[each.code] for each in errors if each.code is not None and each.code in _HINTS)
    return "; ".join([text for statuses, text in found if status in statuses][:_MOST])


def is_of_apps(route: Route[Any]) -> bool:
    """Return whether a route is one of applications, and not of another product's."""
    return route.path.startswith(_ROUTES)
