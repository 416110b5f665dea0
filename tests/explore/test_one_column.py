"""The best rule on one column: found on one half, judged on the other, told in words."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from automl.explore.one_column import best_rule

ACTIONS = ("pass", "act")
DRAW = np.random.default_rng(0)


def costs(y: np.ndarray) -> np.ndarray:
    """5 where a positive is passed, 1 where another is acted on [n, 2]."""
    return np.column_stack((5.0 * y, 1.0 - y))


def test_a_threshold_is_found() -> None:
    """The rule acts above the step; noise and ids of one row each are not chosen."""
    x = DRAW.normal(size=2_000)
    y = (x > 0.5).astype(float)
    frame = pl.DataFrame({"noise": DRAW.normal(size=2_000), "x": x, "id": [f"r{i}" for i in range(2_000)]})
    rule = best_rule(frame, costs(y), np.ones(2_000), (), 0)
    assert (rule.column, rule.below, rule.above) == ("x", 0, 1)
    assert abs(rule.threshold - 0.5) < 0.1
    assert rule.text(ACTIONS).startswith("'pass' where x < 0.")


def test_levels_have_an_action_each() -> None:
    """A level of few rows gets the usual one; words say which levels differ from it."""
    level = DRAW.choice(["a", "b", "c"], 900)
    y = (level == "b").astype(float)
    level[:3] = "rare"
    rule = best_rule(pl.DataFrame({"level": level}), costs(y), np.ones(900), (), 0)
    assert list(rule.decide(pl.Series("level", ["a", "b", "c"]))) == [0, 1, 0]
    assert "rare" not in rule.levels
    assert "where level is" in rule.text(ACTIONS)


def test_what_is_missing_has_its_own_action() -> None:
    """Rows without a value are acted on where that costs less."""
    x = DRAW.normal(size=1_000)
    x[::4] = math.nan
    rule = best_rule(pl.DataFrame({"x": x}), costs(np.isnan(x).astype(float)), np.ones(1_000), (), 0)
    assert list(rule.decide(pl.Series("x", [math.nan, -9.0, 9.0]))) == [1, 0, 0]


def test_few_rows_have_no_rule() -> None:
    """Neither has a table without columns."""
    assert best_rule(pl.DataFrame({"x": np.arange(30.0)}), costs(np.ones(30)), np.ones(30), (), 0) is None
    assert best_rule(pl.DataFrame(), costs(np.ones(99)), np.ones(99), (), 0) is None
