"""What a relational feature is, as plain data: it is kept in a bundle, so it is read with suspicion and never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from automl.data.read.column_reader import Wire

MAIN = "main"
Scalar = str | float
AggregationOp = Literal[
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "std",
    "skew",
    "median",
    "mode",
    "num_unique",
    "first",
    "last",
    "percent_true",
    "trend",
    "entropy",
    "time_since_first",
    "time_since_last",
    "avg_time_between",
]
TransformOp = Literal[
    "add", "subtract", "divide", "absolute", "year", "month", "day", "weekday", "hour", "minute", "since"
]

DatePart = Literal["date", "month", "weekday", "hour"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """One table: `columns` maps each name to its wire. Rows are known from `time` on, always if it is None.

    `time` names a date column. Frames of a table hold the columns of the catalog in wire types: Float64 with
    NaN (dates in microseconds UTC, flags 0 and 1) or String with ``""``.
    """

    name: str
    columns: Mapping[str, Wire]
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Rows of `child` and `parent` belong together where each pair (child's column, parent's column) is equal.

    The words follow `[data.tables]`: `child` has `to = parent`. Which side is unique is found from the rows
    when features are proposed. A missing key belongs to nothing.
    """

    child: str
    parent: str
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All tables, the main one with them, and how they hang together.

    `cutoff` is main's column of the moment features stop (strictly before it); None: every row is known.
    `target` and other columns in `delayed` (outcomes) of earlier rows of main are known only from
    `time` + `horizon` (microseconds) on; without a horizon they are never history.
    `history` are the columns of main by which its own past rows are found, one key (composite: several names) each.
    """

    tables: tuple[TableSchema, ...]
    relations: tuple[Relation, ...] = ()
    cutoff: str | None = None
    target: str | None = None
    delayed: tuple[str, ...] = ()
    horizon: float | None = None
    history: tuple[tuple[str, ...], ...] = ()
    timezone: str = "UTC"

    def table(self, name: str) -> TableSchema:
        """The table of that name; KeyError without."""
        return next(table for table in self.tables if table.name == name) if name in self.names else _no(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The tables' names, main with them."""
        return tuple(table.name for table in self.tables)

    @property
    def late(self) -> frozenset[str]:
        """Columns of main that its own past rows show only after the horizon."""
        return frozenset([*self.delayed, *([self.target] if self.target else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """Two columns, one `here` and one `there`, that have to agree: two dates in a `part` by the catalog's clock.

    Without a part the values themselves are the same.
    """

    part: DatePart | None
    here: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A step from a row to the rows of `table` with an equal key: `on` pairs (column here, column there).

    Where there is `same`, only to those of them that agree in it with the row: to past sales on the same weekday, to
    what was booked for the same day. Rows there are known from their time + `delay` (microseconds) on.
    """

    table: str
    on: tuple[tuple[str, str], ...]
    delay: float = 0.0
    same: tuple[Same, ...] = ()

    @property
    def compared(self) -> tuple[Same, ...]:
        """All that has to agree: the keys in their values, and then what is the `same`."""
        return (*(Same(part=None, here=here, there=there) for here, there in self.on), *self.same)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """What is compared: pairs (column here, column there)."""
        return tuple((one.here, one.there) for one in self.compared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A column of the table we stand at."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """The value of the row that a lookup finds (the latest known, if several); missing if none."""

    hop: Hop
    of: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Only rows whose `column` is exactly `value` (a text, or a number for flags and numbers)."""

    column: str
    value: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """`op` over the rows of the last table on `path` that are known before the cutoff.

    A row becomes known when every row on its way is: that is its time. `window` (microseconds) keeps
    rows with time in [cutoff - window, cutoff). `of` is None for counts and times.
    """

    op: AggregationOp
    path: tuple[Hop, ...]
    of: Expr | None = None
    window: float | None = None
    where: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """`op` of values at one row; `since` is seconds from a date to the cutoff, missing if not before it."""

    op: TransformOp
    of: tuple[Expr, ...]


Expr = Base | Direct | Aggregation | Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationalFeature:
    """A named column that main gets."""

    name: str
    expr: Expr
    wire: Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What to compute, over which tables."""

    catalog: Catalog
    features: tuple[RelationalFeature, ...]

    def needs(self) -> dict[str, tuple[str, ...]]:
        """For each table that the features look at: the columns needed (keys and times too), in catalog order.

        The entry of main holds what is needed of the rows to be scored and of its own past rows.
        """
        seen: dict[str, set[str]] = {MAIN: {self.catalog.cutoff} if self.catalog.cutoff else set()}
        for feature in self.features:
            for table, column in _columns(feature.expr, MAIN):
                seen.setdefault(table, set()).add(column)
        for name, columns in seen.items():
            time = self.catalog.table(name).time
            columns.update([time] if time else [])
        return {
            name: tuple(c for c in self.catalog.table(name).columns if c in seen[name])
            for name in self.catalog.names
            if name in seen
        }

    @property
    def history(self) -> bool:
        """Whether main's own past rows are needed as `tables["main"]`."""
        return any(hop.table == MAIN for feature in self.features for hop in hops(feature.expr))


def hops(expr: Expr) -> Iterator[Hop]:
    """All hops in `expr`, outer ones first."""
    return (hop for _, hop in steps(expr))


def steps(expr: Expr, here: str | None = None) -> Iterator[tuple[str | None, Hop]]:
    """All hops in `expr`, each with the table it starts from; None is the row to be scored."""
    match expr:
        case Base():
            return
        case Direct():
            yield here, expr.hop
            yield from steps(expr.of, expr.hop.table)
        case Aggregation():
            for hop in expr.path:
                yield here, hop
                here = hop.table
            if expr.of is not None:
                yield from steps(expr.of, here)
        case Transform():
            for of in expr.of:
                yield from steps(of, here)


def _columns(expr: Expr, table: str) -> Iterator[tuple[str, str]]:
    """(table, column) of all that `expr` looks at, standing at `table`."""
    match expr:
        case Base():
            yield table, expr.column
        case Direct():
            yield from _keys(table, (expr.hop,))
            yield from _columns(expr.of, expr.hop.table)
        case Aggregation():
            yield from _keys(table, expr.path)
            last = expr.path[-1].table
            if expr.where is not None:
                yield last, expr.where.column
            if expr.of is not None:
                yield from _columns(expr.of, last)
        case Transform():
            for of in expr.of:
                yield from _columns(of, table)


def _keys(table: str, path: tuple[Hop, ...]) -> Iterator[tuple[str, str]]:
    for hop in path:
        for here, there in hop.columns:
            yield table, here
            yield hop.table, there
        table = hop.table


def _no(name: str) -> TableSchema:
    raise KeyError(name)
