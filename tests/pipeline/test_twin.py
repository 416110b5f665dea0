"""The model on all rows ships where it answers as the judged one does, and says whose the verdict is."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.data.rows import Rows, joined
from automl.pipeline import twin
from automl.pipeline.fit import fit
from automl.pipeline.twin import likeness, make_twin
from automl.search.refit_members import NO_TIME
from tests.pipeline.test_fit import COSTS, loans, spec_of

ALL = {"objective": {"costs": COSTS}, "data": {"final": "all"}, "report": {"html": False}}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same fit without test rows in the model, and with them."""
    folder = tmp_path_factory.mktemp("twin")
    given = {"train": loans(), "test": loans(300, seed=1)}
    split = fit(spec_of(**{**ALL, "data": {}}), out=folder / "split.bundle", **given)
    return split, fit(spec_of(**ALL), out=folder / "all.bundle", **given)


def test_the_verdict_is_that_of_the_twin(both):
    """Scores and money are those of the fit without the test part, and the bundle says so."""
    split, whole = both
    assert verify(whole.path).golden_rows
    assert whole.judgement.scores == split.judgement.scores
    assert whole.verdict == split.verdict
    manifest = whole.bundle.manifest
    assert manifest.twin.shipped
    assert manifest.twin.rows == 800
    assert "scores and verdict are those of its twin" in manifest.split
    assert split.bundle.manifest.twin is None


def test_the_model_has_learned_from_the_test_part(both):
    """It is another model, of the same members, and its gates are measured again."""
    split, whole = both
    old, new = (done.bundle.predict(loans(300, seed=1))["probability"].to_numpy() for done in both)
    assert not np.array_equal(old, new)
    assert np.corrcoef(old, new)[0, 1] > 0.9
    pairs = [[(one.learner, one.params) for one in done.bundle.manifest.members] for done in both]
    assert pairs[0] == pairs[1]
    assert {gate.gate for gate in whole.gates} == {gate.gate for gate in split.gates}


def test_a_twin_learns_from_the_rows_of_the_gap(tmp_path):
    """Their targets were not known when what was judged was learned; they are when it ships."""
    rows = loans(800).with_columns(day=pl.date(2026, 1, 1) + pl.duration(days=pl.int_range(800) // 8))
    spec = spec_of(**{**ALL, "data": {"final": "all", "time": ["day"], "horizon": "20d"}})
    manifest = fit(spec, train=rows, out=tmp_path / "loans.bundle", write_anyway=True).bundle.manifest
    assert "in the gap before it are in neither" in manifest.split
    assert manifest.twin.rows == 800


def test_a_twin_that_decides_otherwise_does_not_ship(tmp_path, monkeypatch):
    """The judged model does, and the manifest says why."""
    monkeypatch.setattr(twin, "CHANGED", -1.0)
    done = fit(spec_of(**ALL), train=loans(), test=loans(300, seed=1), out=tmp_path / "loans.bundle")
    manifest = Bundle.load(done.path).manifest
    assert not manifest.twin.shipped
    assert "does not ship: on 500 train rows both rank alike" in manifest.split


def test_a_twin_that_there_is_no_time_for_does_not_ship():
    """R10: what is known to take too long is not begun, and the judged model ships."""
    told = []
    deadline = Deadline(seconds=60.0, start=0.0, clock=lambda: 50.0)
    run = SimpleNamespace(counted=False, deadline=deadline, tell=lambda _, text: told.append(text))
    train, test = (
        Rows(frame=pl.DataFrame({"x": np.arange(n)}), raw=pl.DataFrame({"x": np.arange(n)}), y=np.zeros(n))
        for n in (500, 300)
    )
    judged = SimpleNamespace(outcome=SimpleNamespace(all_rows=None))
    late = make_twin(run, None, SimpleNamespace(known=joined(train, test)), judged, needs=4.0, after=6.0)
    assert late.choice is None
    assert (late.record.shipped, late.record.rows, late.record.reason) == (False, 800, NO_TIME)
    assert told == [f"the twin on all 800 rows does not ship: {NO_TIME}"]


def test_likeness_is_of_ranks_and_of_decisions():
    """The same order is alike whatever the numbers; turned round it is the opposite."""
    p = np.linspace(0.1, 0.9, 50)[:, None]
    one = {"probability": p, "decision": np.where(p > 0.5, "act", "pass").astype(object)}
    square = {"probability": p**2, "decision": np.where(p**2 > 0.5, "act", "pass").astype(object)}
    assert likeness(one, one, error=0.0) == (pytest.approx(1.0), 0.0)
    rank, changed = likeness(one, square, error=0.0)
    assert rank == pytest.approx(1.0)
    assert changed == np.mean((p > 0.5) != (p**2 > 0.5))
    assert likeness(one, {**one, "probability": 1.0 - p}, error=0.0)[0] == pytest.approx(-1.0)


def test_likeness_of_numbers_counts_those_far_apart():
    """A tenth of their spread is far, or the error of the model; who tells no rows apart ranks like nobody else."""
    y = np.linspace(0.0, 10.0, 40)[:, None]
    moved = y + np.where(np.arange(40) < 10, 5.0, 0.0)[:, None]
    assert likeness({"prediction": y}, {"prediction": moved}, error=0.0)[1] == 0.25
    assert likeness({"prediction": y}, {"prediction": moved}, error=5.0)[1] == 0.0
    flat = {"prediction": np.ones((40, 1))}
    assert likeness(flat, flat, error=0.0)[0] == 1.0
    assert likeness({"prediction": y}, flat, error=0.0)[0] == 0.0
