"""Reads a model's bytes as nodes and arrays; onnx is not needed, and nothing but what automl writes is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import BundleError
from automl.graph.protobuf import (
    DamagedError,
    ForbiddenError,
    Message,
    content,
    grammar,
    message,
    text,
    whole,
    wholes,
)

Array = NDArray[np.generic]
FLOAT, BOOL, STRING, INT64, DOUBLE = 1, 9, 8, 7, 11  # the element types of onnx.proto
DTYPES: Mapping[int, Any] = {FLOAT: np.float32, 2: np.uint8, 6: np.int32, INT64: np.int64, BOOL: np.bool_} | {
    DOUBLE: np.float64
}
_INT, _TEXT, _TENSOR, _INTS, _TEXTS = 2, 3, 4, 7, 8  # the kinds of attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation of a domain: `inputs` and `outputs` are names of values ("" is an input left out).

    Attributes are whole numbers, texts, arrays, or lists of texts; a list of whole numbers is an array int64.
    """

    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output of the graph: its name, its element type of onnx.proto, and the count of its columns."""

    name: str
    element: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A graph as it stands in the file; `constants` by name (text as objects), `versions` by domain."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    versions: Mapping[str, int]
    metadata: Mapping[str, str]


def parse(model: bytes) -> Model:
    """The model in its bytes; a `BundleError` where they are damaged or hold what automl never writes.

    What passes is byte for byte what its parts give when they are written anew: see `automl.graph.protobuf`.
    """
    try:
        found = MODEL.read(memoryview(model))
        graph = _given(found, "graph")
        return Model(
            nodes=tuple(_node(node) for node in graph["nodes"]),
            constants=_unique("constant", [(_name(tensor), _tensor(tensor)) for tensor in graph["constants"]]),
            inputs=tuple(_port(value) for value in graph["inputs"]),
            outputs=tuple(_port(value) for value in graph["outputs"]),
            versions=_unique(
                "domain", [(entry["domain"] or "", _given(entry, "version")) for entry in found["versions"]]
            ),
            metadata=_unique(
                "metadata entry", [(_given(entry, "key"), _given(entry, "value")) for entry in found["metadata"]]
            ),
        )
    except ForbiddenError as error:
        raise refusal(f"it has {error}") from error
    except DamagedError as error:
        raise refusal(f"its bytes are damaged ({error})") from error


def refusal(why: str) -> BundleError:
    """The error for a graph that may not be opened."""
    return BundleError(
        f"the graph is not one that automl writes: {why}",
        where="model.onnx",
        hint="Use the bundle as it was written, or write it again with `automl fit`.",
    )


TENSOR = grammar(
    [
        wholes(1, "dims"),
        whole(2, "element"),
        text(6, "texts", many=True),
        text(8, "name"),
        content(9, "raw"),
    ],
    never={13: "data outside the file", 14: "data outside the file"},
)
ATTRIBUTE = grammar(
    [
        text(1, "name"),
        whole(3, "whole"),
        text(4, "text"),
        message(5, "tensor", TENSOR),
        wholes(8, "wholes"),
        text(9, "texts", many=True),
        whole(20, "kind"),
    ],
    never={6: "subgraphs", 11: "subgraphs", 22: "sparse tensors", 23: "sparse tensors"},
)
NODE = grammar(
    [
        text(1, "inputs", many=True),
        text(2, "outputs", many=True),
        text(4, "kind"),
        message(5, "attributes", ATTRIBUTE, many=True),
        text(7, "domain"),
    ]
)


DIMENSION = grammar([whole(1, "size"), text(2, "symbol")])
SHAPE = grammar([message(1, "dims", DIMENSION, many=True)])
TABLE = grammar([whole(1, "element"), message(2, "shape", SHAPE)])
VALUE = grammar([text(1, "name"), message(2, "type", grammar([message(1, "tensor", TABLE)]))])
GRAPH = grammar(
    [
        message(1, "nodes", NODE, many=True),
        text(2, "name"),
        message(5, "constants", TENSOR, many=True),
        message(11, "inputs", VALUE, many=True),
        message(12, "outputs", VALUE, many=True),
    ],
    never={15: "sparse tensors"},
)
MODEL = grammar(
    [
        whole(1, "format"),
        text(2, "producer"),
        message(7, "graph", GRAPH),
        message(8, "versions", grammar([text(1, "domain"), whole(2, "version")]), many=True),
        message(14, "metadata", grammar([text(1, "key"), text(2, "value")]), many=True),
    ],
    never={20: "training info", 25: "functions of its own"},
)


def _given(part: Message, name: str) -> Any:
    if part[name] is None:
        raise DamagedError(f"it lacks the field '{name}'")
    return part[name]


def _node(node: Message) -> Node:
    return Node(
        kind=_given(node, "kind"),
        domain=node["domain"] or "",
        inputs=node["inputs"],
        outputs=node["outputs"],
        attributes=_unique("attribute", [(_name(entry), _attribute(entry)) for entry in node["attributes"]]),
    )


def _attribute(attribute: Message) -> Any:
    """The one content that its kind says it has."""
    given = {
        _INT: attribute["whole"],
        _TEXT: attribute["text"],
        _TENSOR: attribute["tensor"],
        _INTS: attribute["wholes"] or None,
        _TEXTS: attribute["texts"] or None,
    }
    kind = attribute["kind"]
    held = {place for place, value in given.items() if value is not None}
    if kind not in given or held - {kind} or (kind in {_INT, _TEXT, _TENSOR} and not held):
        raise DamagedError("an attribute is not of its kind")
    if kind == _INTS:
        return np.concatenate(attribute["wholes"]) if held else np.zeros(0, dtype=np.int64)
    if kind == _TEXTS:
        return list(attribute["texts"])
    return _tensor(given[kind]) if kind == _TENSOR else given[kind]


def _tensor(tensor: Message) -> Array:
    shape = tuple(np.concatenate(tensor["dims"]).tolist()) if tensor["dims"] else ()
    if any(size < 0 for size in shape):
        raise DamagedError("a constant has a size below 0")
    if tensor["element"] == STRING and tensor["raw"] is None:
        values: Array = np.array(tensor["texts"], dtype=object)
    elif tensor["element"] in DTYPES and not tensor["texts"]:
        dtype = np.dtype(DTYPES[tensor["element"]]).newbyteorder("<")
        raw = tensor["raw"] if tensor["raw"] is not None else b""
        if len(raw) % dtype.itemsize:
            raise DamagedError("a constant has half a number")
        values = np.frombuffer(raw, dtype=dtype)
    else:
        raise DamagedError("a constant is not of its kind")
    if math.prod(shape) != len(values):
        raise DamagedError(f"a constant of the shape {list(shape)} has {len(values)} cells")
    return values.reshape(shape)


def _port(value: Message) -> Port:
    tensor = (value["type"] or {}).get("tensor") or {}
    dims = (tensor.get("shape") or {}).get("dims", ())
    if len(dims) != 2 or dims[0]["size"] is not None or (width := dims[1]["size"]) is None or dims[1]["symbol"]:  # noqa: PLR2004  # rows and columns
        raise DamagedError(f"'{value['name']}' is no table of rows and columns")
    return Port(name=_name(value), element=_given(tensor, "element"), width=width)


def _name(entry: Message) -> str:
    return entry["name"] or ""


def _unique(what: str, entries: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(entries)
    if len(found) < len(entries):
        raise DamagedError(f"a {what} stands twice")
    return found
