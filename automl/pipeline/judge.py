"""What the shipped bytes are worth on the test part: scores with intervals, and the verdict in money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl import metrics
from automl.bundle.manifest import GroupScore, Score
from automl.data.last_words import LAST_WORDS
from automl.data.rows import Prepared, Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.decision_policy import DecisionPolicy
from automl.decide.policy.guarantees import count_floors
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.verdict.coverage import coverage
from automl.decide.verdict.decided_numbers import BaselineRows, decided_numbers, numbers_out_of_fold
from automl.decide.verdict.decided_rows import DecidedRows, decided_rows, pooled, rows_out_of_fold
from automl.decide.verdict.label_verdict import judge_labels
from automl.decide.verdict.number_verdict import judge_numbers
from automl.decide.verdict.verdict import ROWS_SMALL, Verdict
from automl.errors import DataError
from automl.metrics.base import Metric
from automl.metrics.groups import by_group, judged
from automl.metrics.interval import interval
from automl.pipeline.choose import ChosenModel, score_rows
from automl.spec.limits import Fairness
from automl.task import Kind

Floats = NDArray[np.float64]
Answers = Mapping[str, NDArray[np.generic]]

NO_NUMBER = "it gives no number for these rows"
TOO_LARGE = "it is larger than any number that can be written"

REPORTED: dict[Kind, tuple[str, ...]] = {
    "binary": ("roc_auc", "average_precision", "log_loss", "brier"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("rmse", "mae", "r2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`scores` on test and on out-of-fold rows, the spec's metric first; `verdict` is None without costs.

    `prediction` [n_test, width] are the graph's own answers on the test part, `decided` the rows that a verdict on
    labels stands on. `groups` is what fairness compares,
    `left_out` says which test rows no score stands on.
    """

    scores: tuple[Score, ...]
    verdict: Verdict | None
    prediction: Floats
    decided: DecidedRows | None = None
    groups: tuple[GroupScore, ...] = ()
    left_out: tuple[str, ...] = ()


def judge(
    data: Prepared,
    choice: ChosenModel,
    *,
    asked: Sequence[Metric],
    seed: int,
    threads: int = 1,
    fairness: Sequence[Fairness] = (),
) -> Judgement:
    """Look at the test part, once, with the graph that ships, on so many `threads`.

    `asked` are the metrics to report first, `fairness` those to report by groups.
    """
    answers = score_rows(choice.model, data.test.inputs, threads=threads)
    prediction, decided = predicted(data, answers), _rows_of_verdict(data, choice.oof, choice.policy, answers)
    reported = map(metrics.get, REPORTED[data.labels.task.kind])
    wanted = tuple({metric.name: metric for metric in (*asked, *reported)}.values())
    return Judgement(
        scores=(
            *metric_scores(wanted, data.test, prediction, "test", seed=seed),
            *policy_scores(data.test, choice.policy, answers, seed=seed),
            *metric_scores(wanted, choice.oof.rows, choice.oof.prediction, "oof", seed=seed),
        ),
        verdict=_verdict(data, choice.oof, choice.policy, answers, decided),
        prediction=prediction,
        decided=None if decided is None else decided.whole,
        groups=tuple(_groups(data, choice.policy, answers, fairness)),
        left_out=tuple(finding.text for finding in data.findings if finding.check in LAST_WORDS),
    )


def predicted(data: Prepared, answers: Answers) -> Floats:
    """The prediction [n, width] among the graph's answers."""
    name = "prediction" if data.labels.task.kind == "regression" else "probability"
    return np.asarray(answers[name], dtype=np.float64)


def _groups(
    data: Prepared, policy: DecisionPolicy, answers: Answers, fairness: Sequence[Fairness]
) -> Iterator[GroupScore]:
    """The metrics by group; one that looks at decisions looks at the bundle's own, where there are two labels."""
    test, prediction = data.test, predicted(data, answers)
    acts = None
    if data.labels.task.kind == "binary" and isinstance(policy, LabelPolicy):
        acts = (policy.codes(answers["decision"][:, 0]) == 1).astype(np.float64)
    for entry in fairness:
        metric = metrics.get(entry.metric)
        looked_at = judged(metric, prediction, acts)
        for group in by_group(metric, test.raw[entry.column].to_list(), test.y, looked_at, test.weight):
            yield GroupScore(column=entry.column, group=group.name, metric=metric.name, value=group.value, n=group.rows)


