"""When each prediction is made, and which rows belong together: what the columns suggest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from automl.data.infer.name_hints import WHEN, is_id, is_moment, known_late, words
from automl.init.looked import Floats, Table

MADE = frozenset({"cutoff", "snapshot", "asof", "prediction", "predicted", "scored", "application", "applied", "order"})
KNOWN = frozenset(
    {"known", "created", "made", "recorded", "reported", "posted", "logged", "booked", "reserve", "signup"}
)
OTHER = frozenset({"birth", "born", "dob", "built", "renovated", "opened", "expiry", "expires", "due", "end", "until"})
GAP = 0.2  # share of rows without a value from which a date is hardly that of the prediction
IN_ORDER = 0.95  # share of the steps along the rows that go forward
REPEATED = 1.5  # rows of a group, on average, from which rows belong together
FEW = 20  # groups
ROUND = 0.5  # share of the distinct numbers that end in 0 from which they are amounts, however they are called
CHANCE = 5  # rows of a panel that would meet another one of their group and period if they were drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Columns, and why they are thought to be what is asked."""

    columns: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


def prediction_time(
    table: Table, test: Table | None, target: str, *, alone: bool
) -> tuple[Guess, list[tuple[str, str]]]:
    """The column that says when each prediction is made, if one is likely; and all dates with what speaks for them.

    Where a table is not `alone` the others are joined by its time, which is one column then.
    """
    able = [name for name in dates(table) if alone or name in table.names]
    judged = [(*_judged(table, test, name, target), name) for name in able]
    judged.sort(key=lambda one: -one[0])
    listed = [(name, "; ".join(said)) for _, said, name in judged]
    if not judged or judged[0][0] <= 0:
        return Guess(), listed
    _, said, name = judged[0]
    return Guess(columns=_cells(table, name), evidence=said), listed


def known_from(table: Table, keys: tuple[str, ...]) -> str | None:
    """The column of another table that says from when on a row is known, None without a date that is no key.

    Of several the one that is so named, else the one that is latest in most rows: nothing is used too early then.
    """
    able = [name for name in dates(table) if name not in keys and name in table.names]
    named = [name for name in able if {*words(name)} & KNOWN]
    if named or len(able) < 2:  # noqa: PLR2004  # of several
        return next(iter(named or able), None)
    times = np.column_stack([table.values(name).to_numpy() for name in able])
    latest = np.nan_to_num(times, nan=-np.inf).argmax(axis=1)
    return able[int(np.bincount(latest, minlength=len(able)).argmax())]


def groups(table: Table, test: Table | None, target: str) -> tuple[Guess, list[tuple[str, str]]]:
    """The column whose rows belong together, and that test does not share: an id by its name, or whose panel it is."""
    found = []
    for column in table.schema.columns:
        name = column.name
        if name == target or name not in table.names or column.wire not in {"category", "number"}:
            continue
        levels = table.raw[name].drop_nulls()
        if levels.n_unique() < FEW or len(levels) < REPEATED * levels.n_unique():
            continue
        called = is_id(name) and not _are_amounts(levels)
        period = None if called else _period(table, name, target)
        if not called and period is None:
            continue
        shared = test is not None and name in test.names and _shared(table, test, name)
        kind = f"a panel: one row for each {period!r} of it" if period else "an id by its name"
        said = f"{kind}, {len(levels) / levels.n_unique():.1f} rows each"
        found.append((not shared, name, said + ("; test has the same ones, so rows were drawn" if shared else "")))
    able = [(name, said) for apart, name, said in found if apart]
    first = Guess(columns=(able[0][0],), evidence=(able[0][1],)) if able else Guess()
    return first, [(name, said) for _, name, said in found]


def _are_amounts(levels: pl.Series) -> bool:
    """Numbers with decimals, or that mostly end in 0: a sum of money may be called a number, and is no id."""
    if not levels.dtype.is_numeric():
        return False
    distinct = levels.unique()
    return bool((distinct % 1 != 0).any()) or float((distinct % 10 == 0).mean() or 0) > ROUND  # type: ignore[arg-type]  # of flags


def _period(table: Table, name: str, target: str) -> str | None:
    """The column of which each value stands but once for one of `name`, as a year does in a panel; None without."""
    if {*words(name)} & WHEN or table.raw[name].dtype.is_float():
        return None
    for column in table.schema.columns:
        when = column.name
        if when in {name, target} or when not in table.names or not {*words(when)} & WHEN:
            continue
        pairs = table.raw.select(name, when).drop_nulls()
        cells = pairs[name].n_unique() * pairs[when].n_unique()
        if pairs.height**2 / 2 >= CHANCE * max(1, cells) and not pairs.is_duplicated().any():
            return when
    return None


def dates(table: Table) -> list[str]:
    """The columns that are dates, those of several columns among them."""
    return [column.name for column in table.schema.columns if column.wire == "date"]


def times_of(table: Table, name: str) -> Floats:
    """Microseconds of UTC of each row, NaN where there is no date."""
    from automl.data.read.frames import read_column
    from automl.data.schema import with_dates

    column = table.column(name)
    raw = table.raw if name in table.names else with_dates(table.raw, table.schema)
    return np.asarray(read_column(column.reader, raw[name]).to_numpy(), dtype=np.float64)


def _judged(table: Table, test: Table | None, name: str, target: str) -> tuple[int, tuple[str, ...]]:
    time, said = times_of(table, name), {*words(name)}
    known = time[np.isfinite(time)]
    points = [(1, f"dates from {_day(known.min())} to {_day(known.max())}")] if known.size else [(-9, "no date")]
    points += [(3, "named after the moment of a prediction")] if said & MADE else []
    points += [(1, "")] if is_moment(name) else []
    points += [(-4, "named after another moment")] if said & OTHER or known_late(name, target) else []
    points += (
        [(-4, f"missing in {1 - known.size / time.size:.0%} of the rows")] if known.size < (1 - GAP) * time.size else []
    )
    steps = np.diff(known)
    moved = steps[steps != 0]
    if moved.size and (moved > 0).mean() >= IN_ORDER:
        points += [(2, "rows are in its order")]
    if test is not None and known.size and name in {column.name for column in test.schema.columns}:
        later = np.nanmedian(times_of(test, name)) > np.quantile(known, IN_ORDER)
        points += [(3, "the test part is later") if later else (-5, "the test part is not later, so it was drawn")]
    return sum(number for number, _ in points), tuple(text for _, text in points if text)


def _shared(table: Table, test: Table, name: str) -> bool:
    own, theirs = table.raw[name].drop_nulls().unique(), test.raw[name].drop_nulls().unique()
    return own.dtype == theirs.dtype and bool(theirs.is_in(own.implode()).any())


def _cells(table: Table, name: str) -> tuple[str, ...]:
    """The columns that a date is read from."""
    return (name,) if name in table.names else table.column(name).cells


def _day(microseconds: float) -> str:
    return str(np.datetime64(int(microseconds), "us").astype("datetime64[D]"))
