"""The fields of an application as options, or as a file, of a command."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, TextIO, TypeAlias

import attrs
from cyclopts import Parameter

from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.forms import as_read
from aiospectrum.checks.refusals import closest
from aiospectrum.cli.options import WholeOption, read_text, split_names
from aiospectrum.cli.usage_errors import UsageError, refusal_text, repeated_value, shortened_words
from aiospectrum.errors import ConversionError
from aiospectrum.models import (
    DNS,
    AppRequest,
    DNSType,
    EdgeIPConnectivity,
    EdgeIPs,
    OriginDNS,
    OriginPort,
    ProxyProtocol,
    TLSMode,
    TrafficType,
)

__all__ = ["AppOptions", "DropUnknown", "FileOption", "Reset", "UncheckedFlag", "read_request", "read_reset"]

_PORT: Final = re.compile("[1-9][0-9]{0,4}")

_OriginDNSType: TypeAlias = Literal["A", "AAAA", "SRV"] | str
"""Those of the API but for the empty text, which stands for leaving it out."""

FileOption: TypeAlias = Annotated[
    str | None,
    Parameter(
        name=("--file", "-f"),
        allow_leading_hyphen=True,
        help="The configuration as a JSON file instead of options; - is the standard input.",
    ),
]
"""A file that holds the whole configuration."""

UncheckedFlag: TypeAlias = Annotated[
    bool,
    Parameter(name="--unchecked", negative=(), show_default=False, help="Send values that this version does not know."),
]
"""Whether values are sent as they are."""

DropUnknown: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--drop-unknown",
        negative=(),
        show_default=False,
        help="Leave out fields of the application that this version does not know, which are sent back otherwise.",
    ),
]
"""Whether fields that this version does not know are left out."""

Reset: TypeAlias = Annotated[
    list[str] | None,
    Parameter(
        name="--reset",
        negative=(),
        help="Field to set back to Cloudflare's default, such as tls; can be repeated, or between commas.",
    ),
]
"""Fields to set back."""


@attrs.frozen(kw_only=True)
class AppOptions:
    """The fields of an application."""

    protocol: str | None = None
    """Protocol and port or ports at the edge, such as tcp/22 or tcp/1000-2000; on pay-as-you-go plans also a name."""

    dns_name: str | None = None
    """Hostname that clients connect to."""

    dns_type: DNSType | None = None
    """CNAME, or ADDRESS with --edge-ips."""

    origin_direct: list[str] | None = None
    """Origin with protocol and port, such as tcp://192.0.2.1:22; can be repeated."""

    origin_dns_name: str | None = None
    """DNS record that origins are looked up from."""

    origin_dns_type: _OriginDNSType | None = None
    """Type of that record; A and AAAA together when left out."""

    origin_dns_ttl: WholeOption = None
    """Seconds for which a lookup is kept, 600 or more."""

    origin_port: str | None = None
    """Port or range of ports at the origin, with --origin-dns-name."""

    origin_worker_id: str | None = None
    """The Worker that takes the traffic, with --traffic-type worker."""

    virtual_network_id: str | None = None
    """The virtual network that a private origin is reached through."""

    traffic_type: TrafficType | None = None
    """How traffic goes to the origin: as it is, through the HTTP features, or to a Worker."""

    tls: TLSMode | None = None
    """Whether TLS of clients ends at the edge, and is used and verified towards the origin."""

    proxy_protocol: ProxyProtocol | None = None
    """Proxy Protocol header sent to the origin."""

    ip_firewall: bool | None = None
    """Whether IP Access Rules apply."""

    argo_smart_routing: bool | None = None
    """Whether Argo Smart Routing is used."""

    edge_ip_connectivity: EdgeIPConnectivity | None = None
    """IP versions of the addresses that Cloudflare chooses."""

    edge_ips: list[str] | None = None
    """Addresses of your own at the edge, between commas."""

    def request(self) -> AppRequest:
        """Make the body of a call.

        Returns:
            The configuration; the client checks the rest of it.

        Raises:
            UsageError: An option that is always needed is missing, or two exclude each other.
        """
        if self.protocol is None or self.dns_name is None:
            raise UsageError("expected --protocol and --dns-name, or the whole configuration by --file")
        origins = (self.origin_direct, self.origin_dns_name, self.origin_worker_id)
        if sum(origin is not None for origin in origins) != 1:
            raise UsageError(
                "expected one origin: --origin-direct such as tcp://192.0.2.1:22, --origin-dns-name, or"
                " --origin-worker-id"
            )
        origin_dns = OriginDNS(name=self.origin_dns_name, ttl=self.origin_dns_ttl, type=self.origin_dns_type)
        own = {"dns_name", "dns_type", "origin_dns_name", "origin_dns_type", "origin_dns_ttl", "origin_port"}
        fields = attrs.asdict(
            self, filter=lambda field, _: field.name not in {*own, "edge_ips", "edge_ip_connectivity"}
        )
        return AppRequest(
            **fields,
            dns=DNS(name=self.dns_name, type=self.dns_type),
            origin_dns=None if origin_dns == OriginDNS() else origin_dns,
            origin_port=_read_port(self.origin_port),
            edge_ips=self._edge_ips(),
        )

    def changes(self, found: AppRequest | None = None) -> dict[str, Any]:
        """Make the changes of an application: the options that are given, beside what is there of the same object.

        Args:
            found: The configuration that is there, None as long as it is not known.

        Returns:
            The fields to change.

        Raises:
            UsageError: Two options exclude each other.
        """
        inner = {"dns_name", "dns_type", "origin_dns_name", "origin_dns_type", "origin_dns_ttl", "edge_ip_connectivity"}
        changes = _given(attrs.asdict(self, filter=lambda field, _: field.name not in inner))
        found = AppRequest(protocol="", dns=DNS()) if found is None else found
        dns = _given({"name": self.dns_name, "type": self.dns_type})
        origin = _given(
            {"name": self.origin_dns_name, "type": self.origin_dns_type, "ttl": self.origin_dns_ttl},
        )
        if dns:
            changes["dns"] = attrs.evolve(as_read(found.dns), **dns)
        if origin:
            changes["origin_dns"] = attrs.evolve(as_read(found.origin_dns or OriginDNS()), **origin)
        if self.origin_port is not None:
            changes["origin_port"] = _read_port(self.origin_port)
        edge_ips = self._edge_ips()
        return {**changes, **_given({"edge_ips": edge_ips})}

    def _edge_ips(self) -> EdgeIPs | None:
        if self.edge_ips is not None and self.edge_ip_connectivity is not None:
            raise UsageError("expected either --edge-ips or --edge-ip-connectivity, got both")
        if self.edge_ips is not None:
            return EdgeIPs(type="static", ips=split_names(self.edge_ips) or [])
        if self.edge_ip_connectivity is not None:
            return EdgeIPs(type="dynamic", connectivity=self.edge_ip_connectivity)
        return None


