"""Nodes are collected once each, under stable names, and close into the same bytes each time."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from automl.graph.build import MICROSOFT, Builder

DOUBLE = TensorProto.DOUBLE


def closed(build: Builder, **outputs: tuple[str, int, int]) -> bytes:
    """The model over one column x."""
    return build.close({"x": (DOUBLE, 1)}, outputs, {"b": "2", "a": "1"})


def run(content: bytes, *cells: float) -> list[list[list[float]]]:
    session = onnxruntime.InferenceSession(content)
    return [found.tolist() for found in session.run(None, {"x": np.array(cells).reshape(-1, 1)})]


def test_equal_nodes_and_constants_are_one() -> None:
    """The same operation of the same values has the same name; another attribute makes it another node."""
    build = Builder({"x"})
    one = build.constant(np.array([1.0]))
    assert build.constant(np.array([1.0])) == one
    assert build.constant(np.array([1.0], dtype=np.float32)) != one
    assert build.constant(np.array([[1.0]])) != one
    assert build.op("Add", "x", one) == build.op("Add", "x", one)
    assert build.op("ReduceSum", "x", keepdims=1) != build.op("ReduceSum", "x", keepdims=0)
    assert len(build.nodes) == 3


@pytest.mark.parametrize("reserved", [set(), {"x"}, {"_1"}, {"_", "__a", "___"}])
def test_our_names_are_nobodys(reserved: set[str]) -> None:
    """No name of a column begins as ours do, whatever columns are called."""
    build = Builder(reserved)
    names = [build.constant(np.array([float(number)])) for number in range(3)]
    assert len(set(names)) == 3
    assert not any(name.startswith(build.prefix) for name in reserved)
    assert all(name.startswith(build.prefix) for name in names)


def test_what_leads_nowhere_is_left_out() -> None:
    """Nodes and constants that no output needs do not ship."""
    build = Builder({"x", "y"})
    kept = build.op("Add", "x", build.constant(np.array([1.0])))
    build.op("Mul", "x", build.constant(np.array([7.0])))
    graph = onnx.load_from_string(closed(build, y=(kept, DOUBLE, 1))).graph
    assert [node.op_type for node in graph.node] == ["Add"]
    assert len(graph.initializer) == 1


def test_one_value_under_several_names() -> None:
    """A value, and an input, can be answered twice; each output has its own name."""
    build = Builder({"x", "a", "b", "c"})
    double = build.op("Add", "x", "x")
    content = closed(build, a=(double, DOUBLE, 1), b=(double, DOUBLE, 1), c=("x", DOUBLE, 1))
    assert run(content, 1.5, -2.0) == [[[3.0], [-4.0]], [[3.0], [-4.0]], [[1.5], [-2.0]]]


def test_an_output_that_others_use_keeps_its_name() -> None:
    """Renaming a value renames it wherever it goes in."""
    build = Builder({"x", "a", "b"})
    double = build.op("Add", "x", "x")
    content = closed(build, a=(double, DOUBLE, 1), b=(build.op("Neg", double), DOUBLE, 1))
    assert run(content, 2.0) == [[[4.0]], [[-4.0]]]


def test_a_value_is_repeated_for_each_row() -> None:
    """One row of constants becomes as many as there are rows, none included."""
    build = Builder({"x", "y"})
    build.rows = "x"
    content = closed(build, y=(build.repeat(build.constant(np.array([[5.0, 6.0]])), 2), DOUBLE, 2))
    assert run(content, 1.0, 2.0) == [[[5.0, 6.0]] * 2]
    assert run(content) == [[]]


def test_several_outputs_of_a_node() -> None:
    """A node that splits gives a name for each part, the same again for the same node."""
    build = Builder({"x", "y"})
    both = build.op("Concat", "x", build.op("Neg", "x"), axis=1)
    left, right = build.split("Split", both, outputs=2, axis=1, num_outputs=2)
    assert build.split("Split", both, outputs=2, axis=1, num_outputs=2) == (left, right)
    assert run(closed(build, y=(right, DOUBLE, 1)), 3.0) == [[[-3.0]]]


def test_equal_graphs_have_equal_bytes() -> None:
    """R12: metadata is sorted, and neither clock nor address is in the file."""

    def once() -> bytes:
        build = Builder({"x", "y"})
        return closed(build, y=(build.op("Sqrt", build.op("Abs", "x")), DOUBLE, 1))

    assert once() == once()
    model = onnx.load_from_string(once())
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("a", "1"), ("b", "2")]
    assert {entry.domain for entry in model.opset_import} == {"", "ai.onnx.ml"}


def test_a_graph_that_is_none_is_not_closed() -> None:
    """Onnx's own check refuses a value that nobody computes."""
    build = Builder({"x", "y"})
    with pytest.raises(onnx.checker.ValidationError):
        closed(build, y=(build.op("Add", "x", "nobody"), DOUBLE, 1))


def test_operations_of_onnx_runtime_are_declared() -> None:
    """A node of ONNX Runtime's own domain brings the version of that domain with it."""
    build = Builder({"x", "y"})
    content = closed(build, y=(build.op("Gelu", build.op("Abs", "x"), domain=MICROSOFT), DOUBLE, 1))
    versions = {entry.domain: entry.version for entry in onnx.load_from_string(content).opset_import}
    assert versions[MICROSOFT] == 1
