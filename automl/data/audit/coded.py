"""Whole numbers that may be codes: their levels tell more about the target than their order does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.file_order import answers_of
from automl.data.rows import Column, Finding, finding
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SAMPLE, CELLS = 20_000, 4_000_000  # rows, and rows times columns, that are looked at
LEAST = 500  # rows below which nothing is said
PIECES = 8  # of the levels in their order, each with one mean: what the order is given
FEWEST = 12  # levels below which the pieces are nearly all of them
ROWS = 10  # for each level, on average
MORE = 0.01  # of the variance of the target that levels explain beyond their order, at least
TIMES = 1.5  # as much as the order explains, at least
SURE = 5.0  # standard errors of what they explain beyond
PRIOR = 5.0  # rows that the mean of all weighs in that of a level


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    """Shares of the variance out of fold, and how many standard errors lie between."""

    levels: float
    order: float
    sure: float


def codes_as_numbers(
    columns: Sequence[Column], frame: pl.DataFrame, *, y: Floats, task: Task, seed: int
) -> Iterator[Finding]:
    """Notes on number columns of whole numbers whose levels explain more of the target `y` [n] than their order.

    A level is predicted by its own mean, and by that of its piece: eight stretches of the levels, cut where the means
    differ most, as a regression tree cuts (Breiman et al. 1984). Both are fitted on half of a sample of the rows and
    judged on the other.
    """
    numbers = [column for column in columns if column.wire == "number"]
    size = min(SAMPLE, CELLS // max(1, len(numbers)))
    rows = np.random.default_rng(seed).permutation(y.size)[:size]
    if rows.size < LEAST:
        return
    answers = answers_of(y[rows], task)
    for column in numbers:
        seen = _explained(frame[column.name].to_numpy()[rows], answers)
        if seen and seen.sure > SURE and seen.levels > max(seen.order + MORE, TIMES * seen.order):
            named = json.dumps(column.name, ensure_ascii=False)
            text = (
                f"{column.name!r} is read as a number, but its levels explain {seen.levels:.1%} of the target, their "
                f'order {max(seen.order, 0.0):.1%}: if they are codes, data.types = {{ {named} = "category" }}'
            )
            evidence = {"levels": seen.levels, "order": seen.order, "standard_errors": seen.sure}
            yield finding("code", column.name, text, "noted", evidence)


def _explained(values: Floats, answers: Floats) -> _Explained | None:
    """What levels and their order explain; None where they are no whole numbers, or too few or too many."""
    known = np.isfinite(values)
    values, answers = values[known], answers[known]
    if values.size < LEAST or (values != np.round(values)).any():
        return None
    levels, code = np.unique(values, return_inverse=True)
    if not FEWEST <= levels.size <= values.size / ROWS:
        return None
    half = values.size // 2
    middle = answers[:half].mean(axis=0)
    total, count = _sums(code[:half], answers[:half] - middle, levels.size)
    own = (total / (count + PRIOR)[:, None])[code[half:]]
    order = _pieces(total, count)[code[half:]]
    truth = answers[half:] - middle
    spread = float((truth**2).sum(axis=1).mean())
    by_level, by_order = (((truth - guess) ** 2).sum(axis=1) for guess in (own, order))
    gain = by_order - by_level
    error = max(float(gain.std()) / np.sqrt(gain.size), 1e-12)
    return _Explained(
        levels=1.0 - float(by_level.mean()) / max(spread, 1e-12),
        order=1.0 - float(by_order.mean()) / max(spread, 1e-12),
        sure=float(gain.mean()) / error,
    )


def _sums(code: Ints, answers: Floats, size: int) -> tuple[Floats, Floats]:
    """The sums of the answers [levels, answers] and the rows [levels] of each level."""
    total = np.stack([np.bincount(code, weights=column, minlength=size) for column in answers.T], axis=1)
    return np.asarray(total, dtype=np.float64), np.bincount(code, minlength=size).astype(np.float64)


def _pieces(total: Floats, count: Floats) -> Floats:
    """The mean of each level's piece [levels, answers]: of all pieces the best cut is made, again and again."""
    sums = np.concatenate([np.zeros((1, total.shape[1])), np.cumsum(total, axis=0)])
    rows = np.concatenate([[0.0], np.cumsum(count)])
    cuts = [_cut(sums, rows, 0, count.size)]
    ends = {0, count.size}
    while len(ends) <= PIECES and cuts:
        best = max(cuts)
        cuts.remove(best)
        _, start, middle, end = best
        ends.add(middle)
        cuts += [_cut(sums, rows, *piece) for piece in ((start, middle), (middle, end)) if piece[1] - piece[0] > 1]
    edges = np.array(sorted(ends))
    means = np.diff(sums[edges], axis=0) / (np.diff(rows[edges]) + PRIOR)[:, None]
    return np.asarray(np.repeat(means, np.diff(edges), axis=0))


def _cut(sums: Floats, rows: Floats, start: int, end: int) -> tuple[float, int, int, int]:
    """How much the best cut of the levels `start` to `end` explains, and where it is."""
    at = np.arange(start + 1, end)

    def explained(low: Ints | int, high: Ints | int) -> Floats:
        return np.asarray(((sums[high] - sums[low]) ** 2).sum(axis=-1) / (rows[high] - rows[low] + PRIOR))

    gain = explained(start, at) + explained(at, end)
    best = int(gain.argmax())
    return float(gain[best] - explained(start, end)), start, int(at[best]), end
