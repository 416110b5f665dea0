"""Puts another curve or policy behind a graph that stands: the nodes up to the prediction stay, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Mapping

import onnx

from automl.errors import BundleError
from automl.graph.audit import audit
from automl.graph.build import ELEMENT, Builder
from automl.graph.onnx import Leaf, rows_of, translate_all
from automl.graph.part import needed
from automl.graph.session import INPUTS, STAGES, VALUES
from automl.names import free_name
from automl.ops.expr import Column, Expr, Stub, leaf_name, walk


def replace_policy(model: bytes, prediction: Stub, outputs: Mapping[str, Expr]) -> bytes:
    """`model` with the outputs `prediction`, which it has under that name, and `outputs`, made of it and of columns.

    A column may be one of the inner values that the graph was written with (see `to_onnx`). What led to other outputs
    is left out, and inputs that nobody needs then. Raises `BundleError` for a graph without that prediction, or where
    `outputs` need a column that is no input of it.
    """
    old = _opened(model, prediction)
    kept = {prediction.name: (prediction.name, ELEMENT["number"], prediction.width)}
    return _behind(old, prediction, prediction.name, outputs, kept)


def replace_prediction(model: bytes, prediction: Stub, outputs: Mapping[str, Expr]) -> bytes:
    """The same, but `outputs` have the prediction itself, made of the one that `model` gives under that name."""
    old = _opened(model, prediction)
    names = {name for node in old.graph.node for name in (*node.input, *node.output)}
    tensor = free_name(prediction.name, [*names, *_columns(old).values()])
    for node in old.graph.node:
        for place in (node.input, node.output):
            place[:] = [tensor if name == prediction.name else name for name in place]
    _rename(old, prediction.name, tensor)
    return _behind(old, prediction, tensor, outputs, {})


def _rename(model: onnx.ModelProto, name: str, new: str) -> None:
    """Let what is told of the graph's values speak of the tensor `name` under its new name."""
    for entry in model.metadata_props:
        if entry.key in {STAGES, VALUES}:
            told: dict[str, str] = json.loads(entry.value)
            entry.value = json.dumps({what: new if tensor == name else tensor for what, tensor in told.items()})


def _opened(model: bytes, prediction: Stub) -> onnx.ModelProto:
    audit(model)
    old = onnx.load_from_string(model)
    if prediction.name not in {output.name for output in old.graph.output}:
        raise BundleError(f"the graph has no output '{prediction.name}'", where="model.onnx")
    return old


def _behind(
    old: onnx.ModelProto,
    prediction: Stub,
    tensor: str,
    outputs: Mapping[str, Expr],
    kept: Mapping[str, tuple[str, int, int]],
) -> bytes:
    """The graph up to the `tensor` of the prediction, with `outputs` behind it, beside those that are `kept`."""
    columns = _columns(old)
    leaves = [leaf for leaf in walk(*outputs.values()) if isinstance(leaf, Leaf)]
    inner = {name: value for name, value in _values(old).items() if name in set(map(leaf_name, leaves))}
    nodes = needed(old, {tensor, *inner.values()})
    used = {name for node in nodes for name in (*node.input, *node.output)}
    builder = Builder({*used, *columns.values(), *outputs})
    builder.inputs = {**columns, **inner, prediction.name: tensor}
    builder.rows = tensor
    lacking = sorted({leaf_name(leaf) for leaf in leaves} - builder.inputs.keys())
    if lacking:
        raise BundleError(f"the graph does not read the column '{lacking[0]}'", where="model.onnx")
    translate_all(builder, outputs.values())
    found = {name: (rows_of(builder, expr), ELEMENT[expr.dtype], expr.width) for name, expr in outputs.items()}
    used |= {columns[leaf.name] for leaf in leaves if isinstance(leaf, Column) and leaf.name not in inner}
    inputs = {entry.name: _shape(entry) for entry in old.graph.input if entry.name in used} or {
        old.graph.input[0].name: _shape(old.graph.input[0])
    }
    builder.nodes = [*nodes, *builder.nodes]
    builder.tensors |= {tensor.name: tensor for tensor in old.graph.initializer if tensor.name in used}
    real = {name: column for column, name in columns.items()}
    return builder.close(
        inputs,
        {**kept, **found},
        {**_metadata(old), VALUES: json.dumps(inner), INPUTS: json.dumps([real[name] for name in inputs])},
    )


def _metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}


def _values(model: onnx.ModelProto) -> dict[str, str]:
    """The inner values that the graph was written with: their names in it."""
    found: dict[str, str] = json.loads(_metadata(model).get(VALUES, "{}"))
    return found


def _columns(model: onnx.ModelProto) -> dict[str, str]:
    """The input of each column, by the column's real name."""
    real = json.loads(_metadata(model)[INPUTS])
    return {column: entry.name for column, entry in zip(real, model.graph.input, strict=True)}


def _shape(entry: onnx.ValueInfoProto) -> tuple[int, int]:
    kind = entry.type.tensor_type
    return kind.elem_type, kind.shape.dim[1].dim_value
