"""Gradient boosting by LightGBM: leaf-wise trees over histograms, categories as sets of codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.learners._binned import MISSING, MOST_BINS, STEP, MappedBins
from automl.learners._stopping import MOST_ROUNDS, Stopper
from automl.learners._target import Target, directed, regression_entries, smeared
from automl.learners._trees import Tree, ensemble
from automl.learners.base import (
    BinnedRows,
    Choice,
    FeatureInfo,
    Floats,
    Learner,
    Matrix,
    Member,
    Model,
    Params,
    Range,
    Space,
)
from automl.learners.constant import nothing_to_learn
from automl.ops.expr import Features, Trees
from automl.task import Task

if TYPE_CHECKING:
    import lightgbm

NAME = "lightgbm"
FEW_CLASSES = 4
FEW_ROWS = 10_000
MOST_LEVELS = 255  # a category with more is taken as a number: LightGBM bins at most that many
OURS = frozenset({"rounds", "target", "objective", "categories"})
OBJECTIVE = {
    "binary": {"objective": "binary", "metric": "binary_logloss"},
    "multiclass": {"objective": "multiclass", "metric": "multi_logloss"},
    "squared": {"objective": "regression", "metric": "l2"},
    "absolute": {"objective": "regression_l1", "metric": "l1"},
    "poisson": {"objective": "poisson", "metric": "poisson"},
    "tweedie": {"objective": "tweedie", "metric": "tweedie"},
    "gamma": {"objective": "gamma", "metric": "gamma"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LightGBMModel:
    """A booster cut at its best round."""

    booster: lightgbm.Booster
    kept: int
    columns: int
    target: Target
    params: Params

    @property
    def rounds(self) -> int | None:
        return self.kept

    def raw(self, values: Floats) -> Floats:
        native = self.booster.predict(values, raw_score=True, num_iteration=self.kept, num_threads=1)
        return self.target.raw(native)

    def member(self) -> Member:
        text = self.booster.model_to_string(num_iteration=self.kept)
        width = self.target.task.width
        trees = [_tree(fields, number % width) for number, fields in enumerate(_blocks(text))]
        base = np.full(width, self.target.center)
        raw = Trees(Features(self.columns), ensemble(trees, base=base, spread=self.target.spread))
        return Member(
            learner=NAME, params=self.params, raw=raw, prediction=self.target.prediction(raw), rounds=self.kept
        )


def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Boost; `params` are LightGBM's own, and ``rounds``, ``target``, ``objective`` (see `Target`), ``categories``.

    ``categories``: ``native`` splits on sets of codes (up to 255 levels), ``number`` on their order.
    """
    import lightgbm

    if np.all(train.y == train.y[0]):
        return nothing_to_learn(NAME, train, task, params)
    params = directed(params, train)
    target = Target.of(train, task, params)
    settings = _settings(train, target, params, seed)
    data = lightgbm.Dataset(
        train.values,
        label=target.learned(train.y),
        weight=train.weight,
        categorical_feature=_categories(train.features, params),
        params=settings,
    )
    rounds = int(params.get("rounds", MOST_ROUNDS)) if valid is not None else int(params["rounds"])
    booster, kept = _boost(data, valid, target, settings, rounds=rounds, rows=len(train.y), seconds=seconds)
    model = LightGBMModel(booster=booster, kept=kept, columns=train.values.shape[1], target=target, params=params)
    return smeared(model, train)


def fit_binned(
    train: BinnedRows, valid: Matrix, task: Task, params: Params, *, seed: int, seconds: float, threads: int
) -> Model:
    """As `fit`, from bins on the disk: LightGBM keeps a byte of a cell, and takes the rows chunk by chunk."""
    import lightgbm

    class Chunks(lightgbm.Sequence):  # type: ignore[misc]  # lightgbm is untyped
        batch_size = STEP

        def __init__(self, bins: MappedBins) -> None:
            self.bins = bins

        def __len__(self) -> int:
            return len(self.bins)

        def __getitem__(self, rows: slice) -> Floats:
            return self.bins.numbers(rows.start, rows.stop)

    learned = train.targets()
    params = directed(params, learned)
    target = Target.of(learned, task, params)
    settings = {
        **_settings(learned, target, params, seed),
        "num_threads": threads,
        "min_data_in_bin": 1,
        "feature_pre_filter": False,
    }
    categories = _categories(train.features, params)
    shape = lightgbm.Dataset(_every_bin(train), categorical_feature=categories, params=settings, free_raw_data=True)
    data = lightgbm.Dataset(
        Chunks(MappedBins(train)),
        label=target.learned(learned.y).astype(np.float32),
        weight=None if learned.weight is None else learned.weight.astype(np.float32),
        reference=shape,
        params=settings,
    )
    rows, rounds = len(learned.y), int(params.get("rounds", MOST_ROUNDS))
    del learned  # its bytes are needed now
    booster, kept = _boost(data, valid, target, settings, rounds=rounds, rows=rows, seconds=seconds)
    model = LightGBMModel(booster=booster, kept=kept, columns=len(train.features), target=target, params=params)
    return smeared(model, valid)


