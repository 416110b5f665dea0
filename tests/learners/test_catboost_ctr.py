"""CatBoost's own statistics of categories, as tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.learners._catboost_ctr import last_below
from automl.learners._trees import single
from automl.learners.base import FeatureInfo, Floats, Matrix, Model
from automl.learners.catboost_categories import CATBOOST_CATEGORIES
from automl.ops.bulk import evaluate
from automl.ops.expr import Column, Concat, Equal, Expr, Features, IndexOf, Less, Pair, Take, walk
from automl.ops.rewrite import substitute
from automl.task import Task

TASKS = (Task(kind="binary", classes=2), Task(kind="multiclass", classes=4), Task(kind="regression"))
SHOPS, PARTS, COLOURS = 40, 30, 4
FEATURES = (
    FeatureInfo(name="x", kind="number"),
    FeatureInfo(name="shop", kind="level", levels=SHOPS),
    FeatureInfo(name="z", kind="number"),
    FeatureInfo(name="part", kind="code", levels=PARTS),
    FeatureInfo(name="part of target", kind="target"),
    FeatureInfo(name="colour", kind="code", levels=COLOURS),
)
PARAMS = {"learning_rate": 0.2, "depth": 6, "rounds": 30}
COMBINED = {"max_ctr_complexity": 4, "one_hot_max_size": COLOURS, "depth": 7, "rounds": 60}


def matrix(task: Task, rows: int, *, seed: int = 0) -> Matrix:
    """Levels whose combinations with each other and with both numbers make the target."""
    rng = np.random.default_rng(seed)
    shop, part = np.minimum(rng.zipf(1.3, rows) - 1, SHOPS - 1), rng.integers(0, PARTS, rows)
    colour, x, z = rng.integers(0, COLOURS - 1, rows), rng.normal(size=rows), rng.normal(size=rows)
    signal = 1.0 * (shop % 3 == part % 3) + 2.0 * (x > 0) * (shop % 2)
    signal += 1.5 * (colour == 1) * (part % 2) * (z > 0) + 0.3 * rng.normal(size=rows)
    x[rng.random(rows) < 0.2] = np.nan
    edges = np.quantile(signal, np.linspace(0, 1, task.classes + 1)[1:-1]) if task.classes else []
    y = signal if task.kind == "regression" else np.searchsorted(edges, signal).astype(np.float64)
    values = np.stack([x, shop, z, part, np.zeros(rows), colour], axis=1).astype(np.float64)
    return Matrix(values=values, features=FEATURES, y=y)


def strange(count: int) -> Floats:
    """Rows of levels, combinations and numbers that train does not have."""
    rng = np.random.default_rng(1)
    values = matrix(TASKS[0], count, seed=2).values
    for column, levels in ((1, SHOPS), (3, PARTS), (5, COLOURS)):
        struck = rng.random(count) < 0.1
        values[struck, column] = rng.choice([np.nan, -1, 0.5, levels - 1, levels, levels + 7], struck.sum())
    return values


def fitted(task: Task, **params: float | str) -> Model:
    return CATBOOST_CATEGORIES.fit(matrix(task, 2_000), None, task, {**PARAMS, **params}, seed=0, seconds=60.0)


def found(model: Model, kind: type[Expr]) -> list[Expr]:
    return [part for part in walk(model.member().raw) if isinstance(part, kind)]


def assert_exact(model: Model) -> None:
    values = strange(10_000)
    native, got = model.raw(values), np.asarray(evaluate({"raw": model.member().raw}, {}, features=values)["raw"])
    assert native.std() > 0.1
    assert np.abs(got - native).max() <= 1e-12


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_single_levels_are_worth_what_catboost_says(task: Task) -> None:
    """Raw scores are CatBoost's on rows with missing, unseen and never trained levels; nothing needs a pair."""
    model = fitted(task, max_ctr_complexity=1)
    assert found(model, Take)
    assert not found(model, Pair)
    assert_exact(model)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_combinations_are_worth_what_catboost_says(task: Task) -> None:
    """Levels beside levels, beside borders of numbers, and beside one level of a category score as in CatBoost."""
    model = fitted(task, **COMBINED)
    assert found(model, Pair)
    assert found(model, Less)
    assert found(model, Equal)
    assert_exact(model)


