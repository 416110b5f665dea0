"""Lighter models than the best: fewer members, fewer trees, fewer columns, one model taught by many, a linear one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.executors.travel import Place
from automl.metrics.base import score
from automl.search import candidate as candidates
from automl.search.ahead import looked_ahead
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import ROUNDS
from automl.search.cost.serving import Serving, serving
from automl.search.distill.limit_use import LimitUse, MeasuredOutcome, limit_use, seconds_to_read
from automl.search.distill.student_fit import fit_student
from automl.search.distill.students import SIZES, Student, column_sets, fewer_trees, linear, small_trees
from automl.search.leaderboard import Leaderboard, Outcome
from automl.search.schedule.estimates import seconds_reserved, usual_fit
from automl.search.state import State
from automl.search.worker.fold_fit import FittedModel
from automl.search.worker.model_size import model_size

Floats = NDArray[np.float64]

AIM = (0.85, 0.45)  # of a limit by the estimate, which is right within a fifth: a likely model, and a safe one
FEW_MEMBERS = 6
MOST_SUBSETS = 2  # of the members that are worth measuring
LAST = 2  # sets of columns, the smallest, that are tried where no model is expected to keep the limits
TEACHER = "teacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class LighterModel:
    """A model that could ship instead: what was done to make it light, and its `loss` on out-of-fold rows.

    `limit_use` is the largest estimate in its limit: above 1 it is not expected to keep it.
    """

    name: str
    outcome: Outcome
    loss: float
    limit_use: float


@dataclass(slots=True, kw_only=True)
class LighterModels:
    """Makes lighter models from the state in which a search has ended.

    `teacher` [n_train, width] is what the best ensemble would say out of fold if nothing were limited, `best` its loss.
    """

    state: State
    teacher: Floats
    final: int | None  # the fold whose plan ships, None for that on all rows
    best: float = field(init=False)
    seen: set[tuple[object, ...]] = field(default_factory=set)  # students that were proposed

    def __post_init__(self) -> None:
        self.best = self.loss(self.teacher)

    def loss(self, oof: Floats) -> float:
        """The proper score of predictions [n_train, width] on the rows that have one."""
        problem = self.state.problem
        rows = np.flatnonzero(np.isfinite(oof).all(axis=1))
        weight = None if problem.rows.weight is None else problem.rows.weight[rows]
        return score(problem.loss, problem.rows.y[rows], np.asarray(oof[rows]), weight)

    def seconds(self) -> float:
        """What is left of the budget for lighter models, beside what comes after them."""
        state = self.state
        if state.counted:
            return math.inf
        return max(0.0, state.run.deadline.left() - (seconds_reserved(state) - state.after.repairs))

    def models(self, measured: Sequence[MeasuredOutcome], *, seconds: float) -> Iterator[LighterModel]:
        """Models that are expected to keep the limits, after what was measured so far, made within `seconds`.

        The last one measured is taken apart; others are trained, each once, and cross-validated on its own.
        """
        outcome, use = measured[-1].outcome, limit_use(self.state, measured)
        yield from self._subsets(outcome, use)
        deadline = self.state.run.deadline
        until = math.inf if math.isinf(seconds) else deadline.spent() + seconds
        path = Place(self.state.run.folder.save(TEACHER, np.asarray(self.teacher)))
        for student in self._students(use, path):
            if self.state.stopped or self.state.run.leaves_out("lighter models", "repair") or deadline.spent() >= until:
                return
            if deadline.spent() + self._takes(student) > until:
                continue
            made = fit_student(self.state, student, self.final, seconds=until - deadline.spent())
            if made is not None:
                yield self._alone(outcome, student, made, use)

    def _takes(self, student: Student) -> float:
        """Seconds until all fits of a student are done, its rows twice where it has a teacher."""
        fits = (self.state.fidelity.folds + 1) / self.state.workers
        rows = 1 if student.soft_targets.teacher is None else 2
        return fits * rows * usual_fit(self.state.problem) * student.rounds / ROUNDS

    def _students(self, use: LimitUse, teacher: str) -> Iterator[Student]:
        """The models to train, each once: those expected to keep the limits first, else the lightest of all."""
        sets = column_sets(self.state, self.teacher, self.final)
        before = len(self.seen)
        for aim in AIM:

            def fits(estimate: Serving, aim: float = aim) -> bool:
                return use(estimate) <= aim

            fitting = [columns for columns in sets if fits(serving((), reading=columns.reading))]
            students = [small_trees(self.state, columns, teacher, fits) for columns in fitting[:3]]
            if aim == AIM[0]:
                students += [
                    fewer_trees(self.state, fits),
                    *(linear(self.state, columns, fits) for columns in fitting[:1]),
                ]
            yield from self._new(students)
        if len(self.seen) == before:  # an estimate is no measurement: the lightest of all are tried in any case
            last = [small_trees(self.state, columns, teacher, _anything, sizes=SIZES[-1:]) for columns in sets[-LAST:]]
            yield from self._new([*last, linear(self.state, sets[-1], _anything)])

    def _new(self, students: Iterable[Student | None]) -> Iterator[Student]:
        for student in students:
            if student is not None and student.identity not in self.seen:
                self.seen.add(student.identity)
                yield student

    def _subsets(self, outcome: Outcome, use: LimitUse) -> Iterator[LighterModel]:
        """Some of the members that were refitted: nothing has to be trained."""
        members, read = len(outcome.members), seconds_to_read(self.state, outcome)
        sizes = [model_size(member.prediction) for member in outcome.members]
        subsets = []
        for chosen in _choices(members):
            estimate = serving([sizes[place] for place in chosen], reading=read)
            if (share := use(estimate)) <= 1.0:
                part = outcome.only(chosen)
                name = f"{len(chosen)} of {members} members"
                subsets.append(LighterModel(name=name, outcome=part, loss=self.loss(part.oof), limit_use=share))
        yield from sorted(subsets, key=lambda model: model.loss)[:MOST_SUBSETS]

    def _alone(
        self, outcome: Outcome, student: Student, made: tuple[Candidate, FittedModel], use: LimitUse
    ) -> LighterModel:
        """A student that was trained, as the only member."""
        candidate, fitted = made
        oof = np.asarray(self.state.run.folder.load(candidates.oof_name(candidate)))
        board = Leaderboard(trials=self.state.trials, weights=((candidate.id, 1.0),), front=outcome.board.front)
        return LighterModel(
            name=student.name,
            outcome=replace(
                outcome,
                board=board,
                members=(fitted.member,),
                weights=(1.0,),
                oofs=(oof,),
                native=(fitted.native,),
                ahead=looked_ahead(self.state.problem, self.state.run.folder, [candidate], self.state.fidelity.folds),
                all_rows=None if outcome.all_rows is None else outcome.all_rows.without(self.state.problem.rows.n),
                held=None,
            ),
            loss=self.loss(oof),
            limit_use=use(serving([model_size(fitted.member.prediction)], reading=student.reading)),
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
