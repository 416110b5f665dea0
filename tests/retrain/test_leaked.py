"""A column that begins to tell the answer is found before anybody is promoted."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.retrain.leaked import leaked


def test_the_same_world_has_none(contest, world):
    """Nor has one whose rule has changed."""
    assert leaked(contest(world(600, seed=2, start=150))) is None


def test_a_changed_rule_is_no_leak(contest, world):
    """A column that tells more than it did is honest as long as it errs."""
    assert leaked(contest(world(600, seed=2, start=150, changed=True))) is None


def test_the_target_in_a_column_is_found(contest, world):
    """It is named, with what it tells alone (D06, M04)."""
    rows = world(600, seed=2, start=150)
    noise = pl.Series(0.1 * np.random.default_rng(0).normal(size=rows.height))
    said = leaked(contest(rows.with_columns(x1=pl.col("bad").cast(pl.Float64) + noise)))
    assert "'x1' alone predicts the target with AUC" in said
