"""A table as plain columns: numpy for numbers, lists for texts, dicts for keys."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.features.relational.compute.ranges import Floats, Ints, by_number, expand
from automl.features.relational.compute.table import Entered, Met
from automl.features.relational.compute.transform import date_part
from automl.features.relational.compute.values import Values
from automl.features.relational.definition import Catalog, DatePart, Hop

Cells = Floats | list[str]


class PlainKeys(NamedTuple):
    """The number of each key: of a single column by its value, of several by the tuple of them."""

    known: Mapping[Hashable, int]

    def of(self, columns: Sequence[Cells]) -> Ints:
        """The number of each row's key, -1 where it is missing or unknown."""
        return np.array([self.known.get(key, -1) for key in _each(columns)], dtype=np.int64)

    def numbers(self) -> Mapping[Hashable, int]:
        """All of them."""
        return self.known

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.known)


class PlainTable(NamedTuple):
    """Columns [n] in wire types, as `table_rows` reads them."""

    columns: Mapping[str, Cells]

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> Values:
        """Numbers as they are, texts as codes."""
        cells = self.columns[name]
        if not isinstance(cells, list):
            return Values(cells)
        levels = sorted({*cells} - {""})
        code = {level: float(code) for code, level in enumerate(levels)}
        return Values(np.array([code.get(cell, math.nan) for cell in cells], dtype=np.float64), levels)

    def texts(self, name: str) -> list[str] | None:
        """A whole column of texts as they are; None of a column of numbers."""
        cells = self.columns[name]
        return cells if isinstance(cells, list) else None

    def keys(self, hop: Hop, catalog: Catalog) -> list[Cells]:
        """The columns that are compared, here."""
        return [self._key(one.part, one.here, catalog) for one in hop.compared]

    def entered(self, hop: Hop, catalog: Catalog) -> Entered:
        """Keys are numbered in the order in which they come."""
        columns = [self._key(one.part, one.there, catalog) for one in hop.compared]
        time = catalog.table(hop.table).time
        known = np.full(self.height, -math.inf) if time is None else self._numbers(time) + hop.delay
        there = np.logical_and.reduce([~np.isnan(known), *map(_are_there, columns)])
        row = np.flatnonzero(there)
        numbers: dict[Hashable, int] = {}
        keys = _each([_taken(cells, row) for cells in columns])
        key = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
        return Entered(PlainKeys(numbers), key, row, known[row])

    def met(self, hop: Hop, catalog: Catalog, asked: Sequence[Cells], rows: Ints) -> tuple[Ints, Met]:
        """By the number of each key."""
        here = self.entered(hop, catalog)
        order = by_number(here.key)
        offsets = np.concatenate([[0], np.cumsum(np.bincount(here.key, minlength=here.keys.size))])
        key = here.keys.of(asked)[rows]
        known = np.flatnonzero(key >= 0)
        owner, place = expand(offsets[key[known]], offsets[key[known] + 1])
        found = order[place]
        return known[owner], Met(here.row[found], here.known[found])

    def with_rows(self, more: PlainTable) -> PlainTable:
        """These rows and then those."""
        return PlainTable({name: _joined(cells, more.columns[name]) for name, cells in self.columns.items()})

    def _numbers(self, name: str) -> Floats:
        return np.asarray(self.columns[name], dtype=np.float64)

    def _key(self, part: DatePart | None, name: str, catalog: Catalog) -> Cells:
        return self.columns[name] if part is None else date_part(part, self._numbers(name), catalog.timezone)


def _each(columns: Sequence[Cells]) -> Iterable[Hashable]:
    """The key of each row."""
    plain = [cells if isinstance(cells, list) else cells.tolist() for cells in columns]
    return plain[0] if len(plain) == 1 else zip(*plain, strict=True)


def _are_there(cells: Cells) -> NDArray[np.bool_]:
    return np.array(list(map(bool, cells)), dtype=np.bool_) if isinstance(cells, list) else ~np.isnan(cells)


def _taken(cells: Cells, rows: Ints) -> Cells:
    return [cells[row] for row in rows.tolist()] if isinstance(cells, list) else cells[rows]


def _joined(cells: Cells, more: Cells) -> Cells:
    if isinstance(cells, list) and isinstance(more, list):
        return cells + more
    return np.concatenate([cells, more])
