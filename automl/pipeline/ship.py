"""The model that ships: what the search has chosen, or where serving is limited a lighter one that keeps the limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import LimitRefusal

if TYPE_CHECKING:
    from automl.data.rows import Prepared
    from automl.decide.policy.decision_policy import DecisionPolicy
    from automl.gates.base import Measured
    from automl.pipeline.choose import ChosenModel
    from automl.search.finish import SearchResult
    from automl.search.leaderboard import Outcome
    from automl.search.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """The shippable model, and what was measured of it where serving is limited."""

    choice: ChosenModel
    measured: Measured | None


def ship(run: Run, data: Prepared, result: SearchResult, policy: DecisionPolicy, place: Path) -> Shipped:
    """Raises `LimitRefusal`, with its story in the run folder, where no model keeps what is promised or limited."""
    from automl.bundle.write import staging
    from automl.pipeline.refuse import write_story
    from automl.pipeline.repair import NothingFits, Repair, keep_limits

    def make(outcome: Outcome) -> ChosenModel:
        return _choose(run, data, outcome, policy)

    if result.lighter is None:
        return Shipped(choice=make(result.outcome), measured=None)
    repair = Repair(run=run, data=data, policy=policy, lighter=result.lighter, staged=staging(place), make=make)
    try:
        kept = keep_limits(result.outcome, repair)
    except NothingFits as refused:
        nearest = min(refused.attempts, key=lambda one: one.pressure)
        write_story(run.folder.path, board=result.outcome.board, gates=nearest.gates, points=refused.points)
        raise
    return Shipped(choice=kept.choice, measured=kept.measured)


def _choose(run: Run, data: Prepared, outcome: Outcome, policy: DecisionPolicy) -> ChosenModel:
    from automl.pipeline.choose import choose
    from automl.pipeline.refuse import write_story

    run.tell("decide", "calibrating, and writing the model as one graph")
    try:
        choice = choose(outcome, data, policy, seed=run.seed)
    except LimitRefusal as refused:
        write_story(run.folder.path, board=outcome.board, unpromised=str(refused))
        raise
    for reason in choice.left_out:
        run.tell("decide", f"left out, as the graph would not answer as it does: {reason}")
    run.tell("decide", f"calibrated by {choice.calibration.method}; {choice.parity.reason}")
    for outcome_fit in choice.outcomes:
        run.tell("decide", str(outcome_fit))
    return choice
