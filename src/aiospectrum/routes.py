"""The description of an API and of its endpoints: data only, filled in by the generated code from the spec."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Generic, Literal, Protocol, Self, TypeVar
from urllib.parse import quote

import attrs

from aiospectrum.checks import Check

__all__ = ["API", "Body", "Collector", "Method", "PathParameter", "QueryParameter", "Route", "Scheme", "Style"]

Method = Literal["GET", "POST", "PUT", "DELETE"]
"""The HTTP methods that the API uses."""

Style = Literal["form"]
"""OpenAPI's names for how arrays are written, as far as the API uses them, with ``explode: false``.

Source: https://spec.openapis.org/oas/v3.1.0#style-values
"""

Scheme = Literal["api_token", "api_key"]
"""The ways to prove who calls: a bearer token, or ``X-Auth-Key`` with ``X-Auth-Email``."""

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class API:
    """What all endpoints of an API have in common."""

    base_url: str
    """URL that paths are appended to, without a slash at its end."""

    schemes: tuple[Scheme, ...]
    """The ways to prove who calls, of which it takes one."""


@attrs.frozen(kw_only=True)
class PathParameter:
    """A part of the path that the caller gives."""

    name: str
    """Its name, in the path template and as an argument."""

    check: Check
    """What it must be."""


@attrs.frozen(kw_only=True)
class QueryParameter:
    """A parameter of the query string."""

    name: str
    """Name of the argument."""

    wire: str
    """Name in the query string."""

    check: Check
    """What it must be."""

    required: bool = False
    """Whether it must be given."""

    style: Style = "form"
    """How an array is written: one key, with delimiters between the items."""

    encoded: str = attrs.field(
        init=False, default=attrs.Factory(lambda self: quote(self.wire, safe=""), takes_self=True)
    )
    """``wire``, percent-encoded."""


@attrs.frozen(kw_only=True)
class Body:
    """The JSON body of a request."""

    name: str
    """Name of the argument."""

    check: Check
    """What it must be."""


class Collector(Protocol):
    """Takes the items of one result's array, in their order, and makes of them what is the result."""

    def add(self, items: Sequence[Any], /) -> bool:
        """Take some items; gives whether it does, as all items are kept otherwise."""
        ...

    def finish(self, head: Any, /) -> Any:
        """Make the result, of one without its items."""
        ...


@attrs.frozen(kw_only=True, eq=False)
class Route(Generic[T]):
    """One endpoint: all that a transport needs to know of it; equal to itself alone, so that it can be a key."""

    name: str
    """Name of the operation in the spec, which is the name of the function too."""

    method: Method
    """HTTP method."""

    path: str
    """Path template below the base URL, such as ``/zones/{zone_id}/spectrum/apps``."""

    permission: str = ""
    """Permission that a token needs, by the name that Cloudflare has for it; empty where the spec names none."""

    path_parameters: tuple[PathParameter, ...] = ()
    """The parts of the path that the caller gives."""

    query: tuple[QueryParameter, ...] = ()
    """Parameters of the query string, in the order in which they are sent."""

    body: Body | None = None
    """The JSON body, None when there is none."""

    result: Any
    """The type that the envelope's ``result`` is read into: a class, a list of one or a union.

    It is typed as Any because a union is not a ``type[T]``; ``T`` says the same to type checkers.
    """

    other_results: tuple[Any, ...] = ()
    """Types of other endpoints that a result is read into where it is of their form."""

    page: str | None = None
    """Name of the query parameter that turns paging on; it is sent as 1 when another one is given without it."""

    ordered: tuple[str, str] | None = None
    """Two query parameters that are times, of which the first is not after the second; None for none."""

    assumed_result: Mapping[str, str] | None = None
    """Path parameter by field of the result, for a response without a result; None when there has to be one."""

    collect: Callable[[], Collector] | None = None
    """Makes what takes the items of the result's array as they are decoded, which need not be kept then; None to keep
    them. A result of another form than ``result``, or whose items it does not take, is read with all its items."""

    safe_to_repeat: bool
    """Whether sending it twice does nothing that sending it once would not: true of all but POST.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where to find it, as a copy would be equal to nothing; copies are the route itself.

        Raises:
            TypeError: It is not the constant of its name in a module, as those of generated packages are.
        """
        constant = self.name.upper()
        for module in tuple(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(constant) is self:
                return _find_route, (module.__name__, constant)
        raise TypeError(
            f"expected the route {self.name} as {constant} of a module: pickle what a call returned instead"
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


def _find_route(module: str, constant: str) -> Route[Any]:
    route: Route[Any] = getattr(import_module(module), constant)
    return route
