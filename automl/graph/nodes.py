"""A graph for who writes it in another language: nodes, constants, and the columns behind the graph's own names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from automl.graph.audit import audit
from automl.graph.parse import STRING, Array, Node, refusal
from automl.graph.session import INPUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in the order of computation, constants by name (text as objects).

    `inputs` are the graph's names of the columns, each with the column's real name and whether it is text;
    `outputs` are the names of what it computes.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: Mapping[str, tuple[str, bool]]
    outputs: tuple[str, ...]


def read_graph(model: bytes) -> Graph:
    """The graph of a model as `to_onnx` writes it; a `BundleError` for any other, audited first."""
    found = audit(model)
    return Graph(
        nodes=found.nodes,
        constants=found.constants,
        inputs={
            port.name: (real, port.element == STRING)
            for port, real in zip(found.inputs, _columns(found.metadata, len(found.inputs)), strict=True)
        },
        outputs=tuple(port.name for port in found.outputs),
    )


def _columns(metadata: Mapping[str, str], count: int) -> list[str]:
    try:
        names = json.loads(metadata[INPUTS])
    except (KeyError, ValueError) as error:
        raise refusal("it does not say which columns it reads") from error
    if not isinstance(names, list) or len(names) != count or not all(isinstance(name, str) for name in names):
        raise refusal(f"it does not name a column for each of its {count} inputs")
    return names
