"""Our decisions against policies without a model, on the same rows, with the interval of what is saved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.verdict.decided_rows import Bootstrap

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


def reason(
    whole: Comparison, alone: Comparison, *, against: str, rows: tuple[int, int], currency: str, repeats: int = 1
) -> str:
    """The verdict in words: `whole` on all evidence, `alone` on the test part; `rows` are test and out-of-fold rows.

    `repeats`: how often the out-of-fold rows were calibrated and decided in other folds.
    """
    unit = f" {currency}" if currency else ""
    how = f" ({repeats} times calibrated and decided without their fold)" if repeats > 1 else ""
    on = f"{rows[0]:,} test rows" + (f" and {rows[1]:,} out-of-fold rows{how}" if rows[1] else "")
    what = "saves" if whole.saving >= 0 else "loses"
    found = (
        f"On {on} the model {what} {money(abs(whole.saving))}{unit} per 1,000 rows against {against} "
        f"(95 % interval {money(whole.low)} to {money(whole.high)})"
    )
    if whole.low <= 0:
        return f"{found}. The interval does not lie above 0, so deploying is not shown to be worth it."
    if alone.saving <= 0:
        return f"{found}. The test part alone saves nothing, so deploying is not shown to be worth it."
    return f"{found}. The interval lies above 0, so deploying is worth it."


def money(amount: float) -> str:
    """An amount as people read it: three digits that count, thousands apart.

    >>> money(1234567.8), money(12.3456), money(-0.01234), money(0)
    ('1,234,568', '12.3', '-0.0123', '0')
    """
    if amount == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(amount)))))
    text = f"{amount:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
