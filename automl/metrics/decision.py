"""Metrics of decisions: the likeliest class is taken; a threshold moved for money is `decide`'s work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import CLASSIFICATION, CORRELATION, REGRESSION, SHARE, Metric

Floats = NDArray[np.float64]


def _accuracy(y: Floats, prediction: Floats, weight: Floats) -> float:
    return float(np.average(_decision(prediction) == y, weights=weight))


def _balanced_accuracy(y: Floats, prediction: Floats, weight: Floats) -> float:
    """The mean recall over the classes that the rows have."""
    table = _confusion(y, prediction, weight)
    present = table.sum(axis=1) > 0
    return float((np.diag(table)[present] / table.sum(axis=1)[present]).mean())


def _f1(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Of the positive label; several classes: the plain mean over those that are true or decided somewhere."""
    table = _confusion(y, prediction, weight)
    right, either = np.diag(table), table.sum(axis=0) + table.sum(axis=1)
    by_class = np.divide(2 * right, either, out=np.zeros_like(right), where=either > 0)
    return float(by_class[1] if prediction.shape[1] == 1 else by_class[either > 0].mean())


def _recall(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Of the positive label; several classes: the plain mean over those that are true somewhere."""
    table = _confusion(y, prediction, weight)
    true = table.sum(axis=1)
    by_class = np.divide(np.diag(table), true, out=np.zeros_like(true), where=true > 0)
    return float(by_class[1] if prediction.shape[1] == 1 else by_class[true > 0].mean())


def _precision(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Of the positive label, 0 where it is never decided; several classes: the plain mean over those that are."""
    table = _confusion(y, prediction, weight)
    decided = table.sum(axis=0)
    by_class = np.divide(np.diag(table), decided, out=np.zeros_like(decided), where=decided > 0)
    return float(by_class[1] if prediction.shape[1] == 1 else by_class[decided > 0].mean())


def _no_positive(y: Floats) -> str | None:
    return None if np.any(y > 0) else f"none of {y.size:,} rows has the positive label"


def _mcc(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Matthews' correlation for several classes (Gorodkin 2004); 0 where truth or decision does not vary."""
    table = _confusion(y, prediction, weight)
    true, decided, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    together = np.trace(table) * total - true @ decided
    scale = (total**2 - true @ true) * (total**2 - decided @ decided)
    return float(together / np.sqrt(scale)) if scale > 0 else 0.0


def _decision(prediction: Floats) -> NDArray[np.int64]:
    if prediction.shape[1] == 1:
        return (prediction[:, 0] > 0.5).astype(np.int64)  # noqa: PLR2004  # the likelier of two labels
    return np.asarray(prediction.argmax(axis=1))


def _confusion(y: Floats, prediction: Floats, weight: Floats) -> Floats:
    """The weight of the rows by true class and decided class."""
    classes = max(prediction.shape[1], 2)
    cell = y.astype(np.int64) * classes + _decision(prediction)
    table = np.bincount(cell, weights=weight, minlength=classes * classes)
    return table.astype(np.float64).reshape(classes, classes)


accuracy = Metric(
    name="accuracy",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_accuracy,
    bounds=SHARE,
)
balanced_accuracy = Metric(
    name="balanced_accuracy",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_balanced_accuracy,
    bounds=SHARE,
)
f1 = Metric(
    name="f1",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_f1,
    bounds=SHARE,
)
recall = Metric(
    name="recall",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_recall,
    undefined=_no_positive,
    bounds=SHARE,
)
precision = Metric(
    name="precision",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_precision,
    bounds=SHARE,
)
mcc = Metric(
    name="mcc",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="decision",
    loss="log_loss",
    function=_mcc,
    bounds=CORRELATION,
)
cost = Metric(
    name="cost",
    kinds=CLASSIFICATION | REGRESSION,
    greater_is_better=False,
    needs="decision",
    loss="log_loss",
    function=None,
)
