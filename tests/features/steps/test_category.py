"""Categories: which levels there are, what unseen ones get, and how wide it may become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold
from automl.features.base import Sample
from automl.features.shrinkage import strength
from automl.features.steps.category import CODES, FEW, MANY, category
from automl.features.vocabulary import LARGEST, vocabulary
from automl.ops.bulk import evaluate
from automl.task import Task
from automl.testing._graph import assert_graph_agrees

COLUMN = Column(name="c", wire="category", role="feature", reason="", is_feature=True, reader={})
BINARY = Task(kind="binary", classes=2)


def fit(texts, y=None, task=BINARY, parts=5):
    n = len(texts)
    y = np.arange(n) % 2 if y is None else np.asarray(y)
    folds = tuple(Fold(fit=np.flatnonzero(np.arange(n) % 5 != k), valid=np.arange(k, n, 5)) for k in range(parts))
    frame = pl.DataFrame({"c": texts}, schema={"c": pl.String})
    found = category.fit(COLUMN, Sample(frame=frame, y=y * 1.0, weight=None, task=task, folds=folds, seed=0))
    return {fitted.feature.name: fitted for fitted in found}


def value(fitted, *texts):
    return evaluate({"v": fitted.feature.expr}, pl.DataFrame({"c": texts}))["v"][:, 0].tolist()


def many(levels, each):
    return [f"level {i}" for i in range(levels) for _ in range(each)]


def test_golden_codes():
    """Levels are numbered by frequency, then by text; below five rows a level is 0, and so is what was never seen."""
    texts = ["b"] * 5 + ["a"] * 5 + [""] * 6 + ["rare"] * 4
    found = fit(texts)
    assert list(found) == ["c"]
    assert found["c"].feature.levels == 4
    assert value(found["c"], "", "a", "b", "rare", "new", "A") == [1, 2, 3, 0, 0, 0]


def test_golden_statistic():
    """The share of positives of a level is shrunk to the overall share; one without rows has what rare ones have."""
    texts = ["x"] * 30 + many(FEW, 5)
    y = np.array([1] * 24 + [0] * 6 + [1, 0, 0, 0, 0] * FEW)
    share = fit(texts, y)["c: share of positives"]
    prior, words = y.mean(), vocabulary(pl.Series(texts))
    belief = strength(words.level, words.levels, y * 1.0, np.ones(len(y)))
    expected = [(24 + belief * prior) / (30 + belief), (1 + belief * prior) / (5 + belief), prior]
    assert value(share, "x", "level 0", "new") == pytest.approx(expected)
    assert share.values is not None
    assert share.values[24] > value(share, "x")[0] - 0.05  # of five folds, four tell


def test_few_levels_have_codes_and_many_have_statistics():
    """Up to ten levels (the rare one counts) there is the code; then statistics too; beyond forty the frequency."""
    assert list(fit(many(FEW - 1, 6))) == ["c"]
    assert list(fit(many(FEW, 6))) == ["c", "c: share of positives"]
    found = fit(many(MANY, 6))
    assert list(found) == ["c", "c: share of positives", "c: frequency"]
    assert value(found["c: frequency"], "level 3", "new") == [6 / (6 * MANY), 0]
    assert list(fit(many(CODES, 6))) == ["c", "c: share of positives", "c: frequency"]
    assert [fit(many(levels, 6))["c"].feature.kind for levels in (MANY, CODES - 1, CODES)] == ["code", "code", "level"]


def test_classes_give_one_statistic_less_than_their_number():
    """K classes give K - 1 statistics, more than twelve as many directions; with fewer levels than classes none."""
    texts = many(FEW + 1, 12)
    classes = np.arange(len(texts))
    three = fit(texts, classes % 3, Task(kind="multiclass", classes=3))
    assert list(three) == ["c", "c: share of class 1", "c: share of class 2"]
    assert list(fit(texts, classes % 12, Task(kind="multiclass", classes=12))) == ["c"]
    assert len(fit(many(20, 12), np.arange(240) % 12, Task(kind="multiclass", classes=12))) == 12
    assert len(fit(many(20, 12), np.arange(240) % 13, Task(kind="multiclass", classes=13))) == 12


def test_ten_thousand_categories_stay_narrow():
    """D07: 10,000 levels give three columns; without statistics, codes that a learner can hold, others being rare."""
    texts = many(10_000, 5)
    found = fit(texts)
    assert list(found) == ["c", "c: share of positives", "c: frequency"]
    assert found["c"].feature.levels == 10_001
    assert len(set(value(found["c"], *many(10_000, 1)))) == 10_000
    found = fit(texts, np.arange(len(texts)) % 13, Task(kind="multiclass", classes=13))
    assert list(found) == ["c", *(f"c: direction {k} of classes" for k in range(1, 12)), "c: frequency"]
    assert found["c"].feature.kind == "level"
    found = fit(texts, parts=0)
    assert list(found) == ["c", "c: frequency"]
    assert found["c"].feature.levels == CODES + 1
    assert set(value(found["c"], *many(10_000, 1))) == set(range(CODES + 1))


def test_unseen_levels_take_the_value_of_the_rare_level():
    """D07: whatever a category gives, a level never seen gives what a rare level gives."""
    for levels in (FEW - 1, MANY - 1, MANY):
        found = fit([*many(levels, 6), *(f"once {i}" for i in range(30))])
        assert len(found) == {FEW - 1: 1, MANY - 1: 2, MANY: 3}[levels]
        for fitted in found.values():
            assert value(fitted, "never seen") == value(fitted, "once 7")


def test_the_vocabulary_is_bounded():
    """D07: at most 10,000 keys enter the bundle; the most frequent ones stay."""
    texts = [*many(LARGEST + 50, 5), "level 7"]
    words = vocabulary(pl.Series(texts))
    assert len(words.keys) == LARGEST
    assert words.keys[0] == "level 7"
    assert words.counts.sum() == len(texts)
    assert words.counts[0] == 250


def test_an_empty_or_null_column():
    """No rows give one level, the rare one; a null counts as missing."""
    assert vocabulary(pl.Series([], dtype=pl.String)).levels == 1
    assert vocabulary(pl.Series([None, ""] * 3, dtype=pl.String)).keys == ("",)


def test_a_number_whose_levels_tell_is_both():
    """Its code, statistics and frequency stand beside the number, and the graph has them for any number."""
    rng = np.random.default_rng(0)
    code = rng.integers(0, 303, 3_000)
    numbers = pl.DataFrame({"c": (code - 3) * 1_000_003.0})
    y = (rng.normal(size=303)[code] > 0).astype(np.float64)
    folds = tuple(Fold(fit=np.flatnonzero(code % 2 != k), valid=np.flatnonzero(code % 2 == k)) for k in (0, 1))
    column = replace(COLUMN, wire="number", sense="both")
    found = category.fit(column, Sample(frame=numbers, y=y, weight=None, task=BINARY, folds=folds, seed=0))
    assert category.applies(column)
    assert [one.feature.name for one in found] == ["c: level", "c: share of positives", "c: frequency"]
    assert found[0].feature.kind == "level"
    odd = pl.DataFrame({"c": [np.nan, np.inf, 0.5, 1e300, -1e300, 2.0**53, 1_000_003.0, -3_000_009.0]})
    assert_graph_agrees(found, pl.concat([odd, numbers]))
