"""Money without labels: what these rows are expected to save, with all that is not known of it.

The expected saving by calibrated probabilities (CBPE), corrected by what the kept evidence saved beyond expectation on
rows like these: its residuals, weighted from the old rows to the new ones. PAPE (arXiv 2401.08348) recalibrates the
probabilities by the same weights; weighting the residual of the money itself is the doubly robust form of that (Reddi,
Póczos and Smola 2015, AAAI): right where either probabilities or weights are, and alike for classes, actions and
numbers. It cannot see that the same row now means another truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.bootstrap import Bootstrap
from automl.monitor.money.outcomes import Outcomes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RESAMPLES = 200
FEWEST, PERIODS = 10, 3  # rows of a period, and periods: fewer tell no spread
LEAST = 100.0  # effective rows of evidence, below which the estimate cannot be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What rows of known truth saved beyond expectation [n], what they weigh among the old rows, and their groups.

    `period` [n] is the window of time that each fell into, None where rows have no time.
    """

    beyond: Floats
    weight: Floats
    group: Ints | None = None
    period: Ints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """The mean saving of `rows` without a label; `effective` rows of evidence are like them, None without evidence."""

    saving: float
    low: float
    high: float
    rows: int
    effective: float | None

    @property
    def trusted(self) -> bool:
        """Whether there is evidence enough for rows like these."""
        return self.effective is not None and self.effective >= LEAST


def estimated(
    outcomes: Outcomes, evidence: Evidence | None = None, shift: Floats | None = None, *, alpha: float, seed: int
) -> Estimated:
    """The estimate for rows that may save `outcomes`; `shift` [evidence] says how much likelier each old row is now.

    The variance is that of the labels to come, that of the correction by `RESAMPLES` draws of the evidence, and that of
    periods: what was saved beyond expectation moved from one to the next, and so it will to this one.
    """
    rows = len(outcomes.saved)
    saving = float(outcomes.expected.mean())
    variance = float(outcomes.variance.sum()) / rows**2
    effective = None
    if evidence is not None and evidence.beyond.size:
        weight = evidence.weight if shift is None else evidence.weight * shift
        draws = Bootstrap.over(evidence.beyond.size, evidence.group, seed=seed, resamples=RESAMPLES)
        saving += float(np.average(evidence.beyond, weights=weight))
        variance += float(draws.means(evidence.beyond[:, None], weight).var(ddof=1))
        variance += _moving(evidence, weight)
        effective = float(weight.sum() ** 2 / (weight**2).sum())
    reach = NormalDist().inv_cdf(1.0 - alpha / 2.0) * math.sqrt(variance)
    return Estimated(saving=saving, low=saving - reach, high=saving + reach, rows=rows, effective=effective)


def _moving(evidence: Evidence, weight: Floats) -> float:
    """The variance of the difference between a new period's mean and the mean by `weight` [n] of those that were.

    Period means are taken as draws around their own mean (DerSimonian and Laird 1986); the new one is another draw, as
    in the prediction interval of Higgins, Thompson and Spiegelhalter 2009 (JRSS A 172).
    """
    if evidence.period is None:
        return 0.0
    _, place = np.unique(evidence.period, return_inverse=True)
    rows = np.bincount(place)
    shares = np.bincount(place, weight) / weight.sum()
    sums = np.bincount(place, evidence.weight)
    means = np.bincount(place, evidence.weight * evidence.beyond) / sums
    errors = np.bincount(place, (evidence.weight * (evidence.beyond - means[place])) ** 2) / sums**2
    told = (rows >= FEWEST) & (errors > 0)
    if told.sum() < PERIODS:
        return 0.0
    trust = 1.0 / errors[told]
    apart = float(trust @ (means[told] - np.average(means[told], weights=trust)) ** 2)
    spread = max(0.0, (apart - told.sum() + 1) / float(trust.sum() - (trust @ trust) / trust.sum()))
    return float(spread * (1.0 + shares @ shares))
