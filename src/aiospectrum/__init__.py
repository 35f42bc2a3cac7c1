"""An async client of Cloudflare Spectrum: applications, protocols and traffic analytics.

See :class:`Client` for where to start, :mod:`aiospectrum.models` for the objects and :mod:`aiospectrum.errors` for
what can go wrong.
"""

import logging

from aiospectrum._version import __version__
from aiospectrum.client import DEFAULT_BASE_URL, Client
from aiospectrum.converters import configure_converter, make_converter
from aiospectrum.errors import (
    AuthenticationError,
    BadRequestError,
    ClientStateError,
    ConflictError,
    ConnectionFailedError,
    CredentialsError,
    DecodeError,
    ErrorDetail,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestError,
    RequestTimeoutError,
    ResponseError,
    ServerError,
    SpectrumError,
    UnprocessableEntityError,
    UnsuccessfulError,
)
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
from aiospectrum.recording import record_responses
from aiospectrum.retry import RetryPolicy
from aiospectrum.transport import Response, ResultInfo, Transport

__all__ = [
    "DEFAULT_BASE_URL",
    "DNS",
    "AnyApp",
    "App",
    "AppOrder",
    "AppRequest",
    "AuthenticationError",
    "BadRequestError",
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
    "Metric",
    "NotFoundError",
    "OriginDNS",
    "Page",
    "PaygoApp",
    "PermissionDeniedError",
    "Protocol",
    "RateLimitError",
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
