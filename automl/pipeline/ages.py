"""How a model ages: those of earlier windows against newer ones, on the same rows, in loss and in money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automl.bundle.ages import AgeRecord, UseRecord, lost_until
from automl.data.rows import Rows
from automl.decide.calibration.calibrate import Calibration, fit_calibration
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import PER, Bootstrap, interval
from automl.decide.verdict.decided_rows import taken
from automl.decide.verdict.verdict import Verdict
from automl.metrics.row_losses import row_losses
from automl.pipeline.choose import ChosenModel
from automl.search.leaderboard import mixed
from automl.spec.retrain import Retrain
from automl.task import Kind

Floats = NDArray[np.float64]
STRETCHES = 6  # of ages
FEWEST_ROWS = 100  # of one
BLOCKS = 40  # stretches of time that rows are drawn by: neighbours in time err together
FEWEST_BLOCKS = 10  # of fewer (a month's rows often bear its first day) no spread is learned: rows are drawn singly
RESAMPLES = 1_000


def ages(train: Rows, choice: ChosenModel, *, seed: int) -> tuple[AgeRecord, ...]:
    """Stretches of age, the youngest first; none where time parts no rows, or too few were predicted ahead.

    All models go through the curve and the policy that ship, so that only what they have learned differs. Where members
    from more rows than memory holds ship, these are models of the sample, and the curve is that of the sample.
    """
    ahead = choice.outcome.ahead
    if ahead is None or train.time is None:
        return ()
    (_, curve), weights = sample_models(train, choice, seed=seed), choice.outcome.weights
    old, new = (curve.apply(mixed(weights, p)) for p in (ahead.predictions, ahead.fresh))
    known = np.flatnonzero(~np.isnan(new).any(axis=1) & ~np.isnan(old).any(axis=1))
    rows, age = train.take(ahead.rows[known]), (train.time[ahead.rows] - ahead.begun)[known] / 1e6
    if known.size < FEWEST_ROWS:
        return ()
    columns = _columns(rows, (old[known], new[known]), choice.policy, choice.oof.task.kind)
    edges = np.linspace(age.min(), np.nextafter(age.max(), np.inf), STRETCHES + 1)
    place = np.searchsorted(edges, age, side="right") - 1
    stretches = [(stretch, np.flatnonzero(place == stretch)) for stretch in range(STRETCHES)]
    return tuple(
        _record(float(edges[stretch]), float(edges[stretch + 1]), columns[at], rows.take(at), seed)
        for stretch, at in stretches
        if at.size >= FEWEST_ROWS
    )


def in_use(found: Sequence[AgeRecord], test: Rows, asked: Retrain | None, verdict: Verdict | None) -> UseRecord | None:
    """How old the model is when it is replaced, and what it saves until then; None where nothing tells of ages."""
    if not found or test.time is None or not np.isfinite(test.time).any():
        return None
    judged = float(np.nanmax(test.time) - np.nanmin(test.time)) / 1e6
    used = (asked.every if asked else None) or judged
    lost = [lost_until(found, until) for until in (used, judged)]
    saving = None if verdict is None or None in lost else verdict.saving - (lost[0] or 0.0) + (lost[1] or 0.0)
    return UseRecord(judged=judged, used=used, saving=saving)


def sample_models(train: Rows, choice: ChosenModel, *, seed: int) -> tuple[OutOfFold, Calibration]:
    """The out-of-fold rows of the models that predicted ahead, and their curve: those that ship, or the sample's."""
    if choice.outcome.held is None:
        return choice.oof, choice.calibration
    oof = OutOfFold.of(choice.outcome.oof, train, choice.oof.task, seed=seed)
    return oof, fit_calibration(oof.prediction, oof.rows.y, oof.task, oof.rows.weight, seed=seed)


def _columns(rows: Rows, each: tuple[Floats, Floats], policy: DecisionPolicy, kind: Kind) -> Floats:
    """For each row the loss of the older and of the newer model, and what each costs, NaN where nobody knows [n, 4]."""
    losses = [row_losses(p, rows.y, kind) for p in each]
    return np.column_stack([*losses, *(_costs(rows, p, policy) for p in each)])


def _record(start: float, end: float, columns: Floats, rows: Rows, seed: int) -> AgeRecord:
    loss, fresh = np.average(columns[:, :2], axis=0, weights=rows.weight)
    worse, low, high = _mean(columns[:, 0] - columns[:, 1], rows, seed)
    priced = np.flatnonzero(np.isfinite(columns[:, 2:]).all(axis=1))
    lost = _mean(PER * (columns[priced, 2] - columns[priced, 3]), rows.take(priced), seed) if priced.size else None
    return AgeRecord(
        start=start,
        end=end,
        rows=rows.n,
        loss=float(loss),
        fresh=float(fresh),
        worse=worse,
        low=low,
        high=high,
        **({} if lost is None else dict(zip(("lost", "lost_low", "lost_high"), lost, strict=True))),
    )


def _mean(values: Floats, rows: Rows, seed: int) -> tuple[float, float, float]:
    """The weighted mean with an interval of 95 %, by a bootstrap over stretches of time where there are enough."""
    weight = np.ones(values.size) if rows.weight is None else rows.weight
    time = np.zeros(values.size) if rows.time is None else rows.time
    cuts = np.quantile(time, np.linspace(0.0, 1.0, BLOCKS + 1)[1:-1])
    block = np.searchsorted(cuts, time)
    units = block if np.unique(block).size >= FEWEST_BLOCKS else None
    draws = Bootstrap.over(values.size, units, seed=seed, resamples=RESAMPLES)
    return float(np.average(values, weights=weight)), *interval(draws.means(values[:, None], weight)[:, 0])


def _costs(rows: Rows, p: Floats, policy: DecisionPolicy) -> Floats:
    """What the policy's decision by `p` costs on each row [n]; NaN where its price or its decision is not known."""
    if not isinstance(policy, LabelPolicy) or not policy.in_money:
        return np.full(rows.n, np.nan)
    costs, truth, index = policy.costs, rows.y.astype(np.int64), np.arange(rows.n)
    decisions = policy.decide(p, costs.expected(rows.inputs), costs.decidable(rows.inputs))
    amounts = costs.amounts(rows.inputs)
    by_action = costs.matrix[truth] if amounts is None else amounts[index, truth]
    known = costs.known(rows.inputs)[index, truth] & (decisions >= 0)
    return np.where(known, taken(by_action, np.maximum(decisions, 0)), np.nan)
