"""Rows of JSON and their answers as columns of plain numbers: however many there are, no object is kept of a cell."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from automl.names import outside
from automl.watch.keys import key_column
from automl.watch.predictions import Batch

Rows = Sequence[Mapping[str, Any]]

ABSENT: Final = object()  # in place of a cell of a column that a row does not have
_CODES: Final[Mapping[type, str]] = {int: "q", float: "d", bool: "b", str: "q"}  # of arrays; a text is its number


class Column:
    """Cells of one column. While all are of one type they are bytes in an array; else they are kept as they came.

    Numbers with and without a fraction are one type, of which the places of the latter are remembered.
    """

    __slots__ = ("_cells", "_kind", "_nulls", "_whole", "_words", "came")

    def __init__(self) -> None:
        self._kind: type | None = None  # object: of several types, or none that an array holds
        self._cells: Any = array("b")
        self._nulls: list[int] = []
        self._whole: list[int] = []
        self._words: defaultdict[str, int] = defaultdict()
        self._words.default_factory = self._words.__len__  # a new text has the next number
        self.came = False  # whether a row had it

    def extend(self, cells: Sequence[Any]) -> None:
        """Append cells, or `ABSENT`."""
        kinds, before = set(map(type, cells)), len(self._cells)
        if len(kinds) == 1 and self._kind in kinds:
            try:
                self._cells.extend(map(self._words.__getitem__, cells) if self._kind is str else cells)
            except OverflowError:  # beyond 64 bits
                del self._cells[before:]
            else:
                return
        for cell in cells:
            self._add(cell)

    def _add(self, cell: Any) -> None:
        if type(cell) is self._kind:
            try:
                self._cells.append(self._words[cell] if isinstance(cell, str) else cell)
            except OverflowError:  # beyond 64 bits
                self._keep(cell)
        else:
            self._add_odd(cell)

    def _add_odd(self, cell: Any) -> None:
        self.came |= cell is not ABSENT
        if cell is None or cell is ABSENT:
            if self._kind is object:
                self._cells.append(None)
            else:
                self._nulls.append(len(self._cells))
                self._cells.append(0)
        elif self._kind is None and type(cell) in _CODES:
            self._kind = type(cell)
            self._cells = array(
                _CODES[self._kind], bytes(8 * len(self._cells)) if self._kind is not bool else self._cells
            )
            self._add(cell)
        elif self._kind is int and type(cell) is float:
            nulls = set(self._nulls)
            self._whole = [place for place in range(len(self._cells)) if place not in nulls]
            self._kind, self._cells = float, array("d", self._cells)
            self._add(cell)
        elif self._kind is float and type(cell) is int:
            self._whole.append(len(self._cells))
            try:
                self._cells.append(cell)
            except OverflowError:
                self._whole.pop()
                self._keep(cell)
        else:
            self._keep(cell)

    def _keep(self, cell: object) -> None:
        """From here on nothing is packed."""
        if self._kind is not object:
            self._cells = self.cells()
            self._kind = object
        self._cells.append(cell)

    def cells(self) -> list[Any]:
        """The cells as they came, None where there is none."""
        if self._kind is object:
            return list(self._cells)
        words = list(self._words)
        read: Callable[[Any], Any] = words.__getitem__ if self._kind is str else bool if self._kind is bool else _same
        nulls, whole = set(self._nulls), set(self._whole)
        return [
            None if place in nulls else int(cell) if place in whole else read(cell)
            for place, cell in enumerate(self._cells)
        ]

    def packed(self) -> pl.Series | list[Any]:
        """The cells, as a column where they are of one type."""
        if self._kind is object:
            return self.cells()
        if self._kind is None:
            return pl.Series(values=[None] * len(self._cells), dtype=pl.Null)
        numbers = pl.Series(values=np.array(self._cells, dtype=bool if self._kind is bool else self._cells.typecode))
        if self._nulls:
            numbers = numbers.scatter(self._nulls, None)
        if self._kind is not str:
            return numbers
        try:
            return pl.Series(values=list(self._words), dtype=pl.String).gather(numbers)
        except UnicodeEncodeError:  # half a sign
            return self.cells()

    @property
    def is_packed(self) -> bool:
        """Whether all cells are texts, or all numbers with a fraction."""
        return self._kind in {str, float}


def _same(cell: Any) -> Any:
    return cell


class RowBuffer:
    """Rows of JSON of one model: these raw `columns` and `keys` of them, and these columns of their `answers`."""

    def __init__(self, columns: Sequence[str], keys: Sequence[str], answers: Sequence[str]) -> None:
        self._keys = keys
        self._names = {name: outside(name) for name in columns}
        self._raw = {name: Column() for name in dict.fromkeys((*self._names.values(), *keys))}
        self._answers = {name: Column() for name in answers}
        self._time = array("q")

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._time)

    def extend(self, rows: Rows, answers: Rows, time: Iterable[int]) -> None:
        """Take rows, their answers, and when they were answered (microseconds); a few hundred at a time take least."""
        self._time.extend(time)
        for columns, several in ((self._raw, rows), (self._answers, answers)):
            cells = _by_column(several)
            absent = [ABSENT] * len(several)
            for name, column in columns.items():
                column.extend(cells.get(name, absent))

    def batch(self) -> Batch:
        """All of them."""
        return Batch(
            raw={name: self._raw[own].packed() for name, own in self._names.items() if self._raw[own].came},
            answers={name: _numbers_or_texts(column) for name, column in self._answers.items() if column.came},
            key=key_column([self._raw[name].cells() for name in self._keys], len(self)),
            time=pl.Series(values=np.array(self._time)),
        )


def _by_column(rows: Rows) -> dict[str, Sequence[Any]]:
    """The cells of rows by column; most often all rows have the same columns in the same order."""
    names = list(rows[0])
    if all(list(row) == names for row in rows):
        return dict(zip(names, zip(*(row.values() for row in rows), strict=True), strict=True))
    names = list({name: None for row in rows for name in row})
    return {name: [row.get(name, ABSENT) for row in rows] for name in names}


def _numbers_or_texts(column: Column) -> pl.Series | list[Any]:
    return column.packed() if column.is_packed else column.cells()
