"""What a step is: one frozen value that turns raw columns into features, written once over `ops`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Column, Fold
from automl.features.plan import Feature
from automl.ops.expr import Absolute, Expr, Less, Where, constant
from automl.registry import LAST, Registry
from automl.task import Task

Floats = NDArray[np.float64]

HUGE = 1e300
CARRIED = 0.5  # of what a booster made of the columns: so much, and what levels say is looked at even in little time


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The rows that a plan is fitted on: `frame` in wire types, `y` and `weight` [n], inner `folds` over them.

    `seed` is for steps that draw; a step without chance leaves it alone.
    """

    frame: pl.DataFrame
    y: Floats
    weight: Floats | None
    task: Task
    folds: tuple[Fold, ...]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A feature, and what learners see of it on the fitted rows.

    `values` [n] is given out of fold by whatever looks at the target; None stands for what the
    feature's own expression gives, which is right only if the target was not looked at.
    """

    feature: Feature
    values: Floats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way to make features of one column. `applies` looks at the column only, never at rows.

    `fit` gives the features of the column, fitted on the sample: none if the column has nothing to give. A column has
    the features of all steps that apply to it, by their `order`, then by name; a feature's name says whose it is.
    """

    name: str
    applies: Callable[[Column], bool]
    fit: Callable[[Column, Sample], tuple[Fitted, ...]]
    order: int = LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Work for one joint step: `columns` are raw columns, in an order that means something to the step."""

    step: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is known of the columns when joint steps propose.

    `weight` says how much a cheap learner made of each column, by name, `together` how much of two columns (names in
    alphabetical order) one after the other; both are 0 for a name that is not there. `frame` are the rows it saw,
    `sample` the same with their target and folds; None while the target must not be looked at.
    """

    columns: tuple[Column, ...]
    frame: pl.DataFrame
    task: Task
    weight: Mapping[str, float]
    together: Mapping[tuple[str, str], float]
    sample: Sample | None = None

    def share(self, columns: Sequence[Column]) -> float:
        """What these columns weigh, of all columns; 1 while no weight is known."""
        total = sum(self.weight.get(column.name, 0.0) for column in self.columns)
        return sum(self.weight.get(column.name, 0.0) for column in columns) / total if total else 1.0

    def coded(self) -> list[Column]:
        """The columns whose values are levels, the weightiest first."""
        return [column for column in self.best("category", "number") if column.has_levels]

    def carried_by_levels(self) -> bool:
        """Whether columns whose values are levels weigh at least `CARRIED`."""
        coded = self.coded()
        return bool(coded) and self.share(coded) >= CARRIED

    def best(self, *wires: str) -> list[Column]:
        """The columns of these wires, the weightiest first."""
        found = [column for column in self.columns if column.wire in wires]
        return sorted(found, key=lambda column: -self.weight.get(column.name, 0.0))


def _nothing(_columns: Sequence[Column]) -> tuple[Ask, ...]:
    return ()


def _never(_survey: Survey) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """One way to make features of several columns, or one that is worth its cost on some data only.

    `propose` says what it would do; the search tries that, by `order`, then by name, and keeps what helps. `always`
    says what it does without being tried, to the feature columns of any data. `brief` says on what data it is tried
    even where the time is short; asked before the survey, it knows the columns only. `fit` does it: `columns` are those
    of the ask, in its order.
    """

    name: str
    propose: Callable[[Survey], tuple[Ask, ...]]
    fit: Callable[[Sequence[Column], Sample], tuple[Fitted, ...]]
    always: Callable[[Sequence[Column]], tuple[Ask, ...]] = _nothing
    order: int = LAST
    brief: Callable[[Survey], bool] = _never


def made(name: str, source: Iterable[str], expr: Expr, values: Floats | None = None) -> Fitted:
    """A feature that is a number; with `values` out of fold it is a statistic of the target."""
    kind: Literal["number", "target"] = "number" if values is None else "target"
    return Fitted(feature=Feature(name=name, kind=kind, source=tuple(source), expr=expr), values=values)


def finite(of: Expr) -> Expr:
    """`of`, missing where it has grown beyond what learners take."""
    return Where(Less(Absolute(of), constant(HUGE)), of, constant(np.nan))


steps = Registry("automl.features.steps", Step, "feature step")
joints = Registry("automl.features.joint", Joint, "joint feature step")
