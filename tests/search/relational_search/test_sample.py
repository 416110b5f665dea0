"""Batches of features on the rows that they are tried on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from polars.testing import assert_frame_equal

from automl.features.relational.compute.run import run
from automl.search.relational_search.batches import Batch
from automl.search.relational_search.sample import SampleRows


@pytest.fixture
def sample(stage: Any) -> SampleRows:
    return SampleRows.of(stage.proposed, stage.parts.train, stage.parts.past_train, np.arange(300))


def batch(stage: Any, *names: str) -> Batch:
    features = tuple(feature for feature in stage.proposed.features if feature.name in names)
    return Batch(features=features, way=None, work=1.0)


def test_a_batch_has_the_values_of_a_run(stage: Any, sample: SampleRows) -> None:
    """Computed in three parts, the rows are in their order and the bits are those of all rows at once."""
    found = sample.values(batch(stage, "state", "median"), seconds=60.0)
    assert found is not None
    values, each = found
    wanted = replace(stage.proposed, features=batch(stage, "state", "median").features)
    assert_frame_equal(values, run(wanted, stage.parts.train[:300], stage.parts.past_train), check_exact=True)
    assert each >= 0.0


def test_what_takes_longer_than_there_is_time_is_left(stage: Any, sample: SampleRows) -> None:
    """The first parts show how long all rows take."""
    assert sample.values(batch(stage, "state"), seconds=0.0) is None


def test_few_rows_are_enough(stage: Any) -> None:
    """Of a single row the later parts are empty."""
    one = SampleRows.of(stage.proposed, stage.parts.train, stage.parts.past_train, np.arange(1))
    found = one.values(batch(stage, "state"), seconds=60.0)
    assert found is not None
    assert found[0].height == one.rows == 1


def test_how_long_histories_are_is_known(stage: Any, sample: SampleRows) -> None:
    """Three keys with 200 rows each."""
    rows = sample.usual_rows()
    assert rows(stage.proposed.features[0].expr.path) == 200.0
