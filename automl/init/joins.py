"""How other tables hang on the main one: keys matched by their values, and from when on a row is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from automl.data.infer.name_hints import WHEN, is_code, is_id, words
from automl.data.infer.typed_values import unreadable
from automl.data.rows import Column
from automl.data.spelling import canonical
from automl.data.tables.checks import MAIN
from automl.init.looked import Table
from automl.init.times import known_from, times_of

MET = 0.5  # share of one side's values that the other has, from which two columns of one name are a key
CONTAINED = 0.95  # likewise of two names
FEW = 10  # distinct values of a history's key
REPEATED = 1.5  # rows of a key, on average, from which they are a history
WAYS = 0.5  # of the most distinct key: others are further ways to join where they have so many
PIECES = 3  # columns of a key at most
LONG = 3  # letters of texts that are alike by no chance

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A table with the ways in which it is joined to another (pairs of its column and the other's), and why."""

    table: Table
    to: str
    ways: tuple[Pairs, ...]
    time: str | None
    leave_out: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two columns whose values meet: `met` of main's distinct values are in the other, `back` the other way round."""

    its: str
    other: str
    distinct: int
    met: float
    back: float


def join_all(
    main: Table, others: Mapping[str, Table], time: Sequence[str], target: str
) -> tuple[list[Joined], list[Table]]:
    """Each table that meets the main one, or one that does; and those that meet none."""
    known, found, left = {MAIN: main}, list[Joined](), dict(others)
    while left:
        first = next(
            (
                joined
                for name, table in left.items()
                for to, parent in known.items()
                if (joined := _join(table, to, parent, time if to == MAIN else (), target))
            ),
            None,
        )
        if first is None:
            break
        found.append(first)
        known[first.table.name] = left.pop(first.table.name)
    return found, list(left.values())


def _join(table: Table, to: str, parent: Table, time: Sequence[str], target: str) -> Joined | None:
    pairs = list(_pairs(table, parent))
    lookup = _lookup(table, pairs, parent, time)
    history = None if lookup else _history(table, pairs)
    ways = (lookup,) if lookup else history
    if not ways:
        return None
    keys = tuple(its for way in ways for its, _ in way)
    when = known_from(table, keys)
    told = target in table.names and (lookup is not None or when is None or not time)
    return Joined(
        table=table,
        to=to,
        ways=ways,
        time=when,
        leave_out=(target,) if told and target not in keys else (),
        why=_why(table, ways, {pair.its: pair for pair in pairs}, to, one=lookup is not None),
    )


def _pairs(table: Table, parent: Table) -> Iterator[_Pair]:
    """The columns of both that may be parts of a key, by their values."""
    own, theirs = _keys(table), _keys(parent)
    for its, mine in own.items():
        for other, others in theirs.items():
            alike, few = its.lower() == other.lower(), min(mine.len(), others.len()) < FEW
            if not alike and (few or not _related(table, its, parent, other, mine)):
                continue
            both = len(mine.filter(mine.is_in(others.implode())))
            met, back = both / max(1, len(others)), both / max(1, len(mine))
            if max(met, back) >= (MET if alike else CONTAINED):
                yield _Pair(its=its, other=other, distinct=both, met=met, back=back)


def _keys(table: Table) -> dict[str, pl.Series]:
    """The distinct values, as text, of columns that can be parts of a key: no measure, no flag, no free text."""
    found = {}
    for column in table.schema.columns:
        series = table.raw[column.name] if column.name in table.names else None
        if series is not None and not unreadable(series) and _may_be_key(column, series):
            found[column.name] = canonical(series).drop_nulls().unique()
    return found


def _may_be_key(column: Column, series: pl.Series) -> bool:
    if column.wire in {"flag", "text"} and column.role != "dropped":
        return False
    if column.wire == "number":
        said = set(words(column.name))
        whole = series.dtype.is_integer()
        return whole and (is_id(column.name) or is_code(column.name) or bool(said & WHEN) or series.is_unique().all())
    return series.n_unique() > 2  # noqa: PLR2004  # two levels are a flag


