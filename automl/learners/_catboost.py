"""CatBoost on numbers and, where it is told of them, on categories of its own; its model as plain trees."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from automl import disk
from automl.learners._catboost_ctr import Category, Given, Json, forgotten
from automl.learners._catboost_trees import grown
from automl.learners._stopping import MOST_ROUNDS, Stopper
from automl.learners._target import Target, directed, smeared
from automl.learners._trees import ensemble, single
from automl.learners.base import Floats, Matrix, Member, Model, Params
from automl.learners.constant import log_odds, nothing_to_learn, shares
from automl.ops.expr import AsIndex, Features, Pick, Trees, as_index
from automl.task import Task

if TYPE_CHECKING:
    import catboost

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
class Inputs:
    """The columns of the matrix that CatBoost is given, `numbers` first, then `categories` of so many `levels`."""

    columns: int
    numbers: tuple[int, ...]
    categories: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()

    def data(self, values: Floats) -> Any:
        """The rows as CatBoost reads them; a level as its text, what is none as one that it never learned."""
        import catboost

        numbers = single(values[:, self.numbers])
        if not self.categories:
            return numbers
        codes = [as_index(values[:, j], size + 1) for j, size in zip(self.categories, self.levels, strict=True)]
        texts = np.array([str(level).encode() for level in range(max(self.levels) + 1)], dtype=object)
        return catboost.FeaturesData(numbers if self.numbers else None, texts[np.stack(codes, axis=1)])

    def every_level(self) -> Floats:
        """Rows that hold each level of each category, and what is none."""
        values = np.zeros((max(self.levels) + 1, self.columns))
        values[:, self.categories] = np.minimum(np.arange(len(values))[:, None], self.levels)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class CatBoostModel:
    """A booster cut at its best round. It knows the classes of train only: `seen` of them, the rest keep `floor`."""

    learner: str
    booster: catboost.CatBoost
    plain: Json  # the same, as CatBoost writes it
    kept: int
    inputs: Inputs
    train: Floats
    target: Target
    params: Params
    seen: tuple[int, ...]
    floor: Floats  # [width], the raw score of a class that train does not have

    @property
    def rounds(self) -> int | None:
        return self.kept

    def raw(self, values: Floats) -> Floats:
        rows = self.inputs.data(values)
        native = self.booster.predict(rows, prediction_type="RawFormulaVal", thread_count=1)
        return self.target.raw(self._placed(np.asarray(native, dtype=np.float64).reshape(len(values), len(self.seen))))

    def member(self) -> Member:
        categories = _categories(self.plain, self.inputs)
        given = Given(train=self.train, numbers=self.inputs.numbers, categories=categories)
        of, trees = grown(self.plain, given, self.seen)
        base = self.target.raw(self._placed(np.asarray([self.plain["scale_and_bias"][1]], dtype=np.float64)))[0]
        raw = Trees(of, ensemble(trees, base=base, spread=self.target.spread, float32_inputs=True))
        prediction = self.target.prediction(raw)
        return Member(learner=self.learner, params=self.params, raw=raw, prediction=prediction, rounds=self.kept)

    def _placed(self, native: Floats) -> Floats:
        """Scores of the classes seen [n, seen] among all [n, width]."""
        wide = np.tile(self.floor, (len(native), 1))
        wide[:, list(self.seen)] = native
        return wide


def boost(
    learner: str,
    train: Matrix,
    valid: Matrix | None,
    task: Task,
    params: Params,
    inputs: Inputs,
    *,
    seed: int,
    seconds: float,
) -> Model:
    """Boost; `params` are CatBoost's own, and ``rounds``, ``target`` and ``objective`` (see `Target`)."""
    import catboost

    if np.all(train.y == train.y[0]) or not _varies(train.values, inputs):
        return nothing_to_learn(learner, train, task, params)
    if params.get("objective") == "gamma":  # which CatBoost does not have; with one more power it is near
        params = {**params, "objective": "tweedie"}
    params = directed(params, train)
    target = Target.of(train, task, params)
    loss = LOSS[target.objective if task.kind == "regression" else task.kind]
    seen = np.unique(train.y) if task.kind == "multiclass" else np.zeros(1)
    watched = valid and _of_classes(valid, seen, task)
    stopper = Stopper(rows=len(train.y), rate=float(params["learning_rate"]), seconds=seconds)
    capped = int(params.get("rounds", MOST_ROUNDS)) if watched else int(params["rounds"])
    booster = catboost.CatBoost(_settings(loss, params, seed, capped, _directions(train, inputs)))

    def pool(part: Matrix) -> catboost.Pool:
        label = np.searchsorted(seen, part.y) if task.kind == "multiclass" else target.learned(part.y)
        return catboost.Pool(inputs.data(part.values), label, weight=part.weight, thread_count=1)

    watch = _Watch(stopper=stopper, loss=loss)
    booster.fit(pool(train), eval_set=pool(watched) if watched else None, callbacks=[watch])
    if stopper.best < booster.tree_count_:  # CatBoost refuses to keep all, where chance left a tree no column to split
        booster.shrink(ntree_end=stopper.best)
    plain = _dump(booster, inputs)
    if inputs.categories:
        plain = forgotten(plain, train.least)
        booster = _loaded(plain)
    model = CatBoostModel(
        learner=learner,
        booster=booster,
        plain=plain,
        kept=stopper.best,
        inputs=inputs,
        train=train.values,
        target=target,
        params=params,
        seen=tuple(seen.astype(int).tolist()),
        floor=log_odds(shares(train, task), task) if task.kind == "multiclass" else np.zeros(1),
    )
    return smeared(model, train)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """Lets the stopper see each round."""

    stopper: Stopper
    loss: str

    def after_iteration(self, info: Any) -> bool:
        """CatBoost goes on while this is True."""
        losses = info.metrics.get("validation", {}).get(self.loss)
        return not self.stopper.stop(losses[-1] if losses else None)


