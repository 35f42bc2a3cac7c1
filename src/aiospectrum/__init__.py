"""An async client of Cloudflare Spectrum: applications, protocols and traffic analytics.

See :class:`Client` for where to start, :mod:`aiospectrum.models` for the objects and :mod:`aiospectrum.errors` for
what can go wrong.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiospectrum._version import __version__

if TYPE_CHECKING:
    from aiospectrum._codec.converter import configure_converter, make_converter
    from aiospectrum.app_rules import Problem
    from aiospectrum.checks import Unchecked, UncheckedInteger
    from aiospectrum.client import DEFAULT_BASE_URL, Client
    from aiospectrum.errors import (
        AmbiguousWriteError,
        AppChangedError,
        AuthenticationError,
        BadRequestError,
        BodyTooLargeError,
        ClientStateError,
        ConflictError,
        ConnectionFailedError,
        ConversionError,
        CredentialsError,
        DecodeError,
        ErrorDetail,
        InterruptedWriteError,
        InvalidArgumentError,
        LimiterUnavailableError,
        MalformedBodyError,
        NotFoundError,
        PermissionDeniedError,
        ProxyError,
        RateLimitError,
        RedirectError,
        RequestError,
        RequestTimeoutError,
        ResponseError,
        ServerError,
        SeveralAppsError,
        SpectrumError,
        TableError,
        UnprocessableEntityError,
        UnsuccessfulError,
    )
    from aiospectrum.filters import F, Filter
    from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted
    from aiospectrum.limiters import FileLimiter, Limiter, RateLimiter, RedisLimiter, TooLateError
    from aiospectrum.models import (
        DNS,
        App,
        AppOrder,
        AppRequest,
        Bandwidth,
        CurrentAggregate,
        DeletedApp,
        Dimension,
        Direction,
        EdgeIPs,
        Metric,
        OriginDNS,
        Protocol,
        Report,
        ReportByTime,
        ReportByTimeRow,
        ReportQuery,
        ReportSummary,
        ReportSummaryRow,
        TimeDelta,
        TrafficType,
        Zone,
        ZoneTotals,
        ZoneUsage,
    )
    from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
    from aiospectrum.review import preflight
    from aiospectrum.transport import Page, Response, ResultInfo, Transport, record_responses

__all__ = [
    "DEFAULT_BASE_URL",
    "DNS",
    "AmbiguousWriteError",
    "App",
    "AppChangedError",
    "AppOrder",
    "AppRequest",
    "AttemptEnded",
    "AttemptHook",
    "AttemptStarted",
    "AuthenticationError",
    "BadRequestError",
    "Bandwidth",
    "BodyTooLargeError",
    "Client",
    "ClientStateError",
    "ConflictError",
    "ConnectionFailedError",
    "ConversionError",
    "CredentialsError",
    "CurrentAggregate",
    "DecodeError",
    "DeletedApp",
    "Dimension",
    "Direction",
    "EdgeIPs",
    "ErrorDetail",
    "F",
    "FileLimiter",
    "Filter",
    "InterruptedWriteError",
    "InvalidArgumentError",
    "Limiter",
    "LimiterUnavailableError",
    "MalformedBodyError",
    "Metric",
    "NotFoundError",
    "OriginDNS",
    "Page",
    "PermissionDeniedError",
    "Problem",
    "Protocol",
    "ProxyError",
    "RateLimit",
    "RateLimitError",
    "RateLimiter",
    "RedirectError",
    "RedisLimiter",
    "Report",
    "ReportByTime",
    "ReportByTimeRow",
    "ReportQuery",
    "ReportSummary",
    "ReportSummaryRow",
    "RequestError",
    "RequestTimeoutError",
    "Response",
    "ResponseError",
    "ResultInfo",
    "RetryPolicy",
    "ServerError",
    "SeveralAppsError",
    "SpectrumError",
    "TableError",
    "TimeDelta",
    "Timeouts",
    "TooLateError",
    "TrafficType",
    "Transport",
    "Unchecked",
    "UncheckedInteger",
    "UnprocessableEntityError",
    "UnsuccessfulError",
    "Zone",
    "ZoneTotals",
    "ZoneUsage",
    "__version__",
    "configure_converter",
    "make_converter",
    "preflight",
    "record_responses",
]

_MODULES = (
    "errors",
    "checks",
    "app_rules",
    "filters",
    "policies",
    "hooks",
    "transport",
    "limiters",
    "models",
    "_codec.converter",
    "review",
    "client",
)
"""Where the public names are; those that take less time to import come first."""


def __getattr__(name: str) -> Any:
    """Import a public name, or a module, when it is first used, so that importing the package costs next to nothing."""
    if name in __all__:
        for module in (import_module(f"{__name__}.{path}") for path in _MODULES):
            if name in module.__all__:
                value = globals()[name] = getattr(module, name)
                return value
    if name in _MODULES or name == "endpoints":
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# Without it, a program that does not configure logging would find our warnings on its stderr.
logging.getLogger("aiospectrum").addHandler(logging.NullHandler())
