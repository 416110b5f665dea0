"""The order in which configurations are tried: data that `benchmarks/portfolio.py` derived, with its date and tasks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from automl.learners.base import Params
from automl.task import Task

FILE = Path(__file__).with_name("portfolio.toml")
FEW_CLASSES = 4  # up to so many the orders of two labels hold
NEEDS = ("target", "objective")  # these suit targets that are never negative


def order(task: Task, rows: int) -> tuple[tuple[str, Params], ...]:
    """Learners' names with parameters, what is worth most first, for so many rows to learn from.

    Empty where nothing was measured: many rows, or a regression whose metric is not one of squares. There the learners'
    own portfolios count.
    """
    group = "binary" if task.kind == "multiclass" and task.classes <= FEW_CLASSES else task.kind
    if task.kind == "regression" and task.loss != "squared":
        return ()
    fitting = [each for each in _orders() if each["kind"] == group and rows <= each["rows"]]
    if not fitting:
        return ()
    entries = min(fitting, key=lambda each: int(each["rows"]))["entries"]
    return tuple(_parted(entry) for entry in entries if _suits(entry, task))


@cache
def _orders() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["order"])


def _parted(entry: Mapping[str, Any]) -> tuple[str, Params]:
    return entry["learner"], {name: value for name, value in entry.items() if name != "learner"}


def _suits(entry: Mapping[str, Any], task: Task) -> bool:
    return task.kind != "regression" or task.shape != "any" or not any(name in entry for name in NEEDS)
