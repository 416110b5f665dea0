"""Which small models are worth training: the largest that should keep the limits, on the columns that tell most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from automl.features.plan import HIDDEN
from automl.learners.base import Params
from automl.search.cost.fidelity import hurried
from automl.search.cost.serving import Serving, reading, serving, share_read
from automl.search.state import State
from automl.search.worker.model_size import ModelSize
from automl.search.worker.soft_targets import SoftTargets

Floats = NDArray[np.float64]
Fits = Callable[[Serving], bool]

# Rounds, leaves, learning rate, from the student of graph.md down to a handful of stumps.
SIZES = (
    (300, 31, 0.06),
    (200, 31, 0.08),
    (120, 24, 0.1),
    (80, 16, 0.13),
    (50, 12, 0.18),
    (30, 8, 0.25),
    (18, 6, 0.35),
    (10, 4, 0.5),
    (5, 4, 0.6),
)
OPERATIONS = 12  # of a graph beside those of its columns
SAMPLE = 6_000  # rows that tell which columns matter
BINS = 24
SCREENED = 200  # features that are weighed against each other
FEWEST_ROUNDS = 5
FEWER = 0.7  # of the columns, in each set after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSet:
    """Features that may be looked at (None: all), from how many raw columns they come, and seconds to read these."""

    features: tuple[str, ...] | None
    count: int
    reading: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A model to train: `rounds` are fixed, so that its size is known before."""

    name: str
    learner: str
    params: Params
    soft_targets: SoftTargets
    reading: float

    @property
    def rounds(self) -> int:
        """Boosting rounds, 0 for a linear model."""
        return int(self.params.get("rounds", 0))

    @property
    def identity(self) -> tuple[object, ...]:
        """Two students that would learn the same are one."""
        return self.learner, tuple(sorted(self.params.items())), self.soft_targets


def small_trees(
    state: State, columns: ColumnSet, teacher: str, fits: Fits, sizes: Sequence[tuple[int, int, float]] = SIZES
) -> Student | None:
    """One boosted model, half on labels and half on the teacher; the largest of `sizes` that fits, or None."""
    if not _known(state, "lightgbm"):
        return None
    width = state.problem.task.width
    for rounds, leaves, rate in sizes:
        size = ModelSize(
            operations=OPERATIONS, steps=rounds * width * log2(leaves), nodes=rounds * width * (leaves - 1)
        )
        read = columns.reading * share_read(size, columns.count)
        if fits(serving([size], reading=read)):
            params: Params = {
                "rounds": rounds,
                "num_leaves": leaves,
                "learning_rate": rate,
                "min_data_in_leaf": 20,
                "lambda_l2": 1.0,
                "feature_fraction": 1.0,
            }
            name = f"{rounds} small trees taught by the best ensemble{_on(columns)}"
            soft_targets = SoftTargets(columns=columns.features, teacher=teacher)
            return Student(name=name, learner="lightgbm", params=params, soft_targets=soft_targets, reading=read)
    return None


def fewer_trees(state: State, fits: Fits) -> Student | None:
    """The best boosted model of the search with as many rounds as fit, at a higher rate; None where that is nothing."""
    boosted = [one for one in state.whole if one.rounds and not one.learner.baseline and one.soft_targets is None]
    if not boosted:
        return None
    best = min(boosted, key=lambda one: (one.loss(state.problem), one.id))
    every = best.usual_rounds(state.problem) or 1
    columns = state.after.reading
    rounds = next(
        (
            number
            for number in sorted({max(1, round(every * 0.75**power)) for power in range(20)}, reverse=True)
            if fits(serving([best.model_size * (number / every)], reading=columns))
        ),
        0,
    )
    if rounds < FEWEST_ROUNDS or rounds == every:
        return None
    params = {**hurried(best.params, every / rounds), "rounds": rounds}
    name = f"{best.learner.name} with {rounds} of {every} rounds"
    return Student(name=name, learner=best.learner.name, params=params, soft_targets=SoftTargets(), reading=columns)


