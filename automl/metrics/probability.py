"""Metrics of probabilities: proper scores and rankings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import CLASSIFICATION, LOSS, SHARE, Metric

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TINY = float(np.finfo(np.float64).eps)


def _log_loss(y: Floats, prediction: Floats, weight: Floats) -> float:
    likely = np.clip(_of_truth(y, prediction), TINY, 1 - TINY)
    return float(np.average(-np.log(likely), weights=weight))


def _brier(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Binary: (p - y)^2; several classes: summed over the classes, as Brier (1950) wrote it."""
    if prediction.shape[1] == 1:
        return float(np.average((prediction[:, 0] - y) ** 2, weights=weight))
    truth = y[:, None] == np.arange(prediction.shape[1])
    return float(np.average(((prediction - truth) ** 2).sum(axis=1), weights=weight))


def _roc_auc(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Several classes: each present class against the rest, then the plain mean."""
    return _mean_over_classes(_area, y, prediction, weight)


def _average_precision(y: Floats, prediction: Floats, weight: Floats) -> float:
    """Several classes: each present class against the rest, then the plain mean."""
    return _mean_over_classes(_precision_by_recall, y, prediction, weight)


def _of_truth(y: Floats, prediction: Floats) -> Floats:
    if prediction.shape[1] == 1:
        return np.where(y == 1, prediction[:, 0], 1 - prediction[:, 0])
    return np.take_along_axis(prediction, y.astype(np.int64)[:, None], axis=1)[:, 0]


def _mean_over_classes(
    rank: Callable[[Flags, Floats, Floats], float], y: Floats, prediction: Floats, weight: Floats
) -> float:
    if prediction.shape[1] == 1:
        return rank(y == 1, prediction[:, 0], weight)
    present = np.unique(y).astype(np.int64)
    return float(np.mean([rank(y == code, prediction[:, code], weight) for code in present]))


def _area(positive: Flags, score: Floats, weight: Floats) -> float:
    """P(a positive ranks above a negative), ties count half (Hanley and McNeil 1982), with weights."""
    positives, negatives = _by_score(positive, score, weight)
    above = negatives.sum() - np.cumsum(negatives) + negatives / 2  # highest score first: what comes later ranks below
    return float(positives @ above / (positives.sum() * negatives.sum()))


def _precision_by_recall(positive: Flags, score: Floats, weight: Floats) -> float:
    positives, negatives = _by_score(positive, score, weight)
    found = np.cumsum(positives)
    acted = found + np.cumsum(negatives)
    precision = np.divide(found, acted, out=np.zeros_like(found), where=acted > 0)
    return float(positives @ precision / positives.sum())


def _by_score(positive: Flags, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The weight of positives and of negatives at each distinct score, highest first."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    place = np.concatenate(([0], np.cumsum(ranked[1:] != ranked[:-1])))
    w = weight[order]
    positives, negatives = (np.bincount(place, weights=w * side[order]) for side in (positive, ~positive))
    return positives.astype(np.float64), negatives.astype(np.float64)


def _one_class(y: Floats) -> str | None:
    return f"all {y.size:,} rows have the same label" if (y == y[0]).all() else None


log_loss = Metric(
    name="log_loss",
    kinds=CLASSIFICATION,
    greater_is_better=False,
    needs="probability",
    loss="log_loss",
    function=_log_loss,
    bounds=LOSS,
)
brier = Metric(
    name="brier",
    kinds=CLASSIFICATION,
    greater_is_better=False,
    needs="probability",
    loss="log_loss",
    function=_brier,
    bounds=LOSS,
)
roc_auc = Metric(
    name="roc_auc",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="probability",
    loss="log_loss",
    function=_roc_auc,
    undefined=_one_class,
    bounds=SHARE,
)
average_precision = Metric(
    name="average_precision",
    kinds=CLASSIFICATION,
    greater_is_better=True,
    needs="probability",
    loss="log_loss",
    function=_average_precision,
    undefined=_one_class,
    bounds=SHARE,
)
