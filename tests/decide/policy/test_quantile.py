"""The decision about a number is the one that costs least on average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.decide.costs.row_cost import RowCost
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.conformal import fit_errors
from automl.decide.policy.quantile import best_constant, cross_decide, fit_decision
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column, Stub

COSTS = UnitCosts(under=5.0, over=2.0, currency="EUR")


def rows(n: int, seed: int, *, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prediction = rng.uniform(-50, 50, n)
    spread = 1 + 0.1 * np.abs(prediction)
    return prediction[:, None], prediction + shift + spread * rng.standard_t(4, n)


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


@settings(max_examples=30)
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


def units(**more) -> UnitCosts:
    """Amounts in the columns u and o, whose means are 5 and 2."""
    rows = {
        "under": RowCost(text="u", expr=Column("u"), mean=5.0),
        "over": RowCost(text="o", expr=Column("o"), mean=2.0),
    }
    return replace(COSTS, rows=rows, **more)


def test_a_row_has_the_quantile_of_its_own_amounts():
    """Rows whose amounts are those of a constant spec get its decision and its expected cost, up to the grid."""
    errors = fit_errors(*rows(5_000, 1), seed=1)
    by_row = fit_decision(errors, units())
    prediction = np.linspace(20, 80, 7)[:, None]
    for under, over in [(5.0, 2.0), (1.0, 9.0), (1e-9, 1e9), (3.0, 0.0)]:
        alike = fit_decision(errors, UnitCosts(under=under, over=over, currency=""))
        amounts = np.tile([under, over], (7, 1))
        expected = evaluate(alike.outputs(Stub("p")), {}, stubs={"p": prediction})
        frame = pl.DataFrame({"u": amounts[:, 0], "o": amounts[:, 1]})
        found = evaluate(by_row.outputs(Stub("p")), frame, stubs={"p": prediction})
        spread = np.ptp(errors.scaled)
        assert by_row.decide(prediction, amounts) == pytest.approx(alike.decide(prediction), abs=0.02 * spread)
        assert found["decision"][:, 0] == pytest.approx(by_row.decide(prediction, amounts))
        assert found["expected_cost"] == pytest.approx(expected["expected_cost"], rel=0.05, abs=1e-6)


ERRORS = fit_errors(*rows(500, 1), seed=1)
AMOUNT = st.sampled_from([0.0, -0.0, 1.0, -3.0, 1e-300, 1e300, np.nan, np.inf]) | st.floats(-1e6, 1e6)


@given(data=st.data(), refuses=st.booleans())
@settings(max_examples=60)
def test_amounts_on_the_row_decide_alike_in_numpy_and_in_the_graph(data, refuses):
    """Amounts of 0, negative, huge and null: a missing or negative one is its mean, or the row is not decided."""
    n = data.draw(st.integers(1, 6))
    frame = pl.DataFrame({name: data.draw(st.lists(AMOUNT, min_size=n, max_size=n)) for name in "uo"})
    costs = units(refuses=refuses)
    decision = fit_decision(ERRORS, costs)
    p = np.linspace(10.0, 90.0, n)[:, None]
    outputs = decision.outputs(Stub("p"))
    graph = open_session(to_onnx(outputs, inputs=[Column("u"), Column("o"), Stub("p")])).run(
        {"u": frame["u"].to_numpy(), "o": frame["o"].to_numpy(), "p": p}
    )
    known = costs.known(frame)
    native = np.where(known | (not refuses), decision.decide(p, costs.amounts(frame)), np.nan)
    assert graph["decision"][:, 0] == pytest.approx(native, rel=1e-9, nan_ok=True)
    assert np.isfinite(graph["expected_cost"][known]).all()
    cells = frame.to_numpy()
    assert (known == (np.isfinite(cells) & (cells >= 0)).all(axis=1)).all()


@given(
    y=st.lists(st.integers(-5, 5), min_size=1, max_size=12),
    amounts=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=12, max_size=12),
)
def test_the_best_constant_of_rows_that_differ_is_that_of_brute_force(y, amounts):
    """No number of the train rows costs less for all of them."""
    y, each = np.asarray(y, float), np.asarray(amounts[: len(y)], float)
    costs = units()
    found = [costs.of(np.full(y.size, value), y, each).sum() for value in y]
    best = best_constant(y, costs, amounts=each)
    assert costs.of(np.full(y.size, best), y, each).sum() == pytest.approx(min(found))
