"""Gradient boosting by XGBoost: depth-wise trees over histograms, categories as numbers and target statistics."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.learners._binned import STEP, MappedBins
from automl.learners._stopping import MOST_ROUNDS, Stopper
from automl.learners._target import PLAIN, Target, directed, regression_entries, smeared
from automl.learners._trees import Tree, ensemble, single
from automl.learners.base import BinnedRows, Choice, Floats, Learner, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import nothing_to_learn
from automl.ops.expr import Features, Trees
from automl.task import Task

if TYPE_CHECKING:
    import xgboost

NAME = "xgboost"
FEW_CLASSES = 4
FEW_ROWS = 10_000
OURS = frozenset({"rounds", "target", "objective"})
OBJECTIVE = {
    "binary": {"objective": "binary:logistic", "eval_metric": "logloss"},
    "multiclass": {"objective": "multi:softprob", "eval_metric": "mlogloss"},
    "squared": {"objective": "reg:squarederror", "eval_metric": "rmse"},
    "absolute": {"objective": "reg:absoluteerror", "eval_metric": "mae"},
    "poisson": {"objective": "count:poisson", "eval_metric": "poisson-nloglik"},
    "tweedie": {"objective": "reg:tweedie", "eval_metric": "tweedie-nloglik@1.5"},
    "gamma": {"objective": "reg:gamma", "eval_metric": "gamma-nloglik"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class XGBoostModel:
    """A booster cut at its best round."""

    booster: xgboost.Booster
    kept: int
    columns: int
    target: Target
    params: Params

    @property
    def rounds(self) -> int | None:
        return self.kept

    def raw(self, values: Floats) -> Floats:
        """Round by round: XGBoost adds up in float32, where 1,800 rounds lose the digits of a small score."""
        import xgboost

        rows = xgboost.DMatrix(single(values), nthread=1)

        def margin(number: int) -> Floats:
            found = self.booster.predict(
                rows, output_margin=True, validate_features=False, iteration_range=(number, number + 1)
            )
            return np.asarray(found, dtype=np.float64)

        total = margin(0)
        rows.set_base_margin(np.zeros(total.shape))  # the base score is in the first round
        for number in range(1, self.kept):
            total += margin(number)
        return self.target.raw(total)

    def member(self) -> Member:
        learner = json.loads(bytes(self.booster.save_raw("json")))["learner"]
        model = learner["gradient_booster"]["model"]
        trees = [_tree(fields, group) for fields, group in zip(model["trees"], model["tree_info"], strict=True)]
        base = self.target.raw(_margins(learner["learner_model_param"]["base_score"], self.target)[None, :])[0]
        joined = ensemble(trees, base=base, spread=self.target.spread, float32_inputs=True)
        raw = Trees(Features(self.columns), joined)
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.kept
        )


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Boost; `params` are XGBoost's own, and ``rounds``, ``target`` and ``objective`` (see `Target`)."""
    if np.all(train.y == train.y[0]):
        return nothing_to_learn(NAME, train, task, params)
    params = directed(params, train)
    target = Target.of(train, task, params)
    settings = _settings(train, target, params, seed)
    rounds = int(params.get("rounds", MOST_ROUNDS)) if valid is not None else int(params["rounds"])
    stopper = Stopper(rows=len(train.y), rate=float(params["learning_rate"]), seconds=seconds)
    booster = _boosted(settings, _data(train, target, settings), valid, target, stopper, rounds)
    kept, columns = stopper.best, train.values.shape[1]
    return smeared(
        XGBoostModel(booster=booster[:kept], kept=kept, columns=columns, target=target, params=params), train
    )


def fit_binned(
    train: BinnedRows, valid: Matrix, task: Task, params: Params, *, seed: int, seconds: float, threads: int
) -> Model:
    """As `fit`, from bins on the disk, which XGBoost takes chunk by chunk: it keeps two bytes of a cell."""
    import xgboost

    learned, bins = train.targets(), MappedBins(train)
    params = directed(params, learned)
    target = Target.of(learned, task, params)
    settings = {**_settings(learned, target, params, seed), "nthread": threads}
    label, weight = target.learned(learned.y).astype(np.float32), learned.weight
    del learned  # its bytes are needed now

    class Chunks(xgboost.DataIter):  # type: ignore[misc]  # xgboost is untyped
        at = 0

        def reset(self) -> None:
            self.at = 0

        def next(self, input_data: Callable[..., object]) -> bool:
            if self.at >= len(bins):
                return False
            part = slice(self.at, min(self.at + STEP, len(bins)))
            self.at = part.stop
            data = bins.numbers(part.start, part.stop).astype(np.float32)
            input_data(data=data, label=label[part], weight=None if weight is None else weight[part])
            return True

    stopper = Stopper(rows=len(label), rate=float(params["learning_rate"]), seconds=seconds)  # taking the rows counts
    rows = xgboost.QuantileDMatrix(Chunks(), nthread=threads, max_bin=int(settings["max_bin"]))
    booster = _boosted(settings, rows, valid, target, stopper, int(params.get("rounds", MOST_ROUNDS)))
    kept, columns = stopper.best, len(train.features)
    return smeared(
        XGBoostModel(booster=booster[:kept], kept=kept, columns=columns, target=target, params=params), valid
    )


