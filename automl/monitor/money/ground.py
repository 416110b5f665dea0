"""What a watch of money stands on, made once of a bundle: how money is counted, what was promised, what was kept."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from automl.bundle.kept import Kept, kept_rows
from automl.bundle.read import Bundle
from automl.bundle.reference import BIN
from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import EXPECTED
from automl.decide.policy.conformal import ScaledErrors, fit_errors
from automl.decide.policy.decision_policy import DecisionPolicy, fit_policy, make_policy
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.verdict.baselines import baselines, rule_within_capacity
from automl.decide.verdict.bootstrap import PER
from automl.errors import AutomlError
from automl.monitor.money.courses import daily_units
from automl.monitor.money.ledger import (
    Answered,
    LabelLedger,
    Ledger,
    LogLossLedger,
    NumberLedger,
    SquaredLedger,
    classes,
)
from automl.monitor.money.promise import Promise, promise, range_of, student
from automl.ops.expr import Column
from automl.spec import parse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
MOST_ERROR = 0.99  # of the squared errors of the best constant are not clipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of known truth: `saved` and `expected` [n], what they weigh, their group, time, and codes of bins [n, d]."""

    rows: Answered
    y: Floats
    saved: Floats
    expected: Floats
    weight: Floats
    group: Ints | None
    time: Floats | None
    bins: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The `ledger`, the bundle's `policy`, and the parts of the evidence: None where the bundle keeps no rows."""

    policy: DecisionPolicy
    ledger: Ledger
    test: Part | None = None
    oof: Part | None = None


@lru_cache(maxsize=1)
def ground_of(bundle: Bundle) -> Ground | None:
    """What the bundle tells of money; None where it keeps no rows, and nothing can be counted without them."""
    kept, spec = kept_rows(bundle), parse(bundle.manifest.spec)
    data = kept.data
    if not data.test.n or not data.train.n:
        return _without_rows(bundle, kept)
    oof = OutOfFold.of(kept.oof, data.train, data.labels.task, seed=spec.budget.seed)
    policy = fit_policy(expecting(make_policy(spec.objective, data), data.train), oof)
    frame = pl.read_parquet(io.BytesIO(bundle.files.read("evidence.parquet")))
    bins = {part: frame.filter(pl.col("part") == part).select(cs.starts_with(BIN)) for part in ("oof", "test")}
    ledger = _ledger(bundle, policy, kept, oof)
    return Ground(
        policy=policy,
        ledger=ledger,
        test=_part(policy, ledger, data.test, kept.prediction, bins["test"]),
        oof=_part(policy, ledger, data.train, oof.calibrated, bins["oof"]),
    )


def _without_rows(bundle: Bundle, kept: Kept) -> Ground | None:
    """The costs of a spec that need no rows to be known."""
    verdict = bundle.manifest.verdict
    try:
        policy = make_policy(parse(bundle.manifest.spec).objective, kept.data)
    except AutomlError:  # the mean of a cost is that of rows
        return None
    if not isinstance(policy, LabelPolicy) or not policy.in_money or verdict is None:
        return None
    return Ground(policy=policy, ledger=label_ledger(policy, verdict.best, kept.data.test))


def promised(bundle: Bundle, ground: Ground, labels: str) -> Promise | None:
    """The promise on the test part alone, of those rows whose labels can come; without rows what the manifest states.

    Of all rows it is that for the ages at which the model is used (the manifest's `in_use`), which are not always
    those that were judged.
    None where nobody has promised anything of such rows.
    """
    if ground.test is None or ground.oof is None:
        return _stated(bundle, ground.ledger) if labels == "all" else None
    part = ground.test
    seen = np.isfinite(part.saved) & visible(part.rows, labels)
    if seen.sum() < 2:  # noqa: PLR2004  # one row tells no spread
        return None
    within = ground.ledger.range or range_of(np.concatenate((part.saved, ground.oof.saved)))
    group = None if part.group is None else part.group[seen]
    time = np.zeros(part.y.size) if part.time is None else np.nan_to_num(part.time)
    units, _ = daily_units(within.clipped(part.saved[seen]), time[seen], group)
    given = promise(units, within, part.weight[seen] if group is None else None)
    return replace(given, saving=given.saving - _lost_in_use(bundle)) if labels == "all" else given


def _lost_in_use(bundle: Bundle) -> float:
    """What a row saves less at the ages in use than at those that the test part judged; 0 where nobody knows."""
    use, verdict = bundle.manifest.in_use, bundle.manifest.verdict
    return 0.0 if use is None or use.saving is None or verdict is None else (verdict.saving - use.saving) / PER


