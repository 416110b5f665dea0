"""The contract of joint steps: the graph computes what training saw, nothing leaks, and nothing breaks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from automl.data.read.column_reader import ColumnReader, Wire
from automl.data.rows import Column, Fold, Schema
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, joints
from automl.features.plan_fit import fit_asks, values_of
from automl.metrics import get, score
from automl.ops import expr as ops
from automl.task import Kind, Task
from automl.testing._graph import assert_graph_agrees, graph_of

WIRES: dict[str, Wire] = {
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
    **{f"n{i}": "number" for i in range(6)},
}
READER: ColumnReader = {"name": "", "wire": "number", "missing": (), "parser": None}  # no step reads
PLAIN = Column(name="", wire="number", role="feature", reason="", is_feature=True, reader=READER)
SENSED = {
    "lat": replace(PLAIN, sense="latitude", pair="lon"),
    "lon": replace(PLAIN, sense="longitude", pair="lat"),
    "day": replace(PLAIN, role="time"),
}
COLUMNS = tuple(replace(SENSED.get(name, PLAIN), name=name, wire=wire) for name, wire in WIRES.items())
SCHEMA = Schema(columns=COLUMNS)
TASKS: dict[Kind, Task] = {
    "binary": Task(kind="binary", classes=2),
    "multiclass": Task(kind="multiclass", classes=3),
    "regression": Task(kind="regression"),
}
LATIN = ("nice", "dress", "Great", "QUALITY", "size", "small", "don't", "2,50", "no!")
WORDS = [*LATIN, "İstanbul", "Straße", "ς", "漢字", "e\u0301"]
ODD_TEXTS = ["", " ", "\x00", "🚀", "a\tb\nc", "\u202eabc", "'; --", "ǅ ǆ", "nice" * 200, "no. " * 600]
EDGES = [np.nan, 0.0, -0.0, 1e308, -1e308, 5e-324, 2.0**53 + 2, -1.0]
LONG_AGO, FAR_AHEAD = -62_135_596_800_000_000.0, 253_402_300_799_999_999.0

every = pytest.mark.parametrize("step", joints.all.values(), ids=joints.all)


@cache  # the same rows for every step, drawn once: a frame is never changed
def draw(n: int, seed: int, *, odd: float = 0.0) -> pl.DataFrame:
    """Rows of every wire; a share `odd` of the cells is missing, unseen, extreme or strange."""
    rng = np.random.default_rng(seed)
    frame = {}
    for name, wire in WIRES.items():
        usual, strange = _cells(name, wire, n, rng)
        cells = np.asarray(usual, dtype=object)
        places = np.flatnonzero(rng.random(n) < odd)
        cells[places] = np.asarray(strange, dtype=object)[rng.integers(0, len(strange), len(places))]
        frame[name] = cells.tolist()
    types = {name: pl.String if wire in {"category", "text"} else pl.Float64 for name, wire in WIRES.items()}
    return pl.DataFrame(frame, schema=types)


def _cells(name: str, wire: Wire, n: int, rng: np.random.Generator) -> tuple[object, Sequence[object]]:
    """Usual cells, and strange ones to draw from."""
    if wire == "number":
        return rng.normal(50, 3, n) if name in {"lat", "lon"} else rng.normal(0, 5, n).round(1), EDGES
    if wire == "date":
        dates = rng.integers(0, 2 * 10**15, n).astype(float)
        return dates, [np.nan, LONG_AGO, FAR_AHEAD, -1.0, 951_782_400e6]
    if wire == "category":
        return rng.choice([f"level {i}" for i in range(12)], n), ["", "unseen", "Ärger ☃"]
    return [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(n)], ODD_TEXTS


def folds_of(n: int, k: int = 5) -> tuple[Fold, ...]:
    """Folds drawn at random."""
    part = np.random.default_rng(0).permutation(n) % k
    return tuple(Fold(fit=np.flatnonzero(part != i), valid=np.flatnonzero(part == i)) for i in range(k))


def sample_of(task: Task, n: int = 600, seed: int = 1, odd: float = 0.05) -> Sample:
    """Rows with a target that has nothing to do with them."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n) if task.kind == "regression" else rng.integers(0, task.classes, n).astype(float)
    return Sample(frame=draw(n, seed, odd=odd), y=y, weight=None, task=task, folds=folds_of(n), seed=3)


def asks_of(step: Joint, sample: Sample) -> tuple[Ask, ...]:
    """What the step would do with these columns."""
    survey = Survey(
        columns=COLUMNS,
        frame=sample.frame,
        task=sample.task,
        weight=dict.fromkeys(WIRES, 1.0),
        together={("c", "d"): 2.0, ("c", "x"): 1.0, ("x", "z"): 3.0},
        sample=_planted(sample.task),
    )
    return (*step.always(COLUMNS), *step.propose(survey))


