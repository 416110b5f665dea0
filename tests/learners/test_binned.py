"""Learners that take bins from the disk give models of the values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl.learners._binned import MISSING, MOST_BINS, OfBins, bins_of, edges_of, numbers
from automl.learners.base import BinnedRows, FeatureInfo, Matrix
from automl.learners.lightgbm import LIGHTGBM
from automl.learners.xgboost import XGBOOST
from automl.ops.bulk import evaluate
from automl.task import Task

NUMBER = FeatureInfo(name="x", kind="number")
CODE = FeatureInfo(name="c", kind="code", levels=40)
PARAMS = {
    "lightgbm": {"learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 5, "rounds": 60},
    "xgboost": {"learning_rate": 0.2, "max_depth": 4, "rounds": 60},
}
RNG = np.random.default_rng(0)


def drawn(n: int, *, binary: bool = True) -> Matrix:
    """A number with missing values, one of many ties, and a code."""
    rng = np.random.default_rng(n)
    x, few, code = rng.normal(size=n), rng.integers(0, 3, n).astype(float), rng.integers(0, 40, n).astype(float)
    score = np.sin(3 * x) + 0.5 * few * (x > 0) + (code % 7 < 3)
    x[rng.random(n) < 0.1] = np.nan
    y = (rng.random(n) < 1 / (1 + np.exp(-3 * (score - 1)))).astype(float) if binary else 1e6 + score
    return Matrix(values=np.column_stack([x, few, code]), features=(NUMBER, NUMBER, CODE), y=y)


def on_disk(rows: Matrix, folder: Path) -> BinnedRows:
    """The rows as files."""
    edges = tuple(edges_of(rows.values[:, j], feature) for j, feature in enumerate(rows.features))
    bins_of(rows.values, edges).tofile(folder / "bins")
    rows.y.tofile(folder / "y")
    return BinnedRows(bins=str(folder / "bins"), y=str(folder / "y"), weight=None, features=rows.features, edges=edges)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=5_000),
        np.r_[np.zeros(4_000), RNG.random(5_000), np.ones(3_000)],
        RNG.integers(0, 1_000, 20_000).astype(float),
        np.array([1.0, 2.0, np.nan]),
        np.full(10, 3.0),
        np.full(3, np.nan),
    ],
    ids=["normal", "heaps", "whole", "two", "one", "none"],
)
def test_edges_part_values_as_their_bins_do(values: np.ndarray) -> None:
    """Few enough edges, ascending; below an edge and up to its bin say the same."""
    edges = edges_of(values, NUMBER)
    assert edges.size < MOST_BINS
    assert (np.diff(edges) > 0).all()
    bins = bins_of(values[:, None], [edges])[:, 0]
    assert (bins[np.isnan(values)] == MISSING).all()
    known = ~np.isnan(values)
    for place, edge in enumerate(edges):
        assert ((values[known] <= edge) == (bins[known] <= place)).all()
    distinct = np.unique(values[known]).size
    assert np.unique(bins[known]).size == min(distinct, edges.size + 1)


def test_codes_are_their_own_bins() -> None:
    """Of as many levels as a byte tells apart; missing is a number again."""
    codes = np.arange(40.0)[:, None]
    bins = bins_of(codes, [edges_of(codes[:5, 0], CODE)])
    assert (bins == codes).all()
    assert np.isnan(numbers(np.array([[MISSING]], dtype=np.uint8))).all()


@pytest.mark.parametrize("learner", [LIGHTGBM, XGBOOST], ids=lambda one: one.name)
@pytest.mark.parametrize("binary", [True, False], ids=["labels", "number"])
def test_a_model_of_bins_is_one_of_values(learner, tmp_path: Path, *, binary: bool) -> None:
    """Its export gives the library's own scores on rows it has not seen, at edges and where a value is missing."""
    train, valid, other = drawn(6_000, binary=binary), drawn(1_000, binary=binary), drawn(2_000, binary=binary)
    rows = on_disk(train, tmp_path)
    task = Task(kind="binary", classes=2) if binary else Task(kind="regression")
    as_bins = Matrix(
        values=numbers(bins_of(valid.values, rows.edges)).astype(np.float64), features=valid.features, y=valid.y
    )
    fit = learner.fit_binned
    found = fit(rows, as_bins, task, PARAMS[learner.name], seed=0, seconds=np.inf, threads=1)
    model = OfBins(model=found, edges=rows.edges, narrow=learner.narrow)
    values = other.values.copy()
    values[: rows.edges[0].size, 0] = rows.edges[0]
    values[1_000 : 1_000 + rows.edges[0].size, 0] = np.nextafter(rows.edges[0], np.inf)
    member = model.member()
    assert member.rounds == model.rounds
    got = evaluate({"raw": member.raw, "p": member.prediction}, {}, features=values)
    want = model.raw(values)
    scale = np.maximum(1.0, np.abs(want))
    assert np.max(np.abs(got["raw"] - want) / scale) <= max(learner.tolerance, 1e-9)
    whole = learner.fit(train, valid, task, PARAMS[learner.name], seed=0, seconds=np.inf)
    spread = np.std(other.y) if not binary else 1.0
    ours, theirs = (
        np.mean((evaluate({"p": one.member().prediction}, {}, features=other.values)["p"][:, 0] - other.y) ** 2)
        for one in (model, whole)
    )
    assert ours <= theirs + 0.02 * spread**2
