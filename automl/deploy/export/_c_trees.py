"""Tree ensembles as tables of C, with their shape proven first: a walk always ends, and never leaves a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.deploy.export import _c_text as text
from automl.errors import BundleError

LESS_EQUAL, LESS, MEMBER = 0, 1, 6  # modes of ai.onnx.ml 5
SUM = 1
STRUCT = """/* A node tests `x[feature]`; a child below 0 is the leaf -1 - child. Mode 2 looks into a sorted set. */
typedef struct {
    double split;
    int32_t feature, yes, no;
    int32_t first, size;
    unsigned char mode, missing_yes;
} tree_node;"""
WALK = """static int tree_yes(const tree_node *node, const double *members, double x) {
    if (isnan(x)) {
        return node->missing_yes;
    }
    if (node->mode == 0) {
        return x <= node->split;
    }
    if (node->mode == 1) {
        return x < node->split;
    }
    int32_t low = node->first, high = node->first + node->size;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (members[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < node->first + node->size && members[low] == x;
}

static int32_t tree_leaf(const tree_node *nodes, const double *members, int32_t root, const double *x) {
    int32_t place = root;
    while (place >= 0) {
        const tree_node *node = &nodes[place];
        place = tree_yes(node, members, x[node->feature]) ? node->yes : node->no;
    }
    return -1 - place;
}"""


def tables(name: str, given: Mapping[str, Any], width: int) -> str:
    """The tables `name`_nodes, _members, _roots, _weights and _targets of a TreeEnsemble over `width` columns."""
    if given.get("aggregate_function", SUM) != SUM or given.get("post_transform", 0) != 0:
        raise _damaged("it does not add its leaves")
    yes = _coded(given["nodes_truenodeids"], given["nodes_trueleafs"])
    no = _coded(given["nodes_falsenodeids"], given["nodes_falseleafs"])
    modes = np.asarray(given["nodes_modes"])
    if not np.isin(modes, (LESS_EQUAL, LESS, MEMBER)).all():
        raise _damaged("it has a test that we never write")
    feature, roots = np.array(given["nodes_featureids"]), np.array(given["tree_roots"])
    weights, targets = np.asarray(given["leaf_weights"]), np.array(given["leaf_targetids"])
    _check(yes, no, feature, roots, leaves=len(weights), width=width)
    if len(targets) != len(weights) or targets.min() < 0 or targets.max() >= given["n_targets"]:
        raise _damaged("a leaf has no target")
    missing = given.get("nodes_missing_value_tracks_true") or [0] * len(yes)
    sets = _sets(modes == MEMBER, np.asarray(given.get("membership_values", np.empty(0))))
    firsts = np.cumsum([0, *map(len, sets)])[:-1]
    split = np.asarray(given["nodes_splits"])
    nodes = [
        f"{{{text.number(split[n])}, {feature[n]}, {yes[n]}, {no[n]}, {firsts[n]}, {len(sets[n])}, "
        f"{2 if modes[n] == MEMBER else modes[n]}, {missing[n]}}}"
        for n in range(len(yes))
    ]
    members = np.concatenate([*sets, np.zeros(1)])  # C has no empty arrays
    return "\n".join(
        [
            "static const tree_node " + f"{name}_nodes[{len(nodes)}] = {{\n    " + ",\n    ".join(nodes) + "\n};",
            text.table(f"{name}_members", members),
            text.array(f"int32_t {name}_roots", map(str, roots.tolist())),
            text.table(f"{name}_weights", weights),
            text.array(f"int32_t {name}_targets", map(str, targets.tolist())),
        ]
    )


def _coded(places: Sequence[int], is_leaf: Sequence[int]) -> NDArray[np.int64]:
    ids = np.array(places)
    return np.where(np.array(is_leaf) == 1, -1 - ids, ids)


def _check(
    yes: NDArray[np.int64],
    no: NDArray[np.int64],
    feature: NDArray[np.int64],
    roots: NDArray[np.int64],
    *,
    leaves: int,
    width: int,
) -> None:
    """Each node has one parent or is a root: then nothing goes round."""
    children = np.concatenate([yes, no])
    if children.min() < -leaves or children.max() >= len(yes) or feature.min() < 0 or feature.max() >= width:
        raise _damaged("a node points outside")
    seen = np.concatenate([children[children >= 0], roots])
    if roots.min() < 0 or not np.array_equal(np.sort(seen), np.arange(len(yes))):
        raise _damaged("its nodes are no trees")


def _sets(is_set: NDArray[np.bool_], values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Each node's sorted set; the sets stand in the order of their nodes, each closed by a NaN."""
    ends = np.flatnonzero(np.isnan(values))
    if len(ends) != is_set.sum():
        raise _damaged("a set is missing")
    found = [np.sort(part[~np.isnan(part)]) for part in np.split(values, ends + 1)[: len(ends)]]
    waiting = iter(found)
    return [next(waiting) if flag else np.empty(0) for flag in is_set]


def _damaged(why: str) -> BundleError:
    return BundleError(f"a tree ensemble of the graph is damaged: {why}", where="model.onnx")