def _boosted(
    settings: dict[str, Any],
    rows: xgboost.DMatrix,
    valid: Matrix | None,
    target: Target,
    stopper: Stopper,
    rounds: int,
) -> xgboost.Booster:
    """The booster with all its rounds; the stopper knows the best."""
    import xgboost

    return xgboost.train(
        settings,
        rows,
        num_boost_round=rounds,
        evals=[(_data(valid, target, settings, rows), "valid")] if valid is not None else [],
        callbacks=[_watch(stopper)],
        verbose_eval=False,
    )


def _watch(stopper: Stopper) -> xgboost.callback.TrainingCallback:
    """A callback of XGBoost that lets the stopper see each round, with its loss where there are validation rows."""
    import xgboost

    class Watch(xgboost.callback.TrainingCallback):  # type: ignore[misc]  # xgboost is untyped
        def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: Mapping[str, Any]) -> bool:
            del model, epoch
            return stopper.stop(next(iter(evals_log["valid"].values()))[-1] if evals_log else None)

    return Watch()


def _data(part: Matrix, target: Target, settings: Params, like: xgboost.DMatrix | None = None) -> xgboost.DMatrix:
    """The rows as XGBoost has them, with the bins of `like` where it is given."""
    import xgboost

    label = target.learned(part.y)
    return xgboost.QuantileDMatrix(
        single(part.values), label, weight=part.weight, ref=like, nthread=1, max_bin=int(settings["max_bin"])
    )


def _settings(train: Matrix, target: Target, params: Params, seed: int) -> dict[str, Any]:
    task = target.task
    return {
        **OBJECTIVE[target.objective if task.kind == "regression" else task.kind],
        **({"num_class": task.classes} if task.kind == "multiclass" else {}),
        **({"monotone_constraints": train.directions} if train.directions else {}),
        "tree_method": "hist",
        "max_bin": 256,
        "nthread": 1,
        "seed": seed,
        "verbosity": 0,
        **{name: value for name, value in params.items() if name not in OURS},
    }


# --- the JSON model -----------------------------------------------------------------------------------


def _tree(fields: Mapping[str, Any], group: int) -> Tree:
    """XGBoost keeps leaves among the nodes (left child -1, value in ``split_conditions``): part them."""
    left, right = (np.asarray(fields[side], dtype=np.int64) for side in ("left_children", "right_children"))
    value = np.asarray(fields["split_conditions"], dtype=np.float32).astype(np.float64)
    leaf = left < 0
    number = np.where(
        leaf, -np.cumsum(leaf, dtype=np.int64), np.cumsum(~leaf) - 1
    )  # -1 - leaf, or the node among the inner ones
    inner = ~leaf
    return Tree(
        feature=np.asarray(fields["split_indices"], dtype=np.int64)[inner],
        threshold=value[inner],
        mode=np.ones(int(inner.sum()), dtype=np.int8),
        nan_true=np.asarray(fields["default_left"], dtype=np.bool_)[inner],
        true_child=number[left[inner]],
        false_child=number[right[inner]],
        leaf_value=value[leaf],
        target=group,
    )


def _margins(text: str, target: Target) -> Floats:
    """The base score [width] as a margin: XGBoost 3 writes a probability (or one for each class) as ``[2E-1]``."""
    base = np.asarray(json.loads(text), dtype=np.float64).reshape(-1)
    wide = np.broadcast_to(base, (target.task.width,))
    if target.objective not in PLAIN:
        return np.log(wide)
    return np.log(wide / (1.0 - wide)) if target.task.kind == "binary" else wide


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003); few rows want shallow trees."""
    base: Params = {
        "learning_rate": 0.05,
        "max_depth": 6,
        "min_child_weight": 1.0,
        "lambda": 1.0,
        "colsample_bytree": 0.5,
        "subsample": 0.7,
    }
    if task.kind == "regression":
        base = {**base, "min_child_weight": 2.0}
        return regression_entries(task, base)
    if task.classes > FEW_CLASSES:  # a round is a tree for each class: fast rates, coarse bins
        base = {**base, "learning_rate": 0.15, "min_child_weight": 2.0, "max_bin": 64}
        base = {**base, "colsample_bytree": 1.0, "colsample_bynode": 0.3}
        return {**base, "max_depth": 9}, {**base, "max_depth": 6}
    shallow: Params = {**base, "max_depth": 3}
    if rows <= FEW_ROWS:
        return shallow, {**base, "max_depth": 5}
    return {**base, "learning_rate": 0.08, "max_depth": 5, "colsample_bytree": 0.7}, shallow


def _space(task: Task, rows: int) -> Space:
    """The ranges of TabArena, with shallower trees, faster rates and fewer columns a node."""
    del rows
    space: dict[str, Range | Choice] = {
        "learning_rate": Range(low=0.01, high=0.2, log=True),
        "max_depth": Range(low=2, high=10, whole=True),
        "min_child_weight": Range(low=0.001, high=5.0, log=True),
        "subsample": Range(low=0.6, high=1.0),
        "colsample_bytree": Range(low=0.5, high=1.0),
        "colsample_bynode": Range(low=0.3, high=1.0),
        "alpha": Range(low=1e-4, high=5.0, log=True),
        "lambda": Range(low=1e-4, high=5.0, log=True),
    }
    return space if task.kind != "regression" else {**space, "target": Choice(options=("plain", "log"))}


XGBOOST = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    fit_binned=fit_binned,
    bytes_a_row=(60.0, 2.2),
    narrow=True,
    monotone=True,
    cost=1.5,
    order=4,
    package="xgboost",
    preload=("xgboost",),
    tolerance=1e-6,  # its own sums are float32
)
