"""The pure pieces: bars, units, times, texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiospectrum.cli.human import counted, human_bytes, human_metric, human_milliseconds, human_number
from aiospectrum.cli.sparkline import sparkline
from aiospectrum.cli.text import cell, printable, without_passwords
from aiospectrum.cli.times import last_full_hours, parse_time

NOW = datetime(2024, 5, 8, 12, 30, 45, 678901, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        pytest.param([], None, "", id="empty"),
        pytest.param([], 5, "", id="empty with a width"),
        pytest.param([0, 0, 0], None, "▁▁▁", id="zero"),
        pytest.param([5, 5], None, "██", id="constant"),
        pytest.param([0, 1, 2, 3, 4, 5, 6, 7], None, "▁▂▃▄▅▆▇█", id="all heights"),
        pytest.param([0.001, 7], None, "▁█", id="almost zero"),
        pytest.param([-3, 7], None, "▁█", id="negative"),
        pytest.param([-3, -7], None, "▁▁", id="only negative"),
        pytest.param([0, 0, 7, 7], 2, "▁█", id="averaged in pairs"),
        pytest.param([7, 0, 0, 0, 7], 2, "█▆", id="averaged in uneven parts"),
        pytest.param([1, 2], 10, "▅█", id="fewer than the width"),
        pytest.param(list(range(100)), 1, "█", id="one bar"),
    ],
)
def test_sparkline(values: list[float], width: int | None, expected: str) -> None:
    """Bars are shares of the greatest number, averaged down to the width."""
    assert sparkline(values, width) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (999.6, "1.0 kB"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_234_567_890, "1.2 GB"),
        (5e22, "50,000.0 EB"),
        (-1500, "-1.5 kB"),
    ],
)
def test_bytes_have_a_decimal_unit(count: float, expected: str) -> None:
    """Bytes are rounded to the unit that keeps the number below a thousand."""
    assert human_bytes(count) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("count", 1234567, "1,234,567"),
        ("count", 2.0, "2"),
        ("somethingNew", 2.5, "2.5"),
        ("bytesIngress", 2048, "2.0 kB"),
        ("durationAvg", 12.4, "12 ms"),
        ("duration99th", 999.7, "1.0 s"),
    ],
)
def test_metrics_have_their_units(name: str, value: float, expected: str) -> None:
    """A metric is written in the unit that its name tells."""
    assert human_metric(name, value) == expected


def test_numbers_and_words_agree() -> None:
    """One thing is singular, and all else is plural, irregular words included."""
    assert [counted(number, "zone") for number in (0, 1, 2000)] == ["0 zones", "1 zone", "2,000 zones"]
    assert [counted(number, "retry", "retries") for number in (1, 2)] == ["1 retry", "2 retries"]
    assert (human_number(1000), human_milliseconds(1500)) == ("1,000", "1.5 s")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("now", NOW, id="now"),
        pytest.param("-90s", NOW - timedelta(seconds=90), id="seconds"),
        pytest.param("-30m", NOW - timedelta(minutes=30), id="minutes"),
        pytest.param("-24h", NOW - timedelta(hours=24), id="hours"),
        pytest.param("-7d", NOW - timedelta(days=7), id="days"),
        pytest.param("-2w", NOW - timedelta(weeks=2), id="weeks"),
        pytest.param("2024-05-06", datetime(2024, 5, 6, tzinfo=UTC), id="date"),
        pytest.param("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), id="Z"),
        pytest.param("2024-05-06t07:08:09.25z", datetime(2024, 5, 6, 7, 8, 9, 250000, tzinfo=UTC), id="fraction"),
        pytest.param("2024-05-06 07:08+02:00", datetime(2024, 5, 6, 5, 8, tzinfo=UTC), id="offset and space"),
    ],
)
def test_times_are_read(text: str, expected: datetime) -> None:
    """Absolute and relative moments become aware datetimes."""
    moment = parse_time(text, NOW)
    assert moment == expected
    assert moment.utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("24h", id="relative without a minus"),
        pytest.param("-24", id="no unit"),
        pytest.param("-1y", id="unknown unit"),
        pytest.param("-999999999w", id="out of range"),
        pytest.param("2024-05-06T07:08:09", id="no offset"),
        pytest.param("2024-13-01", id="no such month"),
        pytest.param("2024-05-06T25:00:00Z", id="no such hour"),
        pytest.param("20240506", id="no dashes"),
        pytest.param("2024-05-0٦", id="other digits"),
        pytest.param("yesterday", id="words"),
    ],
)
def test_other_times_are_refused(text: str) -> None:
    """Anything ambiguous or impossible is refused with what was expected."""
    with pytest.raises(ValueError, match=r"^expected a time such as .*, got '"):
        parse_time(text, NOW)


def test_last_full_hours_end_before_the_current_one() -> None:
    """The window is whole hours in UTC, whatever the zone of the clock."""
    expected = (datetime(2024, 5, 7, 12, tzinfo=UTC), datetime(2024, 5, 8, 12, tzinfo=UTC))
    assert last_full_hours(NOW, 24) == expected
    assert last_full_hours(NOW.astimezone(timezone(timedelta(hours=5, minutes=45))), 24) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("ssh.example.com", "ssh.example.com", id="plain"),
        pytest.param("bücher.example → ▁", "bücher.example → ▁", id="letters and signs"),
        pytest.param("a\x1b[31mb", "a\\x1b[31mb", id="colour"),
        pytest.param("a\nb\rc\td", "a\\nb\\rc\\td", id="lines"),
        pytest.param("a\x9bb\x7f", "a\\x9bb\\x7f", id="C1 and delete"),
        pytest.param("a\u202eb\u2028c\ud800", "a\\u202eb\\u2028c\\ud800", id="direction, separator, surrogate"),
        pytest.param("a\u00a0b\x07", "a\u00a0b\\x07", id="a space of another kind stays"),
        pytest.param(5, "5", id="no text"),
    ],
)
def test_control_characters_become_visible(value: object, expected: str) -> None:
    """What a terminal would obey is escaped, and the rest stays."""
    assert printable(value) == expected
    assert cell(value).plain == expected


def test_markup_is_text() -> None:
    """Square brackets are no markup in a cell."""
    assert cell("[red]x[/red]").plain == "[red]x[/red]"
    assert cell("[red]x[/red]").spans == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://me:s3cr3t@host/data", "s3://me:…@host/data"),
        ("sftp://:s3cr3t@host", "sftp://:…@host"),
        ("s3://bucket/a:b@c", "s3://bucket/a:b@c"),
        ("http://host:80/x and sftp://a:b@c/", "http://host:80/x and sftp://a:…@c/"),
        ("data/", "data/"),
    ],
)
def test_passwords_in_urls_are_blotted_out(text: str, expected: str) -> None:
    """What is between a user's name and the host."""
    assert without_passwords(text) == expected
