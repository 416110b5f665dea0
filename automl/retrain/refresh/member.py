"""One member of a shipped graph as what can be learned anew: its trees, its forest, or its last layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.graph.stages import Place, Product, Shift, Stage, Table, Trees, attributes
from automl.ops.expr import Dtype
from automl.retrain.refresh import forest, last_layer
from automl.retrain.refresh.boosted import STRENGTHS, Grown, Strength, moved, steps
from automl.retrain.refresh.losses import Aim
from automl.retrain.refresh.read import Read

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = Mapping[Place, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnable:
    """A member's numbers. `strengths` say how far they may move, the first not at all.

    `learn(rows, strength)` gives a change learned from these rows of all; `scores(change, rows)` the raw scores
    [len(rows), width] with it; `numbers(change)` what then stands in the graph, and where.
    """

    strengths: tuple[Any, ...]
    learn: Callable[[Ints, Any], Any]
    scores: Callable[[Any, Ints], Floats]
    numbers: Callable[[Any], Numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The rows [n] that are learned from: their targets as the member sees them, weights, and its old raw scores."""

    read: Read
    y: Floats
    weight: Floats
    start: Floats


def learnable(stage: Stage, aim: Aim, seen: Seen, *, boosted: bool) -> Learnable | None:
    """What of a member can be learned anew; None where it has neither trees nor weights that the graph tells apart.

    `boosted` trees correct each other, those of a forest stand each for itself.
    """
    trees = [term for term in stage.terms if isinstance(term, Trees)]
    if trees and boosted and not aim.averages:
        return _boosted(trees, aim, seen)
    if trees:
        return _forest(_of_trees(trees, seen), seen)
    if aim.averages:
        return _forest(_of_tables(stage, seen), seen) if _tables(stage) else None
    shift = next((one for one in _shifts(stage) if len(one.values) == seen.start.shape[1]), None)
    return None if shift is None else _last_layer(stage, shift, aim, seen)


def _tables(stage: Stage) -> list[Table]:
    return [term for term in stage.terms if isinstance(term, Table)]


def _products(stage: Stage) -> list[Product]:
    return [term for term in stage.terms if isinstance(term, Product)]


def _shifts(stage: Stage) -> list[Shift]:
    return [term for term in stage.terms if isinstance(term, Shift)]


