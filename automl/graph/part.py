"""Runs parts of a graph: the values inside it for some rows, the leaves that they reach, what follows a value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import polars as pl
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from automl.graph.build import ELEMENT
from automl.graph.runtime import open_runtime
from automl.graph.session import INPUTS
from automl.graph.stages import Graph, Trees, attributes
from automl.names import free_name
from automl.ops.expr import Dtype

Array = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK_CELLS = 1 << 22  # rows x columns of the widest value that is under way at once


def values_of(graph: Graph, names: Mapping[str, Dtype], frame: pl.DataFrame) -> dict[str, Array]:
    """The values of `graph` with these names [n, width] for the read rows `frame` [n]; `names` says of which type.

    Only what leads to them is run.
    """
    return _run(graph.model, names, frame, wide=1)


def _run(model: onnx.ModelProto, names: Mapping[str, Dtype], frame: pl.DataFrame, *, wide: int) -> dict[str, Array]:
    """The same for a model; `wide` columns are the most that one of the values has."""
    real = json.loads(next(entry.value for entry in model.metadata_props if entry.key == INPUTS))
    columns = {entry.name: column for entry, column in zip(model.graph.input, real, strict=True)}
    cut = _cut(model, needed(model, set(names)), names, model.graph.input)
    runtime = open_runtime(cut.SerializeToString(), arena=False)
    asked = [(entry.name, columns[entry.name]) for entry in cut.graph.input]
    chunks = [
        runtime.run([*names], {name: part[column].to_numpy().reshape(-1, 1) for name, column in asked})
        for part in frame.iter_slices(max(1, min(4096, CHUNK_CELLS // wide)))
    ]
    return {name: np.concatenate([chunk[place] for chunk in chunks]) for place, name in enumerate(names)}


def continued(graph: Graph, value: str, given: Floats, output: str) -> Floats:
    """The output [n, width] of numbers that `graph` makes of `given` [n, width] in the place of an inner value."""
    if value == output:
        return given
    nodes = needed(graph.model, {output}, end=value)
    entry = helper.make_tensor_value_info(value, TensorProto.DOUBLE, ["N", given.shape[1]])
    runtime = open_runtime(_cut(graph.model, nodes, {output: "number"}, [entry]).SerializeToString(), arena=False)
    return np.asarray(runtime.run([output], {value: given})[0], dtype=np.float64)


def _cut(
    model: onnx.ModelProto,
    nodes: Sequence[onnx.NodeProto],
    outputs: Mapping[str, Dtype],
    inputs: Sequence[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """The model of these nodes alone, with those of the `inputs` that they read."""
    used = {name for node in nodes for name in node.input}
    made = [helper.make_tensor_value_info(name, ELEMENT[kind], ["N", None]) for name, kind in outputs.items()]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, "part", [entry for entry in inputs if entry.name in used], made, tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def leaves_of(graph: Graph, trees: Trees, frame: pl.DataFrame) -> tuple[list[Ints], NDArray[np.uint16]]:
    """The leaves of each tree, as places in its node's ``leaf_weights``, and which of them each row is in [trees, n].

    The graph itself says so: its trees with numbers as values.
    """
    node, model = trees.node, graph.model
    own = attributes(node)
    leaves = _leaves(own)
    number, tree = np.zeros(len(own["leaf_weights"])), np.zeros(len(own["leaf_weights"]), dtype=np.int64)
    for place, places in enumerate(leaves):
        number[places], tree[places] = np.arange(len(places)), place
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    other = {"leaf_weights": numpy_helper.from_array(number), "leaf_targetids": tree.tolist(), "n_targets": len(leaves)}
    given = {
        name: other.get(name, helper.get_attribute_value(entry)) for entry in node.attribute for name in [entry.name]
    }
    name = free_name(node.output[0], [each for one in model.graph.node for each in one.output])
    asked.graph.node.append(helper.make_node(node.op_type, list(node.input), [name], domain=node.domain, **given))
    found = _run(asked, {name: "number"}, frame, wide=len(leaves))[name]
    return leaves, np.ascontiguousarray(found.T.astype(np.uint16))


def _leaves(trees: Mapping[str, Array]) -> list[Ints]:
    """The leaves of each tree, found level by level."""
    tree_of: Ints = np.full(len(trees["leaf_weights"]), -1)
    level, tree = np.asarray(trees["tree_roots"]), np.arange(len(trees["tree_roots"]))
    sides = [(trees[f"nodes_{side}nodeids"], trees[f"nodes_{side}leafs"] == 1) for side in ("true", "false")]
    while len(level):
        for children, is_leaf in sides:
            tree_of[children[level[is_leaf[level]]]] = tree[is_leaf[level]]
        inner = [~is_leaf[level] for _, is_leaf in sides]
        level = np.concatenate([children[level[keep]] for (children, _), keep in zip(sides, inner, strict=True)])
        tree = np.concatenate([tree[keep] for keep in inner])
    order = np.argsort(tree_of, kind="stable")
    order = order[tree_of[order] >= 0]
    ends = np.cumsum(np.bincount(tree_of[order], minlength=len(trees["tree_roots"])))
    return np.split(order, ends[:-1])


def needed(model: onnx.ModelProto, wanted: set[str], *, end: str = "") -> list[onnx.NodeProto]:
    """The nodes that lead to `wanted`, in their order; what makes the value `end` is left out."""
    kept = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output) and end not in node.output:
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]
