"""Pairs: what goes together is strong, what does not is about 0, whatever the kinds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.explore.pairs import cramer, pairs, strengths

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=2_000)
FRAME = pl.DataFrame(
    {
        "x": X,
        "falls": -np.exp(X),
        "side": np.where(X > 0, "up", "down"),
        "other": DRAW.normal(size=2_000),
        "letters": DRAW.choice(list("abcdefghij"), 2_000),
        "constant": np.zeros(2_000),
    }
)
NAMES = FRAME.columns
FOUND = strengths(FRAME, NAMES)


def at(one: str, other: str) -> float:
    return float(FOUND[NAMES.index(one), NAMES.index(other)])


def test_ranks_have_a_sign() -> None:
    """A number that falls as another rises has -1, however it is bent."""
    assert at("x", "falls") == pytest.approx(-1.0)


def test_a_category_goes_with_a_number() -> None:
    """By Cramer's V over ranges; independent columns have about 0, as V without its bias is."""
    assert at("x", "side") > 0.9
    assert at("letters", "other") < 0.1
    assert abs(at("x", "other")) < 0.1
    assert at("x", "constant") == 0.0


def test_the_strongest_pair_stands_first_with_its_measure() -> None:
    """Only strong pairs are told."""
    found = pairs(FRAME, NAMES, FOUND)
    assert [({pair.one, pair.other}, pair.measure) for pair in found[:1]] == [({"x", "falls"}, "rank correlation")]
    assert {pair.measure for pair in found[1:]} == {"Cramer's V"}
    assert all(abs(pair.strength) >= 0.5 for pair in found)


def test_v_is_one_for_a_copy() -> None:
    """And 0 for a constant."""
    codes = DRAW.integers(0, 4, 500)
    assert cramer(codes, codes) == pytest.approx(1.0)
    assert cramer(codes, np.zeros(500, dtype=np.int64)) == 0.0
