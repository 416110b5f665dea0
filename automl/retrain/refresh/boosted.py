"""New leaf values of boosted trees: the trees go through the new rows once more, in the order in which they grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.retrain.refresh.losses import Loss

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How far a refresh may go: each tree makes `pace` / trees of a Newton step, drawn to nothing by `prior` rows."""

    pace: float
    prior: float


STILL = Strength(pace=0.0, prior=1.0)
STRENGTHS = (
    STILL,
    Strength(pace=2.0, prior=20.0),
    Strength(pace=6.0, prior=20.0),
    Strength(pace=18.0, prior=20.0),
    Strength(pace=18.0, prior=1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """The trees of a member in the order of the graph: row i is in leaf `codes[t, i]` of tree t.

    `values[t]` are its leaves' values, `targets[t]` the column of the raw score that they are added to.
    """

    codes: Codes  # [trees, n]
    values: tuple[Floats, ...]
    targets: Ints  # [trees]

    @property
    def rounds(self) -> list[Ints]:
        """The trees of each round of boosting: one of each column."""
        own = [np.flatnonzero(self.targets == column) for column in range(int(self.targets.max(initial=-1)) + 1)]
        most = max(map(len, own), default=0)
        return [np.array([trees[number] for trees in own if number < len(trees)]) for number in range(most)]

    def take(self, rows: Ints) -> Grown:
        """The same trees over these rows."""
        return Grown(codes=self.codes.take(rows, axis=1), values=self.values, targets=self.targets)


def steps(grown: Grown, start: Floats, y: Floats, weight: Floats, loss: Loss, strength: Strength) -> list[Floats]:
    """What is added to the leaves of each tree.

    `start` [n, width] are the raw scores of the old trees, all of them; `y` [n] and `weight` [n] those of the rows that
    are learned from. Each tree in its turn corrects what the old trees and the steps before it leave: of a leaf with
    the slopes G and the curvatures H, -G / (H + prior) times the pace. It is boosting (Friedman 2001) over trees that
    stand, and what LightGBM's `refit` does with ``decay_rate=0`` where it begins at the old scores (``init_score``).
    """
    score, rounds = start.copy(), grown.rounds
    rate = strength.pace / max(1, len(rounds))
    found: list[Floats] = [np.zeros(len(values)) for values in grown.values]
    if not rate:
        return found
    prior = strength.prior * _typical(loss(score, y)[2], weight)
    for trees in rounds:
        _, slope, curvature = loss(score, y)
        for tree in trees.tolist():
            column, leaves = grown.targets[tree], len(found[tree])
            codes = grown.codes[tree]
            down = np.bincount(codes, slope[:, column] * weight, leaves)
            curve = np.bincount(codes, curvature[:, column] * weight, leaves)
            there = curve > 0.0
            found[tree][there] = -rate * down[there] / (curve[there] + prior)
            score[:, column] += found[tree][codes]
    return found


def moved(grown: Grown, start: Floats, added: Sequence[Floats]) -> Floats:
    """The raw scores `start` [n, width] of the old trees with what was added to their leaves."""
    score = start.copy()
    for codes, column, own in zip(grown.codes, grown.targets.tolist(), added, strict=True):
        score[:, column] += own[codes]
    return score


def _typical(curvature: Floats, weight: Floats) -> float:
    """The curvature of one row."""
    return float(np.average(curvature.mean(axis=1), weights=weight))
