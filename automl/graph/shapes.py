"""What each value of a graph is, found before anything runs: its type, its shape, and that no operation can fail on it.

ONNX Runtime trusts a graph in places where a wrong one ends the process, and makes values as large as it is told. So
each operation has a rule in `automl.graph.shape_rules`, and a graph in which a rule is broken is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from automl.graph.parse import Array, Model, Node, Port
from automl.graph.shape_rules import (
    ELEMENTS,
    FLAG,
    HIGHEST,
    INDEX,
    NUMBER,
    ROWS,
    RULES,
    SINGLE,
    TEXT,
    BrokenError,
    Value,
    at_least,
)

WIDEST = 4_000_000  # cells that a value may have for each row


def infer_values(model: Model) -> dict[str, Value]:
    """Every value of the graph by name; a `BrokenError` that names the operation and the rule that it breaks."""
    values = {name: _constant(cells) for name, cells in model.constants.items()}
    for port in model.inputs:
        _add(values, port.name, _given(port))
    for node in model.nodes:
        for name, value in zip(node.outputs, _made(node, values), strict=True):
            _add(values, name, value)
    for port in model.outputs:
        if port.name not in values or not _fits(values[port.name], _given(port)):
            raise BrokenError(f"the output '{port.name}' is not of the type and shape that it is said to have")
    return values


def _made(node: Node, values: Mapping[str, Value]) -> Sequence[Value]:
    unknown = [name for name in node.inputs if name not in values]
    if unknown:
        raise BrokenError(f"{node.kind} takes '{unknown[0]}', which nothing before it gives")
    try:
        made = RULES[node.domain, node.kind](node, [values[name] for name in node.inputs])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise BrokenError(f"{node.kind}: {error}") from error
    if len(made) != len(node.outputs):
        raise BrokenError(f"{node.kind} gives {len(made)} values, not {len(node.outputs)}")
    return made


def _add(values: dict[str, Value], name: str, value: Value) -> None:
    if not name or name in values:
        raise BrokenError(f"the value '{name}' is given twice" if name else "a value has no name")
    if value.shape.count(ROWS) > 1:
        raise BrokenError(f"'{name}' is as wide as there are rows")
    if math.prod(at_least(size) for size in value.shape if size != ROWS) > WIDEST:
        raise BrokenError(f"'{name}' has more than {WIDEST:,} cells for each row")
    values[name] = value


def _constant(cells: Array) -> Value:
    kinds: Mapping[str, str] = {"f": NUMBER if cells.itemsize > 4 else SINGLE, "b": FLAG, "i": INDEX, "O": TEXT}  # noqa: PLR2004  # bytes of a single
    if cells.dtype.kind not in kinds:
        raise BrokenError(f"a constant is of the type {cells.dtype}")
    if cells.dtype.kind == "i" and cells.size and (int(cells.max()) >= HIGHEST or int(cells.min()) < -HIGHEST):
        raise BrokenError(f"a constant has a whole number of {HIGHEST:,} or more")
    sizes = tuple(int(cell) for cell in cells) if cells.dtype.kind == "i" and cells.ndim == 1 else None
    return Value(kind=kinds[cells.dtype.kind], shape=cells.shape, cells=cells, sizes=sizes)


def _given(port: Port) -> Value:
    if port.element not in ELEMENTS or not 0 < port.width <= WIDEST:
        raise BrokenError(f"'{port.name}' is of no type and shape that automl gives")
    return Value(kind=ELEMENTS[port.element], shape=(ROWS, port.width))


def _fits(found: Value, told: Value) -> bool:
    return found.kind == told.kind and found.shape == told.shape
