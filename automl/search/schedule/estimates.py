"""How long things will take, from how long their like has taken: nothing is begun that cannot end in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median_low

import numpy as np

from automl.data.rows import UnreadRows
from automl.learners.base import Learner
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import fit_estimate
from automl.search.cost.more_rounds import MORE_ROUNDS, most_rounds, rounds_borne, rounds_run
from automl.search.cost.reserve import crowding, reserve_seconds
from automl.search.problem import Problem
from automl.search.state import State
from automl.search.worker.model_size import NOTHING
from automl.spec.model import Spec

REFIT = 0.9  # of a fold's time, row for row: a refit has no validation rows and does not wait for a gain
CHOOSING = 0.5  # seconds for the ensemble and the first refits to start
FEWEST_SECONDS = 2.0  # of search, once it has begun
MOST_TWIN = 0.3  # of the budget, what is set aside for a twin: what takes longer does not ship, and says so
MOST_ALL_ROWS = 0.6  # of the time from the first trial to what comes after: more rows gain more than further trials
FEWER = 0.5  # of the rounds that rows bear are enough to ask for more rows: these gain more (docs/decisions/0021)
THREADED = 1.25  # times its share of the work that each thread of a fit takes: they wait for each other
WORTH = 1.2  # times the rows of the sample that all rows must be: with fewer nothing is gained
READING = 2e-7  # seconds of a cell that is read again and binned, where nothing else runs
LOOK = 0.1  # of the new in the mean of how crowded the machine is
SLACK, GRACE = 0.05, 2.0  # of the budget, and seconds, that a run may be late: a little less than is promised


def note_crowding(state: State) -> None:
    """Take in how crowded the machine is now, unless no clock decides."""
    if not state.counted:
        state.crowded += LOOK * (crowding() - state.crowded)


def seconds_left(state: State) -> float:
    """Seconds of search: what is left beside the reserve and the refits, or till the moment that is granted anyway."""
    left = state.run.deadline.left() - seconds_reserved(state) - refit_seconds(state)
    return max(left, state.late - state.run.deadline.spent())


def granted(state: State) -> float:
    """The moment until which the first candidates may go on, though the reserve begins: the promise has some slack."""
    latest = state.run.deadline.seconds + slack(state) - seconds_reserved(state)
    enough = state.run.deadline.spent() + FEWEST_SECONDS * state.crowded
    return max(0.0, min(enough, latest))


def slack(state: State) -> float:
    """Seconds that a run may end late, where it would have nothing to show else."""
    return SLACK * state.run.deadline.seconds + GRACE


def seconds_reserved(state: State) -> float:
    """Seconds for what comes after the search, for a model like the best so far, and for its twin on all rows."""
    twin = min(MOST_TWIN * state.run.deadline.seconds, twin_seconds(state))
    return seconds_after(state) + twin + all_rows_seconds(state)


def all_rows_seconds(state: State) -> float:
    """What the members take on all rows, where memory holds a sample; nothing where that could not end in time.

    At the most `MOST_ALL_ROWS` of the time for search and for it: the sample's search comes to its end in any case.
    """
    unread = state.problem.unread
    if state.counted or not isinstance(unread, UnreadRows):
        return 0.0
    able = [one for one in state.chosen or _best(state) if one.learner.fit_binned is not None and one.losses]
    rate = sum(all_rows_rate(state, one, unread) for one in able) if able else usual_rate(state.problem, state.workers)
    room = state.run.deadline.seconds - state.begun - seconds_after(state)
    return all_rows_share(state.problem, state.run.spec, rate=rate, room=room, crowded=state.crowded)


def all_rows_share(problem: Problem, spec: Spec, *, rate: float, room: float, crowded: float) -> float:
    """The seconds of `room` that are left to all rows, of which each takes `rate` seconds to be learned from."""
    unread = problem.unread
    if not isinstance(unread, UnreadRows):
        return 0.0
    asked, sample = spec.data.rows, unread.share * unread.rows
    rows = unread.rows if isinstance(asked, str) else min(asked, unread.rows)
    read, most = reading_again(problem, unread, crowded=crowded), MOST_ALL_ROWS * room
    if rows < WORTH * sample or read + WORTH * sample * FEWER * rate > most:
        return 0.0
    return min(most, read + rows * rate)


def reading_again(problem: Problem, unread: UnreadRows, *, crowded: float) -> float:
    """Seconds to read all rows a second time and to write their bins."""
    return crowded * READING * len(problem.schema.features) * unread.rows


def usual_rate(problem: Problem, workers: int) -> float:
    """As `all_rows_rate`, before anything has been fitted."""
    return MORE_ROUNDS * usual_fit(problem) / len(problem.folds[0].fit) / workers


def all_rows_rate(state: State, candidate: Candidate, unread: UnreadRows) -> float:
    """Seconds for each of all rows that a member takes, on all threads, for the rounds that so many rows bear."""
    asked = state.run.spec.data.rows
    rows = unread.rows if isinstance(asked, str) else min(asked, unread.rows)
    rounds = min(borne(state, candidate, rows), most_borne(state, candidate))
    return seconds_a_round(state, candidate) * rounds


def borne(state: State, candidate: Candidate, rows: int) -> float:
    """The rounds that a member is likely to take on so many rows, at the learning rate that it has."""
    return rounds_borne(candidate.usual_rounds(state.problem) or 1, rows / learned(state, candidate))


def most_borne(state: State, candidate: Candidate) -> int:
    """The rounds that a member has on all rows at the most."""
    return most_rounds(candidate.usual_rounds(state.problem) or 1, tight=served_tightly(state))


def seconds_a_round(state: State, candidate: Candidate) -> float:
    """Seconds of a round for each row that a member learns from, on all threads, as its fits on the sample show."""
    rows = learned(state, candidate)
    ran = [rounds_run(kept, rows, candidate.params) for kept in candidate.rounds.values()]
    return THREADED * candidate.seconds_a_fold() / float(np.mean(ran or [1])) / rows / state.workers


def learned(state: State, candidate: Candidate) -> int:
    """The rows of a fit on the sample."""
    return candidate.sample or len(state.problem.folds[0].fit)


def served_tightly(state: State) -> bool:
    """Whether the spec limits what serving may cost."""
    limits = state.run.spec.limits
    return any((limits.latency_p50, limits.latency_p99, limits.size, limits.memory, limits.throughput))


def twin_seconds(state: State) -> float:
    """What the members take once more on train and test together, with the features of these rows."""
    members = state.chosen or _best(state)
    return twins(state) * (state.matrices.longest + makespan(members, state.problem, state.workers)) if members else 0.0


def twins(state: State) -> float:
    """How many times as long as a refit its twin takes, by its rows; 0 where none is made."""
    return 1.0 + state.problem.judged / state.problem.rows.n if state.after.twin else 0.0


def seconds_after(state: State, *, times: float = 1.0) -> float:
    """Seconds from the model to the bundle; of one that is so many `times` as large."""
    members = state.chosen or [one for one in _best(state) if not one.learner.baseline]
    size = sum((member.model_size for member in members), NOTHING) * times if members else state.after.guess()
    after = replace(state.after, calibrated=state.problem.predicted(state.fidelity.folds))
    return reserve_seconds(state.run.deadline.seconds, after, size, crowded=state.crowded)


def refit_seconds(state: State) -> float:
    """What refitting the members is likely to take, from the best candidates so far.

    With a holdout the fitted models may ship as they are, so a part of the time is all that is set aside, and no more
    of that than the refits take that end within it.
    """
    full = [one for one in _best(state) if one.sample is None]
    if state.fidelity.folds == 1 and state.rungs and all(one.learner.baseline for one in full):
        return CHOOSING + state.fidelity.refit_seconds  # what climbs will need it: fits under way must know their end
    if state.fidelity.folds > 1:
        return CHOOSING + makespan(full, state.problem, state.workers)
    return CHOOSING + makespan(within(state, full, state.fidelity.refit_seconds), state.problem, state.workers)


def _best(state: State) -> Sequence[Candidate]:
    """The ensemble as it would be now; as long as only baselines stand, the best under way."""
    if any(not one.learner.baseline for one in state.likely):
        return state.likely
    standing = [one for one in state.candidates if one.losses and (one.whole or not one.ended)]
    return sorted(standing, key=lambda one: (one.first, one.id))[: state.run.spec.recipe.members]


def makespan(members: Sequence[Candidate], problem: Problem, workers: int) -> float:
    """Seconds until the refits of `members` end, the longest started first."""
    more = problem.rows.n / float(np.mean([len(fold.fit) for fold in problem.folds]))
    ends = [0.0] * workers
    for seconds in sorted((member.seconds_a_fold() * more * REFIT for member in members), reverse=True):
        ends[ends.index(min(ends))] += seconds
    return max(ends)


def within(state: State, members: Sequence[Candidate], seconds: float) -> list[Candidate]:
    """Those of `members` whose refits end together in so many seconds; the first ones count most."""
    chosen: list[Candidate] = []
    for member in members:
        if makespan([*chosen, member], state.problem, state.workers) <= seconds:
            chosen.append(member)
    return chosen


def haste(state: State, learner: Learner) -> float:
    """How many times too long one more candidate of `learner` is likely to take."""
    if state.counted:
        return 1.0
    seconds = expected(state, learner, state.lowest)
    if state.rungs:
        seconds += expected(state, learner, state.rungs[-1])  # tried on few rows, it should have time to climb
    else:
        seconds *= max(1.0, state.fidelity.folds / state.workers)
    return (seconds + backlog(state)) / max(seconds_left(state), 1e-9)


def expected(state: State, learner: Learner, sample: int | None) -> float:
    """Seconds that a fit of `learner` on so many rows (None: all) is likely to take."""
    every = len(state.problem.folds[0].fit)
    took = [one for one in state.candidates if one.learner is learner and one.losses]
    same = [one for one in took if one.sample == sample] or took
    if not same:
        return scaled(_usual(state) * learner.cost, every, sample or every)
    return median_low(scaled(one.seconds_a_fold(), one.sample or every, sample or every) for one in same)


def _usual(state: State) -> float:
    """Seconds of a fit on all rows of a fold by a learner whose cost is 1: as others show, else by counted work."""
    every = len(state.problem.folds[0].fit)
    shown = [
        scaled(candidate.seconds_a_fold(), candidate.sample or every, every) / candidate.learner.cost
        for candidate in state.candidates
        if candidate.losses and not candidate.learner.baseline
    ]
    return median_low(shown) if shown else usual_fit(state.problem) / 2


def share_of_time(state: State, fits: int, seconds: float) -> float:
    """How much of the time left so many fits of so many seconds would take on all workers: 1 is all of it."""
    return fits * seconds / (state.workers * max(seconds_left(state), 1e-9))


def scaled(seconds: float, rows: int, to: int) -> float:
    """What a fit that took `seconds` on `rows` is likely to take on `to` of them."""
    return seconds * to / rows


def backlog(state: State) -> float:
    """Seconds until the further folds of the candidates under way are done."""
    return sum(rest(state, one) for one in state.candidates if not one.ended) / state.workers


def most(state: State) -> int:
    """The folds with which a candidate counts, where there is no time for all."""
    return state.fidelity.folds // 2 + 1


def rest(state: State, candidate: Candidate) -> float:
    """Seconds of work on one worker in the further folds of a candidate."""
    left = max(0, state.fidelity.folds - len(candidate.losses))
    return candidate.seconds_a_fold() * left if candidate.losses else 0.0


def usual_fit(problem: Problem) -> float:
    """Seconds that a default booster takes on a fold, before any has been fitted."""
    return fit_estimate(len(problem.folds[0].fit), max(1, len(problem.schema.features)), problem.task)


def work(problem: Problem, candidate: Candidate) -> float:
    """What a trial took in counted work, which is the same on every machine."""
    cells = len(problem.folds[0].fit) * len(problem.schema.features)
    return cells * max(1, sum(candidate.rounds.values())) * candidate.learner.cost
