"""Repair: where the best model breaks a limit, lighter ones are made and measured until one keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from automl.bundle.write import discard, stage
from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.verdict.quick_saving import quick_saving
from automl.errors import BundleError, LimitRefusal
from automl.gates.base import GateVerdict, Measured
from automl.gates.measure import observe, verdicts
from automl.pipeline.choose import ChosenModel
from automl.pipeline.pack import pack
from automl.search.distill.lighter_models import LighterModel, LighterModels
from automl.search.distill.limit_use import ESTIMATE, MeasuredOutcome
from automl.search.leaderboard import Outcome
from automl.search.run import Run
from automl.spec.limits import Limits

AS_GOOD = 0.005  # of the loss: a model that keeps its limits and is this near to the best needs no other
CLOSE = 0.9  # of a limit: beyond, it is measured again, and both must keep it
HOPELESS = 1.25  # of a limit, expected after what was measured: such a model is not tried
ROW_SECONDS = 2.0  # of single rows for each model
NEAR = 0.85  # of its tightest limit: what takes more leaves little room for a better model
ROUNDS = 4  # of lighter models, however much time there is
ROUND = 0.6  # of the time that is left, for one round of lighter models: what was measured then shows better ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A model that was measured: its `loss` on out-of-fold rows, what its decisions would save there per 1,000 rows.

    `pressure` is what it takes of its tightest limit: above 1 it breaks it. `saving` is None without costs.
    """

    name: str
    outcome: Outcome
    loss: float
    saving: float | None
    pressure: float
    gates: tuple[GateVerdict, ...]

    @property
    def ok(self) -> bool:
        """Whether it keeps all limits on serving."""
        return all(gate.ok for gate in self.gates)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinLimits:
    """A model that keeps the limits, what was measured of it, and every model that was tried."""

    choice: ChosenModel
    measured: Measured
    attempts: tuple[Attempt, ...]


