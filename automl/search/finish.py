"""The end of a search: choose the ensemble, refit its members on all train rows, hand over the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from automl.errors import AutomlError
from automl.learners.constant import NAME as CONSTANT
from automl.search.ahead import looked_ahead
from automl.search.all_rows.learn import learn_from_all
from automl.search.candidate import Candidate
from automl.search.distill.lighter_models import LighterModels
from automl.search.distill.limit_use import ESTIMATE
from automl.search.ensemble import membership
from automl.search.ensemble.pareto import front, record
from automl.search.leaderboard import Leaderboard, Outcome, Point, mixed
from automl.search.problem import Matrices, Problem
from automl.search.refit import final, refit, time_to_refit
from automl.search.schedule import repeated_cv
from automl.search.schedule.estimates import seconds_after, seconds_reserved, twin_seconds
from automl.search.state import State
from automl.search.worker.fold_fit import FittedModel

UNDECIDED = frozenset({"ok", "stopped", "timeout"})  # of a trial that says nothing against its learner


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What the search has chosen, and what makes `lighter` models of it: None where serving is not limited.

    `problem` is what was learned in the end: with the joint steps that the search over features has kept; `matrices`
    are those of its folds. `after` and `twin` are the seconds that the way from a model to its bundle takes, and a twin
    of the members on all rows.
    """

    problem: Problem
    matrices: Matrices
    outcome: Outcome
    lighter: LighterModels | None
    after: float = 0.0
    twin: float = 0.0


def finish(state: State) -> SearchResult:
    """Choose, refit and weigh; raises `AutomlError` if no candidate was predicted on every fold (R11)."""
    repeats = repeated_cv.complete(state)
    whole = _standing(state, repeats)
    pool = membership.pool(state, whole, repeats=repeats)
    weights = membership.weights(state, pool, in_time=_in_time(state, whole))
    state.chosen = tuple(weights)
    free = _unlimited(state)
    points = front(free, pool, weights)
    state.run.folder.append(record(points, weights))
    outcome = learn_from_all(state, _outcome(state, weights, points))
    result = SearchResult(
        problem=state.problem,
        matrices=state.matrices,
        outcome=outcome,
        lighter=None,
        after=seconds_after(state),
        twin=twin_seconds(state),
    )
    if free is state:
        return result
    best = membership.weights(free, pool)
    teacher = mixed(best.values(), membership.out_of_fold(state.run.folder, best))
    lighter = LighterModels(state=state, teacher=teacher, final=final(state))
    return replace(result, lighter=lighter)


def _standing(state: State, repeats: int) -> list[Candidate]:
    """Who may be chosen: of a holdout what it has fitted, where there is no time to refit the others."""
    whole = list(state.finalists) if repeats > 1 else state.ready
    if not whole:
        why = next((f"{one.learner.name}: {one.detail}" for one in state.candidates if one.detail), None)
        raise AutomlError("no learner could be fitted, not even the constant", hint=why)
    if state.fidelity.folds == 1 and not time_to_refit(state, whole):
        return [candidate for candidate in whole if candidate.fitted is not None] or whole
    return whole


def _in_time(state: State, candidates: Sequence[Candidate]) -> membership.InTime | None:
    """Whether refits end in time. AfterSearch a holdout they need not; and one model is refitted in any case."""
    if final(state) == 0:
        return None
    if any(time_to_refit(state, [one]) for one in candidates if not one.learner.baseline):
        return lambda members: time_to_refit(state, members)
    return lambda members: len(members) == 1


def _unlimited(state: State) -> State:
    """The search as if serving might cost what it likes; itself where it may."""
    spec = state.run.spec
    if not any(getattr(spec.limits, name) for name in ESTIMATE):
        return state
    free = spec.limits.model_copy(update=dict.fromkeys(ESTIMATE))
    return replace(state, run=replace(state.run, spec=spec.model_copy(update={"limits": free})))


def _outcome(state: State, weights: Mapping[Candidate, float], points: tuple[Point, ...]) -> Outcome:
    """The ensemble of those members that could be refitted."""
    fitted = refit(state, weights)
    ready = {member: weight for member, weight in weights.items() if member.id in fitted} or _fallback(state, fitted)
    total = sum(ready.values())
    shares = {member: weight / total for member, weight in ready.items()}
    return Outcome(
        board=Leaderboard(
            trials=state.trials,
            weights=tuple((member.id, weight) for member, weight in shares.items()),
            front=points,
        ),
        plan=state.matrices.plan(final(state)),
        members=tuple(fitted[member.id].member for member in shares),
        weights=tuple(shares.values()),
        oofs=membership.out_of_fold(state.run.folder, shares),
        ahead=looked_ahead(state.problem, state.run.folder, list(shares), state.fidelity.folds),
        parity_rows=state.problem.parity_rows,
        native=tuple(fitted[member.id].native for member in shares),
        stopped=state.stopped or state.enough,
        untried=_untried(state, weights, shares),
    )


def _untried(state: State, chosen: Iterable[Candidate], shipped: Iterable[Candidate]) -> str | None:
    """Why a constant ships, where that is for want of time alone: nothing else was tried, or could be refitted."""
    if state.run.stop.asked() or any(one.learner.name != CONSTANT for one in shipped):
        return None
    known = {learner.name for learner in state.proposals.learners} - {CONSTANT}
    tried = {one.learner.name for one in state.candidates if one.losses} - {CONSTANT}
    failed = {one.learner.name for one in state.candidates if one.status not in UNDECIDED}
    if not tried and known - failed:
        return "the time ended before anything but the constant was tried"
    late = not state.counted and state.run.deadline.left() <= seconds_reserved(state)
    if late and any(one.learner.name != CONSTANT for one in chosen):
        return "the time ended before anything but the constant was fitted on all rows"
    return None


def _fallback(state: State, fitted: Mapping[int, FittedModel]) -> dict[Candidate, float]:
    """The best candidate that there is a model of."""
    ready = [candidate for candidate in state.whole if candidate.id in fitted]
    if not ready:
        raise AutomlError("no member could be refitted", hint="give more time or more memory in [budget]")
    return {min(ready, key=lambda one: (one.first, one.id)): 1.0}
