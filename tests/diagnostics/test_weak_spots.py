"""A shallow tree finds the rows on which the model loses."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.diagnostics.weak_spots import weak_spots


def frame(n: int) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    given = pl.DataFrame({"age": rng.uniform(18, 90, n), "shop": rng.choice(["north", "south", ""], n)})
    bad = (given["age"].to_numpy() > 60) & (given["shop"] == "south").to_numpy()
    return given, 5.0 * bad + rng.normal(0, 0.1, n)


def test_the_rows_that_lose_are_named():
    """Old customers of one shop: the heaviest leaf says so, with an interval that holds the truth."""
    given, loss = frame(4_000)
    worst, *others = weak_spots(given, loss, np.ones(4_000), seed=0)
    assert len(worst.conditions) == 2
    assert any(text.startswith(("age above 6", "age above 59")) for text in worst.conditions)
    assert "shop is south" in worst.conditions
    assert worst.low <= 5.0 <= worst.high or abs(worst.loss - 5.0) < 0.2
    assert all(one.loss < 1 for one in others)


def test_few_rows_and_nothing_to_ask_have_none():
    """Luck is no weak spot: too few rows, no column, or columns of one value give none."""
    given, loss = frame(150)
    assert weak_spots(given, loss, np.ones(150), seed=0) == ()
    one = pl.DataFrame({"x": np.zeros(1_000), "t": [""] * 1_000})
    assert weak_spots(one, np.random.default_rng(0).random(1_000), np.ones(1_000), seed=0) == ()
    assert weak_spots(pl.DataFrame(), np.ones(1_000), np.ones(1_000), seed=0) == ()


def test_missing_numbers_are_below_all():
    """What is missing, infinite or huge parts rows without a warning."""
    x = np.repeat([np.nan, np.inf, 1e300, 3.0], 250)
    found = weak_spots(pl.DataFrame({"x": x}), np.repeat([4.0, 0.0, 0.0, 1.0], 250), np.ones(1_000), seed=0)
    assert found[0].conditions == ("x at most 2.5",)
