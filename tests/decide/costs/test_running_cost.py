"""The verdict is net of what the model costs itself, and tells the volume from which it pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.data.rows import Labels
from automl.decide.costs.cost_matrix import make_cost_matrix
from automl.decide.costs.running_cost import RunningCost, make_running_cost
from automl.decide.costs.unit_costs import make_unit_costs
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import judge_labels
from automl.errors import SpecError
from automl.spec.objective import Objective
from automl.spec.units import Rate
from automl.task import Task

BINARY = Labels(name="y", task=Task(kind="binary", classes=2), values=("no", "yes"), texts=("no", "yes"))
RUNNING = {"cost": "400 per 30d", "rows": "100000 per 30d"}


def objective(**given) -> Objective:
    return Objective.model_validate(
        {"target": "y", "costs": {"false_positive": 1, "false_negative": 5}, "running": RUNNING, **given}
    )


def test_the_cost_of_a_row_does_not_hang_on_the_period():
    """400 in 30 days for 100,000 rows in 30 days is 400 per day for 100,000 per day."""
    month = make_running_cost(objective())
    assert month.per_row == pytest.approx(0.004)
    day = {"cost": "400 per 1d", "rows": "100000 per 1d"}
    assert make_running_cost(objective(running=day)).per_row == pytest.approx(0.004)


def test_the_volume_from_which_it_pays():
    """A saving of 0.01 a row earns 400 with 40,000 rows; a loss never does."""
    running = RunningCost(cost=Rate(count=400.0, seconds=86400.0 * 30), rows=Rate(count=1.0, seconds=1.0))
    assert running.pays_from(0.01) == Rate(count=40_000.0, seconds=86400.0 * 30)
    assert running.pays_from(0.0) is None


def test_the_verdict_is_net():
    """Ours costs that much more, the saving and its interval are that much less, and at the volume told it is nil."""
    rng = np.random.default_rng(0)
    p = rng.random((3_000, 1))
    y = (rng.random(3_000) < p[:, 0]).astype(np.float64)
    costs = make_cost_matrix(objective(), BINARY)
    policy, free = LabelPolicy(costs=costs), LabelPolicy(costs=replace(costs, running=None))
    rows = DecidedRows(decisions=policy.choose(p), y=y, p=p)
    net, gross = judge_labels(rows, policy, seed=1), judge_labels(rows, free, seed=1)
    assert net.ours - gross.ours == pytest.approx(4.0)
    for name in ("saving", "low", "high"):
        assert getattr(gross, name) - getattr(net, name) == pytest.approx(4.0)
    assert net.running.cost == pytest.approx(4.0)
    assert net.running.pays_from == f"{int(np.ceil(400 / (gross.saving / 1_000)))} per 30d"
    assert gross.running is None
    assert net.break_even.high < gross.break_even.high


def test_a_model_that_costs_more_than_it_saves_is_not_worth_it():
    """The same decisions, but 1,000 rows a month have to carry the cost."""
    rng = np.random.default_rng(0)
    p = rng.random((3_000, 1))
    y = (rng.random(3_000) < p[:, 0]).astype(np.float64)
    for rows, worth in (("100000 per 30d", True), ("500 per 30d", False)):
        costs = make_cost_matrix(objective(running={"cost": "400 per 30d", "rows": rows}), BINARY)
        policy = LabelPolicy(costs=costs)
        assert judge_labels(DecidedRows(decisions=policy.choose(p), y=y, p=p), policy, seed=1).worth == worth


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"costs": None}, "objective.running: the running cost"),
        ({"running": {**RUNNING, "rows": "0 per 1d"}}, "no rows"),
    ],
)
def test_a_running_cost_that_makes_no_sense_is_refused(given, told):
    """For labels and for numbers."""
    with pytest.raises(SpecError, match=told):
        make_cost_matrix(objective(**given), BINARY)
    if "costs" in given:
        with pytest.raises(SpecError, match=told):
            make_unit_costs(objective(**given))
