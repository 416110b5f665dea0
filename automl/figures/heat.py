"""A map of cells: the stronger, the more of its colour a cell has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from automl.figures.marks import LETTER, WIDE, Box, Figure, Mark, Word, shortened, table

LETTERS: Final = 22  # of a name
TURNED: Final = 16  # of a name above a column
CELL: Final = 34.0  # at most
NAMED: Final = 24.0  # cells at least so wide have their number


def heat(
    title: str,
    note: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    texts: Sequence[Sequence[str]] | None = None,
    width: float = WIDE,
) -> Figure:
    """Values from -1 to 1 by rows and columns; those below 0 have the other colour. `texts` is how they are told."""
    told = texts or [[f"{value:.2f}" for value in line] for line in values]
    letters = max((len(cell) for line in texts or () for cell in line), default=0)
    left = 10.0 + LETTER * min(LETTERS, max((len(name) for name in rows), default=0))
    top = 10.0 + LETTER * min(TURNED, max((len(name) for name in columns), default=0))
    size = min(max(CELL, 8.0 + LETTER * letters), (width - left - 8.0) / max(1, len(columns)))
    named = max(NAMED, LETTER * letters)
    high, marks = min(size, CELL), list[Mark]()
    for j, name in enumerate(columns):
        at = left + size * (j + 0.5) + 4.0
        marks.append(Word(x=at, y=top - 6.0, text=shortened(name, TURNED), turned=True, kind="tick"))
    for i, name in enumerate(rows):
        y = top + high * i
        marks.append(Word(x=left - 6.0, y=y + high / 2 + 4.0, text=shortened(name, LETTERS), anchor="end", kind="tick"))
        for j, value in enumerate(values[i]):
            tip, kind = f"{name} and {columns[j]}: {told[i][j]}", "bad" if value < 0 else ""
            at = left + size * j
            box = Box(x=at, y=y, width=size - 1, height=high - 1, kind=kind, tip=tip, strength=min(0.95, abs(value)))
            marks.append(box)
            if size >= named:
                text = told[i][j] if texts else told[i][j].replace("0.", ".", 1)
                marks.append(Word(x=at + size / 2, y=y + high / 2 + 4.0, text=text, anchor="middle", kind="tick"))
    numbers = [(name, *line) for name, line in zip(rows, told, strict=True)]
    height = top + high * len(rows) + 4.0
    width = left + size * len(columns) + 4.0
    return Figure(
        title=title, note=note, width=width, height=height, marks=tuple(marks), table=table(("", *columns), numbers)
    )
