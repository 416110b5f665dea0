"""Refits on all train rows: the members of the ensemble, some of them several times, as far as there is time."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

from automl.executors.base import Done, Job
from automl.executors.travel import Moment
from automl.search.candidate import Candidate
from automl.search.ensemble import membership
from automl.search.schedule.estimates import makespan, seconds_reserved, twins, within
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.averaging import average
from automl.search.worker.fold_fit import FitRequest, FittedModel
from automl.spec.limits import Limits

TRAINING = 0.8  # of the time for refits; exporting and parity take the rest
LATE = 2.0  # seconds that a refit may take of the reserve: without it its training would be in vain
BY_HAND = 20.0  # seconds for the refits of a run that a signal has stopped
MOST_FITS = 3  # of a member with other seeds, averaged: more of them gain little (docs/decisions/0006)
FEW_ROWS = 10_000  # with more the luck of a seed no longer counts
LIGHT = Limits.model_validate({"latency_p50": "0.4ms", "size": "6MB"})  # by the estimate
SPARE = 0.5  # of the time for refits that the further fits may take
SEEDS = 104_729  # between the seeds of fits
WHOLE = 0.5  # of its rounds, the least that a refit must have got to: with fewer it is not the model that was weighed


def refit(state: State, weights: Mapping[Candidate, float]) -> dict[int, FittedModel]:
    """Models that may ship, by candidate id: the members on all rows, and what a holdout has fitted.

    The best baseline is among them for the case that nothing else is ready.
    """
    holdout = final(state) == 0  # else a fold's model has another plan than the one that ships
    fitted = {one.id: one.fitted for one in state.candidates if holdout and one.fitted is not None}
    members = _members(state, weights, fitted)
    if not members:
        return fitted
    names = ", ".join(f"{member.learner.name} {weights[member]:.0%}" for member in members if member in weights)
    left = state.run.deadline.left()
    state.run.tell("refit", f"refitting on all rows: {names or 'the fallback'}", left=left)
    first, calm = [(member, 0) for member in members], not state.run.stop.asked()
    ready, short = _results(state, [*first, *_further(state, members)])
    if calm and state.run.stop.asked() and not any(member.id in {*ready, *short, *fitted} for member in weights):
        ready, short = _results(state, first)  # they were to take longer; in a hurry there is a model all the same
    fitted |= {number: average([fits[fit] for fit in sorted(fits)]) for number, fits in ready.items()}
    return fitted if any(member.id in fitted for member in weights) else short | fitted


def final(state: State) -> int | None:
    """The fold whose plan ships: with a holdout its own, so that what was fitted may ship as it is; else all rows."""
    return 0 if state.fidelity.folds == 1 else None


def time_to_refit(state: State, members: Sequence[Candidate]) -> bool:
    """Whether the refits of `members` end in time."""
    return state.counted or makespan(members, state.problem, state.workers) <= _left(state)


def _left(state: State) -> float:
    """Seconds for refits."""
    left = state.run.deadline.left() - seconds_reserved(state)
    return min(left, BY_HAND) if state.run.stop.asked() else left


def _members(state: State, weights: Mapping[Candidate, float], fitted: Mapping[int, FittedModel]) -> list[Candidate]:
    """What is refitted, the fallback first; of a holdout's members those that there is time for."""
    holdout = final(state) == 0
    baselines = [candidate for candidate in state.whole if candidate.learner.baseline]
    fallback = sorted(baselines, key=lambda one: (one.first, one.id))[:1]
    whole_rows = [member for member in weights if member.sample is None]  # a sample's rounds are not for all rows
    members = list(dict.fromkeys([*fallback, *whole_rows]))
    if holdout and not state.counted:  # the others ship as they are
        members = within(state, members, _left(state))
    members += [member for member in whole_rows if member.id not in fitted and member not in members]
    for member in whole_rows:
        if holdout and member not in members:
            member.detail = f"ships as fitted on {len(state.problem.folds[0].fit):,} of {state.problem.rows.n:,} rows"
    return members


