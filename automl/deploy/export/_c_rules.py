"""Each ONNX operation as C for one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.deploy.export import _c_text as text
from automl.deploy.export import _c_trees as trees
from automl.deploy.export._c_writer import FLAG, INDEX, NUMBER, SINGLE, TEXT, Value, Writer
from automl.graph.parse import Node

CASTS: Mapping[int, str] = {1: SINGLE, 7: INDEX, 9: FLAG, 11: NUMBER}
Rule = Callable[[Writer, Node, Sequence[Value]], Value]

FOLDED: dict[str, Callable[..., NDArray[np.generic]]] = {
    "Concat": lambda node, *parts: np.concatenate(parts, axis=node.attributes["axis"]),
    "Unsqueeze": lambda _, x, axes: np.expand_dims(x, tuple(axes.tolist())),
}


def _cells(kind: str, cell: str) -> Rule:
    """An operation cell by cell; `{0}`, `{1}`, `{2}` are the operands'."""

    def rule(writer: Writer, _: Node, given: Sequence[Value]) -> Value:
        shape = np.broadcast_shapes(*(value.shape for value in given))
        size = int(np.prod(shape, dtype=np.int64))
        if any(value.size not in {1, size} for value in given):
            raise ValueError([value.shape for value in given])
        own = given[-1].kind if kind == "as given" else kind
        return writer.each(writer.fresh(own, shape), cell.format(*(value.at("i") for value in given)))

    return rule


