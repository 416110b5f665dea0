"""A retraining from rows to a new champion, or to none, with the reason in money."""

from __future__ import annotations

import datetime as dt
import json
import sys
from types import SimpleNamespace

import pytest

from automl import cli
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.data.read.source import load
from automl.errors import DataError, SpecError
from automl.pipeline.fit import fit
from automl.retrain.attempts import Attempts
from automl.retrain.retrain import Asked, _between_fits, _that_differ, retrain, rungs_of
from automl.spec import parse
from automl.spec.retrain import RUNGS, Retrain
from automl.task import Task
from tests.retrain.conftest import SPEC


@pytest.fixture
def own(champion, tmp_path):
    """The champion's folder, in a place of its own: what it has seen is written beside it."""
    import shutil

    place = tmp_path / "loans.bundle"
    shutil.copytree(champion.path, place)
    return place


def test_a_changed_world_is_learned_and_promoted(own, world, tmp_path):
    """The challenger becomes a bundle that verifies, knows its parent, and has learned from all new rows."""
    out = tmp_path / "next.bundle"
    done = retrain(own, load(world(700, seed=5, start=150, changed=True)), out)
    assert done.exit_code == 0, done.reason
    assert verify(out).files
    manifest = Bundle.load(out).manifest
    assert manifest.parent == Bundle.load(own).manifest.content_hash
    assert manifest.retrained.number == 1
    assert manifest.retrained.low > 0
    assert manifest.twin is not None
    assert not (tmp_path / "next.ladder").exists()
    assert json.loads((tmp_path / "loans.challenges.jsonl").read_text())["promoted"] == manifest.retrained.rung


def test_numbers_without_costs_are_not_recalibrated(champion):
    """They go through no curve: the alpha is for those that differ, unless nothing else is asked for."""
    spec, asked = parse(champion.spec), Retrain()
    numbers = SimpleNamespace(
        manifest=SimpleNamespace(target=SimpleNamespace(labels=lambda: SimpleNamespace(task=Task(kind="regression"))))
    )
    plain = spec.model_copy(update={"objective": spec.objective.model_copy(update={"costs": None})})
    assert _that_differ(asked, champion, plain).rungs == RUNGS
    assert _that_differ(asked, numbers, spec).rungs == RUNGS
    assert _that_differ(asked, numbers, plain).rungs == RUNGS[1:]
    assert _that_differ(Retrain(rungs=("recalibrate",)), numbers, plain).rungs == ("recalibrate",)


def test_in_the_same_world_the_champion_stays(own, world, tmp_path, capsys):
    """No challenger is shown to save more: exit 9, and the reason names money and the bound that was missed (M05)."""
    file = tmp_path / "new.parquet"
    world(400, seed=6, start=150).write_parquet(file)
    out = tmp_path / "next.bundle"
    arguments = ["retrain", str(own), "--data", str(file), "-o", str(out), "--rungs", "recalibrate", "--quiet"]
    assert cli.run(arguments) == 9
    told = capsys.readouterr().out
    assert "the champion stays: recalibrate, it saves" in told
    assert "EUR more per 1,000 rows" in told
    assert not out.exists()


def test_flipped_labels_promote_nobody(own, world, tmp_path):
    """With 30 % of the labels turned round the champion stays, whatever the challengers say (M04)."""
    done = retrain(own, load(world(700, seed=7, start=150, flip=0.3)), tmp_path / "next.bundle")
    assert done.exit_code == 9
    assert done.climb.promoted is None


def test_labels_that_are_all_one_are_refused(own, world, tmp_path):
    """There is nothing to learn from them."""
    rows = world(400, seed=8, start=150)
    with pytest.raises(DataError):
        retrain(own, load(rows.with_columns(bad=1)), tmp_path / "next.bundle")


def test_a_dry_run_tells_what_it_may_bring(own, world, tmp_path):
    """Rows of a month times what is saved more, against the price; nothing is written."""
    rows = load(world(400, seed=9, start=150, changed=True))
    cheap = retrain(own, rows, tmp_path / "next.bundle", asked=Asked(dry_run=True, overrides=["retrain.price=1"]))
    assert cheap.exit_code == 0
    assert cheap.expected.brings == pytest.approx(cheap.expected.rows * cheap.expected.gain / 1_000)
    assert cheap.reason.startswith("worth a retraining: about 12")
    dear = retrain(own, rows, tmp_path / "next.bundle", asked=Asked(overrides=["retrain.price=1e9"]))
    assert (dear.exit_code, dear.climb) == (9, None)
    assert "not worth a retraining" in dear.reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loans.bundle"]


def test_only_what_retrain_says_may_be_overruled(own, world, tmp_path):
    """Other costs are another model."""
    asked = Asked(overrides=["objective.costs.false_positive=3"])
    with pytest.raises(SpecError, match="this takes a new fit"):
        retrain(own, load(world(400, seed=9, start=150)), tmp_path / "next.bundle", asked=asked)


