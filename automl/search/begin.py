"""How a search begins: what it may use, how much fits into its time, and what an earlier run has found already."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from automl.engines.base import chosen
from automl.learners.base import Learner
from automl.learners.portfolio import order
from automl.registry import Registry
from automl.search import candidate as candidates
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import PREPARE, Fidelity, choose_fidelity
from automl.search.cost.reserve import AfterSearch, crowding, repair_seconds, report_seconds, reserve_seconds
from automl.search.cost.serving import reading
from automl.search.ensemble import membership
from automl.search.leaderboard import Trial
from automl.search.monotone import able
from automl.search.problem import Matrices, Problem
from automl.search.proposals import Proposals, usable
from automl.search.run import Run
from automl.search.rundir import TORN
from automl.search.schedule import successive_halving
from automl.search.schedule.estimates import all_rows_share, usual_fit, usual_rate, work
from automl.search.state import State

FEW_CODED = 4  # configurations that come before learners for categories where most columns are no categories
CURVES = 6  # calibrations where decisions are looked at out of fold: all rows, and without each of five parts


def begin(problem: Problem, run: Run) -> State:
    """The search before its first candidate."""
    after = _after(problem, run)
    crowded = 1.0 if run.counted else crowding()
    first, rungs = _fidelity(problem, run, after, crowded)
    proposals, aside = _proposals(problem, run, first)
    return State(
        problem=problem,
        run=run,
        matrices=Matrices(problem=problem, rundir=run.folder, clock=run.deadline.clock),
        proposals=proposals,
        after=after,
        aside=aside,
        rungs=rungs,
        crowded=crowded,
        begun=run.deadline.spent(),
        fidelity=first,
        settled=run.counted or first.folds == 1,
    )


def resume(state: State) -> None:
    """Take over what the journal of an earlier run in this folder holds, and say what of it was lost."""
    _tell_damage(state.run)
    known = {learner.name: learner for learner in state.proposals.learners}
    lines: list[Any] = list(state.run.folder.records)
    restored = {line["id"]: candidates.restore(line, known) for line in lines if line.get("kind") == "trial"}
    for line in lines:
        candidate = restored.get(line.get("id"))
        if candidate is not None and line["kind"] == "repeat" and line["repeats"] == candidate.repeats + 1:
            candidates.restore_repeat(candidate, line)
    for candidate in filter(None, restored.values()):
        state.candidates.append(candidate)
        state.ended.append(candidate)
        if candidate.origin is None:
            state.proposals.note(candidate)
    state.number = 1 + max(restored, default=-1)
    state.likely = membership.likely(state)
    state.run.stop.stands = bool(state.whole)


def _tell_damage(run: Run) -> None:
    folder = run.folder
    if folder.quarantined:
        run.tell("search", f"{folder.quarantined:,} bytes of the journal were torn; they are in {TORN}")
    if folder.damaged:
        run.tell("search", f"{folder.damaged} results of the earlier run are damaged on the disk, and are dropped")


def _after(problem: Problem, run: Run) -> AfterSearch:
    """What is done after the search, as far as it is known before."""
    objective, seconds = run.spec.objective, run.deadline.seconds
    after = AfterSearch(
        calibrated=problem.predicted(len(problem.folds)),
        judged=problem.judged,
        columns=len(problem.schema.features),
        reading=reading(problem.schema.features, len(problem.asks)),
        width=problem.task.width,
        ranked=problem.task.kind == "binary",
        twin=problem.rows.n if run.spec.data.final == "all" else 0,
        threads=min(run.workers, os.cpu_count() or 1),
        curves=CURVES if objective.costs or objective.require else 1,
    )
    repairs, report = repair_seconds(seconds, after, run.spec.limits), report_seconds(seconds, run.spec.report)
    return replace(after, repairs=repairs, report=report)


def _fidelity(problem: Problem, run: Run, after: AfterSearch, crowded: float) -> tuple[Fidelity, tuple[int, ...]]:
    """Folds and limits of each fit by a guess of what one takes, and the rungs of fewer rows.

    With time for all folds there is time to try everything on all rows; without it one fold of so many rows judges
    well enough, and the time for a second one finds another member.
    """
    reserved = reserve_seconds(run.deadline.seconds, after, after.guess(), crowded=crowded)
    left = (run.deadline.seconds - PREPARE if run.counted else run.deadline.left()) - reserved
    rate = usual_rate(problem, run.workers)
    set_aside = 0.0 if run.counted else all_rows_share(problem, run.spec, rate=rate, room=left, crowded=crowded)
    first = choose_fidelity(
        usual_fit(problem),
        folds=len(problem.folds),
        seconds=left - set_aside,
        workers=run.workers,
        least=problem.least_folds,
        by_time=problem.rows.by_time,
    )
    whole = first.folds == len(problem.folds)
    rungs = successive_halving.rungs(len(problem.folds[0].fit)) if run.counted or not whole else ()
    if rungs:
        first = replace(first, rate=1.0, folds=first.folds if whole else 1)
    return first, rungs


def _proposals(problem: Problem, run: Run, first: Fidelity) -> tuple[Proposals, tuple[Trial, ...]]:
    """What will be tried, and the learners that are left out, each with its reason."""

    def cost(candidate: Candidate) -> float:
        return work(problem, candidate) if run.counted else candidate.seconds

    rows = len(problem.folds[0].fit)
    coded = [column.has_levels for column in problem.schema.features]
    texts = any(column.is_text for column in problem.schema.features)
    everyone = Registry(run.learners, Learner, "learner").all
    known = usable(everyone, run.spec.recipe.learners, problem.task, categories=any(coded), texts=texts)
    learners, aside = able(known, problem.directions)
    for left_out in aside:
        run.tell("search", f"{left_out.learner} is left out: {left_out.detail}")
    proposals = Proposals(
        learners=learners,
        task=problem.task,
        rows=rows,
        fidelity=first,
        engine=lambda: chosen(run.spec.recipe.engine),
        seed=run.seed,
        cost=cost,
        tell=lambda text: run.tell("search", text),
        order=order(problem.task, rows),
        warm=run.warm,
        early=1 if 2 * sum(coded) >= len(coded) else FEW_CODED,
        only=run.only,
    )
    return proposals, aside
