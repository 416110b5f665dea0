"""The losses that members are refreshed by: of each row its loss, its slope and its curvature in the raw scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.sparse_linear import SLOPES

Floats = NDArray[np.float64]
Loss = Callable[[Floats, Floats], tuple[Floats, Floats, Floats]]
"""Scores [n, width] and targets [n] -> loss [n], slope [n, width], curvature [n, width]."""

FLAT = 1e-16  # the least curvature
POWER = 1.5  # of Tweedie's variance, as LightGBM and XGBoost have it by default
NEAR = 0.01  # of the typical error: nearer to its target a row counts no more (absolute errors have no curvature)


def logistic(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Log loss of two labels."""
    loss, slope = SLOPES["binary"](score, y[:, None])
    share = slope + y[:, None]
    return loss, slope, np.maximum(share * (1.0 - share), FLAT)


def softmax(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Log loss of several labels; the curvature of each score alone, in the bound of LightGBM: times K / (K - 1)."""
    classes = score.shape[1]
    hot = (y[:, None] == np.arange(classes)).astype(np.float64)
    loss, slope = SLOPES["multiclass"](score, hot)
    share = slope + hot
    return loss, slope, np.maximum(classes / (classes - 1.0) * share * (1.0 - share), FLAT)


def squared(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Half of the squared error."""
    loss, slope = SLOPES["regression"](score, y[:, None])
    return loss, slope, np.ones_like(slope)


def absolute(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """The error's size; its curvature is that of the square that touches it (iteratively reweighted squares)."""
    error = score - y[:, None]
    size = np.abs(error)
    near = NEAR * float(np.median(size)) or 1.0
    return size[:, 0], np.sign(error), 1.0 / np.maximum(size, near)


def poisson(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Poisson's, of the log of the expected number."""
    mean = np.exp(score)
    return (mean - y[:, None] * score)[:, 0], mean - y[:, None], np.maximum(mean, FLAT)


def gamma(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Gamma's, of the log of the expected number."""
    ratio = y[:, None] * np.exp(-score)
    return (ratio + score)[:, 0], 1.0 - ratio, np.maximum(ratio, FLAT)


def tweedie(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Tweedie's with the power 1.5, of the log of the expected number."""
    low, high = y[:, None] * np.exp((1.0 - POWER) * score), np.exp((2.0 - POWER) * score)
    loss = -low / (1.0 - POWER) + high / (2.0 - POWER)
    return loss[:, 0], high - low, np.maximum((POWER - 1.0) * low + (2.0 - POWER) * high, FLAT)


def shares(score: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Log loss of what are probabilities already, as those of a forest are: of the positive label, or of each."""
    wide = np.hstack([1.0 - score, score]) if score.shape[1] == 1 else score
    own = np.take_along_axis(wide, y.astype(np.int64)[:, None], axis=1)
    hot = y[:, None] if score.shape[1] == 1 else (y[:, None] == np.arange(score.shape[1])).astype(np.float64)
    return -np.log(np.maximum(own[:, 0], FLAT)), score - hot, np.ones_like(score)


OF_LOGS: Mapping[str, Loss] = {"poisson": poisson, "gamma": gamma, "tweedie": tweedie}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a member learned: its `loss`, its targets from those of the task, and its prediction from its raw score."""

    loss: Loss
    learned: Callable[[Floats], Floats]
    predicted: Callable[[Floats], Floats]

    @property
    def averages(self) -> bool:
        """Whether its raw score is a mean of shares, and no sum that is squeezed into one."""
        return self.loss is shares
