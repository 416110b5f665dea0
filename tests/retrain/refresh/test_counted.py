"""Target encodings count the new rows, where the members that stand do better by them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle.manifest import MemberRecord
from automl.data.rows import Column, Fold, Labels, Rows
from automl.errors import BundleError
from automl.features.base import Sample
from automl.features.plan import Plan
from automl.features.steps.category import category
from automl.graph.assemble import assemble
from automl.graph.encodings import encodings_of
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.graph.stages import Graph
from automl.learners.base import Member
from automl.ops import expr as ops
from automl.retrain.refresh.counted import counted
from automl.retrain.refresh.lesson import Lesson
from automl.retrain.refresh.refresh import refreshed
from automl.task import Task

TASK = Task(kind="binary", classes=2)
LEVELS = 60
SHOP = Column(name="shop", wire="category", role="feature", reason="", is_feature=True, reader={})


def rows(n: int, *, seed: int, rates: np.ndarray) -> Rows:
    """Rows of a shop, whose label hangs on the rate of the shop alone."""
    random = np.random.default_rng(seed)
    shop = random.integers(0, LEVELS, n)
    y = (random.random(n) < rates[shop]).astype(np.float64)
    frame = pl.DataFrame({"shop": [f"shop {place}" for place in shop]})
    return Rows(frame=frame, raw=frame, y=y)


def rates(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.95, LEVELS)


def shipped(old: Rows, *, rows_of_each: float | None = None) -> bytes:
    """A graph that answers with the rate of the shop; its counts as they are, or as if they were so many."""
    parts = np.arange(old.n) % 5
    folds = tuple(Fold(fit=np.flatnonzero(parts != k), valid=np.flatnonzero(parts == k)) for k in range(5))
    sample = Sample(frame=old.frame, y=old.y, weight=None, task=TASK, folds=folds, seed=0)
    found = next(one for one in category.fit(SHOP, sample) if one.feature.kind == "target")
    take = found.feature.expr
    assert isinstance(take, ops.Take)
    assert take.means is not None
    if rows_of_each is not None:
        take = replace(take, means=replace(take.means, rows=np.full(len(take.table), rows_of_each), belief=0.0))
    feature = replace(found.feature, expr=take)
    raw = ops.Pick(ops.Features(1), (0,))
    whole = assemble(
        plan=Plan(features=(feature,)),
        members=[Member(learner="constant", params={}, raw=raw, prediction=raw)],
        weights=[1.0],
        calibration=None,
        policy=lambda _: {},
        task=TASK,
        labels=Labels(name="y", task=TASK, values=("no", "yes"), texts=("no", "yes")),
    )
    return to_onnx(whole.outputs, inputs=whole.inputs, stages={**whole.stages, **whole.mixing})


MEMBERS = (MemberRecord(learner="constant", params={}, weight=1.0),)


def error(model: bytes, true: np.ndarray) -> float:
    """How far the graph's rates are from the true ones, in the mean."""
    shops = np.array([f"shop {place}" for place in range(LEVELS)], dtype=object)
    return float(np.abs(open_session(model).run({"shop": shops})["probability"][:, 0] - true).mean())


def test_new_rows_count_beside_the_old_ones():
    """A refresh has the encodings of both parts together: nearer to the truth than the old ones, and it says so."""
    true = rates(0)
    model, new = shipped(rows(900, seed=1, rates=true)), rows(3_000, seed=2, rates=true)
    found = refreshed(model, MEMBERS, new, TASK)
    assert found.counted
    assert error(found.model, true) < 0.8 * error(model, true)
    (before,), (after,) = (encodings_of(Graph(one)) for one in (model, found.model))
    assert after.means.rows.sum() == pytest.approx(before.means.rows.sum() + 3_000)


