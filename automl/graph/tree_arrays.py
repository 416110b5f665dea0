"""Checks the arrays of a tree ensemble: every child, leaf, target and column that they name is there.

ONNX Runtime builds trees by following these arrays in a recursion, and a deep or circular one ends the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEEPEST = 1_000  # levels; the library's recursion ends the process at some 20,000
LESS_EQUAL, LESS, MEMBER = 0, 1, 6  # the modes of ai.onnx.ml 5 that automl writes
SUM = 1
_OF_NODES = (
    "nodes_featureids",
    "nodes_modes",
    "nodes_splits",
    "nodes_truenodeids",
    "nodes_trueleafs",
    "nodes_falsenodeids",
    "nodes_falseleafs",
    "nodes_missing_value_tracks_true",
)

Ints = NDArray[np.int64]


def check_trees(trees: Mapping[str, Any], *, columns: int) -> int:
    """The number of targets of the ensemble over a matrix [N, columns]; a `ValueError` or `KeyError` otherwise."""
    known = {*_OF_NODES, "n_targets", "aggregate_function", "tree_roots", "leaf_targetids", "leaf_weights"}
    _need(trees.keys() - {"membership_values"} == known, "its arrays are not those that automl writes")
    nodes, targets = len(trees["nodes_featureids"]), int(trees["n_targets"])
    _need(nodes and all(np.shape(trees[name]) == (nodes,) for name in _OF_NODES), "its nodes are not alike in number")
    _need(targets > 0, "it has no target")
    _need(np.shape(trees["leaf_weights"]) == np.shape(trees["leaf_targetids"]), "a leaf has no target or no value")
    _need(trees["nodes_splits"].dtype == trees["leaf_weights"].dtype == np.float64, "its numbers are not of 64 bits")
    _need(trees["aggregate_function"] == SUM, "it does not add its leaves")
    _within("column", trees["nodes_featureids"], columns)
    _within("target", trees["leaf_targetids"], targets)
    _need({*np.unique(trees["nodes_modes"]).tolist()} <= {LESS_EQUAL, LESS, MEMBER}, "it compares as automl never does")
    for name in ("nodes_trueleafs", "nodes_falseleafs", "nodes_missing_value_tracks_true"):
        _within("flag", trees[name], 2)
    sets = int(np.count_nonzero(trees["nodes_modes"] == MEMBER))
    closed = int(np.count_nonzero(np.isnan(trees.get("membership_values", np.zeros(0)))))
    _need(sets == closed, "its sets are not one for each node that asks for one")
    _follow(trees, nodes)
    return targets


def _follow(trees: Mapping[str, Any], nodes: int) -> None:
    """Level by level from the roots: each node is reached once, and no tree is deeper than `DEEPEST`."""
    sides = [(trees[f"nodes_{side}nodeids"], trees[f"nodes_{side}leafs"] == 1) for side in ("true", "false")]
    leaves = len(trees["leaf_weights"])
    for children, is_leaf in sides:
        _within("leaf", children[is_leaf], leaves)
        _within("node", children[~is_leaf], nodes)
    level, reached = trees["tree_roots"], 0
    _within("root", level, nodes)
    for _ in range(DEEPEST):
        reached += len(level)
        _need(reached <= nodes, "a node is reached twice")
        level = np.concatenate([children[level][~is_leaf[level]] for children, is_leaf in sides])
        if not len(level):
            break
    _need(not len(level), f"a tree is deeper than {DEEPEST:,} levels")
    _need(reached == nodes, "a node is never reached, or twice")


def _within(what: str, places: Ints, count: int) -> None:
    _need(not len(places) or (places.min() >= 0 and places.max() < count), f"it names a {what} that is not there")


def _need(holds: object, what: str) -> None:
    if not holds:
        raise ValueError(what)