def _every_bin(train: BinnedRows) -> Floats:
    """Rows that hold each bin of each feature: what shows LightGBM that bins are those of ours."""
    rows = np.tile(np.arange(MOST_BINS + 1, dtype=np.float64)[:, None], (1, len(train.features)))
    for j, edges in enumerate(train.edges):
        rows[:, j] = np.where(rows[:, j] == MISSING, np.nan, rows[:, j] % (edges.size + 1))
    return rows


def _boost(
    data: lightgbm.Dataset,
    valid: Matrix | None,
    target: Target,
    settings: dict[str, object],
    *,
    rounds: int,
    rows: int,
    seconds: float,
) -> tuple[lightgbm.Booster, int]:
    """The booster, and the rounds to keep of it: the best, or all where nothing judges."""
    import lightgbm

    stopper = Stopper(rows=rows, rate=float(str(settings["learning_rate"])), seconds=seconds)
    booster = lightgbm.Booster(settings, data)
    if valid is not None:
        judged = data.create_valid(valid.values, target.learned(valid.y), weight=valid.weight, params=settings)
        booster.add_valid(judged, "valid")
    for _ in range(rounds):
        nothing_left = booster.update()
        if nothing_left or stopper.stop(booster.eval_valid()[0][2] if valid is not None else None):
            break
    return booster, max(1, stopper.best)


