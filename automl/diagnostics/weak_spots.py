"""Where the model is weak: a shallow tree over what rows cost parts the rows into a few kinds that people can name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.frames import counted
from automl.decide.verdict.bootstrap import Bootstrap, interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAVES = 6
FEWEST = 50  # rows of a leaf, or a twentieth of all
MOST_LEVELS = 8  # of a category that are asked about one by one, the most frequent
MOST_ROWS = 20_000
RESAMPLES = 400
HUGE = 1e30  # the tree takes float32


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakSpot:
    """Rows of which all `conditions` hold: how many, their share, and what one loses on average, with its interval."""

    conditions: tuple[str, ...]
    rows: int
    share: float
    loss: float
    low: float
    high: float


def weak_spots(frame: pl.DataFrame, loss: Floats, weight: Floats, *, seed: int) -> tuple[WeakSpot, ...]:
    """The leaves of a tree of at most `LEAVES` over the columns of `frame`, the heaviest loss first.

    `frame` is in wire types, `loss` [n] what each row cost or lost. The tree is grown on one half of the rows and told
    on the other, so that what it says is no luck of the draw. Empty where there are too few rows, or where nothing
    parts them.
    """
    from sklearn.tree import DecisionTreeRegressor

    n = loss.size
    least = max(FEWEST, n // 20)
    if n < 4 * least:
        return ()
    drawn = np.random.default_rng(seed).permutation(n)[:MOST_ROWS]
    grown, told = np.array_split(drawn, 2)
    questions = list(_questions(frame))
    values = np.column_stack([question.values for question in questions]) if questions else np.empty((n, 0))
    if not values.shape[1]:
        return ()
    tree = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=least, random_state=seed)
    tree.fit(values[grown], loss[grown], sample_weight=weight[grown])
    leaves = tree.apply(values[told])
    paths = dict(_paths(tree.tree_, questions))
    found = [
        _spot(paths[leaf], told[leaves == leaf], loss, weight, n=told.size, seed=seed) for leaf in np.unique(leaves)
    ]
    return tuple(sorted(found, key=lambda one: -one.loss)) if len(found) > 1 else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A column of numbers, missing ones below all; or whether a category is at one level."""

    name: str
    values: Floats
    level: str | None = None

    def says(self, edge: float, *, above: bool) -> str:
        if self.level is None:
            return f"{self.name} {'above' if above else 'at most'} {edge:.4g}"
        return f"{self.name} {'is' if above else 'is not'} {self.level or 'missing'}"


def _questions(frame: pl.DataFrame) -> Iterator[_Question]:
    for column in frame:
        if column.dtype != pl.String:
            values = column.to_numpy().astype(np.float64)
            there = np.isfinite(values)
            below = values[there].min() - 1.0 if there.any() else 0.0
            yield _Question(name=column.name, values=np.where(there, values, below).clip(-HUGE, HUGE))
        else:
            often = counted(column).sort("count", "value", descending=[True, False])["value"].head(MOST_LEVELS)
            for level in often:
                yield _Question(name=column.name, values=(column == level).cast(pl.Float64).to_numpy(), level=level)


def _paths(tree: Any, questions: Sequence[_Question]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each leaf with what holds of its rows; of several conditions of one kind on a column the last one counts."""
    waiting: list[tuple[int, Mapping[tuple[int, bool], str]]] = [(0, {})]
    while waiting:
        node, holds = waiting.pop()
        if tree.children_left[node] < 0:
            yield node, tuple(holds.values())
            continue
        feature, edge = int(tree.feature[node]), float(tree.threshold[node])
        for child, above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            said = questions[feature].says(edge, above=above)
            waiting.append((int(child), {**holds, (feature, above): said}))


def _spot(conditions: tuple[str, ...], at: Ints, loss: Floats, weight: Floats, *, n: int, seed: int) -> WeakSpot:
    draws = Bootstrap.over(at.size, None, seed=seed, resamples=RESAMPLES)
    low, high = interval(draws.means(loss[at][:, None], weight[at])[:, 0])
    mean = float(np.average(loss[at], weights=weight[at]))
    return WeakSpot(conditions=conditions, rows=at.size, share=at.size / n, loss=mean, low=low, high=high)
