"""How a prediction moves with one column."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.diagnostics.accumulated_effects import accumulated_effects


def test_the_effect_of_a_sum_is_its_own_term():
    """Of x² + 3z with z tied to x the effect of x is x², of z a straight line, both around 0."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 20_000)
    frame = pl.DataFrame({"x": x, "z": x + rng.normal(0, 0.1, 20_000)})

    def score(rows: pl.DataFrame) -> np.ndarray:
        return (rows["x"] ** 2 + 3 * rows["z"]).to_numpy()

    found = accumulated_effects(frame, "x", score)
    values, effects = np.array([(one.value, one.effect) for one in found]).T
    assert effects - effects.min() == pytest.approx(values**2 - (values**2).min(), abs=0.15)
    assert sum(one.rows for one in found) == 20_000
    assert abs(np.average(effects, weights=np.convolve([one.rows for one in found], [0.5, 0.5])[: len(found)])) < 0.05
    line = accumulated_effects(frame, "z", score)
    assert (line[-1].effect - line[0].effect) / (line[-1].value - line[0].value) == pytest.approx(3, rel=1e-6)


def test_a_column_without_two_values_has_none():
    """One value, or nothing but missing cells."""
    for values in ([1.0, 1.0], [np.nan, np.inf], []):
        frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
        assert accumulated_effects(frame, "x", lambda rows: rows["x"].to_numpy()) == ()
