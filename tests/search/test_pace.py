"""How much fits into the time."""

from __future__ import annotations

import pytest

from automl.search.pace import crowding, fit_estimate, hurried, pace, reserve_seconds
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
LETTERS = Task(kind="multiclass", classes=26)


@pytest.mark.parametrize("budget", [0.5, 5.0, 10.0, 60.0, 600.0, 3600.0])
def test_reserve_never_takes_too_much(budget: float) -> None:
    """Something is left to search with, whatever the budget and the data."""
    assert 0 < reserve_seconds(budget, 10_000_000, 1000, LETTERS) <= 0.35 * budget


def test_a_minute_reserves_what_the_bundle_takes() -> None:
    """Of 60 s some seven are kept for calibration, graph, gates and bundle; for many classes more."""
    assert 6 <= reserve_seconds(60.0, 30_000, 14, BINARY) <= 9
    assert 13 <= reserve_seconds(60.0, 15_000, 16, LETTERS) <= 18


def test_small_data_gets_all_folds_and_its_own_learning_rates() -> None:
    """With time for many fits nothing is cut."""
    found = pace(fit_estimate(1000, 20, BINARY), folds=5, seconds=40.0, workers=2)
    assert (found.folds, found.rate) == (5, 1.0)


def test_slow_fits_get_a_holdout_and_higher_rates() -> None:
    """With time for a few fits there is one fold, and learning rates go up."""
    found = pace(60.0, folds=5, seconds=40.0, workers=2)
    assert found.folds == 1
    assert found.rate > 2


def test_more_time_never_means_fewer_folds() -> None:
    """Folds grow with the budget, from one to what the recipe says."""
    folds = [pace(4.0, folds=5, seconds=seconds, workers=2).folds for seconds in (1, 10, 20, 40, 60, 80, 500)]
    assert folds == sorted(folds)
    assert (folds[0], folds[-1]) == (1, 5)


def test_hurry() -> None:
    """A hurried learning rate has a ceiling, never falls, and other parameters stay."""
    assert hurried({"learning_rate": 0.04, "leaves": 9}, 2.0) == {"learning_rate": 0.08, "leaves": 9}
    assert hurried({"learning_rate": 0.04}, 100.0) == {"learning_rate": 0.2}
    assert hurried({"learning_rate": 0.3}, 2.0) == {"learning_rate": 0.3}
    assert hurried({"learning_rate": 0.04}, 0.5) == {"learning_rate": 0.04}
    assert hurried({"l2": 1.0}, 2.0) == {"l2": 1.0}


def test_a_crowded_machine_keeps_more_aside() -> None:
    """R10: what comes after the search takes longer where other work runs, and the deadline still holds."""
    calm, crowded = (reserve_seconds(60.0, 30_000, 14, BINARY, crowded=factor) for factor in (1.0, 1.5))
    assert crowded == pytest.approx(1.5 * calm)
    assert reserve_seconds(60.0, 10_000_000, 1000, LETTERS, crowded=1.7) <= 0.35 * 60.0


@pytest.mark.parametrize(("load", "factor"), [(0.0, 1.0), (2.0, 1.0), (4.0, 1.5), (90.0, 1.7)])
def test_crowding_is_runnable_work_a_core(monkeypatch: pytest.MonkeyPatch, load: float, factor: float) -> None:
    """Two cores and four runnable processes: work takes about half as long again; the factor is bounded."""
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert crowding() == factor
