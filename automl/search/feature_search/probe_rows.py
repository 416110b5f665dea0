"""The rows on which groups of features are tried: some of the train rows, in windows of time or in halves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Fold, Rows
from automl.data.split import FIRST_WINDOW
from automl.features.base import Sample
from automl.search.problem import Problem

Floats = NDArray[np.float64]

ROWS, MOST_ROWS = 10_000, 40_000
CELLS_A_SECOND = 30_000  # of the share of the time: rows x columns that a probe fits, over all its folds
FITTED_ROWS = 100_000  # steps are fitted on more rows than are probed: a combination of levels is rare on few
FITTED_CELLS = 4_000_000  # rows x columns that steps are fitted on: of wide data there are fewer rows
WINDOWS = (2, 3)  # of time, at least and at most; as long as the test part, or the future would be too near
WINDOWED = 1.0 - FIRST_WINDOW  # share of the rows that windows part among them
HALVES = 2  # without a time: each predicts the other, so that every row counts
MOST_REPEATS = 3  # where rows are few
TAIL = 0.005  # of the rows, at either end of a number to predict
SKEWED = 2.0  # the upper tail against the lower one


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRows:
    """`rows` of a problem, at its positions `at`, with their `folds`, and what each fold's steps are fitted on.

    `samples` are the rows that steps are fitted on in each fold: those that its probes learn from, which stand at
    `places` of the sample, and more. Each fold is probed `again` times, each with another seed. `y` [n] is what probes
    learn.
    """

    rows: Rows
    at: NDArray[np.int64]
    folds: tuple[Fold, ...]
    samples: tuple[Sample, ...]
    places: tuple[NDArray[np.int64], ...]
    again: int
    y: Floats


def draw_rows(problem: Problem, seconds: float) -> ProbeRows:
    """Some rows, drawn evenly, in windows of time or in halves.

    `seconds` of the budget say how many rows, never the clock: the choice is the same on every machine.
    """
    fitted = CELLS_A_SECOND * seconds / max(1, len(problem.schema.features))
    parts, again = _windows(problem, fitted) if problem.rows.by_time else _halves(problem, fitted)
    most = int(np.clip(fitted * problem.rows.n / (again * sum(len(fold.fit) for fold in parts)), ROWS, MOST_ROWS))
    drawn = np.random.default_rng(problem.seed).permutation(problem.rows.n)
    chosen = np.sort(drawn[:most])
    wider = np.sort(drawn[: max(most, _fitted_rows(problem))])
    rows = problem.rows.take(chosen)
    learned = tuple(wider[np.isin(wider, fold.fit)] for fold in parts)
    folds = tuple(
        Fold(fit=np.flatnonzero(np.isin(chosen, fold.fit)), valid=np.flatnonzero(np.isin(chosen, fold.valid)))
        for fold in parts
    )
    return ProbeRows(
        rows=rows,
        at=chosen,
        folds=folds,
        samples=tuple(sample_of(problem, problem.rows.take(positions)) for positions in learned),
        places=tuple(np.searchsorted(known, chosen[fold.fit]) for known, fold in zip(learned, folds, strict=True)),
        again=again,
        y=_tamed(problem, rows.y),
    )


def _windows(problem: Problem, fitted: float) -> tuple[tuple[Fold, ...], int]:
    """Windows of time, about as long as the test part beside what is learned from, and how often to probe each."""
    share = max(problem.judged, 1) / problem.rows.n
    windows = problem.parted(int(np.clip(round(WINDOWED / share), *WINDOWS)), seed=problem.seed, by_time=True)
    return windows, _repeats(fitted, sum(len(fold.fit) for fold in windows))


def _repeats(fitted: float, rows: int) -> int:
    """How often there is time to fit on `rows` where there is for `fitted` of them in total."""
    return int(np.clip(round(fitted / rows), 1, MOST_REPEATS))


def _halves(problem: Problem, fitted: float) -> tuple[tuple[Fold, ...], int]:
    """Halves of the rows, parted anew as often as there is time to fit on them all, each to be probed once."""
    repeats = _repeats(fitted, problem.rows.n)
    if problem.fold_kind == "block":  # a file has one first half
        return problem.parted(HALVES, seed=problem.seed), repeats
    return tuple(fold for k in range(repeats) for fold in problem.parted(HALVES, seed=problem.seed + k)), 1


def _tamed(problem: Problem, y: Floats) -> Floats:
    """What probes learn: without tails, in which a few rows would decide what a group is worth."""
    if problem.task.kind != "regression":
        return y
    low, middle, high = np.quantile(y, [TAIL, 0.5, 1.0 - TAIL])
    cut = np.clip(y, low, high)
    return np.asarray(np.log1p(cut) if low >= 0.0 and high - middle > SKEWED * (middle - low) else cut)


def _fitted_rows(problem: Problem) -> int:
    """Rows that steps may be fitted on, probed or not; no further ones where there is free text, which takes long."""
    columns = problem.schema.features
    text = any(column.wire == "text" for column in columns)
    return 0 if text else min(FITTED_ROWS, FITTED_CELLS // max(1, len(columns)))


def sample_of(problem: Problem, rows: Rows) -> Sample:
    """Rows as steps are fitted on them."""
    return Sample(
        frame=rows.frame,
        y=rows.y,
        weight=rows.weight,
        task=problem.task,
        folds=problem.inner(rows),
        seed=problem.seed,
    )
