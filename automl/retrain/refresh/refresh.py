"""A refresh: new rows give a shipped graph new leaf values and last layers; its features, trees and speed stay.

Nothing but the graph is needed: a bundle holds no model of any library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.bundle.manifest import MemberRecord
from automl.data.rows import Rows
from automl.errors import BundleError
from automl.graph.part import continued, values_of
from automl.graph.renumber import renumbered
from automl.graph.stages import Graph, Place, Stage, Stages, Trees, attributes, stages_of
from automl.ops.expr import Dtype
from automl.retrain.refresh.aim import aim_of
from automl.retrain.refresh.counted import counted
from automl.retrain.refresh.lesson import Lesson
from automl.retrain.refresh.losses import Aim
from automl.retrain.refresh.member import Learnable, Seen, learnable
from automl.retrain.refresh.read import Read
from automl.task import Task

Array = NDArray[np.generic]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS = 100_000_000  # rows x trees of the largest member; beyond, a random part of the rows is learned from
CHOOSING_ROWS = 20_000  # that strengths are compared on: more do not change which one wins
CHECKED = 2_000  # rows
SAME = 1e-9  # of max(1, |score|), what the new graph may be apart from what was learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """`model` has the nodes, shapes and calibration of the old graph, and new numbers in its members.

    `counted` says whether its target encodings count the rows, too. `mixed` [n, width] is each row's weighted sum of
    what the members predict, from members that did not learn from the row: what calibration and policy are made anew
    on. `predicted` [n, width] is what the calibration that stands makes of it. Both are NaN where a row was not drawn.
    `losses` are the mean losses of each member on those rows, before and after; `kept` says of each member that stays
    as it is why.
    """

    model: bytes
    mixed: Floats
    predicted: Floats
    losses: tuple[tuple[float, float], ...]
    kept: tuple[str, ...]
    counted: bool

    @property
    def moved(self) -> bool:
        """Whether any number is another than it was."""
        return self.counted or len(self.kept) < len(self.losses)


def refreshed(model: bytes, members: Sequence[MemberRecord], rows: Rows, task: Task, *, seed: int = 0) -> Refreshed:
    """Learn new numbers for the members of the graph `model` from labelled `rows`.

    `members` are those of its manifest, in order, with the weights that they keep. How far each member moves is chosen
    by cross-validation among the rows (by time where they have one, by group, else at random); not at all is one of
    the choices. Whether target encodings count the rows is chosen before: where the members that stand do better by
    them, they learn on from there. Raises `BundleError` for a graph that does not tell its stages.
    """
    graph = Graph(model)
    stages = stages_of(graph)
    drawn = _drawn(stages.members, rows.n, seed)
    lesson = Lesson.of(rows.take(drawn), task, seed)
    start = _start(graph, stages, lesson)
    made = [
        _member(start.read, stage, record, lesson, start.raws[stage.raw])
        for stage, record in zip(stages.members, members, strict=True)
    ]
    numbers = {place: values for one in made for place, values in one.numbers.items()}
    changed, first = _renumbered(start.graph, numbers), start.read.parts[0]
    checked = changed if first.graph is start.graph else _renumbered(first.graph, numbers)
    _check(Graph(checked), first.rows[:CHECKED], [*zip(stages.members, made, strict=True)], lesson)
    mixed, predicted = np.full((2, rows.n, task.width), np.nan)
    mixed[drawn] = sum(record.weight * one.predicted for record, one in zip(members, made, strict=True))
    output = "prediction" if task.kind == "regression" else "probability"
    predicted[drawn] = continued(graph, stages.mixed, mixed[drawn], output)
    kept = tuple(f"{record.learner}: {one.kept}" for record, one in zip(members, made, strict=True) if one.kept)
    losses = tuple(one.losses for one in made)
    return Refreshed(
        model=changed,
        mixed=mixed,
        predicted=predicted,
        losses=losses,
        kept=kept,
        counted=start.graph is not graph,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """The graph whose members learn on, how it reads the rows, and their raw scores [n, width] by name."""

    graph: Graph
    read: Read
    raws: Mapping[str, Floats]


def _start(graph: Graph, stages: Stages, lesson: Lesson) -> _Start:
    """The graph as it is, or with encodings that count the rows where that makes its members better."""
    names: dict[str, Dtype] = dict.fromkeys((*(stage.raw for stage in stages.members), stages.mixed), "number")
    plain = Read.by(graph, lesson.frame)
    stands = _Start(graph=graph, read=plain, raws=plain.values(names))
    other = counted(graph, lesson)
    if other is None:
        return stands
    moved = _Start(graph=other.graph, read=other.read, raws=other.read.values(names))
    return min(stands, moved, key=lambda start: lesson.loss(start.raws[stages.mixed]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A member's new numbers, its new raw scores [n, width], and predictions of each row by one without it."""

    numbers: Mapping[Place, Array]
    scores: Floats
    predicted: Floats
    losses: tuple[float, float]
    kept: str = ""


