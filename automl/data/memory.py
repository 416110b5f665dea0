"""How many rows `budget.memory` holds: what they take on their way to a model, beside what the engine takes itself."""

from __future__ import annotations

from automl.data.read.weight import Extent
from automl.errors import DataError, SpecError
from automl.spec.budget import AT_ONCE, Budget

ENGINE = 420e6  # bytes of this process, of the workers' common parent and of a bundle that is measured
WORKER = 60e6  # bytes of each worker
WORKERS = 0.5  # of what the engine leaves, the most that is kept for workers where any number must give the same rows
CELL = 70  # of a cell: as it came, as it is read, as a feature, in a fold, and in the workers
TEXT = 6.0  # of a byte of a long text: as it is read, and the words that are made of it
LEAST = 20e6  # bytes that rows should have
READING = 300e6  # bytes of the engine while rows are read
INFLATED = 2.0  # bytes that a byte of a decompressed workbook takes while it is read
STEP = 50e6  # a budget that would do is named in such steps


def cost(extent: Extent) -> float:
    """Bytes that a table takes in a fit."""
    return CELL * extent.cells + TEXT * extent.text


def fitting(size: float, budget: Budget) -> float:
    """The share of so many bytes of rows that fits. SpecError where there is hardly room for the engine."""
    return min(1.0, room(budget) / max(size, 1.0))


def room(budget: Budget) -> float:
    """Bytes that the rows may take. SpecError where there is hardly room for the engine.

    With `budget.trials` they are the same for any number of workers: the rows that fit decide what is learned (R12).
    """
    own = ENGINE + WORKER * budget.workers
    if budget.memory < own + LEAST:
        raise SpecError(
            f"the engine itself takes some {own / 1e6:.0f} MB with {budget.workers} workers",
            where="budget.memory",
            hint=f'set budget.memory = "{asked(0.0, budget)}", or give fewer budget.workers',
        )
    if budget.trials is None:
        return budget.memory - own
    rest = budget.memory - ENGINE
    return max(LEAST, rest - min(WORKER * AT_ONCE, WORKERS * rest))


def check_workbook(size: int, where: str, budget: Budget) -> None:
    """Refuse a workbook of so many bytes once decompressed that does not fit: it cannot be read in parts."""
    least = READING + INFLATED * size
    if least > budget.memory:
        raise DataError(
            f"the workbook has {size / 1e6:,.0f} MB once decompressed, too many for budget.memory",
            where=where,
            hint=f'set budget.memory = "{_rounded(least)}", or save it as csv or parquet, of which rows are sampled',
        )


def asked(size: float, budget: Budget) -> str:
    """The `budget.memory` that would hold rows of so many bytes, as a spec has it."""
    return _rounded(ENGINE + WORKER * budget.workers + max(LEAST, size))


def _rounded(size: float) -> str:
    return f"{-(-size // STEP) * STEP / 1e6:.0f}MB"
