"""Specifications to charts and pictures; needs ``aiospectrum[report]``. Nothing is loaded from a network."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiospectrum._extras import import_extra
from aiospectrum.charts.panel import Panel, whole_specification

if TYPE_CHECKING:
    import altair

__all__ = ["draw_panels", "draw_png", "draw_svg", "import_altair", "import_vl_convert", "make_chart", "script_bundle"]

_WIDTH: Final = 640
_HEIGHT: Final = 220
_VERSION: Final = "6.1"
_SHAPE: Final = re.compile(r' (?:d|transform|points|x|y|x1|x2|y1|y2|cx|cy|r|width|height)="[^"<>]*"')
"""Attributes that are numbers, unlike names, in which there may be some."""
_NUMBER: Final = re.compile(r"(?<!\d)\d{1,9}\.\d{2,20}")
_TAG: Final = re.compile(r"<(?=[!/a-zA-Z])")
_SVG_IDS: Final = re.compile(r'( id="|url\(#| href="#)(clip|gradient)(_?\d+)')


def make_chart(panels: Sequence[Panel]) -> "altair.TopLevelMixin":
    """Make a chart that shows itself in a notebook and saves itself.

    Args:
        panels: One or more, one below another.

    Returns:
        A chart of altair.

    Raises:
        ImportError: altair is not installed; the message says how to install it.
    """
    specification = _without_tags(whole_specification(panels, _WIDTH, _HEIGHT))
    chart: altair.TopLevelMixin = import_altair().Chart.from_dict(specification)
    return chart


def _without_tags(value: Any) -> Any:
    """Texts with another sign that looks alike, as altair writes them into a script of HTML, which they could end."""
    if isinstance(value, str):
        return _TAG.sub("\N{FULLWIDTH LESS-THAN SIGN}", value)
    if isinstance(value, Mapping):
        return {_without_tags(key): _without_tags(each) for key, each in value.items()}
    return [*map(_without_tags, value)] if isinstance(value, list | tuple) else value


def draw_panels(panels: Sequence[Panel]) -> str:
    """Draw panels one below another, each with title and legend, as SVG.

    Args:
        panels: One or more.

    Returns:
        SVG.

    Raises:
        ImportError: vl-convert-python is not installed; the message says how to install it.
    """
    return draw_svg(whole_specification(panels, _WIDTH, _HEIGHT), "c")


def draw_svg(specification: Mapping[str, Any], prefix: str) -> str:
    """Draw a specification.

    Args:
        specification: What to draw.
        prefix: What ids within begin with, different for each picture of a page.

    Returns:
        SVG, whose numbers are rounded, as no screen shows more of them.

    Raises:
        ImportError: vl-convert-python is not installed; the message says how to install it.
    """
    svg: str = import_vl_convert().vegalite_to_svg(dict(specification), vl_version=_VERSION, allowed_base_urls=[])
    svg = _SVG_IDS.sub(rf"\1{prefix}-\2\3", svg)
    return _SHAPE.sub(lambda shape: _NUMBER.sub(_rounded, shape[0]), svg)


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0")


def draw_png(svg: str, scale: float) -> bytes:
    """Draw SVG as PNG.

    Args:
        svg: The picture.
        scale: Pixels for each of the picture's own.

    Returns:
        The file.

    Raises:
        ImportError: vl-convert-python is not installed; the message says how to install it.
    """
    png: bytes = import_vl_convert().svg_to_png(svg, scale=scale)
    return png


def script_bundle(snippet: str) -> str:
    """Scripts that draw specifications in a browser, with all that they need, and a snippet of ours."""
    script: str = import_vl_convert().javascript_bundle(snippet, vl_version=_VERSION)
    return script


def import_altair() -> Any:
    """Import altair, or raise an ImportError that says how to install it."""
    return import_extra("altair", extra="report", purpose="A chart")


def import_vl_convert() -> Any:
    """Import what draws, or raise an ImportError that says how to install it."""
    try:
        return import_extra("vl_convert", extra="report", purpose="A picture")
    except ImportError as missing:
        raise ImportError(str(missing).replace("vl_convert", "vl-convert-python"), name="vl_convert") from missing
