"""What levels explain and what their order does, on codes and measures that are known to be such."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.audit.levels_and_order import LEAST, explained
from automl.task import Task
from automl.testing._category_families import Family, draw

N = 12_000
DRAW = np.random.default_rng(6)
BINARY, NUMBER = Task(kind="binary", classes=2), Task(kind="regression")


def as_levels(values: np.ndarray, y: np.ndarray) -> bool:
    seen = explained(values.astype(np.float64), y[:, None], named=False)
    return seen is not None and seen.as_levels


@pytest.mark.parametrize("task", [BINARY, NUMBER], ids=lambda task: task.kind)
def test_few_levels_with_most_of_the_rows_are_codes_all_the_same(task: Task) -> None:
    """Sixteen pieces find the frequent levels in any order; three and eight tell whether the order means something."""
    right, codes = 0, 0
    for seed in range(3):
        drawn = draw(Family(name="x", task=task, order=2, disguised="codes"), 30_000, seed=seed)
        seen = {name for name in drawn.frame.columns if as_levels(drawn.frame[name].to_numpy(), drawn.y)}
        telling = set(drawn.codes[:-2])  # the last two are noise
        assert seen <= telling
        right, codes = right + len(seen), codes + len(telling)
    assert right >= 0.8 * codes


@pytest.mark.parametrize("effect", [np.log1p, np.sin, lambda x: (x == 0.0) * 3.0], ids=["rise", "wave", "zero or not"])
def test_a_measure_is_no_code(effect: np.ufunc) -> None:
    """Counts and amounts stay numbers, whatever their effect: their order tells it."""
    measure = np.floor(DRAW.lognormal(2.0, 1.0, N))
    assert not as_levels(measure, effect(measure / (20.0 if effect is np.sin else 1.0)) + DRAW.normal(size=N))


def test_what_cannot_be_judged_is_not() -> None:
    """Few rows, parts of whole numbers, a level for each row: nothing is said."""
    code = DRAW.integers(0, 60, N).astype(np.float64)
    y = DRAW.normal(size=(N, 1))
    assert explained(code[: LEAST - 1], y[: LEAST - 1], named=True) is None
    assert explained(code + 0.5, y, named=True) is None
    assert explained(pl.int_range(N, eager=True).to_numpy().astype(np.float64), y, named=True) is None
