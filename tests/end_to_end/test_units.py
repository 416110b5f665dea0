"""The unit of the target, of money or of a column decides nothing: the same fit, in that unit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.pipeline.fit import fit
from automl.spec import parse

N = 200
SMALL, LARGE = 2.0**-30, 2.0**30  # a floor that is no share of the unit shows below it, a ceiling above
SLOW = pytest.mark.slow  # the other way round, where a quick case of the same claim stays
RECIPE = {"folds": 2, "learners": ["constant", "linear", "lightgbm"]}
BUDGET = {"time": "5min", "trials": 3, "executor": "inline", "workers": 1}


def rooms() -> pl.DataFrame:
    """Two numbers and a category that tell of a target with both signs, and of a label."""
    rng = np.random.default_rng(5)
    size, age, kind = rng.normal(size=N), 40 + 15 * rng.normal(size=N), rng.choice(["u", "v", "w"], N)
    y = 3 * size + np.sin(age / 5) + 2 * (kind == "u") + rng.normal(size=N)
    return pl.DataFrame({"size": size, "age": age, "kind": kind, "y": y, "paid": np.where(y > 1, "yes", "no")})


def made(out, frame, *, objective=None, **data):
    spec = {"objective": objective or {"target": "y"}, "data": {"exclude": ["paid"], **data}}
    return fit(parse({**spec, "budget": BUDGET, "recipe": RECIPE}), train=frame, out=out, write_anyway=True)


@pytest.fixture(scope="module", params=["rmse", "mae"])
def plain(request, tmp_path_factory):
    """A fit to the target as it is."""
    return request.param, made(
        tmp_path_factory.mktemp("plain") / "a", rooms(), objective={"target": "y", "metric": request.param}
    )


@pytest.mark.parametrize(
    ("plain", "factor"),
    [("rmse", SMALL), ("rmse", LARGE), ("mae", SMALL), pytest.param("mae", LARGE, marks=SLOW)],
    indirect=["plain"],
)
def test_a_target_in_another_unit(plain, factor, tmp_path):
    """The same members and weights, and predictions that agree to 1e-9."""
    metric, here = plain
    frame = rooms().with_columns(pl.col("y") * factor)
    there = made(tmp_path / "a", frame, objective={"target": "y", "metric": metric})
    assert there.board.weights == here.board.weights
    assert len(here.board.weights) > 1
    np.testing.assert_allclose(there.judgement.prediction, here.judgement.prediction * factor, rtol=1e-9)


@pytest.mark.parametrize("plain", [pytest.param("rmse", marks=SLOW), "mae"], indirect=True)
def test_a_target_from_another_zero(plain, tmp_path):
    """A shift changes nothing beyond 1e-6 of the spread; both targets have negatives, so none is learned as its log."""
    metric, here = plain
    frame = rooms().with_columns(pl.col("y") - 1_000.0)
    there = made(tmp_path / "a", frame, objective={"target": "y", "metric": metric})
    spread = float(rooms()["y"].std())
    np.testing.assert_allclose(
        there.judgement.prediction + 1_000.0, here.judgement.prediction, rtol=0, atol=1e-6 * spread
    )


@pytest.mark.parametrize("plain", ["rmse"], indirect=True)
@pytest.mark.parametrize("factor", [SMALL, pytest.param(LARGE, marks=SLOW)])
def test_a_column_in_another_unit(plain, factor, tmp_path):
    """A number column times a power of two gives the same members and predictions, to 1e-9."""
    _, here = plain
    there = made(tmp_path / "a", rooms().with_columns(pl.col("age") * factor))
    assert there.board.weights == here.board.weights
    np.testing.assert_allclose(there.judgement.prediction, here.judgement.prediction, rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-6, pytest.param(LARGE, marks=SLOW)])
def test_money_in_another_unit(factor, euros, tmp_path):
    """Costs, by row too, and a review in another currency, with little room: the same answer to each row."""
    here, there = euros, priced(factor, tmp_path / "a")
    rows = rooms()
    mine, theirs = here.predict(rows), there.predict(rows)
    assert theirs["decision"].to_list() == mine["decision"].to_list()
    assert mine["decision"].n_unique() == 3
    np.testing.assert_allclose(theirs["probability"], mine["probability"], rtol=1e-12)
    np.testing.assert_allclose(theirs["expected_cost"], mine["expected_cost"] * factor, rtol=1e-9)
    single = [[bundle.decide(row)["decision"] for row in rows.to_dicts()] for bundle in (here, there)]
    assert single[0] == single[1]


def priced(unit, place):
    objective = {
        "target": "paid",
        "positive": "yes",
        "costs": {"false_positive": 3 * unit, "false_negative": f"age * {unit!r}"},
        "review": {"cost": 2 * unit, "error": 0.01},
        "capacity": {"act": "20%", "review": "15%"},
    }
    return made(place, rooms(), objective=objective, exclude=["y"]).bundle


@pytest.fixture(scope="module")
def euros(tmp_path_factory):
    """Priced in euros."""
    return priced(1.0, tmp_path_factory.mktemp("euros") / "a")
