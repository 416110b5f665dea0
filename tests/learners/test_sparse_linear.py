"""The sparse linear member finds pairs, chooses its penalty, and ships as the sums of tables that it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.learners import _cells, sparse_linear
from automl.learners.base import FeatureInfo, Matrix
from automl.learners.sparse_linear import SPARSE_LINEAR, SparseLinear
from automl.ops.bulk import evaluate
from automl.ops.expr import Features, walk
from automl.task import Task

BINARY, REGRESSION = Task(kind="binary", classes=2), Task(kind="regression")
SEVERAL = Task(kind="multiclass", classes=3)
FEATURES = (
    FeatureInfo(name="shop", kind="code", levels=9),
    FeatureInfo(name="part", kind="level", levels=300),
    FeatureInfo(name="x", kind="number"),
    FeatureInfo(name="amount", kind="number"),
    FeatureInfo(name="flag", kind="code", levels=3),
)


def matrix(rows=2000, seed=0, task=BINARY):
    """Shop and flag count only together, part by its parity, x as a number; most amounts are 0, some say yes."""
    rng = np.random.default_rng(seed)
    shop, part, flag = rng.integers(0, 9, rows), rng.integers(0, 300, rows), rng.integers(0, 3, rows)
    x = rng.normal(size=rows)
    amount = np.where(rng.random(rows) < 0.7, 0.0, rng.integers(1, 30, rows) * 100.0)
    x[rng.random(rows) < 0.1] = np.nan
    signal = 3.0 * ((shop + flag) % 2 == 1) + np.nan_to_num(x) + 2.0 * (amount % 400 == 300) + 0.3 * (part % 2)
    y = {
        "binary": (signal + 0.3 * rng.normal(size=rows) > 2.0).astype(float),
        "multiclass": np.digitize(signal, [1.0, 3.0]).astype(float),
        "regression": 1e4 + 50.0 * signal,
    }[task.kind]
    return Matrix(values=np.column_stack([shop, part, x, amount, flag]).astype(float), features=FEATURES, y=y)


def fitted(train, valid=None, task=BINARY, *, seconds=60.0, **params):
    return SPARSE_LINEAR.fit(train, valid, task, {"pairs": True, "bins": 8, **params}, seed=0, seconds=seconds)


def right(model, rows):
    found = np.asarray(evaluate({"p": model.member().prediction}, {}, features=rows.values)["p"])
    return float(((found[:, 0] > 0.5) == (rows.y == 1)).mean())


def odd_rows():
    """Rows with levels that train never saw, gaps, and numbers beyond all that were seen."""
    values = matrix(300, seed=4).values
    values[:50, 0], values[50:100, 1], values[100:120, 1] = 40.0, 1e6, -1.0
    values[120:140, 4], values[140:160, 0] = np.nan, 1.5
    values[160:180, 2], values[180:200, 3], values[200:220, 3] = np.nan, np.nan, 1e300
    return values


@pytest.mark.parametrize("task", [BINARY, SEVERAL, REGRESSION], ids=lambda task: task.kind)
@pytest.mark.parametrize("pairs", [True, False])
def test_the_graph_gives_the_sums(task, pairs):
    """Raw scores of the ONNX graph are the model's within 1e-9, alone and in a batch, on levels never seen too."""
    model = fitted(matrix(task=task), task=task, pairs=pairs, rounds=5)
    values, raw = odd_rows(), model.member().raw
    session = open_session(to_onnx({"raw": raw}, inputs=[Features(len(FEATURES))]))
    together = session.run({"features": values})["raw"]
    alone = np.concatenate([session.run({"features": row[None]})["raw"] for row in values[::10]])
    np.testing.assert_allclose(together, model.raw(values), rtol=1e-9)
    assert np.array_equal(together[::10], alone)


