"""Trees on many rows against the plainest walk of one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from automl.ops import forest
from automl.ops.expr import Ensemble
from automl.ops.forest import score

Grow = Callable[..., Ensemble]


def walk_one(ensemble: Ensemble, row: list[float]) -> list[float]:
    """The raw score of one row, node by node, as `Ensemble` tells it."""
    total = [0.0] * ensemble.width
    for root in ensemble.roots.tolist():
        node = root
        while node >= 0:
            value, threshold = row[ensemble.feature[node]], ensemble.threshold[node]
            if isnan(value):
                yes = bool(ensemble.nan_true[node])
            else:
                yes = [value <= threshold, value < threshold, value in ensemble.sets.get(node, ())][ensemble.mode[node]]
            node = int(ensemble.true_child[node] if yes else ensemble.false_child[node])
        total[ensemble.leaf_target[-1 - node]] += ensemble.leaf_value[-1 - node]
    return [part + base for part, base in zip(total, ensemble.base, strict=True)]


@pytest.mark.parametrize("modes", [(0,), (1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("width", [1, 3])
def test_all_trees_level_by_level_are_one_tree_node_by_node(grow: Grow, modes: tuple[int, ...], width: int) -> None:
    """Every kind of test, NaN to either side, sets, fractions, infinities, several targets."""
    values = [np.nan, 0, 1, 2, 3, -1, 0.5, 39, 40, 199, -np.inf, np.inf, 1e300]
    for seed in range(5):
        ensemble = grow(seed, modes=modes, width=width)
        x = np.random.default_rng(seed).choice(values, size=(40, 4))
        np.testing.assert_allclose(score(ensemble, x), [walk_one(ensemble, row) for row in x.tolist()], atol=1e-12)


def test_blocks_of_rows_change_nothing(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large inputs go through in blocks, to keep memory level; the scores are the same bits."""
    ensemble, x = grow(1, width=2), np.random.default_rng(0).integers(-3, 4, (50, 4)).astype(float)
    whole = score(ensemble, x)
    monkeypatch.setattr(forest, "CELLS", 21)
    assert score(ensemble, x).tobytes() == whole.tobytes()


def test_no_rows_have_no_scores(grow: Grow) -> None:
    """An empty matrix gives [0, width]."""
    assert score(grow(0, width=3), np.empty((0, 4))).shape == (0, 3)


def test_beyond_float32_is_infinite_without_a_warning(grow: Grow) -> None:
    """D14: float32 inputs above its range compare as infinities."""
    ensemble = replace(grow(2, modes=(0, 1)), float32_inputs=True)
    assert score(ensemble, np.full((1, 4), 1e300)) == score(ensemble, np.full((1, 4), np.inf))
