"""What a metric is, how to get one by the field's name, and which proper score the search minimises for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.errors import AutomlError
from automl.registry import Registry
from automl.task import Kind, Task

Floats = NDArray[np.float64]
Function = Callable[[Floats, Floats, Floats], float]
Undefined = Callable[[Floats], str | None]

CLASSIFICATION: frozenset[Kind] = frozenset({"binary", "multiclass"})
REGRESSION: frozenset[Kind] = frozenset({"regression"})

SHARE = (0.0, 1.0)  # bounds of metrics
CORRELATION = (-1.0, 1.0)
LOSS = (0.0, math.inf)
EXPLAINED = (-math.inf, 1.0)


def _always_defined(_y: Floats) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `function(y [n], prediction, weight [n])` computes it, None where that is another room's work.

    `prediction` is [n, classes] probabilities ([n, 1] of the positive label for binary) or [n, 1] numbers;
    `needs` says what the metric makes of it: a decision is the likeliest class. `undefined(y)` gives the
    reason in plain words why the metric has no value on these rows, or None. `loss` names the proper score
    that the search minimises for it. `bounds` are what no value can leave, so that no interval does.
    """

    name: str
    kinds: frozenset[Kind]
    greater_is_better: bool
    needs: Literal["probability", "decision", "number"]
    loss: str
    function: Function | None
    undefined: Undefined = _always_defined
    bounds: tuple[float, float] = (-math.inf, math.inf)


metrics = Registry("automl.metrics", Metric, "metric")


def get(name: str) -> Metric:
    """The metric called `name`; a wrong name is answered with the nearest right one."""
    return metrics.get(name)


def loss(metric: Metric, kind: Kind) -> Metric:
    """The proper score for `metric` on a problem of `kind`: smaller is better, defined on any rows it can be fitted on.

    Searching on a metric of decisions (accuracy, cost) would fit the threshold and not the probabilities.
    """
    if metric.name == "cost" and kind == "regression":
        return get("rmse")
    return get(metric.loss)


def default(task: Task) -> str:
    """The metric where the spec names none."""
    return "rmse" if task.kind == "regression" else "log_loss"


def why_undefined(metric: Metric, y: Floats, prediction: Floats, weight: Floats | None = None) -> str | None:
    """Why `metric` has no value here, in plain words; None if it has one (R17). Rows of weight 0 are no rows."""
    if y.size == 0:
        return "there are no rows"
    if not np.isfinite(prediction).all():
        return "some rows have no prediction"
    counted = y if weight is None else y[weight > 0]
    return metric.undefined(counted) if counted.size else "no row has a weight above 0"


def score(metric: Metric, y: Floats, prediction: Floats, weight: Floats | None = None) -> float:
    """The metric of `prediction` [n, width] (see `Metric`) for `y` [n], class codes or numbers.

    NaN where it is undefined; `why_undefined` has the reason. Infinite where it is beyond what a float64 holds.
    """
    if metric.function is None:
        raise AutomlError(f"the metric '{metric.name}' is not computed from predictions alone")
    if why_undefined(metric, y, prediction, weight) is not None:
        return float("nan")
    if weight is not None and not (weight > 0).all():
        y, prediction, weight = y[weight > 0], prediction[weight > 0], weight[weight > 0]
    with np.errstate(over="ignore"):
        return float(metric.function(y, prediction, np.ones_like(y) if weight is None else weight))