def _stated(bundle: Bundle, ledger: Ledger) -> Promise | None:
    """The promise of the manifest's verdict."""
    verdict, within = bundle.manifest.verdict, ledger.range
    if verdict is None or within is None:
        return None
    error = (verdict.test_high - verdict.test_low) / (2.0 * student(0.025, verdict.test_rows - 1)) / PER
    return Promise(
        saving=verdict.test_saving / PER - _lost_in_use(bundle),
        error=error,
        variance=error**2 * verdict.test_rows,
        units=verdict.test_rows,
        range=within,
    )


def visible(rows: Answered, labels: str) -> Flags:
    """Whether the label of each row can come [n]: the first action passes, every other one acts."""
    if labels == "all":
        return np.ones(rows.decision.size, dtype=np.bool_)
    return np.asarray((rows.decision > 0) if labels == "acted" else (rows.decision == 0))


def expecting(policy: DecisionPolicy, train: Rows) -> DecisionPolicy:
    """The policy with what the fit learned to expect of amounts that are known only afterwards."""
    if isinstance(policy, NumberPolicy):
        return policy
    rows = dict(policy.costs.rows)
    for (truth, action), cost in policy.costs.rows.items():
        name = f"{EXPECTED}{policy.costs.cells[truth][action]}"
        if cost.later and name in train.frame.columns:
            rows[truth, action] = replace(cost, model=Column(name))
    return replace(policy, costs=replace(policy.costs, rows=rows))


def _ledger(bundle: Bundle, policy: DecisionPolicy, kept: Kept, oof: OutOfFold) -> Ledger:
    """How money is counted: by the spec's costs, else by the loss."""
    train, verdict = oof.rows, bundle.manifest.verdict
    if isinstance(policy, NumberPolicy):
        errors = fit_errors(oof.prediction, train.y, train.weight, seed=oof.seed)
        if policy.costs is not None and verdict is not None:
            return NumberLedger(costs=policy.costs, constant=float(verdict.best), errors=errors)
        return _squared(train, errors)
    if not policy.in_money or verdict is None:
        return LogLossLedger(prior=_prior(train, classes(oof.calibrated).shape[1]))
    return label_ledger(policy, verdict.best, kept.data.test)


def label_ledger(policy: LabelPolicy, best: str, test: Rows) -> LabelLedger:
    """The ledger against the policy without a model that the verdict calls `best`; the rule's share is that on test."""
    named = {one.name: one.shares for one in baselines(policy)}
    if best in named or policy.current_rule is None:
        return LabelLedger(policy=policy, shares=named.get(best, {0: 1.0}), ruled=None)
    weight = np.ones(test.n) if test.weight is None else test.weight
    _, share = rule_within_capacity(policy, policy.current_rule.decisions(test.inputs), weight)
    return LabelLedger(policy=policy, shares=None, ruled=share)


def _prior(train: Rows, count: int) -> Floats:
    """The share of each class [classes], with one row more of each so that none is 0."""
    weight = np.ones(train.n) if train.weight is None else train.weight / train.weight.mean()
    seen = np.bincount(train.y.astype(np.int64), weight, minlength=count) + 1.0
    return np.asarray(seen / seen.sum())


def _squared(train: Rows, errors: ScaledErrors) -> SquaredLedger:
    constant = float(np.average(train.y, weights=train.weight))
    most = float(np.quantile((train.y - constant) ** 2, MOST_ERROR))
    return SquaredLedger(constant=constant, most=most or 1.0, errors=errors)


def _part(policy: DecisionPolicy, ledger: Ledger, rows: Rows, prediction: Floats, bins: pl.DataFrame) -> Part:
    answered = Answered(prediction=prediction, decision=_decided(policy, rows, prediction), frame=rows.inputs)
    return Part(
        rows=answered,
        y=rows.y,
        saved=ledger.saved(answered, rows.y),
        expected=ledger.outcomes(answered).expected,
        weight=np.ones(rows.n) if rows.weight is None else rows.weight,
        group=rows.group,
        time=rows.time,
        bins=bins,
    )


def _decided(policy: DecisionPolicy, rows: Rows, prediction: Floats) -> Floats:
    """The decisions [n] as the bundle makes them row by row."""
    if isinstance(policy, LabelPolicy):
        costs = policy.costs
        return policy.decide(prediction, costs.expected(rows.inputs), costs.decidable(rows.inputs)).astype(np.float64)
    if policy.decision is None or policy.costs is None:
        return prediction[:, 0]
    decided = policy.decision.decide(prediction, policy.costs.amounts(rows.inputs))
    return np.where(policy.costs.known(rows.inputs) | (not policy.refuses), decided, np.nan)
