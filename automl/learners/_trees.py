"""Trees of any library, joined into one `ops.expr.Ensemble`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.learners.base import Floats
from automl.ops.expr import Ensemble, Ints

S = TypeVar("S", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One tree, fields as in `Ensemble`: nodes are numbered from 0 (the root), a child ``-1 - leaf`` is a leaf."""

    feature: Ints
    threshold: Floats
    mode: NDArray[np.int8]
    nan_true: NDArray[np.bool_]
    true_child: Ints
    false_child: Ints
    leaf_value: Floats
    target: int
    sets: dict[int, tuple[int, ...]] = field(default_factory=dict)


def ensemble(trees: Sequence[Tree], *, base: Floats, spread: float = 1.0, float32_inputs: bool = False) -> Ensemble:
    """All `trees`, their leaves times `spread`, on top of `base` [width]."""
    nodes = _starts([len(tree.feature) for tree in trees])
    leaves = _starts([len(tree.leaf_value) for tree in trees])
    places = list(zip(trees, nodes, leaves, strict=True))
    return Ensemble(
        feature=_join([tree.feature for tree in trees], np.int64),
        threshold=_join([tree.threshold for tree in trees], np.float64),
        mode=_join([tree.mode for tree in trees], np.int8),
        nan_true=_join([tree.nan_true for tree in trees], np.bool_),
        true_child=_join([_shift(tree.true_child, node, leaf) for tree, node, leaf in places], np.int64),
        false_child=_join([_shift(tree.false_child, node, leaf) for tree, node, leaf in places], np.int64),
        sets={node + i: members for tree, node, _ in places for i, members in tree.sets.items()},
        leaf_value=_join([tree.leaf_value for tree in trees], np.float64) * spread,
        leaf_target=np.repeat(
            np.asarray([tree.target for tree in trees], dtype=np.int64), [len(tree.leaf_value) for tree in trees]
        ),
        roots=np.asarray([node if len(tree.feature) else -1 - leaf for tree, node, leaf in places], dtype=np.int64),
        base=np.asarray(base, dtype=np.float64),
        float32_inputs=float32_inputs,
    )


def single(values: Floats) -> NDArray[np.float32]:
    """`values` as the float32 that a library compares, those beyond its range at its ends (infinities are refused)."""
    limit = np.finfo(np.float32).max
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    return np.clip(narrow, -limit, limit, out=narrow)


def _starts(sizes: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(sizes, dtype=np.int64).tolist()][: len(sizes)]


def _join(arrays: Sequence[NDArray[S]], dtype: type[S]) -> NDArray[S]:
    return np.concatenate([np.empty(0, dtype=dtype), *arrays], dtype=dtype)


def _shift(children: Ints, node: int, leaf: int) -> Ints:
    return np.where(children >= 0, children + node, children - leaf)
