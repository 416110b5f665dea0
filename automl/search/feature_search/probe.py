"""What a worker runs for the search over features: a small booster on some columns, and what it made of each.

It imports neither polars nor the search engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.learners._dense import row_loss
from automl.learners.base import FeatureInfo, Floats, Learner, Matrix, Model
from automl.learners.lightgbm import LightGBMModel
from automl.ops.expr import Ensemble, Trees, walk
from automl.registry import Registry
from automl.search.worker.fold_fit import LEARNERS
from automl.task import Task

LEARNER = "lightgbm"
RATE = 0.1
ROUNDS = 200  # of all classes together, at most: it stops early


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One fit. `files` hold the columns [n, .] side by side, `fit` and `valid` are positions of rows.

    The columns from `shadowed` on get a permuted copy each: what a booster makes of those is noise.
    """

    files: tuple[str, ...]
    features: tuple[FeatureInfo, ...]
    y: str
    weight: str | None
    fit: NDArray[np.int64]
    valid: NDArray[np.int64]
    task: Task
    seed: int
    seconds: float
    shadowed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """`loss` [valid] of the predicted rows; `weight` of the columns, copies last, and of pairs of them `together`.

    A column weighs what its splits saved of the loss on the fitted rows, as a share of what all splits saved.
    """

    loss: Floats
    weight: Floats
    together: dict[tuple[int, int], float]


def run(*, probe: Probe) -> Probed:
    """Fit on the fold's rows, stop early on the others."""
    values = np.hstack([np.load(file, allow_pickle=False) for file in probe.files])
    features = probe.features
    if probe.shadowed is not None:
        copies = np.random.default_rng(probe.seed).permuted(values[:, probe.shadowed :], axis=0)
        values, features = np.hstack([values, copies]), (*features, *features[probe.shadowed :])
    y = np.load(probe.y, allow_pickle=False)
    counted = None if probe.weight is None else np.load(probe.weight, allow_pickle=False)
    train, valid = (matrix(values, features, y, counted, rows) for rows in (probe.fit, probe.valid))
    model, loss, weight = fit_probe(train, valid, probe.task, seed=probe.seed, seconds=probe.seconds)
    together: dict[tuple[int, int], float] = {}
    for part in walk(model.member().raw):
        if isinstance(part, Trees):
            _pair(part.ensemble, together)
    return Probed(loss=loss, weight=weight, together=together)


def fit_probe(
    train: Matrix, valid: Matrix, task: Task, *, seed: int, seconds: float, faster: float = 1.0
) -> tuple[Model, Floats, Floats]:
    """The booster fitted on `train`, which stops early on `valid`; its loss [valid] there, and the columns' weights.

    A `faster` one learns in so many times larger and fewer steps: its weights are about the same, its loss is not.
    """
    learner = Registry(LEARNERS, Learner, "learner").get(LEARNER)
    params = _params(task)
    params |= {"learning_rate": faster * RATE, "rounds": max(1, round(params["rounds"] / faster))}
    model = learner.fit(train, valid, task, params, seed=seed, seconds=seconds)
    loss, _ = row_loss(task, model.raw(valid.values), valid.y)
    weight = np.zeros(len(train.features))
    if isinstance(model, LightGBMModel):
        weight = model.booster.feature_importance("gain", model.kept)
    return model, np.asarray(loss, dtype=np.float64), weight / max(weight.sum(), 1e-300)


def _params(task: Task) -> dict[str, Any]:
    """A booster like those of the search: a weaker one gains from columns that theirs do without, and the reverse."""
    return {
        "learning_rate": RATE,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "max_bin": 127,
        "rounds": max(25, ROUNDS // task.width),
    }


def matrix(
    values: Floats, features: tuple[FeatureInfo, ...], y: Floats, weight: Floats | None, rows: NDArray[np.int64]
) -> Matrix:
    """What a learner sees of the columns [n, F] at some rows."""
    return Matrix(
        values=np.ascontiguousarray(values[rows]),
        features=features,
        y=y[rows],
        weight=None if weight is None else weight[rows],
    )


def _pair(ensemble: Ensemble, together: dict[tuple[int, int], float]) -> None:
    """A split right below another one counts for both, by the rows it sees if every split halves them."""
    for root in ensemble.roots.tolist():
        for node, above, share in _nodes(ensemble, root):
            feature = int(ensemble.feature[node])
            if above is not None and above != feature:
                pair = (min(above, feature), max(above, feature))
                together[pair] = together.get(pair, 0.0) + share


def _nodes(ensemble: Ensemble, root: int) -> Iterator[tuple[int, int | None, float]]:
    """Each node with the feature of the one above it, and its share of the rows."""
    stack: list[tuple[int, int | None, float]] = [(root, None, 1.0)]
    while stack:
        node, above, share = stack.pop()
        if node >= 0:
            yield node, above, share
            feature = int(ensemble.feature[node])
            stack += [(int(child[node]), feature, share / 2) for child in (ensemble.true_child, ensemble.false_child)]
