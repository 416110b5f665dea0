"""Reads a model's bytes as nodes and arrays, for who writes it in another language; onnx is not needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import BundleError
from automl.graph.audit import audit
from automl.graph.protobuf import fields, varint
from automl.graph.session import INPUTS

DTYPES: Mapping[int, Any] = {1: np.float32, 2: np.uint8, 6: np.int32, 7: np.int64, 9: np.bool_, 11: np.float64}
STRING = 8
_SIGN = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation: `inputs` and `outputs` are names of values ("" is an input left out)."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in the order of computation, constants by name (text as objects).

    `inputs` are the graph's names of the columns, each with the column's real name and whether it is text;
    `outputs` are the names of what it computes.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[np.generic]]
    inputs: Mapping[str, tuple[str, bool]]
    outputs: tuple[str, ...]


def read_graph(model: bytes) -> Graph:
    """The graph of a model as `to_onnx` writes it; a `BundleError` for any other, audited first."""
    audit(model)
    try:
        message = _by_number(memoryview(model))
        entries = [_entry(bytes_) for bytes_ in message.get(14, [])]
        graph = _by_number(message[7][0])
        given = [_value(value) for value in graph.get(11, [])]
        real = json.loads(dict(entries)[INPUTS])
        return Graph(
            nodes=tuple(_node(node) for node in graph.get(1, [])),
            constants=dict(_tensor(tensor) for tensor in graph.get(5, [])),
            inputs={name: (own, text) for (name, text), own in zip(given, real, strict=True)},
            outputs=tuple(_value(value)[0] for value in graph.get(12, [])),
        )
    except (IndexError, KeyError, ValueError) as error:
        raise BundleError(
            "the graph is not one that automl writes: its bytes are damaged", where="model.onnx"
        ) from error


def _by_number(message: memoryview, *, ints: bool = False) -> dict[int, list[memoryview]]:
    found: dict[int, list[memoryview]] = {}
    for number, value in fields(message, ints=ints):
        found.setdefault(number, []).append(value)
    return found


def _entry(message: memoryview) -> tuple[str, str]:
    parts = _by_number(message)
    return _text(parts[1][0]), _text(parts[2][0])


def _value(message: memoryview) -> tuple[str, bool]:
    """A value's name, and whether it is text."""
    parts = _by_number(message)
    tensor = _by_number(_by_number(parts[2][0])[1][0])
    return _text(parts[1][0]), _whole(tensor[1][0]) == STRING


def _node(message: memoryview) -> Node:
    parts = _by_number(message)
    return Node(
        kind=_text(parts[4][0]),
        inputs=tuple(map(_text, parts.get(1, []))),
        outputs=tuple(map(_text, parts.get(2, []))),
        attributes=dict(_attribute(attribute) for attribute in parts.get(5, [])),
    )


def _attribute(message: memoryview) -> tuple[str, Any]:
    """Name and value: a whole number, a text, an array, or a list of one of the first two."""
    parts = _by_number(message, ints=True)
    name, kind = _text(parts[1][0]), _whole(parts[20][0])
    readers: Mapping[int, Any] = {
        2: lambda: _whole(parts[3][0]),
        3: lambda: _text(parts[4][0]),
        4: lambda: _tensor(parts[5][0])[1],
        7: lambda: [_whole(value) for value in parts.get(8, [])],
        8: lambda: [_text(value) for value in parts.get(9, [])],
    }
    return name, readers[kind]()


def _tensor(message: memoryview) -> tuple[str, NDArray[np.generic]]:
    parts = _by_number(message, ints=True)
    name = _text(parts[8][0]) if 8 in parts else ""  # noqa: PLR2004  # the number of the field
    shape = [_whole(value) for value in parts.get(1, [])]
    kind = _whole(parts[2][0])
    if kind == STRING:
        return name, np.array([_text(value) for value in parts.get(6, [])], dtype=object).reshape(shape)
    raw = bytes(parts[9][0]) if 9 in parts else b""  # noqa: PLR2004  # as above
    return name, np.frombuffer(raw, dtype=np.dtype(DTYPES[kind]).newbyteorder("<")).reshape(shape)


def _whole(content: memoryview) -> int:
    value = varint(content, 0)[0]
    return value - 2 * _SIGN if value >= _SIGN else value


def _text(content: memoryview) -> str:
    return bytes(content).decode()