def test_counts_of_two_refreshes_add_up():
    """What one refresh has counted stands beside the next one's rows: in two parts they move it as far as at once."""
    true, other = rates(0), rates(9)
    model = shipped(rows(900, seed=1, rates=true))
    first, second = (rows(2_000, seed=seed, rates=other) for seed in (2, 3))
    frame = pl.concat([first.frame, second.frame])
    both = Rows(frame=frame, raw=frame, y=np.concatenate([first.y, second.y]))
    twice = refreshed(refreshed(model, MEMBERS, first, TASK).model, MEMBERS, second, TASK)
    once = refreshed(model, MEMBERS, both, TASK)
    assert twice.counted
    assert once.counted
    assert encodings_of(Graph(twice.model))[0].table == pytest.approx(encodings_of(Graph(once.model))[0].table)


def test_a_row_is_read_by_encodings_that_have_not_counted_it():
    """Labels of pure chance: read by all rows, they would look as if a shop told them; of other folds it does not."""
    flat = np.full(LEVELS, 0.5)
    model, new = shipped(rows(900, seed=1, rates=flat), rows_of_each=0.1), rows(400, seed=2, rates=flat)
    lesson = Lesson.of(new, TASK, 0)
    found = counted(Graph(model), lesson)
    assert found is not None
    apart = found.read.values({"probability": "number"})["probability"]
    whole = open_session(found.graph.model.SerializeToString()).run({"shop": new.frame["shop"].to_numpy()})
    assert np.corrcoef(whole["probability"][:, 0], new.y)[0, 1] > 0.3
    assert abs(np.corrcoef(apart[:, 0], new.y)[0, 1]) < 0.15
    rows_read = np.sort(np.concatenate([part.rows for part in found.read.parts]))
    assert rows_read.tolist() == list(range(new.n))


def test_encodings_that_would_do_worse_stay():
    """Of three rows a shop that outweigh the old ones, the new rates are noise: the old ones stay as they are."""
    true = rates(0)
    model, new = shipped(rows(9_000, seed=1, rates=true), rows_of_each=0.1), rows(180, seed=2, rates=true)
    found = refreshed(model, MEMBERS, new, TASK)
    assert not found.counted
    assert encodings_of(Graph(found.model))[0].table.tolist() == encodings_of(Graph(model))[0].table.tolist()


def test_weights_count_rows():
    """A row of weight three beside ones of one counts as three rows of the mean weight's size."""
    true = rates(0)
    model, new = shipped(rows(900, seed=1, rates=true)), rows(3_000, seed=2, rates=true)
    weight = np.where(np.arange(new.n) % 2, 3.0, 1.0)
    heavy = refreshed(model, MEMBERS, replace(new, weight=weight), TASK)
    added = encodings_of(Graph(heavy.model))[0].means.rows.sum() - encodings_of(Graph(model))[0].means.rows.sum()
    assert added == pytest.approx(3_000, abs=1.0)


def test_encodings_of_another_target_are_refused():
    """A stranger's metadata: of three classes where the label has two, which would look beyond the end."""
    opened = Graph(shipped(rows(900, seed=1, rates=rates(0))))
    entry = next(one for one in opened.model.metadata_props if one.key == "encodings")
    for told in ('"kind":"classes","numbers":[1.0,2.0,3.0]', '"kind":"above","numbers":[]'):
        entry.value = entry.value.split('"kind"')[0] + told + "}]}"
        with pytest.raises(BundleError, match="of another target"):
            refreshed(opened.model.SerializeToString(), MEMBERS, rows(300, seed=2, rates=rates(0)), TASK)


def test_an_older_graph_has_none_to_count():
    """Without what tells of the rows of a mean, encodings stay as they were."""
    true = rates(0)
    opened = Graph(shipped(rows(900, seed=1, rates=true)))
    kept = [entry for entry in opened.model.metadata_props if entry.key != "encodings"]
    del opened.model.metadata_props[:]
    opened.model.metadata_props.extend(kept)
    found = refreshed(opened.model.SerializeToString(), MEMBERS, rows(3_000, seed=2, rates=true), TASK)
    assert not found.counted