def test_a_metric_that_is_code_stays_with_the_fit(world, tmp_path, monkeypatch):
    """Its bundle names it, and a retraining imports nothing: its challengers are judged by the usual metric."""
    module = tmp_path / "judging.py"
    module.write_text("def found(y, p, weight): return float(p[y == 1].mean())\nfound.greater_is_better = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    spec = SPEC | {"objective": SPEC["objective"] | {"metric": "judging:found"}}
    own = fit(spec, train=world(400, seed=1), out=tmp_path / "own.bundle", write_anyway=True).path
    assert Bundle.load(own).manifest.scores[0].metric == "judging:found"
    del sys.modules["judging"]
    module.write_text("raise SystemExit('imported')")
    done = retrain(own, load(world(400, seed=6, start=150)), tmp_path / "next.bundle", asked=Asked(rungs=("refit",)))
    assert [step.rung for step in done.climb.steps] == ["refit"]
    assert "judging" not in sys.modules


def test_what_is_asked_once_is_not_asked_again(own, world, tmp_path):
    """Rungs, window and overruled keys of one retraining do not stay with who is promoted: the next asks its spec."""
    rows, out = load(world(700, seed=4, start=150, changed=True)), tmp_path / "next.bundle"
    done = retrain(own, rows, out, asked=Asked(rungs=("refresh",), window="90d", overrides=["retrain.price=1"]))
    assert [step.rung for step in done.climb.steps] == ["refresh"]
    assert done.exit_code == 0
    before, after = (parse(Bundle.load(path).spec).retrain for path in (own, out))
    assert after == before
    assert (after.rungs, after.window, after.price) == (RUNGS, None, 0.0)


@pytest.mark.parametrize(
    ("made", "rung", "fitted", "rungs"),
    [
        (100, None, None, RUNGS),
        (10, None, None, RUNGS[:2]),
        (10, "refit", None, RUNGS[:2]),
        (100, "refresh", 100, RUNGS),
        (100, "refresh", 89, RUNGS[:2]),
        (100, None, 10, RUNGS[:2]),
    ],
)
def test_between_two_fits_only_cheap_rungs_are_tried(champion, made, rung, fitted, rungs):
    """A fit of the champion, or one that was judged, counts for `refit_every`; without the key all rungs are tried."""
    now = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    record = None if rung is None else SimpleNamespace(rung=rung, fitted=None)
    manifest = SimpleNamespace(created=(now - dt.timedelta(days=made)).isoformat(), retrained=record)
    last = None if fitted is None else now - dt.timedelta(days=fitted)
    attempts = Attempts(path=champion.path, number=1, fitted=last)
    own = SimpleNamespace(manifest=manifest)
    assert _between_fits(Retrain.model_validate({"refit_every": "90d"}), own, attempts, at=now).rungs == rungs
    assert _between_fits(Retrain(), own, attempts, at=now).rungs == RUNGS
    alone = Retrain.model_validate({"refit_every": "90d", "rungs": ["refit"]})
    assert _between_fits(alone, own, attempts, at=now).rungs == ("refit",)  # a list that nothing would be left of stays


def test_a_fresh_champion_is_challenged_by_cheap_rungs(own, world, tmp_path):
    """Asked for by its spec, unless somebody names the rungs."""
    rows, wanted = load(world(700, seed=4, start=150, changed=True)), ["retrain.refit_every=90d"]
    done = retrain(own, rows, tmp_path / "next.bundle", asked=Asked(overrides=wanted))
    assert {step.rung for step in done.climb.steps} <= {"recalibrate", "refresh"}
    named = retrain(own, rows, tmp_path / "named.bundle", asked=Asked(overrides=wanted, rungs=("refit",)))
    assert [step.rung for step in named.climb.steps] == ["refit"]


def test_a_fit_that_is_old_is_renewed_unless_it_looks_worse(own, world, tmp_path):
    """In the same world nobody is shown to be better: the best estimate decides, and the bundle says so."""
    rows, out = load(world(1_500, seed=4, start=150)), tmp_path / "next.bundle"
    stays = retrain(own, rows, out, asked=Asked(rungs=("refit",)))
    assert stays.climb.promoted is None
    rungs = ("recalibrate", "refit")
    done = retrain(own, rows, out, asked=Asked(rungs=rungs, overrides=["retrain.tolerance=0.5"], renew=True))
    step = done.climb.steps[0]
    assert step.paired.margin > 0
    assert step.may_answer == (step.paired.estimate > -step.paired.margin)
    record = Bundle.load(out).manifest.retrained
    assert (record.rung, record.renewed) == ("refit", step.ended == "fresh")
    assert done.reason == f"refit is promoted: {step.reason}"
    assert record.fitted is not None
    due = retrain(
        own, rows, tmp_path / "due.bundle", asked=Asked(overrides=["retrain.renew_every=1s"], rungs=("refit",))
    )
    assert "as the champion is to be renewed" in due.climb.steps[0].reason


@pytest.mark.parametrize("asked", [{"lost": True}, {"if_due": True}])
def test_where_money_is_lost_a_fresh_champion_is_challenged_by_all(own, world, tmp_path, asked):
    """The rows of a changed world say so themselves, where they are asked whether it is time."""
    rows, wanted = load(world(4_000, seed=4, start=150, changed=True)), ["retrain.refit_every=90d"]
    done = retrain(own, rows, tmp_path / "next.bundle", asked=Asked(overrides=wanted, **asked))
    steps = [step.rung for step in done.climb.steps]
    assert "refit" in steps or done.climb.steps[-1].restores, steps


def test_a_wrong_rung_is_answered_with_the_nearest():
    """And the order is that of their prices, whatever was written."""
    assert rungs_of("search, recalibrate") == ("recalibrate", "search")
    assert rungs_of(None) is None
    with pytest.raises(SpecError, match="did you mean 'refit'"):
        rungs_of("refitt")
