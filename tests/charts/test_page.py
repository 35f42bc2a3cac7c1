"""A report says what the dataset has, whatever that is, and what it lacks."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aiospectrum import InvalidArgumentError, SpectrumError, Unchecked
from aiospectrum.bulk import Dataset
from aiospectrum.charts.widths import drawn_width
from tests.charts.datasets import APPS, HOSTILE, METRICS, SINCE, VALUES, ZONES, make_dataset

pytest.importorskip("pyarrow")
pytest.importorskip("vl_convert")


class Parsed(HTMLParser):
    """The elements of a page, and the numbers that it shows, by the heading before them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: set[tuple[str, str]] = set()
        self.numbers: dict[str, list[float]] = {}
        self.texts: list[str] = []
        self._open: list[str] = []
        self._heading = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {(tag, name) for name, _ in attrs}
        self._open.append(tag)
        if tag == "data":
            self.numbers.setdefault(self._heading, []).append(float(dict(attrs)["value"] or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("h1", "h2", "dt"):
            self._heading = data
        if self._open and self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Two days of two zones, with all dimensions but one and all metrics."""
    return make_dataset(tmp_path_factory.mktemp("dataset"))


def total(dataset: Dataset, metric: str) -> int:
    """The sum of a metric over rows, added up one by one."""
    return sum(row[metric] for row in dataset.to_arrow().to_pylist())


def sums_of(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Traffic, both of its directions, connections and errors, added up one by one."""
    both = [sum(row[name] for row in rows) for name in ("bytesIngress", "bytesEgress")]
    counts = [
        sum(row["count"] for row in rows if row["event"] in events)
        for events in (["connect"], ["originError", "clientFiltered"])
    ]
    return [sum(both), *both, *counts]


def test_its_numbers_are_those_of_the_dataset(dataset: Dataset) -> None:
    """Each number that it shows is a sum of rows; groups are in the order of their traffic."""
    numbers = Parsed(dataset.render_report().decode()).numbers
    rows = dataset.to_arrow().to_pylist()
    assert numbers["Traffic"] == [sums_of(rows)[0]]
    for heading, event in {
        "Connections": "connect",
        "Origin errors": "originError",
        "Clients filtered": "clientFiltered",
    }.items():
        assert numbers[heading] == [sum(row["count"] for row in rows if row["event"] == event)]
    assert (numbers["Applications"], numbers["Data centres"][:1]) == ([3], [3])
    for heading, column in {
        "Busiest applications": "appID",
        "Busiest data centres": "coloName",
        "Busiest zones": "zone_id",
    }.items():
        groups: dict[str, list[Any]] = {}
        for row in rows:
            groups.setdefault(row[column], []).append(row)
        expected = sorted(map(sums_of, groups.values()), key=lambda sums: -sums[0])
        expected = [number for sums in expected for number in sums]
        assert numbers[heading] == expected, heading


def test_filters_count_for_all_of_it(dataset: Dataset) -> None:
    """Zones and times that are left out are in no number."""
    since, until = SINCE + timedelta(hours=7), SINCE + timedelta(hours=31)
    page = Parsed(dataset.render_report(zones=ZONES[:1], since=since, until=until).decode())
    rows = dataset.to_arrow(zones=ZONES[:1], since=since, until=until).to_pylist()
    assert page.numbers["Traffic"] == [sum(row["bytesIngress"] + row["bytesEgress"] for row in rows)]
    assert "2026-11-18 07:00 to 2026-11-19 07:00 UTC · 1 zone" in page.text
    assert "Busiest zones" not in page.text


def test_the_largest_are_shown_and_all_others_together(tmp_path: Path) -> None:
    """Forty applications are twelve rows, six colours, and the rest, which add up to all of it."""
    values = {**VALUES, "appID": APPS}
    found = make_dataset(tmp_path, dimensions=("appID",), metrics=("count",), zones=ZONES[:1], values=values)
    page = Parsed(found.render_report().decode())
    numbers = page.numbers["Busiest applications"]
    assert len(numbers) == 12 + 1
    assert sum(numbers) == total(found, "count")
    assert "28 others" in page.text
    assert "34 others" in page.text


@pytest.mark.parametrize(
    ("kind", "dimensions", "metrics"),
    [
        pytest.param("bytime", (), ("count",), id="events alone"),
        pytest.param("bytime", (), ("durationMedian", "duration99th"), id="durations alone"),
        pytest.param("bytime", ("appID",), ("durationMedian", "duration99th"), id="durations of apps"),
        pytest.param("bytime", ("coloName", "ipVersion"), ("bytesEgress", "durationAvg"), id="data centres"),
        pytest.param("bytime", ("event",), METRICS, id="events"),
        pytest.param("summary", (), METRICS, id="a summary"),
        pytest.param("summary", ("appID", "event"), ("count",), id="a summary of apps"),
    ],
)
def test_any_dataset_makes_a_page(tmp_path: Path, kind: str, dimensions: Sequence[str], metrics: Sequence[str]) -> None:
    """What it lacks is left out and said; nothing is a placeholder."""
    found = make_dataset(tmp_path, kind=kind, dimensions=dimensions, metrics=metrics, days=1, zones=ZONES[:2])
    page = Parsed(found.render_report().decode())
    assert re.search(r"\b(None|nan|NaN|undefined|Infinity)\b", page.text) is None
    assert ("Busiest applications" in page.text) is ("appID" in dimensions and metrics[0] != "durationMedian")
    assert ("Connections opened" in page.text) is ("event" in dimensions and "count" in metrics)
    assert ("Durations" in page.text) is any(name.startswith("duration") for name in metrics)
    left_out = page.text.partition("Not in this dataset")[2]
    for dimension in ("appID", "coloName"):
        assert (f"the dimension {dimension}" in left_out) is (dimension not in dimensions)
    assert "complete" in page.text.lower()
    picture = ET.fromstring(found.render_report("svg"))  # noqa: S314 - our own
    assert picture.get("width") == "1200"


def test_durations_are_exact_only_where_they_can_be(tmp_path: Path) -> None:
    """Means of percentiles say that they are, and a dataset without dimensions of one zone shows the API's own."""
    exact = make_dataset(tmp_path / "exact", dimensions=(), zones=ZONES[:1])
    assert "approximate" not in Parsed(exact.render_report().decode()).text
    mixed = make_dataset(tmp_path / "mixed", dimensions=("appID",), zones=ZONES[:1])
    assert "approximate: weighted means of rows" in Parsed(mixed.render_report().decode()).text


def test_what_is_missing_is_said_first(tmp_path: Path) -> None:
    """Failed, filling and missing times are said at the top, in each form, and their times in the page."""
    now = SINCE + timedelta(days=1, hours=6)
    fails = {ZONES[2]: SpectrumError(HOSTILE[0])}
    found = make_dataset(tmp_path, zones=ZONES[:3], now=now, fails=fails)
    page = Parsed(found.render_report(now=now).decode())
    head = page.text.partition("Traffic by application")[0]
    assert "Failed" in head
    assert "Still filling" in head
    assert "Complete." not in head
    assert ZONES[2] in head
    assert "window.hacked" in head
    assert page.tags["script"] == 0
    assert "Failed: 2 windows of 1 zone" in found.render_report("svg", now=now).decode()
    first = found.render_report("svg", now=now, until=SINCE + timedelta(days=1)).decode()
    assert "Failed: 1 window of 1 zone" in first


def shaded(page: str) -> list[tuple[datetime, datetime]]:
    """The times that the first chart of an interactive page shades."""
    [data] = re.findall(r'id="charts">(.*?)</script>', page)
    layers = json.loads(data)[0]["layer"]
    rows = layers[0]["data"]["values"] if len(layers) > 1 else []
    return [
        (datetime.fromtimestamp(row["t"] / 1000, UTC), datetime.fromtimestamp(row["e"] / 1000, UTC)) for row in rows
    ]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        pytest.param(
            [[1, 22], []],
            "1 of 2 zones without data for 2 days in 2 stretches between 2026-11-19 and 2026-12-11 UTC",
            id="far apart",
        ),
        pytest.param([[1, 2], []], "1 of 2 zones without data between 2026-11-19 and 2026-11-21 UTC", id="together"),
        pytest.param(
            [[1], [2]],
            "all 2 zones without data for parts of the time between 2026-11-19 and 2026-11-21 UTC",
            id="one after another",
        ),
        pytest.param(
            [[1], [5]],
            "all 2 zones without data for parts of 2 days in 2 stretches between 2026-11-19 and 2026-11-24 UTC",
            id="one of each",
        ),
        pytest.param(
            [[1, 5], [1]],
            "all 2 zones without data for parts of 2 days in 2 stretches between 2026-11-19 and 2026-11-24 UTC",
            id="some of both",
        ),
        pytest.param(
            [[1, 5], [1, 5]],
            "all 2 zones without data for 2 days in 2 stretches between 2026-11-19 and 2026-11-24 UTC",
            id="the same of both",
        ),
    ],
)
def test_missing_times_are_said_and_shaded(tmp_path: Path, days: Sequence[Sequence[int]], words: str) -> None:
    """As they are, of whichever zone; what is there between them is neither."""
    missing = [(zone, day) for zone, these in zip(ZONES, days, strict=False) for day in these]
    found = make_dataset(tmp_path, dimensions=(), metrics=("count",), days=23, missing=missing)
    now = SINCE + timedelta(days=30)
    page = found.render_report(now=now, interactive=True).decode()
    assert f"{words}. The next pull" in Parsed(page).text
    picture = ET.fromstring(found.render_report("svg", now=now))  # noqa: S314 - our own
    assert words in " ".join(each.text or "" for each in picture if each.tag.endswith("text"))
    hours = {hour for since, until in shaded(page) for hour in range(*(_hour(at) for at in (since, until)))}
    assert hours == {24 * day + hour for _, day in missing for hour in range(24)}


