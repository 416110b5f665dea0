"""What is refused before a search is refused by a dry run too, in the same words."""

import re
import sys

import numpy as np
import polars as pl
import pytest

from automl.budget import Deadline
from automl.errors import AutomlError, DataError, SpecError
from automl.pipeline.fit import fit
from automl.pipeline.plan import plan
from automl.pipeline.preflight import Given, judged_by, preflight
from automl.spec import parse

LABELS = {"target": "bad", "positive": "yes", "costs": {"false_positive": 1, "false_negative": 5}}
NUMBER = {"target": "amount", "task": "regression"}
FIGURE = re.compile(r"the floor is [\d.e-]+")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Loans as files: all of them, some with one label, a test part, and payments of the other table."""
    folder = tmp_path_factory.mktemp("loans")
    rng = np.random.default_rng(0)
    n = 200
    amount = rng.normal(size=n).round(3)
    bad = rng.random(n) < 1 / (1 + np.exp(-3 * amount))
    loans = pl.DataFrame(
        {
            "id": np.arange(n),
            "amount": amount,
            "for": rng.choice(["car", "house", "boat"], size=n),
            "day": [f"2024-{1 + i // 20:02}-{1 + i % 20:02}" for i in range(n)],
            "bad": np.where(bad, "yes", "no"),
        }
    )
    loans[:150].write_csv(folder / "train.csv")
    loans[150:].write_csv(folder / "test.csv")
    loans.filter(bad=pl.lit("yes")).write_csv(folder / "one.csv")
    pl.DataFrame({"loan": np.arange(n), "paid": amount}).write_csv(folder / "paid.csv")
    (folder / "precious").mkdir()
    (folder / "precious" / "thesis.doc").write_text("years of work")
    (folder / "taken.run").mkdir()
    (folder / "taken.run" / "run.json").write_text('{"script": "start"}')
    (folder / "link.bundle").symlink_to(folder / "elsewhere")
    return folder


def refused(call):
    """The exit code and the words of a refusal, without what was measured."""
    with pytest.raises(AutomlError) as told:
        call()
    return told.value.exit_code, FIGURE.sub("the floor is", str(told.value))


def _whole(more):
    """A right spec over the files of the folder, but for `more`."""
    data = {"train": "train.csv", "test": "test.csv", "key": ["id"], "exclude": ["day"]} | more.get("data", {})
    budget = {"time": "1min", "trials": 1, "executor": "inline", "workers": 1}
    asked = {key: value for key, value in more.items() if key != "out"}
    return {"objective": LABELS, "budget": budget, **asked, "data": data}


@pytest.mark.parametrize(
    ("code", "words", "more"),
    [
        (2, "no learner 'lightgmb'", {"recipe": {"learners": ["lightgmb"]}}),
        (2, "no executor 'lokal'", {"budget": {"time": "1min", "executor": "lokal"}}),
        (2, "no engine 'flamel'", {"recipe": {"engine": "flamel"}}),
        (2, "no limit 'opning'", {"limits": {"custom": {"opning": 1.0}}}),
        (2, "no metric 'roc_acu'", {"objective": LABELS | {"metric": "roc_acu"}}),
        (2, "no column 'amuont'", {"limits": {"monotone": {"amuont": "increasing"}}}),
        (2, "a direction needs a number", {"limits": {"monotone": {"for": "increasing"}}}),
        (2, "rmse is not a metric of this problem", {"limits": {"scores": {"rmse": 3.0}}}),
        (2, "no column 'fro'", {"limits": {"fairness": [{"column": "fro", "metric": "recall", "gap": 0.1}]}}),
        (2, "'fee'", {"objective": LABELS | {"costs": {"false_positive": "fee", "false_negative": 5}}}),
        (2, "'fee'", {"objective": NUMBER | {"costs": {"under": "fee", "over": 1}}}),
        (2, "nothing costs anything", {"objective": {"target": "bad", "capacity": {"act": "10%"}}}),
        (2, "there is no floor", {"objective": LABELS | {"require": {}}}),
        (2, "is no bundle", {"out": "precious"}),
        (2, "this is a link", {"out": "link.bundle"}),
        (2, "names that end in .run", {"out": "x.run"}),
        (2, "not emptied", {"out": "taken.bundle"}),
        (3, "nothing is left to learn from", {"data": {"time": "day", "exclude": [], "horizon": "9000d"}}),
        (3, "the target has one class", {"data": {"train": "one.csv"}}),
        (2, "bda", {"objective": {"target": "bda"}}),
        (2, "no column 'di'", {"data": {"tables": {"paid": {"path": "paid.csv", "on": {"loan": "di"}}}}}),
        (4, "size of 0.001 MB is impossible here", {"limits": {"size": "1KB"}}),
        (4, "latency_p99 of 1e-05 ms is impossible here", {"limits": {"latency_p99": "0.00001ms"}}),
    ],
)
def test_a_dry_run_refuses_what_a_fit_refuses(code, words, more, files, monkeypatch):
    """A table of bad specs: the same exit code and words, and no search before them."""

    def search(*_):
        pytest.fail("it was searched")

    monkeypatch.chdir(files)
    monkeypatch.setattr("automl.search.loop.search", search)
    spec, out = parse(_whole(more)), more.get("out", "loans.bundle")
    said = refused(lambda: plan(spec, out))
    assert said == refused(lambda: fit(spec, out=out))
    assert said[0] == code
    assert words in said[1]


@pytest.mark.parametrize(
    ("metric", "values", "words"),
    [
        ("rmsle", [-1.0, 2.0, 3.0, 5.0], "below 0 in 50 of 200 rows"),
        ("poisson_deviance", [-1.0, 2.0, 3.0, 5.0], "below 0 in 50 of 200 rows"),
        ("gamma_deviance", [0.0, 2.0, 3.0, 5.0], "not above 0 in 50 of 200 rows"),
        ("mape", [0.0, 2.0, 3.0, 5.0], "is 0 in 50 of 200 rows"),
    ],
)
def test_a_metric_that_the_target_cannot_have(metric, values, words):
    """R17: exit 3 before any learner, with the count of rows and the metrics that fit."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=200), "y": values * 50})
    spec = {"objective": {"target": "y", "metric": metric}, "budget": {"executor": "inline", "workers": 1}}
    with pytest.raises(DataError, match=words) as told:
        preflight(parse(spec), given=Given(train=frame, test=frame), deadline=Deadline(seconds=60.0, start=0.0))
    assert told.value.exit_code == 3
    assert "rmse" in str(told.value)
    assert f" {metric}" not in str(told.value).partition("Name another one")[2]