# --- boosted trees ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A node of trees: its leaves by tree, and which of them each row reaches; the value and the column of each leaf.

    All is read once: a node has thousands of trees, and its attributes take milliseconds.
    """

    term: Trees
    leaves: list[Ints]
    codes: NDArray[np.uint16]
    values: Floats
    columns: Ints

    @property
    def targets(self) -> Ints:
        return self.term.start + np.array([self.columns[leaves[0]] for leaves in self.leaves], dtype=np.int64)


def _nodes(terms: Sequence[Trees], read: Read) -> list[_Node]:
    return [_node(term, read) for term in terms]


def _node(term: Trees, read: Read) -> _Node:
    leaves, codes = read.leaves(term)
    own = attributes(term.node)
    return _Node(
        term=term, leaves=leaves, codes=codes, values=np.asarray(own["leaf_weights"]), columns=own["leaf_targetids"]
    )


def _boosted(terms: Sequence[Trees], aim: Aim, seen: Seen) -> Learnable:
    nodes = _nodes(terms, seen.read)
    grown = Grown(
        codes=np.concatenate([node.codes for node in nodes]),
        values=tuple(node.term.scale * node.values[leaves] for node in nodes for leaves in node.leaves),
        targets=np.concatenate([node.targets for node in nodes]),
    )

    def learn(rows: Ints, strength: Strength) -> list[Floats]:
        return steps(grown.take(rows), seen.start[rows], seen.y[rows], seen.weight[rows], aim.loss, strength)

    def scores(change: list[Floats], rows: Ints) -> Floats:
        return moved(grown.take(rows), seen.start[rows], change)

    def numbers(change: list[Floats]) -> Numbers:
        found, begin = dict[Place, NDArray[np.generic]](), 0
        for node in nodes:
            values = node.values.copy()
            for leaves, added in zip(node.leaves, change[begin : begin + len(node.leaves)], strict=True):
                values[leaves] += added / node.term.scale
            found[node.term.place], begin = values, begin + len(node.leaves)
        return found

    return Learnable(strengths=STRENGTHS, learn=learn, scores=scores, numbers=numbers)


# --- forests ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grove:
    """A forest, and what stands in the graph with another table."""

    forest: forest.Forest
    numbers: Callable[[Floats], Numbers]


def _forest(grove: _Grove, seen: Seen) -> Learnable:
    width = grove.forest.table.shape[1]
    y = seen.y[:, None] if width == 1 else (seen.y[:, None] == np.arange(width)).astype(np.float64)
    wanted = grove.forest.wanted(y)
    return Learnable(
        strengths=forest.PRIORS,
        learn=lambda rows, prior: grove.forest.means(wanted, seen.weight, prior, rows),
        scores=grove.forest.scores,
        numbers=grove.numbers,
    )


def _of_trees(terms: Sequence[Trees], seen: Seen) -> _Grove:
    """Trees that add up; those of one leaf are the base."""
    nodes = _nodes(terms, seen.read)
    starts = np.cumsum([0, *(len(node.values) for node in nodes)])
    table = np.concatenate([node.term.scale * node.values for node in nodes])[:, None]
    grown = [
        (start + leaves[codes]).astype(np.int32)
        for node, start in zip(nodes, starts, strict=False)
        for leaves, codes in zip(node.leaves, node.codes, strict=True)
        if len(leaves) > 1
    ]
    alone = [node.term.scale * node.values[leaves] for node in nodes for leaves in node.leaves if len(leaves) == 1]
    base = np.sum(alone, axis=0) if alone else np.zeros(1)

    def numbers(changed: Floats) -> Numbers:
        parts = np.split(changed[:, 0], starts[1:-1])
        return {node.term.place: part / node.term.scale for node, part in zip(nodes, parts, strict=True)}

    return _Grove(forest=forest.Forest(codes=np.stack(grown), table=table, base=base), numbers=numbers)


def _of_tables(stage: Stage, seen: Seen) -> _Grove:
    """Trees that each give the number of their leaf, whose row of a table is added."""
    tables = _tables(stage)
    starts = np.cumsum([0, *(len(term.values) for term in tables)])
    found = seen.read.values({term.index: "index" for term in tables})
    codes = [found[term.index].T + start for term, start in zip(tables, starts, strict=False)]
    base = sum((term.scale * term.values for term in _shifts(stage)), start=np.zeros(1))
    whole = forest.Forest(
        codes=np.concatenate(codes).astype(np.int32),
        table=np.concatenate([term.scale * term.values for term in tables]),
        base=np.broadcast_to(base, tables[0].values.shape[1:]),
    )

    def numbers(changed: Floats) -> Numbers:
        parts = np.split(changed, starts[1:-1])
        return {term.place: part / term.scale for term, part in zip(tables, parts, strict=True)}

    return _Grove(forest=whole, numbers=numbers)


# --- last layers --------------------------------------------------------------------------------------


def _last_layer(stage: Stage, shift: Shift, aim: Aim, seen: Seen) -> Learnable | None:
    products, tables = _products(stage), _tables(stage)
    if not (products or tables):
        return None
    kinds: dict[str, Dtype] = dict.fromkeys([term.of for term in products], "number")
    kinds |= dict.fromkeys([term.index for term in tables], "index")
    found = seen.read.values(kinds)
    layer = last_layer.Layer(
        dense=np.hstack([np.zeros((len(seen.y), 0)), *(term.scale * found[term.of] for term in products)]),
        sparse=_one_hot(tables, found, len(seen.y)),
    )
    old = [*((term.place, term.weights) for term in products), *((term.place, term.values) for term in tables)]

    def numbers(change: Floats) -> Numbers:
        parts = np.split(change, np.cumsum([len(values) for _, values in old]))
        new = {place: values + part for (place, values), part in zip(old, parts[:-1], strict=True)}
        return {**new, shift.place: shift.values + parts[-1][0] / shift.scale}

    return Learnable(
        strengths=last_layer.PRIORS,
        learn=lambda rows, prior: layer.learn(seen.start, seen.y, seen.weight, rows, aim.loss, prior),
        scores=lambda change, rows: seen.start[rows] + layer.product(change, rows),
        numbers=numbers,
    )


def _one_hot(tables: Sequence[Table], found: Mapping[str, NDArray[Any]], rows: int) -> Any:
    """Each table's rows as columns: how often a row of data takes them, times the scale, as scipy CSR."""
    from scipy import sparse

    blocks = [sparse.csr_array((rows, 0))]
    for term in tables:
        index = found[term.index]
        ends = np.arange(rows + 1) * index.shape[1]
        block = sparse.csr_array((np.full(index.size, term.scale), index.ravel(), ends), shape=(rows, len(term.values)))
        block.sum_duplicates()
        blocks.append(block)
    return sparse.hstack(blocks, format="csr")
