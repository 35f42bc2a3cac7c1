# Generated from spectrum.openapi.yaml by `python -m codegen`: do not edit.
"""Well-known protocols that Spectrum has a name for.

The first argument of each function, ``transport``, is what it calls over: a client, or anything else that is a
:class:`~aiospectrum.transport.Transport`. A method of a client has it already.
"""

from typing import Final

from aiospectrum._generated import checks
from aiospectrum._generated.models import Protocol
from aiospectrum.routes import PathParameter, Route
from aiospectrum.transport import Transport

__all__ = [
    "LIST_PROTOCOLS",
    "list_protocols",
]

LIST_PROTOCOLS: Final[Route[list[Protocol]]] = Route(
    name="list_protocols",
    method="GET",
    path="/zones/{zone_id}/spectrum/protocols",
    permission="Zone Settings Read",
    path_parameters=(PathParameter(name="zone_id", check=checks.IDENTIFIER),),
    result=list[Protocol],
    safe_to_repeat=True,
)
"""Route of :func:`list_protocols`."""


async def list_protocols(
    transport: Transport,
    zone_id: str,
) -> list[Protocol]:
    """List the well-known protocols that a zone can use by name.

    Needs the permission Zone Settings Read.

    Source: https://developers.cloudflare.com/spectrum/reference/configuration-options/

    Args:
        zone_id: Identifier of the zone, 32 hexadecimal characters.

    Returns:
        All well-known protocols.

    Raises:
        InvalidArgumentError: An argument is invalid; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole response had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its response was unusable.
    """
    response = await transport.send(
        LIST_PROTOCOLS,
        path={"zone_id": zone_id},
        query={},
    )
    return response.result
