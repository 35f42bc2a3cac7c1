# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Spectrum applications of a zone, each a TCP or UDP service that Cloudflare's edge takes traffic for.

The first argument of each function, ``transport``, is what it calls over: a client, or anything else that is a
:class:`~aiospectrum.transport.Transport`. A method of a client has it already.
"""

from collections.abc import AsyncGenerator, Awaitable
from operator import attrgetter
from typing import Final

from aiospectrum._generated import checks
from aiospectrum._generated.models import App, AppOrder, AppRequest, DeletedApp, Direction
from aiospectrum.checks import Integer, Unchecked
from aiospectrum.routes import Body, PathParameter, QueryParameter, Route
from aiospectrum.transport import Page, Transport, iterate_pages, to_page

__all__ = [
    "CREATE_APP",
    "DELETE_APP",
    "GET_APP",
    "LIST_APPS",
    "UPDATE_APP",
    "create_app",
    "delete_app",
    "get_app",
    "iterate_apps",
    "list_apps",
    "update_app",
]

LIST_APPS: Final[Route[list[App]]] = Route(
    name="list_apps",
    method="GET",
    path="/zones/{zone_id}/spectrum/apps",
    permission="Zone Settings Read",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    query=(
        QueryParameter(name="page", wire="page", check=Integer(minimum=1)),
        QueryParameter(name="per_page", wire="per_page", check=Integer(minimum=1, maximum=100)),
        QueryParameter(name="direction", wire="direction", check=checks.DIRECTION),
        QueryParameter(name="order", wire="order", check=checks.APP_ORDER),
    ),
    result=list[App],
    page="page",
    safe_to_repeat=True,
)
"""Route of :func:`list_apps`."""


async def list_apps(
    transport: Transport,
    zone_id: str,
    *,
    page: int | None = None,
    per_page: int | None = None,
    direction: Direction | Unchecked | None = None,
    order: AppOrder | Unchecked | None = None,
) -> Page[App]:
    """List the Spectrum applications of a zone.

    Without any of the four parameters the API returns every application at once and sends no paging data. It
    ignores the other three unless `page` is sent, so `page=1` is sent along when one of them is given alone.
    Needs the permission Zone Settings Read.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/list/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        page: Number of the page, 1 or more.
        per_page: Applications on a page, 1 to 100. The API takes 20 when it is left out.
        direction: Direction of the ordering. The API takes asc when it is left out.
        order: Field to order by. The API takes dns when it is left out.

    Returns:
        One page of applications, or all of them when no page was requested.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        LIST_APPS,
        path={"zone_id": zone_id},
        query={"page": page, "per_page": per_page, "direction": direction, "order": order},
    )
    return to_page(response)


def iterate_apps(
    transport: Transport,
    zone_id: str,
    *,
    per_page: int = 100,
    direction: Direction | Unchecked | None = None,
    order: AppOrder | Unchecked | None = None,
) -> AsyncGenerator[App, None]:
    """List the Spectrum applications of a zone, each once.

    Pages are requested one by one, when they are needed.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/list/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        per_page: Applications on a page of one request, 1 to 100.
        direction: Direction of the ordering. The API takes asc when it is left out.
        order: Field to order by. The API takes dns when it is left out.

    Returns:
        An async iterator over the items of all pages; the errors below are raised while it is iterated over.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """

    def get_page(number: int) -> Awaitable[Page[App]]:
        return list_apps(
            transport,
            zone_id,
            page=number,
            per_page=per_page,
            direction=direction,
            order=order,
        )

    return iterate_pages(get_page, key=attrgetter("id"), per_page=per_page)


CREATE_APP: Final[Route[App]] = Route(
    name="create_app",
    method="POST",
    path="/zones/{zone_id}/spectrum/apps",
    permission="Zone Settings Write",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    body=Body(name="app", check=checks.APP_REQUEST),
    result=App,
    safe_to_repeat=False,
)
"""Route of :func:`create_app`."""


async def create_app(
    transport: Transport,
    zone_id: str,
    app: AppRequest,
) -> App:
    """Create a Spectrum application in a zone.

    Needs the permission Zone Settings Write.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/create/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app: The whole configuration of the application.

    Returns:
        The application as it stands after the call.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
        AmbiguousWriteError: The call failed after it could have been sent, so that it may have taken effect.
    """
    response = await transport.send(
        CREATE_APP,
        path={"zone_id": zone_id},
        query={},
        body=app,
    )
    return response.result


GET_APP: Final[Route[App]] = Route(
    name="get_app",
    method="GET",
    path="/zones/{zone_id}/spectrum/apps/{app_id}",
    permission="Zone Settings Read",
    path_parameters=(
        PathParameter(name="zone_id", check=checks.IDENTIFIER),
        PathParameter(name="app_id", check=checks.IDENTIFIER),
    ),
    result=App,
    safe_to_repeat=True,
)
"""Route of :func:`get_app`."""


async def get_app(
    transport: Transport,
    zone_id: str,
    app_id: str,
) -> App:
    """Get one Spectrum application.

    Needs the permission Zone Settings Read.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/get/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.

    Returns:
        The application as it stands after the call.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        GET_APP,
        path={"zone_id": zone_id, "app_id": app_id},
        query={},
    )
    return response.result


UPDATE_APP: Final[Route[App]] = Route(
    name="update_app",
    method="PUT",
    path="/zones/{zone_id}/spectrum/apps/{app_id}",
    permission="Zone Settings Write",
    path_parameters=(
        PathParameter(name="zone_id", check=checks.IDENTIFIER),
        PathParameter(name="app_id", check=checks.IDENTIFIER),
    ),
    body=Body(name="app", check=checks.APP_REQUEST),
    result=App,
    safe_to_repeat=True,
)
"""Route of :func:`update_app`."""


async def update_app(
    transport: Transport,
    zone_id: str,
    app_id: str,
    app: AppRequest,
) -> App:
    """Replace the configuration of a Spectrum application.

    The body replaces the whole configuration: a field left out goes back to Cloudflare's default. Needs the
    permission Zone Settings Write.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/update/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.
        app: The whole configuration of the application.

    Returns:
        The application as it stands after the call.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        UPDATE_APP,
        path={"zone_id": zone_id, "app_id": app_id},
        query={},
        body=app,
    )
    return response.result


DELETE_APP: Final[Route[DeletedApp]] = Route(
    name="delete_app",
    method="DELETE",
    path="/zones/{zone_id}/spectrum/apps/{app_id}",
    permission="Zone Settings Write",
    path_parameters=(
        PathParameter(name="zone_id", check=checks.IDENTIFIER),
        PathParameter(name="app_id", check=checks.IDENTIFIER),
    ),
    result=DeletedApp,
    assumed_result={"id": "app_id"},
    safe_to_repeat=True,
)
"""Route of :func:`delete_app`."""


async def delete_app(
    transport: Transport,
    zone_id: str,
    app_id: str,
) -> DeletedApp:
    """Delete a Spectrum application.

    Needs the permission Zone Settings Write.

    Source: https://developers.cloudflare.com/api/resources/spectrum/subresources/apps/methods/delete/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.
        app_id: Identifier of the application, 32 hexadecimal characters.

    Returns:
        The identifier of the deleted application.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        DELETE_APP,
        path={"zone_id": zone_id, "app_id": app_id},
        query={},
    )
    return response.result
