"""Free text: what a linear model of its words says out of fold, main directions, lengths and kinds of letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.sparse_linear import directions, fit_linear
from automl.features.statistic import MOST_CLASSES
from automl.features.words import SAMPLE, WORD, Words, find_words, term_sums
from automl.ops import expr as ops

Floats = NDArray[np.float64]

DIRECTIONS = 8  # of each column
PATTERNS = {
    "characters": r"[\s\S]",
    "words": WORD,
    "digits": "[0-9]",
    "capitals": "[A-Z]",
    "exclamations and questions": "[!?]",
}


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """Not an option: `default_asks` has every text in one ask."""
    del survey
    return ()


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    """The score is of all texts together: what one says the other need not say again."""
    texts = {column.name: sample.frame[column.name].fill_null("") for column in columns}
    found = {name: words for name, text in texts.items() if (words := find_words(text, seed=sample.seed)) is not None}
    scores = _scores(found, sample) if found else ()
    return (*scores, *(fitted for name in texts for fitted in _about(name, found.get(name), sample)))


def _scores(found: dict[str, Words], sample: Sample) -> tuple[Fitted, ...]:
    """What a linear model of all words says: one number, for several classes one each."""
    from scipy import sparse

    if not sample.folds or sample.task.classes > MOST_CLASSES:
        return ()
    x = sparse.hstack([words.matrix for words in found.values()], format="csr")
    weight = np.ones_like(sample.y) if sample.weight is None else sample.weight / sample.weight.mean()

    def learn(rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        drawn = np.random.default_rng(sample.seed).permutation(rows)[:SAMPLE]
        return fit_linear(x[drawn], sample.y[drawn], weight[drawn], sample.task)

    values = np.tile(_prior(sample, weight), (len(sample.y), 1))
    for fold in sample.folds:
        weights, intercept = learn(fold.fit)
        values[fold.valid] = x[fold.valid] @ weights + intercept
    weights, intercept = learn(np.arange(len(sample.y)))
    ends = np.cumsum([len(words.idf) for words in found.values()])[:-1]
    parts = zip(found.values(), np.split(weights, ends), strict=True)
    start: ops.Expr = ops.Constant(intercept)
    total = reduce(ops.Add, [term_sums(words, part) for words, part in parts], start)
    return tuple(
        made(
            f"text: score{f' of class {k}' if values.shape[1] > 1 else ''}", found, ops.Pick(total, (k,)), values[:, k]
        )
        for k in range(values.shape[1])
    )


def _prior(sample: Sample, weight: Floats) -> Floats:
    """The score of a row that no fold predicts: that of a text without a known word, roughly."""
    if sample.task.kind == "regression":
        return np.zeros(1)
    classes = np.arange(sample.task.classes) if sample.task.kind == "multiclass" else np.array([1.0])
    share = np.clip([np.average(sample.y == code, weights=weight) for code in classes], 1e-6, 1 - 1e-6)
    return np.asarray(np.log(share) if sample.task.kind == "multiclass" else np.log(share / (1 - share)))


def _about(name: str, words: Words | None, sample: Sample) -> tuple[Fitted, ...]:
    """What a text is like, whatever the target."""
    column = ops.Column(name, "text")
    counts = [made(f"{name}: {what}", (name,), ops.CountMatches(column, pattern)) for what, pattern in PATTERNS.items()]
    if words is None:
        return tuple(counts)
    turned = directions(words.matrix[:SAMPLE], DIRECTIONS, seed=sample.seed)
    sums = term_sums(words, turned)
    parts = [made(f"{name}: direction {k + 1}", (name,), ops.Pick(sums, (k,))) for k in range(turned.shape[1])]
    return (*parts, *counts)


text = Joint(name="text", propose=_propose, fit=_fit)
