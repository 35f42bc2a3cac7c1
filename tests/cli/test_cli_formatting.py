"""Numbers, bars and foreign text as a terminal shows them."""

import math

import pytest
from rich.cells import cell_len

from aiospectrum.cli.formatting import (
    cell,
    counted,
    folded,
    human_clock,
    human_metric,
    human_milliseconds,
    human_number,
    human_size,
    shortened,
    sparkline,
)


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
        (5e22, "50.0 ZB"),
        (-1500, "-1.5 kB"),
    ],
)
def test_bytes_have_a_decimal_unit(count: float, expected: str) -> None:
    """Bytes are rounded to the unit that keeps the number below a thousand."""
    assert human_size(count) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("count", 1234567, "1,234,567"),
        ("count", 2.0, "2"),
        ("somethingNew", 2.5, "2.5"),
        ("bytesIngress", 2048, "2.0 kB"),
        ("durationAvg", 12.4, "12 ms"),
        ("duration99th", 999.7, "1.0 s"),
        ("count", math.nan, ""),
        ("bytesEgress", math.nan, ""),
        ("durationAvg", math.nan, ""),
    ],
)
def test_metrics_have_their_units(name: str, value: float, expected: str) -> None:
    """A metric is written in the unit that its name says; a missing number is empty."""
    assert human_metric(name, value) == expected


def test_numbers_and_words_agree() -> None:
    """One thing is singular, and all else is plural, irregular words included."""
    assert [counted(number, "zone") for number in (0, 1, 2000)] == ["0 zones", "1 zone", "2,000 zones"]
    assert [counted(number, "retry", "retries") for number in (1, 2)] == ["1 retry", "2 retries"]
    assert (human_number(1000), human_milliseconds(1500)) == ("1,000", "1.5 s")


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (0.1, "0:01"), (59.5, "1:00"), (252, "4:12"), (93_599, "25:59:59")]
)
def test_clocks(seconds: float, expected: str) -> None:
    """Seconds are rounded up, so that a wait never seems to be over early."""
    assert human_clock(seconds) == expected


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
    assert cell(value).plain == expected


def test_markup_is_text() -> None:
    """Square brackets are no markup in a cell."""
    assert cell("[red]x[/red]").plain == "[red]x[/red]"
    assert cell("[red]x[/red]").spans == []


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0, "0 ms"), (0.4, "0.4 ms"), (9.96, "10 ms"), (12.4, "12 ms"), (999.6, "1.0 s"), (3_600_000, "3,600.0 s")],
)
def test_durations_below_a_millisecond_are_not_nothing(duration: float, text: str) -> None:
    """One decimal where it says something, and seconds from one second on."""
    assert human_milliseconds(duration) == text


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghij", 9, "abcd…ghij"),
        ("abcdefghij", 8, "abcd…hij"),
        ("0123456789abcdef" * 2, 9, "0123…cdef"),
        ("界界界界界", 7, "界界…界"),
        ("", 3, ""),
    ],
)
def test_texts_are_shortened_in_the_middle(text: str, width: int, short: str) -> None:
    """By columns of the terminal, of which wide characters take two."""
    assert shortened(text, width) == short
    assert cell_len(short) <= width


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("192.0.2.1:22", 12, ["192.0.2.1:22"]),
        ("Minecraft, Java Edition", 16, ["Minecraft, Java", "Edition"]),
        ("[2001:db8::4]:27000-27015", 15, ["[2001:db8::4]:", "27000-27015"]),
        ("broker.zone1.example", 15, ["broker.zone1.", "example"]),
        ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
    ],
)
def test_texts_are_folded_at_signs(text: str, width: int, lines: list[str]) -> None:
    """At spaces best of all, else behind signs, and where there are none at the width."""
    assert folded(text, width) == lines
