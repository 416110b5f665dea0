"""What may be opened, and what never reaches ONNX Runtime."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from automl.errors import BundleError
from automl.graph.audit import VERSIONS, audit
from automl.graph.onnx import to_onnx
from automl.graph.shape_rules import RULES
from automl.ops import expr as ops
from automl.ops.expr import Column

ROOT = Path(__file__).resolve().parents[2]
VALUE = helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", 1])


def model(*nodes: onnx.NodeProto, domains: tuple[str, ...] = ("", "ai.onnx.ml")) -> onnx.ModelProto:
    """A model with these nodes."""
    graph = helper.make_graph(list(nodes), "g", [VALUE], [VALUE])
    versions = [helper.make_opsetid(domain, VERSIONS.get(domain, 1)) for domain in domains]
    return helper.make_model(graph, opset_imports=versions)


def plain() -> onnx.ModelProto:
    """A model as we write them."""
    return onnx.load_from_string(to_onnx({"y": ops.Sigmoid(Column("x"))}, inputs=[Column("x")]))


def test_what_we_write_passes() -> None:
    """A graph of the engine is no suspect."""
    audit(plain().SerializeToString())


def test_an_unknown_domain_is_refused() -> None:
    """B10: an operation of com.evil is refused by its name, whether its domain is imported or not."""
    node = helper.make_node("Steal", ["x"], ["y"], domain="com.evil")
    with pytest.raises(BundleError, match=r"com\.evil"):
        audit(model(node, domains=("", "com.evil")).SerializeToString())
    with pytest.raises(BundleError, match="Steal"):
        audit(model(node).SerializeToString())


@pytest.mark.parametrize(
    ("kind", "domain"), [("Exp", ""), ("Inverse", "com.microsoft"), ("SVMClassifier", "ai.onnx.ml")]
)
def test_an_operation_that_we_never_write_is_refused(kind: str, domain: str) -> None:
    """B10: the list is of operations, not of domains only."""
    with pytest.raises(BundleError, match=kind):
        audit(model(helper.make_node(kind, ["x"], ["y"], domain=domain)).SerializeToString())


@pytest.mark.parametrize("place", ["initializer", "attribute"])
def test_external_data_is_refused(place: str) -> None:
    """B08: data outside the file is refused, wherever a tensor may stand, before anybody follows the path."""
    tensor = TensorProto(name="w", data_type=TensorProto.DOUBLE, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    tempted = plain()
    if place == "initializer":
        tempted.graph.initializer.append(tensor)
    else:
        tempted.graph.node[0].attribute.append(helper.make_attribute("value", tensor))
    with pytest.raises(BundleError, match="outside the file"):
        audit(tempted.SerializeToString())


def test_subgraphs_functions_sparse_tensors_and_training_are_refused() -> None:
    """B10: nothing in which an operation could hide is let through."""
    hidden = plain()
    hidden.graph.node[0].attribute.append(helper.make_attribute("body", plain().graph))
    with pytest.raises(BundleError, match="subgraphs"):
        audit(hidden.SerializeToString())
    functions = plain()
    functions.functions.add(name="f", domain="")
    with pytest.raises(BundleError, match="functions"):
        audit(functions.SerializeToString())
    sparse = plain()
    sparse.graph.sparse_initializer.add(dims=[1])
    with pytest.raises(BundleError, match="sparse"):
        audit(sparse.SerializeToString())
    training = plain()
    training.training_info.add()
    with pytest.raises(BundleError, match="training"):
        audit(training.SerializeToString())


def test_an_operation_named_twice_is_refused() -> None:
    """B10: a node whose last name counts for ONNX Runtime cannot show us its first."""
    name = b"\x22\x03Add"  # field 4, op_type
    node = name + name
    graph = b"\x0a" + bytes([len(node)]) + node
    with pytest.raises(BundleError, match="'kind' stands twice"):
        audit(b"\x3a" + bytes([len(graph)]) + graph)


def test_damaged_bytes_are_refused_or_read_but_never_crash() -> None:
    """B09: cut anywhere, or with any byte changed, the audit ends with its own error or passes."""
    good = plain().SerializeToString()
    draw = np.random.default_rng(0)
    mutants = [good[:end] for end in range(1, len(good), 7)]
    mutants += [good[:at] + draw.bytes(1) + good[at + 1 :] for at in range(0, len(good), 3)]
    refused = 0
    for mutant in mutants:
        try:
            audit(mutant)
        except BundleError:
            refused += 1
    assert refused > len(mutants) // 4
    with pytest.raises(BundleError, match="damaged"):
        audit(b"\xff" * 30)


def test_no_more_is_allowed_than_the_operations_of_onnx() -> None:
    """A misspelt name on the list would allow nothing and hide a gap."""
    for domain, kind in RULES:  # com.microsoft is ONNX Runtime's own, which tests/graph/test_ops.py runs
        assert domain == "com.microsoft" or onnx.defs.has(kind, domain), kind
        assert domain in VERSIONS


@pytest.mark.parametrize("bit", [29, 31, 32, 33])
@pytest.mark.parametrize("number", [1, 5, 7])
def test_nothing_hides_behind_a_tag_that_others_cut_off(bit: int, number: int) -> None:
    """B10: a node, a constant or a whole graph behind a tag with a high bit, real to other readers, is refused."""
    hidden = helper.make_node("Loop", ["x"], ["y"]).SerializeToString()
    tag = (1 << bit << 3) | number << 3 | 2
    found = bytearray()
    while tag >= 0x80:
        found.append(tag & 0x7F | 0x80)
        tag >>= 7
    with pytest.raises(BundleError, match="damaged"):
        audit(plain().SerializeToString() + bytes([*found, tag, len(hidden)]) + hidden)


def test_another_version_of_a_domain_is_refused() -> None:
    """An operation means what it means in the versions that automl writes."""
    other = plain()
    other.opset_import[0].version = 13
    with pytest.raises(BundleError, match="in version 13"):
        audit(other.SerializeToString())
    missing = plain()
    del missing.opset_import[:]
    with pytest.raises(BundleError, match="does not import"):
        audit(missing.SerializeToString())


def test_what_passes_is_what_would_be_written_anew() -> None:
    """The library that reads it and writes it again gives the same bytes."""
    content = plain().SerializeToString()
    audit(content)
    assert onnx.load_from_string(content).SerializeToString() == content


def test_mutants_are_refused_or_mean_to_onnx_what_they_mean_to_us() -> None:
    """B09, B10: 2,000 changed graphs: whatever passes, onnx sees as the same nodes, attributes and constants."""
    mutants = _benchmark()
    told = mutants.compare(mutants.sample(), count=2_000, seed=0)
    assert not told.different
    assert told.passed > 20
    assert told.refused > 1_500


def _benchmark() -> ModuleType:
    found = importlib.util.spec_from_file_location("graph_mutants", ROOT / "benchmarks" / "graph_mutants.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module  # where its values look for their own classes
    found.loader.exec_module(module)
    return module
