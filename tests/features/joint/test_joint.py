"""Every joint step: the graph computes what training saw, nothing leaks, and what cannot be learned gives no signal."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold
from automl.features.base import Ask, Sample, Survey, joints
from automl.features.plan import Feature
from automl.features.plan_fit import fit_asks, values_of
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.metrics import get, score
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

WIRES = {
    "x": "number",
    "z": "number",
    "lat": "number",
    "lon": "number",
    "c": "category",
    "d": "category",
    "e": "category",
    "day": "date",
    "due": "date",
    "note": "text",
    "title": "text",
} | {f"n{i}": "number" for i in range(6)}
SENSES = {"lat": ("latitude", "lon"), "lon": ("longitude", "lat")}
COLUMNS = {
    name: Column(
        name=name,
        wire=wire,
        role="time" if name == "day" else "feature",
        reason="",
        is_feature=True,
        reader={},
        sense=SENSES.get(name, ("", ""))[0],
        pair=SENSES.get(name, ("", ""))[1],
    )
    for name, wire in WIRES.items()
}
TASKS = {
    "binary": Task(kind="binary", classes=2),
    "multiclass": Task(kind="multiclass", classes=3),
    "regression": Task(kind="regression"),
}
WORDS = [
    "nice",
    "dress",
    "Great",
    "QUALITY",
    "size",
    "small",
    "İstanbul",
    "Straße",
    "ς",
    "漢字",
    "e\u0301",
    "don't",
    "2,50",
    "no!",
]
ODD_TEXTS = ["", " ", "\x00", "🚀", "a\tb\nc", "\u202eabc", "'; --", "ǅ ǆ", "nice" * 200, "no. " * 600]
EDGES = [np.nan, 0.0, -0.0, 1e308, -1e308, 5e-324, 2.0**53 + 2, -1.0]
LONG_AGO, FAR_AHEAD = -62_135_596_800_000_000.0, 253_402_300_799_999_999.0


def draw(n, seed, *, odd=0.0):
    """Rows of every wire; a share `odd` of the cells is missing, unseen, extreme or strange."""
    rng = np.random.default_rng(seed)
    frame = {}
    for name, wire in WIRES.items():
        if wire == "number":
            cells, strange = rng.normal(50, 3, n) if name in SENSES else rng.normal(0, 5, n).round(1), EDGES
        elif wire == "date":
            cells = rng.integers(0, 2 * 10**15, n).astype(float)
            strange = [np.nan, LONG_AGO, FAR_AHEAD, -1.0, 951_782_400e6]
        elif wire == "category":
            cells, strange = rng.choice([f"level {i}" for i in range(12)], n), ["", "unseen", "Ärger ☃"]
        else:
            cells = [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(n)]
            strange = ODD_TEXTS
        cells = np.asarray(cells, dtype=object)
        places = np.flatnonzero(rng.random(n) < odd)
        cells[places] = np.asarray(strange, dtype=object)[rng.integers(0, len(strange), len(places))]
        frame[name] = cells.tolist()
    types = {name: pl.String if wire in {"category", "text"} else pl.Float64 for name, wire in WIRES.items()}
    return pl.DataFrame(frame, schema=types)


def folds_of(n, k=5):
    part = np.random.default_rng(0).permutation(n) % k
    return tuple(Fold(fit=np.flatnonzero(part != i), valid=np.flatnonzero(part == i)) for i in range(k))


def sample_of(task, n=600, seed=1, odd=0.05):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n) if task.kind == "regression" else rng.integers(0, task.classes, n).astype(float)
    return Sample(frame=draw(n, seed, odd=odd), y=y, weight=None, task=task, folds=folds_of(n), seed=3)


def asks_of(step, sample):
    columns = tuple(COLUMNS.values())
    survey = Survey(
        columns=columns,
        frame=sample.frame,
        task=sample.task,
        weight=dict.fromkeys(COLUMNS, 1.0),
        together={("c", "d"): 2.0, ("c", "x"): 1.0, ("x", "z"): 3.0},
    )
    return step.propose(survey) or (Ask(step="text", columns=("note", "title")),)


def fit(step, sample):
    columns = tuple(COLUMNS.values())
    schema = type("Schema", (), {"columns": columns})
    return fit_asks(asks_of(step, sample), schema, sample)


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("name", joints.all)
def test_the_graph_equals_training(name, kind, graph_agrees):
    """10,000 random rows with nulls, unseen levels, extreme numbers and dates, odd unicode: one answer, to 1e-9."""
    found = fit(joints.get(name), sample_of(TASKS[kind]))
    assert found
    graph_agrees(found, draw(10_000 if kind == "binary" else 500, seed=9, odd=0.3))


@pytest.mark.parametrize("name", joints.all)
def test_one_row_gives_the_bits_of_many(name):
    """A row alone, in a graph of its own call, has the last digit that it has among others."""
    found = fit(joints.get(name), sample_of(TASKS["binary"]))
    exprs = {str(j): one.feature.expr for j, one in enumerate(found)}
    inputs = {part.name: part for part in ops.walk(*exprs.values()) if isinstance(part, ops.Column)}
    session, rows = open_session(to_onnx(exprs, inputs=list(inputs.values()))), draw(40, seed=5, odd=0.3)
    whole = session.run({leaf: rows[leaf].to_numpy() for leaf in inputs})
    for i in (0, 7, 39):
        alone = session.run({leaf: rows[leaf][i : i + 1].to_numpy() for leaf in inputs})
        for key in exprs:
            np.testing.assert_array_equal(alone[key][0], whole[key][i])


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("name", joints.all)
def test_the_target_of_a_row_never_moves_its_own_values(name, kind):
    """Other targets on one fold's valid rows leave what learners see on these rows as it was."""
    sample = sample_of(TASKS[kind])
    valid = sample.folds[2].valid
    other = sample.y.copy()
    other[valid] = other[valid][::-1] + (1.0 if kind == "regression" else 0.0)
    changed = Sample(frame=sample.frame, y=other, weight=None, task=sample.task, folds=sample.folds, seed=sample.seed)
    before, after = (fit(joints.get(name), one) for one in (sample, changed))
    for one, two in zip(before, after, strict=True):
        assert one.feature.name == two.feature.name
        if one.values is not None:
            np.testing.assert_array_equal(one.values[valid], two.values[valid])


