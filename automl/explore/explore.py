"""From a spec, or a file alone, to the profile: read, audit, score each column, look at pairs, count money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.audit.leaks import MEASURE
from automl.data.audit.univariate import filled_shares
from automl.data.rows import Column, Labels, Rows
from automl.explore.distribution import distinct, distribution, moment
from automl.explore.looked import Looked, look, look_at_file
from automl.explore.made import made
from automl.explore.money import money_before
from automl.explore.pairs import MOST, pairs, strengths
from automl.explore.periods import periods, shares, stretches
from automl.explore.profile import FORMAT, ColumnProfile, Detail, Made, Period, Profile, TargetProfile
from automl.explore.relation import relation
from automl.explore.scores import drifts, scores
from automl.spec import Spec
from automl.task import Task

Floats = NDArray[np.float64]
SHOWN = 40  # columns with their pictures; the rest stand in the table
DRAWN = 20  # columns of the picture of pairs


def explore(spec: Spec) -> Profile:
    """The profile of a spec's data. Raises SpecError and DataError as a fit does."""
    return _profile(look(spec), spec)


def explore_file(path: Path) -> Profile:
    """The profile of a file, a glob or a folder without a target. Raises DataError."""
    return _profile(look_at_file(path), None)


def _profile(looked: Looked, spec: Spec | None) -> Profile:
    seed = spec.budget.seed if spec else 0
    data = looked.prepared
    scored = scores(looked.frame, data.train.y, data.labels.task, seed) if data else {}
    drifted = drifts(data.train.frame, data.test.frame, seed) if data else {}
    shown = _order(looked, scored)[:SHOWN]
    steps = made(data, shown, seed) if data else {}
    names = _order(looked, scored)[:MOST]
    found = strengths(looked.frame, names)
    return Profile(
        format=FORMAT,
        source=looked.source,
        rows=looked.frame.height,
        test_rows=data.test.n if data else 0,
        all_rows=looked.all_rows,
        split=data.split if data else "",
        time=_span(looked.time),
        target=_target(looked) if data else None,
        columns=_columns(looked, shown, scored, drifted, steps),
        shown=tuple(shown),
        pairs=pairs(looked.frame, names, found),
        related=tuple(names[:DRAWN]),
        correlations=tuple(tuple(map(float, row)) for row in found[:DRAWN, :DRAWN]),
        money=money_before(data, spec) if data and spec else None,
        findings=looked.findings,
        notes=_notes(looked, len(names)),
    )


def _order(looked: Looked, scored: Mapping[str, float]) -> list[str]:
    """The columns as they are shown: features first, the best alone before others, then as they stand."""
    columns = looked.columns
    return sorted(columns, key=lambda name: (not columns[name].is_feature, -scored.get(name, 0.0)))


def _columns(
    looked: Looked,
    shown: Sequence[str],
    scored: Mapping[str, float],
    drifted: Mapping[str, float],
    steps: Mapping[str, tuple[Made, ...]],
) -> tuple[ColumnProfile, ...]:
    filled, place, drawn = filled_shares(looked.frame), stretches(looked.time), set(shown)
    said: dict[str, list[str]] = {}
    for finding in looked.findings:
        said.setdefault(finding.column or "", []).append(finding.text)
    return tuple(
        ColumnProfile(
            name=column.name,
            role=column.role,
            wire=column.wire,
            reason=column.reason,
            feature=column.is_feature,
            missing=1.0 - filled[column.name] if column.name in filled else None,
            distinct=distinct(looked.frame[column.name]) if column.name in filled else None,
            score=scored.get(column.name),
            drift=drifted.get(column.name),
            findings=tuple(said.get(column.name, ())),
            made=steps.get(column.name, ()),
            detail=_detail(looked, column, place) if column.name in drawn else None,
        )
        for column in looked.schema.columns
        if column.role != "target"
    )


def _detail(looked: Looked, column: Column, place: tuple[NDArray[np.int64], tuple[str, ...]] | None) -> Detail | None:
    series, data = looked.frame[column.name], looked.prepared
    if not distinct(series):
        return None
    return Detail(
        distribution=distribution(series, column),
        relation=relation(series, column, data.train.y, data.labels.task) if data else (),
        periods=periods(series, place),
    )


def _target(looked: Looked) -> TargetProfile | None:
    data = looked.prepared
    if data is None:
        return None
    labels, y, task = data.labels, data.train.y, data.labels.task
    column = next(column for column in data.schema.columns if column.name == labels.name)
    parts = np.bincount(y.astype(np.int64), minlength=len(labels.values)) / y.size if labels.values else np.empty(0)
    values = pl.Series(labels.name, y) if not labels.values else _texts(labels, y)
    usual = {"binary": 0.5, "multiclass": float(parts.max(initial=0.0)), "regression": 0.0}
    return TargetProfile(
        name=labels.name,
        task=task.kind,
        labels=labels.texts,
        shares=tuple(map(float, parts)),
        positive=labels.texts[1] if task.kind == "binary" else None,
        distribution=distribution(values, column),
        periods=_target_periods(data.train, task),
        measure=MEASURE[task.kind],
        nothing=usual[task.kind],
    )


def _target_periods(rows: Rows, task: Task) -> tuple[Period, ...]:
    """The share of positives by time, or the quartiles of a number."""
    place = stretches(rows.time)
    if task.kind == "regression":
        return periods(pl.Series("target", rows.y), place)
    return shares(rows.y, place) if task.kind == "binary" else ()


def _texts(labels: Labels, y: Floats) -> pl.Series:
    """The labels of the rows as text."""
    return pl.Series(labels.name, np.asarray(labels.texts, dtype=np.object_)[y.astype(np.int64)], dtype=pl.String)


def _span(time: Floats | None) -> tuple[str, str] | None:
    if time is None or not np.isfinite(time).any():
        return None
    return moment(float(np.nanmin(time))), moment(float(np.nanmax(time)))


def _notes(looked: Looked, related: int) -> tuple[str, ...]:
    """What was looked at in part, in sentences."""
    notes, width = [], len(looked.columns)
    if looked.all_rows is not None:
        rows = looked.frame.height + (looked.prepared.test.n if looked.prepared else 0)
        notes.append(f"Of about {looked.all_rows:,} rows {rows:,} were looked at, spread evenly over the files.")
    if width > SHOWN:
        notes.append(f"Of {width:,} columns {SHOWN} are shown one by one: those that predict best alone.")
    if width > related:
        notes.append(f"Pairs were looked for among {related} columns: those that predict best alone.")
    return tuple(notes)
