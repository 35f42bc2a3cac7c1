"""The analytics of many zones at once, through the public API."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import attrs

from aiospectrum.client import Client
from aiospectrum.errors import RequestError, SpectrumError
from aiospectrum.models import AnyApp, Metric, Report
from aiospectrum.recording import record_responses

__all__ = ["METRICS", "Pull", "ZoneFailure", "ZoneOutcome", "ZoneTraffic", "pull_zones"]

METRICS: Final[tuple[Metric, ...]] = ("count", "bytesIngress", "bytesEgress")
"""The metrics that are pulled."""


@attrs.frozen(kw_only=True)
class ZoneTraffic:
    """What was pulled of one zone."""

    zone_id: str
    """Identifier of the zone."""

    apps: list[AnyApp]
    """Its applications."""

    report: Report
    """Its traffic by application and hour."""


@attrs.frozen(kw_only=True)
class ZoneFailure:
    """A zone that could not be pulled."""

    zone_id: str
    """Identifier of the zone."""

    error: SpectrumError
    """Why."""


ZoneOutcome: TypeAlias = ZoneTraffic | ZoneFailure
"""How it went with one zone."""


@attrs.frozen(kw_only=True)
class Pull:
    """How it went with all zones."""

    outcomes: list[ZoneOutcome]
    """One for each zone, in the order of the zones."""

    requests: int
    """Requests sent, repeated ones included."""

    retries: int
    """Requests that repeated an earlier one."""

    @property
    def traffic(self) -> list[ZoneTraffic]:
        """The zones that were pulled."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, ZoneTraffic)]

    @property
    def failures(self) -> list[ZoneFailure]:
        """The zones that were not."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, ZoneFailure)]

    @property
    def rows(self) -> int:
        """Rows of all reports."""
        return sum(len(each.report.data) for each in self.traffic)


async def pull_zones(
    client: Client,
    zone_ids: Sequence[str],
    *,
    since: datetime,
    until: datetime,
    concurrency: int,
    on_outcome: Callable[[ZoneOutcome], object],
) -> Pull:
    """Pull the traffic by application and hour, and the applications, of many zones.

    A zone that cannot be pulled takes no other one with it.

    Args:
        client: What to call over.
        zone_ids: Identifiers of the zones, each once.
        since: Start of the time window, aware.
        until: End of the time window, aware.
        concurrency: The most requests at once, 1 or more.
        on_outcome: Called with each zone's outcome, in the order in which they end.

    Returns:
        All outcomes.
    """
    outcomes: dict[str, ZoneOutcome] = {}
    waiting = iter(zone_ids)

    async def work() -> None:
        for zone_id in waiting:
            outcome = outcomes[zone_id] = await _pull_zone(client, zone_id, since=since, until=until)
            on_outcome(outcome)

    with record_responses() as responses:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, len(zone_ids))):
                    group.create_task(work())
        except ExceptionGroup as group_error:  # on_outcome's, since every failed call is an outcome
            raise group_error.exceptions[0] from None
    found = [outcomes[zone_id] for zone_id in zone_ids]
    errors = [outcome.error for outcome in found if isinstance(outcome, ZoneFailure)]
    attempts = [response.attempts for response in responses]
    attempts += [error.attempts for error in errors if isinstance(error, RequestError)]
    return Pull(outcomes=found, requests=sum(attempts), retries=sum(attempts) - len(attempts))


async def _pull_zone(client: Client, zone_id: str, *, since: datetime, until: datetime) -> ZoneOutcome:
    try:
        report = await client.analytics.events.bytime(
            zone_id, time_delta="hour", metrics=METRICS, dimensions=["appID"], since=since, until=until
        )
        apps = [app async for app in client.apps.iterate(zone_id)]
    except SpectrumError as error:
        return ZoneFailure(zone_id=zone_id, error=error)
    return ZoneTraffic(zone_id=zone_id, apps=apps, report=report)
