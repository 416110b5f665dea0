"""What more rows would bring, from a fit with its workers."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from automl.decide.policy.decision_policy import make_policy
from automl.pipeline import more_rows as module
from automl.pipeline.choose import choose
from automl.pipeline.fit import fit
from automl.pipeline.more_rows import NO_TIME, TOO_FEW, more_rows
from tests.pipeline.test_fit import COSTS, loans, spec_of

LINEAR = {"recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0}}


def learned(folder, **more):
    done = fit(
        spec_of(**LINEAR, **more),
        train=loans(1_200),
        test=loans(300, seed=1),
        out=folder / "it.bundle",
        write_anyway=True,
    )
    return json.loads((done.path / "report.json").read_text(encoding="utf-8"))["diagnostics"]


def check(found):
    curve = found["learning"]
    assert found["no_learning"] is None
    assert [point["rows"] for point in curve["points"]] == [100, 200, 400, 800]
    assert curve["rows"] == 1_200
    assert curve["low"] <= curve["gain"] <= curve["high"]
    assert all(point["low"] <= point["loss"] <= point["high"] for point in curve["points"])


def test_a_report_says_what_more_rows_would_bring(tmp_path):
    """Without costs in what a row loses; and the same fit says the same again, to the digit."""
    found = learned(tmp_path)
    check(found)
    assert all(point["loss"] < 1 for point in found["learning"]["points"])
    (tmp_path / "again").mkdir()
    assert learned(tmp_path / "again")["learning"] == found["learning"]


def test_with_costs_it_is_told_in_money(tmp_path):
    """Of 1,000 rows; with as many as there are the model costs about what the verdict says."""
    found = learned(tmp_path, objective={"costs": COSTS})
    check(found)
    assert found["learning"]["points"][-1]["loss"] > 50


@pytest.fixture
def clocked(loans, outcome_of, run_of):
    """A run that follows the clock, and its choice."""
    run = run_of()
    budget = run.spec.budget.model_copy(update={"trials": None})
    run = replace(run, spec=run.spec.model_copy(update={"budget": budget}))
    return run, choose(outcome_of(loans), loans, make_policy(run.spec.objective, loans), seed=run.seed)


def test_few_rows_are_not_parted(loans, clocked):
    """Of two sizes nothing can be said, and an eighth of a few rows is none: the report says that."""
    run, choice = clocked
    folds = SimpleNamespace(problem=SimpleNamespace(fold=lambda _: SimpleNamespace(fit=range(300))))
    assert more_rows(run, folds, loans, choice, until=time.monotonic() + 60.0) == TOO_FEW


def test_without_time_it_is_left_out(loans, clocked, monkeypatch):
    """R10: what is known to take too long is not begun, and nothing is learned from a constant."""
    run, choice = clocked
    monkeypatch.setattr(module, "_sizes", lambda _: [100, 200, 400, 800])
    monkeypatch.setattr(module, "_seconds", lambda _: 10.0)
    assert more_rows(run, SimpleNamespace(), loans, choice, until=time.monotonic() + 5.0) == NO_TIME
    members = tuple(replace(member, learner="constant") for member in choice.outcome.members)
    choice = replace(choice, outcome=replace(choice.outcome, members=members))
    assert "constant" in more_rows(run, SimpleNamespace(), loans, choice, until=time.monotonic() + 5.0)
