"""Takes in what comes back from the workers, and ends candidates: each becomes a trial of the leaderboard."""

from __future__ import annotations

from dataclasses import replace

from automl.executors.base import Done
from automl.search import candidate as candidates
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import BAGS_LEFT, FEWEST, choose_fidelity
from automl.search.ensemble import membership
from automl.search.events import tell
from automl.search.schedule import jobs, learning_rate, racing, repeated_cv, successive_halving
from automl.search.schedule.estimates import most, scaled, seconds_left
from automl.search.state import State
from automl.search.worker.fold_fit import FoldResult

MODELS = 12  # fitted models that are kept in memory


def take(state: State, done: Done) -> None:
    """Take in a job that has ended; with its last fold, or once it is behind, the candidate ends."""
    candidate, fold = jobs.land(state, done)
    result = done.value if done.status == "ok" and isinstance(done.value, FoldResult) else None
    if fold >= len(state.problem.folds):
        _take_repeat(state, candidate, fold, result)
        return
    if candidate.ended:
        return
    if result is not None:
        candidates.take(candidate, fold, result, state.problem, state.run.folder)
    else:
        candidate.status, candidate.detail = done.status, done.detail
    if not state.settled and not candidate.learner.baseline and candidate.status == "ok":
        _settle(state, candidate)
    successive_halving.learn(state, candidate)
    learning_rate.learn(state, candidate)
    if fold == 0 and not candidate.learner.baseline and candidate.status == "ok":
        candidate.mixed = racing.mix(state, candidate)
        _cut_folds(state, candidate, racing.folds_in_time(state, candidate))
    last = candidate.status != "ok" or len(candidate.losses) >= state.fidelity.folds
    if last or (fold == 0 and not racing.goes_on(state, candidate)):
        end(state, candidate)


def end(state: State, candidate: Candidate, *, folds: int | None = None) -> None:
    """Close a candidate that has `folds` to count with: into the journal, onto the leaderboard, and told."""
    if successive_halving.on_rung(state, candidate) and not candidate.detail:
        candidate.detail = f"tried on {candidate.sample:,} of {len(state.problem.folds[0].fit):,} rows"
    trial = candidates.end(candidate, state.problem, state.run.folder, folds=folds or state.fidelity.folds)
    arrays = [candidates.oof_name(candidate)] if candidate.whole else []
    state.run.folder.append(candidates.record(candidate, state.problem), arrays=arrays)
    state.run.stop.stands |= candidate.whole
    state.ended.append(candidate)
    _forget(state)
    state.proposals.observe(candidate)
    if candidate.whole and not state.counted:
        state.likely = membership.likely(state)
    tell(state, trial)


def close(state: State) -> None:
    """End what is under way: with most of its folds a candidate counts, the others stand there as stopped."""
    for candidate in [candidate for candidate in state.candidates if not candidate.ended]:
        done = len(candidate.losses)
        early = state.stopped or state.enough
        by_clock = not state.counted or early is not None
        folds = counting_folds(state, candidate) if by_clock else state.fidelity.folds
        if done < folds:
            candidate.status = "stopped"
            candidate.detail = f"{early or 'the time ended'}, {done} of {state.fidelity.folds} folds done"
        end(state, candidate, folds=folds)


def counting_folds(state: State, candidate: Candidate) -> int:
    """The folds with which a candidate counts that gets no more: most of them are enough."""
    done = len(candidate.losses)
    return done if done >= most(state) else state.fidelity.folds


def _take_repeat(state: State, candidate: Candidate, fold: int, result: FoldResult | None) -> None:
    """A fold of a further cross-validation; who fails there is no finalist any more, and keeps what it had."""
    if result is not None:
        candidates.take(candidate, fold, result, state.problem, state.run.folder)
        repeated_cv.taken(state, candidate)
    if fold not in candidate.losses:
        state.finalists = tuple(one for one in state.finalists if one is not candidate)


def _settle(state: State, candidate: Candidate) -> None:
    """The first real fit shows how fast this machine is: with too little left fewer folds have to do."""
    state.settled = True
    every = len(state.problem.folds[0].fit)
    state.fidelity = choose_fidelity(
        scaled(candidate.seconds_a_fold(), candidate.sample or every, every),
        folds=state.fidelity.folds,
        seconds=seconds_left(state),
        workers=state.workers,
        bags=BAGS_LEFT,
        least=state.problem.least_folds,
        fewest=FEWEST,
        by_time=state.problem.rows.by_time,
    )
    state.proposals.fidelity = replace(state.fidelity, rate=1.0) if state.rungs else state.fidelity
    _end_whole(state, candidate)


def _cut_folds(state: State, candidate: Candidate, folds: int) -> None:
    """From now on there are so many folds, if these are fewer than before."""
    if folds < state.fidelity.folds:
        state.fidelity = replace(state.fidelity, folds=folds)
        state.proposals.fidelity = replace(state.proposals.fidelity, folds=folds)
        state.settled = True
        _end_whole(state, candidate)


def _end_whole(state: State, candidate: Candidate) -> None:
    """End all but `candidate` that have the folds there are."""
    for other in state.candidates:
        if not other.ended and other is not candidate and set(range(state.fidelity.folds)) <= set(other.losses):
            end(state, other)


def _forget(state: State) -> None:
    """Keep the models of the best candidates only: each may be some megabytes."""
    holding = [candidate for candidate in state.ended if candidate.fitted is not None]
    for candidate in sorted(holding, key=lambda one: (one.first, one.id))[MODELS:]:
        candidate.fitted = candidate.fitted if candidate.learner.baseline else None
