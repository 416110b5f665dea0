"""Several fits of one configuration, which differ by their seed, as one model: the mean of their raw scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np

from automl.ops.expr import Add, Ensemble, Expr, Features, Ints, Multiply, Trees, constant
from automl.ops.rewrite import swap
from automl.search.worker.fold_fit import FittedModel


def average(fits: Sequence[FittedModel]) -> FittedModel:
    """The mean of fits on the same rows; trees over the matrix become one larger ensemble of trees."""
    if len(fits) == 1:
        return fits[0]
    first = fits[0].member
    raw = _mean([fit.member.raw for fit in fits])
    return FittedModel(
        member=replace(first, raw=raw, prediction=swap(first.prediction, first.raw, raw), fits=len(fits)),
        native=np.mean([fit.native for fit in fits], axis=0),
    )


def _mean(raws: Sequence[Expr]) -> Expr:
    trees = [raw for raw in raws if isinstance(raw, Trees) and isinstance(raw.of, Features)]
    if len(trees) == len(raws):
        return replace(trees[0], ensemble=_joined([each.ensemble for each in trees]))
    return Multiply(reduce(Add, raws), constant(1.0 / len(raws)))


def _joined(parts: Sequence[Ensemble]) -> Ensemble:
    """All trees of `parts`, each part with an equal share; nodes and leaves are numbered on."""
    nodes = _starts([len(part.feature) for part in parts])
    leaves = _starts([len(part.leaf_value) for part in parts])
    places = list(zip(parts, nodes, leaves, strict=True))
    return replace(
        parts[0],
        feature=np.concatenate([part.feature for part in parts]),
        threshold=np.concatenate([part.threshold for part in parts]),
        mode=np.concatenate([part.mode for part in parts]),
        nan_true=np.concatenate([part.nan_true for part in parts]),
        true_child=np.concatenate([_moved(part.true_child, node, leaf) for part, node, leaf in places]),
        false_child=np.concatenate([_moved(part.false_child, node, leaf) for part, node, leaf in places]),
        sets={node + place: members for part, node, _ in places for place, members in part.sets.items()},
        leaf_value=np.concatenate([part.leaf_value for part in parts]) / len(parts),
        leaf_target=np.concatenate([part.leaf_target for part in parts]),
        roots=np.concatenate([_moved(part.roots, node, leaf) for part, node, leaf in places]),
        base=np.mean([part.base for part in parts], axis=0),
    )


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes[:-1]).tolist()]


def _moved(children: Ints, node: int, leaf: int) -> Ints:
    """Nodes are counted up from 0, leaves down from -1."""
    return np.where(children >= 0, children + node, children - leaf)
