"""Writes tree ensembles as `ai.onnx.ml` 5 TreeEnsemble nodes in float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from automl.graph.build import ML, Builder
from automl.graph.targets import by_target
from automl.ops.expr import Ensemble, Floats, Ints

LESS_EQUAL, LESS, MEMBER = 0, 1, 2  # as in Ensemble
BRANCH = np.array([0, 1, 6], dtype=np.uint8)  # BRANCH_LEQ, BRANCH_LT, BRANCH_MEMBER
SUM = 1


def tree_ensemble(builder: Builder, ensemble: Ensemble, x: str) -> str:
    """The raw score [N, width] of `ensemble` over the matrix `x`.

    The base is a last tree of one leaf for each target, so that sums are made in the order of `ops.forest`.
    """
    if ensemble.float32_inputs:
        x = builder.op("Cast", builder.op("Cast", x, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    parts = [_node(builder, part, x) for part in by_target(_without_empty_sets(ensemble))]
    return parts[0] if len(parts) == 1 else builder.op("Concat", *parts, axis=1)


def _node(builder: Builder, ensemble: Ensemble, x: str) -> str:
    return builder.op("TreeEnsemble", x, domain=ML, **_attributes(_with_interior_roots(_with_base_trees(ensemble))))


def stairs(x: Floats, table: Floats) -> Ensemble:
    """Balanced trees that give row i of `table` [len(x) + 1, width], i being the count of `x` not above the input."""
    places, width = len(x), table.shape[1]
    true_child, false_child, root = _balanced(places)
    shift = np.arange(width)[:, None]
    own = np.where(true_child < 0, true_child - shift * (places + 1), true_child + shift * places).reshape(-1)
    other = np.where(false_child < 0, false_child - shift * (places + 1), false_child + shift * places).reshape(-1)
    nodes = places * width
    return Ensemble(
        feature=np.zeros(nodes, dtype=np.int64),
        threshold=np.tile(x, width),
        mode=np.full(nodes, LESS, dtype=np.int8),
        nan_true=np.zeros(nodes, dtype=np.bool_),
        true_child=own,
        false_child=other,
        sets={},
        leaf_value=table.T.reshape(-1),
        leaf_target=np.repeat(np.arange(width), places + 1),
        roots=root + np.arange(width) * places,
        base=np.zeros(width),
    )


def _balanced(places: int) -> tuple[Ints, Ints, int]:
    """Children of a balanced search tree: node i tests place i, leaf j (coded -1 - j) lies left of place j."""
    true_child, false_child = np.zeros(places, dtype=np.int64), np.zeros(places, dtype=np.int64)

    def grow(low: int, high: int) -> int:
        if low == high:
            return -1 - low
        middle = (low + high) // 2
        true_child[middle] = grow(low, middle)
        false_child[middle] = grow(middle + 1, high)
        return middle

    root = grow(0, places)
    return true_child, false_child, root


def _without_empty_sets(ensemble: Ensemble) -> Ensemble:
    """Nobody is in an empty set, nor below -inf; the format has no empty sets."""
    empty = np.array([node for node, values in ensemble.sets.items() if not values], dtype=np.int64)
    if not empty.size:
        return ensemble
    mode, threshold = ensemble.mode.copy(), ensemble.threshold.copy()
    mode[empty], threshold[empty] = LESS, -np.inf
    return replace(ensemble, mode=mode, threshold=threshold)


def _with_base_trees(ensemble: Ensemble) -> Ensemble:
    targets = np.flatnonzero(ensemble.base)
    leaves = len(ensemble.leaf_value) + np.arange(len(targets))
    return replace(
        ensemble,
        leaf_value=np.concatenate([ensemble.leaf_value, ensemble.base[targets]]),
        leaf_target=np.concatenate([ensemble.leaf_target, targets]),
        roots=np.concatenate([ensemble.roots, -1 - leaves]),
    )


def _with_interior_roots(ensemble: Ensemble) -> Ensemble:
    """A tree of one leaf is written as a node with that leaf on both sides."""
    roots = ensemble.roots if len(ensemble.roots) else np.array([-1 - len(ensemble.leaf_value)])
    single = roots[roots < 0]
    if not single.size:
        return ensemble
    value, target = ensemble.leaf_value, ensemble.leaf_target
    if not len(ensemble.roots):  # no trees, no base: the score is 0
        value, target = np.append(value, 0.0), np.append(target, 0)
    place = roots.copy()
    place[roots < 0] = len(ensemble.feature) + np.arange(len(single))
    zeros = np.zeros(len(single))
    return replace(
        ensemble,
        feature=np.concatenate([ensemble.feature, zeros.astype(np.int64)]),
        threshold=np.concatenate([ensemble.threshold, zeros]),
        mode=np.concatenate([ensemble.mode, zeros.astype(np.int8)]),
        nan_true=np.concatenate([ensemble.nan_true, zeros.astype(np.bool_)]),
        true_child=np.concatenate([ensemble.true_child, single]),
        false_child=np.concatenate([ensemble.false_child, single]),
        leaf_value=value,
        leaf_target=target,
        roots=place,
    )


def _attributes(ensemble: Ensemble) -> dict[str, object]:
    own, other = ensemble.true_child, ensemble.false_child
    attributes: dict[str, object] = {
        "n_targets": ensemble.width,
        "aggregate_function": SUM,
        "tree_roots": ensemble.roots.tolist(),
        "nodes_featureids": ensemble.feature.tolist(),
        "nodes_modes": numpy_helper.from_array(BRANCH[ensemble.mode]),
        "nodes_splits": numpy_helper.from_array(np.where(ensemble.mode == MEMBER, 0.0, ensemble.threshold)),
        "nodes_truenodeids": np.where(own < 0, -1 - own, own).tolist(),
        "nodes_trueleafs": (own < 0).astype(np.int64).tolist(),
        "nodes_falsenodeids": np.where(other < 0, -1 - other, other).tolist(),
        "nodes_falseleafs": (other < 0).astype(np.int64).tolist(),
        "nodes_missing_value_tracks_true": ensemble.nan_true.astype(np.int64).tolist(),
        "leaf_targetids": ensemble.leaf_target.tolist(),
        "leaf_weights": numpy_helper.from_array(np.asarray(ensemble.leaf_value, dtype=np.float64)),
    }
    members = _members(ensemble)
    return attributes | ({"membership_values": numpy_helper.from_array(members)} if members.size else {})


def _members(ensemble: Ensemble) -> NDArray[np.float64]:
    """The sets in the order of their nodes, each closed by a NaN."""
    nodes = np.flatnonzero(ensemble.mode == MEMBER).tolist()
    return np.array([float(value) for node in nodes for value in (*ensemble.sets[node], np.nan)], dtype=np.float64)
