# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Zones that the credentials may see, each a domain.

The first argument of each function, ``transport``, is what it calls over: a client, or anything else that is a
:class:`~aiospectrum.transport.Transport`. A method of a client has it already.
"""

from collections.abc import AsyncGenerator, Awaitable
from operator import attrgetter
from typing import Final, Literal

from aiospectrum._generated.models import (
    Zone,
)
from aiospectrum.checks import Integer, Text, Unchecked
from aiospectrum.routes import QueryParameter, Route
from aiospectrum.transport import Page, Transport, iterate_pages, to_page

__all__ = [
    "LIST_ZONES",
    "iterate_zones",
    "list_zones",
]

LIST_ZONES: Final[Route[list[Zone]]] = Route(
    name="list_zones",
    method="GET",
    path="/zones",
    permission="Zone Read",
    query=(
        QueryParameter(name="name", wire="name", check=Text(format="hostname")),
        QueryParameter(
            name="status", wire="status", check=Text(choices=("initializing", "pending", "active", "moved"))
        ),
        QueryParameter(name="page", wire="page", check=Integer(minimum=1)),
        QueryParameter(name="per_page", wire="per_page", check=Integer(minimum=5, maximum=50)),
    ),
    result=list[Zone],
    page="page",
    safe_to_repeat=True,
)
"""Route of :func:`list_zones`."""


async def list_zones(
    transport: Transport,
    *,
    name: str | None = None,
    status: Literal["initializing", "pending", "active", "moved"] | Unchecked | None = None,
    page: int | None = None,
    per_page: int | None = None,
) -> Page[Zone]:
    """List the zones that the credentials may see.

    A name finds the identifier of its zone. Needs the permission Zone Read.

    Source: https://developers.cloudflare.com/api/resources/zones/methods/list/

    Args:
        name: Domain of the only zone to list, such as `example.com`.
        status: Status of the zones to list; all of them when left out.
        page: Number of the page, 1 or more. The API takes 1 when it is left out.
        per_page: Zones on a page, 5 to 50. The API takes 20 when it is left out.

    Returns:
        One page of zones.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        LIST_ZONES,
        path={},
        query={"name": name, "status": status, "page": page, "per_page": per_page},
    )
    return to_page(response)


def iterate_zones(
    transport: Transport,
    *,
    per_page: int = 50,
    name: str | None = None,
    status: Literal["initializing", "pending", "active", "moved"] | Unchecked | None = None,
) -> AsyncGenerator[Zone, None]:
    """List the zones that the credentials may see, each once.

    Pages are requested one by one, when they are needed.

    Source: https://developers.cloudflare.com/api/resources/zones/methods/list/

    Args:
        per_page: Zones on a page of one request, 5 to 50.
        name: Domain of the only zone to list, such as `example.com`.
        status: Status of the zones to list; all of them when left out.

    Returns:
        An async iterator over the items of all pages; the errors below are raised while it is iterated over.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """

    def get_page(number: int) -> Awaitable[Page[Zone]]:
        return list_zones(
            transport,
            page=number,
            per_page=per_page,
            name=name,
            status=status,
        )

    return iterate_pages(get_page, key=attrgetter("id"), per_page=per_page)
