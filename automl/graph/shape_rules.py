"""The rule of each operation that automl writes: what it takes, and the type and shape of what it gives.

The rules are narrower than ONNX's own: an operation is refused where the library would divide whole numbers, follow an
index out of its table, or make a value whose size nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from automl.graph.parse import BOOL, DOUBLE, FLOAT, INT64, STRING, Array, Node
from automl.graph.tree_arrays import check_trees

ROWS = -1  # a dimension of as many places as there are rows
HIGHEST = 2**31  # of an index or a size
NUMBER, FLAG, INDEX, TEXT, SINGLE = "number", "flag", "index", "text", "single"
ELEMENTS: Mapping[int, str] = {DOUBLE: NUMBER, BOOL: FLAG, INT64: INDEX, STRING: TEXT, FLOAT: SINGLE}


class BrokenError(ValueError):
    """A rule is broken; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value's type and shape.

    A dimension is a size, `ROWS`, or -2 - k for "k or more". `cells` are the values where the graph holds them itself,
    `sizes` what an index of one dimension says of shapes (`ROWS` where it says the number of rows).
    """

    kind: str
    shape: tuple[int, ...]
    cells: Array | None = None
    sizes: tuple[int, ...] | None = None


Rule = Callable[[Node, Sequence[Value]], Sequence[Value]]


def at_least(size: int) -> int:
    """The fewest places that a dimension other than the rows has."""
    return size if size >= 0 else -2 - size


# What operations ask of their values


def _need(holds: object, what: str) -> None:
    if not holds:
        raise BrokenError(what)


def _kinds(values: Sequence[Value], *allowed: str) -> str:
    kinds = {value.kind for value in values}
    _need(len(kinds) == 1 and kinds <= set(allowed), f"takes {' or '.join(allowed)}, and got {sorted(kinds)}")
    return kinds.pop()


def _broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(map(len, shapes))
    found = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        wide = {size for size in sizes if size != 1}
        _need(len(wide) < 2, f"shapes {[*map(list, shapes)]} do not go together")  # noqa: PLR2004  # all the same, or 1
        found.append(wide.pop() if wide else 1)
    return tuple(found)


def _axis(number: int, rank: int) -> int:
    _need(-rank <= number < rank, f"has no axis {number}")
    return number % rank


def _axes(value: Value, rank: int) -> tuple[int, ...]:
    _need(value.cells is not None and value.sizes is not None, "its axes are no constant")
    return tuple(_axis(number, rank) for number in value.sizes or ())


def _count(given: Sequence[Value], count: int) -> None:
    _need(len(given) == count, f"takes {count} values, and got {len(given)}")


# Rules, operation by operation


def _elementwise(*allowed: str, gives: str | None = None, count: int = 2) -> Rule:
    def rule(_: Node, given: Sequence[Value]) -> Sequence[Value]:
        _count(given, count)
        kind = _kinds(given, *allowed)
        return [Value(kind=gives or kind, shape=_broadcast(*(value.shape for value in given)))]

    return rule


def _identity(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    return given


def _cast(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    _kinds(given, NUMBER, FLAG, INDEX, SINGLE)
    kind = ELEMENTS[node.attributes["to"]]
    _need(kind != TEXT, "does not write text")
    return [Value(kind=kind, shape=given[0].shape)]


def _where(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 3)
    _kinds(given[:1], FLAG)
    kind = _kinds(given[1:], NUMBER, TEXT, FLAG, INDEX)
    return [Value(kind=kind, shape=_broadcast(*(value.shape for value in given)))]


def _clip(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 3)
    _kinds(given, NUMBER)
    _need(all(value.shape in {(), (1,)} for value in given[1:]), "takes one number for each end")
    return [given[0]]


def _concat(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _need(given, "takes values")
    kind = _kinds(given, NUMBER, TEXT, FLAG, INDEX)
    shapes = [value.shape for value in given]
    axis = _axis(node.attributes["axis"], len(shapes[0]))
    rests = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
    _need(len(rests) == 1 and len({len(shape) for shape in shapes}) == 1, f"shapes {shapes} do not go together")
    sizes = [shape[axis] for shape in shapes]
    _need(ROWS not in sizes, "does not put rows below rows")
    total = sum(map(at_least, sizes))
    size = total if min(sizes) >= 0 else -2 - total
    told = [value.sizes for value in given]
    joined = None if None in told or axis else tuple(size for sizes in told for size in sizes or ())
    return [Value(kind=kind, shape=(*shapes[0][:axis], size, *shapes[0][axis + 1 :]), sizes=joined)]


def _gather(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    data, index = given
    _kinds([index], INDEX)
    axis = _axis(node.attributes.get("axis", 0), len(data.shape))
    _need(data.shape[axis] >= 0, "takes cells from a dimension of unknown size")
    if index.cells is not None and index.cells.size:
        low, high = int(index.cells.min()), int(index.cells.max())
        _need(-data.shape[axis] <= low and high < data.shape[axis], f"takes a cell outside of {data.shape[axis]}")
    return [Value(kind=data.kind, shape=(*data.shape[:axis], *index.shape, *data.shape[axis + 1 :]))]


def _gather_nd(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    data, index = given
    _kinds([index], INDEX)
    depth = index.shape[-1]
    _need(0 < depth <= len(data.shape) and ROWS not in data.shape, "takes an index of another depth than its table")
    return [Value(kind=data.kind, shape=(*index.shape[:-1], *data.shape[depth:]))]


def _matmul(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    _kinds(given, NUMBER)
    left, right = (value.shape for value in given)
    _need(left and len(right) > 1 and left[-1] == right[-2] >= 0, f"shapes {left} and {right} do not go together")
    _need(len(left) == 1 or len(right) == 2, f"shapes {left} and {right} do not go together")  # noqa: PLR2004  # a matrix
    return [Value(kind=NUMBER, shape=(*left[:-1], *right[:-2], right[-1]))]


def _reduce(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    _kinds(given[:1], NUMBER)
    return [_without(given[0], _axes(given[1], len(given[0].shape)), keep=node.attributes.get("keepdims", 1) == 1)]


def _arg_min(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    _kinds(given, NUMBER)
    axis = _axis(node.attributes.get("axis", 0), len(given[0].shape))
    _need(given[0].shape[axis] > 0, "has nothing to choose from")
    return [replace(_without(given[0], (axis,), keep=node.attributes.get("keepdims", 1) == 1), kind=INDEX)]


def _without(value: Value, axes: tuple[int, ...], *, keep: bool) -> Value:
    _need(axes and ROWS not in {value.shape[axis] for axis in axes}, "does not put rows together")
    if keep:
        shape = tuple(1 if axis in axes else size for axis, size in enumerate(value.shape))
    else:
        shape = tuple(size for axis, size in enumerate(value.shape) if axis not in axes)
    return Value(kind=value.kind, shape=shape)


def _shape(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    found = given[0].shape[node.attributes.get("start", 0) : node.attributes.get("end")]
    _need(all(size >= ROWS for size in found), "tells a size that is not known")
    return [Value(kind=INDEX, shape=(len(found),), sizes=found)]


def _expand(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    sizes = given[1].sizes
    _need(sizes is not None and all(0 < size < HIGHEST or size == ROWS for size in sizes), "its shape is not known")
    return [Value(kind=given[0].kind, shape=_broadcast(given[0].shape, sizes or ()))]


def _slice(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 4)
    data, *ends = given
    _need(all(end.cells is not None and end.shape == (1,) for end in ends), "its ends are no constants")
    start, end, number = (int(value.cells[0]) for value in ends if value.cells is not None)
    axis = _axis(number, len(data.shape))
    _need(data.shape[axis] != ROWS and 0 <= start <= end <= at_least(data.shape[axis]), "takes more than there is")
    return [Value(kind=data.kind, shape=(*data.shape[:axis], end - start, *data.shape[axis + 1 :]))]


def _split(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    parts, shape = node.attributes["num_outputs"], given[0].shape
    axis = _axis(node.attributes["axis"], len(shape))
    _need(parts == len(node.outputs) and shape[axis] == parts, "does not give one column each")
    return [Value(kind=given[0].kind, shape=(*shape[:axis], 1, *shape[axis + 1 :]))] * parts


def _squeeze(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    axes = _axes(given[1], len(given[0].shape))
    _need(all(given[0].shape[axis] == 1 for axis in axes), "drops a dimension that is not 1")
    return [_without(given[0], axes, keep=False)]


def _unsqueeze(_: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 2)
    shape = given[0].shape
    axes = _axes(given[1], len(shape) + 1)
    _need(len(axes) == 1, "adds one dimension")
    return [Value(kind=given[0].kind, shape=(*shape[: axes[0]], 1, *shape[axes[0] :]))]


def _label_encoder(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    told = node.attributes
    (keys,) = (np.asarray(told[name]) for name in told if name.startswith("keys_"))
    (values,) = (np.asarray(told[name]) for name in told if name.startswith("values_"))
    text = keys.dtype.kind in "OU"
    _need(given[0].kind == (TEXT if text else INDEX), "its keys are of another type than what it looks up")
    _need(keys.shape == values.shape == (keys.size,), "has not one value for each key")
    _need(values.dtype.kind in "if", "gives neither numbers nor an index")
    return [Value(kind=INDEX if values.dtype.kind == "i" else NUMBER, shape=given[0].shape)]


def _tokenizer(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    _kinds(given, TEXT)
    _need(given[0].shape == (ROWS, 1), "takes one text for each row")
    _need(node.attributes["mark"] == 0 and node.attributes["mincharnum"] == 1, "does not cut as automl cuts")
    return [Value(kind=TEXT, shape=(ROWS, 1, -2))]


def _trees(node: Node, given: Sequence[Value]) -> Sequence[Value]:
    _count(given, 1)
    _kinds(given, NUMBER)
    _need(len(given[0].shape) == 2 and given[0].shape[1] > 0, "takes a matrix")  # noqa: PLR2004  # rows and columns
    return [Value(kind=NUMBER, shape=(given[0].shape[0], check_trees(node.attributes, columns=given[0].shape[1])))]


_NUMBERS = _elementwise(NUMBER)
_COUNTS = _elementwise(NUMBER, INDEX)  # an index may be added to and multiplied, never divided
_ORDER = _elementwise(NUMBER, gives=FLAG)
_FLAGS = _elementwise(FLAG)
_EACH = _elementwise(NUMBER, count=1)
RULES: Mapping[tuple[str, str], Rule] = {
    **dict.fromkeys([("", "Add"), ("", "Mul")], _COUNTS),
    **dict.fromkeys([("", "Sub"), ("", "Div"), ("", "Min"), ("", "Max"), ("", "Pow")], _NUMBERS),
    **dict.fromkeys([("", "Less"), ("", "LessOrEqual"), ("", "GreaterOrEqual")], _ORDER),
    **dict.fromkeys([("", "And"), ("", "Or")], _FLAGS),
    **dict.fromkeys([("", "Abs"), ("", "Floor"), ("", "Sqrt"), ("", "Reciprocal")], _EACH),
    **dict.fromkeys([("", "ReduceMax"), ("", "ReduceSum"), ("", "ReduceLogSum")], _reduce),
    ("", "Equal"): _elementwise(NUMBER, TEXT, INDEX, gives=FLAG),
    ("", "Not"): _elementwise(FLAG, count=1),
    ("", "IsNaN"): _elementwise(NUMBER, gives=FLAG, count=1),
    ("", "Identity"): _identity,
    ("", "Cast"): _cast,
    ("", "Where"): _where,
    ("", "Clip"): _clip,
    ("", "Concat"): _concat,
    ("", "Gather"): _gather,
    ("", "GatherND"): _gather_nd,
    ("", "MatMul"): _matmul,
    ("", "ArgMin"): _arg_min,
    ("", "Shape"): _shape,
    ("", "Expand"): _expand,
    ("", "Slice"): _slice,
    ("", "Split"): _split,
    ("", "Squeeze"): _squeeze,
    ("", "Unsqueeze"): _unsqueeze,
    ("ai.onnx.ml", "LabelEncoder"): _label_encoder,
    ("ai.onnx.ml", "TreeEnsemble"): _trees,
    ("com.microsoft", "Tokenizer"): _tokenizer,
}
