"""Timestamps and calendar buckets."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiospectrum.sandbox import times


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
        ("2024-05-06t07:08:09z", "2024-05-06T07:08:09Z"),
        ("2024-05-06 07:08:09+00:00", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.999999999-02:30", "2024-05-06T09:38:09Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)
def test_timestamps_are_read(text: str, same: str) -> None:
    """RFC 3339 in any of its spellings becomes whole seconds in UTC."""
    assert times.format_second(times.parse_second(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-06",
        "20240506T070809Z",
        "2024-05-06T07:08:09",
        "2024-05-06T07:08:09 02:00",
        "2024-13-06T07:08:09Z",
        "2024-05-06T07:08:60Z",
        "1969-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
    ],
)
def test_other_text_is_no_timestamp(text: str) -> None:
    """Naive, garbled and far-off times are refused."""
    with pytest.raises(ValueError, match=r"not a timestamp|must be in"):
        times.parse_second(text)


def test_moments_fall_into_seconds() -> None:
    """Seconds are cut down, or up for what begins; apps show microseconds."""
    moment = datetime(2024, 5, 6, 7, 8, 9, 1, tzinfo=UTC)
    assert times.ceil_second(moment) == times.floor_second(moment) + 1
    assert times.ceil_second(moment.replace(microsecond=0)) == times.floor_second(moment)
    assert times.format_moment(moment) == "2024-05-06T07:08:09.000001Z"
    assert times.utc_now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("delta", "inner"),
    [
        ("year", ["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]),
        ("quarter", ["2023-10-01T00:00:00Z", "2024-01-01T00:00:00Z"]),
        ("month", ["2023-09-01T00:00:00Z", "2023-10-01T00:00:00Z"]),
        ("week", ["2023-08-14T00:00:00Z", "2023-08-21T00:00:00Z"]),
        ("day", ["2023-08-13T00:00:00Z", "2023-08-14T00:00:00Z"]),
        ("hour", ["2023-08-12T23:00:00Z", "2023-08-13T00:00:00Z"]),
        ("dekaminute", ["2023-08-12T22:50:00Z", "2023-08-12T23:00:00Z"]),
        ("minute", ["2023-08-12T22:45:00Z", "2023-08-12T22:46:00Z"]),
    ],
)
def test_buckets_lie_on_the_calendar(delta: str, inner: list[str]) -> None:
    """The first edges after a Saturday evening are the next ones of the calendar, weeks from Monday."""
    first = times.parse_second("2023-08-12T22:44:33Z")
    stop = times.parse_second(inner[1]) + 1
    edges = times.bucket_edges(first, stop, delta)
    assert edges[0] == first
    assert edges[-1] == stop
    assert [times.format_second(edge) for edge in edges[1:3]] == inner


@settings(deadline=None)
@given(
    first=st.integers(0, 2**31),
    length=st.integers(1, 10**7),
    delta=st.sampled_from(times.TIME_DELTAS[:-3]),
)
def test_buckets_partition_the_window(first: int, length: int, delta: str) -> None:
    """Edges rise strictly from one end to the other, and are no more than was reckoned."""
    edges = times.bucket_edges(first, first + length, delta)
    assert edges[0] == first
    assert edges[-1] == first + length
    assert all(left < right for left, right in pairwise(edges))
    assert len(edges) - 1 <= times.count_buckets(first, first + length, delta)
    for edge in edges[1:-1]:
        assert times.bucket_edges(edge - 1, edge + 1, delta) == [edge - 1, edge, edge + 1]
