"""Our decisions against policies without a model, on the same rows, with the interval of what is saved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.evidence import Bootstrap

Floats = NDArray[np.float64]
CONFIDENCE = 0.95
PER = 1_000.0  # money is told per this many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Costs per 1,000 rows: ours, and each policy's without a model [policies]; the saving against the best of them."""

    ours: float
    trivial: Floats
    saving: float
    low: float
    high: float


def compare(ours: Floats, trivial: Floats, shares: Floats, bootstrap: Bootstrap) -> Comparison:
    """Compare what each row costs under our decision [n] and under the other policies [n, policies].

    The interval is a paired percentile bootstrap (Efron and Tibshirani 1993); each draw picks its own best policy.
    """
    values = PER * np.column_stack((ours, trivial))
    means = np.average(values, axis=0, weights=shares)
    drawn = bootstrap.means(values, shares)
    low, high = np.quantile(drawn[:, 1:].min(axis=1) - drawn[:, 0], ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Comparison(
        ours=float(means[0]),
        trivial=means[1:],
        saving=float(means[1:].min() - means[0]),
        low=float(low),
        high=float(high),
    )
