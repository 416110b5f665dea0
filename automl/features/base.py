"""What a step is: one frozen value that turns a raw column into features, written once over `ops`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Column, Fold
from automl.features.plan import Feature
from automl.registry import Registry
from automl.task import Task

Floats = NDArray[np.float64]


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

    `fit` gives the features of the column, fitted on the sample: none if the column has nothing to give.
    """

    name: str
    applies: Callable[[Column], bool]
    fit: Callable[[Column, Sample], tuple[Fitted, ...]]


steps = Registry("automl.features.steps", Step, "feature step")
