"""Puts other numbers in their places in a graph: nodes, shapes and size stay."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from automl.graph.stages import Place
from automl.names import free_name

Array = NDArray[np.generic]


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
        name = old.name if uses.count(old.name) == 1 else free_name(old.name, [*taken])
        own = numpy_helper.from_array(np.ascontiguousarray(values).reshape(tuple(old.dims)), name)
        if name == old.name:
            old.CopyFrom(own)
        else:
            graph.initializer.append(own)
            node.input[place.slot] = name
            taken.add(name)
    onnx.checker.check_model(changed)
    return bytes(changed.SerializeToString(deterministic=True))
