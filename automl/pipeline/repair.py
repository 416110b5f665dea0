"""The repair ladder: where the best model breaks a limit, lighter ones are made and measured until one keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from automl.budget import Deadline
from automl.bundle.write import discard, stage
from automl.data.rows import Prepared
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.verdict.quick_saving import quick_saving
from automl.errors import BundleError, LimitRefusal
from automl.gates.base import GateVerdict, Measured
from automl.gates.measure import observe, verdicts
from automl.pipeline.choose import Choice
from automl.pipeline.judge import Judgement
from automl.pipeline.pack import pack
from automl.progress import Event, Listener
from automl.search.leaderboard import Outcome, Rung, Weighed
from automl.spec import Spec
from automl.spec.limits import Limits

SERVING = ("latency_p50", "latency_p99", "memory", "size", "throughput", "cold_start")
"""The limits that a lighter model may keep where a better one breaks them."""
AS_GOOD = 0.005  # of the loss: a model that keeps its limits and is this near to the best needs no other
CLOSE = 0.9  # of a limit: beyond, it is measured again, and both must keep it
HOPELESS = 1.25  # of a limit, expected after what was measured: such a rung is not tried
ROW_SECONDS = 2.0  # of single rows for each rung
NEAR = 0.85  # of its tightest limit: what takes more leaves little room for a better model
ROUNDS = 4  # of lighter models, however much time there is
ROUND = 0.6  # of the time that is left, for one round of lighter models: what was measured then shows better ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A rung that was measured: its `loss` on out-of-fold rows, what its decisions would save there per 1,000 rows.

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
class Kept:
    """The model that ships, what was measured of it, and every rung that was tried."""

    choice: Choice
    measured: Measured
    attempts: tuple[Attempt, ...]


class NothingFits(LimitRefusal):
    """No rung keeps the limits; `attempts` are what was tried, `points` tell what would be had for more."""

    def __init__(self, what: str, *, attempts: tuple[Attempt, ...], points: tuple[str, ...]) -> None:
        self.attempts = attempts
        self.points = points
        super().__init__(what, hint="\n".join(["Relax the limit:", *points]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every rung is measured with; `make` puts an outcome into a graph, `staged` is the folder to measure in."""

    spec: Spec
    data: Prepared
    policy: DecisionPolicy
    staged: Path
    deadline: Deadline
    listener: Listener
    make: Callable[[Outcome], Choice]

    @property
    def counted(self) -> bool:
        """Whether choices follow counted work and not the clock."""
        return self.spec.budget.trials is not None


def is_limited(limits: Limits) -> bool:
    """Whether the spec limits what serving may cost."""
    return any(getattr(limits, name) for name in SERVING)


def keep_limits(outcome: Outcome, bench: Bench) -> Kept:
    """The model of least out-of-fold loss that keeps the limits on serving, each measured on its own staged bundle.

    The test part is not looked at. Raises `NothingFits` where no rung keeps them.
    """
    lighter, left = outcome.lighter, bench.deadline.left()
    if lighter is None:
        raise ValueError("an outcome of a search with limits has a way to lighter models")
    start = Rung(name="the ensemble of the search", outcome=outcome, loss=lighter.loss(outcome.oof), excess=1.0)
    first, kept = _attempt(start, bench)
    if kept and first.loss <= lighter.best + AS_GOOD * abs(lighter.best):
        return kept
    took = left - bench.deadline.left()
    _tell(bench, first, "a better model may keep the limits too" if kept else "lighter models are tried")
    attempts = [first]
    for _ in range(ROUNDS):
        if (seconds := lighter.seconds() - took) <= 0:
            break
        rungs = lighter.rungs([_weighed(one) for one in attempts], seconds=ROUND * seconds)
        least = kept.attempts[-1].loss if kept else np.inf
        better = sorted((rung for rung in rungs if rung.loss < least), key=lambda rung: rung.loss)
        tried, found = _climb(better, bench, took=took, free=not kept and len(attempts) == 1)
        attempts += tried
        kept = found or kept
        if not tried or (found and found.attempts[-1].pressure > NEAR):
            break  # else what was measured shows what the next ones may weigh, lighter ones or heavier ones
    if kept:
        return replace(kept, attempts=tuple(attempts))
    discard(bench.staged)
    raise _refused(attempts, outcome, bench)


def _climb(rungs: Sequence[Rung], bench: Bench, *, took: float, free: bool) -> tuple[list[Attempt], Kept | None]:
    """The first of the rungs that keeps the limits, and what was measured on the way.

    `took` are the seconds that a measurement takes; where nothing ships yet (`free`) one is made however late it is.
    """
    attempts: list[Attempt] = []
    factor = 1.0
    lightest = min(rungs, key=lambda rung: rung.excess, default=None)
    for rung in rungs:
        late = bench.deadline.left() < 2 * took and not bench.counted
        if late and (attempts or not free):
            break
        if rung.excess * factor > HOPELESS and not (free and rung is lightest):
            continue
        try:
            tried, found = _attempt(rung, bench)
        except (LimitRefusal, BundleError) as refused:  # it cannot promise what is required, or is no sound graph
            bench.listener(Event(stage="repair", text=f"{rung.name}: {refused.what}"))
            continue
        attempts.append(tried)
        _tell(bench, tried, "it keeps them" if found else "the next one is tried")
        if found:
            return attempts, found
        factor = tried.pressure / max(rung.excess, 1e-9)
    return attempts, None


