"""The contract of feature steps: one column becomes numbers, in training and in the graph alike."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from automl.data.read.column_reader import ColumnReader, Wire
from automl.data.rows import Column, Fold
from automl.features.base import Fitted, Sample, Step, steps
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task
from automl.testing._graph import assert_graph_agrees

WIRES: tuple[Wire, ...] = ("number", "flag", "category", "text", "date")
TASKS = (Task(kind="binary", classes=2), Task(kind="multiclass", classes=3), Task(kind="regression"))
STRANGE: dict[Wire, list[object]] = {
    "category": ["", "unseen", "Ärger ☃", "\x00", "k1 ", "K1"],
    "text": ["", " ", "\x00", "🚀", "a\tb\nc", "e\u0301 ß ǅ", "k1 k2 " * 200],
    "flag": [np.nan, 2.0, -1.0, 0.5],
    "date": [np.nan, -62_135_596_800_000_000.0, 253_402_300_799_999_999.0, -1.0, 951_782_400e6],
    "number": [np.nan, 0.0, -0.0, 1e308, -1e308, 5e-324, 2.0**53 + 2, -1.0],
}


def column_of(wire: Wire) -> Column:
    """The feature column ``c``."""
    reader: ColumnReader = {"name": "c", "wire": wire, "missing": (), "parser": None}
    return Column(name="c", wire=wire, role="feature", reason="", is_feature=True, reader=reader)


def values_of(wire: Wire, n: int, seed: int = 0) -> pl.Series:
    """Its cells as they usually are: levels of ever fewer rows, numbers and dates with gaps."""
    rng = np.random.default_rng(seed)
    if wire in ("category", "text"):
        return pl.Series("c", [f"k{i}" if i else "" for i in rng.geometric(0.03, n) - 1], dtype=pl.String)
    numbers = rng.integers(0, 2, n) * 1.0 if wire == "flag" else rng.integers(-(10**15), 10**15, n) * 1.0
    return pl.Series("c", np.where(rng.random(n) < 0.2, np.nan, numbers), dtype=pl.Float64)


def odd_values(wire: Wire, n: int) -> pl.Series:
    """A third of the cells missing, unseen, extreme or strange."""
    rng = np.random.default_rng(5)
    usual = values_of(wire, n, seed=4)
    odd = pl.Series("c", [STRANGE[wire][place] for place in rng.integers(0, len(STRANGE[wire]), n)], dtype=usual.dtype)
    return usual.zip_with(pl.Series(rng.random(n) < 2 / 3), odd)


def sample_of(wire: Wire, task: Task, n: int = 600) -> Sample:
    """Rows with a target that has nothing to do with them."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=n) if task.kind == "regression" else rng.integers(0, task.classes, n).astype(np.float64)
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
every = pytest.mark.parametrize(("step", "wire", "task"), CASES)


@pytest.mark.parametrize("wire", WIRES)
def test_no_wire_type_is_passed_over(wire: Wire) -> None:
    """Every feature column has a step, and the steps of one column name their features apart, in their order."""
    applying = [step for step in steps.all.values() if step.applies(column_of(wire))]
    assert applying
    assert all(one.order <= other.order for one, other in pairwise(applying))
    names = [made.feature.name for step in applying for made in step.fit(column_of(wire), sample_of(wire, TASKS[0]))]
    assert len(set(names)) == len(names)


@every
def test_features_keep_their_contract(step: Step, wire: Wire, task: Task) -> None:
    """Each feature has its source, one column of numbers, and codes below `levels`."""
    sample = sample_of(wire, task)
    found = step.fit(column_of(wire), sample)
    assert found
    for fitted in found:
        feature = fitted.feature
        assert feature.source == ("c",)
        assert feature.expr.width == 1
        assert feature.expr.dtype == "number"
        assert {leaf.name for leaf in ops.walk(feature.expr) if isinstance(leaf, ops.Column)} == {"c"}
        assert (fitted.values is not None) == (feature.kind == "target")
        if feature.kind in {"code", "level"}:
            assert set(_computed(fitted, sample.frame)[:, 0]) <= set(range(feature.levels))


@every
def test_the_graph_equals_training(step: Step, wire: Wire, task: Task) -> None:
    """10,000 random rows with nulls, unseen levels, extreme numbers and dates, odd unicode: one answer, to 1e-9."""
    assert_graph_agrees(step.fit(column_of(wire), sample_of(wire, task)), odd_values(wire, 10_000).to_frame())


@every
def test_missing_unseen_and_nothing_are_answered(step: Step, wire: Wire, task: Task) -> None:
    """Missing numbers stay NaN, unseen texts take a known value, no rows give no rows."""
    texts = wire in ("category", "text")
    odd = pl.Series("c", ["", "never seen"] if texts else [np.nan, np.nan])
    for fitted in step.fit(column_of(wire), sample_of(wire, task)):
        value = _computed(fitted, odd.to_frame())
        assert np.isfinite(value).all() if texts else np.isnan(value).all()
        assert _computed(fitted, odd.to_frame()[:0]).shape == (0, 1)


@every
def test_fitting_twice_gives_the_same(step: Step, wire: Wire, task: Task) -> None:
    """R12: a step fitted again on the same rows gives the same features and values."""
    first, second = (step.fit(column_of(wire), sample_of(wire, task)) for _ in range(2))
    frame = values_of(wire, 50, seed=9).to_frame()
    for one, other in zip(first, second, strict=True):
        assert one.feature.name == other.feature.name
        np.testing.assert_array_equal(_computed(one, frame), _computed(other, frame))
        assert (one.values is None) == (other.values is None)
        if one.values is not None and other.values is not None:
            np.testing.assert_array_equal(one.values, other.values)


def _computed(fitted: Fitted, frame: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.asarray(evaluate({"v": fitted.feature.expr}, frame)["v"])
