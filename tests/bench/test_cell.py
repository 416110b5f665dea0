"""A cell is found again by its key, whatever else is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.bench.cell import Cell

CELL = Cell(task="sklearn:wine", entrant="rival:one", budget=60.0, seed=3)


def test_the_key_is_that_of_earlier_journals() -> None:
    """A key of another form would run everything anew that a journal holds already."""
    assert CELL.key == "wine rival:one 60s seed 3 75feeaff"


def test_equal_cells_have_one_key() -> None:
    """What was asked for twice is one record, whether its budget was written with a point or without."""
    other = Cell(task="sklearn:wine", entrant="rival:one", budget=60, seed=3)
    assert other == CELL
    assert other.key == CELL.key


@pytest.mark.parametrize(
    "change",
    [
        {"task": "openml:wine"},
        {"entrant": "recipe:one"},
        {"budget": 60.5},
        {"seed": 4},
        {"costs": False},
        {"main_table": False},
        {"settings": ("budget.trials=3",)},
        {"workers": 1},
        {"memory": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_asked_otherwise_has_another_key(change: dict[str, object]) -> None:
    """Each field tells cells apart, also where the words before the digest are the same."""
    assert replace(CELL, **change).key != CELL.key  # type: ignore[arg-type]  # one field each


@pytest.mark.parametrize(
    ("task", "short"),
    [
        ("sklearn:wine", "wine"),
        ("openml:31", "31"),
        ("/data/loans", "loans"),
        ("data/loans/", "loans"),
        ("loans", "loans"),
    ],
)
def test_a_task_is_called_by_its_last_word(task: str, short: str) -> None:
    """Where it comes from stands in the record, not in a table."""
    assert replace(CELL, task=task).short_task == short


def test_a_variant_stays_with_its_rival() -> None:
    """What stands before the colon is what it is; a variant belongs to the name."""
    assert replace(CELL, entrant="rival:autogluon/best_quality").short_entrant == "autogluon/best_quality"
    assert replace(CELL, entrant="recipe:balanced").short_entrant == "balanced"
