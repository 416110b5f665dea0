"""The end of a search: choose the ensemble, refit its members on all train rows, hand over the outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from automl.errors import AutomlError
from automl.executors.base import Job
from automl.progress import Event
from automl.search.candidate import Candidate
from automl.search.distill.rungs import ESTIMATE, Workshop
from automl.search.ensemble import membership
from automl.search.ensemble.pareto import front, record
from automl.search.leaderboard import Board, Outcome, mixed
from automl.search.schedule import repeated_cv
from automl.search.schedule.estimates import makespan, reserve, within
from automl.search.schedule.jobs import memory
from automl.search.state import State
from automl.search.worker.averaging import average
from automl.search.worker.fold_fit import Fitted, Order
from automl.spec.limits import Limits

TRAINING = 0.8  # of the time for refits; exporting and parity take the rest
LATE = 2.0  # seconds that a refit may take of the reserve: without it its training would be in vain
BY_HAND = 20.0  # seconds for the refits of a search that was stopped by hand
MOST_FITS = 3  # of a member with other seeds, averaged: more of them gain little (docs/decisions/0006)
FEW_ROWS = 10_000  # with more the luck of a seed no longer counts
LIGHT = Limits.model_validate({"latency_p50": "0.4ms", "size": "6MB"})  # by the estimate
SPARE = 0.5  # of the time for refits that the further fits may take
SEEDS = 104_729  # between the seeds of fits
WHOLE = 0.5  # of its rounds, the least that a refit must have got to: with fewer it is not the model that was weighed


def finish(state: State) -> Outcome:
    """Choose, refit and weigh; raises `AutomlError` if no candidate was predicted on every fold (R11)."""
    repeats = repeated_cv.complete(state)
    whole = list(state.finalists) if repeats > 1 else state.ready
    if not whole:
        why = next((f"{found.learner.name}: {found.detail}" for found in state.found if found.detail), None)
        raise AutomlError("no learner could be fitted, not even the constant", hint=why)
    if state.pace.folds == 1 and not _time_to_refit(state, whole):
        whole = [found for found in whole if found.fitted is not None] or whole
    pool = membership.pool(state, whole, repeats=repeats)
    weights = membership.weights(state, pool, in_time=_in_time(state, whole))
    state.chosen = tuple(weights)
    free = _unlimited(state)
    points = front(free, pool, weights)
    state.rundir.append(record(points, weights))
    fitted = _refit(state, weights)
    kept = {found: weight for found, weight in weights.items() if found.id in fitted} or _fallback(state, fitted)
    total = sum(kept.values())
    shares = {found: weight / total for found, weight in kept.items()}
    return Outcome(
        board=Board(
            trials=state.trials,
            weights=tuple((found.id, weight) for found, weight in shares.items()),
            front=points,
        ),
        plan=state.matrices.plan(_final(state)),
        members=tuple(fitted[found.id].member for found in shares),
        weights=tuple(shares.values()),
        oofs=membership.out_of_fold(state.rundir, shares),
        parity_rows=state.problem.parity_rows,
        native=tuple(fitted[found.id].native for found in shares),
        stopped=state.stopped,
        signal=state.signal,
        lighter=None if free is state else _workshop(state, membership.weights(free, pool)),
    )


def _unlimited(state: State) -> State:
    """The search as if serving might cost what it likes; itself where it may."""
    limits = state.spec.limits
    if not any(getattr(limits, name) for name in ESTIMATE):
        return state
    free = limits.model_copy(update=dict.fromkeys(ESTIMATE))
    return replace(state, spec=state.spec.model_copy(update={"limits": free}))


def _workshop(state: State, best: Mapping[Candidate, float]) -> Workshop:
    """Where lighter models are made, should what was chosen break a limit or lose too much for keeping it."""
    teacher = mixed(best.values(), membership.out_of_fold(state.rundir, best))
    return Workshop(state=state, teacher=teacher, final=_final(state))


def _final(state: State) -> int | None:
    """The table whose plan ships: with a holdout its own, so that what was fitted may ship as it is."""
    return 0 if state.pace.folds == 1 else None


def _left(state: State) -> float:
    """Seconds for refits."""
    left = state.deadline.left() - reserve(state)
    return left if state.stopped is None else min(left, BY_HAND)


def _time_to_refit(state: State, members: Sequence[Candidate]) -> bool:
    return state.counted or makespan(members, state.problem, state.workers) <= _left(state)


def _in_time(state: State, candidates: Sequence[Candidate]) -> membership.Fits | None:
    """Whether refits end in time. After a holdout they need not; and one model is refitted in any case."""
    if _final(state) == 0:
        return None
    if any(_time_to_refit(state, [one]) for one in candidates if not one.learner.baseline):
        return lambda members: _time_to_refit(state, members)
    return lambda members: len(members) == 1


def _refit(state: State, weights: Mapping[Candidate, float]) -> dict[int, Fitted]:
    """Members fitted on all rows by candidate id, and the baselines for the case that nothing else is ready."""
    holdout = _final(state) == 0  # else a fold's model has another plan than the one that ships
    fitted = {found.id: found.fitted for found in state.found if holdout and found.fitted is not None}
    baselines = [found for found in state.whole if found.learner.baseline]
    fallback = sorted(baselines, key=lambda found: (found.first, found.id))[:1]
    whole_rows = [member for member in weights if member.sample is None]  # a sample's rounds are not for all rows
    members = list(dict.fromkeys([*fallback, *whole_rows]))
    if holdout and not state.counted:  # the others ship as they are
        members = within(state, members, _left(state))
    members += [member for member in whole_rows if member.id not in fitted and member not in members]
    for member in weights:
        if holdout and member not in members and member.sample is None:
            member.detail = f"ships as fitted on {len(state.problem.folds[0].fit):,} of {state.problem.rows.n:,} rows"
    if not members:
        return fitted
    names = ", ".join(f"{member.learner.name} {weights[member]:.0%}" for member in members if member in weights)
    text = f"refitting on all rows: {names or 'the fallback'}"
    state.listener(Event(stage="refit", text=text, facts={"left": state.deadline.left()}))
    orders = [*((member, 0) for member in members), *_further(state, members)]
    for number, (member, fit) in enumerate(orders):
        state.executor.submit(_job(state, number, member, fit))
    waiting, ready, short = set(range(len(orders))), dict[int, dict[int, Fitted]](), dict[int, Fitted]()
    while waiting and (_left(state) > -LATE or state.counted or not ready):
        for done in state.executor.wait(min(1.0, max(0.1, _left(state)))):
            waiting.discard(done.id)
            member, fit = orders[done.id]
            if done.status == "ok" and isinstance(done.value, Fitted):
                if _cut_short(state, member, done.value):
                    short[member.id] = done.value
                else:
                    ready.setdefault(member.id, {})[fit] = done.value
            else:
                text = f"{member.learner.name} could not be refitted: {done.status}. {done.detail}"
                state.listener(Event(stage="refit", text=text))
    state.executor.cancel()
    fitted |= {number: average([fits[fit] for fit in sorted(fits)]) for number, fits in ready.items()}
    return fitted if any(member.id in fitted for member in weights) else short | fitted


def _cut_short(state: State, member: Candidate, fitted: Fitted) -> bool:
    """Whether a refit ran out of time long before its last round; says so."""
    usual, rounds = member.usual_rounds(state.problem), fitted.member.rounds
    if usual is None or rounds is None or rounds >= WHOLE * usual:
        return False
    text = f"{member.learner.name} had no time for more than {rounds} of {usual} rounds: the others go without it"
    state.listener(Event(stage="refit", text=text))
    return True


def _further(state: State, members: Sequence[Candidate]) -> list[tuple[Candidate, int]]:
    """Further fits, with their numbers: with few rows some of each member, as far as recipe, limits and time allow.

    The bundle stays light: of a large forest the mean of several gains less than it costs to serve.
    """
    most = min(MOST_FITS, state.spec.recipe.members) if state.problem.rows.n <= FEW_ROWS else 1
    every, further = list(members), list[tuple[Candidate, int]]()
    for fit in range(1, most):
        for member in members:
            more = [*every, member]
            cost = membership.cost(state, more)
            light = cost.excess(state.spec.limits) <= 1.0 and cost.excess(LIGHT) <= 1.0
            in_time = state.counted or makespan(more, state.problem, state.workers) <= SPARE * _left(state)
            if light and in_time and not member.learner.baseline:
                every, further = more, [*further, (member, fit)]
    return further


def _job(state: State, number: int, member: Candidate, fit: int) -> Job:
    """The refit of a member, for as many rounds as its large folds kept on average.

    A booster that runs late stops at the rounds it has: a little less of a good model is better than a baseline. If it
    lacks most of them, it is only taken where nothing else is there.
    """
    limit = max(1.0, state.deadline.left() if state.counted else _left(state))
    until = math.inf if state.counted else time.monotonic() + TRAINING * limit
    usual = member.usual_rounds(state.problem)
    rounds = {} if usual is None else {"rounds": usual}
    order = Order(
        table=state.matrices.table(_final(state)),
        learner=member.learner.name,
        params={**member.params, **rounds},
        task=state.problem.task,
        seed=state.seed + SEEDS * fit,
        seconds=limit,
        until=until,
        parity=state.matrices.parity(_final(state)),
        package=state.package,
    )
    return Job(
        id=number,
        function="automl.search.worker.fold_fit:refit",
        arguments={"order": order},
        seconds=limit + (0.0 if state.counted else LATE),
        memory=memory(state),
    )


def _fallback(state: State, fitted: Mapping[int, Fitted]) -> dict[Candidate, float]:
    """The best candidate that there is a model of."""
    ready = [found for found in state.whole if found.id in fitted]
    if not ready:
        raise AutomlError("no member could be refitted", hint="give more time or more memory in [budget]")
    return {min(ready, key=lambda found: (found.first, found.id)): 1.0}
