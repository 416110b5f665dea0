"""How the search tells of its trials: one sentence for people, the same as facts for machines."""

from __future__ import annotations

from automl.search.leaderboard import Trial
from automl.search.problem import Problem
from automl.search.schedule.estimates import seconds_left
from automl.search.state import State

EARLY = 0.03  # of the budget: an end that is earlier is told


def tell(state: State, trial: Trial) -> None:
    """Tell the listener of a trial that has ended."""
    problem, trials = state.problem, state.trials
    facts: dict[str, object] = {"trials": len(trials), "learner": trial.learner, "left": state.run.deadline.left()}
    scores = [one.score for one in trials if one.oof is not None and one.score is not None]
    if trial.score is not None:
        facts["score"] = trial.score
    if scores:
        facts["best"] = max(scores) if problem.metric.greater_is_better else min(scores)
        if trial.oof is not None and trial.score == facts["best"]:
            facts["oof"] = trial.oof
    state.run.tell("search", _sentence(trial, problem), **facts)


def tell_the_end(state: State, *, improving: bool) -> None:
    """Say why a search ends before its time."""
    left = seconds_left(state)
    if not state.counted and left > EARLY * state.run.deadline.seconds:
        why = "nothing else fits into the time" if improving else "no gain for a while"
        text = f"{why}: the search ends {left:.0f} s early"
        state.run.tell("search", text, left=state.run.deadline.left())


def _sentence(trial: Trial, problem: Problem) -> str:
    if trial.status == "stopped":
        return f"{trial.learner} was stopped: {trial.detail}"
    if trial.status != "ok":
        return f"{trial.learner} failed: {trial.status}. {trial.detail}"
    name = problem.metric.name.replace("_", " ")
    shown = f"{name} {trial.score:.5g}" if trial.score is not None else f"loss {trial.loss:.5g}"
    part = "" if trial.oof is not None else ", not on all folds"
    rows = "" if trial.rows == len(problem.folds[0].fit) else f", from {trial.rows:,} rows"
    return f"{trial.learner}: {shown}{rows}{part}"
