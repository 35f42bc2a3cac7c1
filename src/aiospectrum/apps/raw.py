"""Applications as JSON values, with the keys that this version does not know.

The models leave out what they do not know, so that a replacement made of one would reset it. Values here are those of
the API; texts and numbers in them may be :class:`~aiospectrum.Unchecked`, where they are sent as they are.
"""

from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any, Final, cast

import attrs
import msgspec

from aiospectrum._codec.converter import shared_converter
from aiospectrum._codec.forms import OldAppForms
from aiospectrum._codec.wrong import below
from aiospectrum._generated import apps
from aiospectrum._generated.checks import APP_REQUEST
from aiospectrum.checks import Object, refuse
from aiospectrum.errors import ConversionError, DecodeError
from aiospectrum.models import App, AppRequest
from aiospectrum.routes import Body, Route
from aiospectrum.transport import Page, Response, Transport, iterate_pages, to_page

__all__ = [
    "get_raw",
    "join",
    "list_raw",
    "read_configuration",
    "read_request",
    "replace_raw",
    "split",
    "write_request",
]

_LEFT_OUT: Final = frozenset({*AppRequest.read_only_keys, *AppRequest.old_keys, "ipv4"})
"""Keys that Cloudflare alone sets, and those of old payloads, which it refuses today."""

_INNER: Final[Mapping[str, Mapping[str, object]]] = {
    name: check.fields for name, check in APP_REQUEST.fields.items() if isinstance(check, Object)
}
"""The known keys of the objects in an application."""


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Separate what this version knows of an application from what it does not know.

    Args:
        values: The JSON values, in whatever form.

    Returns:
        Two JSON objects. The keys that :class:`~aiospectrum.AppRequest` has, in the form of today, without those that
        are null or an empty array, inside of known objects too; and the other ones, inside of known objects too. Keys
        that Cloudflare alone sets, and those of old payloads, are in neither.
    """
    known: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for key, value in OldAppForms.read_old_forms(values).items():
        if key in _LEFT_OUT:
            continue
        if key not in APP_REQUEST.fields:
            unknown[key] = value
        elif key in _INNER and isinstance(value, Mapping):
            ours = {name: inner for name, inner in value.items() if name in _INNER[key]}
            known[key] = {name: inner for name, inner in ours.items() if inner is not None and inner != []}
            others = {name: inner for name, inner in value.items() if name not in _INNER[key]}
            if others:
                unknown[key] = others
        elif value is not None and value != []:
            known[key] = value
    return known, unknown


def join(known: Mapping[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what :func:`split` separates; unknown keys of a known object that is not there are left out."""
    outer = {key: value for key, value in unknown.items() if key not in _INNER}
    inner = {key: {**value, **unknown.get(key, {})} for key, value in known.items() if key in _INNER}
    return {**known, **inner, **outer}


def read_request(values: Mapping[str, Any]) -> AppRequest:
    """Read the configuration in the JSON values of an application, without what this version does not know.

    Raises:
        ConversionError: A value is not of the type that it has in a configuration.
    """
    return shared_converter().structure(split(values)[0], AppRequest)


def read_configuration(values: Mapping[str, Any]) -> AppRequest:
    """Read the configuration of an application that is there, without what Cloudflare chose.

    Those are the addresses of dynamic ones at the edge, which old payloads have and a configuration must not.

    Raises:
        ConversionError: A value is not of the type that it has in a configuration.
    """
    app = read_request(values)
    if app.edge_ips is None or app.edge_ips.type != "dynamic" or app.edge_ips.ips is None:
        return app
    return attrs.evolve(app, edge_ips=attrs.evolve(app.edge_ips, ips=None))


def write_request(request: AppRequest) -> dict[str, Any]:
    """Write a configuration as JSON values.

    Raises:
        ConversionError: A value is not of the type that it has in a configuration.
    """
    written: dict[str, Any] = shared_converter().unstructure(request)
    return written


