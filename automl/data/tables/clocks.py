"""Whether times of another table are of another zone than main's: told by when its rows come beside main's.

Three things give a wrong zone away. Rows that stand in both tables are some whole hours apart. Or the hours before
a row of main are empty, where the same hours of the days before are not. Or rows run on for some hours, and stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.typed_tables import Frame
from automl.data.rows import Finding, finding
from automl.data.tables.checks import MAIN
from automl.data.tables.keys import Join

SAMPLE = 1_000  # rows of main that are looked at
MOST = 2_000_000  # rows of the other table that are looked at
ENOUGH = 30  # rows that a finding stands on
MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds
SHIFTS = np.arange(-56, 57) * (HOUR // 4)  # zones are whole quarters of an hour and at most 14 hours from UTC
DAYS = range(1, 8)  # whole days before, whose hours are compared
RARE = 0.01  # of what is expected: as good as none
CLEAR = 4  # times as often as at any other shift
CLOCKS = 8  # times of day of main below which its rows are of a day, and hours say nothing

Ints = NDArray[np.int64]


def inspect_clocks(joins: Sequence[Join], frames: Mapping[str, Frame], cutoff: str | None) -> Iterator[Finding]:
    """What is told of each table whose times do not fit main's, the column `cutoff`; `frames` hold main as well."""
    for join in joins:
        chain = _to_main(join, joins)
        if join.time is None or cutoff is None or not chain:
            continue
        lags = _lags(join, _asked(chain, frames, cutoff), frames[join.name])
        told = _apart(lags, join) or _empty_before(lags, join) or _runs_on(lags, join) if lags else None
        if told:
            text, hours = told
            hint = f'if they are of another zone, say so: [data.tables.{join.name}] timezone = "Area/City"'
            yield finding("time", join.name, f"{text}; {hint}", "noted", {"hours": hours})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lags:
    """Rows of the other table beside those of main with the same key, in seconds: `main` and `others` are sorted.

    Each key has seconds of its own, so that one search finds a moment of a key.
    """

    main: Ints
    others: Ints
    main_clock: Ints

    def at(self, shift: int) -> NDArray[np.bool_]:
        """Which rows of main have a row of the other table this many seconds later, a minute more or less."""
        return self._before(shift + MINUTE) > self._before(shift - MINUTE)

    def count(self, low: int, high: int) -> int:
        """How many rows of the other table are `low` to below `high` seconds later than one of main, over all these."""
        return int((self._before(high) - self._before(low)).sum())

    def usual(self, low: int, high: int) -> float:
        """The same for the days before, at the same time of day."""
        return sum(self.count(low - day * DAY, high - day * DAY) for day in DAYS) / len(DAYS)

    def clocks(self, rows: NDArray[np.bool_] | slice = slice(None)) -> int:
        """How many times of day, in quarters of an hour, these rows of main have."""
        return len(np.unique(self.main_clock[rows] // (HOUR // 4)))

    def _before(self, shift: int) -> Ints:
        return np.searchsorted(self.others, self.main + shift)


def _apart(lags: _Lags, join: Join) -> tuple[str, float] | None:
    """Rows of both tables at the same moment but for some hours, the hour of summer time apart."""
    found = {int(shift): lags.at(int(shift)) for shift in SHIFTS}
    near = np.any(list(found.values()), axis=0)
    pairs = {shift: found[shift] | found[shift + HOUR] for shift in found if shift + HOUR in found}
    best = max(pairs, key=lambda shift: (pairs[shift].sum(), found[shift].sum()))
    usual = best if found[best].sum() >= found[best + HOUR].sum() else best + HOUR
    rows = int(pairs[best].sum())
    others = max(int(at.sum()) for shift, at in found.items() if shift not in {best, best + HOUR})
    if rows < max(ENOUGH, near.sum() / 2, CLEAR * others) or lags.clocks(pairs[best]) < CLOCKS or usual == 0:
        return None
    when = "later" if usual > 0 else "earlier"
    of = f"{rows:,} of {int(near.sum()):,} rows of main"
    return f"{of} have a row of {join.name} just {_hours(usual)} {when} by {join.time!r}", usual / HOUR


def _empty_before(lags: _Lags, join: Join) -> tuple[str, float] | None:
    """No row in the last hours before main's, where on the days before there are."""
    for hours in _shifts_down():
        usual = lags.usual(-hours, 0)
        if usual >= ENOUGH and lags.count(-hours, 0) <= RARE * usual:
            text = f"by {join.time!r} {join.name} has no rows in the {_hours(hours)} before a row of main"
            return f"{text}, and {usual:,.0f} in the same hours of a day before", -hours / HOUR
    return None


def _runs_on(lags: _Lags, join: Join) -> tuple[str, float] | None:
    """Rows for some hours after main's as on the days before, and none from then on."""
    widest = int(SHIFTS[-1])
    after = lags.count(1, widest + 1)
    if after < ENOUGH or lags.clocks() < CLOCKS or lags.count(widest + 1, max(DAYS) * DAY) > RARE * after:
        return None
    hours = next(shift for shift in sorted(_shifts_down()) if lags.count(1, shift + 1) >= (1 - RARE) * after)
    if lags.usual(1, hours + 1) < max(ENOUGH, after / CLEAR) or hours == widest:
        return None
    text = f"by {join.time!r} rows of {join.name} run on for {_hours(hours)} after a row of main, and stop"
    return text, hours / HOUR


def _shifts_down() -> list[int]:
    """From the widest to an hour."""
    return [int(shift) for shift in SHIFTS[::-1] if shift >= HOUR]


def _hours(seconds: int) -> str:
    hours = abs(seconds) / HOUR
    return f"{hours:g} hour{'s' if hours != 1 else ''}"


def _to_main(join: Join, joins: Sequence[Join]) -> list[Join]:
    """The joins from main to `join`, over lookups alone; none where a history lies between."""
    chain = [join]
    while chain[0].to != MAIN:
        before = next((one for one in joins if one.name == chain[0].to and not one.many), None)
        if before is None:
            return []
        chain.insert(0, before)
    return chain


def _asked(chain: Sequence[Join], frames: Mapping[str, Frame], cutoff: str) -> pl.DataFrame:
    """Some moments of main, `moment`, with the key `0`, `1`, ... by which the last table of `chain` is asked."""
    main = frames[MAIN].lazy().select([*_parts(other for _, other in chain[0].on), pl.col(cutoff).alias("moment")])
    rows = main.filter(pl.col("moment").is_not_nan()).collect()
    rows = rows.gather_every(max(1, rows.height // SAMPLE))
    for join, following in pairwise(chain):
        keys = [f"key {place}" for place in range(len(join.on))]
        its = [pl.col(own).alias(key) for key, (own, _) in zip(keys, join.on, strict=True)]
        there = frames[join.name].lazy().select(its + _parts(other for _, other in following.on))
        asking = rows.rename({str(place): key for place, key in enumerate(keys)}).lazy()
        rows = asking.join(there, on=keys).drop(keys).collect()
    return rows


def _parts(columns: Iterable[str]) -> list[pl.Expr]:
    return [pl.col(column).alias(str(place)) for place, column in enumerate(columns)]


def _lags(join: Join, asked: pl.DataFrame, frame: Frame) -> _Lags | None:
    """The rows of `frame` beside those `asked` for; None where no key is in both."""
    on = [str(place) for place in range(len(join.on))]
    there = [pl.col(part) != "" if asked.schema[part] == pl.String else pl.col(part).is_not_nan() for part in on]
    keys = asked.select(on).filter(there).unique(maintain_order=True).with_row_index("code")
    its = frame.lazy().select([*_parts(own for own, _ in join.on), pl.col(str(join.time)).alias("moment")])
    met = its.filter(pl.col("moment").is_not_nan()).join(keys.lazy(), on=on).select("code", "moment")
    others = met.head(MOST).collect()
    main = asked.join(keys, on=on)
    if not others.height or not main.height:
        return None
    moments = [_seconds(rows) for rows in (main, others)]
    low, high = min(map(np.min, moments)), max(map(np.max, moments))
    step = int(high - low) + 4 * max(DAYS) * DAY
    placed = [
        rows["code"].to_numpy().astype(np.int64) * step + own for rows, own in zip((main, others), moments, strict=True)
    ]
    order = np.argsort(placed[0])
    return _Lags(main=placed[0][order], others=np.sort(placed[1]), main_clock=moments[0][order] % DAY)


def _seconds(rows: pl.DataFrame) -> Ints:
    return np.floor(rows["moment"].to_numpy() / 1e6).astype(np.int64)
