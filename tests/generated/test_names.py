"""The names that users may rely on."""

import subprocess
import sys

import aiospectrum
from aiospectrum import endpoints, models

SEED_NAMES = {
    "DNS": models.DNS,
    "EdgeIPs": models.EdgeIPs,
    "OriginDNS": models.OriginDNS,
    "OriginPort": int | str,
    "Dimension": models.Dimension,
    "CurrentGetResponse": list[models.CurrentAggregate],
    "BytimeGetResponse": models.ReportByTime,
    "SummaryGetResponse": models.ReportSummary,
    "ReportGetResponse": list[models.ZoneUsage],
    "AppListResponse": models.App,
    "AppGetResponse": models.App,
    "AppCreateResponse": models.App,
    "AppUpdateResponse": models.App,
    "AppDeleteResponse": models.DeletedApp,
    "SpectrumConfigAppConfig": models.App,
    "SpectrumConfigPaygoAppConfig": models.App,
}


def test_names_of_cloudflares_documentation_resolve() -> None:
    """Each model name of Cloudflare's documentation leads to the class that is used."""
    assert {name: getattr(models, name) for name in SEED_NAMES} == SEED_NAMES
    assert set(models.__all__) >= set(SEED_NAMES)


def test_public_names() -> None:
    """The exported names are pinned: a change here is a change of the public API."""
    assert sorted(aiospectrum.__all__) == sorted(
        """
        AmbiguousWriteError App AppChangedError AppOrder AppRequest AttemptEnded AttemptHook AttemptStarted
        AuthenticationError BadRequestError Bandwidth BodyTooLargeError Client ClientStateError ConflictError
        ConnectionFailedError ConversionError CredentialsError CurrentAggregate DEFAULT_BASE_URL DNS DecodeError
        DeletedApp
        Dimension Direction EdgeIPs ErrorDetail F FileLimiter Filter InterruptedWriteError InvalidArgumentError Limiter
        LimiterUnavailableError MalformedBodyError
        Metric NotFoundError OriginDNS Page PermissionDeniedError Problem Protocol ProxyError RateLimit RateLimitError
        RateLimiter RedirectError RedisLimiter
        Report ReportByTime ReportByTimeRow ReportQuery ReportSummary ReportSummaryRow
        RequestError RequestTimeoutError Response ResponseError
        ResultInfo RetryPolicy ServerError SeveralAppsError SpectrumError TableError TimeDelta Timeouts TooLateError
        TrafficType
        Transport Unchecked UncheckedInteger UnprocessableEntityError UnsuccessfulError Zone ZoneTotals ZoneUsage
        __version__
        configure_converter make_converter preflight
        record_responses
        """.split()  # noqa: SIM905 - a list of fifty strings is no easier to read
    )
    assert sorted(endpoints.__all__) == sorted(
        """
        Analytics AnalyticsAggregate AnalyticsEvents AnalyticsZones Apps Protocols Zones create_app delete_app get_app
        get_current_aggregate get_events_by_time get_events_summary get_zones_report iterate_apps iterate_zones
        list_apps list_protocols list_zones update_app
        """.split()  # noqa: SIM905 - a list of fifty strings is no easier to read
    )


def test_everything_exported_is_there() -> None:
    """No name is exported that does not exist."""
    for module in (aiospectrum, endpoints, models):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_names_are_imported_when_they_are_used() -> None:
    """Importing the package imports none of its modules; names and modules are there when they are first used."""
    code = (
        "import sys, aiospectrum; "
        "assert not [name for name in sys.modules if name.startswith('aiospectrum.') and name[12:] != '_version']; "
        "assert aiospectrum.models.App is aiospectrum.App; assert aiospectrum.endpoints.Apps; "
        "assert set(aiospectrum.__all__) <= set(dir(aiospectrum)); "
        "assert not hasattr(aiospectrum, 'nothing')"
    )

    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code


def test_namespaces_hold_the_endpoint_functions_themselves() -> None:
    """A method of a namespace and the function are one piece of code."""
    assert endpoints.Apps.list is endpoints.list_apps
    assert endpoints.Apps.iterate is endpoints.iterate_apps
    assert endpoints.AnalyticsEvents.bytime is endpoints.get_events_by_time
