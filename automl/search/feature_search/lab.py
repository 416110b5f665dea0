"""Where groups of features are tried: some rows, some folds, and probes on the workers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Fold, Rows
from automl.data.split import FIRST_WINDOW
from automl.executors.base import Done, Executor, Job
from automl.features.base import Ask, Fitted, Sample
from automl.features.plan_fit import fit_asks, fit_sample, transform, values_of
from automl.learners.base import FeatureInfo
from automl.ops.expr import Expr, walk
from automl.search.feature_search.probe import Probe, Probed
from automl.search.problem import Problem
from automl.search.rundir import RunDir

Floats = NDArray[np.float64]

ROWS, MOST_ROWS = 10_000, 40_000
CELLS_A_SECOND = 30_000  # of the share of the time: rows x columns that a probe fits, over all its folds
FITTED_ROWS = 100_000  # steps are fitted on more rows than are probed: a combination of levels is rare on few
FITTED_CELLS = 4_000_000  # rows x columns that steps are fitted on: of wide data there are fewer rows
WINDOWS = (2, 3)  # of time, at least and at most; as long as the test part, or the future would be too near
WINDOWED = 1.0 - FIRST_WINDOW  # share of the rows that windows part among them
HALVES = 2  # without a time: each predicts the other, so that every row counts
MOST_REPEATS = 3  # where rows are few
FOLDER = "features"
TAIL = 0.005  # of the rows, at either end of a number to predict
SKEWED = 2.0  # the upper tail against the lower one
BLOCKS = 40  # of the predicted rows; of each window of time
PROBE_SECONDS = 30.0  # a probe takes less than one; this one hangs


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of a matrix over the lab's rows, one array [n, width] for each fold.

    Column j is `features[j]`, comes from the raw columns `sources[j]`, and belongs to ask number `owner[j]`.
    """

    values: tuple[Floats, ...]
    features: tuple[FeatureInfo, ...]
    sources: tuple[tuple[str, ...], ...]
    owner: tuple[int, ...]
    asks: tuple[Ask, ...] = ()
    exprs: tuple[Expr, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.features)

    def pick(self, places: Sequence[int]) -> Columns:
        """These columns only."""
        return replace(
            self,
            values=tuple(values[:, places] for values in self.values),
            features=tuple(self.features[j] for j in places),
            sources=tuple(self.sources[j] for j in places),
            owner=tuple(self.owner[j] for j in places),
            exprs=tuple(self.exprs[j] for j in places) if self.exprs else (),
        )

    def best(self, weight: Floats, most: int) -> Columns:
        """The `most` weightiest columns, in their order."""
        return self.pick(np.sort(np.argsort(-weight, kind="stable")[:most]).tolist())

    def asked(self, numbers: set[int]) -> Columns:
        """The columns of these asks, and no other ask."""
        places = [j for j, owner in enumerate(self.owner) if owner in numbers]
        renamed = {number: place for place, number in enumerate(sorted(numbers))}
        picked = self.pick(places)
        return replace(
            picked,
            owner=tuple(renamed[owner] for owner in picked.owner),
            asks=tuple(self.asks[number] for number in sorted(numbers)),
        )

    def within(self, most: int) -> Columns:
        """The first asks that need no more than `most` operations of a graph together."""
        for number in range(len(self.asks), 0, -1):
            found = self.asked(set(range(number)))
            if nodes(found.exprs) <= most:
                return found
        return self.asked(set())

    def beside(self, other: Columns) -> Columns:
        """Both, side by side; asks are those of the other."""
        return Columns(
            values=tuple(np.hstack(pair) for pair in zip(self.values, other.values, strict=True)),
            features=self.features + other.features,
            sources=self.sources + other.sources,
            owner=self.owner + other.owner,
            asks=other.asks,
        )


