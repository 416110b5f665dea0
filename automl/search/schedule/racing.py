"""Racing on first folds: who is tried, who goes on to further folds, and whose turn is next."""

from __future__ import annotations

import math

from automl.metrics.base import score
from automl.search.candidate import Candidate, first_prediction
from automl.search.proposals import enough
from automl.search.schedule import successive_halving
from automl.search.schedule.estimates import haste, most, rest, seconds_left
from automl.search.state import State

MARGIN = 0.01  # of what the best gains over the worst (and more for few rows): further behind, one fold is enough
MIXES = (0.25, 0.5)  # shares of a candidate beside the best one
SHORT = 5.0  # seconds of search in which the first learner must hurry to stand at all
CHEAP = 0.02  # of the time left: further folds that take less tell more than they cost, however the first one was
BEHIND = "dropped: its first fold is behind the best"
CAUTION = 1.2  # further folds take longer than the first one says, by this factor


def next_fold(state: State) -> tuple[Candidate, int] | None:
    """A further fold of a candidate whose first fold was good: of baselines first, then of what ends soonest."""
    waiting = [
        one
        for one in state.candidates
        if not one.ended and (one.learner.baseline or 0 in one.losses) and len(one.asked) < state.fidelity.folds
    ]
    if not waiting:
        return None
    if state.counted:
        candidate = waiting[0]
    else:
        candidate = min(waiting, key=lambda one: (not one.learner.baseline, rest(state, one), one.id))
    return candidate, min(set(range(state.fidelity.folds)) - candidate.asked)


def abandon(state: State) -> list[Candidate]:
    """Candidates whose other folds would not end in time, or whose first one a later candidate has left behind.

    Their time goes to what fits. Who can still get most of its folds in time goes on until it has them. The furthest
    one stays as long as nothing but baselines stands.
    """
    if state.counted:
        return []
    flying = {candidate.id for candidate, _ in state.flying.values()}
    some = [one for one in state.candidates if not one.ended and not one.learner.baseline and one.losses]
    waiting = [one for one in some if one.id not in flying and len(one.asked) < state.fidelity.folds]
    if not any(not one.learner.baseline for one in state.whole):
        furthest = min(some, key=lambda one: (_folds_left(state, one), one.first, one.id), default=None)
        waiting = [one for one in waiting if one is not furthest]
    beaten = [one for one in waiting if _beaten(state, one)]
    late = [one for one in waiting if _late(state, one, state.fidelity.folds) and not _may_count(state, one)]
    for candidate in late:
        candidate.detail = (
            f"ended after {len(candidate.losses)} of {state.fidelity.folds} folds: no time for the others"
        )
    for candidate in beaten:
        candidate.detail = BEHIND
    return [one for one in waiting if one in beaten or one in late]


def _beaten(state: State, candidate: Candidate) -> bool:
    """Whether a candidate that went on is behind by now, and its other folds do cost something."""
    return _behind(state, candidate) and not _cheap(state, candidate)


def _cheap(state: State, candidate: Candidate) -> bool:
    return rest(state, candidate) / state.workers <= CHEAP * seconds_left(state)


def _firsts(state: State) -> list[float]:
    """The losses on first folds that compare: of fits on all rows."""
    return [one.first for one in state.candidates if 0 in one.losses and not successive_halving.on_rung(state, one)]


def _behind(state: State, candidate: Candidate) -> bool:
    """Whether the first fold of a candidate is behind the best one, and would not make it better either."""
    firsts = _firsts(state)
    best, room = min(firsts), max(firsts) - min(firsts)
    margin = MARGIN + max(1, len(state.problem.folds[0].valid)) ** -0.5
    return candidate.first > best + margin * room and candidate.mixed > best - MARGIN * room


def mix(state: State, candidate: Candidate) -> float:
    """The loss on the first fold of the best other candidate with some of this one mixed in; infinite without one.

    Models that err on other rows are worth more together than their own losses say. Of who is on a rung it is not
    asked: its first fold is all that it gets.
    """
    if successive_halving.on_rung(state, candidate):
        return math.inf
    others = [one for one in state.candidates if one is not candidate and not successive_halving.on_rung(state, one)]
    best = min(others, key=lambda one: (one.first, one.id), default=None)
    leading = None if best is None else first_prediction(best, state.problem, state.run.folder)
    own = first_prediction(candidate, state.problem, state.run.folder)
    if leading is None or own is None:
        return math.inf
    rows, weight = state.problem.folds[0].valid, state.problem.rows.weight
    y, weight = state.problem.rows.y[rows], None if weight is None else weight[rows]
    return min(score(state.problem.loss, y, leading + share * (own - leading), weight) for share in MIXES)


