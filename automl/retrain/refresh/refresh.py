"""A refresh: new rows give a shipped graph new leaf values and last layers; its features, trees and speed stay.

Nothing but the graph is needed: a bundle holds no model of any library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.manifest import MemberRecord
from automl.data.rows import Rows
from automl.errors import BundleError
from automl.graph.part import continued, values_of
from automl.graph.renumber import renumbered
from automl.graph.stages import Graph, Place, Stage, Trees, attributes, stages_of
from automl.ops.expr import Dtype
from automl.retrain.refresh.aim import aim_of
from automl.retrain.refresh.losses import Aim
from automl.retrain.refresh.member import Learnable, Seen, learnable
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 4
MOST_CELLS = 100_000_000  # rows x trees of the largest member; beyond, a random part of the rows is learned from
CHOOSING_ROWS = 20_000  # that strengths are compared on: more do not change which one wins
CHECKED = 2_000  # rows
SAME = 1e-9  # of max(1, |score|), what the new graph may be apart from what was learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """`model` has the nodes, shapes and calibration of the old graph, and new numbers in its members.

    `mixed` [n, width] is each row's weighted sum of what the members predict, from members that did not learn from the
    row: what calibration and policy are made anew on. `predicted` [n, width] is what the calibration that stands makes
    of it. Both are NaN where a row was not drawn. `losses` are the mean losses of each member on those rows, before
    and after; `kept` says of each member that stays as it is why.
    """

    model: bytes
    mixed: Floats
    predicted: Floats
    losses: tuple[tuple[float, float], ...]
    kept: tuple[str, ...]


def refreshed(model: bytes, members: Sequence[MemberRecord], rows: Rows, task: Task, *, seed: int = 0) -> Refreshed:
    """Learn new numbers for the members of the graph `model` from labelled `rows`.

    `members` are those of its manifest, in order, with the weights that they keep. How far each member moves is chosen
    by cross-validation among the rows (by time where they have one, by group, else at random); not at all is one of
    the choices. Statistics of levels in the features stay as they are: a graph does not say of how many rows they were
    made. Raises `BundleError` for a graph that does not tell its stages.
    """
    graph = Graph(model)
    stages = stages_of(graph)
    drawn = _drawn(stages.members, rows.n, seed)
    lesson = _Lesson.of(rows.take(drawn), task, seed)
    raws = values_of(graph, {stage.raw: "number" for stage in stages.members}, lesson.frame)
    made = [
        _member(graph, stage, record, lesson, np.asarray(raws[stage.raw], dtype=np.float64))
        for stage, record in zip(stages.members, members, strict=True)
    ]
    changed = renumbered(model, {place: values for one in made for place, values in one.numbers.items()})
    _check(changed, [(stage, one) for stage, one in zip(stages.members, made, strict=True)], lesson.frame)
    mixed, predicted = np.full((2, rows.n, task.width), np.nan)
    mixed[drawn] = sum(record.weight * one.predicted for record, one in zip(members, made, strict=True))
    output = "prediction" if task.kind == "regression" else "probability"
    predicted[drawn] = continued(graph, stages.mixed, mixed[drawn], output)
    kept = tuple(f"{record.learner}: {one.kept}" for record, one in zip(members, made, strict=True) if one.kept)
    losses = tuple(one.losses for one in made)
    return Refreshed(model=changed, mixed=mixed, predicted=predicted, losses=losses, kept=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """The rows [n] that are learned from, and the fold of each."""

    frame: pl.DataFrame
    y: Floats
    weight: Floats
    fold: Ints
    task: Task
    seed: int

    @classmethod
    def of(cls, rows: Rows, task: Task, seed: int) -> _Lesson:
        weight = np.ones(rows.n) if rows.weight is None else rows.weight
        return cls(frame=rows.inputs, y=rows.y, weight=weight, fold=_folds(rows, seed), task=task, seed=seed)

    @property
    def all(self) -> Ints:
        """Every row."""
        return np.arange(len(self.y))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A member's new numbers, its new raw scores [n, width], and predictions of each row by one without it."""

    numbers: Mapping[Place, NDArray[np.generic]]
    scores: Floats
    predicted: Floats
    losses: tuple[float, float]
    kept: str = ""


