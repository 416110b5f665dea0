"""Free text: what a linear model of its words says out of fold, main directions, lengths and kinds of letters."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.items import find_items
from automl.features.sparse_linear import directions
from automl.features.terms import SAMPLE, Terms, term_sums
from automl.features.text_score import most_terms, scores_of
from automl.features.words import WORD, find_words
from automl.ops import expr as ops

DIRECTIONS = 8  # of each column
PATTERNS = {
    "characters": r"[\s\S]",
    "words": WORD,
    "digits": "[0-9]",
    "capitals": "[A-Z]",
    "exclamations and questions": "[!?]",
}


def _always(columns: Sequence[Column]) -> tuple[Ask, ...]:
    """Texts and lists say nothing without their words and items, so they are no option: all in one ask."""
    texts = tuple(column.name for column in columns if column.wire == "text" or column.sense == "list")
    return (Ask(step="text", columns=texts),) if texts else ()


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """Nothing more than what is always there."""
    del survey
    return ()


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    """The score is of all texts together: what one says the other need not say again."""
    texts = {column.name: sample.frame[column.name].fill_null("") for column in columns}
    terms = {column.name: _terms(column, texts[column.name], sample) for column in columns}
    found = {name: known for name, known in terms.items() if known is not None}
    scores = scores_of(found, sample, name="text: score") if found else ()
    return (*scores, *(fitted for name in texts for fitted in _about(name, found.get(name), sample)))


def _terms(column: Column, texts: pl.Series, sample: Sample) -> Terms | None:
    """The items of a list, the words of any other text."""
    most = most_terms(sample.task)
    if column.sense == "list":
        return find_items(texts, column.separator, seed=sample.seed, most=most)
    return find_words(texts, seed=sample.seed, most=most)


def _about(name: str, words: Terms | None, sample: Sample) -> tuple[Fitted, ...]:
    """What a text is like, whatever the target."""
    column = ops.Column(name, "text")
    counts = [made(f"{name}: {what}", (name,), ops.CountMatches(column, pattern)) for what, pattern in PATTERNS.items()]
    if words is None:
        return tuple(counts)
    turned = directions(words.matrix[:SAMPLE], DIRECTIONS, seed=sample.seed)
    sums = term_sums(words, turned)
    parts = [made(f"{name}: direction {k + 1}", (name,), ops.Pick(sums, (k,))) for k in range(turned.shape[1])]
    return (*parts, *counts)


text = Joint(name="text", propose=_propose, fit=_fit, always=_always)
