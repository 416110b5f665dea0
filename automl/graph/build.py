"""Collects ONNX nodes under stable names and closes them into a model with the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
ML_OPSET = 5
IR_VERSION = 10
ML = "ai.onnx.ml"
MICROSOFT = "com.microsoft"  # ONNX Runtime's own operations: ONNX has no tokenizer
ELEMENT = {
    "number": TensorProto.DOUBLE,
    "text": TensorProto.STRING,
    "flag": TensorProto.BOOL,
    "index": TensorProto.INT64,
}


class Builder:
    """Nodes and constants of one graph; equal ones are kept once.

    Names of our own begin with `prefix`, which no name of `reserved` does.
    """

    def __init__(self, reserved: set[str]) -> None:
        self.prefix = "_"
        while any(name.startswith(self.prefix) for name in reserved):
            self.prefix += "_"
        self.nodes: list[Any] = []
        self.tensors: dict[str, Any] = {}
        self.known: dict[bytes, tuple[str, ...]] = {}
        self.inputs: dict[str, str] = {}  # the input of each leaf, by the leaf's name
        self.rows = ""  # the input that tells the number of rows
        self.values: dict[int, str] = {}  # the value of each expression, by its id
        self.varying: set[int] = set()  # the ids of the expressions that differ from row to row
        self.count = 0

    def constant(self, values: NDArray[np.generic]) -> str:
        """The name of a constant tensor."""
        tensor = numpy_helper.from_array(np.ascontiguousarray(values))
        key = tensor.SerializeToString(deterministic=True)
        if key not in self.known:
            tensor.name = self._name()
            self.tensors[tensor.name] = tensor
            self.known[key] = (tensor.name,)
        return self.known[key][0]

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        """The name of the only output of a node."""
        return self.split(kind, *inputs, outputs=1, domain=domain, **attributes)[0]

    def split(self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: object) -> tuple[str, ...]:
        """The names of the outputs of a node."""
        node = helper.make_node(kind, list(inputs), [], domain=domain, **attributes)
        key = node.SerializeToString(deterministic=True)
        if key not in self.known:
            self.known[key] = tuple(self._name() for _ in range(outputs))
            node.output.extend(self.known[key])
            self.nodes.append(node)
        return self.known[key]

    def repeat(self, value: str, width: int) -> str:
        """A value of one row, for as many rows as the input `rows` has."""
        height = self.op("Shape", self.rows, start=0, end=1)
        shape = self.op("Concat", height, self.constant(np.array([width])), axis=0)
        return self.op("Expand", value, shape)

    def close(
        self,
        inputs: Mapping[str, tuple[int, int]],
        outputs: Mapping[str, tuple[str, int, int]],
        metadata: dict[str, str],
    ) -> bytes:
        """The model. `inputs` are (element type, width) by name, `outputs` (value, element type, width) by name."""
        self._label({name: value for name, (value, _, _) in outputs.items()})
        nodes = self._needed(set(outputs))
        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            "automl",
            [helper.make_tensor_value_info(name, kind, ["N", width]) for name, (kind, width) in inputs.items()],
            [helper.make_tensor_value_info(name, kind, ["N", width]) for name, (_, kind, width) in outputs.items()],
            [tensor for name, tensor in self.tensors.items() if name in used],
        )
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        if any(node.domain == MICROSOFT for node in nodes):
            versions.append(helper.make_opsetid(MICROSOFT, 1))
        model = helper.make_model(graph, opset_imports=versions, ir_version=IR_VERSION, producer_name="automl")
        helper.set_model_props(model, dict(sorted(metadata.items())))
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _label(self, outputs: dict[str, str]) -> None:
        """Give values their output names; only what has no name of its own to lose is renamed, the rest is copied."""
        made = {name for node in self.nodes for name in node.output}
        renamed: dict[str, str] = {}
        for name, value in outputs.items():
            if value in made and value not in renamed:
                renamed[value] = name
            else:
                self.nodes.append(helper.make_node("Identity", [value], [name]))
        for node in self.nodes:
            node.input[:] = [renamed.get(name, name) for name in node.input]
            node.output[:] = [renamed.get(name, name) for name in node.output]

    def _needed(self, wanted: set[str]) -> list[Any]:
        """The nodes that lead to `wanted`, in their order."""
        kept = []
        for node in reversed(self.nodes):
            if wanted.intersection(node.output):
                wanted |= set(node.input)
                kept.append(node)
        return kept[::-1]

    def _name(self) -> str:
        self.count += 1
        return f"{self.prefix}{self.count}"
