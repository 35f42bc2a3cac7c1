"""Windows are cut where the calendar says, without a gap and without an overlap."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum.bulk.windows import (
    Window,
    WindowLength,
    count_windows,
    edge_after,
    edge_before,
    fits,
    split_window,
    usual_length,
    window_at,
)
from aiospectrum.models import TimeDelta

LENGTHS: tuple[TimeDelta, ...] = get_args(TimeDelta)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = {"minute": 3_600, "dekaminute": 40_000, "hour": 200_000, "day": 40 * 86_400}

lengths = st.sampled_from(LENGTHS)


@st.composite
def spans(draw: Any, length: str) -> Window:
    """Some time, not so long that there would be thousands of windows, and often on an edge."""
    first = draw(st.integers(0, 4_000_000_000))
    first -= draw(st.sampled_from([0, 0, first % 60, first % 3600, first % 86_400]))
    seconds = draw(st.integers(1, LONGEST.get(length, 1000 * 86_400)))
    seconds = max(1, seconds - draw(st.sampled_from([0, (first + seconds) % 3600, (first + seconds) % 86_400])))
    since = EPOCH + timedelta(seconds=first)
    return Window(since=since, until=since + timedelta(seconds=seconds))


def cut(span: Window, length: WindowLength) -> list[Window]:
    """All windows."""
    return [window_at(span, length, index) for index in range(count_windows(span, length))]


def start_of(moment: datetime, length: TimeDelta) -> datetime:
    """Where the calendar unit begins that a moment lies in, by the fields of the calendar."""
    minute, hour = moment.replace(second=0), moment.replace(minute=0, second=0)
    day = hour.replace(hour=0)
    return {
        "minute": minute,
        "dekaminute": minute.replace(minute=minute.minute - minute.minute % 10),
        "hour": hour,
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=day.month - (day.month - 1) % 3, day=1),
        "year": day.replace(month=1, day=1),
    }[length]


@given(data=st.data(), length=lengths)
def test_windows_are_the_calendars(data: st.DataObject, length: TimeDelta) -> None:
    """Windows lie end to end, each within one calendar unit, and each but the first begins with it."""
    span = data.draw(spans(length))
    windows = cut(span, length)

    assert (windows[0].since, windows[-1].until) == (span.since, span.until)
    assert all(one.until == other.since for one, other in pairwise(windows))
    assert all(one.last < other.since == one.last + timedelta(seconds=1) for one, other in pairwise(windows))
    assert all(window.since < window.until for window in windows)
    assert all(start_of(window.since, length) == start_of(window.last, length) for window in windows)
    assert all(start_of(window.since, length) == window.since for window in windows[1:])


@given(
    moment=st.datetimes(datetime(1, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),
    length=lengths,
)
def test_edges_around_a_moment(moment: datetime, length: TimeDelta) -> None:
    """They begin the unit that the moment lies in and the next one; an edge is its own on both sides."""
    before, after = edge_before(moment, length), edge_after(moment, length)

    assert before == start_of(moment, length).replace(microsecond=0)
    assert before <= moment <= after
    assert after == before if moment == before else count_windows(Window(since=before, until=after), length) == 1
    assert edge_before(after, length) == edge_after(after, length) == after


@given(data=st.data(), length=lengths)
def test_halves(data: st.DataObject, length: TimeDelta) -> None:
    """A window is split between two intervals near its middle, until there is but one."""
    span = data.draw(spans(length))
    windows = cut(span, length)

    parts = split_window(span, length)

    if parts is None:
        assert windows == [span]
        return
    assert (parts[0].since, parts[0].until, parts[1].until) == (span.since, parts[1].since, span.until)
    assert cut(parts[0], length) + cut(parts[1], length) == windows
    assert 0 <= len(cut(parts[1], length)) - len(cut(parts[0], length)) <= 1


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param((0, 1), None, id="one"),
        pytest.param((0.25, 0.75), None, id="a part of one"),
        pytest.param((0, 2), (0, 1, 2), id="two"),
        pytest.param((0.75, 1.25), (0.75, 1, 1.25), id="parts of two"),
        pytest.param((0, 3), (0, 1, 3), id="three"),
        pytest.param((0.5, 6), (0.5, 3, 6), id="six"),
    ],
)
def test_halves_of_hours(hours: tuple[float, float], expected: tuple[float, float, float] | None) -> None:
    """The cut is at a whole hour, in the middle or just before it."""
    first, last = (EPOCH + timedelta(hours=hour) for hour in hours)

    parts = split_window(Window(since=first, until=last), "hour")

    if expected is None:
        assert parts is None
    else:
        since, edge, until = (EPOCH + timedelta(hours=hour) for hour in expected)
        assert parts == (Window(since=since, until=edge), Window(since=edge, until=until))


@given(data=st.data(), length=lengths)
def test_the_whole(data: st.DataObject, length: TimeDelta) -> None:
    """Anything is one whole window."""
    span = data.draw(spans(length))

    assert cut(span, "whole") == [span]
    assert fits("whole", length)


@pytest.mark.parametrize("delta", LENGTHS)
@pytest.mark.parametrize("length", [*LENGTHS, "whole"])
def test_what_fits(length: WindowLength, delta: TimeDelta) -> None:
    """A length fits when none of its edges over some years lies inside a time interval."""
    span = Window(since=datetime(2023, 1, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC))
    if length in LONGEST:
        span = Window(since=span.since, until=span.since + timedelta(days=9))
    inner = [window.since for window in cut(span, length)[1:]]

    assert fits(length, delta) == all(_begins(edge, delta) for edge in inner)


def _begins(moment: datetime, delta: TimeDelta) -> bool:
    """Whether the second before lies in another time interval."""
    around = Window(since=moment - timedelta(seconds=1), until=moment + timedelta(seconds=1))
    return count_windows(around, delta) == 2


@pytest.mark.parametrize(
    ("since", "until", "length", "expected"),
    [
        pytest.param(
            "2026-11-20T00:00:00",
            "2026-11-21T00:00:00",
            "day",
            ["2026-11-20T00:00:00Z..2026-11-21T00:00:00Z"],
            id="a day",
        ),
        pytest.param(
            "2026-11-20T23:59:59",
            "2026-11-21T00:00:01",
            "day",
            ["2026-11-20T23:59:59Z..2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z..2026-11-21T00:00:01Z"],
            id="two seconds about midnight",
        ),
        pytest.param(
            "2024-02-28T12:00:00",
            "2024-03-01T12:00:00",
            "day",
            [
                "2024-02-28T12:00:00Z..2024-02-29T00:00:00Z",
                "2024-02-29T00:00:00Z..2024-03-01T00:00:00Z",
                "2024-03-01T00:00:00Z..2024-03-01T12:00:00Z",
            ],
            id="a leap day",
        ),
        pytest.param(
            "2026-01-31T00:00:00",
            "2026-03-01T00:00:00",
            "month",
            ["2026-01-31T00:00:00Z..2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z..2026-03-01T00:00:00Z"],
            id="months",
        ),
        pytest.param(
            "2026-11-22T23:00:00",
            "2026-11-24T00:00:00",
            "week",
            ["2026-11-22T23:00:00Z..2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z..2026-11-24T00:00:00Z"],
            id="weeks begin on Monday",
        ),
        pytest.param(
            "2025-12-31T00:00:00",
            "2026-01-02T00:00:00",
            "year",
            ["2025-12-31T00:00:00Z..2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z..2026-01-02T00:00:00Z"],
            id="years",
        ),
        pytest.param(
            "2026-11-20T23:59:59",
            "2026-11-21T00:00:01",
            "whole",
            ["2026-11-20T23:59:59Z..2026-11-21T00:00:01Z"],
            id="the whole time",
        ),
        pytest.param(
            "9999-12-31T23:00:00",
            "9999-12-31T23:59:59",
            "year",
            ["9999-12-31T23:00:00Z..9999-12-31T23:59:59Z"],
            id="the end of time",
        ),
    ],
)
def test_examples(since: str, until: str, length: WindowLength, expected: list[str]) -> None:
    """Known cuts, written out."""
    span = Window(since=datetime.fromisoformat(f"{since}+00:00"), until=datetime.fromisoformat(f"{until}+00:00"))

    assert [str(window) for window in cut(span, length)] == expected


@pytest.mark.parametrize(
    ("time_delta", "expected"),
    [
        ("minute", "day"),
        ("dekaminute", "day"),
        ("hour", "day"),
        ("day", "day"),
        (None, "day"),
        ("week", "week"),
        ("month", "month"),
        ("quarter", "quarter"),
        ("year", "year"),
    ],
)
def test_usual_lengths(time_delta: TimeDelta | None, expected: WindowLength) -> None:
    """Windows are days unless a time interval is longer, and fit in any case."""
    assert usual_length(time_delta) == expected
    assert time_delta is None or fits(expected, time_delta)
