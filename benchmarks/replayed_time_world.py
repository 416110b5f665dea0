"""The worlds that `replayed_time.py` goes through: the rows of a task in time, and what is known of them each month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from monitor_months import Task
from numpy.typing import NDArray

from automl.data.infer.row_time import row_times
from automl.spec.data import Data

NAMES = {"act": "act", "pass": "pass"}
DAY = 86_400e6  # microseconds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a task is replayed: from which month on rows are known, and how many months come first.

    Labels are known `delay` days after the time of their row.
    """

    begins: str
    first: int
    delay: int = 30


COURSES: Mapping[str, Course] = {
    "weather_aus": Course(begins="2013-06", first=24),
    "hotel_bookings": Course(begins="2015-07", first=4),
    "hdb_resale_prices": Course(begins="2015-01", first=12, delay=60),  # a month's sales bear its first day
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All rows of a task in order, their `time` and the `month` (0: the first that is replayed) of each, and a spec."""

    task: Task
    spec: Mapping[str, object]
    rows: pl.DataFrame
    time: Floats
    month: Ints
    starts: Sequence[float]
    delay: float
    work: Path

    def known(self, month: int) -> pl.DataFrame:
        """The rows whose label is known when the month begins."""
        return self.rows.filter(self.time <= self.starts[month] - self.delay)

    def seen(self, month: int) -> pl.DataFrame:
        """All rows until the month begins; the target of those whose label is not known yet is missing."""
        target = str(self.task.objective["target"])
        late = self.time > self.starts[month] - self.delay
        kept = self.rows.with_columns(pl.when(~pl.Series(late)).then(pl.col(target)).alias(target))
        return kept.filter(self.time <= self.starts[month])

    def past(self, month: int, since: int) -> pl.DataFrame:
        """The rows of the months from `since` on until this one begins."""
        return self.rows.filter((self.month >= since) & (self.month < month))

    @property
    def months(self) -> range:
        """The months that are replayed."""
        return range(len(self.starts))


def world(task: Task, folder: Path, work: Path, trials: int, *, offset: int = 0, thin: int = 1) -> World:
    """The rows of both parts, each `thin`-th of them from the `offset`-th on, and the spec of every model."""
    course = COURSES[task.name]
    whole = pl.concat([pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "test")])
    whole = whole.with_columns(task.month.alias("__month")).sort("__month", maintain_order=True)
    whole = whole.filter(pl.col("__month") >= course.begins).gather_every(thin, offset)
    names = whole["__month"].unique().sort().to_list()
    rows = whole.drop("__month")
    data = {"time": list(task.time), "exclude": list(task.exclude), "final": "all"}
    month = whole["__month"].replace_strict({name: place - course.first for place, name in enumerate(names)})
    work.mkdir(parents=True, exist_ok=True)
    return World(
        task=task,
        spec={
            "objective": dict(task.objective) | ({"names": NAMES} if "costs" in task.objective else {}),
            "data": data,
            "budget": {"time": "10min", "trials": trials, "workers": 1, "executor": "inline"},
            "recipe": {"name": "quick"},
            "report": {"html": False},
            "monitor": {"label_delay": f"{course.delay}d", "window": "30d"},
        },
        rows=rows,
        time=row_times(rows, Data.model_validate({"time": list(task.time)})),
        month=month.to_numpy(),
        starts=[datetime.fromisoformat(f"{name}-01").replace(tzinfo=UTC).timestamp() * 1e6 for name in names][
            course.first :
        ],
        delay=course.delay * DAY,
        work=work,
    )
