"""Scores tree ensembles on many rows, all trees level by level: plain enough to be the reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.ops.expr import Ensemble, Floats, Ints

CELLS = 1 << 20  # rows x trees under way at once


def score(ensemble: Ensemble, x: Floats) -> Floats:
    """The raw score [N, width] of `ensemble` for the matrix `x` [N, F]."""
    with np.errstate(over="ignore"):  # beyond float32 is an infinity
        values = x.astype(np.float32).astype(np.float64) if ensemble.float32_inputs else x
    members = _Members.of(ensemble)
    step = max(1, CELLS // max(1, ensemble.roots.shape[0]))
    blocks = [_block(ensemble, members, values[start : start + step]) for start in range(0, len(values), step)]
    return np.concatenate(blocks) if blocks else np.zeros((0, ensemble.width))


def _block(ensemble: Ensemble, members: _Members, x: Floats) -> Floats:
    """Sum the leaves in the order of the trees, then the base: the graph's order."""
    leaves = _leaves(ensemble, members, x)
    value, target = ensemble.leaf_value[leaves], ensemble.leaf_target[leaves]
    if ensemble.width == 1:
        return np.asarray(value.sum(axis=0)[:, None] + ensemble.base)
    sums, rows = np.zeros((len(x), ensemble.width)), np.arange(len(x))
    for one, column in zip(value, target, strict=True):
        sums[rows, column] += one
    return sums + ensemble.base


def _leaves(ensemble: Ensemble, members: _Members, x: Floats) -> Ints:
    """The leaf [trees, N] that each row reaches in each tree."""
    place = np.repeat(ensemble.roots[:, None], len(x), axis=1).reshape(-1)
    row = np.tile(np.arange(len(x)), len(ensemble.roots))
    active = np.flatnonzero(place >= 0)
    while active.size:
        node = place[active]
        yes = _test(ensemble, members, node, x[row[active], ensemble.feature[node]])
        place[active] = np.where(yes, ensemble.true_child[node], ensemble.false_child[node])
        active = active[place[active] >= 0]
    return (-1 - place).reshape(len(ensemble.roots), len(x))


def _test(ensemble: Ensemble, members: _Members, node: Ints, value: Floats) -> NDArray[np.bool_]:
    mode, threshold = ensemble.mode[node], ensemble.threshold[node]
    yes = np.where(mode == 0, value <= threshold, value < threshold)
    sets = mode == 2  # noqa: PLR2004  # the code of set tests, see Ensemble
    if sets.any():
        yes[sets] = members.contain(node[sets], value[sets])
    return np.where(np.isnan(value), ensemble.nan_true[node], yes)


class _Members:
    """The sets of all nodes as one sorted array of (node, whole number) pairs."""

    def __init__(self, pairs: NDArray[np.complex128]) -> None:
        self.pairs = pairs  # node + value * i: numpy sorts complex numbers by real, then imaginary part

    @classmethod
    def of(cls, ensemble: Ensemble) -> _Members:
        pairs = [complex(node, value) for node, values in ensemble.sets.items() for value in values]
        return cls(np.sort(np.array(pairs, dtype=np.complex128)))

    def contain(self, node: Ints, value: Floats) -> NDArray[np.bool_]:
        return np.isin(node + 1j * np.nan_to_num(value, nan=-1.0, posinf=-1.0, neginf=-1.0), self.pairs)