def _late(state: State, candidate: Candidate, folds: int) -> bool:
    """Whether so many folds of a candidate would end too late."""
    more = folds - len(candidate.losses)
    return candidate.seconds_a_fold() * more / min(state.workers, more) > _seconds(state)


def _may_count(state: State, candidate: Candidate) -> bool:
    """Whether a candidate lacks most of its folds, and can get them in time."""
    return len(candidate.losses) < most(state) and not _late(state, candidate, most(state))


def _folds_left(state: State, candidate: Candidate) -> int:
    return state.fidelity.folds - len(candidate.losses)


def _seconds(state: State) -> float:
    return max(seconds_left(state), 1e-9)


def next_climb(state: State) -> tuple[Candidate, int] | None:
    """The only fold of a candidate that climbs to the next rung of rows, if one may."""
    candidate = None if state.finalists else successive_halving.next_climb(state)
    if candidate is None:
        return None
    state.number += 1
    state.candidates.append(candidate)
    return candidate, 0


def next_candidate(state: State) -> tuple[Candidate, int] | None:
    """The first fold of a new candidate, if there is one and time for it."""
    tried = [one for one in state.candidates if not one.learner.baseline and one.origin is None]
    if state.finalists or (state.counted and len(tried) >= (state.run.spec.budget.trials or 0)) or exhausted(state):
        return None
    if not tried and (state.rungs or _short(state)) and (candidate := successive_halving.anchor(state)):
        return _start(state, candidate)
    following = state.proposals.next(state.starters, lambda learner: haste(state, learner))
    if following is not None:
        learner, params, proposed = following
        sample = None if learner.baseline else state.lowest
        return _start(
            state, Candidate(id=state.number, learner=learner, params=params, proposed=proposed, sample=sample)
        )
    candidate = None if tried or state.counted else successive_halving.anchor(state)
    return _start(state, candidate) if candidate else None


def _short(state: State) -> bool:
    return not state.counted and seconds_left(state) < SHORT


def _start(state: State, candidate: Candidate) -> tuple[Candidate, int]:
    state.number += 1
    state.candidates.append(candidate)
    state.proposals.note(candidate)
    return candidate, 0


def exhausted(state: State) -> bool:
    """Whether so many trials have brought no gain that more would only fit the folds."""
    firsts = [one.first for one in state.starters if one.ended and not one.learner.baseline]
    without_gain = len(firsts) - firsts.index(min(firsts)) - 1 if firsts else 0
    return without_gain >= enough(state.problem.rows.n)


def goes_on(state: State, candidate: Candidate) -> bool:
    """A candidate goes on to further folds if its first one is near the best and there is time for them.

    Where they cost next to nothing it always does: the first fold of few rows tells little, and whom it puts behind may
    still help the ensemble.
    """
    if candidate.learner.baseline:
        return True
    if successive_halving.on_rung(state, candidate):
        return False
    if not state.counted and _cheap(state, candidate):
        return True
    if _behind(state, candidate):
        candidate.detail = BEHIND
        return False
    if not state.counted and _no_time(state, candidate):
        candidate.detail = "dropped: no time for further folds"
        return False
    return True


def folds_in_time(state: State, candidate: Candidate) -> int:
    """How many folds there is time for: where the best so far cannot get most of them, all have as many as it can.

    `candidate` has its first fold. A clear winner on one fold is worth more than a loser on five.
    """
    folds = state.fidelity.folds
    if state.counted or successive_halving.on_rung(state, candidate) or not _no_time(state, candidate):
        return folds
    if candidate.first > min(_firsts(state)):
        return folds
    more = int(max(0.0, seconds_left(state)) / max(CAUTION * candidate.seconds_a_fold(), 1e-9)) * state.workers
    return min(folds, 1 + more)


def _no_time(state: State, candidate: Candidate) -> bool:
    """Whether most folds of a candidate would end too late, beside those of who is not behind."""
    return CAUTION * (_backlog(state) - _spared(state, candidate)) >= seconds_left(state)


def _backlog(state: State) -> float:
    """Seconds until the further folds of those under way are done that no other one has left behind."""
    ahead = (one for one in state.candidates if not one.ended and one.losses and not _behind(state, one))
    return sum(rest(state, one) for one in ahead) / state.workers


def _spared(state: State, candidate: Candidate) -> float:
    """Seconds that are spared if a candidate gets most of its folds only, with which it counts."""
    return candidate.seconds_a_fold() * (state.fidelity.folds - most(state)) / state.workers
