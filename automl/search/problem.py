"""What is to be learned, and its matrices: each outer fold fits the whole feature plan again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import SEEN, Fold, Rows, Schema, UnreadRows
from automl.data.split import FoldKind, fold_kind, folds
from automl.executors.travel import Place
from automl.features.base import Ask
from automl.features.plan import Plan
from automl.features.plan_fit import fit_plan, transform
from automl.learners.base import Direction, FeatureInfo, aimed
from automl.metrics.base import Metric, get
from automl.metrics.base import loss as proper
from automl.search.monotone import SIGN, direction, orderly
from automl.search.rundir import RunDir
from automl.search.worker.feature_matrix import FeatureMatrix
from automl.spec.model import Spec
from automl.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INNER = 5  # folds inside a fold, for what looks at the target
WINDOWS = 3  # by time
WINDOW_ROWS = 5_000  # a window of so many rows may judge alone
REPEAT = 7919  # between the seeds of repeats
PARITY = 1000  # train rows on which a member's own raw scores are kept, for parity with the graph
FOLDER = "matrices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Train rows with their outer folds. The first fold is the one to look at if there is time for one only.

    `metric` is what the spec asks for, `loss` the proper score that the search minimises instead. `asks` are the joint
    steps of the feature plan.
    """

    rows: Rows
    schema: Schema
    task: Task
    folds: tuple[Fold, ...]
    metric: Metric
    loss: Metric
    seed: int
    unseen_groups: bool = False
    asks: tuple[Ask, ...] = ()
    judged: int = 0  # rows of the test part
    unread: UnreadRows | str | None = None  # see `data.rows.Prepared`
    horizon: float | None = None  # seconds after which a row's target is known
    directions: Mapping[str, Direction] = field(default_factory=dict)  # by raw column
    _again: dict[int, tuple[Fold, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, rows: Rows, schema: Schema, task: Task, *, metric: str | Metric, spec: Spec, seed: int, judged: int = 0
    ) -> Problem:
        """Cut `rows` into the folds that the spec asks for: by time, by the file's order, by group, else at random."""
        outer = folds(
            rows,
            task,
            k=spec.recipe.folds,
            seed=seed,
            horizon=spec.data.horizon,
            by_time=rows.by_time,
            unseen_groups=spec.data.unseen_groups,
        )
        asked = get(metric) if isinstance(metric, str) else metric
        numbers = {column.name for column in schema.features if column.wire == "number"}
        loss = proper(asked, task.kind)
        return cls(
            rows=rows,
            schema=schema,
            task=aimed(task, rows.y, loss.name),
            # by time the last fold has the most to learn from and is nearest to what will be scored
            folds=tuple(sorted(outer, key=lambda fold: -len(fold.fit))) if rows.by_time else outer,
            metric=asked,
            loss=loss,
            seed=seed,
            unseen_groups=spec.data.unseen_groups,
            judged=judged,
            horizon=spec.data.horizon,
            directions={column: SIGN[way] for column, way in spec.limits.monotone.items() if column in numbers},
        )

    @property
    def fold_kind(self) -> FoldKind:
        """What parts the rows."""
        return fold_kind(self.rows, by_time=self.rows.by_time)

    @property
    def parity_rows(self) -> Ints:
        """Positions of the rows that members are compared on."""
        n = self.rows.n
        return np.sort(np.random.default_rng(self.seed).permutation(n)[:PARITY])

    @property
    def least_folds(self) -> int:
        """Folds that a choice should rest on: one small window of time is as good as its weather."""
        small = self.rows.by_time and len(self.folds[0].valid) < WINDOW_ROWS
        return min(len(self.folds), WINDOWS) if small else 1

    def predicted(self, folds: int) -> int:
        """The rows that the first so many folds predict."""
        return sum(len(fold.valid) for fold in self.folds[:folds])

    def can_repeat(self, repeat: int) -> bool:
        """Whether rows can be parted anew: few groups may give fewer folds, few moments the same ones."""
        again = self._repeat(repeat)
        same = all(np.array_equal(one.valid, other.valid) for one, other in zip(again, self.folds, strict=False))
        return len(again) == len(self.folds) and not same

    def fold(self, number: int) -> Fold:
        """A fold of the first cross-validation (`folds`), then of the second, and so on."""
        repeat, place = divmod(number, len(self.folds))
        return self.folds[place] if repeat == 0 else self._repeat(repeat)[place]

    def _repeat(self, repeat: int) -> tuple[Fold, ...]:
        """Other folds of the same kind: by chance from another seed; windows and stretches begin elsewhere."""
        if repeat not in self._again:
            by_time = self.rows.by_time
            seed, shift = self.seed + REPEAT * repeat, between(repeat)
            self._again[repeat] = self.parted(len(self.folds), seed=seed, by_time=by_time, shift=shift)
        return self._again[repeat]

    def parted(self, k: int, *, seed: int, by_time: bool = False, shift: float = 0.0) -> tuple[Fold, ...]:
        """The rows in `k` other folds; by time the last window first."""
        parts = folds(
            self.rows,
            self.task,
            k=k,
            seed=seed,
            horizon=self.horizon if by_time else None,
            by_time=by_time,
            unseen_groups=self.unseen_groups,
            shift=shift,
        )
        return parts[::-1] if by_time else parts

    def inner(self, rows: Rows) -> tuple[Fold, ...]:
        """Inner folds, never by time or block: the target of later rows may be used on earlier rows of the same fit.

        Groups that come back later are not kept whole: what is known of a group itself is what will help.
        """
        comes_back = rows.by_time and not self.unseen_groups
        return folds(
            replace(rows, order=None, group=None if comes_back else rows.group),
            self.task,
            k=INNER,
            seed=self.seed + 1,
            horizon=None,
            by_time=False,
            unseen_groups=self.unseen_groups,
        )


@dataclass(slots=True)
class Matrices:
    """The matrices of a problem, each computed when it is first asked for and kept in a `folder` of the run folder."""

    problem: Problem
    rundir: RunDir
    folder: str = FOLDER
    clock: Callable[[], float] = time.monotonic
    longest: float = 0.0  # seconds that one of them took
    _matrices: dict[int | None, FeatureMatrix] = field(default_factory=dict)
    _plans: dict[int | None, Plan] = field(default_factory=dict)
    _parity: dict[int | None, str] = field(default_factory=dict)
    _base: tuple[tuple[FeatureInfo, ...], Floats] | None = None  # the array is mapped, and not in memory

    def matrix(self, fold: int | None) -> FeatureMatrix:
        """The matrix of a fold, or (None) of the plan fitted on all train rows."""
        if fold not in self._matrices:
            begun = self.clock()
            self._matrices[fold] = self._make(fold)
            self.longest = max(self.longest, self.clock() - begun)
        return self._matrices[fold]

    def has(self, fold: int | None) -> bool:
        """Whether a matrix is there already."""
        return fold in self._matrices

    def plan(self, fold: int | None) -> Plan:
        """The plan of a matrix."""
        self.matrix(fold)
        return self._plans[fold]

    def parity(self, fold: int | None) -> str:
        """The path of the plan's matrix [m, F] on the parity rows, as it will be in the bundle."""
        if fold not in self._parity:
            frame = self.problem.rows.frame[self.problem.parity_rows]
            values = transform(self.plan(fold), frame)
            self._parity[fold] = Place(self.rundir.save(f"{self.folder}/{_name(fold)}-parity", values))
        return self._parity[fold]

    def _make(self, fold: int | None) -> FeatureMatrix:
        problem, n = self.problem, self.problem.rows.n
        rows = problem.rows if fold is None else problem.rows.take(problem.fold(fold).fit)
        plan, values = fit_plan(rows, problem.schema, problem.task, problem.inner(rows), problem.seed, problem.asks)
        plan, fitted = orderly(plan, values, problem.directions)
        values = fitted
        if fold is not None:
            values = np.empty((n, len(plan.features)))
            others = np.setdiff1d(np.arange(n), problem.fold(fold).fit)
            values[problem.fold(fold).fit] = fitted
            values[others] = transform(plan, problem.rows.frame[others])
        self._plans[fold] = plan
        least = max((column.min_level for column in problem.schema.columns), default=SEEN)
        features = tuple(
            FeatureInfo(
                name=f.name,
                kind=f.kind,
                levels=f.levels,
                bag=f.bag,
                direction=direction(f, problem.directions),
                least=least,
            )
            for f in plan.features
        )
        return self._write(fold, features, values)

    def _write(self, fold: int | None, features: tuple[FeatureInfo, ...], values: Floats) -> FeatureMatrix:
        name, problem = _name(fold), self.problem
        if self._base is None:
            self.rundir.save(f"{self.folder}/base", values)
            self.rundir.save(f"{self.folder}/y", problem.rows.y)
            if problem.rows.weight is not None:
                self.rundir.save(f"{self.folder}/weight", problem.rows.weight)
            self._base = (features, self.rundir.load(f"{self.folder}/base"))
            places, own = tuple(range(len(features))), list[int]()
        else:
            places, own = _places(features, values, *self._base)
        if own:
            self.rundir.save(f"{self.folder}/{name}", np.ascontiguousarray(values[:, own]))
        if fold is not None:
            self.rundir.save(f"{self.folder}/{name}-fit", problem.fold(fold).fit)
            self.rundir.save(f"{self.folder}/{name}-valid", problem.fold(fold).valid)
        folder = Place(self.rundir.path / self.folder)
        weighted = problem.rows.weight is not None
        return FeatureMatrix(folder=folder, name=name, features=features, places=places, weighted=weighted)


def between(repeat: int) -> float:
    """The place of a repeat between one window and the next: 1/2, 1/4, 3/4, 1/8 and so on (van der Corput, base 2)."""
    place, width = 0.0, 0.5
    while repeat:
        repeat, bit = divmod(repeat, 2)
        place, width = place + bit * width, width / 2
    return place


def _name(fold: int | None) -> str:
    return "all" if fold is None else f"fold-{fold}"


def _places(
    features: tuple[FeatureInfo, ...], values: Floats, base: tuple[FeatureInfo, ...], given: Floats
) -> tuple[tuple[int, ...], list[int]]:
    """Where each column stands (see `FeatureMatrix.places`), and the columns that the base does not have."""
    known = {feature.name: j for j, feature in enumerate(base)}
    places: list[int] = []
    own: list[int] = []
    for j, feature in enumerate(features):
        at = known.get(feature.name)
        if at is not None and np.array_equal(values[:, j], given[:, at], equal_nan=True):
            places.append(at)
        else:
            places.append(-1 - len(own))
            own.append(j)
    return tuple(places), own
