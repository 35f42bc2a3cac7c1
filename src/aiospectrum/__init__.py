"""An async client of Cloudflare Spectrum: applications, protocols and traffic analytics.

See :class:`Client` for where to start, :mod:`aiospectrum.models` for the objects and :mod:`aiospectrum.errors` for
what can go wrong.
"""

import logging

from aiospectrum._version import __version__
from aiospectrum.client import Client
from aiospectrum.converters import configure_converter, make_converter
from aiospectrum.errors import (
    AmbiguousWriteError,
    AuthenticationError,
    BadRequestError,
    BodyTooLargeError,
    ClientStateError,
    ConflictError,
    ConnectionFailedError,
    CredentialsError,
    DecodeError,
    ErrorDetail,
    InvalidArgumentError,
    MalformedBodyError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    SpectrumError,
    UnprocessableEntityError,
    UnsuccessfulError,
)
from aiospectrum.hooks import AttemptEnded, AttemptHook, AttemptStarted
from aiospectrum.limiter import Limiter
from aiospectrum.models import (
    DNS,
    AnyApp,
    App,
    AppOrder,
    AppRequest,
    CurrentAggregate,
    DeletedApp,
    Dimension,
    Direction,
    DynamicEdgeIPs,
    EdgeIPs,
    Metric,
    OriginDNS,
    PaygoApp,
    Protocol,
    Report,
    ReportQuery,
    ReportRow,
    StaticEdgeIPs,
    TimeDelta,
    TrafficType,
)
from aiospectrum.pagination import Page
from aiospectrum.policies import RateLimit, RetryPolicy, Timeouts
from aiospectrum.recording import record_responses
from aiospectrum.settings import DEFAULT_BASE_URL
from aiospectrum.transport import Response, ResultInfo, Transport

__all__ = [
    "DEFAULT_BASE_URL",
    "DNS",
    "AmbiguousWriteError",
    "AnyApp",
    "App",
    "AppOrder",
    "AppRequest",
    "AttemptEnded",
    "AttemptHook",
    "AttemptStarted",
    "AuthenticationError",
    "BadRequestError",
    "BodyTooLargeError",
    "Client",
    "ClientStateError",
    "ConflictError",
    "ConnectionFailedError",
    "CredentialsError",
    "CurrentAggregate",
    "DecodeError",
    "DeletedApp",
    "Dimension",
    "Direction",
    "DynamicEdgeIPs",
    "EdgeIPs",
    "ErrorDetail",
    "InvalidArgumentError",
    "Limiter",
    "MalformedBodyError",
    "Metric",
    "NotFoundError",
    "OriginDNS",
    "Page",
    "PaygoApp",
    "PermissionDeniedError",
    "Protocol",
    "RateLimit",
    "RateLimitError",
    "RedirectError",
    "Report",
    "ReportQuery",
    "ReportRow",
    "RequestError",
    "RequestTimeoutError",
    "Response",
    "ResponseError",
    "ResultInfo",
    "RetryPolicy",
    "ServerError",
    "SpectrumError",
    "StaticEdgeIPs",
    "TimeDelta",
    "Timeouts",
    "TrafficType",
    "Transport",
    "UnprocessableEntityError",
    "UnsuccessfulError",
    "__version__",
    "configure_converter",
    "make_converter",
    "record_responses",
]

# Without it, a program that does not configure logging would find our warnings on its stderr.
logging.getLogger("aiospectrum").addHandler(logging.NullHandler())
