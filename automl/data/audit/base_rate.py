"""Resampled rows: weights under which the positive label has its real share again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Finding, Labels, finding
from automl.errors import DataError, SpecError

Floats = NDArray[np.float64]
WHERE = "objective.base_rate"


def check_base_rate(rate: float, labels: Labels) -> None:
    """Raise `SpecError` where `rate` is no share between 0 and 1, or the target has not two labels."""
    if labels.task.kind != "binary":
        raise SpecError("the base rate is the share of one of two labels", where=WHERE, hint="remove it")
    if not 0 < rate < 1:
        raise SpecError("the base rate lies between 0 and 1, and is neither", where=WHERE)


def to_base_rate(y: Floats, weight: Floats | None, rate: float, part: str) -> Floats:
    """The weights [n] of rows whose codes are `y` [n], so that positives are `rate` of all weight; their mean stays.

    Each class keeps its rows as they are and counts more or less as a whole: what differs between sample and reality
    is the share of positives alone (prior shift; Elkan 2001, theorem 2). `weight` are the user's own.
    Raises `DataError` where the part lacks one of the labels.
    """
    own = np.ones(y.size) if weight is None else weight
    share = positives(y, own)
    if not 0 < share < 1:
        which = "has no row but those of one label"
        raise DataError(f"the {part} part {which}, so no base rate can be had", where=WHERE)
    return np.asarray(own * np.where(y == 1, rate / share, (1 - rate) / (1 - share)))


def positives(y: Floats, weight: Floats | None) -> float:
    """The weighted share of positives."""
    return float(np.average(y == 1, weights=weight))


def base_rate_finding(y: Floats, weight: Floats | None, rate: float, labels: Labels) -> Finding:
    """What is done about it, for the audit; `weight` are the user's own."""
    share = positives(y, weight)
    text = (
        f"'{labels.texts[1]}' is {share:.3g} of the train rows and {rate:.3g} of the real ones: "
        "rows of train and test are each weighted to the real share"
    )
    return finding("base rate", labels.name, text, "changed", {"share": share, "base_rate": rate})
