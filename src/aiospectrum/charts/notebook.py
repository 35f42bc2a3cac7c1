"""What objects look like in a notebook: short HTML in the notebook's own style, with all text escaped: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from math import isnan
from typing import Any, Final

import attrs

from aiospectrum.charts.texts import counted, escape, human_metric, human_number, human_size

__all__ = ["fields_html", "items_html", "lines_html", "report_html", "saved_html"]

_ROWS: Final = 20
_COLUMNS: Final = 14
_OF_APP: Final = (
    "id",
    "dns.name",
    "protocol",
    "traffic_type",
    "origin_direct",
    "origin_dns.name",
    "tls",
    "modified_on",
)
"""What is shown of an application among others."""

_LONGEST: Final = 160
_NUMBER: Final = ' style="text-align:right"'


def report_html(
    intervals: Sequence[Sequence[Any]],
    dimensions: Mapping[str, Sequence[str | None]],
    metrics: Mapping[str, Sequence[Sequence[float]]],
    *,
    rows: int,
    data_lag: float,
) -> str:
    """Show a report as a table: its first rows, and how many more there are.

    Args:
        intervals: Start and end of each interval.
        dimensions: The values of each dimension, one for each row.
        metrics: The numbers of each metric in pieces: one for each row by time, or one with all in a summary.
        rows: Rows of the report.
        data_lag: Seconds since the last event that was counted.

    Returns:
        HTML.
    """
    heads = ["from (UTC)", *dimensions, *metrics]
    total = rows * len(intervals)
    lines = list(islice(_report_lines(intervals, dimensions, metrics, rows), _ROWS))
    known = isinstance(data_lag, (int, float)) and not isnan(data_lag)
    lag = f", data lag {human_number(data_lag)} s" if known else ""
    first = f"{counted(rows, 'row')} × {counted(len(intervals), 'interval')}{lag}"
    return _table(first, heads, lines, more=total - len(lines), numbers=1 + len(dimensions))


def _report_lines(
    intervals: Sequence[Sequence[Any]],
    dimensions: Mapping[str, Sequence[str | None]],
    metrics: Mapping[str, Sequence[Sequence[float]]],
    rows: int,
) -> Iterator[list[str]]:
    width = len(intervals)
    for row in range(rows):
        values = [str(column[row] or "") for column in dimensions.values()]
        for place, pair in enumerate(intervals):
            numbers = []
            for name, pieces in metrics.items():
                piece, at = (pieces[0], row * width + place) if len(pieces) == 1 else (pieces[row], place)
                value = piece[at]
                numbers.append(human_metric(name, value) if isinstance(value, (int, float)) else str(value))
            start = pair[0] if len(pair) else None
            yield [f"{start:%Y-%m-%d %H:%M}" if isinstance(start, datetime) else str(start or ""), *values, *numbers]


def items_html(items: Sequence[object], *, page: int | None, total: int | None) -> str:
    """Show a page of a list: its first items, and how many there are."""
    shown = items[:_ROWS]
    rows = [_fields(item) for item in shown]
    heads = list(dict.fromkeys(name for row in rows for name in row))
    if set(_OF_APP[:3]) <= set(heads):
        heads = [name for name in _OF_APP if name in heads]
    lines = [[row.get(name, "") for name in heads] for row in rows]
    of = "" if total is None else f" of {total:,}"
    number = "" if page is None else f", page {page}"
    return _table(f"{counted(len(items), 'item')}{of}{number}", heads, lines, more=len(items) - len(shown))


def fields_html(title: str, fields: Mapping[str, Any]) -> str:
    """Show an object: a line for each field that it has, those of fields by the names of both."""
    lines = [[name, value] for name, value in _flatten(fields)]
    return _table(title, ["field", "value"], lines[:_ROWS], more=len(lines) - min(len(lines), _ROWS))


def lines_html(title: str, lines: Sequence[str]) -> str:
    """Show a few lines of text."""
    shown = "<br>".join(escape(line, 2 * _LONGEST) for line in lines[:_ROWS])
    return f"<div><b>{escape(title)}</b><br>{shown}</div>"


def saved_html(folder: str, numbers: Mapping[str, int], failures: Sequence[str], *, ok: bool) -> str:
    """Show what a save came to: its counts, and its first failures."""
    texts = {name: human_size(value) if name == "bytes" else f"{value:,}" for name, value in numbers.items()}
    lines = [[name.replace("_", " "), text] for name, text in texts.items()] + [["failed", f"{len(failures):,}"]]
    title = "Saved, all of the plan" if ok else "Saved, not all of the plan yet"
    table = _table(f"{title}: {folder}", ["", ""], lines, more=0, numbers=1)
    items = "".join(f"<li>{escape(each, 2 * _LONGEST)}</li>" for each in failures[:_ROWS])
    more = len(failures) - _ROWS
    return table + (f"<ul>{items}</ul>" if items else "") + (f"<p>and {more:,} more failures</p>" if more > 0 else "")


def _fields(item: object) -> dict[str, str]:
    if not attrs.has(type(item)):
        return {"item": str(item)}
    return dict(_flatten(attrs.asdict(item)))  # type: ignore[arg-type]  # it has just been asked


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        match value:
            case None | [] | "":
                pass
            case Mapping():
                yield from _flatten(value, f"{prefix}{name}.")
            case list() | tuple():
                more = f", and {len(value) - _ROWS:,} more" if len(value) > _ROWS else ""
                yield prefix + name, ", ".join(map(str, value[:_ROWS])) + more
            case datetime():
                yield prefix + name, f"{value:%Y-%m-%d %H:%M}"
            case _:
                yield prefix + name, str(value)


def _table(
    title: str, heads: Sequence[str], lines: Iterable[Sequence[str]], *, more: int, numbers: int | None = None
) -> str:
    """A table; columns from ``numbers`` on are on the right."""
    left_out = len(heads) - _COLUMNS
    heads = heads[:_COLUMNS]
    styles = ["" if numbers is None or place < numbers else _NUMBER for place in range(len(heads))]
    top = "".join(f"<th{style}>{escape(head)}</th>" for head, style in zip(heads, styles, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{style}>{escape(text, _LONGEST)}</td>" for text, style in zip(line, styles, strict=False))
        + "</tr>"
        for line in lines
    )
    notes = [f"{more:,} more rows" if more > 0 else "", f"{left_out:,} more columns" if left_out > 0 else ""]
    note = " and ".join(filter(None, notes))
    shown = f"<p>… and {note}</p>" if note else ""
    head = f"<thead><tr>{top}</tr></thead>" if any(heads) else ""
    return f"<div><b>{escape(title, 2 * _LONGEST)}</b><table>{head}<tbody>{body}</tbody></table>{shown}</div>"
