"""Where groups of features are tried: their columns on some rows and folds, and probes of them on the workers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Fold
from automl.executors.base import Done, Job
from automl.executors.travel import Place
from automl.features.base import Ask, Fitted
from automl.features.plan_fit import fit_asks, fit_sample, transform, values_of
from automl.learners.base import FeatureInfo
from automl.search.feature_search.columns import Columns, planned
from automl.search.feature_search.probe import Probe, Probed
from automl.search.feature_search.probe_rows import ProbeRows, draw_rows
from automl.search.problem import Problem
from automl.search.run import Run

Floats = NDArray[np.float64]

FOLDER = "features"
PROBE_SECONDS = 30.0  # a probe takes less than one; this one hangs, unless the clock does not count


@dataclass(slots=True, kw_only=True)
class Lab:
    """The problem's rows that are probed, and the jobs under way.

    `until` is a moment of the deadline's clock; None: the clock does not count.
    """

    problem: Problem
    run: Run
    drawn: ProbeRows
    until: float | None
    jobs: int = 0
    files: int = 0
    done: dict[int, Done] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, run: Run, *, seconds: float, until: float | None) -> Lab:
        """`seconds` of the budget say how many rows are drawn; what probes learn from them is written down."""
        drawn = draw_rows(problem, seconds)
        run.folder.save(f"{FOLDER}/y", drawn.y)
        if drawn.rows.weight is not None:
            run.folder.save(f"{FOLDER}/weight", drawn.rows.weight)
        return cls(problem=problem, run=run, drawn=drawn, until=until)

    def late(self) -> bool:
        """Whether the time for trying is over."""
        return self._left() < 0.0

    def base(self) -> Columns | None:
        """What every plan has; None if the time would end with it, as plans of long texts take a while."""
        drawn, parts, start = self.drawn, [], self.run.deadline.spent()
        for number, (fold, sample) in enumerate(zip(drawn.folds, drawn.samples, strict=True)):
            each = (self.run.deadline.spent() - start) / max(number, 1)
            if self._left() < (len(drawn.folds) - number) * (each if number else 0.0):
                return None
            plan, fitted = fit_sample(sample, self.problem.schema)
            shipped = transform(plan, drawn.rows.frame[fold.valid])
            parts.append((plan, self._placed(fold, fitted[drawn.places[number]], shipped)))
        return planned(parts)

    def columns(self, asks: Sequence[Ask]) -> Columns:
        """What joint steps give, fitted on each fold; a feature that a fold lacks is left out."""
        given = [[fit_asks((ask,), self.problem.schema, sample) for ask in asks] for sample in self.drawn.samples]
        values = [self._both(number, [fitted for one in each for fitted in one]) for number, each in enumerate(given)]
        names = [
            [f"{number}: {one.feature.name}" for number, part in enumerate(each) for one in part] for each in given
        ]
        shared = [name for name in names[0] if all(name in others for others in names)]
        first = dict(zip(names[0], (one for part in given[0] for one in part), strict=True))
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
        """A probe for each fold, as often as rows are probed again; the numbers of the jobs."""
        files = [self._save(values) for values in columns.values]
        seeds = range(self.problem.seed, self.problem.seed + self.drawn.again * len(files))
        return tuple(
            self._submit(columns, fold, file, seed=seed)
            for fold, file, seed in zip(cycle(self.drawn.folds), cycle(files), seeds, strict=False)
        )

    def submit_beside_copies(self, base: Columns, columns: Columns) -> tuple[int, ...]:
        """A probe on the first fold with a permuted copy of each of `columns`; the number of the job."""
        both = base.beside(columns)
        file = self._save(both.values[0])
        return (self._submit(both, self.drawn.folds[0], file, seed=self.problem.seed, shadowed=base.width),)

    def collect(self, jobs: tuple[int, ...]) -> tuple[Probed, ...] | None:
        """The results of a probe by fold; None if one failed or the time ended first."""
        while not set(jobs) <= self.done.keys() and not self.late():
            for done in self.run.wait(0.5):
                self.done[done.id] = done
        values = [self.done[job].value for job in jobs if job in self.done]
        results = tuple(value for value in values if isinstance(value, Probed))
        return results if len(results) == len(jobs) else None

    def probe(self, columns: Columns) -> tuple[Probed, ...] | None:
        """Submit and collect."""
        return self.collect(self.submit(columns))

    def _left(self) -> float:
        """Seconds for trying."""
        return math.inf if self.until is None else self.until - self.run.deadline.spent()

    @property
    def _longest(self) -> float:
        """Seconds of a probe."""
        return PROBE_SECONDS if self.until is not None else max(1.0, self.run.deadline.left())

    def _save(self, values: Floats) -> str:
        self.files += 1
        return Place(self.run.folder.save(f"{FOLDER}/{self.files}", values))

    def _submit(self, columns: Columns, fold: Fold, file: str, *, seed: int, shadowed: int | None = None) -> int:
        folder = self.run.folder.path / FOLDER
        probe = Probe(
            files=(file,),
            features=columns.features,
            y=Place(folder / "y.npy"),
            weight=None if self.drawn.rows.weight is None else Place(folder / "weight.npy"),
            fit=fold.fit,
            valid=fold.valid,
            task=self.problem.task,
            seed=seed,
            seconds=self._longest,
            shadowed=shadowed,
        )
        number = self.jobs
        self.jobs += 1
        self.run.executor.submit(
            Job(
                id=number,
                function="automl.search.feature_search.probe:run",
                arguments={"probe": probe},
                seconds=2 * self._longest,
                memory=int(self.run.spec.budget.memory / self.run.workers),
            )
        )
        return number

    def _both(self, number: int, given: list[Fitted]) -> Floats:
        """What probes learn from, out of fold where the target was looked at, and what they predict on."""
        fold, places, frame = self.drawn.folds[number], self.drawn.places[number], self.drawn.rows.frame
        apart = [one if one.values is None else replace(one, values=one.values[places]) for one in given]
        fitted = values_of(apart, frame[fold.fit])
        shipped = values_of([replace(one, values=None) for one in given], frame[fold.valid])
        return self._placed(fold, fitted, shipped)

    def _placed(self, fold: Fold, fitted: Floats, shipped: Floats) -> Floats:
        values = np.full((self.drawn.rows.n, fitted.shape[1]), np.nan)
        values[fold.fit], values[fold.valid] = fitted, shipped
        return values


def _info(fitted: Fitted) -> FeatureInfo:
    return FeatureInfo(name=fitted.feature.name, kind=fitted.feature.kind, levels=fitted.feature.levels)