def _equal(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    cell = "strcmp({0}, {1}) == 0" if given[0].kind == TEXT else "{0} == {1}"
    return _cells(FLAG, cell)(writer, node, given)


def _cast(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    kind = CASTS[node.attributes["to"]]
    if given[0].kind == TEXT:
        raise ValueError(kind)
    return _cells(kind, f"({text.TYPES[kind]}){{0}}")(writer, node, given)


def _concat(writer: Writer, _: Node, given: Sequence[Value]) -> Value:
    """Along the last axis: of one row, one part after the other."""
    widths = [value.size for value in given]
    whole = writer.fresh(given[0].kind, (1, sum(widths)))
    for value, end in zip(given, np.cumsum(widths).tolist(), strict=True):
        start = end - value.size
        if value.size == 1:
            writer.lines.append(f"{whole.code}[{start}] = {value.code}[0];")
        else:
            writer.lines.append(
                f"for (int i = 0; i < {value.size}; i++) {{ {whole.code}[{start} + i] = {value.code}[i]; }}"
            )
    return whole


def _expand(writer: Writer, _: Node, given: Sequence[Value]) -> Value:
    value, shape = given
    if shape.known is None:
        raise ValueError(shape)
    found = np.broadcast_shapes(value.shape, tuple(shape.known.tolist()))
    return writer.each(writer.fresh(value.kind, found), value.at("i"))


def _same_cells(_: Writer, node: Node, given: Sequence[Value]) -> Value:
    """Another shape for the same cells."""
    shape = given[0].shape
    if node.kind == "Unsqueeze" and given[1].known is not None:
        shape = np.expand_dims(np.empty(shape), tuple(given[1].known.tolist())).shape
    return replace(given[0], shape=shape)


def split(writer: Writer, node: Node, given: Sequence[Value], read: set[str]) -> None:
    """Equal parts along the last axis."""
    part = given[0].size // len(node.outputs)
    for place, name in enumerate(node.outputs):
        if name in read:
            code = f"({given[0].code} + {place * part})"
            writer.values[name] = Value(kind=given[0].kind, shape=(1, part), code=code)


def _gather(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    data, index = given
    writer.helpers.add("within")
    if node.attributes.get("axis", 0) == 1:
        found = writer.fresh(data.kind, (1, index.size))
        return writer.each(found, f"{data.code}[within({index.at('i')}, {data.size})]")
    rows, width = data.shape[0], int(np.prod(data.shape[1:], dtype=np.int64))
    found = writer.fresh(data.kind, (*index.shape, *data.shape[1:]))
    if width == 1:
        return writer.each(found, f"{data.code}[within({index.at('i')}, {rows})]")
    place = f"within({index.code}[i / {width}], {rows}) * {width} + i % {width}"
    return writer.each(found, f"{data.code}[{place}]")


def _gather_rows(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    """GatherND of one row of a table."""
    row = _gather(writer, replace(node, attributes={}), given)
    return replace(row, shape=(1, row.size))


def _mat_mul(writer: Writer, _: Node, given: Sequence[Value]) -> Value:
    """A row times a matrix; a vector times rows of a table is the same sum."""
    left, right = given
    inner = left.size
    width = right.size // inner
    found = writer.fresh(NUMBER, (1, width))
    writer.lines += [
        f"for (int j = 0; j < {width}; j++) {{",
        "    double sum = 0.0;",
        f"    for (int i = 0; i < {inner}; i++) {{ sum += {left.code}[i] * {right.code}[i * {width} + j]; }}",
        f"    {found.code}[j] = sum;",
        "}",
    ]
    return found


def _reduce(start: str, step: str, end: str) -> Rule:
    """Over all cells of the row."""

    def rule(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
        value, axes = given
        if axes.known is None:
            raise ValueError(axes)
        axis = int(axes.known.reshape(-1)[0])
        keep = bool(node.attributes.get("keepdims", 1))
        if value.shape[axis] == value.size:
            found = writer.fresh(NUMBER, (1, 1))
            cell = f"{value.code}[i]"
            writer.lines += [
                "{",
                f"    double all = {start.format(value.code)};",
                f"    for (int i = 0; i < {value.size}; i++) {{ {step.format(cell)} }}",
                f"    {found.code}[0] = {end};",
                "}",
            ]
            return found
        if value.shape[axis] != 1 or keep or end != "log(all)":
            raise ValueError(value.shape)
        return writer.each(writer.fresh(NUMBER, (1, value.size)), f"log({value.at('i')})")

    return rule


def _arg_min(writer: Writer, _: Node, given: Sequence[Value]) -> Value:
    found, value = writer.fresh(INDEX, (1, 1)), given[0]
    writer.lines += [
        f"{found.code}[0] = 0;",
        f"for (int i = 1; i < {value.size}; i++) {{",
        f"    if ({value.code}[i] < {value.code}[{found.code}[0]]) {{ {found.code}[0] = i; }}",
        "}",
    ]
    return found


def _label_encoder(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    """A sorted table of keys, and beside it the value of each."""
    keys, values, other = _encoded(node)
    first: dict[Any, Any] = {}
    for key, value in zip(keys, values.tolist(), strict=True):
        if "\0" not in str(key):  # no text of C has one
            first.setdefault(key, value)
    is_text = given[0].kind == TEXT
    order = sorted(first, key=str.encode if is_text else None)
    found = writer.fresh(text.KINDS[values.dtype], given[0].shape)
    default = text.cells(np.array([other], dtype=values.dtype))[0]
    if not order:
        return writer.each(found, default)
    find = "find_text" if is_text else "find_index"
    writer.helpers.add(find)
    listed = writer.table(np.array(order, dtype=object if is_text else np.int64))
    worth = writer.table(np.array([first[key] for key in order], dtype=values.dtype))
    size = found.size
    writer.lines += [
        f"for (int i = 0; i < {size}; i++) {{",
        f"    const int64_t place = {find}({listed}, {len(order)}, {given[0].at('i')});",
        f"    {found.code}[i] = place < 0 ? {default} : {worth}[place];",
        "}",
    ]
    return found


def _encoded(node: Node) -> tuple[list[object], NDArray[np.generic], Any]:
    """Keys, values and the value of what is no key."""
    given = node.attributes
    if "values_tensor" in given:
        return given["keys_tensor"].tolist(), given["values_tensor"], given["default_tensor"].tolist()[0]
    keys = given["keys_strings"] if "keys_strings" in given else given["keys_int64s"]
    return keys, np.array(given["values_int64s"], dtype=np.int64), given["default_int64"]


def _tree_ensemble(writer: Writer, node: Node, given: Sequence[Value]) -> Value:
    name, width = writer.name("trees"), node.attributes["n_targets"]
    writer.tables.append(trees.tables(name, node.attributes))
    writer.helpers.add("tree")
    found = writer.fresh(NUMBER, (1, width))
    writer.lines += [
        f"for (int i = 0; i < {width}; i++) {{ {found.code}[i] = 0.0; }}",
        f"for (int i = 0; i < {len(node.attributes['tree_roots'])}; i++) {{",
        f"    const int32_t leaf = tree_leaf({name}_nodes, {name}_members, {name}_roots[i], {given[0].code});",
        f"    {found.code}[{name}_targets[leaf]] += {name}_weights[leaf];",
        "}",
    ]
    return found


RULES: Mapping[str, Rule] = {
    "Abs": _cells(NUMBER, "fabs({0})"),
    "Add": _cells("as given", "{0} + {1}"),
    "And": _cells(FLAG, "{0} && {1}"),
    "ArgMin": _arg_min,
    "Cast": _cast,
    "Clip": _cells(NUMBER, "{0} < {1} ? {1} : {0} > {2} ? {2} : {0}"),
    "Concat": _concat,
    "Div": _cells(NUMBER, "{0} / {1}"),
    "Equal": _equal,
    "Expand": _expand,
    "Floor": _cells(NUMBER, "floor({0})"),
    "Gather": _gather,
    "GatherND": _gather_rows,
    "GreaterOrEqual": _cells(FLAG, "{0} >= {1}"),
    "Identity": _same_cells,
    "IsNaN": _cells(FLAG, "isnan({0}) != 0"),
    "LabelEncoder": _label_encoder,
    "Less": _cells(FLAG, "{0} < {1}"),
    "LessOrEqual": _cells(FLAG, "{0} <= {1}"),
    "MatMul": _mat_mul,
    "Max": _cells(NUMBER, "{0} > {1} || isnan({0}) ? {0} : {1}"),
    "Min": _cells(NUMBER, "{0} < {1} || isnan({0}) ? {0} : {1}"),
    "Mul": _cells("as given", "{0} * {1}"),
    "Not": _cells(FLAG, "!{0}"),
    "Or": _cells(FLAG, "{0} || {1}"),
    "Pow": _cells(NUMBER, "pow({0}, {1})"),
    "Reciprocal": _cells(NUMBER, "1.0 / {0}"),
    "ReduceLogSum": _reduce("0.0", "all += {0};", "log(all)"),
    "ReduceMax": _reduce("{0}[0]", "all = {0} > all ? {0} : all;", "all"),
    "Shape": _same_cells,  # known when the source is written
    "Split": _same_cells,  # has several outputs
    "Sqrt": _cells(NUMBER, "sqrt({0})"),
    "Sub": _cells(NUMBER, "{0} - {1}"),
    "TreeEnsemble": _tree_ensemble,
    "Unsqueeze": _same_cells,
    "Where": _cells("as given", "{0} ? {1} : {2}"),
}
