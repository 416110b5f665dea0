"""Gradient boosting by CatBoost: symmetric trees, numbers only, as its own categories cannot be exported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl import disk
from automl.learners._stopping import MOST_ROUNDS, Stopper
from automl.learners._target import Target, directed, regression_entries, smeared
from automl.learners._trees import Tree, ensemble, single
from automl.learners.base import Choice, Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import Features, Trees
from automl.task import Task

if TYPE_CHECKING:
    import catboost

NAME = "catboost"
FEW_CLASSES = 4
FEW_ROWS = 10_000
OURS = frozenset({"rounds", "target", "objective"})
LOSS = {
    "binary": "Logloss",
    "multiclass": "MultiClass",
    "squared": "RMSE",
    "absolute": "MAE",
    "poisson": "Poisson",
    "tweedie": "Tweedie:variance_power=1.5",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CatBoostModel:
    """A booster cut at its best round. It knows the classes of train only: `seen` of them, the rest keep `floor`."""

    booster: catboost.CatBoost
    kept: int
    columns: int
    target: Target
    params: Params
    seen: tuple[int, ...]
    floor: Floats  # [width], the raw score of a class that train does not have

    @property
    def rounds(self) -> int | None:
        return self.kept

    def raw(self, values: Floats) -> Floats:
        native = self.booster.predict(single(values), prediction_type="RawFormulaVal", thread_count=1)
        return self.target.raw(self._placed(np.asarray(native, dtype=np.float64).reshape(len(values), len(self.seen))))

    def member(self) -> Member:
        model = self._dump()
        scale, bias = model["scale_and_bias"]
        treats = [info["nan_value_treatment"] for info in model["features_info"]["float_features"]]
        grown = model["oblivious_trees"]
        trees = [tree for one in grown for tree in _trees(one, scale=scale, seen=self.seen, treats=treats)]
        base = self.target.raw(self._placed(np.asarray([bias], dtype=np.float64)))[0]
        joined = ensemble(trees, base=base, spread=self.target.spread, float32_inputs=True)
        raw = Trees(Features(self.columns), joined)
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.kept
        )

    def _placed(self, native: Floats) -> Floats:
        """Scores of the classes seen [n, seen] among all [n, width]."""
        wide = np.tile(self.floor, (len(native), 1))
        wide[:, list(self.seen)] = native
        return wide

    def _dump(self) -> Mapping[str, Any]:
        with disk.scratch() as folder:
            path = folder / "model.json"
            self.booster.save_model(str(path), format="json")
            found: Mapping[str, Any] = json.loads(path.read_text())
        return found


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Boost; `params` are CatBoost's own, and ``rounds``, ``target`` and ``objective`` (see `Target`)."""
    import catboost

    if np.all(train.y == train.y[0]) or not _varies(train.values):
        return nothing_to_learn(NAME, train, task, params)
    if params.get("objective") == "gamma":  # which CatBoost does not have; with one more power it is near
        params = {**params, "objective": "tweedie"}
    params = directed(params, train)
    target = Target.of(train, task, params)
    loss = LOSS[target.objective if task.kind == "regression" else task.kind]
    seen = np.unique(train.y) if task.kind == "multiclass" else np.zeros(1)
    watched = valid and _of_classes(valid, seen, task)
    stopper = Stopper(rows=len(train.y), rate=float(params["learning_rate"]), seconds=seconds)
    capped = int(params.get("rounds", MOST_ROUNDS)) if watched else int(params["rounds"])
    booster = catboost.CatBoost(_settings(loss, params, seed, capped, train.directions))

    def pool(part: Matrix) -> catboost.Pool:
        label = np.searchsorted(seen, part.y) if task.kind == "multiclass" else target.learned(part.y)
        return catboost.Pool(single(part.values), label, weight=part.weight, thread_count=1)

    watch = _Watch(stopper=stopper, loss=loss)
    booster.fit(pool(train), eval_set=pool(watched) if watched else None, callbacks=[watch])
    booster.shrink(ntree_end=stopper.best)
    return smeared(
        CatBoostModel(
            booster=booster,
            kept=stopper.best,
            columns=train.values.shape[1],
            target=target,
            params=params,
            seen=tuple(seen.astype(int).tolist()),
            floor=log_odds(shares(train, task), task) if task.kind == "multiclass" else np.zeros(1),
        ),
        train,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """Lets the stopper see each round."""

    stopper: Stopper
    loss: str

    def after_iteration(self, info: Any) -> bool:
        """CatBoost goes on while this is True."""
        losses = info.metrics.get("validation", {}).get(self.loss)
        return not self.stopper.stop(losses[-1] if losses else None)


def _varies(values: Floats) -> bool:
    """Whether any column has two values as float32, missing being one: CatBoost refuses a matrix that has none."""
    first = single(values[:1])
    return any(
        not np.array_equal(single(values[:, j]), np.full(len(values), first[0, j]), equal_nan=True)
        for j in range(values.shape[1])
    )


def _of_classes(valid: Matrix, seen: Floats, task: Task) -> Matrix | None:
    """The validation rows of classes that train has, None if there are none: CatBoost refuses other classes."""
    known = np.isin(valid.y, seen) if task.kind == "multiclass" else np.ones(len(valid.y), dtype=np.bool_)
    if known.all() or not known.any():
        return valid if known.all() else None
    weight = None if valid.weight is None else valid.weight[known]
    return Matrix(values=valid.values[known], features=valid.features, y=valid.y[known], weight=weight)


def _settings(loss: str, params: Params, seed: int, rounds: int, directions: tuple[int, ...]) -> dict[str, object]:
    return {
        **({"monotone_constraints": list(directions)} if directions else {}),
        "loss_function": loss,
        "iterations": rounds,
        "use_best_model": False,
        "boost_from_average": loss in {"RMSE", "MAE"},
        "nan_mode": "Min",
        "thread_count": 1,
        "random_seed": seed,
        "allow_writing_files": False,
        "logging_level": "Silent",
        **{name: value for name, value in params.items() if name not in OURS},
    }


# --- the JSON model -----------------------------------------------------------------------------------


def _trees(fields: Mapping[str, Any], *, scale: float, seen: tuple[int, ...], treats: list[str]) -> Iterator[Tree]:
    """A symmetric tree as plain ones, one for each class seen.

    Split d of D asks ``x > border`` and sets bit d of the leaf's number. Our test ``x <= border`` is true
    for bit 0. We ask the last split first: node ``2^k - 1 + i`` is the i-th of level k, its bits so far
    are i, so that the leaf at the end has CatBoost's own number.
    """
    splits = (fields["splits"] or [])[::-1]
    depth = len(splits)
    level = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    node = np.arange(2**depth - 1)
    true = 2 * node + 1  # bit 0; a heap, whose nodes from 2^depth - 1 on are the leaves
    inner = len(node)
    feature = np.asarray([split["float_feature_index"] for split in splits], dtype=np.int64)
    border = np.asarray([split["border"] for split in splits], dtype=np.float32).astype(np.float64)
    nan_true = np.asarray([treats[j] != "AsTrue" for j in feature.tolist()], dtype=np.bool_)
    values = np.asarray(fields["leaf_values"], dtype=np.float64).reshape(2**depth, len(seen)) * scale
    for k, target in enumerate(seen):
        yield Tree(
            feature=feature[level],
            threshold=border[level],
            mode=np.zeros(inner, dtype=np.int8),
            nan_true=nan_true[level],
            true_child=np.where(true < inner, true, inner - 1 - true),
            false_child=np.where(true + 1 < inner, true + 1, inner - 2 - true),
            leaf_value=values[:, k],
            target=target,
        )


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003); nothing for many classes.

    With 9 classes it is ten times slower than XGBoost to the same loss, and each class is a tree of its own
    in the graph.
    """
    base: Params = {"learning_rate": 0.08, "depth": 6, "l2_leaf_reg": 3.0}
    if task.classes > FEW_CLASSES:
        return ()
    if task.kind == "regression":
        return regression_entries(task, base)
    slow: Params = {**base, "learning_rate": 0.05, "depth": 4}
    return (slow, base) if rows <= FEW_ROWS else (base, slow)


def _space(task: Task, rows: int) -> Space:
    """The ranges of TabArena, with faster rates."""
    del rows
    if task.classes > FEW_CLASSES:
        return {}
    space: dict[str, Range | Choice] = {
        "learning_rate": Range(low=0.01, high=0.2, log=True),
        "depth": Range(low=4, high=8, whole=True),
        "l2_leaf_reg": Range(low=1e-4, high=5.0, log=True),
        "rsm": Range(low=0.5, high=1.0),
    }
    return space if task.kind != "regression" else {**space, "target": Choice(options=("plain", "log"))}


CATBOOST = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    monotone=True,
    cost=3.0,
    order=2,
    package="catboost",
    preload=("catboost",),
)
