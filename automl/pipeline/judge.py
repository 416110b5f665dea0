"""What the shipped bytes are worth on the test part: scores with intervals, and the verdict in money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from automl import metrics
from automl.bundle.manifest import GroupScore, Score
from automl.data.rows import Prepared, Rows
from automl.decide.costs.cost_matrix import Costs
from automl.decide.policy.expected_cost import codes
from automl.decide.policy.guarantees import asked_floors, counted
from automl.decide.verdict.decided_rows import decided_rows, out_of_fold
from automl.decide.verdict.label_verdict import ROWS_SMALL, Verdict
from automl.decide.verdict.label_verdict import judge as judge_money
from automl.decide.verdict.number_verdict import Forecast, NumberPolicy, coverage, judge_numbers, out_of_fold_decisions
from automl.errors import DataError
from automl.metrics.groups import by_group
from automl.metrics.interval import interval
from automl.pipeline.choose import Choice, score_rows
from automl.spec.limits import Fairness
from automl.task import Kind

Floats = NDArray[np.float64]
Answers = Mapping[str, NDArray[np.generic]]

REPORTED: dict[Kind, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss", "brier"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("rmse", "mae", "r2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`scores` on test and on out-of-fold rows, the spec's metric first; `verdict` is None without costs.

    `prediction` [n_test, width] are the graph's own answers on the test part. `groups` is what fairness compares.
    """

    scores: tuple[Score, ...]
    verdict: Verdict | None
    prediction: Floats
    groups: tuple[GroupScore, ...] = ()


class Policies(Protocol):
    """What decides: for labels `costs`, for a number `numbers`."""

    @property
    def costs(self) -> Costs | None: ...

    @property
    def numbers(self) -> NumberPolicy: ...


def judge(
    data: Prepared,
    choice: Choice,
    *,
    asked: Sequence[str],
    seed: int,
    threads: int = 1,
    fairness: Sequence[Fairness] = (),
) -> Judgement:
    """Look at the test part, once, with the graph that ships, on so many `threads`.

    `asked` are the metrics to report first, `fairness` those to report by groups.
    """
    oof = choice.outcome.oof
    answers = score_rows(choice.model, data.test.inputs, threads=threads)
    task = data.labels.task
    prediction = np.asarray(answers["prediction" if task.kind == "regression" else "probability"], dtype=np.float64)
    names = tuple(dict.fromkeys((*asked, *REPORTED[task.kind])))
    scores = (
        *_scores(names, data.test, prediction, "test", seed=seed),
        *coverage_of(data.test, choice, answers, seed=seed),
        *floors_on(data.test, choice, answers),
        *_scores(names, data.train, oof, "oof", seed=seed),
    )
    return Judgement(
        scores=scores,
        verdict=verdict_on(data, oof, choice, answers, prediction, seed=seed),
        prediction=prediction,
        groups=tuple(_groups(data, choice, answers, prediction, fairness)),
    )


def _groups(
    data: Prepared, choice: Choice, answers: Answers, prediction: Floats, fairness: Sequence[Fairness]
) -> Iterator[GroupScore]:
    """The metrics by group; one that looks at decisions looks at the bundle's own, where there are two labels."""
    test, costs = data.test, choice.costs
    decided = prediction
    if data.labels.task.kind == "binary" and costs is not None:
        acts = codes([str(text) for text in answers["decision"][:, 0]], costs) == 1
        decided = acts.astype(np.float64)[:, None]
    for entry in fairness:
        metric = metrics.get(entry.metric)
        judged = decided if metric.needs == "decision" else prediction
        for group in by_group(metric, test.raw[entry.column].to_list(), test.y, judged, test.weight):
            yield GroupScore(column=entry.column, group=group.name, metric=metric.name, value=group.value, n=group.rows)


