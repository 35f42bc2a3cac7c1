"""The configuration of an application, from options or from a file."""

import json
from pathlib import Path
from typing import Annotated, TextIO, TypeAlias

import attrs
from cattrs.errors import BaseValidationError
from cyclopts import Parameter

from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.decoder import WireError, explain
from aiospectrum.cli.context import UsageError
from aiospectrum.cli.options import split_names
from aiospectrum.models import DNS, AppRequest, EdgeIPs, OriginDNS, OriginPort

__all__ = ["AppOptions", "FileOption", "make_request"]

FileOption: TypeAlias = Annotated[
    str | None,
    Parameter(
        name=("--file", "-f"),
        allow_leading_hyphen=True,
        help="The configuration as a file of JSON instead of options; - for the standard input.",
    ),
]
"""Where the configuration is."""


@attrs.frozen(kw_only=True)
class AppOptions:
    """The fields of an application."""

    protocol: str | None = None
    """Protocol and port or ports at the edge, such as tcp/22 or tcp/1000-2000; on pay-as-you-go plans also a name."""

    dns_name: str | None = None
    """Hostname that clients connect to."""

    dns_type: str | None = None
    """CNAME, or ADDRESS with --edge-ips."""

    origin_direct: list[str] | None = None
    """Origin with protocol and port, such as tcp://192.0.2.1:22; can be repeated."""

    origin_dns_name: str | None = None
    """DNS record that origins are looked up from."""

    origin_dns_type: str | None = None
    """Type of that record: A, AAAA or SRV."""

    origin_dns_ttl: int | None = None
    """Seconds for which a look-up is kept, 600 or more."""

    origin_port: str | None = None
    """Port or range of ports at the origin, with --origin-dns-name."""

    origin_worker_id: str | None = None
    """The Worker that takes the traffic, with --traffic-type worker."""

    virtual_network_id: str | None = None
    """The virtual network that a private origin is reached through."""

    traffic_type: str | None = None
    """direct, http, https or worker."""

    tls: str | None = None
    """off, flexible, full or strict."""

    proxy_protocol: str | None = None
    """off, v1, v2 or simple."""

    ip_firewall: bool | None = None
    """Whether IP Access Rules apply."""

    argo_smart_routing: bool | None = None
    """Whether Argo Smart Routing is used."""

    edge_ip_connectivity: str | None = None
    """IP versions of the addresses that Cloudflare chooses: all, ipv4 or ipv6."""

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
        return AppRequest(
            protocol=self.protocol,
            dns=DNS(name=self.dns_name, type=self.dns_type),
            traffic_type=self.traffic_type,
            origin_direct=self.origin_direct,
            origin_dns=self._origin_dns(),
            origin_port=_read_port(self.origin_port),
            origin_worker_id=self.origin_worker_id,
            virtual_network_id=self.virtual_network_id,
            edge_ips=self._edge_ips(),
            ip_firewall=self.ip_firewall,
            proxy_protocol=self.proxy_protocol,
            tls=self.tls,
            argo_smart_routing=self.argo_smart_routing,
        )

    def _origin_dns(self) -> OriginDNS | None:
        record = OriginDNS(name=self.origin_dns_name, ttl=self.origin_dns_ttl, type=self.origin_dns_type)
        return None if record == OriginDNS() else record

    def _edge_ips(self) -> EdgeIPs | None:
        if self.edge_ips is not None:
            if self.edge_ip_connectivity is not None:
                raise UsageError("expected either --edge-ips or --edge-ip-connectivity, got both")
            return EdgeIPs(type="static", ips=split_names(self.edge_ips) or [])
        if self.edge_ip_connectivity is not None:
            return EdgeIPs(type="dynamic", connectivity=self.edge_ip_connectivity)
        return None


def make_request(options: AppOptions | None, file: str | None, stdin: TextIO | None) -> AppRequest:
    """Make the body of a call from options or from a file.

    Args:
        options: The options; None, or without any value, when a file is given.
        file: Path of a file of JSON, ``-`` for the standard input.
        stdin: The standard input.

    Returns:
        The configuration.

    Raises:
        UsageError: Both or neither are given, or the file cannot be read.
    """
    given = AppOptions() if options is None else options
    if file is None:
        return given.request()
    if given != AppOptions():
        raise UsageError("expected either --file or options for the fields, got both")
    name = "standard input" if file == "-" else file
    try:
        values = json.loads(_read_text(file, stdin))
        return make_converter().structure(values, AppRequest)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from None
    except (BaseValidationError, WireError) as error:
        raise UsageError(explain(error, name)) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: expected JSON, got something else: {error}") from None


def _read_text(file: str, stdin: TextIO | None) -> str:
    if file != "-":
        return Path(file).read_text(encoding="utf-8")
    return "" if stdin is None else stdin.read()


def _read_port(text: str | None) -> OriginPort | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else text
