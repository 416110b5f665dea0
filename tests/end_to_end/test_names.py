"""Columns may have any names: those that mean something to polars, SQL or ourselves are learned from and scored."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from automl.bundle.read import Bundle
from automl.bundle.verify import verify
from automl.cli import cli
from automl.deploy.export._c_text import string
from automl.deploy.export.base import export
from automl.deploy.serve.arrow import write_stream
from automl.deploy.serve.model import Model
from automl.deploy.serve.settings import Settings
from automl.errors import DataError
from automl.pipeline.fit import fit
from automl.spec import parse

PATTERNS = ("^a.*$", "*", "^.*$")
OURS = ("part", "y", "p", "row", "key", "value", "0", "probability", "cost:ab")
WORDS = ("count", "len", "select", "__index__", "None", "literal")
ODD = (" x", "it's", 'say "x"', "two\nlines", "a,b", "{}", "\\", "ünï", "ab", "Ab", "AB", "L" * 300)
NAMES = (*PATTERNS, *OURS, *WORDS, *ODD)
TARGET, KEY = "^target$", "^key.*$"


def table(n: int, seed: int, names: tuple[str, ...] = NAMES) -> pl.DataFrame:
    """Numbers, words and days by turns under `names`; the three patterns and `count` tell of the target."""
    draw = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {KEY: np.arange(n) + 1_000}
    for place, name in enumerate(names):
        days = (np.datetime64("2020-01-01") + draw.integers(0, 900, n)).astype(str)
        columns[name] = (draw.normal(size=n).round(4), draw.choice(["car", "boat"], n), days)[place % 3]
    told = columns["^a.*$"] + 2 * (columns["*"] == "car") + (columns["^.*$"] > "2021") + 2 * (columns["count"] == "car")
    bad = told + draw.logistic(size=n) / 3 > np.median(told)
    return pl.DataFrame({name.strip(): cells for name, cells in columns.items()} | {TARGET: np.where(bad, "yes", "no")})


def spec_of(**more):
    """A small spec that follows counted work, in this process."""
    return parse(
        {
            "objective": {"target": TARGET, "positive": "yes", **more.pop("objective", {})},
            "data": {"key": KEY, **more.pop("data", {})},
            "budget": {"time": "5min", "trials": 1, "executor": "inline", "workers": 1},
            "recipe": {"folds": 2, "learners": ["constant", "linear"], "feature_search": 0.0},
        }
    )


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """One fit on all of the names, with rows to score."""
    place = tmp_path_factory.mktemp("names")
    costs = {"false_positive": "abs(`^a.*$`)", "false_negative": 3}
    table(300, 0).write_csv(place / "train.csv")
    spec = spec_of(objective={"costs": costs}, data={"train": str(place / "train.csv"), "types": {"*": "category"}})
    return fit(spec, test=table(100, 1), out=place / "names.bundle", write_anyway=True), table(30, 2)[:, :-1]


def test_all_of_them_are_learned_from(fitted):
    """The model reads columns by their own names, and the bundle proves itself."""
    done, _ = fitted
    assert {*PATTERNS, "count"} <= set(done.bundle.needed)
    assert next(s.value for s in done.judgement.scores if s.metric == "roc_auc" and s.rows == "test") > 0.8
    assert verify(done.path).golden_rows > 0


@pytest.mark.parametrize("ending", ["csv", "parquet", "ndjson", "arrow"])
def test_every_format_is_scored_alike(fitted, tmp_path, ending):
    """`automl predict` writes the key under its own name, and what `Bundle.predict` says."""
    done, rows = fitted
    want = done.bundle.predict(rows)
    assert want.columns == [KEY, "probability", "decision", "expected_cost"]
    write = {"csv": rows.write_csv, "parquet": rows.write_parquet, "ndjson": rows.write_ndjson, "arrow": rows.write_ipc}
    write[ending](tmp_path / f"rows.{ending}")
    out = tmp_path / "out.parquet"
    result = CliRunner().invoke(cli, ["predict", str(done.path), str(tmp_path / f"rows.{ending}"), "-o", str(out)])
    assert result.exit_code == 0, result.output
    found = pl.read_parquet(out)
    assert found.columns == want.columns
    assert found[:, 1:].equals(want[:, 1:])
    assert [int(key) for key in found[:, 0].to_list()] == want[:, 0].to_list()


def test_score_py_and_single_rows_answer_alike(fitted, tmp_path):
    """The stand-alone scorer, rows as dicts, pandas frames, JSON and Arrow of a server: one answer."""
    done, rows = fitted
    want = done.bundle.predict(rows)["probability"].to_list()
    assert [done.bundle.decide(row)["probability"] for row in rows.iter_rows(named=True)] == want
    assert done.bundle.predict(rows.to_pandas())["probability"].to_list() == want
    rows.write_csv(tmp_path / "rows.csv")
    command = [sys.executable, "-I", str(done.path / "score.py"), str(tmp_path / "rows.csv"), "-o", "out.csv"]
    alone = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert alone.returncode == 0, alone.stderr
    assert pl.read_csv(tmp_path / "out.csv")["probability"].to_list() == want
    assert (tmp_path / "out.csv").read_text().startswith(f"{KEY},probability,")
    model = Model.open(done.path, Settings(extra="refuse"))
    body = json.dumps({"rows": rows.to_dicts()}).encode()
    answers = json.loads(model.answer(model.read(body)).content)["rows"]
    assert [row["probability"] for row in answers] == want
    assert [row[KEY] for row in answers] == rows[:, 0].to_list()
    streamed = model.answer_stream(write_stream(rows)).content
    assert pl.read_ipc_stream(streamed)["probability"].to_list() == want


def test_what_is_shown_has_their_own_names(fitted, tmp_path):
    """The example of a server, the fields of the page and the inputs of the C are called as in the data."""
    done, _ = fitted
    model = Model.open(done.path, Settings(extra="refuse"))
    (row,) = model.schema["example"]["request"]["rows"]
    assert model.answer(model.read(json.dumps({"rows": [row]}).encode())).rows == 1
    assert set(PATTERNS) <= set(row)
    export(done.path, "c", tmp_path / "c")
    export(done.path, "web", tmp_path / "web")
    for text, own, ours in (
        ((tmp_path / "c" / "model.c").read_text(), string("*"), string("column *")),
        ((tmp_path / "web" / "index.html").read_text(), 'data-column="*"', "column *"),
    ):
        assert own in text
        assert ours not in text


def test_a_lacking_column_is_called_by_its_own_name(fitted):
    """In frames and in rows."""
    done, rows = fitted
    lacking = rows.select(pl.nth(*range(2), *range(3, rows.width)))
    for score in (lambda: done.bundle.predict(lacking), lambda: done.bundle.decide(lacking.row(0, named=True))):
        with pytest.raises(DataError, match=r"lacks a column that the model reads: '\*'"):
            score()


def test_patterns_have_any_role(tmp_path):
    """A spec names them as the data does: the time, the groups, the weights and what is left out."""
    rows = table(200, 3, names=(*PATTERNS, "more", "count", "last"))
    roles = {"time": "^.*$", "group": "*", "weight": "^a.*$", "exclude": "last"}
    positive = rows.with_columns(pl.Series("^a.*$", np.linspace(0.5, 2, rows.height)))
    done = fit(spec_of(data=roles), train=positive, out=tmp_path / "x.bundle", write_anyway=True)
    assert verify(done.path).golden_rows > 0
    assert done.bundle.predict(rows.head(3)).height == 3


def test_other_tables_may_have_any_names_too(tmp_path):
    """Keys, times and values of main and of a history: learned from, scored as frames, rows and by a server."""
    draw = np.random.default_rng(0)
    people = [f"u{i}" for i in range(60)]
    days = (np.datetime64("2021-01-01") + draw.integers(0, 300, 500)).astype(str)
    history = {"*": draw.choice(people, 500), "^t.*$": days, "^t.*": draw.gamma(2, 10, 500), "count": ["*", "b"] * 250}
    things = pl.DataFrame(history)
    when = (np.datetime64("2021-02-01") + np.sort(draw.integers(0, 280, 400))).astype(str)
    main = pl.DataFrame({"^id$": draw.choice(people, 400), "^.*$": when, "rows": draw.normal(size=400)})
    spent = [sum(v for w, t, v, _ in things.iter_rows() if w == who and t < day) for who, day, _ in main.iter_rows()]
    bad = np.where(spent + draw.normal(0, 20, 400) > np.median(spent), "yes", "no")
    main = main.with_columns(pl.Series(TARGET, bad))
    things.write_parquet(tmp_path / "things.parquet")
    tables = {"things": {"path": "things.parquet", "on": {"*": "^id$"}, "time": "^t.*$"}, "main": {"on": "^id$"}}
    asked = {"time": "^.*$", "horizon": "0d", "tables": tables}
    asked = {"objective": {"target": TARGET, "positive": "yes"}, "data": asked}
    budget = {"time": "5min", "trials": 1, "executor": "inline", "workers": 1}
    recipe = {"folds": 2, "learners": ["constant", "lightgbm"]}
    spec = parse({**asked, "budget": budget, "recipe": recipe}, base=tmp_path)
    done = fit(spec, train=main[:300], test=main[300:], out=tmp_path / "x.bundle", write_anyway=True)
    assert verify(done.path).golden_rows > 0
    assert "things" in done.bundle.tables
    given = {name: {"things": things, "main": main}[name] for name in done.bundle.tables}
    held = Bundle.load(done.path, tables=given)
    rows = main[:20, :-1]
    want = held.predict(rows)["probability"].to_list()
    assert [held.decide(row)["probability"] for row in rows.iter_rows(named=True)] == want
    as_rows = {name: frame.to_dicts() for name, frame in given.items()}
    assert Bundle.load(done.path, tables=as_rows).predict(rows)["probability"].to_list() == want
    (row,) = Model.open(done.path, Settings()).schema["example"]["request"]["rows"]
    assert {"^id$", "things"} <= set(row)
    assert not [name for name in (*row, *row["things"][0]) if name.startswith("column ")]
    served = Model.open(done.path, Settings())
    assert served.answer(served.read(json.dumps({"rows": [row]}).encode()))