def _further(state: State, members: Sequence[Candidate]) -> list[tuple[Candidate, int]]:
    """Further fits, with their numbers: with few rows some of each member, as far as recipe, limits and time allow.

    The bundle stays light: of a large forest the mean of several gains less than it costs to serve.
    """
    most = min(MOST_FITS, state.run.spec.recipe.members) if state.problem.rows.n <= FEW_ROWS else 1
    most = 1 if state.run.stop.asked() else most
    every, further = list(members), list[tuple[Candidate, int]]()
    for fit in range(1, most):
        for member in members:
            more = [*every, member]
            cost = membership.cost(state, more)
            light = cost.excess(state.run.spec.limits) <= 1.0 and cost.excess(LIGHT) <= 1.0
            seconds = (1.0 + twins(state)) * makespan(more, state.problem, state.workers)
            in_time = state.counted or seconds <= SPARE * _left(state)
            if light and in_time and not member.learner.baseline:
                every, further = more, [*further, (member, fit)]
    return further


def _results(
    state: State, fits: Sequence[tuple[Candidate, int]]
) -> tuple[dict[int, dict[int, FittedModel]], dict[int, FittedModel]]:
    """What the refits gave within their time, by candidate id and number of the fit; and what was cut short.

    Where a signal stops the run meanwhile, they get `BY_HAND` seconds from then on.
    """
    for number, (member, fit) in enumerate(fits):
        state.run.executor.submit(_job(state, number, member, fit))
    waiting, ready, short = set(range(len(fits))), dict[int, dict[int, FittedModel]](), dict[int, FittedModel]()
    end = math.inf
    while waiting and not _enough(state, [fits[number] for number in waiting]):
        end = min(end, state.run.deadline.spent() + _left(state))
        if ready and not state.counted and state.run.deadline.spent() >= end + LATE:
            break
        for done in state.run.wait(min(1.0, max(0.1, _left(state)))):
            waiting.discard(done.id)
            member, fit = fits[done.id]
            model = _model(state, member, done)
            if model is not None and _cut_short(state, member, model):
                short[member.id] = model
            elif model is not None:
                ready.setdefault(member.id, {})[fit] = model
    state.run.executor.cancel()
    return ready, short


def _enough(state: State, waiting: Sequence[tuple[Candidate, int]]) -> bool:
    """Whether a signal stopped the run and each member has its model: the mean with further fits can wait."""
    return all(fit > 0 for _, fit in waiting) and state.run.leaves_out("further fits of the members", "refit")


def _model(state: State, member: Candidate, done: Done) -> FittedModel | None:
    """What a refit gave; says so where it failed."""
    if done.status == "ok" and isinstance(done.value, FittedModel):
        return done.value
    state.run.tell("refit", f"{member.learner.name} could not be refitted: {done.status}. {done.detail}")
    return None


def _cut_short(state: State, member: Candidate, fitted: FittedModel) -> bool:
    """Whether a refit ran out of time long before its last round; says so."""
    usual, rounds = member.usual_rounds(state.problem), fitted.member.rounds
    if usual is None or rounds is None or rounds >= WHOLE * usual:
        return False
    text = f"{member.learner.name} had no time for more than {rounds} of {usual} rounds: the others go without it"
    state.run.tell("refit", text)
    return True


def _job(state: State, number: int, member: Candidate, fit: int) -> Job:
    """The refit of a member, for as many rounds as its large folds kept on average.

    A booster that runs late stops at the rounds it has: a little less of a good model is better than a baseline. If it
    lacks most of them, it is only taken where nothing else is there.
    """
    limit = max(1.0, state.run.deadline.left() if state.counted else _left(state))
    until = math.inf if state.counted else time.monotonic() + TRAINING * limit
    usual = member.usual_rounds(state.problem)
    rounds = {} if usual is None else {"rounds": usual}
    request = FitRequest(
        matrix=state.matrices.matrix(final(state)),
        learner=member.learner.name,
        params={**member.params, **rounds},
        task=state.problem.task,
        seed=state.run.seed + SEEDS * fit,
        seconds=limit,
        until=Moment(until),
        parity=state.matrices.parity(final(state)),
        package=state.run.learners,
    )
    return Job(
        id=number,
        function="automl.search.worker.fold_fit:refit",
        arguments={"request": request},
        seconds=limit + (0.0 if state.counted else LATE),
        memory=memory(state.run),
    )
