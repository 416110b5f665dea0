"""Before anything runs, a value is told to be what ONNX Runtime makes of it, and dangerous graphs are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from automl.errors import BundleError
from automl.graph.assemble import Assembly
from automl.graph.audit import VERSIONS, audit
from automl.graph.build import ML, Builder
from automl.graph.onnx import to_onnx
from automl.graph.parse import parse
from automl.graph.runtime import open_runtime
from automl.graph.shapes import WIDEST, infer_values
from automl.ops import expr as ops
from automl.ops.expr import Column, Expr

ROWS = 3
KINDS = {"float64": "number", "float32": "single", "bool": "flag", "int64": "index", "object": "text"}
X, Y, JOB = Column("x"), Column("y"), Column("job", "text")
CODE = ops.IndexOf(JOB, ("clerk", "farmer", ""))
FEATURES = ops.Concat((X, Y, ops.AsNumber(CODE)))
WRITTEN: dict[str, Expr] = {
    "arithmetic": ops.Divide(ops.Add(X, Y), ops.Maximum(ops.Absolute(X), ops.constant(1.0))),
    "softmax": ops.Softmax(FEATURES),
    "row sum": ops.RowSum(FEATURES),
    "logarithm": ops.Logarithm(ops.Exponential(FEATURES)),
    "logarithm of one": ops.Logarithm(ops.Exponential(X)),
    "choice": ops.Where(ops.And(ops.Less(X, Y), ops.Not(ops.IsMissing(X))), X, ops.constant(0.0)),
    "text": ops.TakeText(ops.AsIndex(X, 2), ("no", "yes")),
    "of a text": ops.AsNumber(ops.Equal(ops.AsNumber(ops.EqualText(JOB, "clerk")), X)),
    "pair": ops.AsNumber(ops.Pair(ops.AsIndex(X, 5), CODE, 4, np.array([3, 7]))),
    "table": ops.Take(ops.AsIndex(X, 3), np.arange(6.0).reshape(3, 2)),
    "line": ops.Interpolate(X, np.array([0.0, 1.0, 4.0]), np.array([0.0, 2.0, 3.0])),
    "words": ops.CountMatches(JOB, "[a-z]+"),
    "codes of words": ops.RowSum(ops.Take(ops.Tokens(JOB, "[a-z]+", ("clerk",), (0,), 4), np.array([[1.0], [0.0]]))),
    "least": ops.AsNumber(ops.ArgMin(FEATURES)),
    "picked": ops.MatMul(ops.Pick(FEATURES, (2, 0)), np.array([[1.5], [-0.25]])),
    "the same for all": ops.constant(1.0, 2.0),
}


def checked(model: bytes) -> None:
    """Each value that ONNX Runtime makes of some rows has the type and shape that was told before."""
    told = infer_values(parse(model))
    opened = onnx.load_from_string(model)
    made = [name for node in opened.graph.node for name in node.output]
    kept = {output.name for output in opened.graph.output}
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in made if name not in kept)
    session = open_runtime(opened.SerializeToString())
    rows = {
        entry.name: np.array([["clerk"], [""], ["Farmer and clerk"]], dtype=object)
        if entry.type == "tensor(string)"
        else np.linspace(-1, 3, ROWS * entry.shape[1]).reshape(ROWS, -1)
        for entry in session.get_inputs()
    }
    for name, found in zip(made, session.run(made, rows), strict=True):
        value = told[name]
        assert KINDS[found.dtype.name] == value.kind, name
        assert len(found.shape) == len(value.shape), name
        for size, wanted in zip(found.shape, value.shape, strict=True):
            assert size == (ROWS if wanted == -1 else wanted) if wanted >= -1 else size >= -2 - wanted, name


@pytest.mark.parametrize("name", WRITTEN)
def test_values_are_what_the_library_makes_of_them(name: str) -> None:
    """Type, rows and columns of every value on the way to each kind of expression."""
    checked(to_onnx({"out": WRITTEN[name], "also": X}, inputs=[X, Y, JOB]))


def test_a_whole_model_is_what_the_library_makes_of_it(assembly: Assembly) -> None:
    """Trees, look-ups, calibration and decision of an assembled model."""
    checked(to_onnx(dict(assembly.outputs), inputs=list(assembly.inputs)))


def graph(write: Callable[[Builder], str], width: int = 1, element: int = TensorProto.DOUBLE) -> bytes:
    """A graph of an attacker: what `write` makes of the inputs x (number) and t (text), written without checks."""
    builder = Builder({"x", "t", "y"})
    value = write(builder)
    builder.nodes.append(helper.make_node("Identity", [value], ["y"]))
    inputs = [
        helper.make_tensor_value_info(name, kind, ["N", 1])
        for name, kind in (("x", TensorProto.DOUBLE), ("t", TensorProto.STRING))
    ]
    output = helper.make_tensor_value_info("y", element, ["N", width])
    told = helper.make_graph(builder.nodes, "g", inputs, [output], list(builder.tensors.values()))
    versions = [helper.make_opsetid(domain, version) for domain, version in VERSIONS.items()]
    return bytes(helper.make_model(told, opset_imports=versions, ir_version=10).SerializeToString(deterministic=True))


def whole(builder: Builder, *values: int) -> str:
    """A constant of whole numbers."""
    return builder.constant(np.array(values, dtype=np.int64))


def as_index(builder: Builder) -> str:
    """A column as an index, whatever it holds."""
    return builder.op("Cast", "x", to=TensorProto.INT64)


def doubled(builder: Builder) -> str:
    """A value that is 2^30 columns wide."""
    value = "x"
    for _ in range(30):
        value = builder.op("Concat", value, value, axis=1)
    return value


def expanded(builder: Builder) -> str:
    """A value of a width that a constant says."""
    shape = builder.op("Concat", builder.op("Shape", "x", start=0, end=1), whole(builder, WIDEST + 1), axis=0)
    return builder.op("Expand", "x", shape)


def squared(builder: Builder) -> str:
    """A value with as many columns as there are rows."""
    across = builder.op("Unsqueeze", builder.op("Squeeze", "x", whole(builder, 1)), whole(builder, 0))
    return builder.op("Add", "x", across)


DANGEROUS: dict[str, tuple[Callable[[Builder], str], str]] = {
    "a division of whole numbers": (lambda b: b.op("Div", as_index(b), whole(b, -1)), "Div: takes number"),
    "a power of whole numbers": (lambda b: b.op("Pow", as_index(b), whole(b, 2)), "Pow: takes number"),
    "a least whole number": (lambda b: b.op("Add", as_index(b), whole(b, -(2**63))), "whole number of"),
    "an index out of a table": (lambda b: b.op("Gather", "x", whole(b, 1), axis=1), "outside of 1"),
    "an index below a table": (lambda b: b.op("Gather", "x", whole(b, -2), axis=1), "outside of 1"),
    "an index over rows": (lambda b: b.op("Gather", "x", whole(b, 0), axis=0), "unknown size"),
    "a number as an index": (lambda b: b.op("Gather", b.constant(np.zeros((2, 1))), "x", axis=0), "takes index"),
    "a width that doubles": (doubled, "cells for each row"),
    "a width from a constant": (expanded, "cells for each row"),
    "a width from the cells": (lambda b: b.op("Expand", "x", b.op("Squeeze", as_index(b), whole(b, 1))), "not known"),
    "rows by rows": (squared, "as wide as there are rows"),
    "rows below rows": (lambda b: b.op("Concat", "x", "x", axis=0), "rows below rows"),
    "a sum over rows": (lambda b: b.op("ReduceSum", "x", whole(b, 0), keepdims=1), "rows together"),
    "an axis that is not there": (lambda b: b.op("ReduceSum", "x", whole(b, 5), keepdims=1), "no axis 5"),
    "a part beyond the end": (lambda b: b.op("Slice", "x", whole(b, 0), whole(b, 9), whole(b, 1)), "more than there"),
    "shapes that differ": (lambda b: b.op("Add", "x", b.constant(np.zeros((2, 2)))), "do not go together"),
    "a product that does not fit": (lambda b: b.op("MatMul", "x", b.constant(np.zeros((2, 1)))), "do not go together"),
    "text as a number": (lambda b: b.op("Add", "t", "t"), "Add: takes number"),
    "text cast": (lambda b: b.op("Cast", "t", to=TensorProto.DOUBLE), "Cast: takes number"),
    "another number of values": (lambda b: b.op("Add", "x", "x", "x"), "takes 2 values"),
    "a value out of nowhere": (lambda b: b.op("Add", "x", "nowhere"), "nothing before it gives"),
    "a split into more": (lambda b: b.split("Split", "x", outputs=2, axis=1, num_outputs=2)[0], "one column each"),
    "keys without values": (
        lambda b: b.op("LabelEncoder", "t", domain=ML, keys_strings=["a", "b"], values_int64s=[1], default_int64=0),
        "one value for each key",
    ),
    "keys of another type": (
        lambda b: b.op("LabelEncoder", "t", domain=ML, keys_int64s=[1], values_int64s=[1], default_int64=0),
        "another type",
    ),
}


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_ends_a_process_or_has_no_bound_is_refused(name: str) -> None:
    """B09, B10: each graph is of operations that automl writes, and none is one that it would write."""
    write, why = DANGEROUS[name]
    with pytest.raises(BundleError, match=why):
        audit(graph(write))


def test_the_graphs_of_an_attacker_are_refused_for_their_danger_only() -> None:
    """The same way of writing passes where nothing is dangerous."""
    audit(graph(lambda builder: builder.op("Add", "x", "x")))


def test_a_value_given_twice_is_refused() -> None:
    """Nobody knows which of two values of one name another reader takes."""
    again = onnx.load_from_string(graph(lambda builder: builder.op("Add", "x", "x")))
    again.graph.node.append(helper.make_node("Abs", ["x"], [again.graph.node[0].output[0]]))
    with pytest.raises(BundleError, match="given twice"):
        audit(again.SerializeToString())
    shadowed = onnx.load_from_string(graph(lambda builder: builder.op("Add", "x", "x")))
    shadowed.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1)), "x"))
    with pytest.raises(BundleError, match="given twice"):
        audit(shadowed.SerializeToString())


@pytest.mark.parametrize(("width", "element"), [(2, TensorProto.DOUBLE), (1, TensorProto.STRING)])
def test_an_output_that_is_not_what_it_is_said_to_be_is_refused(width: int, element: int) -> None:
    """Another width or type than the graph gives."""
    with pytest.raises(BundleError, match="the output 'y' is not"):
        audit(graph(lambda builder: builder.op("Add", "x", "x"), width, element))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_a_constant_of_another_type_is_refused(dtype: Any) -> None:
    """Values are of the types that automl writes; bytes stand in attributes of trees only."""

    def write(builder: Builder) -> str:
        return builder.op("Add", "x", builder.constant(np.zeros((1, 1), dtype=dtype)))

    with pytest.raises(BundleError, match=r"of the type|takes number"):
        audit(graph(write))
