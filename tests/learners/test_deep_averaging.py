"""The deep averaging network learns words that count only together, and ships as sums of a table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels
from automl.features.base import Sample
from automl.features.joint.text import text
from automl.features.plan import Plan
from automl.features.plan_fit import values_of
from automl.graph.assemble import assemble
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.learners import deep_averaging
from automl.learners.base import FeatureInfo, Matrix
from automl.learners.deep_averaging import DEEP_AVERAGING
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task
from automl.testing.steps import column_of

BINARY, REGRESSION = Task(kind="binary", classes=2), Task(kind="regression")
SEVERAL = Task(kind="multiclass", classes=3)
PLACES, TERMS = 6, 20
FEATURES = (
    *(FeatureInfo(name=f"word {k}", kind="token", levels=TERMS + 1, bag="words") for k in range(PLACES)),
    FeatureInfo(name="x", kind="number"),
    FeatureInfo(name="shop", kind="code", levels=3),
)


def matrix(rows=1500, seed=0, task=BINARY):
    """Words 0 and 1 say yes if exactly one of them is there; x and the shop count a little."""
    rng = np.random.default_rng(seed)
    words = rng.integers(2, TERMS + 1, (rows, PLACES)).astype(float)
    first, second = rng.random(rows) < 0.5, rng.random(rows) < 0.5
    words[first, 2], words[second, 4] = 0.0, 1.0
    x, shop = rng.normal(size=rows), rng.integers(0, 3, rows)
    signal = 2.0 * (first ^ second) + 0.3 * x + 0.2 * shop
    y = {
        "binary": (signal > 1.2).astype(float),
        "multiclass": np.digitize(signal, [0.6, 1.8]).astype(float),
        "regression": 1e4 + 50.0 * signal,
    }[task.kind]
    return Matrix(values=np.column_stack([words, x, shop]), features=FEATURES, y=y)


def fitted(train, valid=None, task=BINARY, *, seconds=60.0, **params):
    given = {**DEEP_AVERAGING.portfolio(task, 1500)[0], "word_dropout": 0.1, "batch": 64, "rounds": 25, **params}
    return DEEP_AVERAGING.fit(train, valid, task, given, seed=0, seconds=seconds)


def odd_rows():
    """Rows whose codes are missing, beyond all levels, below 0 or no whole number, and numbers beyond all seen."""
    values = matrix(200, seed=4).values
    values[:20, 0], values[20:40, 1], values[40:60, 2], values[60:80, 3] = np.nan, 99.0, -1.0, 1.5
    values[80:90, 6], values[90:100, 6], values[100:110, 7] = np.nan, 1e300, 17.0
    return values


def test_words_that_count_together_are_learned() -> None:
    """Of two words exactly one: no sum of weights can tell, the hidden layer does, on rows it has not seen."""
    train, test = matrix(), matrix(seed=1)
    said = evaluate({"p": fitted(train).member().prediction}, {}, features=test.values)["p"]
    assert np.mean((np.asarray(said)[:, 0] > 0.5) == test.y) > 0.9


def test_the_order_of_words_says_nothing() -> None:
    """The places of a bag in another order give the same score."""
    model, values = fitted(matrix(300), rounds=3), matrix(50, seed=2).values
    turned = values.copy()
    turned[:, :PLACES] = values[:, PLACES - 1 :: -1]
    np.testing.assert_allclose(model.raw(turned), model.raw(values), rtol=1e-12)


@pytest.mark.parametrize("task", [BINARY, SEVERAL, REGRESSION], ids=lambda task: task.kind)
def test_the_export_scores_as_the_network(task: Task) -> None:
    """Rows such as nobody has seen, labels, classes and a number: the expression gives the network's own scores."""
    model = fitted(matrix(task=task), matrix(200, seed=3, task=task), task)
    said = evaluate({"raw": model.member().raw}, {}, features=odd_rows())["raw"]
    np.testing.assert_allclose(said, model.raw(odd_rows()), rtol=1e-9)


def test_a_number_is_told_in_its_own_unit() -> None:
    """Targets about 10,000 with a spread of 50: more than three quarters of it are explained."""
    test = matrix(seed=1, task=REGRESSION)
    raw = fitted(matrix(task=REGRESSION), None, REGRESSION).raw(test.values)
    assert np.mean((raw[:, 0] - test.y) ** 2) < 0.25 * test.y.var()


def test_rows_held_out_end_the_training() -> None:
    """Where words say nothing, the first epochs are the best; what is kept is their number of rounds."""
    train, valid = matrix(300), matrix(300, seed=1)
    noise = np.random.default_rng(0).integers(0, 2, 300).astype(float)
    model = fitted(Matrix(values=train.values, features=FEATURES, y=noise), valid, rounds=60)
    assert 1 <= model.rounds < 60 - deep_averaging.PATIENCE


def test_embeddings_stay_within_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20 terms those are known that the table has numbers for, and the export is exact still."""
    monkeypatch.setattr(deep_averaging, "MOST_NUMBERS", 5 * (1 + 16))
    model = fitted(matrix(300), hidden=16, rounds=2)
    (table,) = (part.table for part in ops.walk(model.member().raw) if isinstance(part, ops.Take) and part.width > 16)
    assert table.shape == (5 + 1, 16 + 1)
    said = evaluate({"raw": model.member().raw}, {}, features=odd_rows())["raw"]
    np.testing.assert_allclose(said, model.raw(odd_rows()), rtol=1e-9)


def test_in_the_graph_a_bag_is_one_index() -> None:
    """From a text to the score: places are picked from its words together, and the graph gives what numpy does."""
    words = ["good dress", "bad fit", "good fit", "bad dress", "fit"] * 40
    y = [float("good" in each) for each in words]
    frame = pl.DataFrame({"c": words})
    sample = Sample(frame=frame, y=np.asarray(y), weight=None, task=BINARY, folds=(), seed=0)
    found = text.fit([column_of("text")], sample)
    plan = Plan(features=tuple(one.feature for one in found))
    infos = tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels, bag=f.bag) for f in plan.features)
    train = Matrix(values=values_of(found, frame), features=infos, y=np.asarray(y))
    member = fitted(train, rounds=4).member()
    labels = Labels(name="y", task=BINARY, values=("no", "yes"), texts=("no", "yes"))
    assembly = assemble(
        plan=plan, members=[member], weights=[1.0], calibration=None, policy=lambda _: {}, task=BINARY, labels=labels
    )
    parts = list(ops.walk(assembly.outputs["probability"]))
    (embeddings,) = (part for part in parts if isinstance(part, ops.Take) and part.width > 60)
    assert isinstance(embeddings.index, ops.Tokens)
    odd = pl.DataFrame({"c": ["good", "", "Bad DRESS dress unknown words that go on", "🚀 fit"]})
    session = open_session(to_onnx(assembly.outputs, inputs=assembly.inputs))
    said = session.run({"c": odd["c"].to_numpy().astype(object).reshape(-1, 1)})["probability"]
    np.testing.assert_allclose(said, evaluate(assembly.outputs, odd)["probability"], rtol=1e-9)
