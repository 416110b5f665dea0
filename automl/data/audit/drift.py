"""Whether test rows can be told from train rows: expected of a split by time, a warning of any other."""

from __future__ import annotations

from collections.abc import Collection
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import JUDGED, joint_score, univariate_score
from automl.data.rows import Finding, finding
from automl.task import Task

SAMPLE = 5_000  # rows of each part
CELLS = 1_000_000  # rows times columns
TOLD = 0.6  # AUC below which train and test are alike, however many rows say so
SURE = NormalDist().inv_cdf(0.975)  # standard errors above .5: of draws one in forty is told apart by luck
MOST = 3  # columns that are named
LEAST = 50  # rows of each part
PART = Task(kind="binary", classes=2)


def told_apart(
    train: pl.DataFrame, test: pl.DataFrame, *, by_time: bool, dates: Collection[str], seed: int
) -> tuple[Finding, ...]:
    """A note where a rough classifier tells train rows from test rows, out of sample (adversarial validation).

    `by_time` says that test is later by [data] time; `dates` are the columns that would show it if nobody said so.
    """
    size = min(train.height, test.height, SAMPLE, CELLS // max(1, train.width))
    if not train.width or size < LEAST:
        return ()
    draw = np.random.default_rng(seed)
    rows = pl.concat([part[np.sort(draw.permutation(part.height)[:size])] for part in (train, test)])
    order = draw.permutation(rows.height)
    rows, later = rows[order], (order >= size).astype(np.float64)
    score = joint_score(rows, later, PART)
    if score < max(TOLD, 0.5 + SURE * luck(later[JUDGED])):
        return ()
    alone = {series.name: univariate_score(series, later, PART) for series in rows}
    most = sorted(alone, key=lambda name: -alone[name])[:MOST]
    listed = ", ".join(f"{name!r} ({alone[name]:.2f})" for name in most)
    if by_time:
        meaning = "expected, as test is later in time"
    elif most[0] in dates:
        meaning = "test is of another time; set data.time, so that every judgement is by time"
    else:
        meaning = "test was not drawn as train was, so scores of validation may not be those of test"
    text = f"test rows can be told from train rows with AUC {score:.2f}, alone by {listed}: {meaning}"
    evidence = {"measure": "AUC", "score": score, "columns": {name: alone[name] for name in most}, "by_time": by_time}
    return (finding("train and test differ", None, text, "noted", evidence),)


def luck(y: NDArray[np.float64]) -> float:
    """The standard error of an AUC that knows nothing of the labels `y` [n] (Mann and Whitney 1947); 1 without both."""
    act, rest = float(y.sum()), float((1.0 - y).sum())
    return float(np.sqrt((act + rest + 1.0) / (12.0 * act * rest))) if act and rest else 1.0
