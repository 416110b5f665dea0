"""The user's own costs, row by row, from the spec to what the bundle decides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.deploy.batch import predict
from automl.errors import DataError, SpecError
from automl.pipeline.fit import Fit, fit
from automl.pipeline.redecide import decide
from automl.spec import parse

FALSE_NEGATIVE = "where(segment == 'gold', 2, 1) * amount"


def sales(n: int = 600, *, seed: int = 0) -> pl.DataFrame:
    """Frauds of different amounts; the fee of a look is known, and no feature."""
    draw = np.random.default_rng(seed)
    amount, signal = draw.gamma(1.0, 10.0, n), draw.normal(size=n)
    fraud = draw.random(n) < 1 / (1 + np.exp(2 - 2 * signal))
    return pl.DataFrame(
        {
            "amount": amount,
            "signal": signal,
            "segment": draw.choice(["gold", "tin", "iron"], n),
            "fee": draw.uniform(1, 3, n),
            "fraud": np.where(fraud, "yes", "no"),
        }
    )


def spec_of(**costs: object):
    """A small spec that follows counted work, in this process."""
    return parse(
        {
            "objective": {"target": "fraud", "positive": "yes", "costs": costs},
            "data": {"exclude": ["fee"]},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )


def expected(frame: pl.DataFrame, p: np.ndarray) -> np.ndarray:
    """The expected cost of not acting and of acting [n, 2], by hand."""
    miss = frame["amount"].to_numpy() * np.where(frame["segment"] == "gold", 2, 1)
    fee = frame["fee"].to_numpy()
    return np.column_stack((p * miss, (1 - p) * fee + p * fee))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """One fit with a cost by expression and a cost in an excluded column."""
    spec = spec_of(false_positive="fee", true_positive="fee", false_negative=FALSE_NEGATIVE)
    place = tmp_path_factory.mktemp("money") / "sales.bundle"
    return fit(spec, train=sales(), test=sales(1_200, seed=1), out=place)


def test_every_row_is_decided_by_its_own_costs(fitted):
    """What the bundle decides, and what it expects that to cost, is the argmin by hand."""
    frame = sales(200, seed=2)
    found = fitted.bundle.predict(frame)
    each = expected(frame, found["probability"].to_numpy())
    assert (found["decision"] == "yes").to_numpy().tolist() == (each[:, 1] < each[:, 0]).tolist()
    assert found["expected_cost"].to_numpy() == pytest.approx(each.min(axis=1))
    assert fitted.bundle.decide(frame.row(0, named=True)) == pytest.approx(found.row(0, named=True))


def test_the_excluded_column_is_no_feature_and_is_needed(fitted):
    """It is read for its cost alone; without it no row is scored."""
    assert "fee" in fitted.bundle.needed
    assert all("fee" not in feature.source for feature in fitted.bundle.manifest.features)
    with pytest.raises(DataError, match="'fee'"):
        fitted.bundle.predict(sales(5).drop("fee"))


def test_the_verdict_counts_the_costs_of_each_row(fitted):
    """The money of the test part, row by row; the formula is told beside the mean."""
    test = sales(1_200, seed=1)
    act, fraud = ((frame == "yes").to_numpy() for frame in (fitted.bundle.predict(test)["decision"], test["fraud"]))
    miss = test["amount"].to_numpy() * np.where(test["segment"] == "gold", 2, 1)
    spent = np.where(act, test["fee"].to_numpy(), np.where(fraud, miss, 0.0))
    assert fitted.verdict.ours == pytest.approx(1_000 * spent.mean())
    assert next(a for a in fitted.verdict.amounts if a.cell == "false_negative").formula == FALSE_NEGATIVE
    assert fitted.verdict.worth


def test_the_bundle_carries_what_its_costs_name(fitted):
    """Golden rows have the columns, and evidence keeps them, so that other costs can be tried."""
    verify(fitted.path)
    evidence = pl.read_parquet(fitted.path / "evidence.parquet")
    assert {"cost:fee", "cost:amount", "cost:segment"} <= set(evidence.columns)
    assert "cost:signal" not in evidence.columns
    assert '"fee"' in (fitted.path / "golden" / "rows.json").read_text()


def test_a_wrong_column_is_told_before_the_search(tmp_path):
    """Nobody waits for a search to hear of a slip."""
    told = []
    spec = spec_of(false_positive=1, false_negative="amont * 2")
    with pytest.raises(SpecError, match="no column 'amont'"):
        fit(spec, train=sales(), out=tmp_path / "a.bundle", listener=lambda event: told.append(event.stage))
    assert "search" not in told


def gaps(frame: pl.DataFrame) -> pl.DataFrame:
    """A tenth of the fees missing."""
    return frame.with_columns(pl.when(pl.int_range(pl.len()) % 10 == 3).then(None).otherwise("fee").alias("fee"))


def score_py(
    bundle: Path, frame: pl.DataFrame, folder: Path, costs: str | None = None
) -> subprocess.CompletedProcess[str]:
    frame.write_csv(folder / "rows.csv")
    command = [sys.executable, bundle / "score.py", folder / "rows.csv", "-o", folder / "out.csv"]
    command += ["--costs", folder / costs] if costs else []
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_refused_row_is_named_everywhere(tmp_path):
    """`missing = "refuse"`: rows without a cost stop a frame, a file, a single row and score.py alike."""
    spec = spec_of(false_positive="fee", false_negative="amount", missing="refuse")
    done = fit(spec, train=gaps(sales()), test=gaps(sales(1_200, seed=1)), out=tmp_path / "a.bundle")
    assert done.verdict.unpriced == 120
    assert "120 rows are left out" in done.verdict.reason
    verify(done.path)
    frame = gaps(sales(30, seed=2))
    said = r'rows 4, 14, 24 \(3 in all\) lack a cost, and the spec says objective.costs.missing = "refuse"'
    with pytest.raises(DataError, match=said):
        done.bundle.predict(frame)
    with pytest.raises(DataError, match="row 1 lacks a cost"):
        done.bundle.decide(frame.row(3, named=True))
    assert "rows 4, 14, 24 (3 in all) lack a cost" in score_py(done.path, frame, tmp_path).stderr
    assert not (tmp_path / "out.csv").exists()
    assert done.bundle.predict(frame.drop_nulls()).height == 27


def test_costs_from_a_file_are_used_where_they_are_given(tmp_path):
    """`predict --costs` decides by the file; without it the mean of train stands in, in score.py too."""
    parts = {"train": sales(), "test": sales(1_200, seed=1), "new": sales(100, seed=2)}
    files = {name: tmp_path / f"{name}_costs.parquet" for name in parts}
    for name, frame in parts.items():
        frame.select(miss=pl.col("amount") * 3).write_parquet(files[name])
        frame.drop("fee", "amount").write_parquet(tmp_path / f"{name}.parquet")
    spec = parse(
        {
            "objective": {
                "target": "fraud",
                "positive": "yes",
                "costs": {
                    "false_positive": 2,
                    "true_positive": 2,
                    "false_negative": "miss",
                    "table": {"train": str(files["train"]), "test": str(files["test"])},
                    "by": "row order",
                },
            },
            "data": {"train": str(tmp_path / "train.parquet"), "test": str(tmp_path / "test.parquet")},
            "budget": {"time": "5min", "trials": 2, "executor": "inline", "workers": 1},
            "recipe": {"folds": 3, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )
    done = fit(spec, out=tmp_path / "a.bundle")
    new, out = tmp_path / "new.parquet", tmp_path / "scored.parquet"
    for costs, miss in ((files["new"], pl.read_parquet(files["new"])["miss"].to_numpy()), (None, None)):
        predict(done.path, new, out, costs=costs)
        found = pl.read_parquet(out)
        mean = pl.read_parquet(files["train"])["miss"].mean()
        p, loss = found["probability"].to_numpy(), mean if miss is None else miss
        assert (found["decision"] == "yes").to_list() == (p * loss > 2).tolist()
    assert score_py(done.path, parts["new"].drop("fee", "amount"), tmp_path).returncode == 0
    alone = pl.read_csv(tmp_path / "out.csv")
    assert alone["decision"].to_list() == found["decision"].to_list()

    pl.read_parquet(files["new"]).write_csv(tmp_path / "new_costs.csv")
    assert score_py(done.path, parts["new"].drop("fee", "amount"), tmp_path, "new_costs.csv").returncode == 0
    predict(done.path, new, out, costs=files["new"])
    alone, found = pl.read_csv(tmp_path / "out.csv"), pl.read_parquet(out)
    assert alone["decision"].to_list() == found["decision"].to_list()
    (tmp_path / "few.csv").write_text("miss\n1\n")
    assert "one row of costs for each row" in score_py(done.path, parts["new"], tmp_path, "few.csv").stderr


def test_an_outcome_is_expected_and_never_asked_for(tmp_path):
    """The loss is known only afterwards: rows are scored without it, and the verdict counts what it came to."""

    def rows(n: int, seed: int) -> pl.DataFrame:
        lost = pl.col("amount") * 2 + pl.col("signal").abs()
        fraud = pl.col("fraud") == "yes"
        return sales(n, seed=seed).with_columns(pl.when(fraud).then(lost).otherwise(None).alias("lost"))

    values = spec_of(false_positive=2, true_positive=2, false_negative="lost").resolved()
    values["data"] = {"outcomes": ["lost"], "exclude": ["fee"]}
    told = []
    test = rows(1_200, 1)
    done = fit(
        parse(values),
        train=rows(1_500, 0),
        test=test,
        out=tmp_path / "a.bundle",
        listener=lambda event: told.append(event.text),
    )
    assert "lost" not in done.bundle.needed
    assert any("false_negative is expected by a ridge regression" in text for text in told)
    found = done.bundle.predict(test.drop("lost", "fee", "fraud"))
    act, loss = (found["decision"] == "yes").to_numpy(), test["lost"].fill_null(0.0).to_numpy()
    assert done.verdict.ours == pytest.approx(1_000 * np.where(act, 2.0, loss).mean())
    amount, p = test["amount"].to_numpy(), found["probability"].to_numpy()
    sure = np.abs(p * (2 * amount + 0.8) - 2) > 1.0
    assert ((p * (2 * amount + 0.8) > 2) == act)[sure].mean() > 0.95
    verify(done.path)

    dearer = decide(done.path, ["objective.costs.true_positive=8", "objective.costs.false_positive=8"], tmp_path / "b")
    verify(dearer.path)
    again = Bundle.load(dearer.path).predict(test.drop("lost", "fee", "fraud"))
    assert again["probability"].equals(found["probability"])
    expected = (found["expected_cost"] / found["probability"]).to_numpy()[~act]
    stays = (again["decision"] == "no").to_numpy()[~act]
    assert stays.all()
    assert (again["expected_cost"] / again["probability"]).to_numpy()[~act] == pytest.approx(expected)
    act = (again["decision"] == "yes").to_numpy()
    assert dearer.verdict.ours == pytest.approx(1_000 * np.where(act, 8.0, loss).mean())
    same = decide(done.path, [], tmp_path / "c")
    assert same.verdict == done.verdict
    assert decide(same.path, [], tmp_path / "e").verdict == done.verdict  # a bundle decided anew keeps its outcomes
    with pytest.raises(SpecError, match="the fit did not learn what to expect of it"):
        decide(done.path, ["objective.costs.false_negative=lost * 2"], tmp_path / "d")


def test_a_cost_file_for_a_bundle_that_reads_none_is_refused(fitted, tmp_path):
    """It would change nothing, and its giver thinks otherwise."""
    sales(5).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SpecError, match="the bundle reads no cost file"):
        predict(fitted.path, tmp_path / "a.parquet", tmp_path / "b.csv", costs=tmp_path / "a.parquet")
