"""What fits into the time that is left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.search.cost.fidelity import choose_fidelity
from automl.search.schedule.estimates import refit_seconds, within

HEAVY, LIGHT, OTHER = (SimpleNamespace(seconds_a_fold=lambda seconds=seconds: seconds) for seconds in (30.0, 4.0, 5.0))


def state_of(*, workers: int, seconds: float) -> Any:
    """A search with one fold of 900 rows of 1,000."""
    problem = SimpleNamespace(rows=SimpleNamespace(n=1_000), folds=(SimpleNamespace(fit=np.arange(900)),))
    return SimpleNamespace(
        problem=problem,
        workers=workers,
        fidelity=SimpleNamespace(folds=1, refit_seconds=seconds),
        rungs=(),
        likely=tuple(
            SimpleNamespace(learner=SimpleNamespace(baseline=False), sample=None, seconds_a_fold=one.seconds_a_fold)
            for one in (HEAVY, LIGHT, OTHER)
        ),
    )


@pytest.mark.parametrize(
    ("workers", "seconds", "chosen"),
    [(1, 9.5, [LIGHT, OTHER]), (1, 5.0, [LIGHT]), (2, 31.0, [HEAVY, LIGHT, OTHER]), (1, 0.5, [])],
)
def test_a_heavy_member_does_not_cost_the_light_ones_their_refits(workers: int, seconds: float, chosen: list) -> None:
    """R10: what cannot end in time is left out alone; after it the others are refitted all the same."""
    assert within(state_of(workers=workers, seconds=seconds), [HEAVY, LIGHT, OTHER], seconds) == chosen


def test_time_is_set_aside_for_those_that_fit() -> None:
    """R10: 9 s for the light two, though the first member alone would take 30 s."""
    assert refit_seconds(state_of(workers=1, seconds=10.0)) == pytest.approx(0.5 + 9.0)


def test_later_rows_are_worth_more_time() -> None:
    """Where the rows held out are the latest ones, a larger share may go into refits on all rows."""
    shares = [
        choose_fidelity(60.0, folds=5, seconds=100.0, workers=2, by_time=late).refit_seconds for late in (False, True)
    ]
    assert shares == [30.0, 45.0]