def _member(graph: Graph, stage: Stage, record: MemberRecord, lesson: _Lesson, start: Floats) -> _Made:
    aim = aim_of(stage, record.params.get("objective"), lesson.task)
    if aim is None:
        raise BundleError(f"nothing of ours predicts as {record.learner} does", where="model.onnx", hint="Fit again.")
    seen = Seen(frame=lesson.frame, y=aim.learned(lesson.y), weight=lesson.weight, start=start)
    before = _loss(aim, start, seen)
    as_it_is = _Made(numbers={}, scores=start, predicted=aim.predicted(start), losses=(before, before))
    own = learnable(graph, stage, aim, seen, boosted="learning_rate" in record.params)
    if own is None:
        return replace(as_it_is, kept="it has no numbers that are learned anew")
    strength = _strength(own, aim, seen, lesson)
    if strength == own.strengths[0]:
        return replace(as_it_is, kept="no change makes it better on the new rows")
    change, apart = own.learn(lesson.all, strength), _cross_fitted(own, strength, lesson.all, lesson.fold)
    return _Made(
        numbers=own.numbers(change),
        scores=own.scores(change, lesson.all),
        predicted=aim.predicted(apart),
        losses=(before, _loss(aim, apart, seen)),
    )


def _strength(own: Learnable, aim: Aim, seen: Seen, lesson: _Lesson) -> object:
    """The strength of least loss out of fold, on some of the rows: the last one before it grows again.

    Of a change that is worse than a smaller one, more would be worse still: the loss of a step is nearly convex in it.
    """
    some = _some(len(lesson.y), CHOOSING_ROWS, lesson.seed)
    few = replace(seen, y=seen.y[some], weight=seen.weight[some])
    chosen, least = own.strengths[0], _loss(aim, seen.start[some], few)
    for strength in own.strengths[1:]:
        loss = _loss(aim, _cross_fitted(own, strength, some, lesson.fold[some]), few)
        if not loss < least:
            break
        chosen, least = strength, loss
    return chosen


def _cross_fitted(own: Learnable, strength: object, rows: Ints, fold: Ints) -> Floats:
    """The raw scores [len(rows), width] of each row by numbers that were learned on the rows of other folds."""
    parts = [own.scores(own.learn(rows[fold != number], strength), rows[fold == number]) for number in np.unique(fold)]
    scores = np.concatenate(parts)
    return scores[np.argsort(np.argsort(fold, kind="stable"), kind="stable")]


def _loss(aim: Aim, scores: Floats, seen: Seen) -> float:
    return float(np.average(aim.loss(scores, seen.y)[0], weights=seen.weight))


def _folds(rows: Rows, seed: int) -> Ints:
    """A fold for each row: stretches of time where there is a time, whole groups, else at random."""
    if rows.time is not None:
        return np.asarray(np.argsort(np.argsort(rows.time, kind="stable"), kind="stable") * FOLDS // rows.n)
    random = np.random.default_rng(seed)
    if rows.group is not None:
        _, group = np.unique(rows.group, return_inverse=True)
        return np.asarray(random.permutation(int(group.max(initial=-1)) + 1) % FOLDS)[group]
    return np.asarray(random.permutation(rows.n) % FOLDS)


def _drawn(stages: Sequence[Stage], rows: int, seed: int) -> Ints:
    """As many rows as the largest member leaves room for."""
    nodes = [[term.node for term in stage.terms if isinstance(term, Trees)] for stage in stages]
    trees = [sum(len(attributes(node)["tree_roots"]) for node in own) for own in nodes]
    return _some(rows, MOST_CELLS // max(1, *trees), seed)


def _some(rows: int, most: int, seed: int) -> Ints:
    """At most so many of the rows, in their order."""
    every = np.arange(rows)
    return every if rows <= most else np.sort(np.random.default_rng(seed).choice(every, most, replace=False))


def _check(changed: bytes, members: Sequence[tuple[Stage, _Made]], frame: pl.DataFrame) -> None:
    """The new graph itself must give the raw scores that were learned; `BundleError` otherwise."""
    names: dict[str, Dtype] = {stage.raw: "number" for stage, _ in members}
    found = values_of(Graph(changed), names, frame.head(CHECKED))
    for stage, one in members:
        apart = np.abs(found[stage.raw] - one.scores[:CHECKED]) / np.maximum(1.0, np.abs(one.scores[:CHECKED]))
        if not float(apart.max(initial=0.0)) <= SAME:
            raise BundleError(
                f"the refreshed graph is {apart.max():.2g} from what was learned",
                where=stage.raw,
                hint="This is a bug of ours: please report it.",
            )
