"""What a bundle keeps of a column, compared with a window, and as the way back."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.bundle.margins import Margin, bins_of, margin
from automl.monitor.drift.bounds import variation
from automl.monitor.drift.reference import Levels, Numbers, numbers_from, numbers_of, reference_of, shares_of
from automl.testing._bundle import feature_columns

DRAW = np.random.default_rng(3)
THEN = np.where(DRAW.random(4_000) < 0.1, np.nan, DRAW.normal(size=4_000))
NOW = np.where(DRAW.random(3_000) < 0.3, np.nan, DRAW.normal(0.5, 1.0, 3_000))


def test_the_distance_is_never_more_than_it_is() -> None:
    """Bins and quantiles know less than the rows, and say no more."""
    whole = numbers_from(THEN)
    bins = bins_of(THEN)
    assert bins
    known = Margin(wire="number", missing=float(np.isnan(THEN).mean()), quantiles=quantiles(THEN))
    few = reference_of(known)
    assert isinstance(few, Numbers)
    exact = whole.distance(NOW)
    for reference in (numbers_of(bins, known.missing), few):
        assert 0.5 * exact < reference.distance(NOW) <= exact + 1e-3
    assert numbers_of(bins, known.missing).distance(THEN) == pytest.approx(0.0, abs=1e-9)


def test_ties_of_quantiles_are_no_distance() -> None:
    """A column of zeros but for 2 % has the same quantile many times; the same rows are not apart from it."""
    rows = np.where(np.arange(1_000) < 20, 5.0, 0.0)
    known = reference_of(Margin(wire="number", missing=0.0, quantiles=quantiles(rows)))
    assert isinstance(known, Numbers)
    assert known.distance(rows) == pytest.approx(0.0, abs=2e-3)
    assert known.distance(np.full(1_000, 5.0)) > 0.9


def test_gaps_count_as_a_move() -> None:
    """A third of the cells gone is a distance of a third."""
    rows = THEN.copy()
    rows[: len(rows) // 3] = np.nan
    share = float(np.isnan(rows).mean() - np.isnan(THEN).mean())
    assert numbers_from(THEN).distance(rows) == pytest.approx(share, abs=0.02)


def test_numbers_find_their_way_back() -> None:
    """Quantile by quantile: what is mapped is distributed as the reference, gaps too, and keeps its order."""
    known = numbers_from(THEN)
    back = known.mapped(NOW, np.random.default_rng(0))
    assert known.distance(back) < 0.02
    kept = np.isfinite(NOW) & np.isfinite(back)
    order = np.argsort(NOW[kept])
    assert (np.diff(back[kept][order]) >= 0).all()


def test_levels_find_their_way_back() -> None:
    """Level by level: shares are those of the reference, and as few rows as can be take another level."""
    known = Levels(shares={"a": 0.5, "b": 0.3, "": 0.1}, others=0.1)
    cells = pl.Series("x", ["a"] * 20 + ["b"] * 70 + ["new"] * 10)
    back = known.mapped(cells, np.random.default_rng(0))
    assert shares_of(back) == {"a": 0.5, "b": 0.3, "": 0.1, "new": 0.1}
    assert (back == cells).sum() == 60


def test_total_variation_pools_what_is_rare() -> None:
    """Of 200 levels 30 are told apart, the rest is one; half of the rows elsewhere is a half."""
    known = Levels(shares={f"l{i}": 1 / 200 for i in range(200)}, others=0.0)
    same = pl.Series("x", [f"l{i}" for i in range(200)] * 5)
    assert known.beside(same).shape == (30, 2)
    assert variation(known.beside(same)) == pytest.approx(0.0, abs=1e-12)
    assert variation(Levels(shares={"a": 1.0}, others=0.0).beside(pl.Series("x", ["a", "b"]))) == pytest.approx(0.5)


def test_each_wire_has_a_reference() -> None:
    """Numbers, levels, dates, flags, and of text the number of words."""
    from automl.data.read.frames import read_frame
    from automl.testing._bundle import raw_rows

    columns = feature_columns()
    wire = read_frame({"columns": [column.reader for column in columns]}, raw_rows())
    found = {column.name: reference_of(margin(wire[column.name], column)) for column in columns}
    assert {name for name, each in found.items() if isinstance(each, Levels)} == {"job"}
    assert all(found.values())


def quantiles(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, float | None]:
    """Some quantiles as bundles of protocol 1 keep them."""
    return {str(q): float(np.nanquantile(values, q)) for q in (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)}