def linear(state: State, columns: ColumnSet, fits: Fits) -> Student | None:
    """The linear baseline on few columns, shrunk as the best one of the search."""
    if not _known(state, "linear") or not fits(
        serving([ModelSize(operations=3 * OPERATIONS)], reading=columns.reading)
    ):
        return None
    learner = next(one for one in state.proposals.learners if one.name == "linear")
    tried = [one for one in state.whole if one.learner.name == "linear" and one.soft_targets is None]
    tried.sort(key=lambda one: (one.loss(state.problem), one.id))
    options = [one.params for one in tried] or learner.portfolio(state.problem.task, state.problem.rows.n)
    if not options:
        return None
    soft_targets = SoftTargets(columns=columns.features)
    return Student(
        name=f"linear{_on(columns)}",
        learner="linear",
        params=options[0],
        soft_targets=soft_targets,
        reading=columns.reading,
    )


def column_sets(state: State, teacher: Floats, final: int | None) -> tuple[ColumnSet, ...]:
    """All columns, then ever fewer of those that tell most of what the teacher says; the last set has one.

    A column that is computed from other tables costs far more than one of the row: all but the first set do without.
    """
    plan, table = state.matrices.plan(final), state.matrices.matrix(final)
    rows = np.flatnonzero(np.isfinite(teacher).all(axis=1))
    rows = rows[np.random.default_rng(state.run.seed).permutation(len(rows))[:SAMPLE]]
    computed = {column.name for column in state.problem.schema.features if column.computed}
    seen = [place for place, feature in enumerate(plan.features) if feature.kind not in HIDDEN]
    features, values = [plan.features[place] for place in seen], table.at(rows).values[:, seen]
    sources = [frozenset(feature.source) for feature in features]
    order = _ranked(values, np.asarray(teacher[rows]), sources, computed)
    known = {column.name: column for column in state.problem.schema.features}
    sets = [ColumnSet(features=None, count=len(known), reading=state.after.reading)]
    count = len(order) if computed else int(FEWER * len(order))
    while count >= 1:
        kept = frozenset(order[:count])
        names = tuple(feature.name for feature, source in zip(features, sources, strict=True) if source <= kept)
        joint = sum(len(source) > 1 and source <= kept for source in sources)
        sets.append(ColumnSet(features=names, count=count, reading=reading([known[name] for name in kept], joint)))
        count = min(count - 1, int(FEWER * count))  # the last few one by one
    return tuple(sets)


def _ranked(values: Floats, said: Floats, sources: Sequence[frozenset[str]], computed: set[str]) -> list[str]:
    """Raw columns by what their features add to those before them, as steps of a sum (greedy, additive).

    Of a wide table only the features that tell most on their own are weighed against each other (sure independence
    screening: Fan, Lv 2008), and the others follow in that order: all of them would take the square of their number.
    """
    target = said - said.mean(axis=0)
    bins = [_binned(values[:, place]) for place in range(values.shape[1])]
    usable = [place for place in range(len(bins)) if not sources[place] & computed]
    gains = {place: _steps(bins[place], target)[1] / (1 + len(sources[place])) for place in usable}
    alone = sorted(usable, key=lambda place: -gains[place])
    ranked: list[str] = []
    open_features = sorted(alone[:SCREENED])
    while open_features:
        gain = [_steps(bins[place], target)[1] / (1 + len(sources[place] - set(ranked))) for place in open_features]
        best = open_features[int(np.argmax(gain))]
        target = target - _steps(bins[best], target)[0]
        ranked += sorted(sources[best] - set(ranked))
        open_features = [place for place in open_features if place != best and not sources[place] <= set(ranked)]
    return list(dict.fromkeys([*ranked, *(name for place in alone for name in sorted(sources[place]))]))


def _binned(values: Floats) -> NDArray[np.int64]:
    """Each value's bin; missing ones have their own."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(known, 1 + np.searchsorted(edges, np.where(known, values, 0.0), side="right"), 0)


def _steps(bins: NDArray[np.int64], target: Floats) -> tuple[Floats, float]:
    """The mean of the target in each bin [n, width], and how much of its square they explain."""
    size = np.bincount(bins, minlength=BINS + 2)
    sums = np.column_stack([np.bincount(bins, weights=column, minlength=BINS + 2) for column in target.T])
    means = sums / np.maximum(size, 1)[:, None]
    return means[bins], float((size[:, None] * means**2).sum())


def _known(state: State, name: str) -> bool:
    return any(learner.name == name for learner in state.proposals.learners)


def _on(columns: ColumnSet) -> str:
    return "" if columns.features is None else f" on {columns.count} column{'s' if columns.count > 1 else ''}"