def _planted(task: Task) -> Sample:
    """Rows with a target that `c` and `d` know together, and neither alone."""
    sample = sample_of(task, n=2_000)
    odd = [sample.frame[name].str.extract(r"(\d+)$").cast(pl.Float64).fill_null(0.0).to_numpy() % 2 for name in "cd"]
    return replace(sample, y=np.asarray(odd[0] != odd[1], dtype=np.float64))


def fit(step: Joint, sample: Sample) -> list[Fitted]:
    """The features of all that it would do."""
    return fit_asks(asks_of(step, sample), SCHEMA, sample)


@every
def test_it_asks_for_itself(step: Joint) -> None:
    """Of numbers, categories, dates, texts and coordinates there is something it would do, under its own name."""
    asks = [ask for task in TASKS.values() for ask in asks_of(step, sample_of(task))]
    assert {ask.step for ask in asks} == {step.name}
    assert {name for ask in asks for name in ask.columns} <= set(WIRES)


@pytest.mark.parametrize("kind", TASKS)
@every
def test_the_graph_equals_training(step: Joint, kind: Kind) -> None:
    """10,000 random rows with nulls, unseen levels, extreme numbers and dates, odd unicode: one answer, to 1e-9."""
    sample = sample_of(TASKS[kind])
    if not asks_of(step, sample):
        pytest.skip("the step has nothing to do for such a target")
    found = fit(step, sample)
    assert found
    assert_graph_agrees(found, draw(10_000 if kind == "binary" else 500, seed=9, odd=0.3))


@every
def test_one_row_gives_the_bits_of_many(step: Joint) -> None:
    """A row alone, in a graph of its own call, has the last digit that it has among others."""
    found = next(filter(None, (fit(step, sample_of(task)) for task in TASKS.values())))
    session, leaves = graph_of(found)
    rows = draw(40, seed=5, odd=0.3)
    whole = session.run({leaf: rows[leaf].to_numpy() for leaf in leaves})
    for i in (0, 7, 39):
        alone = session.run({leaf: rows[leaf][i : i + 1].to_numpy() for leaf in leaves})
        for key, values in alone.items():
            np.testing.assert_array_equal(values[0], whole[key][i])


@pytest.mark.parametrize("kind", TASKS)
@every
def test_the_target_of_a_row_never_moves_its_own_values(step: Joint, kind: Kind) -> None:
    """Other targets on one fold's valid rows leave what learners see on these rows as it was."""
    sample = sample_of(TASKS[kind])
    valid = sample.folds[2].valid
    other = sample.y.copy()
    other[valid] = other[valid][::-1] + (1.0 if kind == "regression" else 0.0)
    before, after = (fit(step, one) for one in (sample, replace(sample, y=other)))
    for one, two in zip(before, after, strict=True):
        assert one.feature.name == two.feature.name
        assert (one.values is None) == (two.values is None)
        if one.values is not None and two.values is not None:
            np.testing.assert_array_equal(one.values[valid], two.values[valid])


@every
def test_a_random_target_cannot_be_learned(step: Joint) -> None:
    """With a random target what learners see has an AUC of 0.5 within four standard errors."""
    sample = sample_of(TASKS["binary"], n=4_000, odd=0.3)
    error = 4 / np.sqrt(3 * len(sample.y))
    for one in fit(step, sample):
        if one.values is not None:
            assert score(get("roc_auc"), sample.y, one.values[:, None]) == pytest.approx(0.5, abs=error)


@every
def test_features_are_named_once_and_say_where_they_come_from(step: Joint) -> None:
    """No two features of a step share a name; each source is a column that its expression reads."""
    found = fit(step, sample_of(TASKS["multiclass"]))
    names = [one.feature.name for one in found]
    assert len(set(names)) == len(names)
    for one in found:
        read = {part.name for part in ops.walk(one.feature.expr) if isinstance(part, ops.Column)}
        assert read <= set(one.feature.source) <= set(WIRES)
        assert one.feature.expr.width == 1


@every
def test_a_step_survives_columns_without_values(step: Joint) -> None:
    """Nothing but missing cells, or no variation: the step gives what it can, without a warning."""
    sample = sample_of(TASKS["binary"])
    texts = {name for name, wire in WIRES.items() if wire in {"category", "text"}}
    empty = sample.frame.with_columns(pl.lit("" if name in texts else np.nan).alias(name) for name in WIRES)
    found = fit_asks(asks_of(step, sample), SCHEMA, replace(sample, frame=empty, seed=0))
    assert values_of(found, empty).shape == (600, len(found))
