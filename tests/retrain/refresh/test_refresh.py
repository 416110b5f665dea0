"""New rows give a shipped graph new numbers, and nothing else of it changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import polars as pl
import pytest

from automl.bundle.manifest import MemberRecord, plain
from automl.data.rows import Labels, Rows
from automl.errors import BundleError
from automl.features.plan import Feature, Plan
from automl.graph.assemble import assemble
from automl.graph.audit import audit
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.graph.stages import Graph, Other, stages_of
from automl.learners.base import FeatureInfo, Floats, Matrix, Member, Params, learners
from automl.learners.seen import fit_seen
from automl.ops.expr import Column
from automl.retrain.refresh.refresh import refreshed
from automl.search.worker.averaging import average
from automl.search.worker.fold_fit import FittedModel
from automl.task import Kind, Task

KINDS: dict[Kind, Task] = {
    "binary": Task(kind="binary", classes=2),
    "multiclass": Task(kind="multiclass", classes=3),
    "regression": Task(kind="regression", shape="counts"),
}
FEATURES = (
    *(FeatureInfo(name=f"f{j}", kind="number") for j in range(3)),
    FeatureInfo(name="f3", kind="code", levels=6),
)


CASES = [
    (kind, name, place)
    for kind in KINDS
    for name, learner in sorted(learners.all.items())
    if kind in learner.kinds and name not in {"constant", "deep_averaging"}
    for place in range(len(learner.portfolio(KINDS[kind], 800)))
    if place == 0 or (kind == "regression" and name in {"lightgbm", "xgboost", "linear"})
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A graph with its members' records, and rows: `new` to learn from, `later` of the same world."""

    model: bytes
    members: tuple[MemberRecord, ...]
    new: Rows
    later: Rows
    task: Task

    def loss(self, model: bytes, rows: Rows) -> float:
        """The mean loss of a graph's answers."""
        if self.task.kind == "regression":
            return float(np.mean((answers(model, rows, "prediction")[:, 0] - rows.y) ** 2))
        p = answers(model, rows, "probability")
        wide = np.hstack([1.0 - p, p]) if self.task.kind == "binary" else p
        own = np.take_along_axis(wide, rows.y.astype(np.int64)[:, None], axis=1)
        return float(-np.log(np.maximum(own, 1e-9)).mean())


def answers(model: bytes, rows: Rows, output: str) -> Floats:
    """What a graph gives for rows [n, width]."""
    return np.asarray(
        open_session(model).run({name: rows.frame[name].to_numpy() for name in rows.frame.columns})[output]
    )


