"""Tree ensembles in the graph against numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automl.graph.onnx import to_onnx
from automl.graph.session import Session, open_session
from automl.graph.trees import stairs
from automl.ops.expr import Ensemble, Features, Trees
from automl.ops.forest import score

Grow = Callable[..., Ensemble]
VALUES = [np.nan, 0, 1, 2, 3, -1, 5, 7, 39, 40, 63, 64, 65, 199, -3, 2.0**53, 1e300, 1e19, np.inf, -np.inf]


@pytest.mark.parametrize("modes", [(0,), (1,), (2,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("depth", [0, 1, 6])
def test_the_node_scores_like_numpy(grow: Grow, modes: tuple[int, ...], width: int, depth: int) -> None:
    """Every kind of test, NaN to either side, sets, trees of one leaf, several targets: equal to 1e-13."""
    for seed in range(4):
        ensemble = grow(seed, modes=modes, width=width, depth=depth)
        x = np.random.default_rng(seed).choice(VALUES, size=(120, 4))
        np.testing.assert_allclose(_run(ensemble, x), score(ensemble, x), rtol=0, atol=1e-13)


def test_one_row_gives_the_same_bits_as_many(grow: Grow) -> None:
    """Leaves are summed in the order of the trees, for one row as for many."""
    ensemble = grow(1, trees=200, width=3)
    x = np.random.default_rng(0).choice(VALUES, size=(300, 4))
    session = _session(ensemble, 4)
    whole = session.run({"features": x})["raw"]
    for size in (1, 7, 128):
        parts = [session.run({"features": x[start : start + size]})["raw"] for start in range(0, len(x), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_float32_inputs_are_rounded_first() -> None:
    """A value that float32 rounds onto the threshold takes the side of the threshold, as in XGBoost."""
    third = float(np.float32(1 / 3))
    stump = stairs(np.array([third]), np.array([[1.0], [2.0]]))
    x = np.array([[third - 1e-12]])
    assert _run(stump, x) == score(stump, x) == 1.0
    rounded = replace(stump, float32_inputs=True)
    assert _run(rounded, x) == score(rounded, x) == 2.0


def test_no_trees_give_the_base() -> None:
    """An ensemble without a tree is its base, or zero."""
    none = np.array([], dtype=np.int64)
    ensemble = Ensemble(
        feature=none,
        threshold=np.array([]),
        mode=none.astype(np.int8),
        nan_true=none.astype(np.bool_),
        true_child=none,
        false_child=none,
        sets={},
        leaf_value=np.array([]),
        leaf_target=none,
        roots=none,
        base=np.array([0.0, 0.0]),
    )
    x = np.ones((3, 2))
    assert _run(ensemble, x).tolist() == score(ensemble, x).tolist() == [[0.0, 0.0]] * 3
    based = replace(ensemble, base=np.array([0.0, -1.5]))
    assert _run(based, x).tolist() == score(based, x).tolist() == [[0.0, -1.5]] * 3


@pytest.mark.parametrize("knots", [1, 2, 3, 100])
def test_stairs_count_the_knots_not_above(knots: int) -> None:
    """The balanced trees of a piecewise function find the row that `searchsorted` finds."""
    x = np.sort(np.random.default_rng(knots).normal(size=knots))
    table = np.stack([np.arange(knots + 1.0), -np.arange(knots + 1.0)], axis=1)
    probes = np.concatenate([x, x - 1e-9, x + 1e-9, [-np.inf, np.inf]]).reshape(-1, 1)
    expected = table[np.searchsorted(x, probes[:, 0], side="right")]
    assert _run(stairs(x, table), probes).tolist() == score(stairs(x, table), probes).tolist() == expected.tolist()


def _session(ensemble: Ensemble, columns: int) -> Session:
    leaf = Features(columns)
    return open_session(to_onnx({"raw": Trees(leaf, ensemble)}, inputs=[leaf]))


def _run(ensemble: Ensemble, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return _session(ensemble, x.shape[1]).run({"features": x})["raw"]
