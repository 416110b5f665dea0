"""The best rule on one column: an action for each side of a threshold, or for each level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.leaks import CELLS, SAMPLE
from automl.data.audit.univariate import is_missing
from automl.data.read.frames import counted
from automl.explore.distribution import LETTERS, moment, told

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST = 20  # rows behind each side of a threshold, and behind a level
PLACES = 64  # thresholds that are tried
NAMED = 5  # levels that the words of a rule name


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An action by one column: `below` a threshold or `above` it, or that of `levels`; else `other`, and if missing."""

    column: str
    date: bool
    threshold: float | None
    below: int
    above: int
    levels: Mapping[str, int]
    other: int
    missing: int

    def decide(self, series: pl.Series) -> Ints:
        """The action codes [n] of a column in wire types."""
        missing = is_missing(series)
        if series.dtype == pl.String:
            found = series.replace_strict(dict(self.levels), default=self.other, return_dtype=pl.Int64).to_numpy()
        elif self.threshold is None:
            found = np.full(len(series), self.other)
        else:
            found = np.where(series.to_numpy() < self.threshold, self.below, self.above)
        return np.where(missing, self.missing, found).astype(np.int64)

    def text(self, actions: Sequence[str]) -> str:
        """The rule in words."""
        if self.threshold is not None:
            edge = moment(self.threshold) if self.date else told(float(f"{self.threshold:.6g}"))
            return f"'{actions[self.below]}' where {self.column} < {edge}, else '{actions[self.above]}'"
        return "; ".join([*self._levels(actions), f"else '{actions[self.other]}'"])

    def _levels(self, actions: Sequence[str]) -> Iterator[str]:
        for code, action in enumerate(actions):
            own = [level[:LETTERS] for level, chosen in self.levels.items() if chosen == code != self.other]
            if own:
                more = f" and {len(own) - NAMED} more" if len(own) > NAMED else ""
                yield f"'{action}' where {self.column} is {', '.join(map(repr, own[:NAMED]))}{more}"


def best_rule(frame: pl.DataFrame, by_action: Floats, shares: Floats, dates: Sequence[str], seed: int) -> Rule | None:
    """The rule on one column of `frame` that costs least out of sample, given what each action costs [n, actions].

    Each column's rule is made on one half of a sample and judged on the other; the best is made again on all rows.
    None without columns or rows.
    """
    size = min(SAMPLE, CELLS // max(1, frame.width), frame.height)
    if size < 2 * LEAST or not frame.width:
        return None
    rows = np.random.default_rng(seed).permutation(frame.height)[:size]
    sample, costs = frame[rows], by_action[rows] * shares[rows, None]
    one, other = slice(0, None, 2), slice(1, None, 2)
    judged = {
        series.name: _cost(_rule(series[one], costs[one], series.name in dates).decide(series[other]), costs[other])
        for series in sample
    }
    name = min(judged, key=lambda column: judged[column])
    return _rule(frame[name], by_action * shares[:, None], name in dates)


def _cost(decisions: Ints, costs: Floats) -> float:
    return float(np.take_along_axis(costs, decisions[:, None], axis=1).sum())


def _rule(series: pl.Series, costs: Floats, date: bool) -> Rule:
    missing = is_missing(series)
    usual = int(costs.sum(axis=0).argmin())
    empty = int(costs[missing].sum(axis=0).argmin()) if missing.sum() >= LEAST else usual
    plain = Rule(
        column=series.name, date=date, threshold=None, below=usual, above=usual, levels={}, other=usual, missing=empty
    )
    if series.dtype == pl.String:
        return _by_levels(plain, series, costs, missing)
    return _by_threshold(plain, series.to_numpy()[~missing], costs[~missing])


def _by_levels(plain: Rule, series: pl.Series, costs: Floats, missing: NDArray[np.bool_]) -> Rule:
    counts = counted(series.filter(pl.Series(~missing))).filter(pl.col("count") >= LEAST)
    usual = counts.sort("count", "value", descending=[True, False])["value"].to_list()
    place = {level: code for code, level in enumerate(usual)}
    codes = series.replace_strict(place, default=len(place), return_dtype=pl.Int64).to_numpy()
    sums = np.column_stack([np.bincount(codes, column, len(place) + 1) for column in costs.T])
    levels = {level: int(sums[code].argmin()) for level, code in place.items()}
    return replace(plain, levels=levels)


def _by_threshold(plain: Rule, values: Floats, costs: Floats) -> Rule:
    """The threshold and the two actions of smallest cost, by sums from both ends."""
    order = np.argsort(values, kind="stable")
    ranked, below = values[order], np.cumsum(costs[order], axis=0)
    steps = np.flatnonzero(ranked[1:] > ranked[:-1])
    steps = steps[(steps >= LEAST - 1) & (steps < ranked.size - LEAST)]
    if not steps.size:
        return plain
    steps = steps[np.linspace(0, steps.size - 1, min(PLACES, steps.size)).astype(np.int64)]
    above = below[-1] - below[steps]
    place = int((below[steps].min(axis=1) + above.min(axis=1)).argmin())
    left, right = int(below[steps[place]].argmin()), int(above[place].argmin())
    edge = float(ranked[steps[place]] / 2.0 + ranked[steps[place] + 1] / 2.0)
    return replace(plain, threshold=edge, below=left, above=right)