def _settings(train: Matrix, target: Target, params: Params, seed: int) -> dict[str, object]:
    settings: dict[str, object] = {
        **OBJECTIVE[target.objective if target.task.kind == "regression" else target.task.kind],
        "num_class": target.task.width,
        "bagging_freq": 1,
        # better than LightGBM's own on german_credit, telco_churn and adult
        "min_data_per_group": 20,
        "cat_smooth": 20.0,
        "cat_l2": 2.0,
        "max_cat_to_onehot": 16,
        "force_col_wise": True,  # else LightGBM times both ways, and the faster one decides the sums
        "deterministic": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
        **{name: value for name, value in params.items() if name not in OURS},
    }
    least = int(params.get("min_data_in_leaf", 20))
    if train.directions:
        settings["monotone_constraints"] = list(train.directions)
    # a leaf of 5 % of the rows is as large as it may get, or few rows would never be split
    settings["min_data_in_leaf"] = min(least, max(1, len(train.y) // 20))
    return settings


def _categories(features: Sequence[FeatureInfo], params: Params) -> list[int]:
    if params.get("categories", "native") != "native":
        return []
    return [j for j, feature in enumerate(features) if feature.kind == "code" and feature.levels <= MOST_LEVELS]


# --- the text model -----------------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """The fields of each tree of LightGBM's text model, in which numbers have all their digits."""
    for block in text.split("end of trees", maxsplit=1)[0].split("\nTree=")[1:]:
        yield dict(line.split("=", maxsplit=1) for line in block.splitlines()[1:] if "=" in line)


def _tree(fields: Mapping[str, str], target: int) -> Tree:
    """LightGBM's left is our true side; its leaves are coded as ours.

    ``decision_type``: bit 0 a category, bit 1 missing goes left, bits 2 and 3 what counts as missing:
    0 nothing (NaN is taken as 0.0), 1 zero (never asked for here), 2 NaN. A category in no set goes right, NaN too.
    """
    threshold = _numbers(fields.get("threshold", ""), np.float64)
    kind = _numbers(fields.get("decision_type", ""), np.int64)
    category = (kind & 1) == 1
    sets = _sets(fields, threshold, category)
    return Tree(
        feature=_numbers(fields.get("split_feature", ""), np.int64),
        threshold=np.where(category, 0.0, threshold),
        mode=np.where(category, 2, 0).astype(np.int8),
        nan_true=~category & np.where((kind >> 2) == 2, (kind & 2) == 2, threshold >= 0.0),  # noqa: PLR2004  # bit fields
        true_child=_numbers(fields.get("left_child", ""), np.int64),
        false_child=_numbers(fields.get("right_child", ""), np.int64),
        leaf_value=_numbers(fields["leaf_value"], np.float64),
        target=target,
        sets=sets,
    )


def _sets(fields: Mapping[str, str], threshold: Floats, category: NDArray[np.bool_]) -> dict[int, tuple[int, ...]]:
    """The codes on the left of each category node: a threshold numbers a run of 32-bit words."""
    bounds = _numbers(fields.get("cat_boundaries", ""), np.int64)
    words = _numbers(fields.get("cat_threshold", ""), np.int64)
    found = {}
    for node in np.flatnonzero(category).tolist():
        number = int(threshold[node])
        run = words[bounds[number] : bounds[number + 1]]
        found[node] = tuple(32 * i + bit for i, word in enumerate(run.tolist()) for bit in range(32) if word >> bit & 1)
    return found


def _numbers(text: str, dtype: type) -> Any:
    return np.asarray(text.split(), dtype=dtype)


# --- where to look ------------------------------------------------------------------------------------


def _portfolio(task: Task, rows: int) -> tuple[Params, ...]:
    """Ours, by measurement on development tasks (docs/decisions/0003); few rows want few leaves."""
    if task.kind == "regression":
        return _regression(task)
    if task.classes > FEW_CLASSES:
        return _many_classes()
    return _few_rows() if rows <= FEW_ROWS else _many_rows()


def _regression(task: Task) -> tuple[Params, ...]:
    base: Params = {"learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 3, "bagging_fraction": 0.7}
    first, second, *others = regression_entries(task, {**base, "feature_fraction": 0.5})
    by_node: Params = {**base, "feature_fraction_bynode": 0.4, "target": "log"}
    return (first, second, by_node, {**base, "num_leaves": 100}, *others)


def _many_classes() -> tuple[Params, ...]:
    """A round is a tree for each class: fast rates, coarse bins, and leaves with some weight lest a class run away."""
    base: Params = {
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "min_sum_hessian_in_leaf": 0.1,
        "bagging_fraction": 0.75,
        "feature_fraction_bynode": 0.4,
        "max_bin": 63,
    }
    return (base, {**base, "num_leaves": 63}, {**base, "num_leaves": 16, "learning_rate": 0.15})


def _few_rows() -> tuple[Params, ...]:
    base: Params = {"learning_rate": 0.04, "min_data_in_leaf": 40, "bagging_fraction": 0.75, "feature_fraction": 0.5}
    return (
        {**base, "num_leaves": 8},
        {**base, "num_leaves": 4, "learning_rate": 0.06, "categories": "number"},
        {**base, "num_leaves": 64, "extra_trees": True},
        {**base, "num_leaves": 31, "min_data_in_leaf": 10, "categories": "number"},
    )


def _many_rows() -> tuple[Params, ...]:
    base: Params = {"learning_rate": 0.06, "min_data_in_leaf": 10, "bagging_fraction": 0.75, "lambda_l2": 1.0}
    return (
        {**base, "num_leaves": 31, "feature_fraction": 0.7, "categories": "number"},
        {**base, "num_leaves": 16, "feature_fraction": 0.5},
        {**base, "num_leaves": 64, "feature_fraction": 0.5, "min_data_in_leaf": 40, "learning_rate": 0.04},
        {**base, "num_leaves": 64, "feature_fraction": 0.7, "extra_trees": True},
    )


def _space(task: Task, rows: int) -> Space:
    """The ranges of TabArena, with faster rates; below a weight of 0.1 a leaf of one of many classes runs away."""
    del rows
    space: dict[str, Range | Choice] = {
        "learning_rate": Range(low=0.01, high=0.2, log=True),
        "num_leaves": Range(low=2, high=200, log=True, whole=True),
        "min_data_in_leaf": Range(low=1, high=64, log=True, whole=True),
        "feature_fraction": Range(low=0.4, high=1.0),
        "bagging_fraction": Range(low=0.7, high=1.0),
        "lambda_l1": Range(low=0.0, high=1.0),
        "lambda_l2": Range(low=0.0, high=2.0),
        "extra_trees": Choice(options=(False, True)),
        "categories": Choice(options=("native", "number")),
    }
    if task.kind == "multiclass":
        return {**space, "min_sum_hessian_in_leaf": Range(low=0.1, high=5.0, log=True)}
    return space if task.kind == "binary" else {**space, "target": Choice(options=("plain", "log"))}


LIGHTGBM = Learner(
    name=NAME,
    kinds=frozenset({"binary", "multiclass", "regression"}),
    portfolio=_portfolio,
    space=_space,
    fit=fit,
    fit_binned=fit_binned,
    bytes_a_row=(60.0, 1.1),
    monotone=True,
    order=1,
    package="lightgbm",
    preload=("sklearn.base", "lightgbm"),
)
