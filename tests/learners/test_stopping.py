"""Boosting ends when it should."""

import math

from automl.learners._stopping import Stopper, patience


def rounds_until_stop(stopper, losses):
    return next((number for number, loss in enumerate(losses, start=1) if stopper.stop(loss)), None)


def test_patience_falls_with_rows_and_rate():
    """300 rounds up to 10,000 rows, then fewer, never less than 20 and 0.3 of the best; fast ones wait less."""
    assert patience(0, 500, 0.05) == 300
    assert patience(0, 10_000, 0.01) == 300
    assert patience(0, 30_000, 0.05) == 100
    assert patience(0, 10_000_000, 0.05) == 20
    assert patience(0, 10_000, 0.1) == 150
    assert patience(1_000, 10_000_000, 0.05) == 320


def test_no_gain_for_the_patience_ends_it_at_the_best_round():
    """After the best round (the fourth) exactly `patience` rounds follow."""
    stopper = Stopper(rows=100_000, rate=0.05, seconds=1e9)
    losses = [4.0, 3.0, 2.0, 1.0] + [1.5] * 100
    assert rounds_until_stop(stopper, losses) == 4 + 30
    assert stopper.best == 4


def test_a_late_best_round_is_waited_for_longer():
    """Patience grows to 0.3 of the best round + 20."""
    stopper = Stopper(rows=10_000_000, rate=0.05, seconds=1e9)
    losses = [1000.0 - number for number in range(200)] + [1e9] * 1000
    assert rounds_until_stop(stopper, losses) == 200 + 80


def test_without_losses_every_round_is_kept():
    """Without validation rows only time ends the rounds."""
    stopper = Stopper(rows=10, rate=0.05, seconds=1e9)
    assert rounds_until_stop(stopper, [None] * 2000) is None
    assert stopper.best == 2000


def test_no_time_left_ends_it_after_one_round():
    """The round under way is kept."""
    stopper = Stopper(rows=10, rate=0.05, seconds=0.0)
    assert stopper.stop(0.5)
    assert stopper.best == 1


def test_losses_that_are_no_numbers_end_it():
    """A loss that is NaN from the start is no gain: the first round stands."""
    stopper = Stopper(rows=100_000, rate=0.05, seconds=1e9)
    assert rounds_until_stop(stopper, [math.nan] * 500) is not None
    assert stopper.best == 1
