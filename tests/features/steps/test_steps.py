"""What every registered step keeps to, and a golden column for each."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold
from automl.features.base import Sample, steps
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

WIRES = ("number", "flag", "category", "text", "date")
TASKS = (Task(kind="binary", classes=2), Task(kind="multiclass", classes=3), Task(kind="regression"))


def column_of(wire):
    return Column(name="c", wire=wire, role="feature", reason="", is_feature=True, reader={})


def values_of(wire, n, seed=0):
    rng = np.random.default_rng(seed)
    if wire in ("category", "text"):
        return pl.Series("c", [f"k{i}" if i else "" for i in rng.geometric(0.03, n) - 1], dtype=pl.String)
    numbers = rng.integers(0, 2, n) * 1.0 if wire == "flag" else rng.integers(-(10**15), 10**15, n) * 1.0
    return pl.Series("c", np.where(rng.random(n) < 0.2, np.nan, numbers), dtype=pl.Float64)


def odd_values(wire, n):
    """A third of the cells missing, unseen, extreme or strange."""
    rng = np.random.default_rng(5)
    strange = {
        "category": ["", "unseen", "Ärger ☃", "\x00", "k1 ", "K1"],
        "text": ["", " ", "\x00", "🚀", "a\tb\nc", "e\u0301 ß ǅ", "k1 k2 " * 200],
        "flag": [np.nan, 2.0, -1.0, 0.5],
        "date": [np.nan, -62_135_596_800_000_000.0, 253_402_300_799_999_999.0, -1.0, 951_782_400e6],
        "number": [np.nan, 0.0, -0.0, 1e308, -1e308, 5e-324, 2.0**53 + 2, -1.0],
    }[wire]
    usual = values_of(wire, n, seed=4)
    odd = pl.Series("c", [strange[place] for place in rng.integers(0, len(strange), n)], dtype=usual.dtype)
    return usual.zip_with(pl.Series(rng.random(n) < 2 / 3), odd)


def sample_of(wire, task, n=600):
    rng = np.random.default_rng(1)
    y = rng.normal(size=n) if task.kind == "regression" else rng.integers(0, task.classes, n) * 1.0
    part = np.arange(n) % 4
    folds = tuple(Fold(fit=np.flatnonzero(part != i), valid=np.flatnonzero(part == i)) for i in range(4))
    return Sample(frame=values_of(wire, n).to_frame(), y=y, weight=None, task=task, folds=folds, seed=0)


CASES = [
    pytest.param(step, wire, task, id=f"{step.name}-{wire}-{task.kind}")
    for step in steps.all.values()
    for wire in WIRES
    for task in TASKS
    if step.applies(column_of(wire))
]


@pytest.mark.parametrize("wire", WIRES)
def test_every_wire_type_has_one_step(wire):
    """No feature column is passed over, and none is made twice."""
    assert sum(step.applies(column_of(wire)) for step in steps.all.values()) == 1


@pytest.mark.parametrize(("step", "wire", "task"), CASES)
def test_features_keep_their_contract(step, wire, task):
    """Each feature has its own name, its source, one column of numbers, and codes below `levels`."""
    sample = sample_of(wire, task)
    found = step.fit(column_of(wire), sample)
    assert found
    assert len({fitted.feature.name for fitted in found}) == len(found)
    for fitted in found:
        feature = fitted.feature
        assert feature.source == ("c",)
        assert feature.expr.width == 1
        assert feature.expr.dtype == "number"
        assert {leaf.name for leaf in ops.walk(feature.expr) if isinstance(leaf, ops.Column)} == {"c"}
        assert (fitted.values is not None) == (feature.kind == "target")
        if feature.kind == "code":
            codes = evaluate({"v": feature.expr}, sample.frame)["v"]
            assert set(codes[:, 0]) <= set(range(feature.levels))


@pytest.mark.parametrize(("step", "wire", "task"), CASES)
def test_the_graph_equals_training(step, wire, task, graph_agrees):
    """10,000 random rows with nulls, unseen levels, extreme numbers and dates, odd unicode: one answer, to 1e-9."""
    graph_agrees(step.fit(column_of(wire), sample_of(wire, task)), odd_values(wire, 10_000).to_frame())


@pytest.mark.parametrize(("step", "wire", "task"), CASES)
def test_missing_unseen_and_nothing_are_answered(step, wire, task):
    """Missing numbers stay NaN, unseen texts take a known value, no rows give no rows."""
    found = step.fit(column_of(wire), sample_of(wire, task))
    texts = wire in ("category", "text")
    odd = pl.Series("c", ["", "never seen"] if texts else [np.nan, np.nan])
    for fitted in found:
        value = evaluate({"v": fitted.feature.expr}, odd.to_frame())["v"]
        assert np.isfinite(value).all() if texts else np.isnan(value).all()
        assert evaluate({"v": fitted.feature.expr}, odd.to_frame()[:0])["v"].shape == (0, 1)


@pytest.mark.parametrize(("step", "wire", "task"), CASES)
def test_fitting_twice_gives_the_same(step, wire, task):
    """R12: a step fitted again on the same rows gives the same features and values."""
    first, second = (step.fit(column_of(wire), sample_of(wire, task)) for _ in range(2))
    frame = values_of(wire, 50, seed=9).to_frame()
    for one, other in zip(first, second, strict=True):
        assert one.feature.name == other.feature.name
        np.testing.assert_array_equal(
            evaluate({"v": one.feature.expr}, frame)["v"], evaluate({"v": other.feature.expr}, frame)["v"]
        )
        np.testing.assert_array_equal(one.values, other.values)