def world(kind: Kind, rows: int, *, changed: float, seed: int) -> Rows:
    """Rows whose label hangs on the second number and on a level only since the world has `changed`."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4))
    x[:, 3] = random.integers(0, 6, rows)
    score = x[:, 0] + changed * x[:, 1] + np.sin(2 * x[:, 2]) + (x[:, 3] == 2) * (1.0 + changed)
    if kind == "binary":
        y = (random.random(rows) < 1 / (1 + np.exp(-score))).astype(np.float64)
    elif kind == "multiclass":
        y = np.digitize(score + random.normal(size=rows), [-1, 1]).astype(np.float64)
    else:
        y = np.round(np.exp(0.5 * score))
    frame = pl.DataFrame({f"f{j}": x[:, j] for j in range(4)})
    return Rows(frame=frame, raw=frame, y=y)


def matrix(rows: Rows) -> Matrix:
    """The rows as learners see them."""
    return Matrix(values=rows.frame.to_numpy(), features=FEATURES, y=rows.y)


def fitted(learner: str, params: Params, rows: Rows, task: Task, *, fits: int = 1) -> Member:
    """A member of a learner, the mean of so many fits."""
    train, rounds = matrix(rows), {"rounds": params.get("rounds", 40)}
    models = [
        fit_seen(learners.get(learner), train, None, task, {**params, **rounds}, seed=seed, seconds=60.0)
        for seed in range(fits)
    ]
    return average([FittedModel(member=model.member(), native=np.zeros((1, task.width))) for model in models]).member


def shipped(kind: Kind, members: list[Member], weights: list[float]) -> Shipped:
    """A graph of these members, and rows of the changed world."""
    task, new = KINDS[kind], world(kind, 800, changed=1.0, seed=1)
    names = tuple(map(str, range(task.classes)))
    plan = Plan(
        features=tuple(
            Feature(name=one.name, kind=one.kind, levels=one.levels, expr=Column(one.name), source=(one.name,))
            for one in FEATURES
        )
    )
    whole = assemble(
        plan=plan,
        members=members,
        weights=weights,
        calibration=None,
        policy=lambda _: {},
        task=task,
        labels=Labels(name="y", task=task, values=names, texts=names),
    )
    records = tuple(
        MemberRecord(learner=one.learner, params=plain(dict(one.params)), weight=weight)
        for one, weight in zip(members, weights, strict=True)
    )
    model = to_onnx(whole.outputs, inputs=whole.inputs, stages={**whole.stages, **whole.mixing})
    return Shipped(model=model, members=records, new=new, later=world(kind, 2_000, changed=1.0, seed=2), task=task)


def ship(kind: Kind, learner: str, params: Params, *, fits: int = 1) -> Shipped:
    """A graph of one learner, fitted before the world changed."""
    old = world(kind, 800, changed=0.0, seed=0)
    return shipped(kind, [fitted(learner, params, old, KINDS[kind], fits=fits)], [1.0])


@pytest.mark.parametrize(("kind", "name", "place"), CASES)
def test_every_learner_follows_a_changed_world(kind, name, place):
    """On later rows of the changed world the refreshed graph loses less; nodes, inputs and size are the old ones."""
    own = ship(kind, name, learners.get(name).portfolio(KINDS[kind], 800)[place])
    found = refreshed(own.model, own.members, own.new, own.task)
    assert found.kept == ()
    assert found.moved
    assert own.loss(found.model, own.later) < 0.97 * own.loss(own.model, own.later)
    before, after = onnx.load_from_string(own.model), onnx.load_from_string(found.model)
    assert [(node.op_type, list(node.input)) for node in before.graph.node] == [
        (node.op_type, list(node.input)) for node in after.graph.node
    ]
    assert len(found.model) == len(own.model)
    audit(found.model)


def test_a_mean_of_fits_is_refreshed_as_one():
    """Further fits with other seeds are averaged in one raw score; all of them move."""
    for name, params in (
        ("neural_net", {**learners.get("neural_net").portfolio(KINDS["multiclass"], 800)[0], "hidden": 16}),
        ("catboost_categories", {**learners.get("catboost_categories").portfolio(KINDS["multiclass"], 800)[0]}),
        ("extra_trees", learners.get("extra_trees").portfolio(KINDS["multiclass"], 800)[0]),
    ):
        own = ship("multiclass", name, params, fits=2)
        found = refreshed(own.model, own.members, own.new, own.task)
        assert own.loss(found.model, own.later) < 0.97 * own.loss(own.model, own.later), name


def test_fits_that_learned_the_same_share_their_numbers():
    """Three fits of a learner that draws nothing are the same nodes, added three times: they move once, together."""
    own = ship(
        "regression", "sparse_linear", learners.get("sparse_linear").portfolio(KINDS["regression"], 800)[0], fits=3
    )
    places = [term.place for term in stages_of(Graph(own.model)).members[0].terms if not isinstance(term, Other)]
    assert len(places) == len(set(places))
    found = refreshed(own.model, own.members, own.new, own.task)
    assert found.kept == ()
    assert own.loss(found.model, own.later) < 0.97 * own.loss(own.model, own.later)


def test_members_keep_their_weights_and_the_mix_is_out_of_sample():
    """The mix is the weighted sum of predictions by members without the row: worse than in sample, as on later rows."""
    old = world("binary", 800, changed=0.0, seed=0)
    trees = fitted("lightgbm", learners.get("lightgbm").portfolio(KINDS["binary"], 800)[0], old, KINDS["binary"])
    line = fitted("linear", {"l2": 1.0}, old, KINDS["binary"])
    own = shipped("binary", [trees, line], [0.7, 0.3])
    found = refreshed(own.model, own.members, own.new, own.task)
    mixed = np.clip(found.mixed[:, 0], 1e-9, 1 - 1e-9)
    apart = float(-np.where(own.new.y == 1.0, np.log(mixed), np.log(1 - mixed)).mean())
    assert np.array_equal(found.predicted, found.mixed)  # no calibration stands behind it
    assert own.loss(found.model, own.new) < apart
    assert apart == pytest.approx(own.loss(found.model, own.later), rel=0.1)


def test_rows_that_say_nothing_new_change_little():
    """Labels that were drawn at random of the old world's own predictions leave later predictions where they were."""
    own = ship("binary", "lightgbm", learners.get("lightgbm").portfolio(KINDS["binary"], 800)[0])
    same = world("binary", 800, changed=0.0, seed=5)
    p = answers(own.model, same, "probability")[:, 0]
    drawn = np.random.default_rng(0).random(same.n) < p
    found = refreshed(own.model, own.members, type(same)(frame=same.frame, raw=same.raw, y=drawn * 1.0), own.task)
    assert np.abs(answers(found.model, same, "probability")[:, 0] - p).mean() < 0.05


def test_a_graph_that_tells_no_stages_is_refused():
    """A graph of an older automl does not say where its members stand: a `BundleError` says to fit again."""
    own = ship("binary", "linear", {"l2": 1.0})
    older = onnx.load_from_string(own.model)
    kept = [entry for entry in older.metadata_props if entry.key != "stages"]
    del older.metadata_props[:]
    older.metadata_props.extend(kept)
    with pytest.raises(BundleError, match="an older automl"):
        refreshed(older.SerializeToString(), own.members, own.new, own.task)


def test_a_constant_stays_and_says_so():
    """A member without numbers that rows could change is kept, with the reason."""
    old = world("binary", 800, changed=0.0, seed=0)
    own = shipped("binary", [fitted("constant", {}, old, KINDS["binary"])], [1.0])
    found = refreshed(own.model, own.members, own.new, own.task)
    assert found.kept == ("constant: it has no numbers that are learned anew",)
    assert not found.moved
    assert np.array_equal(answers(found.model, own.new, "probability"), answers(own.model, own.new, "probability"))
