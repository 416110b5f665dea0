"""Which models together: greedy selection with replacement on out-of-fold predictions.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble Selection from Libraries of Models, ICML 2004.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import Metric, score

Floats = NDArray[np.float64]

STEPS = 25
MOST_CANDIDATES = 40
MOST_ROWS = 20_000  # more rows do not change the choice, only its price
TIE = 1e-12  # relative


def select(
    predictions: Sequence[Floats],
    y: Floats,
    weight: Floats | None,
    loss: Metric,
    *,
    members: int,
    seed: int,
) -> dict[int, float]:
    """Weights by position in `predictions` (each [n, width], finite) that sum to 1, at most `members` of them.

    Each step adds the candidate with which the mean of all so far loses least; ties go to members already in.
    The best prefix of the steps counts.
    """
    rows = _some(len(y), seed)
    given = [np.asarray(prediction[rows]) for prediction in predictions]
    truth, weights = y[rows], np.ones(len(rows)) if weight is None else weight[rows]
    ranked = sorted(range(len(given)), key=lambda c: (score(loss, truth, given[c], weights), c))[:MOST_CANDIDATES]
    judge = _judge(np.stack([given[c] for c in ranked]), truth, weights, loss)
    chosen = _greedy(judge, len(ranked), members)
    return {ranked[c]: count / len(chosen) for c, count in sorted(Counter(chosen).items())}


Judge = Callable[[Sequence[int]], Floats]


def _greedy(judge: Judge, candidates: int, members: int) -> list[int]:
    chosen: list[int] = []
    losses: list[float] = []
    for _ in range(STEPS):
        losing = judge(chosen)
        inside = sorted(set(chosen))
        if len(inside) >= members:
            losing[[c for c in range(candidates) if c not in inside]] = np.inf
        best = int(losing.argmin())
        familiar = [c for c in inside if losing[c] <= losing[best] + TIE * abs(losing[best])]
        chosen.append(familiar[0] if familiar else best)
        losses.append(float(losing[best]))
    return chosen[: int(np.argmin(losses)) + 1]


def _judge(stack: Floats, y: Floats, weight: Floats, loss: Metric) -> Judge:
    """A function from the members so far to the loss [candidates] that each further one would give."""
    if loss.name == "log_loss":
        return _Linear(_of_truth(stack, y), weight, lambda mean: -np.log(np.clip(mean, np.finfo(float).eps, None)))
    if loss.name == "rmse":
        return _Linear(stack[:, :, 0], weight, lambda mean: (mean - y) ** 2)

    def any_loss(chosen: Sequence[int]) -> Floats:
        total = stack[list(chosen)].sum(axis=0)
        return np.array([score(loss, y, (total + one) / (len(chosen) + 1), weight) for one in stack])

    return any_loss


class _Linear:
    """Losses that look at one number of each row's prediction, all candidates at once."""

    def __init__(self, values: Floats, weight: Floats, price: Callable[[Floats], Floats]) -> None:
        self.values, self.price = values, price
        self.weight = weight / weight.sum()

    def __call__(self, chosen: Sequence[int]) -> Floats:
        total = self.values[list(chosen)].sum(axis=0)
        return np.asarray(self.price((self.values + total) / (len(chosen) + 1)) @ self.weight)


def _of_truth(stack: Floats, y: Floats) -> Floats:
    """The probability of the true label [candidates, n]; the mean of members has the mean of theirs."""
    if stack.shape[2] == 1:
        return np.where(y == 1, stack[:, :, 0], 1 - stack[:, :, 0])
    return np.take_along_axis(stack, y.astype(np.int64)[None, :, None], axis=2)[:, :, 0]


def _some(n: int, seed: int) -> NDArray[np.int64]:
    rows = np.random.default_rng(seed).permutation(n)[:MOST_ROWS]
    return np.sort(rows)
