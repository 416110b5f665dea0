"""Reads a model's bytes far enough to refuse what we never write, before ONNX Runtime sees them (B08, B10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from automl.errors import BundleError
from automl.graph.protobuf import fields

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
    return [bytes(value).decode() for number, value in fields(message) if number == wanted]


def _look(message: memoryview, looks: Mapping[int, Look]) -> None:
    for number, value in fields(message):
        if number in looks:
            looks[number](value)
