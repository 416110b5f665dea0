"""The whole path under a capacity: ranked in a batch, at a price row by row, and counted in the verdict."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.deploy import batch
from automl.errors import SpecError
from automl.pipeline.fit import fit
from automl.spec import parse


def payments(n: int, *, seed: int) -> pl.DataFrame:
    """Frauds by an odd hour, over ten days."""
    rng = np.random.default_rng(seed)
    hour, amount = rng.uniform(0, 24, n), rng.gamma(2.0, 20.0, n)
    fraud = rng.random(n) < 1 / (1 + np.exp(3 - 0.25 * hour))
    day = np.sort(rng.integers(1, 11, n))
    return pl.DataFrame(
        {
            "at": [f"2024-03-{number:02} 12:00:00" for number in day],
            "hour": hour,
            "amount": amount,
            "fraud": np.where(fraud, "yes", "no"),
        }
    )


def made(out, *, capacity, objective=None, **data):
    spec = parse(
        {
            "objective": {
                "target": "fraud",
                "positive": "yes",
                "names": {"act": "block", "pass": "let through"},
                "costs": {"false_positive": 4, "false_negative": "amount * 0.8"},
                "capacity": capacity,
                **(objective or {}),
            },
            "data": data,
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    return fit(spec, train=payments(900, seed=0), test=payments(1_200, seed=1), out=out, write_anyway=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A tenth of the rows can be blocked, a twentieth asked about."""
    return made(
        tmp_path_factory.mktemp("capacity") / "share.bundle",
        capacity={"act": "10%", "review": "5%"},
        objective={"review": {"cost": 1.0}, "names": {"act": "block", "pass": "let through", "review": "ask"}},
    )


@pytest.fixture(scope="module")
def daily(tmp_path_factory):
    """Five blocks a day."""
    return made(tmp_path_factory.mktemp("capacity") / "daily.bundle", capacity={"act": "5 per 1d"}, time="at")


def test_a_batch_is_ranked_exactly(shared):
    """As many rows as there is room for, and no swap of two rows or actions would cost less."""
    verify(shared.path)
    found = Bundle.load(shared.path).predict(payments(1_200, seed=1))
    decision = found["decision"].to_numpy()
    assert ((decision == "block").sum(), (decision == "ask").sum()) == (120, 60)
    each = found.select("cost_let through", "cost_block", "cost_ask").to_numpy()
    place = np.select([decision == "block", decision == "ask"], [1, 2], 0)
    assert found["expected_cost"].to_numpy() == pytest.approx(each[np.arange(1_200), place])
    for a in range(3):
        for b in range(3):
            if a != b:
                there, back = (
                    each[place == a][:, b] - each[place == a][:, a],
                    each[place == b][:, a] - each[place == b][:, b],
                )
                assert there.min() + back.min() >= 0


def test_row_by_row_a_price_keeps_the_rate(shared):
    """One row at a time the shares come near what there is room for, and the card tells both ways."""
    bundle = Bundle.load(shared.path)
    rows = payments(1_200, seed=1).to_dicts()
    decisions = [bundle.decide(row)["decision"] for row in rows]
    capacity = shared.verdict.capacity
    blocked, asked = (limit.at_price for limit in capacity.limits)
    assert np.mean([text == "block" for text in decisions]) == pytest.approx(blocked)
    assert blocked == pytest.approx(0.10, abs=0.03)
    assert asked == pytest.approx(0.05, abs=0.03)
    assert [limit.ranked for limit in capacity.limits] == [0.10, 0.05]
    assert all(limit.price > 0 for limit in capacity.limits)
    assert "1,000 test rows cost" in (shared.path / "card.md").read_text()


def test_policies_without_a_model_keep_the_capacity_too(shared):
    """Always blocking is no policy: a random tenth is; the verdict says so, and counts the expectation over draws."""
    policies = {policy.action: policy for policy in shared.verdict.policies}
    assert set(policies) == {
        "let through",
        "'block' on a random 10% of the rows, else 'let through'",
        "'ask' on a random 5% of the rows, else 'let through'",
        "'block' on a random 10% and 'ask' on a random 5% of the rows, else 'let through'",
    }
    test = payments(1_200, seed=1)
    fraud, loss = (test["fraud"] == "yes").to_numpy(), 0.8 * test["amount"].to_numpy()
    cost = 1_000 * np.mean(0.1 * np.where(fraud, 0, 4) + 0.9 * np.where(fraud, loss, 0))
    assert policies["'block' on a random 10% of the rows, else 'let through'"].cost == pytest.approx(cost)
    assert shared.verdict.worth


def test_a_day_has_its_own_room(daily, tmp_path):
    """Each day's five rows that save most, in one batch of ten days, in chunks of a file as in a frame."""
    test = payments(1_200, seed=1)
    test.write_parquet(tmp_path / "test.parquet")
    batch.predict(daily.path, tmp_path / "test.parquet", tmp_path / "out.parquet")
    batch.predict(daily.path, tmp_path / "test.parquet", tmp_path / "out.csv")
    found = Bundle.load(daily.path).predict(test)
    assert pl.read_parquet(tmp_path / "out.parquet").equals(found)
    assert pl.read_csv(tmp_path / "out.csv")["decision"].to_list() == found["decision"].to_list()
    for (_,), rows in found.with_columns(test["at"]).group_by("at"):
        saved = (rows["cost_let through"] - rows["cost_block"]).to_numpy()
        best = np.sort(saved)[-5:].min()
        assert (saved[(rows["decision"] == "block").to_numpy()] >= best).all()
        assert (rows["decision"] == "block").sum() == 5


def test_a_batch_with_room_for_no_row_is_decided_row_by_row(shared):
    """Of nine rows a tenth is none: the price decides, as it does for one."""
    bundle, few = Bundle.load(shared.path), payments(9, seed=5)
    assert bundle.predict(few)["decision"].to_list() == [bundle.decide(row)["decision"] for row in few.to_dicts()]


def test_other_capacities_need_no_new_search(shared, tmp_path):
    """`automl decide` fits the prices anew from the evidence."""
    from automl.pipeline.redecide import decide

    done = decide(shared.path, ["objective.capacity.act=2%"], tmp_path / "new.bundle", write_anyway=True)
    verify(done.path)
    assert (Bundle.load(done.path).predict(payments(1_000, seed=3))["decision"] == "block").sum() == 20
    old, new = (found.verdict.capacity.limits[0] for found in (shared, done))
    assert new.price > old.price
    json.dumps(done.summary())


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        ({"capacity": {"act": "5 per 1d"}}, "nobody knows how many rows come"),
        ({"capacity": {"review": "5%"}}, "there is no review"),
        ({"capacity": {"act": "5%"}, "costs": None}, "nothing costs anything"),
        ({"capacity": {"act": "5 per 1d", "review": "5 per 1h"}, "review": {"cost": 1}}, "for the same time"),
    ],
)
def test_a_capacity_that_means_nothing_is_refused_before_the_search(tmp_path, objective, told):
    """With the place, and what to do."""
    with pytest.raises(SpecError, match=told):
        made(tmp_path / "no.bundle", capacity=objective.pop("capacity"), objective=objective)
