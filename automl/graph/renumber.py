"""Looks at values inside a graph, and puts other numbers in their places: nodes, shapes and size stay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
import polars as pl
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from automl.graph.runtime import open_runtime
from automl.graph.session import INPUTS
from automl.graph.stages import Place, attributes

Array = NDArray[np.generic]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK_CELLS = 1 << 22  # rows x columns of the widest value that is under way at once


def renumbered(model: bytes, numbers: Mapping[Place, Array]) -> bytes:
    """`model` with other numbers of the same shape at these places; all else stays, byte for byte.

    A constant that stands for others, too, is theirs as before: the place gets one of its own.
    """
    changed = onnx.load_from_string(model)
    graph = changed.graph
    nodes = {node.output[0]: node for node in graph.node}
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = [name for node in graph.node for name in node.input]
    taken = {*uses, *nodes}
    for place, values in numbers.items():
        node = nodes[place.node]
        if isinstance(place.slot, str):
            attribute = next(entry for entry in node.attribute if entry.name == place.slot)
            attribute.t.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values)))
            continue
        old = tensors[node.input[place.slot]]
        name = old.name if uses.count(old.name) == 1 else _free(old.name, taken)
        own = numpy_helper.from_array(np.ascontiguousarray(values).reshape(tuple(old.dims)), name)
        if name == old.name:
            old.CopyFrom(own)
        else:
            graph.initializer.append(own)
            node.input[place.slot] = name
            taken.add(name)
    onnx.checker.check_model(changed)
    return bytes(changed.SerializeToString(deterministic=True))


def values_of(
    model: onnx.ModelProto, names: Mapping[str, int], frame: pl.DataFrame, *, wide: int = 1
) -> dict[str, Array]:
    """The values of `model` with these names [n, width] for the read rows `frame` [n]; `names` says of which type.

    Only what leads to them is run. `wide` columns are the most that one of them has.
    """
    real = json.loads(next(entry.value for entry in model.metadata_props if entry.key == INPUTS))
    columns = {entry.name: column for entry, column in zip(model.graph.input, real, strict=True)}
    cut = _cut(model, _needed(model, set(names)), names, model.graph.input)
    runtime = open_runtime(cut.SerializeToString(), arena=False)
    asked = [(entry.name, columns[entry.name]) for entry in cut.graph.input]
    chunks = [
        runtime.run([*names], {name: part[column].to_numpy().reshape(-1, 1) for name, column in asked})
        for part in frame.iter_slices(max(1, min(4096, CHUNK_CELLS // wide)))
    ]
    return {name: np.concatenate([chunk[place] for chunk in chunks]) for place, name in enumerate(names)}


def continued(model: onnx.ModelProto, value: str, given: Floats, output: str) -> Floats:
    """The output [n, width] of numbers that `model` makes of `given` [n, width] in the place of an inner value."""
    if value == output:
        return given
    nodes = _needed(model, {output}, end=value)
    entry = helper.make_tensor_value_info(value, TensorProto.DOUBLE, ["N", given.shape[1]])
    runtime = open_runtime(_cut(model, nodes, {output: TensorProto.DOUBLE}, [entry]).SerializeToString(), arena=False)
    return np.asarray(runtime.run([output], {value: given})[0], dtype=np.float64)


def _cut(
    model: onnx.ModelProto,
    nodes: Sequence[onnx.NodeProto],
    outputs: Mapping[str, int],
    inputs: Sequence[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """The model of these nodes alone, with those of the `inputs` that they read."""
    used = {name for node in nodes for name in node.input}
    made = [helper.make_tensor_value_info(name, kind, ["N", None]) for name, kind in outputs.items()]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, "part", [entry for entry in inputs if entry.name in used], made, tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def leaves_of(
    model: onnx.ModelProto, node: onnx.NodeProto, frame: pl.DataFrame
) -> tuple[list[Ints], NDArray[np.uint16]]:
    """The leaves of each tree of a node, as places in its ``leaf_weights``, and which of them each row reaches [trees, n].

    The graph itself says so: its trees with numbers as values.
    """
    own = attributes(node)
    trees = _leaves(own)
    number, tree = np.zeros(len(own["leaf_weights"])), np.zeros(len(own["leaf_weights"]), dtype=np.int64)
    for place, leaves in enumerate(trees):
        number[leaves], tree[leaves] = np.arange(len(leaves)), place
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    other = {"leaf_weights": numpy_helper.from_array(number), "leaf_targetids": tree.tolist(), "n_targets": len(trees)}
    given = {
        name: other.get(name, helper.get_attribute_value(entry)) for entry in node.attribute for name in [entry.name]
    }
    name = _free(node.output[0], {each for one in model.graph.node for each in one.output})
    asked.graph.node.append(helper.make_node(node.op_type, list(node.input), [name], domain=node.domain, **given))
    found = values_of(asked, {name: TensorProto.DOUBLE}, frame, wide=len(trees))[name]
    return trees, np.ascontiguousarray(found.T.astype(np.uint16))


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


def _needed(model: onnx.ModelProto, wanted: set[str], *, end: str = "") -> list[onnx.NodeProto]:
    """The nodes that lead to `wanted`, in their order; what makes the value `end` is left out."""
    kept = []
    for node in reversed(model.graph.node):
        if wanted.intersection(node.output) and end not in node.output:
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _free(name: str, taken: set[str]) -> str:
    return next(free for free in _numbered(name) if free not in taken)


def _numbered(name: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{name}_{number}"
