"""The event model: how many events a series has in an hour, when each happens, and what it weighs.

A series is one app, colo, event and IP version. All facts of a series' hour come from 64 bits mixed
out of its salt and the hour, so that any hour is computed without any other. The N events of an
hour are spread evenly: event ``i`` happens at second ``floor(i * 3600 / N)``, hence ``ceil(t * N /
3600)`` of them happen before offset ``t``. Each event has the same bytes, and one of five durations
in turn. Everything is an integer, so that sums over any split of time agree exactly.

Events and dimensions: https://developers.cloudflare.com/spectrum/reference/analytics/
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import attrs

from aiospectrum.sandbox.hashing import hash_parts, mix64

__all__ = ["CYCLE", "Series", "SeriesHour", "count_before", "make_series"]

CYCLE: Final = 5
"""Number of durations that the events of a series' hour take in turn."""


class _EventKind(NamedTuple):
    name: str
    share: int
    """Events in a thousand."""
    ingress: tuple[int, int]
    """Least bytes from the client, and the width of the range above."""
    egress: tuple[int, int]
    """Least bytes to the client, and the width of the range above."""
    duration: int
    """Typical duration in milliseconds."""


class _Colo(NamedTuple):
    name: str
    share: int
    """Events in a thousand."""
    shift: int
    """Hours to add to UTC for the local time of the colo."""


class SeriesHour(NamedTuple):
    """The facts of one series in one hour."""

    events: int
    """Number of events."""
    ingress: int
    """Bytes from the client, each event."""
    egress: int
    """Bytes to the client, each event."""
    durations: tuple[int, ...]
    """Milliseconds; event ``i`` takes the value at ``i % CYCLE``."""


_KINDS: Final = (
    _EventKind("connect", 350, (120, 400), (80, 300), 25),
    _EventKind("progress", 260, (4_000, 30_000), (20_000, 160_000), 30_000),
    _EventKind("disconnect", 330, (1_500, 12_000), (6_000, 60_000), 75_000),
    _EventKind("originError", 40, (120, 200), (0, 60), 1_200),
    _EventKind("clientFiltered", 20, (40, 60), (0, 1), 2),
)
_COLOS: Final = (
    _Colo("SFO", 310, -8),
    _Colo("LHR", 280, 0),
    _Colo("SIN", 230, 8),
    _Colo("GRU", 180, -3),
)
_IP_SHARES: Final = (("4", 700), ("6", 300))

_WEEK_HOURS: Final = 168
_MONDAY_SHIFT: Final = 72  # hour 0 of 1970 was a Thursday's; weeks here start on Monday
_WEEKDAY, _WEEKEND = 1024, 640
_RHYTHM: Final = tuple(
    round((640 + 384 * math.sin((hour % 24 - 8) * math.pi / 12)) * (_WEEKDAY if hour < 120 else _WEEKEND) / 1024)
    for hour in range(_WEEK_HOURS)
)
"""Load by hour of the week in 1024ths: lowest at 2 h, highest at 14 h, lower at the weekend."""

_SPREADS: Final = (22, 61, 100, 178, 640)  # per cent of the typical duration: a few long ones, many short
_JITTERS: Final = 64
_DURATIONS: Final = {
    kind.name: tuple(
        tuple(max(1, kind.duration * spread * (96 + jitter) // 12_800) for spread in _SPREADS)
        for jitter in range(_JITTERS)
    )
    for kind in _KINDS
}


@attrs.frozen(kw_only=True)
class Series:
    """One stream of events with the same app, colo, event and IP version."""

    values: Mapping[str, str]
    """Values by dimension."""
    kind: _EventKind
    shift: int
    """Hours to add to an hour since 1970 for the local hour of the week."""
    weight: int
    """Events an hour at a load of 1024, in units of 2**-20."""
    salt: int
    """64 bits of its own."""

    def hour(self, hour: int) -> SeriesHour:
        """Return the facts of an hour, counted from the start of 1970."""
        bits = mix64(self.salt + hour)
        # Load and noise are 1024ths each and the weight is in 2**-20, so 40 bits are the fraction.
        # Adding random bits before cutting it off rounds up as often as the fraction says, which
        # lets rare events happen at all.
        rate = self.weight * _RHYTHM[(hour + self.shift) % _WEEK_HOURS] * (768 + (bits & 511))
        events = (rate + ((bits >> 9 & 0xFFFFFF) << 16)) >> 40
        kind = self.kind
        durations = _DURATIONS[kind.name][bits >> 49 & 63]
        phase = (bits >> 55) % CYCLE
        return SeriesHour(
            events,
            kind.ingress[0] + ((bits >> 33 & 255) * kind.ingress[1] >> 8),
            kind.egress[0] + ((bits >> 41 & 255) * kind.egress[1] >> 8),
            durations[phase:] + durations[:phase],
        )


def count_before(offset: int, events: int) -> int:
    """Return how many of an hour's ``events`` happen before second ``offset`` of the hour."""
    return -(-offset * events // 3600)


def make_series(app_id: str, zone_id: str, seed: int) -> Iterator[Series]:
    """Yield every series of an app."""
    busy = hash_parts(seed, zone_id, app_id, "weight")
    hourly = 60 + (busy % 60) ** 2 // 2  # from 60 to 1800 events at full load: few apps are busy
    for colo in _COLOS:
        for kind in _KINDS:
            for version, share in _IP_SHARES:
                yield Series(
                    values={"event": kind.name, "appID": app_id, "coloName": colo.name, "ipVersion": version},
                    kind=kind,
                    shift=_MONDAY_SHIFT + colo.shift,
                    weight=(hourly * colo.share * kind.share * share << 20) // 10**9,
                    salt=hash_parts(seed, zone_id, app_id, colo.name, kind.name, version),
                )