def _hour(moment: datetime) -> int:
    return (moment - SINCE) // timedelta(hours=1)


@pytest.mark.parametrize("kind", ["bytime", "summary"])
@pytest.mark.parametrize(
    ("since", "until", "now"),
    [
        pytest.param(0.5, None, 720, id="from within an interval"),
        pytest.param(None, 25.5, 720, id="until within an interval"),
        pytest.param(0.01, 47.99, 720, id="both"),
        pytest.param(24, 48, 720, id="at edges"),
        pytest.param(None, None, 30, id="made early"),
        pytest.param(None, None, 30.5, id="made within an interval"),
        pytest.param(3, 40, 30.5, id="all of it"),
        pytest.param(None, None, -30, id="made before all of it"),
        pytest.param(None, 70, 720, id="until later"),
        pytest.param(-70, None, 720, id="from earlier"),
    ],
)
def test_the_heading_says_what_is_counted(
    tmp_path: Path, kind: str, since: float | None, until: float | None, now: float
) -> None:
    """Its numbers are those of the intervals between the times that it names, and none of these is empty."""
    found = make_dataset(
        tmp_path, kind=kind, metrics=("bytesIngress", "bytesEgress"), dimensions=("appID",), zones=ZONES[:1], days=3
    )
    arguments: dict[str, Any] = {
        name: None if hours is None else SINCE + timedelta(hours=hours)
        for name, hours in (("since", since), ("until", until), ("now", now))
    }
    text = found.render_report(interactive=True, **arguments).decode()
    page = Parsed(text)
    heading = re.search(r"(2026-\S+(?: \d\d:\d\d)?) to (2026-\S+(?: \d\d:\d\d)?) UTC", page.text)
    assert heading is not None
    first, last = (
        datetime.fromisoformat(f"{each}+00:00" if ":" in each else f"{each} 00:00+00:00") for each in heading.groups()
    )
    rows = [
        row for row in found.to_arrow().to_pylist() if first <= row["interval_start"] and row["interval_end"] < last
    ]
    assert rows
    assert page.numbers["Traffic"] == [sum(row["bytesIngress"] + row["bytesEgress"] for row in rows)]
    assert min(row["interval_start"] for row in rows) == first
    assert max(row["interval_end"] for row in rows) + timedelta(seconds=1) == last
    if "Complete." in page.text:
        assert shaded(text) == []


