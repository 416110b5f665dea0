"""Opens a shipped graph at its stages: each member's raw score as a sum of terms, and what is predicted of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from automl.errors import BundleError
from automl.graph.session import STAGES

Floats = NDArray[np.float64]
Array = NDArray[np.generic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where numbers stand: an attribute of the node that makes the value `node`, or (a whole number) an input of it."""

    node: str
    slot: str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """A node of trees: `scale` times its targets are added to the raw score from column `start` on."""

    node: onnx.NodeProto
    scale: float
    start: int

    @property
    def place(self) -> Place:
        """Where the values of its leaves stand."""
        return Place(node=self.node.output[0], slot="leaf_weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of a table: `scale` times row `index` (of a wide index the sum of its rows) of `values` [rows, width]."""

    index: str
    values: Floats
    scale: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A matrix `of` times `weights` [columns, width], `scale` times."""

    of: str
    weights: Floats
    scale: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A constant [width], `scale` times."""

    values: Floats
    scale: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A value that none of the above is: how its numbers were learned cannot be seen from here."""

    value: str


Numbered = Trees | Table | Product | Shift
Term = Numbered | Other


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A member: its raw score and its prediction by their names in the graph, and the terms of the raw score.

    `link` are the operations between the two, each with its constant where it has one; None where they are no chain.
    """

    raw: str
    prediction: str
    terms: tuple[Term, ...]
    link: tuple[tuple[str, float | None], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The members in the order of the manifest, and the name of their weighted sum before calibration."""

    members: tuple[Stage, ...]
    mixed: str


class Graph:
    """An opened model: its nodes by what they make, and its constants by name."""

    def __init__(self, model: bytes) -> None:
        self.model = onnx.load_from_string(model)
        self.maker: Mapping[str, onnx.NodeProto] = {name: one for one in self.model.graph.node for name in one.output}
        self.tensors = {tensor.name: tensor for tensor in self.model.graph.initializer}

    def constant(self, name: str) -> Array | None:
        """The constant of that name, None where it is none."""
        return numpy_helper.to_array(self.tensors[name]) if name in self.tensors else None


def stages_of(graph: Graph) -> Stages:
    """The stages that the graph was written with; a `BundleError` where it does not tell them."""
    told = {entry.key: entry.value for entry in graph.model.metadata_props}
    if STAGES not in told:
        raise BundleError(
            "the graph does not tell where its members stand: an older automl wrote it",
            where="model.onnx",
            hint="Fit again.",
        )
    names: dict[str, str] = json.loads(told[STAGES])
    if lacking := sorted({*names.values()} - graph.maker.keys() - graph.tensors.keys()):
        raise BundleError(f"the graph has no value '{lacking[0]}', where a member stands", where="model.onnx")
    count = sum(name.startswith("raw_") for name in names)
    members = [_stage(graph, names[f"raw_{place}"], names[f"prediction_{place}"]) for place in range(count)]
    return Stages(members=tuple(members), mixed=names["mixed"])


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """The attributes of a node by name; tensors and lists of whole numbers as arrays."""
    found = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
    return {
        name: numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.asarray(value)
        for name, value in found.items()
    }


def _stage(graph: Graph, raw: str, prediction: str) -> Stage:
    terms = _once(_terms(graph, raw, 1.0, 0))
    return Stage(raw=raw, prediction=prediction, terms=terms, link=_link(graph, raw, prediction))


def _once(terms: Iterator[Term]) -> tuple[Term, ...]:
    """Each place once, with all of its scales together: parts that learned the same numbers share their nodes."""
    found, others = dict[tuple[Place, int], Numbered](), list[Other]()
    for term in terms:
        if isinstance(term, Other):
            others.append(term)
            continue
        key = (term.place, term.start if isinstance(term, Trees) else 0)
        found[key] = replace(term, scale=term.scale + found[key].scale) if key in found else term
    return (*found.values(), *others)


def _terms(graph: Graph, value: str, scale: float, start: int) -> Iterator[Term]:
    """What adds up to a value that is added `scale` times from column `start` on."""
    node, given = graph.maker.get(value), graph.constant(value)
    kind = "" if node is None else node.op_type
    if given is not None and not start:
        yield Shift(values=_floats(given).reshape(-1), scale=scale, place=Place(node="", slot=value))
    elif node is None or kind not in RULES:
        yield Other(value=value)
    else:
        yield from RULES[kind](graph, node, scale, start)


def _sum(graph: Graph, node: onnx.NodeProto, scale: float, start: int) -> Iterator[Term]:
    for slot, part in enumerate(node.input):
        for term in _terms(graph, part, scale, start):
            yield _placed(term, Place(node=node.output[0], slot=slot))


def _scaled(graph: Graph, node: onnx.NodeProto, scale: float, start: int) -> Iterator[Term]:
    factor = _factor(graph, node)
    yield from [Other(value=node.output[0])] if factor is None else _terms(graph, factor[0], scale * factor[1], start)


def _beside(graph: Graph, node: onnx.NodeProto, scale: float, start: int) -> Iterator[Term]:
    """Values of one column each: see `graph.targets`."""
    for place, part in enumerate(node.input):
        yield from _terms(graph, part, scale, start + place)


def _looked(graph: Graph, node: onnx.NodeProto, scale: float, start: int) -> Iterator[Term]:
    yield (None if start else _looked_up(graph, node, scale)) or Other(value=node.output[0])


RULES: Mapping[str, Callable[[Graph, onnx.NodeProto, float, int], Iterator[Term]]] = {
    "Identity": lambda graph, node, scale, start: _terms(graph, node.input[0], scale, start),
    "Add": _sum,
    "Mul": _scaled,
    "Concat": _beside,
    "TreeEnsemble": lambda _, node, scale, start: iter([Trees(node=node, scale=scale, start=start)]),
    "GatherND": _looked,
    "MatMul": _looked,
}


def _placed(term: Term, place: Place) -> Term:
    """A constant stands where it is added."""
    if isinstance(term, Shift) and not term.place.node:
        return Shift(values=term.values, scale=term.scale, place=place)
    return term


def _factor(graph: Graph, node: onnx.NodeProto) -> tuple[str, float] | None:
    """The varying part of a product with one number, and the number."""
    for part, other in (node.input, reversed(node.input)):
        number = graph.constant(other)
        if number is not None and number.size == 1 and graph.constant(part) is None:
            return part, float(number.reshape(-1)[0])
    return None


def _looked_up(graph: Graph, node: onnx.NodeProto, scale: float) -> Term | None:
    """A product with weights or rows of a table, as `graph.ops` writes them."""
    name, inputs = node.output[0], list(node.input)
    if node.op_type == "GatherND" and (table := graph.constant(inputs[0])) is not None:
        return Table(index=inputs[1], values=_floats(table), scale=scale, place=Place(node=name, slot=0))
    if node.op_type != "MatMul":
        return None
    if (weights := graph.constant(inputs[1])) is not None:
        return Product(of=inputs[0], weights=_floats(weights), scale=scale, place=Place(node=name, slot=1))
    rows = graph.maker.get(inputs[1])
    if graph.constant(inputs[0]) is None or rows is None or rows.op_type != "Gather":
        return None
    table = graph.constant(rows.input[0])
    if table is None:
        return None
    return Table(index=rows.input[1], values=_floats(table), scale=scale, place=Place(node=rows.output[0], slot=0))


def _floats(values: Array) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _link(graph: Graph, raw: str, prediction: str) -> tuple[tuple[str, float | None], ...] | None:
    """The operations from the raw score to the prediction, each of one value and at most one number."""
    found: list[tuple[str, float | None]] = []
    value = prediction
    while value != raw:
        node = graph.maker.get(value)
        varying = [] if node is None else [name for name in node.input if graph.constant(name) is None]
        if node is None or len(varying) != 1:
            return None
        numbers = [constant for name in node.input if (constant := graph.constant(name)) is not None]
        found.append((node.op_type, float(numbers[0].reshape(-1)[0]) if numbers else None))
        value = varying[0]
    return tuple(found[::-1])
