"""A dry run tells the features and the folds that the search would begin with, and writes nothing."""

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.pipeline.plan import plan
from automl.pipeline.preflight import preflight
from automl.report.text import render_plan
from automl.search.problem import Matrices
from automl.search.rundir import RunDir
from automl.spec import parse


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Visits of 40 people on 300 days, a table of what they paid before, and the working folder there."""
    rng = np.random.default_rng(0)
    n = 300
    paid = rng.normal(size=n).round(3)
    pl.DataFrame(
        {
            "person": np.arange(n) % 40,
            "amount": paid,
            "why": rng.choice([f"reason {i}" for i in range(15)], size=n),
            "note": [
                f"{i} x{i * 7919 % 997} {('wrote', 'said')[i % 2]} y{i * 31 % 101} and then z{i} again"
                for i in range(n)
            ],
            "day": pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 10, 26), eager=True),
            "bad": np.where(rng.random(n) < 1 / (1 + np.exp(-paid - np.arange(n) % 40 % 7 + 3)), "yes", "no"),
        }
    ).write_csv(tmp_path / "visits.csv")
    person = np.repeat(np.arange(40), 6)
    pl.DataFrame({"who": person, "sum": rng.normal(size=240) + person % 7}).write_csv(tmp_path / "payments.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spec_of(**more):
    data = {"train": "visits.csv"} | more.pop("data", {})
    budget = {"time": "1min", "trials": 1, "executor": "inline", "workers": 1}
    return parse({"objective": {"target": "bad"}, "data": data, "budget": budget, "recipe": {"folds": 3}, **more})


def test_the_features_are_those_that_the_search_begins_with(folder):
    """Each feature of the first plan stands once, below its columns and the step that makes it; a bag as one."""
    spec = spec_of(limits={"monotone": {"amount": "increasing"}})
    told = plan(spec)["features"]
    problem = preflight(spec, deadline=Deadline.of(60.0)).problem
    with RunDir.open(folder / "x.run", identity={}) as run:
        first = Matrices(problem=problem, rundir=run).plan(None)
    names = {feature.listed for feature in first.features}
    assert sorted(name for entry in told for name in entry["features"]) == sorted(names)
    steps = {(*entry["columns"], entry["step"]): entry["features"] for entry in told}
    assert steps["amount", "number"] == ["amount"]
    assert steps["why", "category"][:2] == ["why", "why: share of positives"]
    assert {"note: digits", "note: bag 1"} <= set(steps["note", "text"])
    assert "day: day of week" in steps["day", "date"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [("random", {}), ("group", {"group": "person"}), ("time", {"time": "day"})],
)
def test_the_folds_are_those_of_the_search(folder, kind, data):
    """Their kind, their number, and how many rows each has, in the order in which the search looks at them."""
    spec = spec_of(data=data)
    told = plan(spec)
    folds = preflight(spec, deadline=Deadline.of(60.0)).problem.folds
    assert told["folds"]["kind"] == kind
    assert told["folds"]["number"] == len(folds) == 3
    assert told["folds"]["rows"] == [{"fit": len(fold.fit), "valid": len(fold.valid)} for fold in folds]
    if kind == "random":
        assert all(sum(fold.values()) == told["train_rows"] for fold in told["folds"]["rows"])


def test_what_other_tables_give_is_named(folder):
    """The definitions that are kept stand by name, and as features of the plan."""
    tables = {"payments": {"path": "payments.csv", "on": {"who": "person"}}}
    told = plan(spec_of(data={"tables": tables, "key": ["person"]}))
    mean = "mean(payments.sum by person = who)"
    assert mean in told["relational"]
    assert {"columns": [mean], "step": "number", "features": [mean]} in told["features"]
    assert plan(spec_of())["relational"] == []


def test_nothing_is_written(folder):
    """A dry run leaves the folder as it was."""
    before = sorted(folder.rglob("*"))
    told = plan(spec_of())
    assert (told["task"], told["labels"]) == ("binary", ["no", "yes"])
    assert told["train_rows"] + told["test_rows"] == 300
    assert sorted(folder.rglob("*")) == before


def test_the_terminal_shows_features_and_folds(folder):
    """What `--dry-run` prints has a line for each fold, and one for what each step makes of a column."""
    shown = render_plan(plan(spec_of())).splitlines()
    at = shown.index("folds:")
    assert shown[at + 1] == "  kind: random"
    assert shown[at + 2].startswith("  1: 1")
    assert shown[at + 2].endswith(" to validate on")
    assert "  amount (number): amount" in shown
