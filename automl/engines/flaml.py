"""FLAML's cost-frugal local search (CFO), by ask and tell: the only home of flaml.

Source: Wu, Wang, Huang: Frugal Optimization for Cost-related Hyperparameters, AAAI 2021. Importing flaml takes two to
three seconds (it brings sklearn and pandas), so it happens when the first search starts, with trials under way.
"""

from __future__ import annotations

import logging
import math
from typing import Any

from automl.engines.base import Engine, Proposer
from automl.engines.random import complete, near
from automl.learners.base import Choice, Params, Range, Space, Value

ASKS = 20  # `suggest` may return None: it has nothing new until a trial ends, or the local search restarts
LOSS = "loss"
COST = "time_total_s"


class CostFrugal:
    """Proposes around the best point so far, in steps that shrink where nothing is gained."""

    def __init__(self, space: Space, best: Params, seed: int) -> None:
        from flaml.tune.searcher.blendsearch import CFO

        logging.getLogger("flaml").setLevel(logging.ERROR)
        self._best, self._space, self._seed = best, space, seed
        self._searcher = CFO(
            metric=LOSS,
            mode="min",
            space={name: _domain(dimension) for name, dimension in space.items()},
            points_to_evaluate=[_told({name: v for name, v in complete(best, space).items() if name in space}, space)],
            seed=seed,
            cost_attr=COST,
        )
        self._asked = 0
        self._open: dict[tuple[tuple[str, Value], ...], list[str]] = {}

    def propose(self) -> Params:
        for _ in range(ASKS):
            trial = f"{self._asked:06d}"
            self._asked += 1
            found = self._searcher.suggest(trial)
            if found is not None:
                params = {
                    **self._best,
                    **{n: _plain(value, self._space[n]) for n, value in found.items() if n in self._space},
                }
                self._open.setdefault(_key(params), []).append(trial)
                return params
        return near(complete(self._best, self._space), self._space, self._seed + self._asked)

    def observe(self, params: Params, *, loss: float, seconds: float) -> None:
        waiting = self._open.get(_key(params))
        if not waiting:
            return
        trial = waiting.pop(0)
        if math.isfinite(loss):
            self._searcher.on_trial_complete(trial, {LOSS: loss, COST: seconds, "config": _told(params, self._space)})
        else:
            self._searcher.on_trial_complete(trial, error=True)


def _domain(dimension: Range | Choice) -> Any:
    from flaml import tune

    if isinstance(dimension, Choice):
        return tune.choice([_label(option, dimension) for option in dimension.options])
    if dimension.whole:
        draw = tune.lograndint if dimension.log else tune.randint
        return draw(int(dimension.low), int(dimension.high) + 1)
    return (tune.loguniform if dimension.log else tune.uniform)(dimension.low, dimension.high)


def _told(params: Params, space: Space) -> dict[str, Value]:
    """`params` as flaml knows them."""
    return {name: _label(value, space[name]) if name in space else value for name, value in params.items()}


def _label(value: Value, dimension: Range | Choice) -> Value:
    """Options of several types are told as texts: numpy would make texts of them half-way, and flaml subtract those."""
    if isinstance(dimension, Choice) and any(isinstance(option, str) for option in dimension.options):
        return str(value)
    return value


def _plain(value: Any, dimension: Range | Choice) -> Value:
    """A numpy scalar as Python's own, a label as its option."""
    if isinstance(dimension, Choice):
        return next(option for option in dimension.options if _label(option, dimension) == value)
    found: Value = value.item() if hasattr(value, "item") else value
    return found


def _key(params: Params) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(params.items()))


def _start(space: Space, best: Params, seed: int) -> Proposer:
    return CostFrugal(space, best, seed)


FLAML = Engine(name="flaml", start=_start)
