"""Values agree with all coalitions whatever the graph holds: nets, nets of words, tables of pairs, crossed columns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Column, Fold, Rows, Schema
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.game import Columns, Game, Player
from automl.features.base import Ask
from automl.features.plan_fit import fit_plan
from automl.graph.onnx import to_onnx
from automl.graph.runtime import open_runtime
from automl.learners.base import FeatureInfo, Matrix, learners
from automl.learners.seen import fit_seen
from automl.ops import expr as ops
from automl.ops.rewrite import substitute
from automl.task import Task
from automl.testing._explain_oracles import gaps, row_of

ROWS, BACKGROUND = 12, 20
WIRES = {"amount": "number", "age": "number", "job": "category", "city": "category", "note": "text"}
KINDS = {  # columns beside amount and age, the learner, its parameters, what is crossed
    "net": (("job", "city"), "neural_net", {"hidden": 16, "rounds": 3}, ()),
    "net of words": (("job", "note"), "deep_averaging", {"rounds": 3}, ()),
    "linear with pairs": (("job", "city"), "sparse_linear", {"pairs": True}, ()),
    "crossed columns": (("job", "city"), "lightgbm", {"rounds": 20}, (("job", "city"),)),
    "CatBoost's combinations": (("job", "city"), "catboost_categories", {"rounds": 20, "max_ctr_complexity": 2}, ()),
}


def rows(count: int, seed: int) -> pl.DataFrame:
    """Typed rows: two numbers, two categories that mean something together only, words."""
    draw = np.random.default_rng(seed)
    words = np.array(["late", "cash", "moved", "angry", "twice"])
    return pl.DataFrame(
        {
            "amount": draw.normal(size=count),
            "age": draw.integers(18, 80, count).astype(np.float64),
            "job": draw.choice(["clerk", "farmer", "nurse"], count),
            "city": draw.choice(["Bern", "Rome", "Oslo", "Riga"], count),
            "note": [" ".join(words[said]) for said in draw.random((count, 5)) < 0.4],
        }
    )


def target(frame: pl.DataFrame) -> np.ndarray:
    """0 or 1 by which job is in which city, by amount times age, and by a word."""
    met = (frame["job"].rank("dense").to_numpy() + frame["city"].rank("dense").to_numpy()) % 2
    late = frame["note"].str.contains("late").to_numpy()
    return (met + frame["amount"].to_numpy() * (frame["age"].to_numpy() - 45) / 40 + late > 1.0).astype(np.float64)


@pytest.fixture(params=KINDS, ids=list(KINDS))
def explainer(request) -> Explainer:
    """The game over the graph of a model of each kind: its probability, and what two decisions cost."""
    others, learner, params, crossed = KINDS[request.param]
    names = ("amount", "age", *others)
    chance = fitted(names, learner, params, [Ask(step="crossing", columns=pair) for pair in crossed])
    shares = ops.Concat((ops.Subtract(ops.constant(1.0), chance), chance))
    costs = ops.MatMul(shares, np.array([[0.0, 10.0], [50.0, 0.0]]))
    leaves = [ops.Column(name, "number" if WIRES[name] == "number" else "text") for name in names]
    session = open_runtime(to_onnx({"chance": chance, "costs": costs}, inputs=leaves))

    def run(columns: Columns) -> np.ndarray:
        feeds = {name: values.reshape(-1, 1) for name, values in columns.items()}
        return np.concatenate(session.run(["chance", "costs"], feeds), axis=1)

    def decide(columns: Columns) -> np.ndarray:
        return np.array(["good", "bad"], dtype=object)[run(columns)[:, 1:].argmin(axis=1)]

    players = [Player(names=(name,), columns=(name,)) for name in names]
    game = Game.over(cells_of(rows(BACKGROUND, 2), names), players, run)
    answers = Answers(labels=("bad",), decisions=("good", "bad"), has_costs=True)
    return Explainer(game=game, answers=answers, grids={}, decide=decide)


def fitted(names, name, params, asks) -> ops.Expr:
    """The probability that a learner gives, over raw columns."""
    frame, task = rows(400, 1), Task(kind="binary", classes=2)
    columns = tuple(
        Column(name=name, wire=WIRES[name], role="feature", reason="", is_feature=True, reader={}) for name in names
    )
    even = np.arange(0, frame.height, 2)
    folds = (Fold(fit=even + 1, valid=even), Fold(fit=even, valid=even + 1))
    known = Rows(frame=frame, raw=frame, y=target(frame))
    plan, values = fit_plan(known, Schema(columns=columns), task, folds, 0, asks)
    seen = tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels, bag=f.bag) for f in plan.features)
    matrix, learner = Matrix(values=values, features=seen, y=known.y), learners.get(name)
    whole = {**learner.portfolio(task, frame.height)[0], **params}
    member = fit_seen(learner, matrix, None, task, whole, seed=0, seconds=60.0).member()
    leaf = ops.Concat(tuple(feature.expr for feature in plan.features))
    (chance,) = substitute(member.prediction, by=lambda part: leaf if isinstance(part, ops.Features) else None)
    return chance


def cells_of(frame: pl.DataFrame, names) -> dict[str, np.ndarray]:
    """The columns of a graph, in wire types."""
    return {name: frame[name].to_numpy().astype(float if WIRES[name] == "number" else object) for name in names}


def test_values_agree_with_all_coalitions(explainer):
    """Score and money are those of all coalitions, columns interact, and it adds up to 1e-9."""
    names = [player.names[0] for player in explainer.game.players]
    columns = cells_of(rows(ROWS, 3), names)
    each = [row_of(columns, place) for place in range(ROWS)]
    found = [
        explainer.explain(Row(number=1, keys={}, columns=row, cells=[("",)] * len(names)), seconds=60) for row in each
    ]
    looked = [gaps(explainer, row, one) for row, one in zip(each, found, strict=True)]
    assert all(flag for one in looked for flag in one.within)
    assert not any(one.pairs for one in found)
    assert max(one.sums for one in looked) < 1e-9
    alone = [explainer.game.worth(row, np.eye(len(names), dtype=bool)) - explainer.game.base for row in each]
    whole = [explainer.game.run(row)[0] - explainer.game.base for row in each]
    assert (
        max(np.abs(one.sum(axis=0) - all_of_them).max() for one, all_of_them in zip(alone, whole, strict=True)) > 1e-6
    )
