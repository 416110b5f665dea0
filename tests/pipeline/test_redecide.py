"""`automl decide`: new costs for an old bundle, told from the kept evidence, with the same members."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import cli
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.errors import LimitRefusal, SpecError, VerdictRefusal
from automl.pipeline import behind
from automl.pipeline.fit import fit
from automl.pipeline.redecide import decide
from automl.spec import parse

BUDGET = {"time": "5min", "trials": 2, "executor": "inline", "workers": 1}


def loans(n: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    amount, word, fee = rng.gamma(2.0, 50.0, n), rng.choice(["car", "boat"], n), rng.uniform(0, 9, n)
    odds = 0.02 * amount + 2 * (word == "boat") - 4
    bad = rng.random(n) < 1 / (1 + np.exp(-odds))
    return pl.DataFrame({"amount": amount, "for": word, "fee": fee, "bad": np.where(bad, "yes", "no")})


def made(out: Path, *, costs: dict[str, object], **more: object) -> Path:
    spec = parse(
        {
            "objective": {"target": "bad", "positive": "yes", "costs": costs},
            "data": {"exclude": ["fee"]},
            "budget": BUDGET,
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
            "report": {"html": False},
            **more,
        }
    )
    return fit(spec, train=loans(600, seed=0), test=loans(400, seed=1), out=out, write_anyway=True).path


@pytest.fixture(autouse=True)
def unmeasured(request, monkeypatch):
    """The gates are measured only where a test asks for it: that takes seconds."""
    if "measured" not in request.fixturenames:
        monkeypatch.setattr(behind, "measure", lambda *_: ())


@pytest.fixture
def measured():
    """The gates are measured."""


@pytest.fixture(scope="module")
def plain_bundle(tmp_path_factory) -> Path:
    """Constant costs, and a limit."""
    out = tmp_path_factory.mktemp("decide") / "loans.bundle"
    return made(out, costs={"false_positive": 1, "false_negative": 5}, limits={"size": "25MB"})


@pytest.fixture(scope="module")
def row_bundle(tmp_path_factory) -> Path:
    """Costs of each row, one of them from a column that is no feature."""
    out = tmp_path_factory.mktemp("decide") / "rows.bundle"
    return made(out, costs={"false_positive": "fee + 10", "false_negative": "amount * 0.8"})


@pytest.mark.parametrize("name", ["plain_bundle", "row_bundle"])
def test_the_same_costs_tell_the_same_story(name, request, tmp_path):
    """Without a change, verdict, golden answers, scores and members are those of the fit; the parent is recorded."""
    old = Bundle.load(request.getfixturevalue(name)).manifest
    done = decide(request.getfixturevalue(name), [], tmp_path / "new.bundle", write_anyway=True)
    new = Bundle.load(done.path).manifest
    assert new.verdict == old.verdict
    assert new.files["golden/expected.json"] == old.files["golden/expected.json"]
    assert (new.scores, new.members, new.spec, new.reader) == (old.scores, old.members, old.spec, old.reader)
    assert new.parent == done.parent == old.content_hash != new.content_hash


def test_other_costs_decide_otherwise_with_the_same_probability(plain_bundle, tmp_path):
    """Acting is cheap now: no probability moves, more rows are acted on, and the verdict counts these decisions."""
    done = decide(plain_bundle, ["objective.costs.false_positive=0.3"], tmp_path / "new.bundle", write_anyway=True)
    verify(done.path)
    test = loans(400, seed=1)
    old, new = Bundle.load(plain_bundle).predict(test), Bundle.load(done.path).predict(test)
    assert new["probability"].equals(old["probability"])
    assert (new["decision"] == "yes").sum() > (old["decision"] == "yes").sum()
    act, bad = (new["decision"] == "yes").to_numpy(), (test["bad"] == "yes").to_numpy()
    assert done.verdict.test_ours == pytest.approx(1_000 * np.mean(np.where(bad, ~act * 5, act * 0.3)))
    assert {amount.cell: amount.cost for amount in done.verdict.amounts}["false_positive"] == 0.3


def test_row_costs_are_decided_anew_and_a_column_that_no_cost_names_is_no_longer_read(row_bundle, tmp_path):
    """The decisions are the brute-force ones under the new expressions; without `fee` the bundle needs no fee."""
    overrides = ["objective.costs.false_positive=4", "objective.costs.false_negative=amount * 0.1"]
    done = decide(row_bundle, overrides, tmp_path / "new.bundle", write_anyway=True)
    verify(done.path)
    bundle = Bundle.load(done.path)
    assert "fee" in Bundle.load(row_bundle).needed
    assert "fee" not in bundle.needed
    test = loans(400, seed=1).drop("fee")
    found = bundle.predict(test)
    p, miss = found["probability"].to_numpy(), 0.1 * test["amount"].to_numpy()
    act = (1 - p) * 4 < p * miss
    assert ((found["decision"] == "yes").to_numpy() == act).all()
    bad = (loans(400, seed=1)["bad"] == "yes").to_numpy()
    assert done.verdict.test_ours == pytest.approx(1_000 * np.mean(np.where(act, ~bad * 4, bad * miss)))


def test_a_running_cost_is_set_against_the_saving(plain_bundle, tmp_path):
    """The verdict of the new bundle is net of it, and its card tells from which volume it pays."""
    rate = ['objective.running.cost="10 per 1d"', 'objective.running.rows="1000 per 1d"']
    done = decide(plain_bundle, rate, tmp_path / "new.bundle", write_anyway=True)
    gross = Bundle.load(plain_bundle).manifest.verdict
    assert done.verdict.ours == pytest.approx(gross.ours + 10)
    assert f"it pays from {done.verdict.running.pays_from} rows on" in (done.path / "card.md").read_text()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("objective.costs.false_negative=fee * 2", "evidence .* lacks the column 'fee'"),
        ("objective.target=other", "objective.target: this takes a new search"),
        ("budget.time=5min", "budget.time: this takes a new search"),
        ("objective=1", "objective: this takes a new search"),
        ("objective.costs.false_negativ=2", "false_negative"),
        ("objective.costs.false_negative=import os", "objective.costs.false_negative"),
    ],
)
def test_what_takes_a_new_search_is_refused(plain_bundle, tmp_path, override, told):
    """With the place, and nothing is written."""
    with pytest.raises(SpecError, match=told):
        decide(plain_bundle, [override], tmp_path / "new.bundle")
    assert not list(tmp_path.iterdir())


def test_costs_under_which_nothing_is_saved_are_a_refusal(plain_bundle, tmp_path):
    """Exit 5, no bundle, the old one stays; with --write-anyway it is written and says so."""
    dear = ["objective.costs.false_positive=500"]
    with pytest.raises(VerdictRefusal, match="not shown to be worth it"):
        decide(plain_bundle, dear, tmp_path / "new.bundle")
    assert not list(tmp_path.iterdir())
    done = decide(plain_bundle, dear, tmp_path / "new.bundle", write_anyway=True)
    assert done.exit_code == 5
    assert "not shown to be worth it" in (done.path / "card.md").read_text()
    assert verify(plain_bundle)


def test_limits_are_measured_again(plain_bundle, tmp_path, monkeypatch):
    """A gate that fails is exit 4, whatever the money says."""
    from automl.gates.base import GateVerdict

    broken = GateVerdict(
        gate="size", ok=False, measured=2.0, limit=1.0, unit="MB", reason="size is 2 MB", protocol="", raw={}
    )
    monkeypatch.setattr(behind, "measure", lambda *_: (broken,))
    with pytest.raises(LimitRefusal, match="size is 2 MB"):
        decide(plain_bundle, [], tmp_path / "new.bundle", write_anyway=True)
    assert not list(tmp_path.iterdir())


def test_a_number_is_decided_anew(tmp_path):
    """A regression gets an interval and a decision that it never had, and its coverage among the scores."""
    rng = np.random.default_rng(0)
    sun = rng.uniform(0, 10, 1_600)
    sold = pl.DataFrame({"sun": sun, "sold": 20 + 5 * sun + 4 * rng.normal(size=1_600)})
    spec = parse(
        {
            "objective": {"target": "sold", "task": "regression"},
            "budget": BUDGET,
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
            "report": {"html": False},
        }
    )
    fit(spec, train=sold[:800], test=sold[800:], out=tmp_path / "bread.bundle")
    overrides = ["objective.interval=80%", "objective.costs.under=5", "objective.costs.over=2"]
    done = decide(tmp_path / "bread.bundle", overrides, tmp_path / "new.bundle")
    assert verify(done.path)
    answers = Bundle.load(done.path).predict(sold[800:])
    held = sold["sold"][800:].is_between(answers["prediction_low"], answers["prediction_high"]).mean()
    told = {score.metric: score.value for score in Bundle.load(done.path).manifest.scores}
    assert told["coverage of 80%"] == pytest.approx(held)
    assert done.verdict.worth
    assert (answers["decision"] > answers["prediction"]).all()


def test_the_command_tells_the_new_story(plain_bundle, measured, tmp_path, capsys):
    """Costs, saving and verdict for people; one document for machines."""
    new = str(tmp_path / "new.bundle")
    arguments = ["decide", str(plain_bundle), "--set", "objective.costs.false_negative=8", "-o", new, "--write-anyway"]
    assert cli.run(arguments) in {0, 5}
    told = capsys.readouterr().out
    assert "false_negative 8" in told
    assert f"wrote {new}" in told
    assert "latency_p99" in told
    cli.run([*arguments, "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["parent"] == Bundle.load(plain_bundle).manifest.content_hash


def test_rounded_evidence_is_decided_on_and_none_is_refused(row_bundle, tmp_path):
    """With rounded rows a bundle is decided anew with nearly the same verdict; without rows that is told, and how."""
    costs = {"false_positive": "fee + 10", "false_negative": "amount * 0.8"}
    coarse = made(tmp_path / "coarse.bundle", costs=costs, bundle={"evidence": "rounded"})
    settings = ["objective.costs.false_positive=fee + 12"]
    exact = decide(row_bundle, settings, tmp_path / "a.bundle", write_anyway=True).verdict
    rounded = decide(coarse, settings, tmp_path / "b.bundle", write_anyway=True).verdict
    assert exact is not None
    assert rounded is not None
    assert rounded.ours == pytest.approx(exact.ours, rel=0.02)
    bare = made(tmp_path / "bare.bundle", costs=costs, bundle={"evidence": "none"})
    verify(bare)
    with pytest.raises(SpecError, match="keeps no rows"):
        decide(bare, settings, tmp_path / "c.bundle")
    assert not (tmp_path / "c.bundle").exists()