def test_what_two_codes_say_only_together_is_found():
    """An exclusive or of two codes, of which either alone says nothing, is a table of its own."""
    train, new = matrix(), matrix(seed=1)
    model = fitted(train, matrix(800, seed=2))
    assert isinstance(model, SparseLinear)
    assert model.shape.pairs is not None
    named = [FEATURES[j].name for j in (*model.shape.grid.codes, *model.shape.grid.numbers)]
    sides = zip(model.shape.pairs.left, model.shape.pairs.right, strict=True)
    assert ("shop", "flag") in {(named[left], named[right]) for left, right in sides}
    assert right(model, new) > right(fitted(train, matrix(800, seed=2), pairs=False), new) + 0.1


def test_noise_has_no_pairs():
    """Where no two columns say more together than alone, there is no table for any pair."""
    rng = np.random.default_rng(3)
    train = matrix()
    alone = rng.normal(size=len(train.y)) + 0.2 * train.values[:, 0]
    model = fitted(replace(train, y=alone), task=REGRESSION, rounds=3)
    assert isinstance(model, SparseLinear)
    assert model.shape.pairs is None


def test_single_amounts_are_levels():
    """Of a number that is mostly 0 the other values have weights of their own: no line fits every third amount."""
    train, new = matrix(4000), matrix(seed=1)
    flat = tuple(replace(one, kind="target") if one.name == "amount" else one for one in FEATURES)
    assert right(fitted(train, rounds=6), new) > 0.9
    grid = _cells.learn_grid(replace(train, features=flat))
    assert len(grid.edges[1]) > 2 * _cells.BINS
    assert len(grid.edges[0]) == _cells.BINS - 1


@pytest.mark.parametrize(("noise", "low", "high"), [(0.05, 6, 9), (8.0, 1, 5)])
def test_the_penalty_is_chosen(noise, low, high):
    """On rows held out the path ends early where the target is mostly noise, and goes on where it is not."""
    draw = np.random.default_rng(6)

    def rows(seed, count):
        given = matrix(count, seed=seed)
        return replace(given, y=np.nan_to_num(given.values[:, 2]) + noise * draw.normal(size=count))

    model = fitted(rows(0, 1000), rows(1, 1000), REGRESSION)
    assert low <= model.rounds <= high


def test_a_refit_goes_as_far_as_it_is_told():
    """Without rows held out, ``rounds`` steps of the path are made, and never more than it has."""
    assert fitted(matrix(300), rounds=2).rounds == 2
    assert fitted(matrix(300), rounds=999).rounds == sparse_linear.PATH


def test_rare_cells_are_left_out():
    """A cell of a pair that fewer than five rows have is no entry of the table (a table of cells tells of no one)."""
    train = matrix(600)
    model = fitted(train, rounds=3)
    assert isinstance(model, SparseLinear)
    assert model.shape.pairs is not None
    cells = model.shape.pairs.cells(model.shape.grid.places(train.values))
    counts = np.bincount(cells.ravel(), minlength=len(model.shape.pairs.keys) + 1)[:-1]
    assert counts.min() >= _cells.FEWEST


def test_tables_have_a_limit(monkeypatch):
    """Pairs whose cells no longer fit are left out, and with several classes a cell is as many numbers."""
    monkeypatch.setattr(sparse_linear, "MOST_NUMBERS", 90)
    model = fitted(matrix(task=SEVERAL), task=SEVERAL, rounds=2)
    assert isinstance(model, SparseLinear)
    assert model.shape.pairs is not None
    assert 0 < len(model.shape.pairs.keys) <= 30


def test_the_graph_grows_little_with_pairs():
    """However many pairs there are, they are found by the same few operations."""
    few, many = (len(list(walk(fitted(matrix(), pairs=pairs, rounds=2).member().raw))) for pairs in (False, True))
    assert many - few < 15


def test_no_time_left_ends_the_path():
    """With hardly a second to go, the first step is all there is."""
    assert fitted(matrix(), matrix(200, seed=1), seconds=1e-9).rounds == 1
