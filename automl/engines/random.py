"""Random steps around the best point so far: the plain engine that others have to beat."""

from __future__ import annotations

import math

import numpy as np

from automl.engines.base import Engine, Proposer
from automl.learners.base import Choice, Params, Range, Space, Value

STEP = 0.15  # of a dimension's whole range, as a standard deviation
JUMP = 0.2  # the chance that a choice is drawn anew


class RandomSteps:
    """First `best` itself, then a Gaussian step from the best point observed."""

    def __init__(self, space: Space, best: Params, seed: int) -> None:
        self._space, self._best, self._loss = space, complete(best, space), math.inf
        self._seed, self._asked = seed, 0

    def propose(self) -> Params:
        self._asked += 1
        if self._asked == 1:
            return self._best
        return near(self._best, self._space, self._seed + self._asked)

    def observe(self, params: Params, *, loss: float, seconds: float) -> None:
        del seconds
        if loss < self._loss:
            self._best, self._loss = params, loss


def complete(params: Params, space: Space) -> Params:
    """`params` moved inside `space`, with the low end or the first option of each dimension that they leave out."""
    return {**params, **{name: _inside(params.get(name), dimension) for name, dimension in space.items()}}


def near(params: Params, space: Space, seed: int) -> Params:
    """A point close to `params` in `space`."""
    rng = np.random.default_rng(seed)
    return {**params, **{name: _step(params[name], dimension, rng) for name, dimension in space.items()}}


def _inside(value: Value | None, dimension: Range | Choice) -> Value:
    if isinstance(dimension, Choice):
        return dimension.options[0] if value is None or value not in dimension.options else value
    number = dimension.low if value is None else min(max(float(value), dimension.low), dimension.high)
    return round(number) if dimension.whole else number


def _step(value: Value, dimension: Range | Choice, rng: np.random.Generator) -> Value:
    if isinstance(dimension, Choice):
        return dimension.options[int(rng.integers(len(dimension.options)))] if rng.random() < JUMP else value
    low, high, at = dimension.low, dimension.high, min(max(float(value), dimension.low), dimension.high)
    if dimension.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    moved = min(max(at + rng.normal(0.0, STEP * (high - low)), low), high)
    moved = min(max(math.exp(moved), dimension.low), dimension.high) if dimension.log else moved
    return round(moved) if dimension.whole else moved


def _start(space: Space, best: Params, seed: int) -> Proposer:
    return RandomSteps(space, best, seed)


RANDOM = Engine(name="random", start=_start)
