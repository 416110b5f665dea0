"""Lighter models than the best: fewer members, fewer trees, fewer columns, one model taught by many, a linear one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.metrics.base import score
from automl.ops.rewrite import used_features
from automl.search import candidate as candidates
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import ROUNDS
from automl.search.cost.serving import Serving, reading, serving
from automl.search.distill.student_fit import school
from automl.search.distill.students import SIZES, Pupil, column_sets, fewer_trees, linear, small_trees
from automl.search.leaderboard import Board, Outcome, Rung, Weighed
from automl.search.schedule.estimates import reserve, usual_fit
from automl.search.state import State
from automl.search.worker.fold_fit import Fitted
from automl.search.worker.model_size import footprint

Floats = NDArray[np.float64]

# a limit that has no estimate of its own moves with this one
ESTIMATE = {
    "latency_p50": "latency_p50",
    "latency_p99": "latency_p99",
    "size": "size",
    "memory": "memory",
    "throughput": "latency_p50",
    "cold_start": "memory",
}
AIM = (0.85, 0.45)  # of a limit by the estimate, which is right within a fifth: a likely rung, and a safe one
FEW_MEMBERS = 6
MOST_SUBSETS = 2  # of the members that are worth measuring
LAST = 2  # sets of columns, the smallest, that are tried where no rung is expected to keep the limits
TEACHER = "teacher"


@dataclass(slots=True, kw_only=True)
class Workshop:
    """The search after its end. `teacher` [n_train, width] is what the best ensemble of all says out of fold."""

    state: State
    teacher: Floats
    final: int | None  # the table whose plan ships
    best: float = field(init=False)
    seen: set[tuple[object, ...]] = field(default_factory=set)  # pupils that were proposed

    def __post_init__(self) -> None:
        self.best = self.loss(self.teacher)

    def loss(self, oof: Floats) -> float:
        """The proper score of predictions [n_train, width] on the rows that have one."""
        problem = self.state.problem
        rows = np.flatnonzero(np.isfinite(oof).all(axis=1))
        weight = None if problem.rows.weight is None else problem.rows.weight[rows]
        return score(problem.loss, problem.rows.y[rows], np.asarray(oof[rows]), weight)

    def seconds(self) -> float:
        """What is left of the budget for lighter models."""
        state = self.state
        if state.counted:
            return math.inf
        return max(0.0, state.deadline.left() - (reserve(state) - state.after.repairs))

    def rungs(self, measured: Sequence[Weighed], *, seconds: float) -> Iterator[Rung]:
        """Models that should keep the limits; see `board.Lighter`."""
        outcome, excess = measured[-1].outcome, _forecast(self.state, measured)
        yield from self._subsets(outcome, excess)
        until = math.inf if math.isinf(seconds) else self.state.deadline.spent() + seconds
        path = str(self.state.rundir.save(TEACHER, np.asarray(self.teacher)))
        for pupil in self._pupils(excess, path):
            if self.state.stopped is not None or self.state.deadline.spent() >= until:
                return
            if self.state.deadline.spent() + self._takes(pupil) > until:
                continue
            made = school(self.state, pupil, self.final, seconds=until - self.state.deadline.spent())
            if made is None:
                continue
            yield self._of(outcome, pupil, made, excess)

    def _takes(self, pupil: Pupil) -> float:
        """Seconds until all fits of a pupil are done, its rows twice where it has a teacher."""
        fits = (self.state.pace.folds + 1) / self.state.workers
        rows = 1 if pupil.lesson.teacher is None else 2
        return fits * rows * usual_fit(self.state.problem) * pupil.rounds / ROUNDS

    def _pupils(self, excess: Callable[[Serving], float], teacher: str) -> Iterator[Pupil]:
        """The rungs to train, each once, the likeliest first: those expected to keep the limits, else the lightest."""
        sets = column_sets(self.state, self.teacher, self.final)
        before = len(self.seen)
        for aim in AIM:

            def fits(estimate: Serving, aim: float = aim) -> bool:
                return excess(estimate) <= aim

            fitting = [columns for columns in sets if fits(serving((), reading=columns.reading))]
            pupils = [small_trees(self.state, columns, teacher, fits) for columns in fitting[:3]]
            if aim == AIM[0]:
                pupils += [
                    fewer_trees(self.state, fits),
                    *(linear(self.state, columns, fits) for columns in fitting[:1]),
                ]
            yield from self._new(pupils)
        if len(self.seen) == before:  # an estimate is no measurement: the lightest of all are tried in any case
            last = [small_trees(self.state, columns, teacher, _anything, sizes=SIZES[-1:]) for columns in sets[-LAST:]]
            yield from self._new([*last, linear(self.state, sets[-1], _anything)])

    def _new(self, pupils: Iterable[Pupil | None]) -> Iterator[Pupil]:
        for pupil in pupils:
            if pupil is not None and pupil.identity not in self.seen:
                self.seen.add(pupil.identity)
                yield pupil

    def _subsets(self, outcome: Outcome, excess: Callable[[Serving], float]) -> Iterator[Rung]:
        """Some of the members that were refitted: nothing has to be trained."""
        members, read = len(outcome.members), _reading(self.state, outcome)
        sizes = [footprint(member.prediction) for member in outcome.members]
        found = []
        for chosen in _choices(members):
            estimate = serving([sizes[place] for place in chosen], reading=read)
            if (share := excess(estimate)) <= 1.0:
                part = outcome.only(chosen)
                name = f"{len(chosen)} of {members} members"
                found.append(Rung(name=name, outcome=part, loss=self.loss(part.oof), excess=share))
        yield from sorted(found, key=lambda rung: rung.loss)[:MOST_SUBSETS]

    def _of(
        self, outcome: Outcome, pupil: Pupil, made: tuple[Candidate, Fitted], excess: Callable[[Serving], float]
    ) -> Rung:
        found, fitted = made
        oof = np.asarray(self.state.rundir.load(candidates.oof_name(found)))
        estimate = serving([footprint(fitted.member.prediction)], reading=pupil.reading)
        board = Board(trials=self.state.trials, weights=((found.id, 1.0),), front=outcome.board.front)
        return Rung(
            name=pupil.name,
            outcome=replace(
                outcome, board=board, members=(fitted.member,), weights=(1.0,), oofs=(oof,), native=(fitted.native,)
            ),
            loss=self.loss(oof),
            excess=excess(estimate),
        )


def _choices(members: int) -> Iterator[tuple[int, ...]]:
    """Every part of a few members; of many each alone, and the heaviest ones together."""
    if members <= FEW_MEMBERS:
        for count in range(1, members):
            yield from combinations(range(members), count)
        return
    yield from ((place,) for place in range(members))
    yield from (tuple(range(count)) for count in range(2, members))


def _anything(estimate: Serving) -> bool:
    del estimate
    return True


def _reading(state: State, outcome: Outcome) -> float:
    """Seconds to read the columns that the members look at, and to make their features."""
    places = used_features(*(member.prediction for member in outcome.members))
    sources = [set(outcome.plan.features[place].source) for place in places]
    names = set().union(*sources)
    columns = [column for column in state.problem.schema.features if column.name in names]
    return reading(columns, sum(len(source) > 1 for source in sources))


def _forecast(state: State, measured: Sequence[Weighed]) -> Callable[[Serving], float]:
    """How much of its limits a model will take: on the line through what was measured, over what was estimated."""
    known = [(_estimate(state, one.outcome), one.pressures) for one in measured]

    def excess(estimate: Serving) -> float:
        shares = []
        for limit in known[0][1]:
            name = ESTIMATE[limit]
            points = sorted((getattr(found, name), pressures[limit]) for found, pressures in known)
            shares.append(_on_the_line(getattr(estimate, name), points))
        return max(shares, default=0.0)

    return excess


def _on_the_line(x: float, points: Sequence[tuple[float, float]]) -> float:
    """Between two points by the line through them, beyond them in proportion to the nearest one.

    >>> [_on_the_line(x, [(1.0, 0.5), (3.0, 4.5)]) for x in (0.5, 2.0, 6.0)]
    [0.25, 2.5, 9.0]
    """
    (first, low), (last, high) = points[0], points[-1]
    if x <= first:
        return low * x / first
    if x >= last:
        return high * x / last
    return float(np.interp(x, [place for place, _ in points], [value for _, value in points]))


def _estimate(state: State, outcome: Outcome) -> Serving:
    return serving([footprint(member.prediction) for member in outcome.members], reading=_reading(state, outcome))
