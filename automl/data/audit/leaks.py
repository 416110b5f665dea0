"""Columns that give the answer away: too good alone, filled in after the fact, or known too late by their name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.univariate import Floats, filled_shares, if_even, is_missing, joint_score, univariate_score
from automl.data.infer.name_hints import known_late
from automl.data.rows import Column, Finding, finding
from automl.errors import DataError
from automl.task import Kind, Task

SAMPLE = 20_000  # rows that the look for leaks takes
CELLS = 4_000_000  # rows times columns, likewise
MEASURE: Mapping[Kind, str] = {"binary": "AUC", "multiclass": "accuracy", "regression": "R2"}
LEAK: Mapping[Kind, float] = {"binary": 0.99, "multiclass": 0.99, "regression": 0.999}  # no honest column reaches it
HIGH: Mapping[Kind, float] = {"binary": 0.95, "multiclass": 0.95, "regression": 0.99}  # a leak if the rest is far worse
LATE: Mapping[Kind, float] = {"binary": 0.9, "multiclass": 0.9, "regression": 0.9}  # a leak where the name says so too
FAR = 3.0  # times the error of the column that all others together make
ENOUGH = 50  # rows of the sample below which a perfect score may be chance
RARE = 8  # likewise, rows of the rarer class
PURE = 0.995  # share of one label among the rows with a value, from which the value came after the label
LIFT = 0.1  # how far the label's share among all rows must be below that
GAPS = 0.01  # share of missing values from which their pattern is looked at
FILLED, GONE = 0.2, 0.01  # share of rows with a value before, and where they are no longer filled in
TENTH = 10
MOSTLY = 0.5  # share of dates after their row's own time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What speaks against a column: a sentence, figures, and whether it is sure."""

    text: str
    figures: Mapping[str, object]
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A column on the sample: its values, where it has one, and what the rows are."""

    column: Column
    values: pl.Series
    filled: NDArray[np.bool_]
    y: Floats
    task: Task
    time: Floats | None

    @property
    def name(self) -> str:
        return self.column.name


def leaks(
    columns: Sequence[Column],
    frame: pl.DataFrame,
    *,
    y: Floats,
    task: Task,
    target: str,
    action: str,
    seed: int,
    time: Floats | None = None,
) -> Iterator[Finding]:
    """Findings on the feature columns of train that should not be known when the prediction is made (D06).

    Each is judged by itself on a sample of the rows, out of sample; `time` [n] are microseconds of UTC. What is sure is
    dropped with `action` "exclude", noted with "warn", and a DataError with "stop"; what is not sure is noted.
    """
    size = min(SAMPLE, CELLS // max(1, len(columns)))
    rows = np.random.default_rng(seed).permutation(y.size)[:size]
    known, when = y[rows], None if time is None else time[rows]
    if not columns or not _enough(known, task):
        return
    sample = frame.select([column.name for column in columns])[rows]
    for column in columns:
        series = sample[column.name]
        seen = _Seen(column=column, values=series, filled=~is_missing(series), y=known, task=task, time=when)
        against = [evidence for evidence in _against(seen, sample, target) if evidence]
        if against:
            yield _decided(column.name, next((evidence for evidence in against if evidence.sure), against[0]), action)


def _against(seen: _Seen, sample: pl.DataFrame, target: str) -> Iterator[_Evidence | None]:
    score = univariate_score(seen.values, seen.y, seen.task)
    yield _alone(seen, sample, score)
    yield _by_name(seen, target, score)
    if seen.filled.mean() <= 1.0 - GAPS:
        yield _among_filled(seen)
        yield _one_label(seen)
        yield _no_longer(seen)
        yield _after(seen, score)


def no_longer_filled(columns: Sequence[Column], train: pl.DataFrame, test: pl.DataFrame) -> Iterator[Finding]:
    """Notes on columns that have values in train and none in test: filled in afterwards, or given up."""
    if test.height < ENOUGH:
        return
    names = [column.name for column in columns]
    then, now = filled_shares(train.select(names)), filled_shares(test.select(names))
    for column in columns:
        before, after = then[column.name], now[column.name]
        if before >= FILLED and after <= GONE:
            text = (
                f"{column.name!r} has a value in {before:.1%} of the train rows and in {after:.1%} of the test rows: "
                "filled in afterwards, or no longer"
            )
            yield _decided(column.name, _Evidence(text=text, figures={"train": before, "test": after}, sure=False), "")


def _enough(y: Floats, task: Task) -> bool:
    return y.size >= ENOUGH and (task.kind != "binary" or np.unique(y, return_counts=True)[1].min() >= RARE)


def _alone(seen: _Seen, sample: pl.DataFrame, score: float) -> _Evidence | None:
    """The column alone predicts nearly everything, or far more than all others together."""
    kind = seen.task.kind
    strength = if_even(score, seen.y, seen.task)
    if strength < HIGH[kind]:
        return None
    text = f"{seen.name!r} alone predicts the target with {MEASURE[kind]} {score:.4f}"
    figures: dict[str, object] = {"measure": MEASURE[kind], "score": score}
    if strength >= LEAK[kind]:
        return _Evidence(text=text, figures=figures)
    rest = joint_score(sample.drop(seen.name), seen.y, seen.task)
    text += f", all other columns together with {rest:.4f}"
    sure = (1.0 - score) * FAR < 1.0 - rest
    return _Evidence(text=text, figures=figures | {"others": rest}, sure=sure)


def _by_name(seen: _Seen, target: str, score: float) -> _Evidence | None:
    """The name says that the value is known after the fact; that it also predicts well makes it sure."""
    if not (word := known_late(seen.name, target)):
        return None
    measure = MEASURE[seen.task.kind]
    text = f"the name {seen.name!r} says ({word!r}) that it is known late, and alone it has {measure} {score:.4f}"
    figures = {"word": word, "measure": measure, "score": score}
    return _Evidence(text=text, figures=figures, sure=if_even(score, seen.y, seen.task) >= LATE[seen.task.kind])


def _among_filled(seen: _Seen) -> _Evidence | None:
    """Where it has a value, the column alone predicts nearly everything."""
    y = seen.y[seen.filled]
    if not _enough(y, seen.task):
        return None
    score, share = univariate_score(seen.values.filter(pl.Series(seen.filled)), y, seen.task), float(seen.filled.mean())
    if if_even(score, y, seen.task) < LEAK[seen.task.kind]:
        return None
    measure = MEASURE[seen.task.kind]
    text = f"where {seen.name!r} has a value ({share:.1%} of rows) it alone has {measure} {score:.4f}"
    return _Evidence(text=text, figures={"measure": measure, "score": score, "filled": share})


def _one_label(seen: _Seen) -> _Evidence | None:
    """The column is filled in for one label only: the value came with the answer."""
    count = int(seen.filled.sum())
    if seen.task.kind == "regression" or count < ENOUGH:
        return None
    labels, there = (np.bincount(y.astype(np.int64)) for y in (seen.y, seen.y[seen.filled]))
    usual = int(there.argmax())
    pure, share = float(there[usual]) / count, float(labels[usual]) / seen.y.size
    if pure < PURE or share > PURE - LIFT or labels[usual] * FILLED > count:
        return None
    text = (
        f"{pure:.1%} of the rows with a value in {seen.name!r} have one label, which {share:.1%} of all rows have: "
        "it is filled in when the answer is known"
    )
    return _Evidence(text=text, figures={"rows": count, "pure": pure, "share": share})


def _no_longer(seen: _Seen) -> _Evidence | None:
    """The last rows by time do not have the value yet."""
    if seen.time is None or not np.isfinite(seen.time).any():
        return None
    recent = _last_tenth(seen.time)
    if recent.sum() < ENOUGH:
        return None
    before, now = float(seen.filled[~recent].mean()), float(seen.filled[recent].mean())
    if before < FILLED or now > GONE:
        return None
    text = (
        f"{seen.name!r} has a value in {before:.1%} of the rows, but in {now:.1%} of the last tenth by time: "
        "it is filled in afterwards, or no longer"
    )
    return _Evidence(text=text, figures={"before": before, "last_tenth": now})


def _after(seen: _Seen, score: float) -> _Evidence | None:
    """Dates of which most lie after the row's own time, and that are there where the target is what it is."""
    if seen.time is None or seen.column.wire != "date" or not seen.filled.any():
        return None
    if if_even(score, seen.y, seen.task) < LATE[seen.task.kind]:
        return None
    later = float((seen.values.to_numpy() > seen.time)[seen.filled].mean())
    if later <= MOSTLY:
        return None
    text = (
        f"{later:.1%} of the dates in {seen.name!r} lie after the row's own time, and alone they predict the target "
        f"with {MEASURE[seen.task.kind]} {score:.4f}"
    )
    return _Evidence(text=text, figures={"later": later, "score": score})


def _last_tenth(time: Floats) -> NDArray[np.bool_]:
    """The rows after nine tenths of all; none where a single moment is more than that."""
    known = np.sort(time[np.isfinite(time)])
    return np.asarray(time > known[known.size * (TENTH - 1) // TENTH - 1])


def _decided(name: str, against: _Evidence, action: str) -> Finding:
    if not against.sure:
        text = f"{against.text}: look whether it is known in time"
        return finding("leak", name, text, "noted", against.figures)
    if action == "stop":
        raise DataError(
            f"{against.text}: it gives the answer away",
            where=name,
            hint="put it into data.exclude or data.outcomes, or into data.audit.keep if it is known in time",
        )
    tail = "; data.audit.keep keeps it" if action == "exclude" else ": look whether it is known in time"
    return finding(
        "leak", name, f"{against.text}{tail}", "dropped" if action == "exclude" else "noted", against.figures
    )
