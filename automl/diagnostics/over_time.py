"""What is saved, period by period: whether the promise rests on a few good weeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import PER, Bootstrap, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Period = Literal["1d", "1w", "1mo", "1q", "1y"]
PERIODS: tuple[Period, ...] = ("1d", "1w", "1mo", "1q", "1y")
MOST = 36  # periods of a picture
FEWEST_ROWS = 30  # of a period: fewer have no interval
RESAMPLES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSaving:
    """Rows from `start` (ISO date) on, and what one thousand of them saved; no interval where there are few."""

    start: str
    rows: int
    saving: float
    low: float | None
    high: float | None


def saving_over_time(
    saved: Floats, time: Floats, weight: Floats, group: Ints | None, *, seed: int
) -> tuple[PeriodSaving, ...]:
    """The mean of `saved` [n] per 1,000 rows in each day, week, month, quarter or year of `time` [n].

    `time` is in microseconds UTC; the shortest period is taken of which there are at most `MOST`, two at least. Rows
    without a time are left out. Intervals of 95 % by a bootstrap over groups, else rows.
    """
    known = np.flatnonzero(np.isfinite(time))
    moments = pl.Series(time[known].astype(np.int64)).cast(pl.Datetime("us"))
    for period in PERIODS:
        starts = moments.dt.truncate(period)
        distinct = starts.unique().sort()
        if 1 < distinct.len() <= MOST:
            place = starts.to_physical().to_numpy()
            return tuple(
                _period(start, known[place == at], saved, weight, group, seed)
                for start, at in zip(distinct.dt.strftime("%Y-%m-%d"), distinct.to_physical(), strict=True)
            )
    return ()


def _period(start: str, at: Ints, saved: Floats, weight: Floats, group: Ints | None, seed: int) -> PeriodSaving:
    mean = PER * float(np.average(saved[at], weights=weight[at]))
    low = high = None
    if at.size >= FEWEST_ROWS:
        units = None if group is None else group[at]
        draws = Bootstrap.over(at.size, units, seed=seed, resamples=RESAMPLES)
        low, high = interval(draws.means(PER * saved[at][:, None], weight[at])[:, 0])
    return PeriodSaving(start=start, rows=at.size, saving=mean, low=low, high=high)
