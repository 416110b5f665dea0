"""The search: candidates through folds on all workers until the time is needed for what comes after."""

from __future__ import annotations

from automl.search.begin import begin, resume
from automl.search.collect import close, take
from automl.search.events import tell_the_end
from automl.search.feature_search.search import choose_features
from automl.search.feed import feed, plan_ahead
from automl.search.finish import SearchResult, finish
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.schedule import racing
from automl.search.schedule.estimates import note_crowding, seconds_left, seconds_reserved, slack
from automl.search.state import State

TICK = 0.1  # seconds to wait for the first baseline when the time has ended: without one there would be no bundle
MOMENT = 0.01  # seconds that are not worth waiting for


def search(problem: Problem, run: Run) -> SearchResult:
    """Try learners until only the reserve is left (`cost.reserve.reserve_seconds`), and refit the best ensemble.

    Baselines come first, so that a scored candidate always stands. With ``budget.trials`` (baselines are not
    counted) every choice follows counted work; the deadline can then only end it, and `Outcome.stopped` says so.
    A signal ends it too, with the best so far. Raises `AutomlError` if not even a baseline could be fitted, `Stopped`
    if a signal came before one was, or a second one after it.
    """
    state = begin(choose_features(problem, run), run)
    resume(state)
    _explore(state)
    run.executor.cancel()
    close(state)
    return finish(state)


def _explore(state: State) -> None:
    """Keep the workers fed and take in what they find, until nothing is worth trying or the time is needed."""
    news = True
    while True:
        if state.run.leaves_out("further trials", "search"):
            state.stopped = state.run.stop.name
            return
        if why := _enough(state):
            state.enough = why
            state.run.tell("search", f"{why}: the search ends", left=state.run.deadline.left())
            return
        if news or not state.counted:  # an engine that is asked twice proposes something else
            feed(state)
        plan_ahead(state)
        if not state.flying:
            tell_the_end(state, improving=not racing.exhausted(state))
            return
        left = seconds_left(state)
        if left < MOMENT and state.whole and not _hopes(state):
            if state.counted:
                state.stopped = "the time ended before the trials did: this run does not reproduce"
            return
        found = state.run.wait(min(max(left, TICK), 1.0))
        for done in found:
            take(state, done)
        news = bool(found)
        note_crowding(state)


def _enough(state: State) -> str | None:
    """Why the search has found enough, in the words of its patience; while only baselines stand it has not."""
    patience = state.run.patience
    if patience is None or all(one.learner.baseline for one in state.whole):
        return None
    return patience.worn_out(state.run.deadline.spent())


def _hopes(state: State) -> bool:
    """Whether a learner is under way while only baselines stand: it may take the time of refits, and the slack."""
    if state.counted or any(not one.learner.baseline for one in state.whole):
        return False
    under_way = any(not one.learner.baseline for one, _ in state.flying.values())
    late = state.run.deadline.spent() - state.run.deadline.seconds
    return under_way and late < slack(state) - seconds_reserved(state)
