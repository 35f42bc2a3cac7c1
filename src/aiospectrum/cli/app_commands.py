"""``aiospectrum apps``: the applications of a zone, configured by options or by a file."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, TextIO, TypeAlias

import attrs
from cyclopts import App as CommandGroup
from cyclopts import Parameter

from aiospectrum._codec.converter import make_converter
from aiospectrum._codec.forms import as_read
from aiospectrum.apps.change import change_read_app, check_changes
from aiospectrum.checks.refusals import closest
from aiospectrum.cli.apply_commands import apply_command, export_command, plan_command
from aiospectrum.cli.context import Context
from aiospectrum.cli.formatting import counted
from aiospectrum.cli.options import AsJSON, Passed, WholeOption, Yes, flattened, read_text, split_names
from aiospectrum.cli.tables import apps_table, details_table
from aiospectrum.cli.usage_errors import UsageError, refusal_text, repeated_value, shortened_words
from aiospectrum.cli.zones_command import ZoneArgument, find_zone
from aiospectrum.client import Client
from aiospectrum.errors import ConversionError
from aiospectrum.models import (
    DNS,
    App,
    AppOrder,
    AppRequest,
    Direction,
    DNSType,
    EdgeIPConnectivity,
    EdgeIPs,
    OriginDNS,
    OriginPort,
    ProxyProtocol,
    TLSMode,
    TrafficType,
)
from aiospectrum.transport import Page

__all__ = ["apps_group"]

_NOTHING: Final = AppRequest(protocol="", dns=DNS())

_PORT: Final = re.compile("[1-9][0-9]{0,4}")

_OriginDNSType: TypeAlias = Literal["A", "AAAA", "SRV"] | str
"""Those of the API but for the empty text, which stands for leaving it out."""

_FileOption: TypeAlias = Annotated[
    str | None,
    Parameter(
        name=("--file", "-f"),
        allow_leading_hyphen=True,
        help="The configuration as a JSON file instead of options; - is the standard input.",
    ),
]

_Unchecked: TypeAlias = Annotated[
    bool,
    Parameter(name="--unchecked", negative=(), show_default=False, help="Send values that this version does not know."),
]

_DropUnknown: TypeAlias = Annotated[
    bool,
    Parameter(
        name="--drop-unknown",
        negative=(),
        show_default=False,
        help="Leave out fields of the application that this version does not know, which are sent back otherwise.",
    ),
]

_Reset: TypeAlias = Annotated[
    list[str] | None,
    Parameter(
        name="--reset",
        negative=(),
        help="Field to set back to Cloudflare's default, such as tls; can be repeated, or between commas.",
    ),
]


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

    def changes(self, found: AppRequest) -> dict[str, Any]:
        """Make the changes of an application: the options that are given, beside what is there of the same object.

        Args:
            found: The configuration that is there.

        Returns:
            The fields to change.

        Raises:
            UsageError: Two options exclude each other.
        """
        inner = {"dns_name", "dns_type", "origin_dns_name", "origin_dns_type", "origin_dns_ttl", "edge_ip_connectivity"}
        changes = _given(attrs.asdict(self, filter=lambda field, _: field.name not in inner))
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


def apps_group() -> CommandGroup:
    """Make the group of commands."""
    group = CommandGroup(name="apps", help="List and change the applications of a zone.")
    group.command(_list, name="list")
    group.command(_get, name="get")
    group.command(_create, name="create")
    group.command(_update, name="update")
    group.command(_ensure, name="ensure")
    group.command(_delete, name="delete")
    group.command(plan_command, name="plan")
    group.command(apply_command, name="apply")
    group.command(export_command, name="export")
    return group


def _list(
    zone_id: ZoneArgument,
    /,
    *,
    page: WholeOption = None,
    per_page: WholeOption = None,
    direction: Direction | None = None,
    order: AppOrder | None = None,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """List the applications of a zone, all of them unless one page is requested.

    Args:
        zone_id: Identifier of the zone.
        page: Number of the only page to get, counted from 1.
        per_page: Applications on a page, up to 100.
        direction: Direction of the ordering.
        order: Field to order by.
        as_json: Print JSON.
        context: The surroundings.
    """
    zone_id = find_zone(zone_id, context)

    async def fetch(client: Client) -> Page[App]:
        if page is not None:
            return await client.apps.list(zone_id, page=page, per_page=per_page, direction=direction, order=order)
        most = 100 if per_page is None else per_page
        every_app = client.apps.iterate(zone_id, per_page=most, direction=direction, order=order)
        return Page(items=[app async for app in every_app])

    listed = context.call(fetch)
    context.show(listed.items, *[apps_table(listed)] * bool(listed), _list_note(listed, zone_id), as_json=as_json)


def _list_note(listed: Page[App], zone_id: str) -> str:
    """What is left out, or that there is nothing."""
    if listed.total_count is not None and listed.total_count > len(listed):
        return f"page {listed.page}: {len(listed):,} of {counted(listed.total_count, 'application')}"
    if listed:
        return ""
    options = "--protocol tcp/22 --dns-name ssh.example.com --origin-direct tcp://192.0.2.1:22"
    return f"no applications in this zone; create one with `aiospectrum apps create {zone_id} {options}`"


def _get(zone_id: ZoneArgument, app_id: str, /, *, as_json: AsJSON = False, context: Passed) -> None:
    """Show one application.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        as_json: Print JSON.
        context: The surroundings.
    """
    zone_id = find_zone(zone_id, context)
    _show_app(context.call(lambda client: client.apps.get(zone_id, app_id)), context, as_json=as_json)


def _create(
    zone_id: ZoneArgument,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: _FileOption = None,
    unchecked: _Unchecked = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Create an application.

    Args:
        zone_id: Identifier of the zone.
        options: The fields.
        file: The configuration as a file.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    body = _read_request(options, file, context.stdin, unchecked=unchecked)
    zone_id = find_zone(zone_id, context)
    _show_app(context.call(lambda client: client.apps.create(zone_id, body)), context, as_json=as_json)


def _update(
    zone_id: ZoneArgument,
    app_id: str,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    reset: _Reset = None,
    file: _FileOption = None,
    drop_unknown: _DropUnknown = False,
    unchecked: _Unchecked = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Change fields of an application and keep all others, or replace all of it by a file.

    One origin that is given removes the others. With --file, what is left out goes back to Cloudflare's default.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        options: The fields.
        reset: Fields to set back.
        file: The configuration as a file.
        drop_unknown: Leave out fields that this version does not know.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    given = AppOptions() if options is None else options
    if file is not None:
        if reset or drop_unknown:
            raise UsageError("--file replaces all: expected it without --reset and --drop-unknown")
        body = _read_request(options, file, context.stdin, unchecked=unchecked)
        zone_id = find_zone(zone_id, context)
        _show_app(context.call(lambda client: client.apps.update(zone_id, app_id, body)), context, as_json=as_json)
        return
    removed = dict.fromkeys(_read_reset(reset))
    if given == AppOptions() and not removed:
        raise UsageError("expected an option for a field to change, or the whole configuration by --file")
    alone = given.changes(_NOTHING)
    if not unchecked:
        check_changes(alone)  # before anything is sent
    if both := sorted(alone.keys() & removed.keys()):
        raise UsageError(f"expected either a value or --reset for {both[0]}, got both")

    def choose(found: AppRequest) -> dict[str, Any]:
        changes = given.changes(found)
        return {**({name: as_read(value) for name, value in changes.items()} if unchecked else changes), **removed}

    zone_id = find_zone(zone_id, context)
    change = partial(change_read_app, zone_id=zone_id, app_id=app_id, choose=choose, keep_unknown=not drop_unknown)
    _show_app(context.call(change), context, as_json=as_json)


def _ensure(
    zone_id: ZoneArgument,
    /,
    *,
    options: Annotated[AppOptions | None, flattened] = None,
    file: _FileOption = None,
    drop_unknown: _DropUnknown = False,
    unchecked: _Unchecked = False,
    as_json: AsJSON = False,
    context: Passed,
) -> None:
    """Create an application, or replace the one with its DNS name and protocol where it differs.

    What is left out has Cloudflare's default. This is also what to do after a create that may have taken effect.

    Args:
        zone_id: Identifier of the zone.
        options: The fields.
        file: The configuration as a file.
        drop_unknown: Leave out fields that this version does not know.
        unchecked: Send values as they are.
        as_json: Print JSON.
        context: The surroundings.
    """
    body = _read_request(options, file, context.stdin, unchecked=unchecked)
    zone_id = find_zone(zone_id, context)
    ensured = context.call(lambda client: client.apps.ensure(zone_id, body, keep_unknown=not drop_unknown))
    values = make_converter().unstructure(ensured.app)
    if as_json:
        context.print_json({"done": ensured.done, "app": values}, is_of_api=True)
    else:
        context.show(ensured.app, details_table(values), f"{ensured.done}", as_json=False)


def _delete(
    zone_id: ZoneArgument, app_id: str, /, *, yes: Yes = False, as_json: AsJSON = False, context: Passed
) -> int:
    """Delete an application.

    Args:
        zone_id: Identifier of the zone.
        app_id: Identifier of the application.
        yes: Do not ask.
        as_json: Print JSON.
        context: The surroundings.

    Returns:
        The exit status, 1 if the answer was no.
    """
    if not yes:
        context.need_terminal()
    zone_id = find_zone(zone_id, context)
    app = context.call(lambda client: client.apps.get(zone_id, app_id))
    name = f"{app.dns.name or 'without a host name'} ({app.protocol}, {app.id})"
    if not yes and not context.confirm(f"Delete the application {name} of the zone {zone_id}?"):
        return context.decline("not deleted")
    deleted = context.call(lambda client: client.apps.delete(zone_id, app_id))
    context.show(deleted, f"deleted {name}", as_json=as_json)
    return 0


def _read_request(options: AppOptions | None, file: str | None, stdin: TextIO | None, *, unchecked: bool) -> AppRequest:
    """The body of a call from options or from a file of JSON, whichever is given."""
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


def _read_reset(names: list[str] | None) -> list[str]:
    """The fields that options name, which may be spelled as options are."""
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


def _show_app(app: App, context: Context, *, as_json: bool) -> None:
    context.show(app, details_table(make_converter().unstructure(app)), as_json=as_json)
