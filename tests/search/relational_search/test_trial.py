"""Boosters with and without columns of other tables, on the same folds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from automl.data.rows import Schema
from automl.features.relational.relate import computed_columns
from automl.search.feature_search.columns import Columns
from automl.search.feature_search.gain import gain
from automl.search.relational_search.batches import Batch
from automl.search.relational_search.sample import SampleRows
from automl.search.relational_search.trial import TrialRoom, is_bare


def columns(stage: Any, *names: str) -> Columns:
    """What the plan makes of these proposed features on the rows of the room."""
    features = tuple(feature for feature in stage.proposed.features if feature.name in names)
    sample = SampleRows.of(stage.proposed, stage.parts.train, stage.parts.past_train, stage.room.drawn.at)
    found = sample.values(Batch(features=features, way=None, work=1.0), seconds=60.0)
    assert found is not None
    return stage.room.columns(found[0], Schema(columns=computed_columns(stage.problem.schema, features)))


def test_what_tells_is_beyond_noise(stage: Any) -> None:
    """Of two columns the one that tells outweighs permuted copies, and saves loss row by row."""
    base, both = stage.room.base(), columns(stage, "state", "pages")
    assert stage.room.beyond_noise(base, both) == {"state"}
    alone, wider = stage.room.tried(base), stage.room.tried(base.beside(both))
    saved, errors = gain(stage.room.drawn, alone.lost, wider.lost)
    assert saved > 0.1
    assert errors > 1.0
    assert len(wider.weight) == base.width + both.width
    assert wider.weight[base.width] > wider.weight[base.width + 1]


def test_each_row_that_a_fold_predicts_has_a_loss(stage: Any) -> None:
    """The others have none; a trial is repeatable to the bit, whatever the number of workers."""
    base = stage.room.base()
    tried = stage.room.tried(base)
    predicted = np.unique(np.concatenate([fold.valid for fold in stage.room.drawn.folds]))
    np.testing.assert_array_equal(np.flatnonzero(~np.isnan(tried.lost)), predicted)
    again = replace(stage.room, workers=2).tried(base)
    np.testing.assert_array_equal(again.lost, tried.lost)
    np.testing.assert_array_equal(again.weight, tried.weight)


def test_a_main_table_without_a_feature_is_bare(stage: Any) -> None:
    """It is one constant, beside which columns are tried all the same."""
    keys = tuple(replace(column, is_feature=False) for column in stage.problem.schema.columns)
    problem = replace(stage.problem, schema=Schema(columns=keys))
    room = TrialRoom(problem=problem, drawn=stage.room.drawn, workers=1)
    base = room.base()
    assert is_bare(base)
    assert not is_bare(stage.room.base())
    assert base.width == 1
    assert np.isfinite(room.tried(base).lost).any()
