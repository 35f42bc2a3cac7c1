"""Tables that fit the width they are printed in: the one layout of all commands."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Final, Literal, TypeAlias

import attrs
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from aiospectrum.cli.formatting import cell, folded, shortened_apart

__all__ = ["ID_WIDTH", "Column", "Grid", "Kind"]

Kind: TypeAlias = Literal["id", "name", "text", "number", "fixed"]
"""What may happen to the cells of a column where there is no room: an ``id`` and a ``name`` are shortened in the
middle, ``text`` is folded; a ``number`` and what is ``fixed`` stay as they are."""

ID_WIDTH: Final = 9
"""Characters of an identifier that is shortened: four, the ellipsis and four."""

_LEAST: Final[dict[Kind, int]] = {"id": ID_WIDTH, "name": 12, "text": 12}
"""Characters below which a cell is neither shortened nor folded; the table is laid out otherwise then."""

_GAP: Final = 2
"""Characters between columns."""

_LONGEST_WORD: Final = 16
"""Characters of a word of a title that stay together."""

_WORDS: Final = re.compile(rf"\S{{1,{_LONGEST_WORD}}}")
_HUMPS: Final = re.compile(r"(?<=[a-z])(?=[A-Z0-9])")

_ASCII: Final = str.maketrans("─…", "-~")
"""Signs for terminals without Unicode."""

_Line: TypeAlias = list[tuple[str, str | Style]]
"""Texts with their styles."""

_Layout: TypeAlias = list[tuple[Sequence[int], list[int]]]
"""Tables below each other: the places of their columns, and the widths."""

_WIDEST: Final = 100_000
"""Characters of a line where the width does not matter."""


def _escaped(title: str) -> str:
    return cell(title).plain


@attrs.frozen
class Column:
    """One column."""

    title: str = attrs.field(converter=_escaped)
    """What is above it, which is escaped, as it may come from the API."""

    kind: Kind = "text"
    """What its cells are."""

    is_key: bool = attrs.field(default=False, kw_only=True)
    """Whether it says what a row is about, so that it is repeated where the columns do not fit beside each other."""

    optional: int = attrs.field(default=0, kw_only=True)
    """When it is left out for want of room: 1 is the first to go, and 0 stays."""


@attrs.frozen(kw_only=True)
class Grid:
    """A table, which rich prints in the best layout for the width.

    As much as fits is shown whole. Then titles are folded, identifiers shortened, optional columns left out, names
    shortened so that different ones still look different, and texts folded. Where that is not enough the columns come
    in several parts below each other, and at last each row as a list of fields. What is shortened or left out is said
    below the table.
    """

    columns: Sequence[Column]
    """The columns."""

    rows: Sequence[Sequence[Text]]
    """A cell for each column."""

    footer: Sequence[Sequence[Text]] = ()
    """Rows below the others, such as totals."""

    has_note: bool = True
    """Whether a line below the table says what is shortened."""

    is_wide: bool = False
    """Whether the width does not matter."""

    _sizes: Sequence[int] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(lambda self: self._measured(), takes_self=True)
    )
    """How wide the cells of each column are."""

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        footer: Iterable[Sequence[object]] = (),
        *,
        has_note: bool = True,
    ) -> "Grid":
        """Make one of values, which are escaped; an instance of rich's Text is taken as it is.

        Args:
            columns: The columns.
            rows: A value for each column.
            footer: The same for the rows below.
            has_note: Whether a line below the table says what is shortened.

        Returns:
            The table.
        """

        def cells(row: Sequence[object]) -> list[Text]:
            return [value if isinstance(value, Text) else cell(value) for value in row]

        return cls(
            columns=columns,
            rows=[cells(row) for row in rows],
            footer=[cells(row) for row in footer],
            has_note=has_note,
        )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give rich what to print."""
        width = _WIDEST if self.is_wide else options.max_width
        signs = _ASCII if options.ascii_only else {}
        layout = self._layout(width)
        tables = [self._table(*part) for part in layout] or self._records(width)
        for number, table in enumerate(tables):
            if number:
                yield Segment.line()
            # Not as a table of rich's, which takes seconds for the lines of a day in minutes.
            for line in table:
                yield from (Segment(text.translate(signs), console.get_style(style)) for text, style in line)
                yield Segment.line()
        note = self.note(width) if self.has_note else ""
        if note:
            yield Text(f"{note}: whole with --wide or --json".translate(signs), style="dim", overflow="fold")

    def used(self, width: int) -> int | None:
        """How much of a width the columns use beside each other; None if they do not fit."""
        layout = self._layout(width)
        return sum(layout[0][1]) + _GAP * (len(layout[0][1]) - 1) if len(layout) == 1 else None

    def note(self, width: int) -> str:
        """Say what is left out or shortened in a width; empty if nothing is."""
        layout = self._layout(width)
        shown = {place for places, _ in layout for place in places}
        lacking = [column.title for place, column in enumerate(self.columns) if layout and place not in shown]
        parts = [f"without {', '.join(lacking)}"] if lacking else []
        return "; ".join([*parts, *["… is cut"] * self._cuts(layout, width)])

    def _layout(self, width: int) -> _Layout:
        """All in one table, or in several; none if a list of fields has to do."""
        places = list(range(len(self.columns)))
        for rank in sorted({column.optional for column in self.columns} - {0}):
            if self._has_room(places, width):
                break
            places = [place for place in places if self.columns[place].optional != rank]
        widths = self._fitted(places, width)
        return [(places, widths)] if widths else self._parts(width)

    def _has_room(self, places: Sequence[int], width: int) -> bool:
        """Whether columns fit with whole names and texts."""
        return sum(map(self._short, places)) <= width - _GAP * (len(places) - 1)

    def _short(self, place: int) -> int:
        """The width of a column whose title is folded, or whose identifiers are shortened."""
        column, size = self.columns[place], self._sizes[place]
        return max(min(size, ID_WIDTH) if column.kind == "id" else size, _title_width(column.title))

    def _fitted(self, places: Sequence[int], width: int) -> list[int]:
        """Widths with which columns fit beside each other, as whole as can be; none if they do not."""
        columns = [self.columns[place] for place in places]
        cells = [self._sizes[place] for place in places]
        folded = [max(size, _title_width(column.title)) for column, size in zip(columns, cells, strict=True)]
        whole = [max(size, cell_len(column.title)) for column, size in zip(columns, cells, strict=True)]
        short = [self._short(place) for place in places]
        room = width - _GAP * (len(places) - 1)
        for widths in (whole, folded, short):
            if sum(widths) <= room:
                return widths
        least = [min(size, _least(column)) for column, size in zip(columns, short, strict=True)]
        if sum(least) > room:
            return []
        short = [min(size, room) for size in short]
        for _ in range(sum(short) - room):  # the widest of those that can give a character gives one
            place = max(range(len(short)), key=lambda place: (short[place] > least[place], short[place]))
            short[place] -= 1
        return short

    def _parts(self, width: int) -> _Layout:
        """The columns in parts that fit, each with the keys; none if hardly anything has room beside the keys."""
        keys = [place for place, column in enumerate(self.columns) if column.is_key]
        others = [place for place in range(len(self.columns)) if place not in keys]
        if not keys or not self._fitted([*keys, *others[:2]], width):
            return []
        parts: list[list[int]] = [[]]
        for place in others:
            if parts[-1] and not self._fitted([*keys, *parts[-1], place], width):
                parts.append([])
            parts[-1].append(place)
        fitted = [self._fitted([*keys, *part], width) for part in parts]
        if not all(fitted):
            return []
        same = [min(widths[place] for widths in fitted) for place in range(len(keys))]
        return [([*keys, *part], [*same, *widths[len(keys) :]]) for part, widths in zip(parts, fitted, strict=True)]

    def _table(self, places: Sequence[int], widths: Sequence[int]) -> Iterator[_Line]:
        """A line of titles or several, a rule, and the rows."""
        columns = [self.columns[place] for place in places]
        titles = [_fold_title(column.title, size) for column, size in zip(columns, widths, strict=True)]
        height = max((len(title) for title in titles), default=0)
        numbers = [column.kind == "number" for column in columns]
        titles = [[""] * (height - len(title)) + title for title in titles]
        yield from _beside(titles, ["bold"] * len(columns), widths, numbers)
        yield [("─" * (sum(widths) + _GAP * (len(widths) - 1)), "")]
        cutters = [self._cutter(place, size) for place, size in zip(places, widths, strict=True)]
        footer = [row for row in self.footer if any(row[place] for place in places if not self.columns[place].is_key)]
        for rows, default in ((self.rows, ""), (footer, "bold")):
            for row in rows:
                cells = [cut(row[place].plain) for place, cut in zip(places, cutters, strict=True)]
                yield from _beside(cells, [row[place].style or default for place in places], widths, numbers)

    def _records(self, width: int) -> Iterator[Iterator[_Line]]:
        """Each row as a list of fields; one of the footer has its name above them, as it is no value of a column."""
        names, size = self._record_widths(width)
        cutters = [self._cutter(place, size) for place in range(len(self.columns))]
        rows = [(row, False) for row in self.rows] + [(row, bool(row[0])) for row in self.footer]
        for row, is_named in rows:
            heading: list[_Line] = [[(row[0].plain, "bold")]] if is_named else []
            fields = [
                _beside(
                    [folded(column.title, names), cutters[place](value.plain)],
                    ["bold", value.style],
                    (names, size),
                    (False, False),
                )
                for place, (column, value) in enumerate(zip(self.columns, row, strict=True))
                if value and not (is_named and place == 0)
            ]
            yield chain(heading, *fields)

    def _record_widths(self, width: int) -> tuple[int, int]:
        names = max((cell_len(column.title) for column in self.columns), default=0)
        names = min(names, max(1, width // 2 - _GAP))
        return names, max(1, width - names - _GAP)

    def _cuts(self, layout: _Layout, width: int) -> bool:
        """Whether a cell is shortened in the tables, or in the records where there are none."""
        _, size = self._record_widths(width)
        layout = layout or [(range(len(self.columns)), [size] * len(self.columns))]
        return any(
            self._is_cut(place, each) for places, widths in layout for place, each in zip(places, widths, strict=True)
        )

    def _cutter(self, place: int, size: int) -> Callable[[str], list[str]]:
        """What gives the lines of a cell."""
        if not self._is_cut(place, size):
            return lambda text: folded(text, size)
        short = shortened_apart((row[place].plain for row in (*self.rows, *self.footer)), size)
        return lambda text: [short[text]]

    def _is_cut(self, place: int, size: int) -> bool:
        return self.columns[place].kind in ("id", "name") and ID_WIDTH <= size < self._sizes[place]

    def _measured(self) -> list[int]:
        rows = [*self.rows, *self.footer]
        return [max((row[place].cell_len for row in rows), default=0) for place in range(len(self.columns))]


def _beside(
    cells: Sequence[Sequence[str]], styles: Sequence[str | Style], widths: Sequence[int], numbers: Sequence[bool]
) -> Iterator[_Line]:
    """Put the lines of cells beside each other; numbers are on the right."""
    for texts in zip_longest(*cells, fillvalue=""):
        line: _Line = []
        for text, style, width, is_number in zip(texts, styles, widths, numbers, strict=True):
            space = " " * (width - cell_len(text))
            line += [(space, ""), (text, style)] if is_number else [(text, style), (space, "")]
            line.append((" " * _GAP, ""))
        while line and not line[-1][0].strip():
            line.pop()
        yield line


def _least(column: Column) -> int:
    least = _LEAST.get(column.kind)
    return _WIDEST if least is None else max(least, _title_width(column.title))


def _words(title: str) -> list[str]:
    """The parts of a title that stay together; ``bytesIngress`` has two."""
    return [part for word in title.split() for hump in _HUMPS.split(word) for part in _WORDS.findall(hump)]


def _title_width(title: str) -> int:
    return max(map(cell_len, _words(title)), default=0)


def _fold_title(title: str, width: int) -> list[str]:
    return [title] if cell_len(title) <= width else _words(title)
