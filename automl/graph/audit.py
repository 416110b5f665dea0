"""Reads a model's bytes far enough to refuse what we never write, before ONNX Runtime sees them (B08, B10).

Protobuf is read by hand because what ships does not import onnx. A message is a row of fields, each with a number
(those of onnx.proto) and a wire type; what is not looked into is skipped by its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from automl.errors import BundleError

_PLAIN = """
    Abs Add And ArgMin Cast Clip Concat Div Equal Expand Floor Gather GatherND GreaterOrEqual Identity IsNaN Less
    LessOrEqual MatMul Max Min Mul Not Or Pow Reciprocal ReduceLogSum ReduceMax ReduceSum Shape Slice Split Sqrt
    Squeeze Sub Unsqueeze Where
"""
ALLOWED: Mapping[str, frozenset[str]] = {
    "": frozenset(_PLAIN.split()),
    "ai.onnx.ml": frozenset({"LabelEncoder", "TreeEnsemble"}),
    "com.microsoft": frozenset({"Tokenizer"}),
}
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_LONGEST_VARINT = 10
_INTS = re.compile(
    rb"(?:\x40[\x80-\xff]{0,9}[\x00-\x7f])+"
)  # the `ints` of attributes, one field each: skipped at once

Look = Callable[[memoryview], None]


def audit(model: bytes) -> None:
    """Pass, or a `BundleError`: external data, unknown operations or domains, subgraphs, functions, broken bytes."""
    try:
        _look(
            memoryview(model),
            {7: _graph, 8: _domain, 20: _never("training info"), 25: _never("functions of its own")},
        )
    except (IndexError, UnicodeDecodeError) as error:
        raise _refusal("its bytes are damaged") from error


def _graph(graph: memoryview) -> None:
    _look(graph, {1: _node, 5: _tensor, 15: _never("sparse tensors")})


def _domain(entry: memoryview) -> None:
    for domain in _texts(entry, 1):
        if domain not in ALLOWED:
            raise _refusal(f"it imports the domain '{domain}'")


def _node(node: memoryview) -> None:
    kinds, domains = _texts(node, 4), _texts(node, 7) or [""]
    if len(kinds) != 1 or len(domains) != 1:
        raise _refusal("a node has no clear operation")
    if kinds[0] not in ALLOWED.get(domains[0], frozenset()):
        raise _refusal(f"it has the operation '{kinds[0]}' of the domain '{domains[0] or 'ai.onnx'}'")
    _look(node, {5: _attribute})


def _attribute(attribute: memoryview) -> None:
    subgraph, sparse = _never("subgraphs"), _never("sparse tensors")
    _look(attribute, {5: _tensor, 10: _tensor, 6: subgraph, 11: subgraph, 22: sparse, 23: sparse})


def _tensor(tensor: memoryview) -> None:
    """`external_data` and `data_location`: we write neither."""
    external = _never("data outside the file")
    _look(tensor, {13: external, 14: external})


def _never(what: str) -> Look:
    def look(_: memoryview) -> None:
        raise _refusal(f"it has {what}")

    return look


def _refusal(why: str) -> BundleError:
    return BundleError(
        f"the graph is not one that automl writes: {why}",
        where="model.onnx",
        hint="Use the bundle as it was written, or write it again with `automl fit`.",
    )


def _texts(message: memoryview, wanted: int) -> list[str]:
    return [bytes(value).decode() for number, value in _fields(message) if number == wanted]


def _look(message: memoryview, looks: Mapping[int, Look]) -> None:
    for number, value in _fields(message):
        if number in looks:
            looks[number](value)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number and content of each field (of a varint, its bytes). `IndexError` where they end too early."""
    at = 0
    while at < len(message):
        skipped = _INTS.match(message, at)
        if skipped:
            at = skipped.end()
            continue
        tag, at = _varint(message, at)
        start, end = _span(message, at, tag & 7)
        if end > len(message):
            raise IndexError(end)
        yield tag >> 3, message[start:end]
        at = end


def _span(message: memoryview, at: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        length, start = _varint(message, at)
        return start, start + length
    if wire == _VARINT:
        return at, _varint(message, at)[1]
    if wire in {_EIGHT, _FOUR}:
        return at, at + (8 if wire == _EIGHT else 4)
    raise IndexError(wire)  # groups are not part of the format


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004  # the highest bit says that another byte follows
            return value, at + place + 1
    raise IndexError(at)
