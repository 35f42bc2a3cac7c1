"""A report as one page of HTML, which loads nothing and, unless asked to, runs nothing: pure but for its pictures.

All text that is not ours goes through :func:`escape`. Colours of pictures are changed by the style sheet alone, so that
one picture is seen in light and dark; each is there in several widths, as text that is scaled down cannot be read.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from aiospectrum._version import __version__
from aiospectrum.charts.overview import Overview, Tile, is_wide, label_of, omitted, panels_of, tiles_of
from aiospectrum.charts.panel import Panel, colours_of, labels_of, specification
from aiospectrum.charts.sums import Breakdown, Group, Sums
from aiospectrum.charts.texts import counted, escape, human_metric, human_number, human_time, percent
from aiospectrum.charts.theme import CONFIG, DARK

__all__ = ["render_page"]

Draw = Callable[[Mapping[str, Any], str], str]
"""Makes SVG of a specification, and of what ids within begin with."""

_FULL: Final = (1030, 290)
_MIDDLE: Final = (640, 230)
_HALF: Final = (500, 220)
_NARROW: Final = (350, 210)
_TABLES: Final = (
    ("appID", "Busiest applications", "Application"),
    ("zone_id", "Busiest zones", "Zone"),
    ("coloName", "Busiest data centres", "Data centre"),
)
_SWATCH: Final = '<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="{}"/></svg>'
_WORDS: Final = {"bytesIngress": "From clients", "bytesEgress": "To clients", "count": "Events"}
_SCRIPT: Final = """
for (const [place, specification] of JSON.parse(document.getElementById("charts").textContent).entries()) {
  const plot = document.getElementById(`plot-${place}`);
  plot.replaceChildren();
  vegaEmbed(plot, specification, {actions: false, renderer: "svg"});
}
"""


def render_page(overview: Overview, draw: Draw, bundle: Callable[[str], str] | None = None) -> str:
    """Write the page.

    Args:
        overview: What it says.
        draw: Makes the pictures.
        bundle: Makes one script of ours and all that it needs, for a page with charts that tell numbers under the
            pointer; None for a page without scripts.

    Returns:
        The page.
    """
    panels = panels_of(overview)
    cards = [_figure(place, panel, draw, wide=is_wide(place, panels)) for place, panel in enumerate(panels)]
    scripts = "" if bundle is None else _scripts(panels, bundle)
    allowed = "script-src 'unsafe-inline' 'unsafe-eval'; " if scripts else ""
    policy = f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:"
    newline = "\n"
    body = [
        _header(overview),
        _lacks(overview),
        _tiles(tiles_of(overview)),
        f'<div class="grid">{"".join(cards)}{"".join(_tables(overview))}</div>' if overview.sums else "",
        _footer(overview),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(overview.title)}</title>\n<style>\n{_style()}</style></head>\n<body><main>\n"
        f"{newline.join(filter(None, body))}</main>{scripts}</body></html>\n"
    )


def _style() -> str:
    style = files("aiospectrum.charts").joinpath("page.css").read_text("utf-8")
    rules = "".join(
        f'{name}[{what}="{light}"]{{{what}:{dark}}}'
        for light, dark in DARK.items()
        for name, what in ((".plot *", "fill"), (".plot *", "stroke"), (".legend *", "fill"))
    )
    return style.replace("/* dark colours of charts */", rules)


def _header(overview: Overview) -> str:
    span = f"{human_time(overview.since)} to {human_time(overview.until)} UTC"
    facts = [span, counted(overview.zones, "zone"), *overview.scope]
    return (
        f'<header><h1>{escape(overview.title, 1000)}</h1><p class="muted">{" · ".join(map(escape, facts))}</p></header>'
    )


def _lacks(overview: Overview) -> str:
    if overview.sums is None:
        empty = '<li class="wait"><b>No data.</b> The dataset has no rows for this time.</li>'
    else:
        empty = "" if overview.lacks else '<li class="good"><b>Complete.</b> Nothing is missing of this time.</li>'
    items = [empty]
    for lack in overview.lacks:
        word, _, rest = lack.text.partition(":")
        details = "".join(f"<li>{escape(each, 300)}</li>" for each in lack.details)
        more = f"<details><summary>Details</summary><ul>{details}</ul></details>" if details else ""
        kind = "bad" if lack.is_bad else "wait"
        items.append(f'<li class="{kind}"><b>{escape(word)}:</b>{escape(rest, 300)}{more}</li>')
    return f'<ul class="lacks">{"".join(items)}</ul>'


def _tiles(tiles: Iterable[Tile]) -> str:
    cells = "".join(
        f'<div class="tile"><dt>{escape(tile.title)}</dt><dd class="big">{_data(tile.value, tile.text)}</dd>'
        f'<dd class="note">{escape(tile.note)}</dd></div>'
        for tile in tiles
    )
    return f'<dl class="tiles">{cells}</dl>' if cells else ""


def _data(value: float, text: str) -> str:
    """A number as people read it, and exactly."""
    number, space, unit = text.partition(" ")
    return f'<data value="{value}" title="{value:,}">{escape(number)}<span>{space}{escape(unit)}</span></data>'


def _figure(place: int, panel: Panel, draw: Draw, *, wide: bool) -> str:
    sizes = {"wide": _FULL, "middle": _MIDDLE} if wide else {"wide": _HALF}
    pictures = [
        draw(_drawn(panel, *size), f"{name}-{place}").replace("<svg ", f'<svg class="{name}" aria-hidden="true" ', 1)
        for name, size in {**sizes, "narrow": _NARROW}.items()
    ]
    pairs = zip(colours_of(panel), labels_of(panel), strict=True)
    legend = "".join(f"<li>{_SWATCH.format(colour)}{escape(label, 200)}</li>" for colour, label in pairs)
    shown = f'<ul class="legend">{legend}</ul>' if len(panel.series) > 1 else ""
    return (
        f'<figure class="card{" wide-card" if wide else ""}"><figcaption><h2>{escape(panel.title)}</h2>'
        f'<p class="note">{escape(panel.subtitle)}</p></figcaption>{shown}'
        f'<div class="plot" id="plot-{place}">{"".join(pictures)}</div></figure>'
    )


def _drawn(panel: Panel, width: int, height: int) -> dict[str, Any]:
    part = specification(panel, width, height)
    config = {**CONFIG, "background": None}
    return {**part, "autosize": {"type": "fit", "contains": "padding"}, "padding": 2, "config": config}


def _tables(overview: Overview) -> Iterator[str]:
    sums = overview.sums
    if sums is None:
        return
    for name, title, word in _TABLES:
        breakdown = sums.breakdowns.get(name)
        if breakdown is not None and (name != "zone_id" or breakdown.distinct > 1):
            yield _table(overview, sums, breakdown, title, word)


def _table(overview: Overview, sums: Sums, breakdown: Breakdown, title: str, word: str) -> str:
    columns = [name for name in ("bytesIngress", "bytesEgress") if name in sums.totals]
    has_events = bool(sums.events)
    is_bytes = sums.measure[0] != "count"
    if is_bytes and not has_events and "count" in sums.totals:
        columns.append("count")
    total = sum(sums.totals[name] for name in sums.measure)
    heads = [f"<th>{word}</th>", f'<th class="n">{"Traffic" if is_bytes else "Events"}</th>']
    heads += [f'<th class="n spare">{_WORDS[name]}</th>' for name in columns]
    heads += ['<th class="n">Connections</th><th class="n">Errors</th>'] if has_events else []
    rows = "".join(_row(overview, sums, breakdown, each, columns, total) for each in breakdown.groups)
    others = breakdown.distinct - len(breakdown.groups)
    foot = ""
    if others > 0:
        rest = total - sum(_measured(sums, each) for each in breakdown.groups)
        shown = _data(rest, human_metric(sums.measure[0], rest))
        foot = f'<tfoot><tr><td>{counted(others, "other")}</td><td class="n">{shown}{_share(rest, total)}</td>'
        foot += f'<td colspan="{len(heads) + has_events - 2}"></td></tr></tfoot>' if len(heads) > 2 else "</tr></tfoot>"
    notes = {
        "coloName": "Codes are those of the nearest airport.",
        "appID": "" if overview.names else "Without host names: give them by --names.",
    }
    errors = "Errors are originError and clientFiltered, as a share of connection attempts." if has_events else ""
    note = " ".join(filter(None, (notes.get(breakdown.dimension, ""), errors)))
    return (
        f'<section class="card wide-card"><h2>{title}</h2><p class="note">{note}</p><table><thead><tr>'
        f"{''.join(heads)}</tr></thead><tbody>{rows}</tbody>{foot}</table></section>"
    )


def _measured(sums: Sums, group: Group) -> int:
    return sum(group.totals[name] for name in sums.measure)


def _share(part: int, whole: int) -> str:
    return f" · {percent(part, whole)}" if whole else ""


def _row(overview: Overview, sums: Sums, breakdown: Breakdown, group: Group, columns: Sequence[str], total: int) -> str:
    label = label_of(breakdown.dimension, group.key, overview.names)
    is_id = breakdown.dimension in ("appID", "zone_id")
    named = group.key in overview.names and breakdown.dimension == "appID"
    name = f'<div class="name">{escape(label)}</div>' if named or not is_id else ""
    name += f'<div class="id">{escape(group.key) or "unknown"}</div>' if is_id else ""
    value = _measured(sums, group)
    share = 100 * value / total if total else 0
    text = f"{human_metric(sums.measure[0], value)}"
    cells = [
        f"<td>{name}</td>",
        f'<td class="n">{_data(value, text)}{_share(value, total)}'
        f'<span class="share"><i style="width:{min(100, max(0, share)):.1f}%"></i></span></td>',
    ]
    for metric in columns:
        number = group.totals[metric]
        cells.append(f'<td class="n spare">{_data(number, human_metric(metric, number))}</td>')
    if sums.events:
        connects = group.events.get("connect", 0)
        wrong = sum(group.events.get(each, 0) for each in ("originError", "clientFiltered"))
        cells.append(f'<td class="n">{_data(connects, human_number(connects))}</td>')
        cells.append(f'<td class="n">{_data(wrong, percent(wrong, connects + wrong) or "–")}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _footer(overview: Overview) -> str:
    lines = [f"Made by aiospectrum {__version__} at {human_time(overview.made)} UTC. All times are in UTC."]
    if overview.sums is not None:
        lines.append(f"{counted(overview.sums.rows, 'row')} of the dataset, with {', '.join(overview.metrics)}.")
        if overview.lacking or any(overview.sums.is_empty):
            lines.append("Shaded times have no rows, or may lack some.")
    left_out = omitted(overview)
    if left_out:
        lines.append(f"Not in this dataset, and so left out: {'; '.join(left_out)}.")
    return f"<footer>{''.join(f'<p>{escape(line, 600)}</p>' for line in lines)}</footer>"


def _scripts(panels: Sequence[Panel], bundle: Callable[[str], str]) -> str:
    """The same charts as data, and what draws them; the data cannot end its element."""
    charts = []
    for place, panel in enumerate(panels):
        width, height = _FULL if is_wide(place, panels) else _HALF
        charts.append({**_drawn(panel, width, height), "width": "container"})
    data = json.dumps(charts).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    code = bundle(_SCRIPT).replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return f'<script type="application/json" id="charts">{data}</script><script type="module">{code}</script>'
