"""The search: candidates through folds on all workers until the time is needed for what comes after."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

from automl.budget import Deadline
from automl.engines.base import chosen
from automl.errors import Stopped
from automl.executors.base import Done, Executor
from automl.learners.base import Learner
from automl.learners.portfolio import order
from automl.progress import Event, Listener
from automl.registry import Registry
from automl.search import candidate as candidates
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import BAGS_LEFT, FEWEST, PREPARE, pace
from automl.search.cost.reserve import After, crowding, repair_seconds, reserve_seconds
from automl.search.cost.serving import reading
from automl.search.ensemble import membership
from automl.search.events import tell, tell_the_end
from automl.search.feature_search.search import choose_features
from automl.search.finish import finish
from automl.search.leaderboard import Outcome
from automl.search.monotone import able
from automl.search.problem import Matrices, Problem
from automl.search.proposals import Agenda, usable
from automl.search.rundir import RunDir
from automl.search.schedule import jobs, learning_rate, racing, repeated_cv, successive_halving
from automl.search.schedule.estimates import granted, most, reserve, scaled, seconds_left, usual_fit, work
from automl.search.state import State
from automl.search.worker.fold_fit import LEARNERS, FoldResult
from automl.spec.model import Spec

TICK = 0.1  # seconds to wait for the first baseline when the time has ended: without one there would be no bundle
PLANS = 0.3  # of the search, the most that the plans of further folds may take
LOOK = 0.1  # of the new in the mean of how crowded the machine is
MOMENT = 0.01  # seconds that are not worth waiting for
CURVES = 6  # calibrations where decisions are looked at out of fold: all rows, and without each of five parts
MODELS = 12  # fitted models that are kept in memory
RESUME = "`automl fit` with --resume goes on from here"


def search(
    *,
    problem: Problem,
    spec: Spec,
    deadline: Deadline,
    executor: Executor,
    rundir: RunDir,
    listener: Listener,
    seed: int,
    learners: str = LEARNERS,
) -> Outcome:
    """Try learners until the reserve (`reserve.reserve_seconds`) is all that is left, and refit the best ensemble.

    Baselines come first, so that a scored candidate always stands. With ``budget.trials`` (baselines are not
    counted) every choice follows counted work; the deadline can then only end it, and `Outcome.stopped` says so.
    Ctrl-C ends it too, with the best so far; a second one is the caller's. `learners` is the package of learners.
    Raises `AutomlError` if not even a baseline could be fitted, `Stopped` if it was stopped before one was.
    """
    problem = choose_features(
        problem,
        spec=spec,
        deadline=deadline,
        executor=executor,
        rundir=rundir,
        listener=listener,
        learners=learners,
    )
    state = _begin(problem, spec, deadline, executor, rundir, listener, seed, learners)
    try:
        _resume(state)
        _explore(state)
    except (KeyboardInterrupt, Stopped) as error:
        state.stopped = "stopped by hand"
        state.signal = error.signal_number if isinstance(error, Stopped) else signal.SIGINT
    executor.cancel()
    _close(state)
    if state.signal is not None and not state.whole:
        raise Stopped(state.signal, hint=RESUME)
    return finish(state)


def _begin(
    problem: Problem,
    spec: Spec,
    deadline: Deadline,
    executor: Executor,
    rundir: RunDir,
    listener: Listener,
    seed: int,
    package: str,
) -> State:
    counted = spec.budget.trials is not None
    after = After(
        calibrated=problem.predicted(len(problem.folds)),
        judged=problem.judged,
        columns=len(problem.schema.features),
        reading=reading(problem.schema.features, len(problem.asks)),
        width=problem.task.width,
        ranked=problem.task.kind == "binary",
        threads=min(spec.budget.workers, os.cpu_count() or 1),
        curves=CURVES if spec.objective.costs or spec.objective.require else 1,
    )
    after = replace(after, repairs=repair_seconds(deadline.seconds, after, spec.limits))
    crowded = 1.0 if counted else crowding()
    kept = reserve_seconds(deadline.seconds, after, after.guess(), crowded=crowded)
    left = deadline.seconds - PREPARE if counted else deadline.left()
    first = pace(
        usual_fit(problem),
        folds=len(problem.folds),
        seconds=left - kept,
        workers=spec.budget.workers,
        least=problem.least_folds,
        by_time=problem.rows.time is not None,
    )

    # with time for all folds there is time to try everything on all rows; without it one fold of so many rows judges
    # well enough, and the time for a second one finds another member
    whole = first.folds == len(problem.folds)
    rungs = successive_halving.rungs(len(problem.folds[0].fit)) if counted or not whole else ()
    if rungs:
        first = replace(first, rate=1.0, folds=first.folds if whole else 1)

    def cost(found: Candidate) -> float:
        return work(problem, found) if counted else found.seconds

    known = usable(Registry(package, Learner, "learner").all, spec.recipe.learners, problem.task)
    learners, aside = able(known, problem.directions)
    for left_out in aside:
        listener(Event(stage="search", text=f"{left_out.learner} is left out: {left_out.detail}"))
    agenda = Agenda(
        learners=learners,
        task=problem.task,
        rows=len(problem.folds[0].fit),
        pace=first,
        engine=lambda: chosen(spec.recipe.engine),
        seed=seed,
        cost=cost,
        tell=lambda text: listener(Event(stage="search", text=text)),
        order=order(problem.task, len(problem.folds[0].fit)),
    )
    return State(
        problem=problem,
        spec=spec,
        deadline=deadline,
        executor=executor,
        rundir=rundir,
        listener=listener,
        seed=seed,
        package=package,
        matrices=Matrices(problem=problem, rundir=rundir),
        agenda=agenda,
        after=after,
        aside=aside,
        rungs=rungs,
        crowded=crowded,
        pace=first,
        settled=counted or first.folds == 1,
    )


def _resume(state: State) -> None:
    """Take over what the journal of an earlier run in this folder holds."""
    known = {learner.name: learner for learner in state.agenda.learners}
    lines: list[Any] = list(state.rundir.records)
    restored = {line["id"]: candidates.restore(line, known) for line in lines if line.get("kind") == "trial"}
    for line in lines:
        found = restored.get(line.get("id"))
        if found is not None and line["kind"] == "repeat":
            candidates.restore_repeat(found, line)
    for found in filter(None, restored.values()):
        state.found.append(found)
        state.ended.append(found)
        if found.origin is None:
            state.agenda.note(found)
    state.number = 1 + max(restored, default=-1)
    state.likely = membership.likely(state)


def _explore(state: State) -> None:
    """Keep the workers fed and take in what they find, until nothing is worth trying or the time is needed."""
    while True:
        _feed(state)
        _prepare(state)
        if not state.flying:
            tell_the_end(state, improving=not racing.exhausted(state))
            return
        left = seconds_left(state)
        if left < MOMENT and state.whole and not _hopes(state):
            if state.counted:
                state.stopped = "the time ended before the trials did: this run does not reproduce"
            return
        for done in state.executor.wait(min(max(left, TICK), 1.0)):
            _take(state, done)
        if not state.counted:
            state.crowded += LOOK * (crowding() - state.crowded)


def _hopes(state: State) -> bool:
    """Whether a learner is under way while only baselines stand: it may take the time that refits would need."""
    if state.counted or any(not one.learner.baseline for one in state.whole):
        return False
    return any(not one.learner.baseline for one, _ in state.flying.values()) and state.deadline.left() > reserve(state)


def _feed(state: State) -> None:
    while jobs.room(state):
        for found in racing.abandon(state):
            _end(state, found, folds=_counting(state, found))
        following = (
            racing.next_fold(state)
            or racing.next_climb(state)
            or racing.next_candidate(state)
            or repeated_cv.next_repeat(state)
        )
        if following is None:
            return
        before = state.deadline.spent()
        jobs.submit(state, *following)
        if not state.late and not state.counted:
            state.late = granted(state)
            _fewer_plans(state, state.deadline.spent() - before)


def _fewer_plans(state: State, seconds: float) -> None:
    """The first plan took so long: where one for each fold would take too much of the time, there are fewer folds."""
    most = 1 + int(PLANS * max(0.0, seconds_left(state)) / max(seconds, MOMENT))
    if state.pace.folds > most:
        state.pace = state.agenda.pace = replace(state.pace, folds=most)
        state.settled = state.settled or most == 1


def _prepare(state: State) -> None:
    """While the workers are busy: the plan on all rows, once every fold has its own."""
    folds = range(state.pace.folds)
    if state.settled and len(folds) > 1 and all(state.matrices.has(fold) for fold in folds):
        state.matrices.table(None)


def _take(state: State, done: Done) -> None:
    found, fold = jobs.land(state, done)
    result = done.value if done.status == "ok" and isinstance(done.value, FoldResult) else None
    if fold >= len(state.problem.folds):
        _take_repeat(state, found, fold, result)
        return
    if found.ended:
        return
    if result is not None:
        candidates.take(found, fold, result, state.problem, state.rundir)
    else:
        found.status, found.detail = done.status, done.detail
    if not state.settled and not found.learner.baseline and found.status == "ok":
        _settle(state, found)
    successive_halving.learn(state, found)
    learning_rate.learn(state, found)
    last = found.status != "ok" or len(found.losses) >= state.pace.folds
    if last or (fold == 0 and not racing.goes_on(state, found)):
        _end(state, found)


def _take_repeat(state: State, found: Candidate, fold: int, result: FoldResult | None) -> None:
    """A fold of the finals; a finalist that fails there leaves them, and keeps what it had."""
    if result is not None:
        candidates.take(found, fold, result, state.problem, state.rundir)
        repeated_cv.taken(state, found)
    if fold not in found.losses:
        state.finalists = tuple(one for one in state.finalists if one is not found)


def _settle(state: State, found: Candidate) -> None:
    """The first real fit shows how fast this machine is: with too little left fewer folds have to do."""
    state.settled = True
    every = len(state.problem.folds[0].fit)
    state.pace = pace(
        scaled(found.seconds_a_fold(), found.sample or every, every),
        folds=state.pace.folds,
        seconds=seconds_left(state),
        workers=state.workers,
        bags=BAGS_LEFT,
        least=state.problem.least_folds,
        fewest=FEWEST,
        by_time=state.problem.rows.time is not None,
    )
    state.agenda.pace = replace(state.pace, rate=1.0) if state.rungs else state.pace
    for other in state.found:
        if not other.ended and other is not found and set(range(state.pace.folds)) <= set(other.losses):
            _end(state, other)


def _end(state: State, found: Candidate, *, folds: int | None = None) -> None:
    if successive_halving.on_rung(state, found) and not found.detail:
        found.detail = f"tried on {found.sample:,} of {len(state.problem.folds[0].fit):,} rows"
    trial = candidates.end(found, state.problem, state.rundir, folds=folds or state.pace.folds)
    state.rundir.append(candidates.record(found, state.problem))
    state.ended.append(found)
    _forget(state)
    state.agenda.observe(found)
    if found.whole and not state.counted:
        state.likely = membership.likely(state)
    tell(state, trial)


def _forget(state: State) -> None:
    """Keep the models of the best candidates only: each may be some megabytes."""
    holding = [found for found in state.ended if found.fitted is not None]
    for found in sorted(holding, key=lambda one: (one.first, one.id))[MODELS:]:
        found.fitted = found.fitted if found.learner.baseline else None


def _close(state: State) -> None:
    """End what is under way: with most of its folds a candidate counts, the others stand on the board as stopped."""
    for found in [found for found in state.found if not found.ended]:
        done = len(found.losses)
        folds = _counting(state, found) if not state.counted or state.stopped is not None else state.pace.folds
        if done < folds:
            found.status = "stopped"
            found.detail = f"{state.stopped or 'the time ended'}, {done} of {state.pace.folds} folds done"
        _end(state, found, folds=folds)


def _counting(state: State, found: Candidate) -> int:
    """The folds with which a candidate counts that gets no more: most of them are enough."""
    done = len(found.losses)
    return done if done >= most(state) else state.pace.folds
