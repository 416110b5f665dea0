"""A metric of the user's own: a function of y, p and weight that the fit judges by, and nothing that opens a bundle."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from numbers import Real
from typing import Any, TypeVar

import numpy as np

from automl.errors import DataError, SpecError, nearest
from automl.metrics.base import Floats, Metric
from automl.task import Kind, Task

WHERE = "objective.metric"
SENSE = "greater_is_better"  # the attribute that says it
F = TypeVar("F", bound=Callable[..., float])


def higher_is_better(function: F) -> F:
    """Say of a function of y, p and weight that models improve as its value grows."""
    setattr(function, SENSE, True)
    return function


def lower_is_better(function: F) -> F:
    """Say of a function of y, p and weight that models improve as its value falls."""
    setattr(function, SENSE, False)
    return function


def is_reference(name: str) -> bool:
    """Whether a metric's name says where a function stands, such as ``mypackage.module:function``."""
    return ":" in name


def without_code(name: str | None) -> str | None:
    """The metric that a bundle's spec names; None where that is code: whoever opens a bundle imports none of it."""
    return None if name is None or is_reference(name) else name


def reference(function: Any) -> str:
    """Where a function stands, as a spec names it."""
    kind = type(function)
    return f"{getattr(function, '__module__', kind.__module__)}:{getattr(function, '__qualname__', kind.__qualname__)}"


def imported(name: str) -> Any:
    """The function at a reference. Its module is imported: only a fit calls this, for the spec of its own user."""
    module, _, attribute = name.partition(":")
    try:
        home = importlib.import_module(module)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        hint = "Install the package, or name its folder in PYTHONPATH."
        raise SpecError(f"the metric's module '{module}' cannot be imported: {why}", where=WHERE, hint=hint) from error
    if not hasattr(home, attribute):
        close = nearest(attribute, vars(home))
        hint = f"did you mean '{close}'?" if close else "Name a function that stands in it."
        raise SpecError(f"'{module}' has no '{attribute}'", where=WHERE, hint=hint)
    return getattr(home, attribute)


def own_metric(function: Any, name: str, kind: Kind) -> Metric:
    """The function as a metric of a problem of `kind`; the search minimises the usual proper score beside it.

    It is called with y [n], p and weight [n]: p [n] is the number or the probability of the positive label, whose y is
    1; of several labels [n, classes], y their places. NaN and errors are "no value": see `check_own`.
    """
    if not callable(function):
        raise SpecError(f"{name} is no function", where=WHERE)
    if not isinstance(getattr(function, SENSE, None), bool):
        hint = "Put @automl.higher_is_better or @automl.lower_is_better in front of it."
        raise SpecError(f"{name} does not say which way models improve", where=WHERE, hint=hint)

    def value(y: Floats, prediction: Floats, weight: Floats) -> float:
        try:
            return _called(function, y, prediction, weight)
        except Exception:  # noqa: BLE001  # whatever it raises on these rows: it judged others before
            return math.nan

    number = kind == "regression"
    return Metric(
        name=name,
        kinds=frozenset({kind}),
        greater_is_better=getattr(function, SENSE),
        needs="number" if number else "probability",
        loss="rmse" if number else "log_loss",
        function=value,
    )


def check_own(function: Any, name: str, y: Floats, weight: Floats | None, task: Task, *, seed: int) -> None:
    """Refuse a metric that cannot judge the rows to learn from: it is tried on predictions that know half the truth.

    `y` [n] is the target of train. Raises `DataError` where it raises, or gives anything but one finite number.
    """
    prediction = _guessed(y, task, np.random.default_rng(seed))
    try:
        value = _called(function, y, prediction, np.ones_like(y) if weight is None else weight)
    except Exception as error:
        raise _unjudged(name, y, f"it raises {type(error).__name__}: {error}") from error
    if not math.isfinite(value):
        raise _unjudged(name, y, f"it gives {value}")


def _called(function: Any, y: Floats, prediction: Floats, weight: Floats) -> float:
    p = prediction[:, 0] if prediction.shape[1] == 1 else prediction
    value = function(y.copy(), p.copy(), weight.copy())  # what it changes is its own
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not isinstance(value, Real | np.bool_):
        raise TypeError(f"one number is expected, not {_described(value)}")
    return float(value)


def _described(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__


def _guessed(y: Floats, task: Task, rng: np.random.Generator) -> Floats:
    """Predictions [n, width or classes] between the mean and the truth, with the rows' places changed for a third."""
    known = np.where(rng.random(y.size) < 1 / 3, rng.permutation(y), y)
    if task.kind == "regression":
        return np.asarray((known + y.mean()) / 2)[:, None]
    places = np.arange(task.classes)
    truth = (known[:, None] == places).astype(np.float64)
    mixed: Floats = (truth + (y[:, None] == places).mean(axis=0)) / 2
    return mixed[:, 1:] if task.kind == "binary" else mixed


def _unjudged(name: str, y: Floats, why: str) -> DataError:
    what = f"{name} cannot judge {y.size:,} rows out of fold: {why}"
    return DataError(what, where=WHERE, hint="It is called with y, p and weight, and gives one finite number.")