def _attempt(rung: Rung, bench: Bench) -> tuple[Attempt, Kept | None]:
    """Measure a rung on a bundle of its own, made without a look at the test part."""
    spec, data = bench.spec, bench.data
    choice, oof = bench.make(rung.outcome), rung.outcome.oof
    unseen = Judgement(scores=(), verdict=None, prediction=np.full((data.test.n, oof.shape[1]), np.nan))
    stage(pack(spec, data, choice, unseen, created=datetime.now(UTC)), bench.staged)
    measured = observe(bench.staged, spec.limits, row_seconds=ROW_SECONDS)
    if CLOSE < _tightest(measured, spec.limits) <= 1.0:  # a quiet moment is no promise
        again = observe(bench.staged, spec.limits, row_seconds=ROW_SECONDS)
        measured = max(measured, again, key=lambda found: _tightest(found, spec.limits))
    attempt = Attempt(
        name=rung.name,
        outcome=rung.outcome,
        loss=rung.loss,
        saving=quick_saving(oof, data.train, bench.policy),
        pressure=_tightest(measured, spec.limits),
        gates=_serving(measured, spec.limits),
    )
    kept = Kept(choice=choice, measured=measured, attempts=(attempt,))
    return attempt, kept if attempt.ok else None


def _serving(measured: Measured, limits: Limits) -> tuple[GateVerdict, ...]:
    """The verdicts on limits that are set and hang on nothing but the model's weight."""
    only = Limits.model_construct(**{name: getattr(limits, name) for name in SERVING})
    return tuple(gate for gate in verdicts(measured, only) if gate.limit is not None)


def _tightest(measured: Measured, limits: Limits) -> float:
    return max(map(_pressure, _serving(measured, limits)))


def _pressure(gate: GateVerdict) -> float:
    """What a figure takes of its limit."""
    limit = gate.limit or 0.0
    return limit / gate.measured if gate.gate == "throughput" else gate.measured / limit


def _weighed(attempt: Attempt) -> Weighed:
    return Weighed(outcome=attempt.outcome, pressures={gate.gate: _pressure(gate) for gate in attempt.gates})


def _tell(bench: Bench, attempt: Attempt, then: str) -> None:
    figures = ", ".join(f"{gate.gate} {gate.measured:.3g} {gate.unit} of {gate.limit:g}" for gate in attempt.gates)
    facts: dict[str, Any] = {"loss": attempt.loss, "kept": attempt.ok, "left": bench.deadline.left()}
    bench.listener(Event(stage="repair", text=f"{attempt.name}: {figures}; {then}", facts=facts))


# --- nothing fits -------------------------------------------------------------------------------------


def _refused(attempts: Sequence[Attempt], outcome: Outcome, bench: Bench) -> NothingFits:
    nearest = min(attempts, key=lambda one: one.pressure)
    broken = "; ".join(gate.reason for gate in nearest.gates if not gate.ok)
    count = f"the lightest of {len(attempts)} models that were measured: {nearest.name}"
    return NothingFits(f"{broken} ({count})", attempts=tuple(attempts), points=tuple(_points(attempts, outcome, bench)))


def _points(attempts: Sequence[Attempt], outcome: Outcome, bench: Bench) -> Iterator[str]:
    """What each looser limit would give, the nearest first: measured rungs, then the best model by its estimate."""
    pareto: list[Attempt] = []
    for one in sorted(attempts, key=lambda one: (one.pressure, one.loss)):
        if not pareto or one.loss < pareto[-1].loss:
            pareto.append(one)
    base = pareto[0]
    for one in pareto:
        at = " and ".join(f"{gate.gate} {gate.measured:.3g} {gate.unit}" for gate in one.gates if not gate.ok)
        yield f"at {at} {_worth(one.loss, one.saving, base, bench.policy)} ({one.name})"
    best = outcome.board.front[0] if outcome.board.front else None
    if best is not None and outcome.lighter is not None and best.loss < pareto[-1].loss:
        saving = quick_saving(outcome.lighter.teacher, bench.data.train, bench.policy)
        at = f"about latency_p99 {1e3 * best.latency_p99 * _slowness(attempts[0], outcome):.3g} ms and size "
        at += f"{best.size / 1e6:.3g} MB"
        yield f"at {at} {_worth(best.loss, saving, base, bench.policy)} (the best ensemble, estimated)"


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