def _related(table: Table, its: str, parent: Table, other: str, mine: pl.Series) -> bool:
    """Whether two columns of other names may be one: ids named after the table, or long texts."""
    plain = mine.str.contains(r"^-?[0-9.]+$").all()
    if not plain and float(mine.str.len_chars().mean() or 0) >= LONG:  # type: ignore[arg-type]  # of lengths
        return True
    return is_id(its) and is_id(other) and (_called_after(other, table) or _called_after(its, parent))


def _called_after(column: str, table: Table) -> bool:
    """Whether `customer_id` is named after the table customers."""
    return bool({word.rstrip("s") for word in words(table.name)} & {word.rstrip("s") for word in words(column)})


def _lookup(table: Table, pairs: Sequence[_Pair], parent: Table, time: Sequence[str]) -> Pairs | None:
    """The fewest columns that tell the rows of the table apart, if they bring anything that is known in time."""
    able = _one_each(pairs)
    for size in range(1, PIECES + 1):
        for way in itertools.combinations(able, size):
            names = [pair.its for pair in way]
            news = set(table.raw.columns) - set(names) - set(parent.raw.columns)
            if min(pair.met for pair in way) < MET or table.raw.select(names).is_duplicated().any():
                continue
            when = known_from(table, tuple(names))
            if not news - {when}:
                continue
            keys = tuple((pair.its, pair.other) for pair in way)
            if when is None or not time or _known(table, parent, keys, when, time[0]) >= MET:
                return keys
    return None


def _one_each(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Each column once, the best pair of it; those of most values first."""
    best: dict[str, _Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.its.lower() != pair.other.lower(), -pair.met)):
        if pair.other not in {one.other for one in best.values()}:
            best.setdefault(pair.its, pair)
    return sorted(best.values(), key=lambda pair: -pair.distinct)


def _known(table: Table, parent: Table, keys: Pairs, when: str, time: str) -> float:
    """The share of the parent's rows that meet one of the table's which is known before their time."""
    own = pl.DataFrame([canonical(table.raw[its]).rename(str(i)) for i, (its, _) in enumerate(keys)])
    theirs = pl.DataFrame([canonical(parent.raw[other]).rename(str(i)) for i, (_, other) in enumerate(keys)])
    own = own.with_columns(known=pl.Series(times_of(table, when)))
    theirs = theirs.with_columns(made=pl.Series(times_of(parent, time)))
    met = theirs.join(own, on=[str(i) for i in range(len(keys))])
    return float(np.nan_to_num((met["known"] < met["made"]).mean() or 0.0)) if met.height else 0.0  # type: ignore[arg-type]  # of flags


def _history(table: Table, pairs: Sequence[_Pair]) -> tuple[Pairs, ...]:
    """The single columns whose values come back: the one of most values, and others that have nearly as many."""
    dated = {column.name for column in table.schema.columns if column.wire == "date"}
    counts = {
        (pair.its, pair.other): table.raw[pair.its].n_unique()
        for pair in _one_each(pairs)
        if pair.distinct >= FEW and not {*words(pair.its)} & WHEN and pair.its not in dated
    }
    many = {pair: count for pair, count in counts.items() if table.raw.height >= REPEATED * count}
    most = max(many.values(), default=0)
    return tuple((pair,) for pair, count in sorted(many.items(), key=lambda one: -one[1]) if count >= WAYS * most)


def _why(table: Table, ways: Sequence[Pairs], pairs: Mapping[str, _Pair], to: str, *, one: bool) -> str:
    kind = "one row" if one else "many rows"
    told = [
        f"{kind} for each {' and '.join(repr(other) for _, other in way)} of {to}: "
        + ", ".join(
            f"{pairs[its].met:.0%} of its values are here, {pairs[its].back:.0%} of these are there" for its, _ in way
        )
        for way in ways
    ]
    return f"{table.called}, {table.rows:,} rows, has {'; and '.join(told)}"