def test_applications_with_one_name_are_told_apart(tmp_path: Path) -> None:
    """By their ids, in pages, pictures and charts."""
    apps = [start + "0" * 28 for start in ("ea95", "0b1c", "77aa")]
    found = make_dataset(tmp_path, values={**VALUES, "appID": apps}, days=1)
    names = {apps[0]: "shop.example.com", apps[1]: "shop.example.com", apps[2]: "ssh.example.com"}
    expected = {"shop.example.com (ea95…)", "shop.example.com (0b1c…)", "ssh.example.com"}
    assert expected <= set(Parsed(found.render_report(names=names).decode()).texts)
    picture = ET.fromstring(found.render_report("svg", names=names))  # noqa: S314 - our own
    assert expected <= {each.text for each in picture}
    pytest.importorskip("altair")
    assert all(name in json.dumps(found.plot(names=names).to_dict(), ensure_ascii=False) for name in expected)


@pytest.mark.parametrize(
    "letter",
    [pytest.param("W", id="W"), pytest.param("M", id="M"), pytest.param("\uff2d", id="full"), "\u202e"],
    ids=ascii,
)
def test_texts_of_a_picture_have_room(tmp_path: Path, letter: str) -> None:
    """None is drawn over the next one or the edge, whatever its letters; each is as wide as in Arial, or wider."""
    ems = {"W": 0.94, "M": 0.83, "\uff2d": 1.0}
    values = {**VALUES, "appID": APPS[:9], "coloName": [f"{number}{letter * 60}" for number in range(9)]}
    filters = f"coloName!={'W' * 200}"
    found = make_dataset(tmp_path, values=values, days=1, filters=filters)
    names = {each: f"{number}{letter * 70}{number}" for number, each in enumerate(APPS)}
    picture = ET.fromstring(found.render_report("svg", names=names, title=letter * 200))  # noqa: S314 - our own
    lines: dict[str, list[tuple[float, float]]] = {}
    for each in picture:
        if each.tag.endswith("text"):
            width = float(each.attrib["font-size"]) * sum(ems.get(one, 0.2) for one in each.text or "")
            lines.setdefault(each.attrib["y"], []).append((float(each.attrib["x"]), width))
    assert sum(map(len, lines.values())) >= 7
    for line in lines.values():
        starts = [*(x for x, _ in line[1:]), 1160 + 16]
        assert all(x + width <= start - 16 for (x, width), start in zip(line, starts, strict=True))


