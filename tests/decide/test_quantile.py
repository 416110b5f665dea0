"""The decision about a number is the one that costs least on average."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.decide.conformal import fit_errors
from automl.decide.quantile import UnitCosts, best_constant, cross_decide, fit_decision, make_unit_costs
from automl.errors import SpecError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.spec.objective import Objective
from automl.task import Task

REGRESSION = Task(kind="regression")
COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")


def rows(n: int, seed: int, *, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prediction = rng.uniform(-50, 50, n)
    spread = 1 + 0.1 * np.abs(prediction)
    return prediction[:, None], prediction + shift + spread * rng.standard_t(4, n)


def objective(**given) -> Objective:
    return Objective.model_validate({"target": "y", **given})


def test_the_decision_costs_what_the_oracle_that_knows_the_errors_costs():
    """Within 2 % of the quantile of the true distribution, and clearly less than the prediction itself."""
    from scipy.stats import t

    decision = fit_decision(fit_errors(*rows(5_000, 1, shift=3.0), seed=1), COSTS)
    prediction, y = rows(50_000, 2, shift=3.0)
    oracle = prediction[:, 0] + 3.0 + (1 + 0.1 * np.abs(prediction[:, 0])) * t(4).ppf(5 / 7)
    ours = COSTS.of(decision.decide(prediction), y).mean()
    assert ours <= 1.02 * COSTS.of(oracle, y).mean()
    assert ours < 0.7 * COSTS.of(prediction[:, 0], y).mean()


def test_the_expected_cost_is_what_rows_cost():
    """On new rows, within 5 %, over all and in each half of the spread."""
    decision = fit_decision(fit_errors(*rows(5_000, 1), seed=1), COSTS)
    prediction, y = rows(50_000, 2)
    found = evaluate(decision.outputs(Stub("p")), {}, stubs={"p": prediction})
    cost = COSTS.of(found["decision"][:, 0], y)
    for part in (np.abs(prediction[:, 0]) < 25, np.abs(prediction[:, 0]) >= 25):
        assert found["expected_cost"][part].mean() == pytest.approx(cost[part].mean(), rel=0.05)


def test_the_share_is_the_critical_ratio():
    """It is under / (under + over); where only one side costs, the decision is beyond every error seen."""
    assert COSTS.share == 5 / 7
    errors = fit_errors(*rows(200, 1), seed=1)
    assert fit_decision(errors, UnitCosts(under=1.0, over=0.0, currency="")).shift == errors.scaled.max()
    assert fit_decision(errors, UnitCosts(under=0.0, over=1.0, currency="")).shift == errors.scaled.min()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12), st.integers(1, 9), st.integers(0, 9))
def test_the_best_constant_is_that_of_brute_force(y, under, over):
    """No other value of the target costs less."""
    y = np.asarray(y, dtype=np.float64)
    costs = UnitCosts(under=float(under), over=float(over), currency="")
    each = [costs.of(np.full(y.size, value), y).mean() for value in y]
    assert costs.of(np.full(y.size, best_constant(y, costs)), y).mean() == pytest.approx(min(each))


def test_out_of_fold_decisions_do_not_know_their_own_error():
    """One wild truth moves other decisions, not its own; a single row is decided as it is predicted."""
    prediction, y = rows(50, 1)
    wild = y.copy()
    wild[7] = 1e6
    assert cross_decide(prediction, wild, COSTS, seed=1)[7] == cross_decide(prediction, y, COSTS, seed=1)[7]
    assert cross_decide(prediction[:1], y[:1], COSTS, seed=1).tolist() == prediction[:1, 0].tolist()


def test_the_graph_decides_the_same():
    """Within 1e-9 of numpy, decision and expected cost."""
    decision = fit_decision(fit_errors(*rows(2_000, 1), seed=1), COSTS)
    prediction = rows(200, 3)[0]
    found = open_session(to_onnx(decision.outputs(Stub("p")), inputs=[Stub("p")])).run({"p": prediction})
    expected = evaluate(decision.outputs(Stub("p")), {}, stubs={"p": prediction})
    for name, values in expected.items():
        assert np.allclose(found[name], values, rtol=1e-9, atol=1e-9)
    assert np.array_equal(decision.decide(prediction), expected["decision"][:, 0])


@pytest.mark.parametrize(
    ("given", "task", "told"),
    [
        ({"interval": "90%"}, Task(kind="binary", classes=2), "objective.interval: an interval is for"),
        ({"costs": {"under": 5, "over": 2}}, Task(kind="multiclass", classes=3), "objective.costs: under and over are"),
        ({"costs": {"false_positive": 1, "false_negative": 5}}, REGRESSION, "objective.costs: the target is a number"),
        ({"costs": {"under": -1, "over": 2}}, REGRESSION, "objective.costs: under and over are amounts of 0"),
        ({"costs": {"under": 0, "over": 0}}, REGRESSION, "objective.costs: under and over are amounts of 0"),
    ],
)
def test_costs_that_do_not_fit_the_target_are_refused(given, task, told):
    """Each with its place."""
    with pytest.raises(SpecError, match=told):
        make_unit_costs(objective(**given), task)


def test_costs_of_a_spec():
    """None without costs, and for what is no regression."""
    assert make_unit_costs(objective(costs={"under": 5, "over": 2, "currency": "EUR"}), REGRESSION) == COSTS
    assert make_unit_costs(objective(), REGRESSION) is None
    assert make_unit_costs(objective(costs={"false_positive": 1, "false_negative": 5}), Task(kind="binary")) is None
