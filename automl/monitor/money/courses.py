"""Bounds of the running saving that hold at all looks at once, and a new sequence of them each week.

The empirical Bernstein sequence of Howard, Ramdas, McAuliffe and Sekhon 2021 (Annals of Statistics 49, theorem 4): for
values within bounds, whatever their dependence, it holds the running mean of their conditional means with equal
weights at all times with probability 1 - alpha. Late damage drowns in an old mean, so each week another one begins;
the k-th may err with 6 alpha / (π k)², which sum to alpha.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from automl.monitor.money.mixture import Mixture
from automl.monitor.money.promise import Promise, Range

Floats = NDArray[np.float64]
DAY = 86_400_000_000  # microseconds
WEEK = 7 * DAY
KEPT = 26  # of the youngest sequences, beside the first: half a year of weeks
TIGHTEST = 5_000  # units at which the boundary is tightest: about a month of 200 rows a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The `number`-th sequence, begun at `since` (microseconds): so many values, their `total`, intrinsic `time`."""

    number: int
    since: float
    n: int = 0
    total: float = 0.0
    time: float = 0.0

    @property
    def mean(self) -> float:
        """The running mean."""
        return self.total / self.n

    def after(self, values: Floats, expected: float) -> Course:
        """The sequence with the `values` [n] of a day; each is foretold by the mean before it, at first `expected`."""
        foretold = self.mean if self.n else expected
        return replace(
            self,
            n=self.n + values.size,
            total=self.total + float(values.sum()),
            time=self.time + float(((values - foretold) ** 2).sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The mean saving since a moment (microseconds) over `n` units, from `low` to `high`, each end at its own alpha."""

    since: float
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """All sequences that run, the first one first; `until` (microseconds) all mature rows are counted."""

    running: tuple[Course, ...] = ()
    until: float = -math.inf

    def to_json(self) -> dict[str, object]:
        """A handful of numbers."""
        until = self.until if math.isfinite(self.until) else None
        return {"until": until, "running": [asdict(course) for course in self.running]}

    @classmethod
    def from_json(cls, state: dict[str, object]) -> Self:
        """The inverse of `to_json`; `TypeError` or `KeyError` where it is none."""
        until, running = state["until"], state["running"]
        if not isinstance(running, list):
            raise TypeError(f"the sequences are a list, not {running!r}")
        courses = tuple(Course(**course) for course in running)
        return cls(running=courses, until=-math.inf if until is None else float(str(until)))

    def after(self, values: Floats, time: Floats, promise: Promise) -> Courses:
        """With mature units: their saving [n] and time [n] in microseconds; those until `until` have been counted."""
        courses = self
        fresh = np.isfinite(time) & (time > self.until)
        days = np.floor(time / DAY)
        for day in np.unique(days[fresh]).tolist():
            today = fresh & (days == day)
            running = tuple(c.after(values[today], promise.saving) for c in _begun(courses.running, day * DAY))
            courses = Courses(running=running, until=float(time[today].max()))
        return courses

    def bounds(self, promise: Promise, alpha: float) -> tuple[Bound, ...]:
        """The bounds of each sequence; all upper ones hold at all looks with 1 - alpha, and so do the lower ones."""
        courses = [course for course in self.running if course.n]
        mixture = Mixture.tightest_at(TIGHTEST * promise.variance, alpha, promise.range.width)
        times, alphas = (
            np.array(each) for each in ([c.time for c in courses], [spent(c.number, alpha) for c in courses])
        )
        sums = mixture.boundary(times, alphas).tolist()
        return tuple(_bound(course, promise.range, total) for course, total in zip(courses, sums, strict=True))


def spent(number: int, alpha: float) -> float:
    """What of `alpha` the `number`-th sequence may spend."""
    return 6.0 * alpha / (math.pi * number) ** 2


def daily_units(values: Floats, time: Floats, group: NDArray[np.int64] | None) -> tuple[Floats, Floats]:
    """The units of rows [n]: each itself, or the mean of each group on each day; and the time of each unit.

    Rows of one group hang together, and so they count as one.
    """
    if group is None:
        return values, time
    keys = np.column_stack((np.floor(time / DAY), group))
    _, unit = np.unique(keys, axis=0, return_inverse=True)
    unit = unit.ravel()
    last = np.full(int(unit.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(last, unit, time)
    return np.bincount(unit, values) / np.bincount(unit), last


def _begun(running: Sequence[Course], day: float) -> tuple[Course, ...]:
    """The sequences of a `day`: another one where the youngest is a week old, and of the old ones the first."""
    courses = list(running)
    if not courses or day >= courses[-1].since + WEEK:
        courses.append(Course(number=courses[-1].number + 1 if courses else 1, since=day))
    return tuple(_kept(courses))


def _kept(courses: Sequence[Course]) -> Iterator[Course]:
    yield from courses[: max(1, len(courses) - KEPT)][:1]
    yield from courses[1:][-KEPT:]


def _bound(course: Course, within: Range, total: float) -> Bound:
    """The bounds where the sum is at most `total` away from that of the conditional means."""
    reach = total / course.n
    return Bound(
        since=course.since,
        n=course.n,
        mean=course.mean,
        low=max(within.low, course.mean - reach),
        high=min(within.high, course.mean + reach),
    )
