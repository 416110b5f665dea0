"""Broken labels or a changed world: both make the champion err, but only a changed world can be learned again.

Skill is the share of a constant's loss that a model takes away: it holds still where the share of a label moves.
Where the champion's skill on the new labels falls below half of what it was, a refit's out-of-fold skill on them has to
come back above that half. A refit that errs half as much as ever before has found the answer among the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.decide.calibration.out_of_fold import OutOfFold
from automl.monitor.money.ground import Ground
from automl.monitor.money.ledger import Answered, classes

Floats = NDArray[np.float64]
NEAR = 0.5  # of the skill that there was
LEAK = 0.5  # of the loss that there was, beyond the luck of the rows
SURE = 2.6  # standard errors: one side of .5 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The `skill` on some rows, 1 for a model that never errs and 0 for a constant, with its standard error."""

    skill: float
    error: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The champion's skill `before` and `now`, on the new labels, and that of a refit `again`."""

    before: Learned
    now: Learned
    again: Learned | None = None

    @property
    def jumped(self) -> bool:
        """Whether the new labels contradict the champion far more than the old ones did."""
        return self.before.skill > 0 and self.now.skill + SURE * self.now.error < NEAR * self.before.skill

    @property
    def leaked(self) -> bool:
        """Whether the refit knows too well: what it must not know stands in a column."""
        if self.again is None:
            return False
        return 1.0 - self.again.skill + SURE * self.again.error < LEAK * (1.0 - self.before.skill)

    @property
    def broken(self) -> str | None:
        """Why nothing may be promoted on these labels; None where they can be believed."""
        if self.again is None:
            return None
        before, again = f"{self.before.skill:.0%}", f"{self.again.skill:.0%}"
        if self.leaked:
            return (
                f"a refit takes away {again} of a constant's loss, the champion took {before}: so good a model has "
                "found the answer among the columns"
            )
        if self.jumped and self.again.skill < NEAR * self.before.skill:
            return (
                f"the champion took away {before} of a constant's loss, on the new labels {self.now.skill:.0%}, and a "
                f"refit on them comes back to {again} only: a changed world can be learned, broken labels cannot"
            )
        return None


def learned_by(oof: OutOfFold, after: float = -np.inf) -> Learned | None:
    """The skill of out-of-fold predictions of rows later than `after` (microseconds of UTC), where rows have a time.

    None where there are no such rows.
    """
    time = oof.rows.time
    kept = np.ones(oof.rows.n, dtype=np.bool_) if time is None else ~(time <= after)
    if not kept.any():
        return None
    weight = None if oof.rows.weight is None else oof.rows.weight[kept]
    return skill(oof.calibrated[kept], oof.rows.y[kept], numbers=oof.task.kind == "regression", weight=weight)


def believed(ground: Ground) -> Learned | None:
    """The champion's skill on its own evidence, all of it; None where it keeps no rows."""
    parts = [part for part in (ground.oof, ground.test) if part is not None]
    if not parts:
        return None
    prediction = np.concatenate([part.rows.prediction for part in parts])
    y, weight = (np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "weight"))
    return skill(prediction, y, numbers=_are_numbers(ground), weight=weight)


def answered_with(ground: Ground, rows: Answered, y: Floats, weight: Floats) -> Learned:
    """The champion's skill on new rows."""
    return skill(rows.prediction, y, numbers=_are_numbers(ground), weight=weight)


def skill(prediction: Floats, y: Floats, *, numbers: bool, weight: Floats | None = None) -> Learned:
    """One less the ratio of the losses (log loss, or squared errors) of `prediction` [n, width] and of a constant.

    The error is that of a ratio of means, linearised.
    """
    share = np.ones(y.size) if weight is None else weight
    share = share / share.sum()
    if numbers:
        ours, constant = (prediction[:, 0] - y) ** 2, (y - share @ y) ** 2
    else:
        code, chance = y.astype(np.int64), classes(prediction)
        prior = np.maximum(np.bincount(code, share, chance.shape[1]), np.finfo(np.float64).tiny)
        tiny = np.finfo(np.float64).tiny
        ours, constant = -np.log(np.maximum(chance[np.arange(y.size), code], tiny)), -np.log(prior[code])
    base = float(share @ constant)
    if not base:
        return Learned(skill=0.0, error=0.0, rows=y.size)
    ratio = float(share @ ours) / base
    error = float(np.sqrt(share**2 @ (ours - ratio * constant) ** 2)) / base
    return Learned(skill=1.0 - ratio, error=error, rows=y.size)


def _are_numbers(ground: Ground) -> bool:
    from automl.decide.policy.number_policy import NumberPolicy

    return isinstance(ground.policy, NumberPolicy)