def test_a_time_without_data(tmp_path: Path) -> None:
    """Is an empty page and an empty chart, not an error."""
    found = make_dataset(tmp_path, days=1, zones=ZONES[:1])
    for since, until in ((SINCE + timedelta(days=90), None), (None, SINCE - timedelta(days=90))):
        assert "No data." in Parsed(found.render_report(since=since, until=until).decode()).text
        pytest.importorskip("altair")
        assert "no data" in str(found.plot(since=since, until=until).to_dict())


def test_a_dataset_without_rows(tmp_path: Path) -> None:
    """It says that there are none, in every form."""
    empty = make_dataset(tmp_path, values={**VALUES, "appID": ()})
    assert "No data." in Parsed(empty.render_report().decode()).text
    assert "No data" in empty.render_report("svg").decode()
    assert empty.render_report("png").startswith(b"\x89PNG")


def test_foreign_text_is_only_text(tmp_path: Path) -> None:
    """Of names, values of dimensions, filters and titles: it makes no element, no attribute and no line of its own."""
    plain = make_dataset(tmp_path / "plain", values={**VALUES, "appID": APPS[:11]}, days=1)
    harmless = Parsed(plain.render_report(names=dict.fromkeys(APPS, "name.example")).decode())
    values = {**VALUES, "appID": HOSTILE[:10], "coloName": HOSTILE[:3]}
    names = dict(zip(HOSTILE, reversed(HOSTILE), strict=True))
    found = make_dataset(tmp_path / "hostile", values=values, days=1, filters="event!=progress")
    for given, title in ((names, HOSTILE[0]), (None, HOSTILE[5])):
        page = found.render_report(names=given, title=title).decode()
        parsed = Parsed(page)
        assert set(parsed.tags) == set(harmless.tags)
        assert parsed.attributes == harmless.attributes
        assert not set(page) & set("\u202e\u2066\x1b\x00")
        assert "<script>window.hacked=1</script>" in parsed.text
    tree = ET.fromstring(found.render_report("svg", names=names, title=HOSTILE[0]))  # noqa: S314 - our own
    assert {each.tag.rpartition("}")[2] for each in tree.iter()} <= {
        "svg",
        "title",
        "g",
        "path",
        "rect",
        "text",
        "line",
    }
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on") or "href" in name]


def test_data_of_scripts_cannot_end_them(tmp_path: Path) -> None:
    """A page with scripts has two, whatever is in their data."""
    found = make_dataset(tmp_path, values={**VALUES, "appID": HOSTILE[:6]}, days=1)
    page = found.render_report(interactive=True).decode()
    assert Parsed(page).tags["script"] == 2
    assert len(re.findall(r"</script", page, re.IGNORECASE)) == 2


def test_newer_metrics_and_dimensions_are_said(tmp_path: Path) -> None:
    """What this version does not know is left out by name, and does not end the report."""
    values = {**VALUES, "interval": ("a", "b")}
    found = make_dataset(
        tmp_path, metrics=("count", Unchecked("jitter")), dimensions=(Unchecked("interval"),), values=values, days=1
    )
    page = Parsed(found.render_report().decode())
    assert "jitter, a metric not known here" in page.text
    assert page.numbers["Events"] == [total(found, "count")]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param({"file_format": "pdf"}, "file_format", id="format"),
        pytest.param({"file_format": "png", "interactive": True}, "interactive", id="scripts in a picture"),
        pytest.param({"title": ""}, "title", id="no title"),
        pytest.param({"zones": ["0" * 32]}, "zones[0]", id="no such zone"),
        pytest.param({"names": ["x"]}, "names", id="names"),
        pytest.param({"since": datetime(2026, 1, 1)}, "since", id="naive time"),
        pytest.param({"now": datetime(2026, 1, 1)}, "now", id="naive now"),
        pytest.param({"now": 5}, "now", id="no time"),
        pytest.param({"now": "2026-01-01T00:00:00Z"}, "now", id="text"),
        pytest.param({"interactive": "yes"}, "interactive", id="no bool"),
        pytest.param({"interactive": 1, "file_format": "svg"}, "interactive", id="a number"),
    ],
)
def test_bad_arguments_are_refused(dataset: Dataset, arguments: Mapping[str, Any], field: str) -> None:
    """Each by its name."""
    with pytest.raises(InvalidArgumentError) as caught:
        dataset.render_report(**arguments)
    assert caught.value.field == field


