"""What pieces of words say: names, codes and misspelt words that are seldom seen twice, but share their parts."""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey
from automl.features.pieces import LONGEST, find_pieces
from automl.features.steps.category import CODES
from automl.features.text_score import scores_of

BEST = 2  # columns


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """Short texts, and categories of more levels than there are codes."""
    found = []
    for column in survey.best("text", "category"):
        texts = survey.frame[column.name].fill_null("")
        many = column.wire == "text" or texts.n_unique() > CODES
        length = texts.str.len_chars().median()
        if many and isinstance(length, float) and 0 < length <= LONGEST:
            found.append(Ask(step="characters", columns=(column.name,)))
    return tuple(found[:BEST])


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    (column,) = columns
    texts = sample.frame[column.name].fill_null("")
    found = find_pieces(texts, seed=sample.seed, least=column.min_level)
    return () if found is None else scores_of({column.name: found}, sample, name=f"{column.name}: score of its pieces")


characters = Joint(name="characters", propose=_propose, fit=_fit)
