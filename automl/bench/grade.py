"""What predictions are worth: scores on the test part, and money where the task has costs; the same for everyone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl import metrics
from automl.bench.tasks import BenchTask
from automl.data.labels import encode, fit_labels, words_for_missing
from automl.data.read.source import load
from automl.data.rows import Labels
from automl.pipeline.judge import REPORTED
from automl.spec import Spec, parse

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A task's answers: class codes or numbers of the train rows and of the test rows (NaN where there is none)."""

    spec: Spec
    labels: Labels
    train: Floats
    test: Floats
    metric: str

    @property
    def constant(self) -> Floats:
        """What a predictor says that knows nothing but the train target [n_test, width]."""
        known = self.train[np.isfinite(self.train)]
        if self.labels.task.kind == "regression":
            row = np.asarray([known.mean()])
        else:
            shares = np.bincount(known.astype(np.int64), minlength=self.labels.task.classes) / known.size
            row = shares[1:] if self.labels.task.kind == "binary" else shares
        return np.tile(row, (self.test.size, 1))


def read_truth(task: BenchTask) -> Truth:
    """The answers of a task, read as the engine reads them."""
    spec = parse(task.spec)
    source, held = load(task.train), load(task.test)
    train, test = source.frame[task.target], held.frame[task.target]
    labels, _ = fit_labels(train, spec, words_for_missing(train, spec, typed=source.dialect is None))
    return Truth(spec=spec, labels=labels, train=encode(labels, train), test=encode(labels, test), metric=task.metric)


def grade(truth: Truth, prediction: Floats) -> dict[str, float | None]:
    """The scores of `prediction` [n_test, width]: the task's metric first, then what is always reported."""
    known = np.isfinite(truth.test)
    names = dict.fromkeys((truth.metric, *REPORTED[truth.labels.task.kind]))
    found = {name: metrics.score(metrics.get(name), truth.test[known], prediction[known]) for name in names}
    return {name: value if math.isfinite(value) else None for name, value in found.items()}


def price(
    truth: Truth, probabilities: Floats | None = None, decisions: Sequence[str] | None = None
) -> Mapping[str, float] | None:
    """What one test row costs by the given decisions, else by those of the smallest expected cost (Elkan 2001).

    With it what it costs by the best policy without a model. Rows that lack a cost of what came true do not count.
    None for a task without costs, or where the decision is
    a number.
    """
    if truth.spec.objective.costs is None or truth.labels.task.kind == "regression":
        return None
    from automl.data.prepare import prepare
    from automl.decide.costs.cost_matrix import make_cost_matrix
    from automl.decide.policy.label_policy import LabelPolicy

    data = prepare(truth.spec)
    costs = make_cost_matrix(truth.spec.objective, data.labels, data)
    policy = LabelPolicy(costs=costs)
    kept = np.isfinite(truth.test)
    if decisions is None:
        if probabilities is None:
            raise ValueError("give probabilities or decisions")
        taken = policy.choose(probabilities[kept], costs.expected(data.test.inputs))
    else:
        taken = policy.codes([text for text, keep in zip(decisions, kept, strict=True) if keep])
    rows, truths = np.arange(data.test.n), data.test.y.astype(np.int64)
    amounts = costs.amounts(data.test.inputs)
    each = costs.matrix[truths] if amounts is None else amounts[rows, truths]
    weight = np.ones(data.test.n) if data.test.weight is None else data.test.weight
    weight = weight * costs.known(data.test.inputs)[rows, truths]
    by_policy = np.average(each, axis=0, weights=weight)
    return {
        "per_row": float(np.average(each[rows, taken], weights=weight)),
        "without_model": float(by_policy.min()),
    }


def answers(scored: pl.DataFrame) -> Floats:
    """Our own output columns as a prediction [n, width]."""
    columns: Floats = scored.select(pl.col("^(probability.*|prediction)$")).to_numpy()
    return columns