def test_a_zone_is_drawn_once(tmp_path: Path) -> None:
    """Events by zone are all events, of which a second chart would show the same."""
    page = Parsed(make_dataset(tmp_path, dimensions=(), metrics=("count",), days=1).render_report().decode())
    assert page.tags["figure"] == 1
    assert "Events by zone" in page.texts


def test_nothing_but_zeros(tmp_path: Path) -> None:
    """Are numbers without shares, axes that begin at zero, and no errors of no attempts."""
    found = make_dataset(tmp_path, days=1, number=lambda *_: 0)
    page = Parsed(found.render_report().decode())
    assert page.numbers["Traffic"] == [0]
    assert "Errors" not in page.texts[: page.texts.index("Busiest applications")]
    assert not any(text.strip().endswith("·") for text in page.texts)
    pytest.importorskip("altair")
    y = found.plot().to_dict()["layer"][-1]["encoding"]["y"]
    assert (y["axis"]["values"], y["scale"]["domain"]) == ([0], [0, 1])


def test_a_single_interval_is_seen(tmp_path: Path) -> None:
    """A line through one number would show nothing; and nothing is said of how long it is."""
    pytest.importorskip("altair")
    found = make_dataset(tmp_path, kind="summary", dimensions=("event",), days=1, window="whole")
    lines = found.plot("durationMedian").to_dict()
    assert [layer["mark"]["type"] for layer in lines["layer"]] == ["point", "line"]
    assert found.plot().to_dict()["title"]["subtitle"] == "MB"


@pytest.mark.parametrize("metrics", [METRICS, METRICS[:3]], ids=["five charts", "four charts"])
def test_no_chart_is_beside_nothing(tmp_path: Path, metrics: Sequence[str]) -> None:
    """The last one is as wide as the page, or the picture, where it has no neighbour."""
    found = make_dataset(tmp_path, metrics=metrics, days=1)
    cards = re.findall(r'<figure class="(.*?)">', found.render_report().decode())
    assert cards == ["card wide-card", "card", "card", *(["card", "card"] if len(metrics) > 3 else ["card wide-card"])]
    picture = ET.fromstring(found.render_report("svg"))  # noqa: S314 - our own
    widths = [each.attrib["width"] for each in picture if each.tag.endswith("svg")]
    assert widths == ["1120" if "wide" in card else "548" for card in cards]


def test_huge_numbers_have_room_in_a_picture(tmp_path: Path) -> None:
    """They have a unit, and are smaller where that is not enough."""
    found = make_dataset(tmp_path, days=1, number=lambda name, *_: 2**62 if name[0] in "cb" else 1e12)
    picture = ET.fromstring(found.render_report("svg"))  # noqa: S314 - our own
    tiles = [each for each in picture if each.attrib.get("font-weight") == "700"][1:]
    assert tiles[1].text == "1.99 sextillion"
    starts = [float(each.attrib["x"]) for each in tiles]
    for tile, start, end in zip(tiles, starts, [*starts[1:], 1160], strict=True):
        assert start + drawn_width(tile.text or "", float(tile.attrib["font-size"])) < end


def test_names_with_room_are_whole(tmp_path: Path) -> None:
    """In a legend of a line, and in one of two where that has room."""
    hosts = [f"{name}.{zone}.example" for zone in ("zone1", "zone3") for name in ("mqtt", "ssh", "game")]
    values = {**VALUES, "appID": APPS[:6], "coloName": ("SFO", "LHR", "SIN", "GRU", "FRA", "NRT", "AMS")}
    found = make_dataset(tmp_path, values=values, days=1)
    picture = ET.fromstring(found.render_report("svg", names=dict(zip(APPS, hosts, strict=False))))  # noqa: S314 - our own
    assert {*hosts, "1 other"} <= {each.text for each in picture}
