"""Tables of many reports at once: columns and types of the query, whatever the reports are like."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiospectrum import Report, ReportByTime, ReportSummary, TableError, make_converter
from aiospectrum._codec.decoder import decode_body, decode_values
from aiospectrum._codec.parts import decode_in_parts
from aiospectrum.bulk import Query
from aiospectrum.bulk.columns import Part, pack_report, schema_of, to_table
from aiospectrum.bulk.packing import ColumnReport, RowPacker
from aiospectrum.bulk.windows import Window
from aiospectrum.tables.layout import WHOLE_METRICS
from tests.arrow.reports import SINCE, by_time, summary
from tests.json_texts import BROKEN, WHOLE

pa = pytest.importorskip("pyarrow")

QUERY: Final = Query(
    time_delta="hour", metrics=["count", "durationAvg", "bytesEgress"], dimensions=["event", "coloName"]
)
NUMBERS: Final = ["null", "12.5", "0.5", *(text for text in (*WHOLE, *BROKEN) if abs(float(text)) < 2.0**62)]
ZONES: Final = tuple(f"{number:032}" for number in range(3))


def window(day: int) -> Window:
    """A window of one day after another."""
    since = SINCE + timedelta(days=day)
    return Window(since=since, until=since + timedelta(days=1))


def part(zone_id: str, day: int, report: Report, query: Query = QUERY) -> Part:
    """A report of a zone and day."""
    return Part(zone_id=zone_id, window=window(day), report=pack_report(query, window(day), report))


def by_models(zone_id: str, day: int, report: Report, query: Query = QUERY) -> list[dict[str, Any]]:
    """The rows of a report by way of the models, with what a table of many has besides."""
    whole, rows = window(day), []
    echoed = [each if isinstance(each, list) else None for each in (report.query.metrics, report.query.dimensions)]
    for row in report.records(metrics=echoed[0] or query.metrics, dimensions=echoed[1] or query.dimensions):
        start, end = row["interval_start"], row["interval_end"]
        if isinstance(report, ReportSummary):
            start, end = whole.since, whole.last
        numbers: dict[str, Any] = {name: row[name] for name in query.metrics}
        for name, number in numbers.items():
            if number is not None:
                numbers[name] = round(number) if name in WHOLE_METRICS else float(number)
        rows.append(
            {
                "zone_id": zone_id,
                "date": (start if isinstance(start, datetime) else whole.since).date(),
                "window_since": whole.since,
                "window_until": whole.until,
                "interval_start": start,
                "interval_end": end,
                **{name: row[name] for name in query.dimensions},
                **numbers,
            }
        )
    return rows


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, int, bytes]:
    """A zone, a day and the result of its report as JSON: by time or a summary, as documented or with oddities."""
    zone_id, day = draw(st.sampled_from(ZONES)), draw(st.integers(0, 2))
    is_by_time = draw(st.booleans())
    echo = {"metrics": draw(st.permutations(QUERY.metrics)), "dimensions": draw(st.permutations(QUERY.dimensions))}
    for name in draw(st.sets(st.sampled_from([*echo]))):
        echo[name] = draw(st.sampled_from([None, [], "count", {"odd": True}]))
    count = draw(st.integers(0, 3))
    starts = [window(day).since + timedelta(hours=hour) for hour in draw(st.permutations(range(count)))]
    times: list[Any] = [[_text(start), _text(start + timedelta(minutes=59, seconds=59))] for start in starts]
    if times and draw(st.integers(0, 9)) == 9:
        times[0] = draw(st.sampled_from([None, [], times[0][:1], ["yesterday", "today"]]))
    number = st.sampled_from(NUMBERS) | st.integers(-(2**40), 2**40).map(str)
    series = st.lists(number, min_size=draw(st.integers(0, count)), max_size=count).map(_array)
    whole_row = draw(st.booleans())
    rows = [
        {
            "metrics": _array(
                draw(st.lists(series if is_by_time else number, min_size=3 if whole_row else 0, max_size=3))
            ),
            "dimensions": json.dumps(draw(st.lists(st.text(max_size=2), min_size=2 if whole_row else 0, max_size=2))),
        }
        for _ in range(draw(st.integers(0, 4)))
    ]
    data = _array("{" + ",".join(f'"{key}":{text}' for key, text in row.items()) + "}" for row in rows)
    intervals = f',"time_intervals":{json.dumps(times)}' if is_by_time else ""
    return (
        zone_id,
        day,
        f'{{"data_lag":1,"rows":{len(rows)},"query":{json.dumps(echo)},"data":{data}{intervals}}}'.encode(),
    )


@given(st.lists(bodies(), max_size=6, unique_by=lambda each: each[:2]), st.integers(1, 200))
def test_tables_are_those_of_the_models(drawn: list[tuple[str, int, bytes]], part_size: int) -> None:
    """One table of all reports has the rows that each has by itself, by zone and time, however they were decoded."""
    parts, rows = [], []
    for zone_id, day, body in drawn:
        report, columns = read(body), read_columns(body, part_size)
        try:
            parts.append(part(zone_id, day, report))
        except TableError:
            with pytest.raises(TableError):
                by_models(zone_id, day, report)
            with pytest.raises(TableError):
                pack_report(QUERY, window(day), columns)
        else:
            rows += by_models(zone_id, day, report)
            assert_same(parts[-1], part(zone_id, day, columns))

    table, rounded = to_table(QUERY, parts)

    table.validate(full=True)
    assert table.schema == schema_of(QUERY)
    no_time = datetime.min.replace(tzinfo=UTC)
    assert table.to_pylist() == sorted(
        rows, key=lambda row: (row["zone_id"], row["window_since"], row["interval_start"] or no_time)
    )
    assert set(rounded) <= {"count", "bytesEgress"}


def assert_same(first: Part, second: Part) -> None:
    """Check that two reports make the same table."""
    (one, names), (other, other_names) = to_table(QUERY, [first]), to_table(QUERY, [second])
    assert one.equals(other)
    assert names == other_names


def read_columns(result: bytes, part_size: int) -> Any:
    """Read a result as a save does: packed as it is decoded, or as a model where it is not taken so."""

    async def pause() -> None:
        """Wait for nothing."""

    wanted: Any = ReportByTime if b"time_intervals" in result else ReportSummary
    body = b'{"success":true,"result":%b}' % result
    decoded = asyncio.run(decode_in_parts(wanted, body, pause, part_size, collect=RowPacker))
    return read(result) if decoded is None else decoded.result


@pytest.mark.parametrize("make", [by_time, summary], ids=["by time", "summary"])
@pytest.mark.parametrize("numbers", [[1, 2, 3], [0.5, 2.5, 1.0], [0.5, 2, 3]], ids=["whole", "floats", "both"])
def test_rows_are_packed_as_they_are_decoded(make: Any, numbers: list[float]) -> None:
    """No model holds the rows of a report whose rows are alike, and the report can be made again of its columns."""
    more = {"intervals": 3} if make is by_time else {}
    rows = {(f"e{place}", "AMS"): [numbers] * 2 if more else numbers[:2] for place in range(400)}
    report = make(rows, metrics=("count", "durationAvg"), dimensions=("event", "coloName"), **more)
    body = json.dumps(make_converter().unstructure(report)).encode()

    columns = read_columns(body, 1000)

    assert isinstance(columns, ColumnReport)
    assert (len(columns.data), columns.data_lag, columns.rows, columns.query) == (400, 0, 400, report.query)
    assert columns.to_report() == report


@pytest.mark.parametrize("place", [0, 200, 399], ids=["first", "middle", "last"])
def test_reports_whose_rows_are_not_alike_are_models(place: int) -> None:
    """One row that is longer than others, wherever it stands, and all rows are read into the models."""
    rows = {(f"e{number}", "AMS"): [1, 2] if number != place else [1, 2, 3] for number in range(400)}
    report = summary(rows, metrics=("count", "durationAvg"), dimensions=("event", "coloName"))
    body = json.dumps(make_converter().unstructure(report)).encode()

    assert read_columns(body, 1000) == report


def read(result: bytes) -> Report:
    """Read a result as a call does: on the fast path, or else by the fallback, in whichever form it is."""
    wanted: Any = ReportByTime if b"time_intervals" in result else ReportSummary
    body = decode_body(wanted, b'{"success":true,"result":%b}' % result)
    report: Report = decode_values(wanted, json.loads(result), make_converter()) if body is None else body.result
    return report


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _array(items: Any) -> str:
    return f"[{','.join(items)}]"
