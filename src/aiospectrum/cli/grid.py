"""Tables that fit the width they are printed in: the one layout of all commands."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

import attrs
from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from aiospectrum.cli.formatting import cell, folded, shortened

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

_WIDEST: Final = 100_000
"""Characters of a line where the width does not matter."""


@attrs.frozen
class Column:
    """One column."""

    title: str
    """What is above it; it may come from the API."""

    kind: Kind = "text"
    """What its cells are."""

    is_key: bool = attrs.field(default=False, kw_only=True)
    """Whether it says what a row is about, so that it is repeated where the columns do not fit beside each other."""


@attrs.frozen(kw_only=True)
class Grid:
    """A table, which rich prints in the best layout for the width.

    As much as fits is shown whole. Then titles are folded, identifiers and names shortened in the middle, texts folded.
    Where that is not enough the columns come in several parts below each other, and at last each row as a list of
    fields. What is shortened is said below the table.
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
        places = range(len(self.columns))
        widths = self._fitted(places, width)
        parts = [(places, widths)] if widths else self._parts(width)
        tables = [self._table(*part) for part in parts] or self._records(width)
        for number, table in enumerate(tables):
            if number:
                yield Text()
            yield from console.render(table, options.update(width=width))
        if self.has_note and self._cuts(parts, width):
            yield Text("… is cut: whole with --wide or --json", style="dim", overflow="fold")

    def used(self, width: int) -> int | None:
        """How much of a width the columns use beside each other; None if they do not fit."""
        widths = self._fitted(range(len(self.columns)), width)
        return sum(widths) + _GAP * (len(widths) - 1) if widths else None

    def _fitted(self, places: Sequence[int], width: int) -> list[int]:
        """Widths with which columns fit beside each other, as whole as can be; none if they do not."""
        columns = [self.columns[place] for place in places]
        cells = [self._cells_width(place) for place in places]
        folded = [max(size, _title_width(column.title)) for column, size in zip(columns, cells, strict=True)]
        whole = [max(size, cell_len(column.title)) for column, size in zip(columns, cells, strict=True)]
        short = [
            max(min(size, ID_WIDTH), _title_width(column.title)) if column.kind == "id" else size
            for column, size in zip(columns, folded, strict=True)
        ]
        room = width - _GAP * (len(places) - 1)
        for widths in (whole, folded, short):
            if sum(widths) <= room:
                return widths
        least = [min(size, _least(column)) for column, size in zip(columns, short, strict=True)]
        if sum(least) > room:
            return []
        for _ in range(sum(short) - room):  # the widest of those that can give a character gives one
            place = max(range(len(short)), key=lambda place: (short[place] > least[place], short[place]))
            short[place] -= 1
        return short

    def _parts(self, width: int) -> list[tuple[Sequence[int], list[int]]]:
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

    def _table(self, places: Sequence[int], widths: Sequence[int]) -> Table:
        columns = [self.columns[place] for place in places]
        titles = [_fold_title(column.title, size) for column, size in zip(columns, widths, strict=True)]
        lines = max((len(title) for title in titles), default=0)
        table = _new_table()
        for column, title, size in zip(columns, titles, widths, strict=True):
            table.add_column(
                _lines([*[""] * (lines - len(title)), *title]),
                justify="right" if column.kind == "number" else "left",
                no_wrap=column.kind != "text",
                overflow="fold",
                min_width=size,
                max_width=size,
            )
        footer = [row for row in self.footer if any(row[place] for place in places if not self.columns[place].is_key)]
        for rows, style in ((self.rows, ""), (footer, "bold")):
            for row in rows:
                shown = zip(places, widths, strict=True)
                table.add_row(*(self._cut(row[place], place, size) for place, size in shown), style=style)
        return table

    def _records(self, width: int) -> Iterator[RenderableType]:
        """Each row as a list of fields."""
        names, size = self._record_widths(width)
        for row in (*self.rows, *self.footer):
            table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
            table.add_column(style="bold", min_width=names, max_width=names, overflow="fold")
            table.add_column(overflow="fold", max_width=size)
            for place, (column, value) in enumerate(zip(self.columns, row, strict=True)):
                if value:
                    table.add_row(cell(column.title), self._cut(value, place, size))
            yield table

    def _record_widths(self, width: int) -> tuple[int, int]:
        names = max((cell_len(column.title) for column in self.columns), default=0)
        names = min(names, max(1, width // 2 - _GAP))
        return names, max(1, width - names - _GAP)

    def _cuts(self, parts: Sequence[tuple[Sequence[int], list[int]]], width: int) -> bool:
        """Whether a cell is shortened in the parts, or in the records where there are none."""
        _, size = self._record_widths(width)
        parts = parts or [(range(len(self.columns)), [size] * len(self.columns))]
        return any(
            self._is_cut(place, each) for places, widths in parts for place, each in zip(places, widths, strict=True)
        )

    def _cut(self, value: Text, place: int, size: int) -> Text:
        if value.cell_len <= size or size < ID_WIDTH:
            return value
        if self.columns[place].kind in ("id", "name"):
            return Text(shortened(value.plain, size), style=value.style)
        return Text("\n".join(folded(value.plain, size)), style=value.style)

    def _is_cut(self, place: int, size: int) -> bool:
        return self.columns[place].kind in ("id", "name") and ID_WIDTH <= size < self._cells_width(place)

    def _cells_width(self, place: int) -> int:
        return max((row[place].cell_len for row in (*self.rows, *self.footer)), default=0)


def _new_table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)


def _lines(lines: Iterable[str]) -> Text:
    """A title of several lines, escaped."""
    return Text("\n").join(map(cell, lines))


def _least(column: Column) -> int:
    least = _LEAST.get(column.kind)
    return _WIDEST if least is None else max(least, _title_width(column.title))


def _words(title: str) -> list[str]:
    """The parts of a title that stay together; ``bytesIngress`` has two."""
    return [part for word in title.split() for hump in _HUMPS.split(word) for part in _WORDS.findall(hump)]


def _title_width(title: str) -> int:
    return max(map(cell_len, _words(cell(title).plain)), default=0)


def _fold_title(title: str, width: int) -> list[str]:
    title = cell(title).plain
    return [title] if cell_len(title) <= width else _words(title)
