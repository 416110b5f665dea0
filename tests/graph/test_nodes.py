"""A model's bytes read without onnx are the nodes, constants and names that onnx reads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from automl.errors import BundleError
from automl.graph.assemble import Assembly
from automl.graph.nodes import Graph, read_graph
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.ops.expr import Column, Ensemble, Trees

AGE, JOB = Column("age"), Column("größe €", "text")


def model() -> bytes:
    """A small graph with numbers, texts, and an index."""
    code = ops.IndexOf(JOB, ("clerk", "漢", ""))
    chosen = ops.TakeText(ops.AsIndex(AGE, 2), ("no", "yes"))
    return to_onnx({"p": ops.Add(AGE, ops.AsNumber(code)), "decision": chosen}, inputs=[AGE, JOB])


def same(found: Graph, content: bytes) -> None:
    """Every node, attribute and constant is what onnx reads."""
    told = onnx.load_from_string(content).graph
    assert [(node.kind, node.inputs, node.outputs) for node in found.nodes] == [
        (node.op_type, tuple(node.input), tuple(node.output)) for node in told.node
    ]
    for node, other in zip(found.nodes, told.node, strict=True):
        wanted = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in other.attribute}
        assert node.attributes.keys() == wanted.keys()
        for name, value in wanted.items():
            _equal(node.attributes[name], value)
    assert found.constants.keys() == {tensor.name for tensor in told.initializer}
    for tensor in told.initializer:
        _equal(found.constants[tensor.name], tensor)
    assert found.outputs == tuple(value.name for value in told.output)


def test_a_small_graph_is_read_as_onnx_reads_it() -> None:
    """Numbers, texts in any letters, and the columns behind the graph's own names."""
    found = read_graph(model())
    same(found, model())
    assert set(found.inputs.values()) == {("age", False), ("größe €", True)}


def test_a_whole_model_is_read_as_onnx_reads_it(assembly: Assembly) -> None:
    """Trees, look-ups, calibration and decision of an assembled model."""
    content = to_onnx(dict(assembly.outputs), inputs=list(assembly.inputs))
    same(read_graph(content), content)


def test_trees_keep_their_numbers(grow: Callable[..., Ensemble]) -> None:
    """Lists of whole numbers and arrays of an ensemble, below zero too."""
    leaf = ops.Features(4)
    content = to_onnx({"raw": Trees(leaf, grow(5, trees=20, width=2))}, inputs=[leaf])
    same(read_graph(content), content)


def test_a_model_of_another_hand_is_refused() -> None:
    """Without the names of the columns, which only we write, it is none of ours."""
    other = onnx.load_from_string(model())
    del other.metadata_props[:]
    with pytest.raises(BundleError, match="not one that automl writes"):
        read_graph(other.SerializeToString())


def test_a_type_that_we_never_write_is_refused() -> None:
    """A constant of another type is no reason to guess."""
    other = onnx.load_from_string(model())
    other.graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int16), "odd"))
    with pytest.raises(BundleError, match="damaged"):
        read_graph(other.SerializeToString())


def test_damaged_bytes_are_refused_or_read() -> None:
    """B09: cut anywhere or with a byte changed, reading ends with its own error or a graph, never with another."""
    good = model()
    draw = np.random.default_rng(0)
    mutants = [good[:end] for end in range(1, len(good), 9)]
    mutants += [good[:at] + draw.bytes(1) + good[at + 1 :] for at in range(0, len(good), 2)]
    refused = 0
    for mutant in mutants:
        try:
            read_graph(mutant)
        except BundleError:
            refused += 1
    assert refused > len(mutants) // 4


def _equal(found: object, wanted: object) -> None:
    if isinstance(wanted, onnx.TensorProto):
        array = numpy_helper.to_array(wanted)
        texts = array.dtype == object or array.dtype.kind in "SU"
        assert found.shape == array.shape  # type: ignore[attr-defined]  # an array
        if texts:
            assert found.ravel().tolist() == [text.decode() for text in wanted.string_data]  # type: ignore[attr-defined]  # as above
        else:
            np.testing.assert_array_equal(found, array)  # type: ignore[arg-type]  # as above
    elif isinstance(wanted, bytes):
        assert found == wanted.decode()
    elif isinstance(wanted, list) and wanted and isinstance(wanted[0], bytes):
        assert found == [text.decode() for text in wanted]
    elif isinstance(wanted, list):
        assert found.tolist() == wanted  # type: ignore[attr-defined]  # whole numbers are an array
    else:
        assert found == wanted
