"""What texts say of the target: out of fold, one number for each class, and nothing where nothing can be learned."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Fold
from automl.features.text_score import scores_of
from automl.features.words import find_words
from automl.task import Task

TEXTS = pl.DataFrame({"t": ["good buy", "bad buy", "fair buy"] * 40})
BAD = np.array([0.0, 1.0, 0.0] * 40)


def found():
    return {"t": find_words(TEXTS["t"], seed=0)}


def test_a_telling_word_scores_high(make_sample, halves, values_on):
    """The word that goes with the positives is above 0, the others below, in training as in what ships."""
    (score,) = scores_of(found(), make_sample(TEXTS, BAD, folds=halves(120)), name="text: score")
    assert (score.feature.name, score.feature.kind, score.feature.source) == ("text: score", "target", ("t",))
    good, bad, fair = values_on(score, pl.DataFrame({"t": ["good", "bad", "fair"]}))
    assert bad > max(good, fair)
    assert score.values[BAD == 1].min() > score.values[BAD == 0].max()


def test_what_was_never_seen_scores_like_no_word(make_sample, halves, values_on):
    """An unknown text, an empty one and signs alone have one score: the intercept."""
    (score,) = scores_of(found(), make_sample(TEXTS, BAD, folds=halves(120)), name="s")
    values = values_on(score, pl.DataFrame({"t": ["never seen", "", "?!", "漢字"]}))
    assert len(set(values.tolist())) == 1


def test_the_target_of_a_row_never_moves_its_own_score(make_sample, halves):
    """Other targets on the even rows change the scores of the odd ones only."""
    other = BAD.copy()
    other[::2] = 1 - other[::2]
    before, after = (
        scores_of(found(), make_sample(TEXTS, y, folds=halves(120)), name="s")[0].values for y in (BAD, other)
    )
    np.testing.assert_array_equal(before[::2], after[::2])
    assert (before[1::2] != after[1::2]).all()


def test_several_classes_have_a_score_each(make_sample, halves, values_on):
    """Each class has its word, and the word of a class has the highest score for it."""
    y = np.array([0.0, 1.0, 2.0] * 40)
    task = Task(kind="multiclass", classes=3)
    scores = scores_of(found(), make_sample(TEXTS, y, task=task, folds=halves(120)), name="s")
    assert [one.feature.name for one in scores] == [f"s of class {k}" for k in range(3)]
    words = pl.DataFrame({"t": ["good", "bad", "fair"]})
    table = np.column_stack([values_on(one, words) for one in scores])
    assert table.argmax(axis=1).tolist() == [0, 1, 2]


def test_nothing_is_learned_where_it_could_not_be_out_of_fold(make_sample, halves):
    """No folds, no score; too many classes, no score."""
    assert scores_of(found(), make_sample(TEXTS, BAD), name="s") == ()
    task = Task(kind="multiclass", classes=101)
    assert scores_of(found(), make_sample(TEXTS, BAD, task=task, folds=halves(120)), name="s") == ()


@pytest.mark.parametrize(
    ("task", "y", "weight", "expected"),
    [
        (Task(kind="binary", classes=2), BAD, None, [np.log(0.5)]),
        (Task(kind="binary", classes=2), BAD, np.where(BAD == 1, 2.0, 1.0), [0.0]),
        (Task(kind="multiclass", classes=2), BAD, None, [np.log(2 / 3), np.log(1 / 3)]),
        (Task(kind="regression"), 50 + BAD, None, [0.0]),
        (Task(kind="binary", classes=2), np.zeros(120), None, [np.log(1e-6 / (1 - 1e-6))]),
    ],
    ids=["odds of one to two", "weights make them even", "log shares", "standard deviations", "no positive at all"],
)
def test_a_row_that_no_fold_predicts_has_the_prior(make_sample, task, y, weight, expected):
    """Rows outside of all folds get what is known without a word: log odds, log shares, or the mean."""
    folds = (Fold(fit=np.arange(60), valid=np.arange(60, 120)),)
    scores = scores_of(found(), make_sample(TEXTS, y, weight=weight, task=task, folds=folds), name="s")
    for score, prior in zip(scores, expected, strict=True):
        assert score.values[:60] == pytest.approx(prior)


def test_columns_are_learned_together(make_sample, halves, values_on):
    """Two texts of a row add up in one score, which names both as its source."""
    frame = TEXTS.with_columns(u=pl.Series(["yes", "no"] * 60))
    y = ((frame["t"] == "bad buy") & (frame["u"] == "yes")).to_numpy().astype(float)
    terms = {name: find_words(frame[name], seed=0) for name in ("t", "u")}
    (score,) = scores_of(terms, make_sample(frame, y, folds=halves(120)), name="s")
    assert score.feature.source == ("t", "u")
    rows = pl.DataFrame({"t": ["bad buy", "bad buy", "good buy"], "u": ["yes", "no", "yes"]})
    both, *one = values_on(score, rows)
    assert both > max(one)
