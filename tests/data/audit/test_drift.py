"""Whether test is told from train."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.data.audit.drift import told_apart

DRAW = np.random.default_rng(3)


def rows(n: int, shift: float = 0.0, day: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"x": DRAW.normal(size=n) + shift, "c": DRAW.choice(["a", "b"], n), "day": DRAW.random(n) * 1e6 + day * 1e6}
    )


def test_alike() -> None:
    """Rows of one source are not told apart."""
    assert told_apart(rows(4_000), rows(1_000), by_time=False, dates=(), seed=1) == ()


def test_shifted() -> None:
    """Rows that differ are told apart, by the column that differs; with a split by time that is expected."""
    (found,) = told_apart(rows(4_000), rows(1_000, shift=1.0), by_time=False, dates=(), seed=1)
    assert found.action == "noted"
    assert next(iter(found.evidence["columns"])) == "x"  # type: ignore[call-overload]  # a mapping
    assert "not drawn as train was" in found.text
    (timed,) = told_apart(rows(4_000), rows(1_000, shift=1.0), by_time=True, dates=(), seed=1)
    assert "expected" in timed.text


def test_another_time() -> None:
    """A date that tells test from train asks for data.time."""
    (found,) = told_apart(rows(4_000), rows(1_000, day=1.0), by_time=False, dates=("day",), seed=1)
    assert "set data.time" in found.text


def test_little() -> None:
    """Nothing is said of a few rows or no columns."""
    assert told_apart(rows(4_000), rows(20, shift=9.0), by_time=False, dates=(), seed=1) == ()
    assert told_apart(pl.DataFrame(), pl.DataFrame(), by_time=False, dates=(), seed=1) == ()
