"""How a column was distributed among the training rows, as far as a bundle keeps it: what a window is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.margins import Bins, Margin
from automl.data.read.frames import counted

Floats = NDArray[np.float64]
POOLED = 30  # levels that are told apart, the missing and the rare ones among them


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The distribution function at `points` [k], missing cells below all numbers: it is surely >= `upto` [k] there.

    And just below them surely <= `below` [k]; of bins the two are one, of a few quantiles ties leave a step between
    them. `quantiles` are pairs of shares and values among the cells that hold a number: a way back to the reference.
    """

    points: Floats
    upto: Floats
    below: Floats
    missing: float
    quantiles: tuple[Floats, Floats]

    def distance(self, values: Floats) -> float:
        """Kolmogorov's distance of `values` [n], NaN where missing; never more than it is (see `points`)."""
        there = np.sort(values[np.isfinite(values)])
        gaps = len(values) - len(there)
        upto = (gaps + np.searchsorted(there, self.points, side="right")) / len(values)
        below = (gaps + np.searchsorted(there, self.points, side="left")) / len(values)
        apart = np.concatenate((self.upto - upto, below - self.below, [abs(gaps / len(values) - self.missing)]))
        return float(apart.max(initial=0.0))

    def mapped(self, values: Floats, draw: np.random.Generator) -> Floats:
        """`values` [n] distributed as the reference: each number takes the reference's value at its own rank.

        Where more or fewer are missing than were, some drawn at random are filled or emptied.
        """
        mapped = values.copy()
        there, gaps = np.flatnonzero(np.isfinite(values)), np.flatnonzero(~np.isfinite(values))
        rank = np.argsort(np.argsort(values[there] + 0.0, kind="stable"), kind="stable")
        mapped[there] = self._at((rank + 0.5) / max(len(there), 1))
        wanted = round(self.missing * len(values))
        if len(gaps) > wanted:
            filled = draw.choice(gaps, len(gaps) - wanted, replace=False)
            mapped[filled] = self._at(draw.random(len(filled)))
        elif len(gaps) < wanted:
            mapped[draw.choice(there, wanted - len(gaps), replace=False)] = np.nan
        return mapped

    def _at(self, shares: Floats) -> Floats:
        known, values = self.quantiles
        if not len(known):
            return np.full(len(shares), np.nan)
        return values[np.minimum(np.searchsorted(known, shares, side="left"), len(values) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Levels and their `shares`; ``""`` is missing. `others` is the share of all that are too rare to be named."""

    shares: dict[str, float]
    others: float

    @property
    def pooled(self) -> dict[str, float]:
        """The most frequent levels, at most `POOLED` with what is left as ``None`` beside them."""
        return dict(sorted(self.shares.items(), key=lambda item: -item[1])[: POOLED - 1])

    def beside(self, values: pl.Series) -> Floats:
        """The share of each of the pooled levels, and of what is left, then and now among `values` [levels, 2]."""
        now = shares_of(values)
        shares = np.array([(share, now.get(level, 0.0)) for level, share in self.pooled.items()]).reshape(-1, 2)
        return np.vstack((shares, 1.0 - shares.sum(axis=0)))

    def mapped(self, values: pl.Series, draw: np.random.Generator) -> pl.Series:
        """`values` [n] distributed as the reference: of levels that have become frequent some rows take rarer ones.

        Which rows is drawn at random; rare levels that nobody named cannot be given back.
        """
        now, n = shares_of(values), values.len()
        cells = np.array(values.to_list(), dtype=object)
        known = np.isin(cells, list(self.shares))
        spare: list[int] = []
        kinds = [(cells == level, share) for level, share in self.shares.items()]
        for here, share in (*kinds, (~known, self.others)):
            rows = draw.permutation(np.flatnonzero(here))
            spare += rows[: max(0, len(rows) - round(share * n))].tolist()
        lacking = {level: round(share * n) - round(now.get(level, 0.0) * n) for level, share in self.shares.items()}
        given = [level for level, count in lacking.items() for _ in range(max(0, count))]
        for row, level in zip(draw.permutation(spare).tolist(), given, strict=False):
            cells[row] = level
        return pl.Series(values.name, cells.tolist(), dtype=pl.String)


Reference = Numbers | Levels


def shares_of(values: pl.Series) -> dict[str, float]:
    """The share of each level of a column in wire types."""
    return {level: count / values.len() for level, count in counted(values).iter_rows()}


def reference_of(margin: Margin) -> Reference | None:
    """What a window of a column is compared with; None where the bundle knows too little. Of text, its words."""
    if margin.levels is not None:
        shares = {level: share for level, share in margin.levels.items() if level} | {"": margin.missing}
        return Levels(shares=shares, others=max(0.0, 1.0 - sum(shares.values())))
    if margin.bins is not None:
        return numbers_of(margin.bins, margin.missing)
    known = {float(q): v for q, v in (margin.quantiles or margin.words or {}).items() if v is not None}
    missing = 0.0 if margin.quantiles is None else margin.missing  # an empty text has no word
    return _by_quantiles(known, missing) if known else None


def numbers_of(bins: Bins, missing: float) -> Numbers:
    """The distribution function that bins are: it is known at the edges between them."""
    shares = np.array(bins.shares)
    upto = missing + np.cumsum(shares)
    among = np.cumsum(shares) / shares.sum()
    return Numbers(
        points=np.array(bins.edges),
        upto=upto[:-1],
        below=upto[:-1],
        missing=missing,
        quantiles=(among, np.array(bins.values)),
    )


def numbers_from(values: Floats) -> Numbers:
    """The distribution of `values` [n] themselves, NaN where missing."""
    there, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    upto = (len(values) - counts.sum() + np.cumsum(counts)) / len(values)
    among = np.cumsum(counts) / max(counts.sum(), 1)
    missing = 1.0 - counts.sum() / len(values)
    return Numbers(
        points=there, upto=upto, below=upto - counts / len(values), missing=float(missing), quantiles=(among, there)
    )


def _by_quantiles(known: dict[float, float], missing: float) -> Numbers:
    """Of some quantiles (bundles of protocols 1 and 2, and text): ties say only how much lies at least below."""
    points = np.unique(list(known.values()))
    upto = np.array([max(q for q, value in known.items() if value == point) for point in points])
    below = np.array([min(q for q, value in known.items() if value == point) for point in points])
    return Numbers(
        points=points,
        upto=missing + (1.0 - missing) * upto,
        below=missing + (1.0 - missing) * below,
        missing=missing,
        quantiles=(np.array(sorted(known)), np.array([known[q] for q in sorted(known)])),
    )
