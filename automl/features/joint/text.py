"""Free text: what a linear model of its words says out of fold, main directions, lengths, and the words themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.items import find_items
from automl.features.plan import Feature
from automl.features.sparse_linear import directions
from automl.features.terms import SAMPLE, Terms, term_sums
from automl.features.text_score import most_terms, scores_of
from automl.features.words import WORD, find_words
from automl.ops import expr as ops

DIRECTIONS = 8  # of each column
MOST_PLACES = 128  # of a bag; what a longer text has beyond them only the other features tell
MOST_CELLS = 16_000_000  # of all places in the matrix; of more rows fewer places are looked at
PATTERNS = {
    "characters": r"[\s\S]",
    "words": WORD,
    "digits": "[0-9]",
    "capitals": "[A-Z]",
    "exclamations and questions": "[!?]",
}


def _always(columns: Sequence[Column]) -> tuple[Ask, ...]:
    """Texts and lists say nothing without their words and items, so they are no option: all in one ask."""
    texts = tuple(column.name for column in columns if column.is_text)
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
    about = (fitted for name in texts for fitted in _about(name, found.get(name), sample))
    return (*scores, *about, *_bags(found, len(sample.y)))


def _terms(column: Column, texts: pl.Series, sample: Sample) -> Terms | None:
    """The items of a list, the words of any other text."""
    most = most_terms(sample.task)
    if column.sense == "list":
        return find_items(texts, column.separator, seed=sample.seed, most=most, least=column.min_level)
    return find_words(texts, seed=sample.seed, most=most, least=column.min_level)


def _bags(found: Mapping[str, Terms], rows: int) -> Iterator[Fitted]:
    """The places of each bag, for learners that look at words themselves; pairs of words are left out."""
    bags = {
        f"{name}: bag {number}": (name, tokens)
        for name, terms in found.items()
        for number, tokens in enumerate((one for one in terms.indices if isinstance(one, ops.Tokens)), start=1)
    }
    most = min(MOST_PLACES, MOST_CELLS // max(1, rows * len(bags)))
    for bag, (name, tokens) in bags.items():
        for place in range(min(most, tokens.most)):
            code = ops.AsNumber(ops.Pick(tokens, (place,)))
            yield Fitted(
                feature=Feature(
                    name=f"{bag}, place {place + 1}",
                    kind="token",
                    source=(name,),
                    expr=code,
                    levels=tokens.size,
                    bag=bag,
                )
            )


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