def read_request(options: AppOptions | None, file: str | None, stdin: TextIO | None, *, unchecked: bool) -> AppRequest:
    """Read the body of a call from options or from a file of JSON, whichever is given.

    Args:
        options: The options, None for none.
        file: Path of the file, ``-`` for the standard input; None for none.
        stdin: The standard input.
        unchecked: Whether its values are sent as they are.

    Returns:
        The configuration.

    Raises:
        UsageError: Both are given, or something is missing, or the file holds something else.
    """
    request = _read_checked(options, file, stdin)
    return as_read(request) if unchecked else request


def _read_checked(options: AppOptions | None, file: str | None, stdin: TextIO | None) -> AppRequest:
    given = AppOptions() if options is None else options
    if file is None:
        return given.request()
    if given != AppOptions():
        raise UsageError("expected either --file or options for the fields, got both")
    name = "standard input" if file == "-" else file or "--file"
    text = read_text(file, name, stdin)
    try:
        values = json.loads(
            text, object_pairs_hook=partial(_each_once, name), parse_constant=partial(_refuse_constant, name)
        )
    except (ValueError, RecursionError) as error:
        reason = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{name}: expected JSON, got something else{reason}") from None
    try:
        return make_converter().structure(values, AppRequest)
    except ConversionError as error:
        raise UsageError(f"{name}: {refusal_text(error, shortened_words(error.field))}", error.hint or None) from None


def _each_once(file: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in values if names.count(key) > 1)
        raise UsageError(f"{file}: expected each key once, got {repeated_value(twice)!r} twice")
    return values


def _refuse_constant(file: str, text: str) -> float:
    raise UsageError(f"{file}: expected JSON, got {text}")


def read_reset(names: list[str] | None) -> list[str]:
    """Read the names of fields to set back, which may be spelled as options are.

    Args:
        names: The values of the option, None when it was not given.

    Returns:
        The names.

    Raises:
        UsageError: There is no such field, or it is always there.
    """
    fields = [field.name for field in attrs.fields(AppRequest) if field.default is None]
    found = []
    for name in split_names(names) or []:
        plain = name.replace("-", "_")
        if plain not in fields:
            meant = closest(plain, fields)
            step = None if meant is None else f"did you mean {meant!r}?"
            raise UsageError(f"--reset: expected one of {', '.join(fields)}, got {repeated_value(name)!r}", step)
        found.append(plain)
    return found


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _read_port(text: str | None) -> OriginPort | None:
    return int(text) if text is not None and _PORT.fullmatch(text) else text