def metric_scores(
    wanted: tuple[Metric, ...], rows: Rows, prediction: Floats, part: Literal["test", "oof"], *, seed: int
) -> Iterator[Score]:
    """The metrics on these rows, or why one has no value there; rows that no fold predicted are left out."""
    known = np.flatnonzero(~np.isnan(prediction).any(axis=1))
    y, p = rows.y[known], prediction[known]
    weight = None if rows.weight is None else rows.weight[known]
    for metric in wanted if known.size else ():
        value = metrics.score(metric, y, p, weight)
        if not np.isfinite(value):
            reason = metrics.why_undefined(metric, y, p, weight) or (TOO_LARGE if np.isinf(value) else NO_NUMBER)
            yield Score(metric=metric.name, value=None, rows=part, n=known.size, reason=reason)
            continue
        low, high = (interval(metric, y, p, weight, seed=seed) if part == "test" else None) or (None, None)
        yield Score(metric=metric.name, value=value, low=low, high=high, rows=part, n=known.size)


def policy_scores(test: Rows, policy: DecisionPolicy, answers: Answers, *, seed: int) -> Iterator[Score]:
    """What the policy promises, and what that comes to on the test part: coverage of intervals, floors of decisions."""
    if isinstance(policy, LabelPolicy):
        yield from _floors(test, policy, answers)
    else:
        yield from _coverage(test, policy, answers, seed=seed)


def _floors(test: Rows, policy: LabelPolicy, answers: Answers) -> Iterator[Score]:
    """What the floors that were promised come to."""
    if policy.require is None:
        return
    decisions = policy.codes(answers["decision"][:, 0])
    for count in count_floors(policy.require, decisions, test.y, policy.costs.answers):
        if count.rows:
            promised = f"{count.floor}, promised {100 * count.share:.6g}%"
            yield Score(metric=promised, value=count.good / count.rows, n=count.rows)


def _coverage(test: Rows, policy: NumberPolicy, answers: Answers, *, seed: int) -> Iterator[Score]:
    """How many truths the promised intervals hold, and how wide they are on average."""
    if policy.interval is None:
        return
    low, high = (np.asarray(answers[name], dtype=np.float64)[:, 0] for name in ("prediction_low", "prediction_high"))
    held = coverage(low, high, test.y, weight=test.weight, group=test.group, seed=seed)
    promised = f"coverage of {100 * policy.interval.share:.6g}%"
    yield Score(metric=promised, value=held.share, low=held.low, high=held.high, n=test.n)
    yield Score(metric="interval width", value=held.width, n=test.n)


def verdict_on(data: Prepared, oof: OutOfFold, policy: DecisionPolicy, answers: Answers) -> Verdict | None:
    """The verdict on a graph's `answers` to the test part, prediction and decision; `oof` are as it learned.

    None without costs. Raises `DataError` where no test row has a cost.
    """
    return _verdict(data, oof, policy, answers, _rows_of_verdict(data, oof, policy, answers))


def _verdict(
    data: Prepared, oof: OutOfFold, policy: DecisionPolicy, answers: Answers, decided: _RowsOfVerdict | None
) -> Verdict | None:
    if not policy.in_money:
        return None
    if isinstance(policy, LabelPolicy):
        return None if decided is None else _verdict_on_labels(policy, decided, seed=oof.seed)
    return _verdict_on_numbers(data, oof, policy, answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RowsOfVerdict:
    """Decided rows of the test part, and those out of fold that help where it is small."""

    test: DecidedRows
    oof: DecidedRows | None

    @property
    def whole(self) -> DecidedRows:
        return self.test if self.oof is None or not self.test.n else pooled(self.test, self.oof)


def _verdict_on_labels(policy: LabelPolicy, decided: _RowsOfVerdict, *, seed: int) -> Verdict | None:
    if not decided.test.n:
        raise DataError("no test row has a cost of what came true", hint="Without one, nothing can be told in money.")
    return judge_labels(decided.test, policy, oof=decided.oof, seed=seed)


def _rows_of_verdict(data: Prepared, oof: OutOfFold, policy: DecisionPolicy, answers: Answers) -> _RowsOfVerdict | None:
    """The decided rows; None where no label is decided."""
    if not isinstance(policy, LabelPolicy):
        return None
    decisions = policy.codes(answers["decision"][:, 0])
    test = decided_rows(data.test, decisions, predicted(data, answers), policy)
    helps = policy.in_money and 0 < test.n < ROWS_SMALL
    return _RowsOfVerdict(test=test, oof=rows_out_of_fold(oof, policy) if helps else None)


def _verdict_on_numbers(data: Prepared, oof: OutOfFold, policy: NumberPolicy, answers: Answers) -> Verdict | None:
    costs = policy.costs
    if costs is None:
        return None
    decision = np.asarray(answers["decision"], dtype=np.float64)[:, 0]
    test = decided_numbers(data.test, predicted(data, answers), decision, costs)
    if not test.n:
        raise DataError("no test row has a cost", hint="Without one, nothing can be told in money.")
    more = numbers_out_of_fold(oof, costs) if data.test.n < ROWS_SMALL else None
    return judge_numbers(test, policy, BaselineRows.of(data.train, costs), oof=more, seed=oof.seed)
