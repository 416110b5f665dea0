"""How much fits into the time."""

from __future__ import annotations

from automl.search.cost.fidelity import FEWEST, at_rate, choose_fidelity, fit_estimate, hurried
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
LETTERS = Task(kind="multiclass", classes=26)


def test_small_data_gets_all_folds_and_its_own_learning_rates() -> None:
    """With time for many fits nothing is cut."""
    found = choose_fidelity(fit_estimate(1000, 20, BINARY), folds=5, seconds=40.0, workers=2)
    assert (found.folds, found.rate) == (5, 1.0)


def test_slow_fits_get_a_holdout_and_higher_rates() -> None:
    """With time for a few fits there is one fold, and learning rates go up."""
    found = choose_fidelity(60.0, folds=5, seconds=40.0, workers=2)
    assert found.folds == 1
    assert found.rate > 2


def test_more_time_never_means_fewer_folds() -> None:
    """Folds grow with the budget, from one to what the recipe says."""
    folds = [
        choose_fidelity(4.0, folds=5, seconds=seconds, workers=2).folds for seconds in (1, 10, 20, 40, 60, 80, 500)
    ]
    assert folds == sorted(folds)
    assert (folds[0], folds[-1]) == (1, 5)


def test_hurry() -> None:
    """A hurried learning rate has a ceiling, never falls, and other parameters stay."""
    assert hurried({"learning_rate": 0.04, "leaves": 9}, 2.0) == {"learning_rate": 0.08, "leaves": 9}
    assert hurried({"learning_rate": 0.04}, 100.0) == {"learning_rate": 0.2}
    assert hurried({"learning_rate": 0.3}, 2.0) == {"learning_rate": 0.3}
    assert hurried({"learning_rate": 0.04}, 0.5) == {"learning_rate": 0.04}
    assert hurried({"l2": 1.0}, 2.0) == {"l2": 1.0}


def test_slower() -> None:
    """A learning rate may also be lower, for more rounds."""
    assert at_rate({"learning_rate": 0.04}, 0.5) == {"learning_rate": 0.02}
    assert at_rate({"learning_rate": 0.04}, 100.0) == {"learning_rate": 0.2}


def test_a_guess_does_not_take_the_folds_that_a_choice_needs() -> None:
    """Counted work may say three times what fits take: the first one settles how many folds there is time for."""
    guessed = choose_fidelity(30.0, folds=5, seconds=60.0, workers=2, least=3)
    settled = choose_fidelity(30.0, folds=5, seconds=60.0, workers=2, least=3, fewest=FEWEST)
    assert (guessed.folds, settled.folds) == (3, 1)


def test_a_fit_leaves_time_for_its_other_folds_and_its_refit() -> None:
    """The first fold, the others beside each other and a refit end within the search, however long fits go on."""
    for folds, workers in ((1, 2), (3, 2), (5, 2), (5, 1), (5, 8)):
        found = choose_fidelity(0.1, folds=folds, seconds=100.0, workers=workers)
        assert found.folds == folds
        assert found.fit_seconds * (2 + -(-(folds - 1) // workers)) <= 100.0
    assert choose_fidelity(0.1, folds=1, seconds=100.0, workers=2).fit_seconds == 40.0
