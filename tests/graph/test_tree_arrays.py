"""A walk through the trees of a graph always ends and never leaves their arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from automl.graph.tree_arrays import DEEPEST, check_trees


def ints(*values: int) -> np.ndarray[Any, Any]:
    """Whole numbers as the reader gives them."""
    return np.array(values, dtype=np.int64)


GOOD: dict[str, Any] = {
    "n_targets": 1,
    "aggregate_function": 1,
    "tree_roots": ints(0),
    "nodes_featureids": ints(0, 1),
    "nodes_modes": np.array([0, 1], dtype=np.uint8),
    "nodes_splits": np.array([0.5, 1.5]),
    "nodes_truenodeids": ints(1, 0),
    "nodes_trueleafs": ints(0, 1),
    "nodes_falsenodeids": ints(1, 2),
    "nodes_falseleafs": ints(1, 1),
    "nodes_missing_value_tracks_true": ints(0, 1),
    "leaf_targetids": ints(0, 0, 0),
    "leaf_weights": np.array([1.0, 2.0, 3.0]),
}


def chain(depth: int) -> dict[str, Any]:
    """One tree that goes down on one side only."""
    below = np.append(np.arange(1, depth), 0)
    last = np.append(np.zeros(depth - 1, dtype=np.int64), 1)
    return GOOD | {
        "nodes_featureids": np.zeros(depth, dtype=np.int64),
        "nodes_modes": np.zeros(depth, dtype=np.uint8),
        "nodes_splits": np.zeros(depth),
        "nodes_truenodeids": below,
        "nodes_trueleafs": last,
        "nodes_falsenodeids": np.arange(depth) + 1,
        "nodes_falseleafs": np.ones(depth, dtype=np.int64),
        "nodes_missing_value_tracks_true": np.zeros(depth, dtype=np.int64),
        "leaf_targetids": np.zeros(depth + 1, dtype=np.int64),
        "leaf_weights": np.zeros(depth + 1),
    }


def test_trees_in_order_pass() -> None:
    """Their count of targets is told; a set of members is asked for where a node tests one."""
    assert check_trees(GOOD, columns=2) == 1
    sets = {"nodes_modes": np.array([6, 0], dtype=np.uint8), "membership_values": np.array([1.0, np.nan])}
    assert check_trees(GOOD | sets, columns=2) == 1
    assert check_trees(chain(DEEPEST), columns=1) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nodes_truenodeids": ints(0, 0)}, "reached twice"),
        ({"nodes_truenodeids": ints(9, 0)}, "node that is not there"),
        ({"nodes_truenodeids": ints(-1, 0)}, "node that is not there"),
        ({"nodes_falsenodeids": ints(1, 3)}, "leaf that is not there"),
        ({"nodes_featureids": ints(0, 7)}, "column that is not there"),
        ({"nodes_featureids": ints(0, -1)}, "column that is not there"),
        ({"nodes_modes": np.array([3, 0], dtype=np.uint8)}, "compares"),
        ({"nodes_modes": np.array([6, 0], dtype=np.uint8)}, "sets"),
        ({"membership_values": np.array([1.0, np.nan])}, "sets"),
        ({"leaf_targetids": ints(0, 0, 5)}, "target that is not there"),
        ({"leaf_targetids": ints(0, 0)}, "no target or no value"),
        ({"tree_roots": ints(2)}, "root that is not there"),
        ({"tree_roots": ints(0, 0)}, "reached twice"),
        ({"tree_roots": ints(1)}, "never reached"),
        ({"nodes_trueleafs": ints(2, 1)}, "flag that is not there"),
        ({"nodes_splits": np.zeros(3)}, "alike in number"),
        ({"nodes_splits": np.zeros(2, dtype=np.float32)}, "64 bits"),
        ({"n_targets": 0}, "no target"),
        ({"aggregate_function": 2}, "does not add"),
        ({"post_transform": 1}, "not those that automl writes"),
    ],
)
def test_a_walk_of_a_tree_always_ends(change: dict[str, Any], why: str) -> None:
    """B09: trees that go round or lead out of their arrays are refused before anybody walks them."""
    with pytest.raises(ValueError, match=why):
        check_trees(GOOD | change, columns=2)


def test_a_tree_too_deep_for_a_recursion_is_refused() -> None:
    """B09: a tree of 20,000 levels ends the process that builds it."""
    for depth in (DEEPEST + 1, 20_000):
        with pytest.raises(ValueError, match="deeper"):
            check_trees(chain(depth), columns=1)
