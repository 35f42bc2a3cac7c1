"""A problem of a configuration."""

from typing import Literal, TypeAlias

import attrs

__all__ = ["Problem", "Severity"]

Severity: TypeAlias = Literal["error", "warning"]
"""Whether a configuration is refused, or only warned of."""


@attrs.frozen(kw_only=True)
class Problem:
    """What is wrong with the configuration of an application."""

    code: str
    """Name of the rule that is broken, such as ``tls-transport``."""

    field: str
    """Name of the argument, with the path inside it (``app.origin_dns.ttl``)."""

    problem: str
    """What is wrong."""

    remedy: str
    """What would do in its place."""

    link: str
    """Where Cloudflare documents the rule."""

    severity: Severity = "error"
    """``error`` for what is refused before it is sent, ``warning`` for what is sent all the same."""

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}; expected {self.remedy}"