def _scores(
    names: tuple[str, ...], rows: Rows, prediction: Floats, part: Literal["test", "oof"], *, seed: int
) -> Iterator[Score]:
    """The metrics that are defined on these rows; rows that no fold predicted are left out."""
    known = np.flatnonzero(~np.isnan(prediction).any(axis=1))
    y, p = rows.y[known], prediction[known]
    weight = None if rows.weight is None else rows.weight[known]
    for metric in map(metrics.get, names):
        value = metrics.score(metric, y, p, weight) if known.size else np.nan
        if not np.isnan(value):
            low, high = (interval(metric, y, p, weight, seed=seed) if part == "test" else None) or (None, None)
            yield Score(metric=metric.name, value=value, low=low, high=high, rows=part, n=known.size)


def coverage_of(test: Rows, policy: Policies, answers: Answers, *, seed: int) -> Iterator[Score]:
    """How many truths the promised intervals hold on the test part, and how wide they are on average."""
    if policy.numbers.interval is None:
        return
    low, high = (np.asarray(answers[name], dtype=np.float64)[:, 0] for name in ("prediction_low", "prediction_high"))
    found = coverage(low, high, test.y, weight=test.weight, group=test.group, seed=seed)
    promised = f"coverage of {100 * policy.numbers.interval.share:.6g}%"
    yield Score(metric=promised, value=found.share, low=found.low, high=found.high, n=test.n)
    yield Score(metric="interval width", value=found.width, n=test.n)


def floors_on(test: Rows, policy: Policies, answers: Answers) -> Iterator[Score]:
    """What the floors that were promised come to on the test part."""
    costs = policy.costs
    if costs is None or costs.require is None:
        return
    found = counted(codes([str(text) for text in answers["decision"][:, 0]], costs), test.y, costs)
    for floor, share in asked_floors(costs.require):
        rows, good = found[floor]
        if rows:
            yield Score(metric=f"{floor}, promised {100 * share:.6g}%", value=good / rows, n=rows)


def _verdict_on_numbers(
    data: Prepared, oof: Floats, policy: Policies, answers: Answers, prediction: Floats, *, seed: int
) -> Verdict | None:
    costs, train, test = policy.numbers.costs, data.train, data.test
    if costs is None:
        return None
    decision = np.asarray(answers["decision"], dtype=np.float64)[:, 0]
    decided = Forecast(
        prediction=prediction,
        decision=decision,
        y=test.y,
        weight=test.weight,
        group=test.group,
        amounts=costs.amounts(test.inputs),
    ).take(np.flatnonzero(costs.known(test.inputs) & ~np.isnan(decision)))
    if not decided.y.size:
        raise DataError("no test row has a cost", hint="Without one, nothing can be told in money.")
    priced = train.take(np.flatnonzero(costs.known(train.inputs)))
    amounts = costs.amounts(priced.inputs)
    more = None
    if test.n < ROWS_SMALL:
        known = oof[costs.known(train.inputs)]
        more = out_of_fold_decisions(
            known, priced.y, costs, weight=priced.weight, group=priced.group, amounts=amounts, seed=seed
        )
    return judge_numbers(decided, policy.numbers, priced.y, priced.weight, train_amounts=amounts, oof=more, seed=seed)


def verdict_on(
    data: Prepared, oof: Floats, policy: Policies, answers: Answers, prediction: Floats, *, seed: int
) -> Verdict | None:
    """The verdict on a graph's `answers` to the test part; `oof` [n_train, width] and `prediction` are as it learned.

    None without costs. Raises `DataError` where no test row has a cost.
    """
    if data.labels.task.kind == "regression":
        return _verdict_on_numbers(data, oof, policy, answers, prediction, seed=seed)
    costs = policy.costs
    if costs is None or not costs.given:
        return None
    decisions = codes([str(text) for text in answers["decision"][:, 0]], costs)
    test = decided_rows(data.test, decisions, prediction, costs)
    if not test.n:
        raise DataError("no test row has a cost of what came true", hint="Without one, nothing can be told in money.")
    more = out_of_fold(oof, data.train, data.labels.task, costs, seed=seed) if test.n < ROWS_SMALL else None
    return judge_money(test, costs, oof=more, seed=seed)
