"""What the report draws of the judged model, computed on the test part with the graph that ships."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Prepared, Rows
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.baselines import costs_without_model
from automl.decide.verdict.decided_numbers import BaselineRows
from automl.decide.verdict.decided_rows import DecidedRows, decided_rows, taken
from automl.decide.verdict.verdict import Verdict
from automl.diagnostics.accumulated_effects import EffectPoint, accumulated_effects
from automl.diagnostics.confusion import confusion
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.importance import importance
from automl.diagnostics.over_time import PeriodSaving, saving_over_time
from automl.diagnostics.ranking import ranking
from automl.diagnostics.reliability import reliability
from automl.diagnostics.residuals import residuals
from automl.diagnostics.row_slider import DIGITS, RowSliderTable, row_slider_table
from automl.diagnostics.slider import SliderTable, slider_table
from automl.diagnostics.threshold_costs import threshold_costs
from automl.diagnostics.weak_spots import WeakSpot, weak_spots
from automl.graph.session import Session, open_session
from automl.metrics.row_losses import row_losses
from automl.pipeline.choose import SCORING_ROWS, ChosenModel, run_session
from automl.pipeline.judge import Judgement, predicted

Floats = NDArray[np.float64]
Kept = Literal["rows", "rounded", "none"]
LOOKED_AT = 2_000  # rows on which columns are shuffled and moved
TOP = 6  # columns whose effects are told


def diagnose(
    data: Prepared, choice: ChosenModel, judgement: Judgement, *, seed: int, until: float, evidence: Kept = "rows"
) -> Diagnostics:
    """Everything that a report draws; columns whose turn comes after `until` (of the monotonic clock) are left out.

    Of what stands row by row so much is kept as of the `evidence`.
    What a row loses is what its decision cost, where the spec has costs, else its log loss or squared error.
    """
    test, model = data.test, JudgedModel(data=data, choice=choice, session=open_session(choice.model))
    sample = test.take(np.sort(np.random.default_rng(seed).permutation(test.n)[:LOOKED_AT]))
    priced, players = model.priced(sample), model.players
    judged = model.priced(test)
    answers = model.answers(judged.inputs)
    heavy = importance(
        priced.inputs, players, lambda frame: model.losses(frame, priced), _weight(priced), seed=seed, until=until
    )
    found = Diagnostics(
        rows=test.n,
        loss=model.loss,
        importance=heavy,
        effects=_effects(model, sample.inputs, [one.columns for one in heavy], until=until),
        weak_spots=_weak_spots(model, judged, answers, seed=seed),
        over_time=_over_time(model, judgement, judged, answers, seed=seed),
        looked_at=priced.n,
        columns=len(players),
    )
    if data.labels.task.kind == "regression":
        return replace(found, residuals=residuals(test.y, judgement.prediction[:, 0], test.weight))
    if data.labels.task.kind == "binary":
        p = judgement.prediction[:, 0]
        found = replace(found, reliability=reliability(test.y, p, test.weight), ranking=ranking(test.y, p, test.weight))
    return _of_decisions(found, data, choice, judgement, evidence)


def _of_decisions(
    found: Diagnostics, data: Prepared, choice: ChosenModel, judgement: Judgement, evidence: Kept
) -> Diagnostics:
    """What stands on decisions between labels."""
    policy, decided, verdict = choice.policy, judgement.decided, judgement.verdict
    if not isinstance(policy, LabelPolicy) or decided is None or not decided.y.size:
        return found
    return replace(
        found,
        confusion=confusion(decided, policy, data.labels.texts),
        threshold_costs=threshold_costs(decided, policy),
        slider=_slider(decided, policy, verdict, evidence) if verdict else None,
    )


def _slider(
    decided: DecidedRows, policy: LabelPolicy, verdict: Verdict, evidence: Kept
) -> SliderTable | RowSliderTable | None:
    width = verdict.high - verdict.low
    if decided.amounts is None:
        return slider_table(decided, policy, width=width)
    if evidence == "none":
        return None
    return row_slider_table(decided, policy, width=width, digits=DIGITS[evidence])


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedModel:
    """The graph that ships, and what its answers lose."""

    data: Prepared
    choice: ChosenModel
    session: Session

    @property
    def loss(self) -> str:
        """What a row loses, in words."""
        policy = self.choice.policy
        if policy.in_money:
            return policy.currency or "money"
        return "squared error" if self.data.labels.task.kind == "regression" else "log loss"

    @property
    def players(self) -> list[tuple[str, ...]]:
        """The columns that the graph reads; both of a place together, and those of other tables together."""
        read = {column.name for column in self.choice.assembly.inputs}
        columns = [column for column in self.data.schema.columns if column.name in read]
        computed = tuple(column.name for column in columns if column.computed)
        own = [(c.name, *([c.pair] if c.pair in read else [])) for c in columns if not c.computed]
        single = dict.fromkeys(tuple(sorted(one)) for one in own)
        return [*single, *([computed] if computed else [])]

    def answers(self, frame: pl.DataFrame) -> dict[str, NDArray[np.generic]]:
        chunks = [run_session(self.session, chunk) for chunk in frame.iter_slices(SCORING_ROWS)]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in self.session.outputs}

    def predictions(self, frame: pl.DataFrame) -> Floats:
        """The number, or the probability of the positive or the last label [n]."""
        name = "prediction" if self.data.labels.task.kind == "regression" else "probability"
        return np.asarray(self.answers(frame)[name], dtype=np.float64)[:, -1]

    def priced(self, rows: Rows) -> Rows:
        """The rows whose loss is known."""
        policy = self.choice.policy
        if not policy.in_money:
            return rows
        if isinstance(policy, LabelPolicy):
            known = policy.costs.known(rows.inputs)[np.arange(rows.n), rows.y.astype(np.int64)]
        else:
            known = policy.costs.known(rows.inputs) if policy.costs else np.ones(rows.n, dtype=np.bool_)
        return rows.take(np.flatnonzero(known))

    def losses(self, frame: pl.DataFrame, truth: Rows) -> Floats:
        """What rows with the cells of `frame` lose whose truth and amounts are those of `truth` [n]."""
        return self.losses_of(self.answers(frame), truth)

    def losses_of(self, answers: dict[str, NDArray[np.generic]], truth: Rows) -> Floats:
        """The same where the answers are there already."""
        policy = self.choice.policy
        if not policy.in_money:
            return self._plain(answers, truth.y)
        if isinstance(policy, LabelPolicy):
            rows = decided_rows(truth, np.zeros(truth.n, dtype=np.int64), np.zeros((truth.n, 1)), policy)
            decisions = policy.codes(answers["decision"][:, 0])
            return taken(rows.by_action(policy.costs), np.maximum(decisions, 0))
        decision = np.asarray(answers["decision"], dtype=np.float64)[:, 0]
        return (
            np.zeros(truth.n)
            if policy.costs is None
            else policy.costs.of(decision, truth.y, policy.costs.amounts(truth.inputs))
        )

    def _plain(self, answers: dict[str, NDArray[np.generic]], y: Floats) -> Floats:
        return row_losses(predicted(self.data, answers), y, self.data.labels.task.kind)


def _weight(rows: Rows) -> Floats:
    return np.ones(rows.n) if rows.weight is None else rows.weight


def _effects(
    model: JudgedModel, frame: pl.DataFrame, heavy: Sequence[tuple[str, ...]], *, until: float
) -> dict[str, tuple[EffectPoint, ...]]:
    """The effects of the weightiest columns of numbers."""
    effects: dict[str, tuple[EffectPoint, ...]] = {}
    for name, *others in heavy:
        if len(effects) == TOP or time.monotonic() > until:
            break
        if (
            not others
            and frame[name].dtype == pl.Float64
            and (points := accumulated_effects(frame, name, model.predictions))
        ):
            effects[name] = points
    return effects


def _weak_spots(
    model: JudgedModel, rows: Rows, answers: dict[str, NDArray[np.generic]], *, seed: int
) -> tuple[WeakSpot, ...]:
    read = [name for player in model.players for name in player]
    return weak_spots(rows.inputs.select(read), model.losses_of(answers, rows), _weight(rows), seed=seed)


def _over_time(
    model: JudgedModel, judgement: Judgement, rows: Rows, answers: dict[str, NDArray[np.generic]], *, seed: int
) -> tuple[PeriodSaving, ...]:
    """What is saved against the best policy without a model, by the time of the test rows."""
    policy = model.choice.policy
    if judgement.verdict is None or rows.time is None:
        return ()
    if isinstance(policy, LabelPolicy):
        decisions = policy.codes(answers["decision"][:, 0])
        rows, decisions = rows.take(np.flatnonzero(decisions >= 0)), decisions[decisions >= 0]
        saved = _saved(policy, judgement.verdict, decided_rows(rows, decisions, np.zeros((rows.n, 1)), policy))
    else:
        decision = np.asarray(answers["decision"], dtype=np.float64)[:, 0]
        rows, decision = rows.take(np.flatnonzero(~np.isnan(decision))), decision[~np.isnan(decision)]
        saved = _saved_by_numbers(policy.costs, model.data, rows, decision)
    return saving_over_time(saved, _time(rows), _weight(rows), rows.group, seed=seed)


def _saved(policy: LabelPolicy, verdict: Verdict, rows: DecidedRows) -> Floats:
    """What each row saves against the best policy without a model [n]."""
    by_action = rows.by_action(policy.costs)
    others = costs_without_model(policy, by_action, rows.by_rule, rows.shares)
    best = [one.action for one in verdict.policies].index(verdict.best)
    return np.asarray(others[:, best] - taken(by_action, rows.decisions) - policy.costs.running_per_row)


def _saved_by_numbers(costs: UnitCosts | None, data: Prepared, rows: Rows, decision: Floats) -> Floats:
    """What each row saves against the one number that costs least [n]."""
    if costs is None:
        return np.zeros(rows.n)
    always = np.full(rows.n, BaselineRows.of(data.train, costs).best_constant(costs))
    amounts = costs.amounts(rows.inputs)
    return np.asarray(costs.of(always, rows.y, amounts) - costs.of(decision, rows.y, amounts) - costs.running_per_row)


def _time(rows: Rows) -> Floats:
    return np.zeros(0) if rows.time is None else rows.time
