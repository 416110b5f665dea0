"""How much of its limits a lighter model will take."""

from __future__ import annotations

import pytest

from automl.ops.rewrite import used_features
from automl.search.cost.serving import serving
from automl.search.distill.limit_use import MeasuredOutcome, limit_use, seconds_to_read
from automl.search.leaderboard import Outcome
from automl.search.state import State
from automl.search.worker.model_size import model_size


def test_what_was_measured_scales_what_is_estimated(ended: State, outcome: Outcome) -> None:
    """A model of the same size takes what was measured; half the latency is half of it."""
    sizes = [model_size(member.prediction) for member in outcome.members]
    same = serving(sizes, reading=seconds_to_read(ended, outcome))
    use = limit_use(ended, [MeasuredOutcome(outcome=outcome, pressures={"latency_p99": 2.0, "size": 0.5})])
    assert use(same) == pytest.approx(2.0)
    bare = serving((), reading=0.0)
    assert use(bare) == pytest.approx(max(2.0 * bare.latency_p99 / same.latency_p99, 0.5 * bare.size / same.size))


def test_the_tightest_limit_counts(ended: State, outcome: Outcome) -> None:
    """The cold start moves with the memory, as it has no estimate of its own; without a limit nothing is taken."""
    same = serving([model_size(m.prediction) for m in outcome.members], reading=seconds_to_read(ended, outcome))
    use = limit_use(ended, [MeasuredOutcome(outcome=outcome, pressures={"size": 0.5, "cold_start": 0.7})])
    assert use(same) == pytest.approx(0.7)
    assert limit_use(ended, [MeasuredOutcome(outcome=outcome, pressures={})])(same) == 0.0


def test_only_columns_that_are_looked_at_are_read(ended: State, outcome: Outcome) -> None:
    """All that the members use, and no more than there are."""
    places = used_features(*(member.prediction for member in outcome.members))
    assert places
    assert 0.0 < seconds_to_read(ended, outcome) <= ended.after.reading
