"""Tree ensembles as tables of C. The audit has proven their shape: a walk always ends, and never leaves a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.deploy.export import _c_text as text
from automl.graph.tree_arrays import MEMBER, Ints

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


def tables(name: str, given: Mapping[str, Any]) -> str:
    """The tables `name`_nodes, _members, _roots, _weights and _targets of a TreeEnsemble that the audit passed."""
    yes = _coded(given["nodes_truenodeids"], given["nodes_trueleafs"])
    no = _coded(given["nodes_falsenodeids"], given["nodes_falseleafs"])
    modes, feature, split = given["nodes_modes"], given["nodes_featureids"], given["nodes_splits"]
    missing = given["nodes_missing_value_tracks_true"]
    sets = _sets(modes == MEMBER, given.get("membership_values", np.empty(0)))
    firsts = np.cumsum([0, *map(len, sets)])[:-1]
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
            text.array(f"int32_t {name}_roots", map(str, given["tree_roots"].tolist())),
            text.table(f"{name}_weights", given["leaf_weights"]),
            text.array(f"int32_t {name}_targets", map(str, given["leaf_targetids"].tolist())),
        ]
    )


def _coded(places: Ints, is_leaf: Ints) -> Ints:
    return np.where(is_leaf == 1, -1 - places, places)


def _sets(is_set: NDArray[np.bool_], values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Each node's sorted set; the sets stand in the order of their nodes, each closed by a NaN."""
    ends = np.flatnonzero(np.isnan(values))
    found = [np.sort(part[~np.isnan(part)]) for part in np.split(values, ends + 1)[: len(ends)]]
    waiting = iter(found)
    return [next(waiting) if flag else np.empty(0) for flag in is_set]
