"""Refusals: what the sandbox raises inside, and what becomes an error envelope at the edge.

Codes of Spectrum itself follow https://developers.cloudflare.com/spectrum/reference/error-codes/ ;
codes of the API gateway (6003, 7003, 9106, 9109, 10000, 971) are the ones Cloudflare answers in
practice. Where neither names a code, the sandbox uses the family that mirrors the HTTP status:
10400, 10404, 10405, 10413.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INVALID", "Problem", "RefusedError", "bad_parameter"]

INVALID: Final = 10400
"""Code of a parameter or field that has the wrong type, format or range and no code of its own."""


@attrs.frozen(kw_only=True)
class Problem:
    """One entry of an envelope's ``errors`` list."""

    code: int
    """Cloudflare's numeric code."""
    message: str
    """One sentence for people."""
    pointer: str | None = None
    """JSON pointer into the request body, for errors about a field."""
    chain: tuple[tuple[int, str], ...] = ()
    """Codes and messages of the causes, outermost first."""


class RefusedError(Exception):
    """A request that is answered with an error envelope instead of a result."""

    def __init__(self, status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> None:
        """Refuse with an HTTP `status`, for these problems; `headers` are added to the answer."""
        super().__init__(status, *problems)
        self.status: Final = status
        self.problems: Final = problems
        self.headers: Final[dict[str, str]] = dict(headers or {})


def bad_parameter(name: str, value: object, expected: str) -> RefusedError:
    """Return the refusal of a query parameter: HTTP 400 with code 10400, naming the parameter."""
    message = f"query parameter {name!r} is {value!r}; expected {expected}"
    return RefusedError(400, Problem(code=INVALID, message=message))
