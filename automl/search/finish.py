"""The end of a search: choose the ensemble, refit its members on all train rows, hand over the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.errors import AutomlError
from automl.executors.base import Executor, Job
from automl.progress import Event, Listener
from automl.search.board import Board, Outcome, Trial
from automl.search.candidate import OOF, Candidate
from automl.search.ensemble import select
from automl.search.pace import Pace
from automl.search.problem import Matrices, Problem
from automl.search.rundir import RunDir
from automl.search.trial import Fitted, Order
from automl.spec.model import Spec

Floats = NDArray[np.float64]

REFIT = 0.9  # of a fold's time, row for row: a refit has no validation rows and does not wait for a gain
CHOOSING = 0.5  # seconds for the ensemble and the first refits to start
BY_HAND = 20.0  # seconds for the refits of a search that was stopped by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """What a search has found when its time is up."""

    problem: Problem
    spec: Spec
    deadline: Deadline
    reserve: float
    executor: Executor
    rundir: RunDir
    listener: Listener
    matrices: Matrices
    pace: Pace
    seed: int
    package: str
    counted: bool
    found: Sequence[Candidate]
    trials: Sequence[Trial]
    stopped: str | None
    signal: int | None

    @property
    def final(self) -> int | None:
        """The table whose plan ships: with a holdout its own, so that what was fitted may ship as it is."""
        return 0 if self.pace.folds == 1 else None

    def left(self) -> float:
        """Seconds for refits."""
        left = self.deadline.left() - self.reserve
        return left if self.stopped is None else min(left, BY_HAND)


def finish(run: Explored) -> Outcome:
    """Choose, refit and weigh; raises `AutomlError` if no candidate was predicted on every fold (R11)."""
    whole = [found for found in run.found if found.whole]
    if not whole:
        why = next((f"{found.learner.name}: {found.detail}" for found in run.found if found.detail), None)
        raise AutomlError("no learner could be fitted, not even the constant", hint=why)
    weights = _affordable(run, _ensemble(run, whole))
    fitted = _refit(run, weights)
    kept = {found: weight for found, weight in weights.items() if found.id in fitted} or _fallback(whole, fitted)
    total = sum(kept.values())
    shares = {found: weight / total for found, weight in kept.items()}
    return Outcome(
        board=Board(trials=tuple(run.trials), weights=tuple((found.id, weight) for found, weight in shares.items())),
        plan=run.matrices.plan(run.final),
        members=tuple(fitted[found.id].member for found in shares),
        weights=tuple(shares.values()),
        oof=_mixed(run.rundir, shares),
        parity_rows=run.problem.parity_rows,
        native=tuple(fitted[found.id].native for found in shares),
        stopped=run.stopped,
        signal=run.signal,
    )


def refit_seconds(found: Sequence[Candidate], problem: Problem, pace: Pace, spec: Spec) -> float:
    """What refitting the members is likely to take, from the best candidates so far.

    With a holdout the fitted models may ship as they are, so nothing is set aside for refits that take long.
    """
    standing = [one for one in found if one.losses and one.status == "ok" and (one.whole or not one.ended)]
    best = sorted(standing, key=lambda one: (one.first, one.id))[: spec.recipe.members]
    seconds = _makespan(best, problem, spec.budget.workers)
    return CHOOSING + (0.0 if pace.folds == 1 and seconds > pace.refit_seconds else seconds)


def _makespan(members: Sequence[Candidate], problem: Problem, workers: int) -> float:
    """Seconds until the refits of `members` end, the longest started first."""
    more = problem.rows.n / float(np.mean([len(fold.fit) for fold in problem.folds]))
    ends = [0.0] * workers
    for seconds in sorted((member.seconds_a_fold() * more * REFIT for member in members), reverse=True):
        ends[ends.index(min(ends))] += seconds
    return max(ends)


def _ensemble(run: Explored, whole: Sequence[Candidate]) -> dict[Candidate, float]:
    """The weights of the best ensemble; without time for refits only of what can ship as it is."""
    if run.pace.folds == 1 and not _time_to_refit(run, whole):
        whole = [found for found in whole if found.fitted is not None] or list(whole)
    predictions = [run.rundir.load(f"{OOF}/{found.id}") for found in whole]
    rows = np.flatnonzero(np.all([np.isfinite(prediction[:, 0]) for prediction in predictions], axis=0))
    weight = run.problem.rows.weight
    chosen = select(
        [prediction[rows] for prediction in predictions],
        run.problem.rows.y[rows],
        None if weight is None else weight[rows],
        run.problem.loss,
        members=run.spec.recipe.members,
        seed=run.seed,
    )
    ordered = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    return {whole[place]: share for place, share in ordered}


def _time_to_refit(run: Explored, members: Sequence[Candidate]) -> bool:
    return run.counted or _makespan(members, run.problem, run.executor.workers) <= run.left()


def _affordable(run: Explored, weights: dict[Candidate, float]) -> dict[Candidate, float]:
    """Without the lightest members, as long as the refits do not fit into the time."""
    members = list(weights)
    while len(members) > 1 and not (run.final == 0 or _time_to_refit(run, members)):
        members.pop()
    return {member: weights[member] for member in members}


def _refit(run: Explored, weights: Mapping[Candidate, float]) -> dict[int, Fitted]:
    """Members fitted on all rows by candidate id, and the baselines for the case that nothing else is ready."""
    fitted = {found.id: found.fitted for found in run.found if found.fitted is not None}
    fallback = [found for found in run.found if found.whole and found.learner.baseline][:1]
    members = list(dict.fromkeys([*fallback, *weights]))
    if run.final == 0 and not _time_to_refit(run, members):
        members = [member for member in weights if member.id not in fitted]
    if not members:
        return fitted
    names = ", ".join(f"{member.learner.name} {weights[member]:.0%}" for member in members if member in weights)
    text = f"refitting on all rows: {names or 'the fallback'}"
    run.listener(Event(stage="refit", text=text, facts={"left": run.deadline.left()}))
    jobs = dict(enumerate(members))
    table, parity = run.matrices.table(run.final), run.matrices.parity(run.final)
    for number, member in jobs.items():
        limit = max(1.0, run.deadline.left() if run.counted else run.left())
        rounds = {"rounds": max(1, round(float(np.mean(member.rounds))))} if member.rounds else {}
        order = Order(
            table=table,
            learner=member.learner.name,
            params={**member.params, **rounds},
            task=run.problem.task,
            seed=run.seed,
            seconds=limit,
            parity=parity,
            package=run.package,
        )
        memory = int(run.spec.budget.memory / run.executor.workers)
        run.executor.submit(
            Job(
                id=number,
                function="automl.search.trial:refit",
                arguments={"order": order},
                seconds=limit,
                memory=memory,
            )
        )
    waiting = set(jobs)
    while waiting and (run.left() > 0 or run.counted or not any(member.id in fitted for member in members)):
        for done in run.executor.wait(min(1.0, max(0.1, run.left()))):
            waiting.discard(done.id)
            if done.status == "ok" and isinstance(done.value, Fitted):
                fitted[jobs[done.id].id] = done.value
            else:
                text = f"{jobs[done.id].learner.name} could not be refitted: {done.status}. {done.detail}"
                run.listener(Event(stage="refit", text=text))
    run.executor.cancel()
    return fitted


def _fallback(whole: Sequence[Candidate], fitted: Mapping[int, Fitted]) -> dict[Candidate, float]:
    """The best candidate that there is a model of."""
    ready = [found for found in whole if found.id in fitted]
    if not ready:
        raise AutomlError("no member could be refitted", hint="give more time or more memory in [budget]")
    return {min(ready, key=lambda found: (found.first, found.id)): 1.0}


def _mixed(rundir: RunDir, shares: Mapping[Candidate, float]) -> Floats:
    """The weighted out-of-fold prediction [n, width]."""
    return np.asarray(sum(share * rundir.load(f"{OOF}/{found.id}") for found, share in shares.items()))