@pytest.mark.parametrize("name", ["characters", "crossing", "gaps", "text"])
def test_a_random_target_cannot_be_learned(name):
    """With a random target what learners see has an AUC of 0.5 within four standard errors, what ships would leak."""
    sample = sample_of(TASKS["binary"], n=4_000, odd=0.3)
    found = [one for one in fit(joints.get(name), sample) if one.values is not None]
    error = 4 / np.sqrt(3 * len(sample.y))
    leaks = []
    for one in found:
        assert score(get("roc_auc"), sample.y, one.values[:, None]) == pytest.approx(0.5, abs=error)
        shipped = evaluate({"v": one.feature.expr}, sample.frame)["v"]
        leaks.append(score(get("roc_auc"), sample.y, shipped))
    assert max(leaks) > 0.5 + error


@pytest.mark.parametrize("name", joints.all)
def test_features_are_named_once_and_say_where_they_come_from(name):
    """No two features of a step share a name; each source is a column that its expression reads."""
    found = fit(joints.get(name), sample_of(TASKS["multiclass"]))
    names = [one.feature.name for one in found]
    assert len(set(names)) == len(names)
    for one in found:
        read = {part.name for part in ops.walk(one.feature.expr) if isinstance(part, ops.Column)}
        assert read <= set(one.feature.source) <= set(COLUMNS)
        assert one.feature.expr.width == 1
        assert isinstance(one.feature, Feature)


@pytest.mark.parametrize("name", joints.all)
def test_a_step_survives_columns_without_values(name):
    """Nothing but missing cells, or no variation: the step gives what it can, without a warning."""
    sample = sample_of(TASKS["binary"])
    empty = sample.frame.with_columns(
        pl.lit("").alias(column) if WIRES[column] in {"category", "text"} else pl.lit(np.nan).alias(column)
        for column in WIRES
    )
    bare = Sample(frame=empty, y=sample.y, weight=None, task=sample.task, folds=sample.folds, seed=0)
    asks = asks_of(joints.get(name), sample)
    found = fit_asks(asks, type("Schema", (), {"columns": tuple(COLUMNS.values())}), bare)
    assert values_of(found, empty).shape == (600, len(found))