@pytest.mark.parametrize(
    "params",
    [
        {"ctr_target_border_count": 3},
        {"ctr_leaf_count_limit": 20},
        {"simple_ctr": "Counter", "combinations_ctr": "Counter"},
        {"one_hot_max_size": SHOPS + 1},
    ],
    ids=lambda params: next(iter(params)),
)
def test_settings_of_size_stay_exact(params: dict[str, float | str]) -> None:
    """Several borders of the target, fewer leaves, counts alone, and levels as questions only score as in CatBoost."""
    assert_exact(fitted(TASKS[2], **{**COMBINED, **params}))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_the_graph_scores_as_catboost(task: Task) -> None:
    """One graph from texts and numbers to raw scores agrees with CatBoost; an unknown text is the rare level 0."""
    model, values = fitted(task, **COMBINED), strange(2_000)
    cells: list[Expr] = []
    given: dict[str, np.ndarray] = {}
    for j, info in enumerate(FEATURES):
        if info.levels:
            known = np.isin(values[:, j], np.arange(info.levels))
            values[:, j] = np.where(known, values[:, j], 0.0)
            given[info.name] = np.array([f"level {code:g}" for code in values[:, j]], dtype=object)
            keys = tuple(f"level {level}" for level in range(1, info.levels))
            cells.append(
                Take(IndexOf(Column(info.name, "text"), keys), np.roll(np.arange(float(info.levels)), -1)[:, None])
            )
        else:
            given[info.name] = values[:, j]
            cells.append(Column(info.name))
    (raw,) = substitute(
        model.member().raw, by=lambda part: Concat(tuple(cells)) if isinstance(part, Features) else None
    )
    leaves = [part for part in walk(raw) if isinstance(part, Column)]
    session = open_session(to_onnx({"raw": raw}, inputs=leaves))
    native, got = model.raw(values), session.run({leaf.name: given[leaf.name] for leaf in leaves})["raw"]
    assert np.abs(got - native).max() <= 1e-12


@pytest.mark.parametrize("least", [1, 5, 20])
def test_what_few_rows_tell_is_in_no_table(least: int) -> None:
    """Each key of a table of combinations has as many rows of train as a level needs, and CatBoost answers alike."""
    train = matrix(TASKS[2], 2_000)
    private = replace(train, features=tuple(replace(one, least=least) for one in train.features))
    model = CATBOOST_CATEGORIES.fit(private, None, TASKS[2], {**PARAMS, **COMBINED}, seed=0, seconds=60.0)
    indices = {f"{k}": take.index for k, take in enumerate(found(model, Take)) if isinstance(take.index, Pair)}
    places = evaluate(indices, {}, features=train.values)
    fewest = [
        np.bincount(places[name].ravel(), minlength=len(index.keys) + 1)[:-1].min() for name, index in indices.items()
    ]
    assert min(fewest) >= least
    assert least > 5 or min(fewest) < 20
    assert_exact(model)


def test_statistics_that_have_no_table_are_refused() -> None:
    """A kind of statistic that is not known ends the fit, rather than to score otherwise."""
    with pytest.raises(ValueError, match="no table is known for CTRs of the type Buckets"):
        fitted(TASKS[0], simple_ctr="Buckets").member()


def test_tables_of_other_rows_are_refused() -> None:
    """A model whose counts are not those of its rows, say of another file, ends the fit."""
    model = fitted(TASKS[0])
    with pytest.raises(ValueError, match="combinations of levels that its rows do not have"):
        replace(model, train=model.train[:50]).member()  # type: ignore[type-var,attr-defined]  # a CatBoostModel


def test_keys_that_change_nothing_are_left_out() -> None:
    """Every row of a table of combinations differs from the row of unknown ones, and has one key."""
    for take in found(fitted(TASKS[2], **COMBINED), Take):
        if isinstance(take.index, Pair):
            assert len(take.table) == len(take.index.keys) + 1
            assert (take.table[:-1] != take.table[-1]).any(axis=1).all()


def test_borders_of_doubles_are_those_of_floats() -> None:
    """Above its border as a double is above it as float32, for the doubles on both sides of each border."""
    borders = np.random.default_rng(0).normal(size=1_000).astype(np.float32) * np.float32(1e3)
    last = last_below(borders)
    for x in (np.nextafter(last, -np.inf), last, np.nextafter(last, np.inf), borders.astype(np.float64)):
        assert np.array_equal(x > last, single(x) > borders)
    assert (single(np.nextafter(last, np.inf)) > borders).all()
