"""Looking ahead: the model of a window predicts rows of later windows, too, which shows how a model ages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.search.candidate import Candidate, ahead_name, oof_name
from automl.search.leaderboard import Ahead
from automl.search.problem import Problem
from automl.search.rundir import RunDir

Ints = NDArray[np.int64]
AHEAD_ROWS = 4_000  # of a fold: enough to tell how a model ages


def rows_ahead(problem: Problem, fold: int) -> Ints | None:
    """Places of rows after the window of a fold, drawn evenly; None where time parts no rows, and for the last window.

    What the model knows by its group is left out where groups at work are new ones.
    """
    time, group = problem.rows.time, problem.rows.group
    if problem.fold_kind != "time" or time is None or fold >= len(problem.folds):
        return None
    parted = problem.folds[fold]
    later = time > np.nanmax(time[parted.valid])
    if problem.unseen_groups and group is not None:
        later &= ~np.isin(group, group[parted.fit])
    places = np.flatnonzero(later)
    drawn = np.random.default_rng(problem.seed + fold).permutation(places)[:AHEAD_ROWS]
    return np.sort(drawn) if drawn.size else None


def looked_ahead(problem: Problem, rundir: RunDir, members: Sequence[Candidate], folds: int) -> Ahead | None:
    """What all `members` predicted ahead in the first so many folds; None where there is nothing, or not of each."""
    time, each = problem.rows.time, [(fold, rows_ahead(problem, fold)) for fold in range(folds)]
    found = [(fold, rows) for fold, rows in each if rows is not None]
    if time is None or not found or not all(rundir.has(ahead_name(member)) for member in members):
        return None
    starts = np.array([np.nanmin(time[problem.folds[fold].valid]) for fold in range(folds)])
    rows = np.concatenate([rows for _, rows in found])
    predictions = tuple(np.asarray(rundir.load(ahead_name(member))) for member in members)
    if any(len(prediction) != rows.size for prediction in predictions):
        return None
    return Ahead(
        rows=rows,
        begun=np.concatenate([np.full(rows.size, starts[fold]) for fold, rows in found]),
        starts=np.sort(starts),
        predictions=predictions,
        fresh=tuple(np.asarray(rundir.load(oof_name(member))[rows]) for member in members),
    )
