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
LEAST = 100.0  # effective rows of evidence, below which the estimate cannot be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What rows of known truth saved beyond expectation [n], what they weigh among the old rows, and their groups."""

    beyond: Floats
    weight: Floats
    group: Ints | None = None


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

    The variance is that of the labels to come, and that of the correction by `RESAMPLES` draws of the evidence.
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
        effective = float(weight.sum() ** 2 / (weight**2).sum())
    reach = NormalDist().inv_cdf(1.0 - alpha / 2.0) * math.sqrt(variance)
    return Estimated(saving=saving, low=saving - reach, high=saving + reach, rows=rows, effective=effective)