def _member(read: Read, stage: Stage, record: MemberRecord, lesson: Lesson, start: Floats) -> _Made:
    aim = aim_of(stage, record.params.get("objective"), lesson.task)
    if aim is None:
        raise BundleError(f"nothing of ours predicts as {record.learner} does", where="model.onnx", hint="Fit again.")
    seen = Seen(read=read, y=aim.learned(lesson.y), weight=lesson.weight, start=start)
    before = _loss(aim, start, seen)
    as_it_is = _Made(numbers={}, scores=start, predicted=aim.predicted(start), losses=(before, before))
    own = learnable(stage, aim, seen, boosted="learning_rate" in record.params)
    if own is None:
        return replace(as_it_is, kept="it has no numbers that are learned anew")
    chosen = _chosen(own, aim, seen, lesson)
    if chosen is None:
        return replace(as_it_is, kept="no change makes it better on the new rows")
    strength, apart = chosen
    change = own.learn(lesson.all, strength)
    return _Made(
        numbers=own.numbers(change),
        scores=own.scores(change, lesson.all),
        predicted=aim.predicted(apart),
        losses=(before, _loss(aim, apart, seen)),
    )


def _chosen(own: Learnable, aim: Aim, seen: Seen, lesson: Lesson) -> tuple[object, Floats] | None:
    """The strength of least loss out of fold, and the raw scores [n, width] of each row by a change without it.

    None where no change is best. Strengths are compared on some of the rows: the last one before the loss grows again.
    Of a change that is worse than a smaller one, more would be worse still: the loss of a step is nearly convex in it.
    """
    some = _some(len(lesson.y), CHOOSING_ROWS, lesson.seed)
    few = replace(seen, y=seen.y[some], weight=seen.weight[some])
    chosen, least = None, _loss(aim, seen.start[some], few)
    for strength in own.strengths[1:]:
        apart = _cross_fitted(own, strength, some, lesson.fold[some])
        if not (loss := _loss(aim, apart, few)) < least:
            break
        chosen, least = (strength, apart), loss
    if chosen is None or len(some) == len(lesson.y):
        return chosen
    return chosen[0], _cross_fitted(own, chosen[0], lesson.all, lesson.fold)


def _cross_fitted(own: Learnable, strength: object, rows: Ints, fold: Ints) -> Floats:
    """The raw scores [len(rows), width] of each row by numbers that were learned on the rows of other folds."""
    parts = [own.scores(own.learn(rows[fold != number], strength), rows[fold == number]) for number in np.unique(fold)]
    scores = np.concatenate(parts)
    return scores[np.argsort(np.argsort(fold, kind="stable"), kind="stable")]


def _loss(aim: Aim, scores: Floats, seen: Seen) -> float:
    return float(np.average(aim.loss(scores, seen.y)[0], weights=seen.weight))


def _drawn(stages: Sequence[Stage], rows: int, seed: int) -> Ints:
    """As many rows as the largest member leaves room for."""
    nodes = [[term.node for term in stage.terms if isinstance(term, Trees)] for stage in stages]
    trees = [sum(len(attributes(node)["tree_roots"]) for node in own) for own in nodes]
    return _some(rows, MOST_CELLS // max(1, *trees), seed)


def _some(rows: int, most: int, seed: int) -> Ints:
    """At most so many of the rows, in their order."""
    every = np.arange(rows)
    return every if rows <= most else np.sort(np.random.default_rng(seed).choice(every, most, replace=False))


def _renumbered(graph: Graph, numbers: Mapping[Place, Array]) -> bytes:
    return renumbered(graph.model.SerializeToString(), numbers)


def _check(changed: Graph, rows: Ints, members: Sequence[tuple[Stage, _Made]], lesson: Lesson) -> None:
    """A graph with the new numbers must give `rows` the raw scores that were learned; `BundleError` otherwise."""
    names: dict[str, Dtype] = {stage.raw: "number" for stage, _ in members}
    found = values_of(changed, names, lesson.frame[rows])
    for stage, one in members:
        apart = np.abs(found[stage.raw] - one.scores[rows]) / np.maximum(1.0, np.abs(one.scores[rows]))
        if not float(apart.max(initial=0.0)) <= SAME:
            raise BundleError(
                f"the refreshed graph is {apart.max():.2g} from what was learned",
                where=stage.raw,
                hint="This is a bug of ours: please report it.",
            )
