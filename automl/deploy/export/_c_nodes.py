"""The nodes of an ONNX graph as C for one row, in their order: shapes are known when the source is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from automl.deploy.export._c_rules import FOLDED, RULES, split
from automl.deploy.export._c_writer import Value, Writer
from automl.errors import BundleError, DataError
from automl.graph.nodes import Graph
from automl.graph.parse import Node


def write_nodes(graph: Graph, inputs: Mapping[str, Value], wanted: Sequence[str]) -> Writer:
    """The nodes that lead to `wanted`, written in their order; `DataError` for a step that C cannot hold."""
    needed = _needed(graph, wanted)
    _refuse_what_c_lacks(graph, needed)
    writer = Writer(values=dict(inputs))
    read = {name for node in needed for name in node.inputs}
    known = {name: values for name, values in graph.constants.items() if name in read}
    try:
        for node in needed:
            _write(writer, node, known, read | set(wanted))
    except (KeyError, IndexError, ValueError) as error:
        raise BundleError(f"the graph does not hang together: {error!r}", where="model.onnx") from error
    return writer


def _needed(graph: Graph, wanted: Sequence[str]) -> list[Node]:
    names, kept = set(wanted), []
    for node in reversed(graph.nodes):
        if names.intersection(node.outputs):
            names |= set(node.inputs)
            kept.append(node)
    return kept[::-1]


def _refuse_what_c_lacks(graph: Graph, nodes: Sequence[Node]) -> None:
    """Free text is cut into words by a regular expression, which C has not."""
    for node in nodes:
        if node.kind == "Tokenizer":
            columns = ", ".join(repr(graph.inputs[name][0]) for name in node.inputs if name in graph.inputs)
            raise DataError(
                f"C cannot hold the text tokenizer of column {columns or 'that is computed'}",
                where="export to c",
                hint="Use --to docker or web, or leave the column out with data.exclude and fit again.",
            )
        if node.kind not in RULES:
            raise DataError(
                f"C cannot hold the operation {node.kind}", where="export to c", hint="Use --to docker or web."
            )


def _write(writer: Writer, node: Node, known: dict[str, NDArray[np.generic]], read: set[str]) -> None:
    folded = FOLDED.get(node.kind)
    if folded and all(name in known for name in node.inputs):
        known[node.outputs[0]] = folded(node, *(known[name] for name in node.inputs))
        return
    if node.kind == "Shape":  # of one row
        shape = np.array(_value(writer, node.inputs[0], known).shape, dtype=np.int64)
        known[node.outputs[0]] = shape[node.attributes.get("start", 0) : node.attributes.get("end")]
        return
    given = [_value(writer, name, known) for name in node.inputs if name]
    if node.kind == "Split":
        split(writer, node, given, read)
    else:
        writer.values[node.outputs[0]] = RULES[node.kind](writer, node, given)


def _value(writer: Writer, name: str, known: Mapping[str, NDArray[np.generic]]) -> Value:
    if name not in writer.values:
        writer.values[name] = writer.constant(known[name])
    return writer.values[name]