@dataclass(slots=True, kw_only=True)
class Lab:
    """`rows` of the problem, their `folds`, and the jobs under way. `until` None: the clock does not count."""

    problem: Problem
    rows: Rows
    folds: tuple[Fold, ...]
    samples: tuple[Sample, ...]  # what steps are fitted on in each fold: the rows that its probes learn from, and more
    places: tuple[NDArray[np.int64], ...]  # of the rows that probes learn from, in the sample of the fold
    again: int  # probes of each fold, each with another seed
    executor: Executor
    rundir: RunDir
    memory: int
    until: float | None
    jobs: int = 0
    files: int = 0
    done: dict[int, Done] = field(default_factory=dict)

    @classmethod
    def of(
        cls, problem: Problem, *, seconds: float, executor: Executor, rundir: RunDir, memory: int, until: float | None
    ) -> Lab:
        """Some rows, drawn evenly, in windows of time or in halves.

        `seconds` of the budget say how many rows, never the clock: the choice is the same on every machine.
        """
        fitted = CELLS_A_SECOND * seconds / max(1, len(problem.schema.features))
        parts, again = _halves(problem, fitted) if problem.rows.time is None else _windows(problem, fitted)
        most = int(np.clip(fitted * problem.rows.n / (again * sum(len(fold.fit) for fold in parts)), ROWS, MOST_ROWS))
        drawn = np.random.default_rng(problem.seed).permutation(problem.rows.n)
        chosen = np.sort(drawn[:most])
        wider = np.sort(drawn[: max(most, _fitted_rows(problem))])
        rows = problem.rows.take(chosen)
        folds = tuple(
            Fold(fit=np.flatnonzero(np.isin(chosen, fold.fit)), valid=np.flatnonzero(np.isin(chosen, fold.valid)))
            for fold in parts
        )
        learned = tuple(wider[np.isin(wider, fold.fit)] for fold in parts)
        rundir.save(f"{FOLDER}/y", _tamed(problem, rows.y))
        if rows.weight is not None:
            rundir.save(f"{FOLDER}/weight", rows.weight)
        return cls(
            problem=problem,
            rows=rows,
            folds=folds,
            samples=tuple(_sample(problem, problem.rows.take(positions)) for positions in learned),
            again=again,
            places=tuple(
                np.searchsorted(positions, chosen[fold.fit]) for positions, fold in zip(learned, folds, strict=True)
            ),
            executor=executor,
            rundir=rundir,
            memory=memory,
            until=until,
        )

    def late(self) -> bool:
        """Whether the time for trying is over."""
        return self.until is not None and time.monotonic() > self.until

    def base(self) -> Columns | None:
        """What every plan has; None if the time would end with it, as plans of long texts take a while."""
        problem, parts, start = self.problem, [], time.monotonic()
        for number, (fold, sample) in enumerate(zip(self.folds, self.samples, strict=True)):
            left = math.inf if self.until is None else self.until - time.monotonic()
            if left < (number > 0) * (len(self.folds) - number) * (time.monotonic() - start) / max(number, 1):
                return None
            plan, fitted = fit_sample(sample, problem.schema)
            shipped = transform(plan, self.rows.frame[fold.valid])
            parts.append((plan, self._placed(fold, fitted[self.places[number]], shipped)))
        names = [{feature.name: j for j, feature in enumerate(plan.features)} for plan, _ in parts]
        shared = [feature for feature in parts[0][0].features if all(feature.name in places for places in names)]
        values = tuple(
            values[:, [places[feature.name] for feature in shared]]
            for (_, values), places in zip(parts, names, strict=True)
        )
        return Columns(
            values=values,
            features=tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels) for f in shared),
            sources=tuple(feature.source for feature in shared),
            owner=(-1,) * len(shared),
        )

    def columns(self, asks: Sequence[Ask]) -> Columns:
        """What joint steps give, fitted on each fold; a feature that a fold lacks is left out."""
        found = [[fit_asks((ask,), self.problem.schema, sample) for ask in asks] for sample in self.samples]
        values = [self._both(number, [fitted for one in each for fitted in one]) for number, each in enumerate(found)]
        names = [
            [f"{number}: {one.feature.name}" for number, part in enumerate(each) for one in part] for each in found
        ]
        shared = [name for name in names[0] if all(name in others for others in names)]
        first = dict(zip(names[0], (one for part in found[0] for one in part), strict=True))
        return Columns(
            values=tuple(
                matrix[:, [own.index(name) for name in shared]] for matrix, own in zip(values, names, strict=True)
            ),
            features=tuple(_info(first[name]) for name in shared),
            sources=tuple(first[name].feature.source for name in shared),
            owner=tuple(int(name.split(":", 1)[0]) for name in shared),
            asks=tuple(asks),
            exprs=tuple(first[name].feature.expr for name in shared),
        )

    def submit(self, columns: Columns) -> tuple[int, ...]:
        """A probe for each fold, `again` times; the numbers of the jobs."""
        files = [self._save(values) for values in columns.values]
        seeds = range(self.problem.seed, self.problem.seed + self.again * len(files))
        return tuple(
            self._submit(columns, fold, file, seed=seed)
            for fold, file, seed in zip(cycle(self.folds), cycle(files), seeds, strict=False)
        )

    def submit_beside_copies(self, base: Columns, columns: Columns) -> tuple[int, ...]:
        """A probe on the first fold with a permuted copy of each of `columns`; the number of the job."""
        both = base.beside(columns)
        file = self._save(both.values[0])
        return (self._submit(both, self.folds[0], file, seed=self.problem.seed, shadowed=base.width),)

    def _save(self, values: Floats) -> str:
        self.files += 1
        return str(self.rundir.save(f"{FOLDER}/{self.files}", values))

    def _submit(self, columns: Columns, fold: Fold, file: str, *, seed: int, shadowed: int | None = None) -> int:
        weighted = self.rows.weight is not None
        probe = Probe(
            files=(file,),
            features=columns.features,
            y=str(self.rundir.path / FOLDER / "y.npy"),
            weight=str(self.rundir.path / FOLDER / "weight.npy") if weighted else None,
            fit=fold.fit,
            valid=fold.valid,
            task=self.problem.task,
            seed=seed,
            seconds=PROBE_SECONDS,
            shadowed=shadowed,
        )
        number = self.jobs
        self.jobs += 1
        self.executor.submit(
            Job(
                id=number,
                function="automl.search.feature_search.probe:run",
                arguments={"probe": probe},
                seconds=2 * PROBE_SECONDS,
                memory=self.memory,
            )
        )
        return number

    def collect(self, jobs: tuple[int, ...]) -> tuple[Probed, ...] | None:
        """The results of a probe by fold; None if one failed or the time ended first."""
        while not set(jobs) <= self.done.keys() and not self.late():
            for done in self.executor.wait(0.5):
                self.done[done.id] = done
        values = [self.done[job].value for job in jobs if job in self.done]
        found = tuple(value for value in values if isinstance(value, Probed))
        return found if len(found) == len(jobs) else None

    def probe(self, columns: Columns) -> tuple[Probed, ...] | None:
        """Submit and collect."""
        return self.collect(self.submit(columns))

    def losses(self, result: Sequence[Probed]) -> Floats:
        """The loss of each row [n], its mean over the probes that predict it; NaN where none does."""
        total, times = np.zeros(self.rows.n), np.zeros(self.rows.n)
        for fold, one in zip(cycle(self.folds), result, strict=False):
            total[fold.valid] += one.loss
            times[fold.valid] += 1.0
        return np.where(times > 0.0, total / np.maximum(times, 1.0), np.nan)

    def mean_weight(self, result: Sequence[Probed]) -> Floats:
        """The weight of each column, its mean over the folds."""
        return np.asarray(np.mean([one.weight for one in result], axis=0))

    def gain(self, before: Floats, after: Floats) -> tuple[float, float]:
        """The loss that is saved as a share of what was lost, and how many standard errors that is.

        Rows that go together (of one stretch of time, of a group) are no evidence each for itself: what counts are
        blocks of rows that follow one another. By time the window counts in which least is to be seen.
        """
        weight = np.ones(self.rows.n) if self.rows.weight is None else self.rows.weight
        saved, lost = ((values * weight) for values in (before - after, before))
        parts = [fold.valid for fold in self.folds] if self.rows.time is not None else [np.flatnonzero(~np.isnan(lost))]
        share = float(np.nansum(saved) / max(np.nansum(lost), 1e-12))
        return share, min(_errors([saved[block].mean() for block in self._blocks(part)]) for part in parts)

    def _blocks(self, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Rows that follow one another, by time or group, in blocks."""
        keys = next((keys for keys in (self.rows.time, self.rows.group) if keys is not None), np.arange(self.rows.n))
        return np.array_split(rows[np.argsort(keys[rows], kind="stable")], min(BLOCKS, len(rows)))

    def _both(self, number: int, found: list[Fitted]) -> Floats:
        """What probes learn from, out of fold where the target was looked at, and what they predict on."""
        fold, places = self.folds[number], self.places[number]
        apart = [one if one.values is None else replace(one, values=one.values[places]) for one in found]
        fitted = values_of(apart, self.rows.frame[fold.fit])
        shipped = values_of([replace(one, values=None) for one in found], self.rows.frame[fold.valid])
        return self._placed(fold, fitted, shipped)

    def _placed(self, fold: Fold, fitted: Floats, shipped: Floats) -> Floats:
        values = np.full((self.rows.n, fitted.shape[1]), np.nan)
        values[fold.fit], values[fold.valid] = fitted, shipped
        return values


def _errors(blocks: Sequence[float]) -> float:
    """How many standard errors the mean of blocks is from 0."""
    return float(np.mean(blocks) / max(np.std(blocks, ddof=1) / np.sqrt(len(blocks)), 1e-12))


def nodes(exprs: Sequence[Expr]) -> int:
    """The operations that a graph needs for `exprs`, leaves not counted."""
    return sum(1 for part in walk(*exprs) if part.parts())


def _windows(problem: Problem, fitted: float) -> tuple[tuple[Fold, ...], int]:
    """Windows of time, about as long as the test part beside what is learned from, and how often to probe each."""
    share = max(problem.judged, 1) / problem.rows.n
    found = problem.parted(int(np.clip(round(WINDOWED / share), *WINDOWS)), seed=problem.seed, by_time=True)
    return found, _repeats(fitted, sum(len(fold.fit) for fold in found))


def _repeats(fitted: float, rows: int) -> int:
    """How often there is time to fit on `rows` where there is for `fitted` of them in total."""
    return int(np.clip(round(fitted / rows), 1, MOST_REPEATS))


def _halves(problem: Problem, fitted: float) -> tuple[tuple[Fold, ...], int]:
    """Halves of the rows, parted anew as often as there is time to fit on them all, each to be probed once."""
    repeats = range(_repeats(fitted, problem.rows.n))
    return tuple(fold for k in repeats for fold in problem.parted(HALVES, seed=problem.seed + k)), 1


def _tamed(problem: Problem, y: Floats) -> Floats:
    """What probes learn: without tails, in which a few rows would decide what a group is worth."""
    if problem.task.kind != "regression":
        return y
    low, middle, high = np.quantile(y, [TAIL, 0.5, 1.0 - TAIL])
    cut = np.clip(y, low, high)
    return np.asarray(np.log1p(cut) if low >= 0.0 and high - middle > SKEWED * (middle - low) else cut)


def _fitted_rows(problem: Problem) -> int:
    """Rows that steps may be fitted on, probed or not; no further ones where there is free text, which takes long."""
    columns = problem.schema.features
    text = any(column.wire == "text" for column in columns)
    return 0 if text else min(FITTED_ROWS, FITTED_CELLS // max(1, len(columns)))


def _sample(problem: Problem, rows: Rows) -> Sample:
    return Sample(
        frame=rows.frame,
        y=rows.y,
        weight=rows.weight,
        task=problem.task,
        folds=problem.inner(rows),
        seed=problem.seed,
    )


def _info(fitted: Fitted) -> FeatureInfo:
    return FeatureInfo(name=fitted.feature.name, kind=fitted.feature.kind, levels=fitted.feature.levels)
