"""What shap's TreeExplainer says of the trees that `explain_oracles.py` gives it; run by a Python that has shap.

Trees, background [B, F] and rows [n, F] come as JSON to stdin; the sums over the background and the values [n, F] go to
stdout. Its nodes are float32: splits are to be numbers that float32 has.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import shap
from numpy.typing import NDArray

LESS = 1  # the mode of a node that asks whether a value is less, not also equal


def main() -> None:
    """Answer."""
    asked = json.load(sys.stdin)
    kind = np.float32 if asked["single"] else np.float64
    background, rows = (np.array(asked[name], dtype=kind).astype(np.float64) for name in ("background", "rows"))
    trees = [_tree(asked, root) for root in asked["tree_roots"]]
    model = {"trees": trees, "input_dtype": np.float64, "internal_dtype": np.float64, "tree_output": "raw_value"}
    explainer = shap.TreeExplainer(model, data=background, feature_perturbation="interventional", model_output="raw")
    values = np.asarray(explainer.shap_values(rows, check_additivity=False)).reshape(rows.shape)
    sums = np.asarray(explainer.model.predict(background)).ravel()
    json.dump({"background": sums.tolist(), "values": values.tolist()}, sys.stdout)


def _tree(asked: dict[str, Any], root: int) -> dict[str, NDArray[Any]]:
    """A tree as shap takes it: its nodes from the root on, leaves beside them."""
    nodes: list[dict[str, Any]] = []

    def place(at: int, *, leaf: bool) -> int:
        own = len(nodes)
        if leaf:
            nodes.append({"left": -1, "right": -1, "feature": -2, "split": 0.0, "value": asked["leaf_weights"][at]})
            return own
        split = np.float32(asked["nodes_splits"][at])
        split = np.nextafter(split, np.float32(-np.inf)) if asked["nodes_modes"][at] == LESS else split
        nodes.append({"feature": asked["nodes_featureids"][at], "split": float(split), "value": 0.0})
        for side, word in (("left", "true"), ("right", "false")):
            nodes[own][side] = place(asked[f"nodes_{word}nodeids"][at], leaf=bool(asked[f"nodes_{word}leafs"][at]))
        return own

    place(root, leaf=False)
    left, right = (np.array([node[side] for node in nodes]) for side in ("left", "right"))
    return {
        "children_left": left,
        "children_right": right,
        "children_default": left,
        "features": np.array([node["feature"] for node in nodes]),
        "thresholds": np.array([node["split"] for node in nodes]),
        "values": np.array([[node["value"]] for node in nodes]),
        "node_sample_weight": np.ones(len(nodes)),
    }


if __name__ == "__main__":
    main()
