"""What random forests and extra trees share: growing within time and size, and leaves as operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.budget import Deadline
from automl.learners._target import Target, smeared
from automl.learners._trees import Tree, ensemble, single
from automl.learners.base import Choice, Floats, Matrix, Member, Model, Params, Range, Space
from automl.learners.constant import nothing_to_learn, shares
from automl.ops.expr import Add, AsIndex, Constant, Features, Take, Trees
from automl.task import Task

MOST_TREES = 50  # more of them would have to be smaller, which loses more
FEW_CLASSES = 4  # beyond, rows of probabilities leave too few leaves to a tree: no portfolio
MOST_BYTES = 2_500_000  # of all leaves in the graph; it caps the leaves of a tree
NODE_BYTES, NUMBER_BYTES = 35, 8  # of a leaf with its node, and of each number in a leaf's row of the table
MOST_ROWS = 50_000  # that one tree sees
STEP = 10  # trees between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A forest of scikit-learn, which compares float32 and takes missing values as they are.

    The raw score of a class is its probability, drawn towards the share of train as by one row more, so that
    no probability is 0. `seen` are the classes of train.
    """

    name: str
    forest: Any
    columns: int
    target: Target
    params: Params
    seen: tuple[int, ...]
    keep: float  # the weight of the trees, the rest being that of `base`
    base: Floats  # [width]

    @property
    def rounds(self) -> int | None:
        return len(self.forest.estimators_)

    def raw(self, values: Floats) -> Floats:
        if self.target.task.kind == "regression":
            return self.target.raw(self.forest.predict(single(values)))
        return self.base + self.keep * self._placed(self.forest.predict_proba(single(values)))

    def member(self) -> Member:
        raw = self._table() if self.target.task.kind == "multiclass" else self._sum()
        regression = self.target.task.kind == "regression"
        prediction = self.target.prediction(raw) if regression else raw
        return Member(learner=self.name, params=self.params, raw=raw, prediction=prediction, rounds=self.rounds)

    def _sum(self) -> Trees:
        """Trees that add up to the score."""
        trees = [_tree(one.tree_, values=_values(one)[:, -1], target=0) for one in self.forest.estimators_]
        spread = self.keep / len(trees) * (self.target.spread if self.target.task.kind == "regression" else 1.0)
        return Trees(Features(self.columns), ensemble(trees, base=self.base, spread=spread, float32_inputs=True))

    def _table(self) -> Add:
        """Trees that each give the number of their leaf, and the sum of the rows of these leaves."""
        tables = [self._placed(_values(one)) for one in self.forest.estimators_]
        starts = np.cumsum([0, *map(len, tables)])
        trees = [
            _tree(one.tree_, values=np.arange(start, start + len(table), dtype=np.float64), target=number)
            for number, (one, table, start) in enumerate(zip(self.forest.estimators_, tables, starts[:-1], strict=True))
        ]
        joined = ensemble(trees, base=np.zeros(len(trees)), float32_inputs=True)
        leaves = AsIndex(Trees(Features(self.columns), joined), int(starts[-1]))
        return Add(Take(leaves, np.concatenate(tables) * (self.keep / len(tables))), Constant(self.base))

    def _placed(self, found: Floats) -> Floats:
        """Probabilities of the classes seen [n, seen] among all [n, width]."""
        if self.target.task.kind == "binary":
            return found[:, -1:]
        wide = np.zeros((len(found), self.target.task.width))
        wide[:, list(self.seen)] = found
        return wide


def fit_forest(name: str, kind: str, train: Matrix, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
    """Grow ``rounds`` trees of scikit-learn's `kind` (``ExtraTrees``, ``RandomForest``), or as many as time allows.

    Other `params` are scikit-learn's own; nothing is stopped early.
    """
    from sklearn import ensemble as forests

    if np.all(train.y == train.y[0]):
        return nothing_to_learn(name, train, task, params)
    deadline = Deadline.of(seconds)
    regression = task.kind == "regression"
    target = Target.of(train, task, params)
    trees = int(params.get("rounds", MOST_TREES))
    forest = getattr(forests, kind + ("Regressor" if regression else "Classifier"))(
        **_settings(kind, train, task, params, seed), warm_start=True, n_estimators=1
    )
    rows, y = single(train.values), target.learned(train.y)
    forest.fit(rows, y, sample_weight=train.weight)
    while forest.n_estimators < trees and deadline.left() > 0.0:
        forest.n_estimators = min(trees, forest.n_estimators + STEP)
        forest.fit(rows, y, sample_weight=train.weight)
    share = shares(train, task) if not regression else np.zeros(1)
    keep = 1.0 if regression else len(train.y) / (len(train.y) + 1.0)
    prior = share[1:] if task.kind == "binary" else share
    return smeared(
        Forest(
            name=name,
            forest=forest,
            columns=train.values.shape[1],
            target=target,
            params=params,
            seen=() if regression else tuple(forest.classes_.astype(int).tolist()),
            keep=keep,
            base=np.asarray([target.center]) if regression else prior * (1.0 - keep),
        ),
        train,
    )


def forest_space(task: Task, rows: int) -> Space:
    """What is searched for either forest."""
    del rows
    if task.classes > FEW_CLASSES:
        return {}
    return {
        "min_samples_leaf": Range(low=1, high=50, log=True, whole=True),
        "max_features": Choice(options=("sqrt", 0.3, 0.5, 0.7, 1.0)),
    }


def _settings(kind: str, train: Matrix, task: Task, params: Params, seed: int) -> dict[str, Any]:
    rows = min(len(train.y), MOST_ROWS)
    own = {name: value for name, value in params.items() if name not in {"rounds", "target"}}
    leaf_bytes = NODE_BYTES + (NUMBER_BYTES * task.classes if task.kind == "multiclass" else 0)
    leaves = max(2, MOST_BYTES // leaf_bytes // MOST_TREES)
    drawn = len(train.y) > MOST_ROWS
    return {
        "n_jobs": 1,
        "random_state": seed,
        "bootstrap": drawn or kind == "RandomForest",
        "max_samples": rows if drawn else None,
        # growing by gain is slower: only where depth first would end in too many leaves
        "max_leaf_nodes": leaves if rows // int(params["min_samples_leaf"]) > leaves else None,
        **own,
    }


def _values(one: Any) -> Floats:
    """The numbers of each leaf [leaves, classes or 1], in the order of the nodes."""
    tree = one.tree_
    return np.asarray(tree.value[tree.children_left < 0, 0, :], dtype=np.float64)


def _tree(tree: Any, *, values: Floats, target: int) -> Tree:
    """scikit-learn's left is our true side; leaves stand among its nodes: part them."""
    leaf = tree.children_left < 0
    inner = ~leaf
    number = np.where(leaf, -np.cumsum(leaf, dtype=np.int64), np.cumsum(inner) - 1)
    return Tree(
        feature=tree.feature[inner].astype(np.int64),
        threshold=tree.threshold[inner].astype(np.float64),
        mode=np.zeros(int(inner.sum()), dtype=np.int8),
        nan_true=tree.missing_go_to_left[inner].astype(np.bool_),
        true_child=number[tree.children_left[inner]],
        false_child=number[tree.children_right[inner]],
        leaf_value=values,
        target=target,
    )