def _varies(values: Floats, inputs: Inputs) -> bool:
    """Whether any column has two values as float32, missing being one: CatBoost refuses a matrix that has none."""
    first = single(values[:1])
    return any(
        not np.array_equal(single(values[:, j]), np.full(len(values), first[0, j]), equal_nan=True)
        for j in (*inputs.numbers, *inputs.categories)
    )


def _of_classes(valid: Matrix, seen: Floats, task: Task) -> Matrix | None:
    """The validation rows of classes that train has, None if there are none: CatBoost refuses other classes."""
    known = np.isin(valid.y, seen) if task.kind == "multiclass" else np.ones(len(valid.y), dtype=np.bool_)
    if known.all() or not known.any():
        return valid if known.all() else None
    weight = None if valid.weight is None else valid.weight[known]
    return Matrix(values=valid.values[known], features=valid.features, y=valid.y[known], weight=weight)


def _directions(train: Matrix, inputs: Inputs) -> list[int]:
    """The direction of each column that CatBoost is given; empty if none has one. A category has none."""
    found = train.directions
    return [*(found[j] for j in inputs.numbers), *(0 for _ in inputs.categories)] if found else []


def _settings(loss: str, params: Params, seed: int, rounds: int, directions: list[int]) -> dict[str, object]:
    return {
        **({"monotone_constraints": directions} if directions else {}),
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


def _dump(booster: catboost.CatBoost, inputs: Inputs) -> Json:
    """The model as CatBoost writes it, with its number for every level where there are categories."""
    import catboost

    levels = catboost.Pool(inputs.data(inputs.every_level())) if inputs.categories else None
    with disk.scratch() as folder:
        path = folder / "model.json"
        booster.save_model(str(path), format="json", pool=levels)
        found: Json = json.loads(path.read_text())
    return found


def _loaded(model: Json) -> catboost.CatBoost:
    """The way back from `_dump`."""
    import catboost

    booster = catboost.CatBoost()
    with disk.scratch() as folder:
        path = folder / "model.json"
        disk.write(path, json.dumps(model).encode())
        booster.load_model(str(path), format="json")
    return booster


def _categories(model: Json, inputs: Inputs) -> tuple[Category, ...]:
    if not inputs.categories:
        return ()
    numbered = {each["value"]: each["hash"] for each in model["features_info"]["cat_features_hash"]}
    hashes = np.array([numbered[str(level)] for level in range(max(inputs.levels) + 1)], dtype=np.uint32)
    signed = hashes.view(np.int32).astype(np.int64)
    return tuple(
        Category(
            column=column,
            size=levels + 1,
            index=AsIndex(Pick(Features(inputs.columns), (column,)), levels + 1),
            hashes=signed[: levels + 1],
        )
        for column, levels in zip(inputs.categories, inputs.levels, strict=True)
    )
