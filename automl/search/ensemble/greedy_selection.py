"""Which models together: greedy selection with replacement on out-of-fold predictions, serving cost in the loop.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble Selection from Libraries of Models, ICML 2004.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import Metric, score

Floats = NDArray[np.float64]

STEPS = 25
MOST_CANDIDATES = 40
MOST_ROWS = 20_000  # more rows do not change the choice, only its price
TIE = 1e-12  # relative


class Price(Protocol):
    """What serving the candidates at these positions together costs, in units of the loss; infinite: they may not."""

    def __call__(self, members: frozenset[int]) -> float: ...


def free(members: frozenset[int]) -> float:
    """Serving costs nothing."""
    del members
    return 0.0


def select(
    predictions: Sequence[Floats],
    y: Floats,
    weight: Floats | None,
    loss: Metric,
    *,
    members: int,
    seed: int,
    price: Price = free,
    rows: int = MOST_ROWS,
) -> dict[int, float]:
    """Weights by position in `predictions` (each [n, width], finite) that sum to 1, at most `members` of them.

    Each step adds the candidate with which the mean of all so far loses least, its price added; ties go to members
    already in. The best prefix of the steps counts. Of more than `rows` rows a random part is looked at. Empty where
    each candidate alone has an infinite price.
    """
    chosen_rows = _some(len(y), rows, seed)
    given = [np.asarray(prediction[chosen_rows]) for prediction in predictions]
    truth, weights = y[chosen_rows], np.ones(len(chosen_rows)) if weight is None else weight[chosen_rows]
    allowed = [c for c in range(len(given)) if np.isfinite(price(frozenset({c})))]
    ranked = sorted(allowed, key=lambda c: (score(loss, truth, given[c], weights), c))[:MOST_CANDIDATES]
    if not ranked:
        return {}
    judge = _judge(np.stack([given[c] for c in ranked]), truth, weights, loss)
    chosen = _greedy(judge, len(ranked), members, lambda inside: price(frozenset(ranked[c] for c in inside)))
    return {ranked[c]: count / len(chosen) for c, count in sorted(Counter(chosen).items())}


Judge = Callable[[Sequence[int]], Floats]


def _greedy(judge: Judge, candidates: int, members: int, price: Price) -> list[int]:
    chosen: list[int] = []
    losses: list[float] = []
    inside: frozenset[int] = frozenset()
    prices = np.empty(0)
    for _ in range(STEPS):
        if not chosen or chosen[-1] not in inside:
            inside = frozenset(chosen)
            prices = np.array([_entry(inside, c, members, price) for c in range(candidates)])
        losing = judge(chosen) + prices
        best = int(losing.argmin())
        familiar = [c for c in sorted(inside) if losing[c] <= losing[best] + TIE * abs(losing[best])]
        chosen.append(familiar[0] if familiar else best)
        losses.append(float(losing[best]))
    return chosen[: int(np.argmin(losses)) + 1]


def _entry(inside: frozenset[int], candidate: int, members: int, price: Price) -> float:
    full = len(inside) >= members and candidate not in inside
    return np.inf if full else price(inside | {candidate})


def _judge(stack: Floats, y: Floats, weight: Floats, loss: Metric) -> Judge:
    """A function from the members so far to the loss [candidates] that each further one would give.

    It is in the unit of `loss`, as prices are: squares beside roots would make the choice hang on the target's unit.
    """
    if loss.name == "log_loss":
        return _Linear(_of_truth(stack, y), weight, lambda mean: -np.log(np.clip(mean, np.finfo(float).eps, None)))
    if loss.name == "rmse":
        squared = _Linear(stack[:, :, 0], weight, lambda mean: (mean - y) ** 2)
        return lambda chosen: np.sqrt(squared(chosen))

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


def _some(n: int, most: int, seed: int) -> NDArray[np.int64]:
    rows = np.random.default_rng(seed).permutation(n)[:most]
    return np.sort(rows)
