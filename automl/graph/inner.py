"""Looks at a value inside a shipped graph: what each action is expected to cost, which no output of it tells."""

from __future__ import annotations

from automl.graph.parse import DOUBLE, Node, parse

EXPECTED = "expected_cost"


def action_costs(model: bytes) -> str | None:
    """The name of the value with the expected cost of each action [N, actions], None where the graph has none.

    It is what `expected_cost` is picked from: the sum of (costs of the actions) x (1 for the action taken).
    """
    maker = {name: node for node in parse(model).nodes for name in node.outputs}
    node = _made(maker, EXPECTED, "MatMul")
    product = node and _made(maker, node.inputs[0], "Mul")
    if product is None:
        return None
    picks = [_made(maker, name, "GatherND") is not None for name in product.inputs]
    return product.inputs[picks.index(False)] if sum(picks) == 1 else None


def with_output(model: bytes, name: str) -> bytes:
    """The model with one more output of numbers, the value `name`.

    Protobuf joins a message that stands twice, so the new output is written behind the rest
    (protobuf.dev/programming-guides/encoding, "Last One Wins"); such bytes are for a session, and never for a file.
    """
    table = _field(1, _field(1, bytes([DOUBLE]), whole=True))
    value = _field(1, name.encode()) + _field(2, table)
    return model + _field(7, _field(12, value))


def _made(maker: dict[str, Node], name: str, kind: str) -> Node | None:
    """The node of this kind that makes a value, seen through copies."""
    node = maker.get(name)
    while node is not None and node.kind == "Identity":
        node = maker.get(node.inputs[0])
    return node if node is not None and node.kind == kind else None


def _field(number: int, content: bytes, *, whole: bool = False) -> bytes:
    """A field of a message: its number, then a whole number below 128 as it is, or the length and the bytes."""
    return bytes([number << 3]) + content if whole else bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80]) + _varint(number >> 7) if number >> 7 else bytes([number])