@attrs.frozen
class _JSONCheck:
    """The check of a configuration that is given as JSON values: that of an AppRequest, which it is read as."""

    expected: str = "the JSON values of a configuration, as a mapping"

    def check(self, field: str, value: object) -> Any:
        """Refuse anything else; see :class:`~aiospectrum.checks.Check`."""
        if not issubclass(type(value), Mapping):
            refuse(field, value, self.expected)
        values = cast("Mapping[str, Any]", value)
        try:
            unknown = split(values)[1]
            request = APP_REQUEST.check(field, read_request(values))
        except ConversionError as error:
            raise below(field, error) from None
        if not _can_be_sent(unknown):
            refuse(field, unknown, "unknown keys with values that JSON has")
        return join(write_request(request), unknown)


def _can_be_sent(values: Mapping[str, Any]) -> bool:
    """Whether they come back as they are, which huge numbers do not."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(values)) == values)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False


# They have the names of the endpoints, as they are the same ones to whoever observes calls.
GET_APP: Final[Route[Any]] = attrs.evolve(apps.GET_APP, result=dict[str, Any])
LIST_APPS: Final[Route[Any]] = attrs.evolve(apps.LIST_APPS, result=list[dict[str, Any]])
UPDATE_APP: Final[Route[App]] = attrs.evolve(apps.UPDATE_APP, body=Body(name="app", check=_JSONCheck()))


async def get_raw(transport: Transport, zone_id: str, app_id: str) -> dict[str, Any]:
    """Get one application as JSON values.

    Args:
        transport: A client, or anything else to call over.
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.

    Returns:
        The values as the API sent them, which :class:`~aiospectrum.App` can be read of.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(GET_APP, path={"zone_id": zone_id, "app_id": app_id}, query={})
    _check_readable(response, [response.result])
    values: dict[str, Any] = response.result
    return values


async def list_raw(transport: Transport, zone_id: str) -> list[dict[str, Any]]:
    """List the applications of a zone as JSON values, those of all pages, each once.

    Args:
        transport: A client, or anything else to call over.
        zone_id: Identifier of the zone, 32 hexadecimal characters.

    Returns:
        The values of each as the API sent them, which :class:`~aiospectrum.App` can be read of.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    pages: AsyncGenerator[dict[str, Any], None] = iterate_pages(
        partial(_get_page, transport, zone_id), key=lambda values: str(values["id"]), per_page=100
    )
    return [values async for values in pages]


async def _get_page(transport: Transport, zone_id: str, number: int) -> Page[dict[str, Any]]:
    query = {"page": number, "per_page": 100, "direction": None, "order": None}
    response = await transport.send(LIST_APPS, path={"zone_id": zone_id}, query=query)
    _check_readable(response, response.result)
    return to_page(response)


async def replace_raw(transport: Transport, zone_id: str, app_id: str, values: Mapping[str, Any]) -> App:
    """Replace the configuration of an application by one that is given as JSON values.

    What this version knows of it is checked as :func:`~aiospectrum.endpoints.update_app` checks it; keys that it does
    not know are sent as they are. Keys that Cloudflare alone sets, and those of old payloads, are left out.

    Args:
        transport: A client, or anything else to call over.
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.
        values: The whole configuration.

    Returns:
        The application as it stands after the call.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(UPDATE_APP, path={"zone_id": zone_id, "app_id": app_id}, query={}, body=values)
    return response.result


def _check_readable(response: Response[Any], apps: list[dict[str, Any]]) -> None:
    """Refuse what is no application, as reading it into a model does.

    Raises:
        DecodeError: One of them is none.
    """
    for values in apps:
        try:
            shared_converter().structure(values, App)
        except ConversionError as error:
            problem = f"{response.route.method} {response.url}: the response is not as documented: result.{error}"
            raise DecodeError(
                problem, method=response.route.method, url=response.url, status=response.status, ray_id=response.ray_id
            ) from None