class NothingFits(LimitRefusal):
    """No model keeps the limits; `attempts` are what was tried, `points` tell what would be had for more."""

    def __init__(self, what: str, *, attempts: tuple[Attempt, ...], points: tuple[str, ...]) -> None:
        self.attempts = attempts
        self.points = points
        super().__init__(what, hint="\n".join(["Relax the limit:", *points]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What models are made and measured with: `make` puts an outcome into a graph, `staged` is the folder for it."""

    run: Run
    data: Prepared
    policy: DecisionPolicy
    lighter: LighterModels
    staged: Path
    make: Callable[[Outcome], ChosenModel]


def keep_limits(outcome: Outcome, repair: Repair) -> WithinLimits:
    """The model of least out-of-fold loss that keeps the limits on serving, each measured on its own staged bundle.

    The test part is not looked at. Raises `NothingFits` where no model keeps them.
    """
    lighter, deadline = repair.lighter, repair.run.deadline
    left = deadline.left()
    first, kept = _attempt("the ensemble of the search", outcome, lighter.loss(outcome.oof), repair)
    good = first.loss <= lighter.best + AS_GOOD * abs(lighter.best)
    if kept and (good or repair.run.leaves_out("better models within the limits", "repair")):
        return kept
    took = left - deadline.left()
    _tell(repair, first, "a better model may keep the limits too" if kept else "lighter models are tried")
    attempts = [first]
    for _ in range(ROUNDS):
        if (seconds := lighter.seconds() - took) <= 0:
            break
        models = lighter.models([_measured(one) for one in attempts], seconds=ROUND * seconds)
        least = kept.attempts[-1].loss if kept else np.inf
        better = sorted((model for model in models if model.loss < least), key=lambda model: model.loss)
        tried, within = _first_within(better, repair, took=took, free=not kept and len(attempts) == 1)
        attempts += tried
        kept = within or kept
        if not tried or (within and within.attempts[-1].pressure > NEAR):
            break  # else what was measured shows what the next ones may weigh, lighter ones or heavier ones
    if kept:
        return replace(kept, attempts=tuple(attempts))
    discard(repair.staged)
    raise _refused(attempts, outcome, repair)


def _first_within(
    models: Sequence[LighterModel], repair: Repair, *, took: float, free: bool
) -> tuple[list[Attempt], WithinLimits | None]:
    """The first of the models that keeps the limits, and what was measured on the way.

    `took` are the seconds that a measurement takes; where nothing ships yet (`free`) one is made however late it is.
    """
    attempts: list[Attempt] = []
    factor = 1.0
    lightest = min(models, key=lambda model: model.limit_use, default=None)
    for model in models:
        late = repair.run.deadline.left() < 2 * took and not repair.run.counted
        late = late or repair.run.leaves_out("further models within the limits", "repair")
        if late and (attempts or not free):
            break
        if model.limit_use * factor > HOPELESS and not (free and model is lightest):
            continue
        try:
            tried, within = _attempt(model.name, model.outcome, model.loss, repair)
        except (LimitRefusal, BundleError) as refused:  # it cannot promise what is required, or is no sound graph
            repair.run.tell("repair", f"{model.name}: {refused.what}")
            continue
        attempts.append(tried)
        _tell(repair, tried, "it keeps them" if within else "the next one is tried")
        if within:
            return attempts, within
        factor = tried.pressure / max(model.limit_use, 1e-9)
    return attempts, None


def _attempt(name: str, outcome: Outcome, loss: float, repair: Repair) -> tuple[Attempt, WithinLimits | None]:
    """Measure a model on a bundle of its own, made without a look at the test part."""
    spec, data = repair.run.spec, repair.data
    choice = repair.make(outcome)
    stage(pack(spec, data, choice, None, created=datetime.now(UTC)), repair.staged)
    measured = observe(repair.staged, spec.limits, row_seconds=ROW_SECONDS)
    if CLOSE < _tightest(measured, spec.limits) <= 1.0:  # a quiet moment is no promise
        again = observe(repair.staged, spec.limits, row_seconds=ROW_SECONDS)
        measured = max(measured, again, key=lambda one: _tightest(one, spec.limits))
    attempt = Attempt(
        name=name,
        outcome=outcome,
        loss=loss,
        saving=quick_saving(outcome.oof, data.train, repair.policy),
        pressure=_tightest(measured, spec.limits),
        gates=_serving(measured, spec.limits),
    )
    within = WithinLimits(choice=choice, measured=measured, attempts=(attempt,))
    return attempt, within if attempt.ok else None


def _serving(measured: Measured, limits: Limits) -> tuple[GateVerdict, ...]:
    """The verdicts on limits that are set and hang on nothing but the model's weight."""
    only = Limits.model_construct(**{name: getattr(limits, name) for name in ESTIMATE})
    return tuple(gate for gate in verdicts(measured, only) if gate.limit is not None)


def _tightest(measured: Measured, limits: Limits) -> float:
    return max(map(_pressure, _serving(measured, limits)))


def _pressure(gate: GateVerdict) -> float:
    """What a figure takes of its limit."""
    limit = gate.limit or 0.0
    return limit / gate.measured if gate.gate == "throughput" else gate.measured / limit


def _measured(attempt: Attempt) -> MeasuredOutcome:
    return MeasuredOutcome(outcome=attempt.outcome, pressures={gate.gate: _pressure(gate) for gate in attempt.gates})


def _tell(repair: Repair, attempt: Attempt, then: str) -> None:
    figures = ", ".join(f"{gate.gate} {gate.measured:.3g} {gate.unit} of {gate.limit:g}" for gate in attempt.gates)
    left = repair.run.deadline.left()
    repair.run.tell("repair", f"{attempt.name}: {figures}; {then}", loss=attempt.loss, kept=attempt.ok, left=left)


# --- nothing fits -------------------------------------------------------------------------------------


def _refused(attempts: Sequence[Attempt], outcome: Outcome, repair: Repair) -> NothingFits:
    nearest = min(attempts, key=lambda one: one.pressure)
    broken = "; ".join(gate.reason for gate in nearest.gates if not gate.ok)
    count = f"the lightest of {len(attempts)} models that were measured: {nearest.name}"
    return NothingFits(
        f"{broken} ({count})", attempts=tuple(attempts), points=tuple(_points(attempts, outcome, repair))
    )


def _points(attempts: Sequence[Attempt], outcome: Outcome, repair: Repair) -> Iterator[str]:
    """What each looser limit would give, the nearest first: measured models, then the best model by its estimate."""
    pareto: list[Attempt] = []
    for one in sorted(attempts, key=lambda one: (one.pressure, one.loss)):
        if not pareto or one.loss < pareto[-1].loss:
            pareto.append(one)
    base = pareto[0]
    for one in pareto:
        at = " and ".join(f"{gate.gate} {gate.measured:.3g} {gate.unit}" for gate in one.gates if not gate.ok)
        yield f"at {at} {_worth(one.loss, one.saving, base, repair.policy)} ({one.name})"
    best = outcome.board.front[0] if outcome.board.front else None
    if best is not None and best.loss < pareto[-1].loss:
        saving = quick_saving(repair.lighter.teacher, repair.data.train, repair.policy)
        at = f"about latency_p99 {1e3 * best.latency_p99 * _slowness(attempts[0], outcome):.3g} ms and size "
        at += f"{best.size / 1e6:.3g} MB"
        yield f"at {at} {_worth(best.loss, saving, base, repair.policy)} (the best ensemble, estimated)"


def _slowness(first: Attempt, outcome: Outcome) -> float:
    """How many times longer the search's ensemble took than was estimated; 1 where that was not measured."""
    estimate = next((point for point in outcome.board.front if point.weights == outcome.board.weights), None)
    measured = next((1e-3 * gate.measured for gate in first.gates if gate.gate == "latency_p99"), None)
    return measured / estimate.latency_p99 if estimate and measured else 1.0


def _worth(loss: float, saving: float | None, base: Attempt, policy: DecisionPolicy) -> str:
    if saving is not None and base.saving is not None:
        unit = f" {policy.currency}" if policy.currency else ""
        if loss == base.loss:
            return f"you would save {saving:,.4g}{unit} a 1,000 rows"
        return f"you would save {saving - base.saving:,.4g}{unit} more a 1,000 rows"
    return f"the out-of-fold loss would be {loss:.4g}" + (f" instead of {base.loss:.4g}" if loss != base.loss else "")