@pytest.mark.parametrize(
    ("key", "objective"),
    [
        ("probability_no", {"target": "what"}),
        ("cost_no", {"target": "y", "capacity": {"act": "10%"}, "costs": {"false_positive": 1, "false_negative": 5}}),
    ],
)
def test_a_key_that_is_called_as_an_answer_of_this_target(key, objective):
    """Probabilities of classes and costs of actions are answers too: exit 2 before any learner, else a fine key."""
    rng = np.random.default_rng(0)
    cells = {
        "x": rng.normal(size=300),
        "what": rng.choice(["no", "yes", "ask"], 300),
        "y": rng.choice(["no", "yes"], 300),
    }
    frame = pl.DataFrame(cells | {key: np.arange(300)})
    asked = {"objective": objective, "budget": {"executor": "inline", "workers": 1}, "data": {"key": key}}
    looks = {"given": Given(train=frame, test=frame), "deadline": Deadline(seconds=60.0, start=0.0)}
    with pytest.raises(SpecError, match=f"'{key}' is what an answer is called") as told:
        preflight(parse(asked), **looks)
    assert told.value.exit_code == 2
    assert preflight(parse(asked | {"objective": {"target": "y"}}), **looks).data.train.n == 300


def test_numbers_are_no_classes():
    """R17: several hundred different numbers under a metric of labels are told at once, not by the learners."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=500), "y": rng.normal(size=500).round(3)})
    spec = {"objective": {"target": "y", "metric": "roc_auc"}, "budget": {"executor": "inline", "workers": 1}}
    with pytest.raises(DataError, match="different numbers"):
        preflight(parse(spec), given=Given(train=frame), deadline=Deadline(seconds=60.0, start=0.0))


def test_only_who_gave_the_spec_has_its_metric_imported(files, monkeypatch):
    """The function that a spec names comes with it; without one, as from a bundle, the name is no metric."""
    (files / "of_mine.py").write_text("def found(y, p, weight): return 1.0\nfound.greater_is_better = True\n")
    monkeypatch.syspath_prepend(files)
    spec = parse(_whole({"objective": LABELS | {"metric": "of_mine:found"}}), base=files)
    deadline = Deadline.of("1min")
    with pytest.raises(AutomlError, match="of_mine:found"):
        preflight(spec, deadline=deadline)
    assert "of_mine" not in sys.modules
    named, metric = judged_by(spec)
    assert preflight(named, given=Given(metric=metric), deadline=deadline).problem.metric.name == "of_mine:found"
    assert plan(spec)["metric"] == "of_mine:found"
