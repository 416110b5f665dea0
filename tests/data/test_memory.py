"""What rows take of `budget.memory`, and what is said where there is no room for them."""

from __future__ import annotations

import pytest

from automl.data.memory import LEAST, asked, check_workbook, cost, fitting, room
from automl.data.read.weight import Extent
from automl.errors import DataError, SpecError
from automl.spec import parse
from automl.spec.budget import Budget


def test_what_does_not_fit_is_shared() -> None:
    """D16: cells and long texts count; of twice the room half fits."""
    budget = Budget(memory="2GB", workers=2)
    assert cost(Extent(rows=10, columns=3, text=100)) > cost(Extent(rows=10, columns=3)) > cost(Extent())
    assert 0 < room(budget) < 2e9
    assert fitting(room(budget) / 2, budget) == 1.0
    assert fitting(2 * room(budget), budget) == pytest.approx(0.5)


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_too_little_for_the_engine_is_refused_with_what_would_do(workers: int) -> None:
    """Exit 2, with the least budget that works."""
    with pytest.raises(SpecError, match="the engine itself takes") as told:
        room(Budget(memory="300MB", workers=workers))
    assert told.value.where == "budget.memory"
    named = told.value.hint.split('"')[1]
    enough = parse({"objective": {"target": "y"}, "budget": {"memory": named, "workers": workers}}).budget
    assert room(enough) >= LEAST
    assert room(Budget(memory=asked(1e9, enough), workers=workers)) >= 1e9


@pytest.mark.parametrize("memory", ["700MB", "2GB"])
def test_counted_work_has_the_same_rows_for_any_number_of_workers(memory: str) -> None:
    """R12: with `budget.trials` the rows that fit do not hang on workers, and room is left for those there may be."""
    (counted,) = {room(Budget(memory=memory, workers=workers, trials=3)) for workers in (1, 2, 3)}
    assert LEAST <= counted <= room(Budget(memory=memory, workers=1))


def test_a_workbook_that_does_not_fit_is_refused_with_what_would_do() -> None:
    """D17: it cannot be read in parts."""
    check_workbook(10**7, "a.xlsx", Budget(memory="500MB"))
    with pytest.raises(DataError, match=r"a\.xlsx: the workbook has 400 MB") as told:
        check_workbook(4 * 10**8, "a.xlsx", Budget(memory="500MB"))
    check_workbook(4 * 10**8, "a.xlsx", Budget(memory=told.value.hint.split('"')[1]))
