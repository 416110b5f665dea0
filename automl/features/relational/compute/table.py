"""What a plan is computed from: tables in wire types, held as plain columns (`plain_table`) or frames (`frame_table`).

Both give the same values in the same order. Plain columns need no polars, which takes longer to load than a row does.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple, Protocol, Self

from automl.features.relational.compute.ranges import Floats, Ints
from automl.features.relational.compute.values import Texts, Values
from automl.features.relational.definition import Catalog, Hop


class Keys(Protocol):
    """The distinct keys of a table, numbered."""

    def of(self, columns: Any) -> Ints:
        """The number of each row's key, by `Table.keys` of a table of the same kind; -1 where it is none of these."""

    def numbers(self) -> Mapping[Hashable, int]:
        """The number of each key: of a single column by its value, of several by the tuple of them."""

    @property
    def size(self) -> int:
        """How many there are."""


class Entered(NamedTuple):
    """The rows [n] that a hop leads to, those with a key and a time, in the order of the table.

    `key` is the number of each among `keys`, `row` its position in the table, `known` when it is known (-inf: always).
    """

    keys: Keys
    key: Ints
    row: Ints
    known: Floats


class Met(NamedTuple):
    """Rows [m] of a table by position, and when each is known."""

    row: Ints
    known: Floats


class Table(Protocol):
    """A table in wire types: numbers with NaN, texts with ``""``."""

    @property
    def height(self) -> int:
        """The number of rows."""

    def column(self, name: str) -> Values:
        """A whole column, texts as codes."""

    def texts(self, name: str) -> Texts | None:
        """A whole column of texts as they are; None of a column of numbers."""

    def keys(self, hop: Hop, catalog: Catalog) -> Any:
        """What each row is found by where `hop` starts from this table, for `Keys.of`."""

    def entered(self, hop: Hop, catalog: Catalog) -> Entered:
        """The rows that `hop` leads to, with their keys."""

    def met(self, hop: Hop, catalog: Catalog, asked: Any, rows: Ints) -> tuple[Ints, Met]:
        """The rows here that `hop` leads to from these `rows` of a table of the same kind, which has the keys `asked`.

        For each pair of a row there and one here: the place of the one in `rows`, and the other.
        """

    def with_rows(self, more: Self) -> Self:
        """These rows and then those of `more`."""
