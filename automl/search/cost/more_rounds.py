"""How many rounds more rows bear than a sample, how many of them are run, and what makes up for the others."""

from __future__ import annotations

from math import sqrt

from automl.learners._stopping import MOST_ROUNDS, patience
from automl.learners.base import Params
from automl.search.cost.fidelity import hurried

MORE_ROUNDS = 4  # times those that the sample took, at the most: each has to be served
LARGER = 2  # times the leaves, where rows bear twice the rounds and there are fewer
HISTOGRAMS = 20_000  # leaves of a larger tree times columns, at the most: the histogram of each takes 4 kB


def rounds_borne(usual: int, times: float) -> float:
    """The rounds that so many times the rows bear at the same learning rate, where the sample took `usual`.

    They grew with rows to the power of .2 where a target is smooth and of 1.3 where it is not (docs/decisions/0021).
    """
    return usual * sqrt(max(1.0, times))


def most_rounds(usual: int, *, tight: bool) -> int:
    """The rounds that are run on more rows at the most: as many as before where serving is limited (`tight`)."""
    return usual if tight else max(usual, min(MORE_ROUNDS * usual, MOST_ROUNDS))


def rounds_run(kept: int, rows: int, params: Params) -> int:
    """The rounds that a fit on `rows` ran, of which it kept the best `kept`: it waited for a gain after these."""
    return max(kept, min(kept + patience(kept, rows, float(params["learning_rate"])), MOST_ROUNDS))


def in_fewer(params: Params, lack: float, *, times: float, columns: int, tight: bool) -> Params:
    """`params` of a booster for so many times fewer rounds than `times` the rows bear, with so many columns.

    Trees of twice the leaves are worth twice the rounds, where the rows bear them and serving is not limited (`tight`);
    a higher learning rate is worth the rest.
    """
    worth = min(lack, rounds_borne(1, times)) >= LARGER and not tight
    larger = _larger(params, columns) if worth else None
    return hurried(params, lack) if larger is None else hurried(larger, lack / LARGER)


def _larger(params: Params, columns: int) -> Params | None:
    """Trees of twice the leaves; None where `params` do not say how large they are, or histograms would be too many."""
    leaves, depth = params.get("num_leaves"), params.get("max_depth")
    if isinstance(leaves, int) and LARGER * leaves * columns <= HISTOGRAMS:
        return {**params, "num_leaves": LARGER * leaves}
    if isinstance(depth, int) and LARGER ** (depth + 1) * columns <= HISTOGRAMS:
        return {**params, "max_depth": depth + 1}
    return None
