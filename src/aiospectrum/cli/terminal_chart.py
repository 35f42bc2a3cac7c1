"""Charts of block characters, as wide as a terminal: pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from aiospectrum.charts.panel import Panel
from aiospectrum.charts.texts import human_metric, human_time
from aiospectrum.cli.formatting import cell, folded, shortened_apart, sparkline

__all__ = ["chart_lines"]

_ROWS = 8
_STEPS = " ▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"
_LEAST_LABEL = 10
_MOST_LABEL = 30
_VALUE = 15
_COLOUR = "cyan"


def chart_lines(panels: Sequence[Panel], width: int) -> Iterator[Text]:
    """Draw panels one below another.

    Args:
        panels: What to draw.
        width: Columns of the terminal; below 40 it is drawn as for 40.

    Yields:
        The lines.
    """
    for place, panel in enumerate(panels):
        if place:
            yield Text()
        for text, style in ((panel.title, "bold"), (panel.subtitle, "dim")):
            yield from (Text(line, style) for line in folded(cell(text or "").plain, max(40, width)) if line)
        if not panel.series or not any(value is not None for each in panel.series for value in each.values):
            yield cell("no data")
        else:
            yield from (_times if panel.starts else _bars)(panel, max(40, width))


def _times(panel: Panel, width: int) -> Iterator[Text]:
    """The sum of all series as columns, if they have one, and below it a line for each, over the same times."""
    several = len(panel.series) > 1
    label, labels = _labels(panel, width)
    label = max(label, _LEAST_LABEL) if several else _LEAST_LABEL
    columns = width - label - 2 - (_VALUE if several else 0)
    if panel.is_stacked or not several:
        times = zip(*(each.values for each in panel.series), strict=True)
        sums = [sum(value or 0 for value in column) for column in times]
        yield from _columns(panel, _stretched(sums, columns), label)
        if several:
            yield Text(f"{'total':>{width}}", style="dim")
    if several:
        for text, each in zip(labels, panel.series, strict=True):
            yield _line(panel, text, each.values, label, columns)
    yield from _axis(panel, label, columns)


def _stretched(values: Sequence[float], columns: int) -> list[float]:
    """One number for each column: that of its time, or neighbours averaged."""
    count = len(values)
    if count <= columns:
        return [values[place * count // columns] for place in range(columns)]
    edges = [place * count // columns for place in range(columns + 1)]
    return [sum(values[first:last]) / (last - first) for first, last in pairwise(edges)]


def _columns(panel: Panel, values: Sequence[float], label: int) -> Iterator[Text]:
    top = max(values, default=0)
    for row in reversed(range(_ROWS)):
        mark = human_metric(panel.metric, top) if row == _ROWS - 1 else "0" if row == 0 else ""
        heights = [value / top * _ROWS - row if top > 0 else 0 for value in values]
        bars = "".join(_STEPS[max(0, min(8, round(height * 8)))] for height in heights)
        yield Text.assemble((f"{mark:>{label}}  ", "dim"), (bars, _COLOUR))


def _line(panel: Panel, name: str, values: Sequence[float | None], label: int, columns: int) -> Text:
    known = [value for value in values if value is not None]
    text = sparkline(_stretched([value or 0 for value in values], columns))
    if panel.is_stacked:
        note = human_metric(panel.metric, sum(known))
    else:
        note = f"≤ {human_metric(panel.metric, max(known))}" if known else ""
    return Text.assemble(_padded(name, label), (text, _COLOUR), f"{note:>{_VALUE}}")


def _axis(panel: Panel, label: int, columns: int) -> Iterator[Text]:
    """When it begins and ends, in two lines where one has no room for both."""
    first, last = human_time(panel.starts[0]), human_time(panel.starts[-1] + panel.step)
    between = columns - len(first) - len(last)
    if between > 0:
        yield Text(" " * (label + 2) + first + " " * between + last, style="dim")
    else:
        yield Text(" " * (label + 2) + first, style="dim")
        yield Text(f"{last:>{label + 2 + columns}}", style="dim")


def _bars(panel: Panel, width: int) -> Iterator[Text]:
    """A bar for each series."""
    label, labels = _labels(panel, width)
    columns = width - label - 2 - _VALUE
    top = max((each.values[0] or 0 for each in panel.series), default=0)
    for text, each in zip(labels, panel.series, strict=True):
        value = each.values[0] or 0
        eighths = round(max(0, value) / top * columns * 8) if top > 0 else 0
        bar = "█" * (eighths // 8) + _PARTS[eighths % 8].strip()
        note = human_metric(panel.metric, value)
        yield Text.assemble(_padded(text, label), (f"{bar:<{columns}}", _COLOUR), f"{note:>{_VALUE}}")


def _labels(panel: Panel, width: int) -> tuple[int, list[str]]:
    """The width of the labels, and the labels, different ones shortened to different texts."""
    texts = [cell(each.label).plain for each in panel.series]
    label = min(_MOST_LABEL, width // 3, max(map(cell_len, texts)))
    short = shortened_apart(texts, label)
    return label, [short[text] for text in texts]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text) + 2)
