"""What the champion will lose more by its age where it stays, as its shelf life tells: evidence before any label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.bundle.ages import AgeRecord
from automl.decide.verdict.bootstrap import PER
from automl.monitor.money.ledger import LabelLedger, Ledger, LogLossLedger, SquaredLedger
from automl.retrain.contest import Contest

Floats = NDArray[np.float64]
FLOOR = 0.1  # of the largest error: no stretch tells everything
NORMAL = 2 * 1.96  # standard errors that an interval of 95 % is wide
Told = tuple[float, float, float]  # what is lost per 1,000 rows, and its interval of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """Per 1,000 rows, what the champion loses more at the ages at which it will be used than when it was judged."""

    mean: float
    error: float


def aging(contest: Contest, ledger: Ledger) -> Aging | None:
    """By the stretches of age in the champion's manifest; None where they do not tell the loss that is judged.

    A challenger is judged at the age at which its twin will be used: both have learned from rows until a horizon
    before. The champion is not: it was judged on rows that are `judged` old, and will answer those that come.

    A line through the new model is laid among the stretches, each by the error that it tells; where they lie farther
    from it than that, the error of its slope grows as much (Birge 1932). It ends where the last stretch does.
    """
    found, spans = contest.champion.manifest.ages, contest.rows.ages
    told = [_told(age, ledger) for age in found]
    if spans is None or not told or None in told:
        return None
    age, last = np.array([(each.start + each.end) / 2 for each in found]), found[-1].end
    mean, low, high = np.array(told, dtype=np.float64).T
    slope, error = _slope(age, mean, (high - low) / NORMAL)
    used, judged = (_mean_until(*span, last) for span in (spans.used, spans.judged))
    return Aging(mean=slope * (used - judged), error=error * abs(used - judged))


def _slope(age: Floats, lost: Floats, error: Floats) -> tuple[float, float]:
    """The line through 0 by weighted least squares, and the standard error of its slope."""
    told = error.max()  # 0 where the models never differ: then only how they lie tells how sure the line is
    error = np.maximum(error, FLOOR * told) if told else np.ones(error.size)
    weight = age / error**2
    slope = float(weight @ lost / (weight @ age))
    far = float(np.sum(((lost - slope * age) / error) ** 2)) / max(1, age.size - 1)
    return slope, float(np.sqrt(max(float(told > 0), far) / (weight @ age)))


def _mean_until(start: float, end: float, last: float) -> float:
    """The mean of the ages from `start` to `end`, none of which counts as more than `last`."""
    if end <= last or start >= last:
        return min(last, (start + end) / 2)
    return ((start + last) / 2 * (last - start) + last * (end - last)) / (end - start)


def _told(age: AgeRecord, ledger: Ledger) -> Told | None:
    """What models of that age lose, in the unit of the ledger; None where nobody counted it."""
    match ledger:
        case LabelLedger():
            if age.lost is None or age.lost_low is None or age.lost_high is None:
                return None
            return age.lost, age.lost_low, age.lost_high
        case LogLossLedger() | SquaredLedger():
            return PER * age.worse, PER * age.low, PER * age.high
        case _:
            return None
