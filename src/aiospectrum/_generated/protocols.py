# Generated from spec/spectrum.openapi.yaml: do not edit, run `python -m codegen` instead.
"""Well-known protocols that Spectrum has a name for.

Each function can be called with anything that is a :class:`~aiospectrum.transport.Transport`.
"""

from typing import Final

from aiospectrum._generated.checks import IDENTIFIER
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
    path_parameters=(PathParameter(name="zone_id", check=IDENTIFIER),),
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
        transport: What to call over: a client, or anything else that is a Transport.
        zone_id: Identifier of the zone, 32 hexadecimal characters.

    Returns:
        All well-known protocols.

    Raises:
        InvalidArgumentError: An argument does not fit; nothing was sent.
        ConnectionFailedError: No connection, or it broke before the whole answer had arrived.
        RequestTimeoutError: The deadline passed, or a wait would have passed it.
        ResponseError: The API refused the call, in the subclass of its status, or its answer was unusable.
    """
    response = await transport.send(
        LIST_PROTOCOLS,
        path={"zone_id": zone_id},
        query={},
    )
    return response.result
