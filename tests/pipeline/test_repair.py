"""Where the best model breaks a limit a lighter one ships, or none does and the reason says what would be had."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle.write import staging
from automl.errors import LimitRefusal
from automl.gates import measure
from automl.gates.base import Measured
from automl.pipeline.fit import fit
from automl.spec import parse


def loans(n: int = 600, seed: int = 0) -> pl.DataFrame:
    """Six numbers, two of which tell most, and one pair that only trees see."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 6))
    odds = 2.0 * x[:, 0] + x[:, 1] + 2.0 * (x[:, 2] * x[:, 3] > 0) - 1.0
    bad = draw.random(n) < 1 / (1 + np.exp(-odds))
    return pl.DataFrame({f"x{j}": x[:, j] for j in range(6)} | {"bad": np.where(bad, "yes", "no")})


def spec_of(**limits):
    return parse(
        {
            "objective": {"target": "bad", "positive": "yes", "costs": {"false_positive": 1, "false_negative": 5}},
            "budget": {"time": "5min", "trials": 3, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear", "lightgbm"], "feature_search": 0.0},
            "report": {"html": False},
            "limits": limits,
        }
    )


def weight(model: bytes) -> float:
    """Seconds that a model is said to take: the bytes of its graph, whatever this machine does meanwhile."""
    return len(model) * 1e-8


def put_on_scales(monkeypatch):
    """A machine on which latency is the weight of the graph, so that no stopwatch decides a test."""

    def observe(folder, limits, **_):
        seconds = weight((folder / "model.onnx").read_bytes())
        return Measured(
            folder=folder,
            walls=(seconds,) * 200,
            aside={},
            asked=200,
            start=0.1,
            resident=70_000_000,
            proportional=None,
            threads=1,
            seconds=1.0,
        )

    # the floor first: imported later it would keep the patched `observe` for the tests after these
    monkeypatch.setattr("automl.gates.floor.Floor.broken", lambda floor: ())
    monkeypatch.setattr("automl.gates.floor.Floor.__init__", lambda floor, limits: None)
    monkeypatch.setattr("automl.pipeline.repair.observe", observe)
    monkeypatch.setattr(measure, "observe", observe)


def runs_in(folder):
    told = []

    def start(listener=told.append, **limits):
        told.clear()
        out = folder / "loans.bundle"
        frames = {"train": loans(), "test": loans(400, seed=1)}
        done = fit(spec_of(**limits), **frames, out=out, listener=listener, write_anyway=True)
        return done, [event.text for event in told if event.stage == "repair"]

    return start


@pytest.fixture
def run(monkeypatch, tmp_path):
    put_on_scales(monkeypatch)
    return runs_in(tmp_path)


@pytest.fixture(scope="module")
def best(tmp_path_factory):
    """A fit whose limit is wide, and what it told of repairs."""
    with pytest.MonkeyPatch.context() as patch:
        put_on_scales(patch)
        return runs_in(tmp_path_factory.mktemp("best"))(latency_p99="10s")


def test_a_wide_limit_changes_nothing(best):
    """The best ensemble ships, and no lighter model is tried."""
    done, repairs = best
    assert not repairs
    assert done.path.exists()


def test_a_lighter_model_ships_where_the_best_is_too_heavy(run, best):
    """It keeps the limit, it stands on the board, and the scores of the test part are those of the shipped bytes."""
    heavy = next(gate.measured for gate in best[0].gates if gate.gate == "latency_p99")
    done, repairs = run(latency_p99=f"{0.7 * heavy:.6f}ms")
    gate = next(gate for gate in done.gates if gate.gate == "latency_p99")
    assert gate.ok
    assert gate.measured <= 0.7 * heavy
    assert any(text.endswith("it keeps them") for text in repairs)
    assert {number for number, _ in done.board.weights} <= {trial.id for trial in done.board.trials}
    assert sum(share for _, share in done.board.weights) == pytest.approx(1.0)
    scores = {score.metric: score for score in done.judgement.scores if score.rows == "test"}
    answers = done.bundle.predict(loans(400, seed=1))["probability"].to_numpy()[:, None]
    from automl import metrics

    y = (loans(400, seed=1)["bad"] == "yes").cast(pl.Float64).to_numpy()
    assert metrics.score(metrics.get("roc_auc"), y, answers) == scores["roc_auc"].value
    assert scores["roc_auc"].value > 0.7


def test_a_signal_while_lighter_models_are_tried(run):
    """S10: nothing more is trained; where nothing that stands keeps the limit, the refusal says what was left out."""
    told = []

    def listener(event):
        told.append(event.text)
        if event.text.endswith("lighter models are tried"):
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(LimitRefusal, match="stopped by SIGTERM, without lighter models"):
        run(listener, latency_p99="10us")
    assert not any(": loss " in text for text in told)


def test_what_was_measured_shows_what_may_weigh_more(monkeypatch, run):
    """Where the estimates say that nothing fits, the lightest is measured, and a better one follows from its weight."""
    monkeypatch.setattr(
        sys.modules[__name__], "weight", lambda model: len(model) * 1e-8 * (1 if len(model) < 4_000 else 4)
    )
    done, repairs = run(latency_p99="1ms")
    kept = [float(text.split("latency_p99 ")[1].split(" ms")[0]) for text in repairs if text.endswith("it keeps them")]
    assert len(kept) > 1
    assert kept == sorted(kept)
    gate = next(gate for gate in done.gates if gate.gate == "latency_p99")
    assert gate.measured == pytest.approx(kept[-1], rel=0.01)
    told = {text.split(":")[0]: float(text.split("loss ")[1]) for text in repairs if ": loss " in text}
    order = [told[text.split(":")[0]] for text in repairs if text.endswith("it keeps them")]
    assert order == sorted(order, reverse=True)


def test_nothing_that_fits_is_a_refusal_with_points_in_money(run, tmp_path):
    """Exit 4, no bundle, and what looser limits would save."""
    with pytest.raises(LimitRefusal) as refused:
        run(latency_p99="1us")
    assert refused.value.exit_code == 4
    assert not (tmp_path / "loans.bundle").exists()
    assert not staging(tmp_path / "loans.bundle").exists()
    document = json.loads((tmp_path / "loans.run" / "refusal.json").read_text())
    texts = [point["text"] for point in document["nearest"]]
    assert any("you would save" in text and "more a 1,000 rows" in text for text in texts)


def test_two_runs_choose_the_same_model(run):
    """R12: with counted work the clock decides nothing."""
    hashes = []
    for _ in range(2):
        done, _repairs = run(latency_p99="0.2ms")
        hashes.append(done.bundle.manifest.content_hash)
    assert hashes[0] == hashes[1]


def test_a_model_that_is_close_is_measured_twice(monkeypatch, run):
    """A quiet moment is no promise: both measurements must keep the limit, and the worse one is told."""
    seen = []

    def observe(folder, limits, **_):
        seconds = 0.00095 + 0.0001 * (len(seen) % 2)
        seen.append(seconds)
        made = Measured(
            folder=folder, walls=(0.00095,) * 200, aside={}, asked=200, start=0.1, resident=1, proportional=None,
            threads=1, seconds=1.0,
        )  # fmt: skip
        return replace(made, walls=(seconds,) * 200)

    monkeypatch.setattr("automl.pipeline.repair.observe", observe)
    with pytest.raises(LimitRefusal, match=r"1\.05 ms"):
        run(latency_p99="1ms")
