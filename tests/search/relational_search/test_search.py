"""The stage of several tables: what is computed tells something, stays in its time, and is read back from JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.bench.tasks import read_task
from automl.data.last_words import LAST_WORDS
from automl.data.prepare import prepare
from automl.data.read.typed_tables import read_table, read_tables
from automl.data.rows import Prepared
from automl.data.tables.checks import MAIN
from automl.data.tables.joins import join_tables
from automl.features.relational.catalog import catalog_of
from automl.features.relational.codec import from_json
from automl.features.relational.compute.run import run
from automl.features.relational.parts import TrainAndTest, by_key
from automl.features.relational.propose.featuretools import propose
from automl.features.relational.relate import narrowed
from automl.features.relational.row_cost import row_costs
from automl.search.problem import Problem
from automl.search.relational_search.search import relate
from automl.spec import Spec, parse
from automl.testing._relational_cases import Case, latest, noise

DATA = Path(__file__).parents[4] / "shared" / "data"


def through(spec: Spec, main: pl.DataFrame | None = None, **given: pl.DataFrame) -> Prepared:
    """The data of the spec through the stage."""
    data = prepare(spec, train=main)
    problem = Problem.of(
        data.train, data.schema, data.labels.task, metric=METRIC[data.labels.task.kind], spec=spec, seed=0
    )
    return relate(data, problem, spec, given=given)


METRIC = {"regression": "rmse", "binary": "roc_auc"}


def rows_and_visits(n: int = 600, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows whose target is the number of earlier visits of their customer, and the visits."""
    draw = np.random.default_rng(seed)
    day = np.datetime64("2024-01-01") + np.sort(draw.integers(20, 300, n)).astype("timedelta64[D]")
    main = pl.DataFrame({"who": draw.integers(0, 40, n), "day": day, "noise": draw.normal(size=n)})
    at = np.datetime64("2024-01-01") + draw.integers(0, 300, 3 * n).astype("timedelta64[D]")
    visits = pl.DataFrame({"who": draw.integers(0, 45, 3 * n), "at": at, "paid": draw.gamma(2.0, size=3 * n)})
    counted = main.with_row_index("row").join(visits, on="who").filter(pl.col("at") < pl.col("day"))
    counts = counted.group_by("row").len()
    row = main.with_row_index("row").join(counts, on="row", how="left", maintain_order="left")
    return main.with_columns(y=row["len"].fill_null(0).cast(pl.Float64)), visits


def spec_of(limits: dict[str, str] | None = None, **data: object) -> Spec:
    tables = {"visits": {"on": "who", "time": "at"}}
    return parse(
        {
            "objective": {"target": "y", "task": "regression"},
            "data": {"time": "day", "tables": tables, "audit": {"action": "warn"}, **data},
            "budget": {"trials": 1},
            "limits": limits or {},
        }
    )


@pytest.fixture(scope="module")
def related() -> tuple[Prepared, pl.DataFrame, pl.DataFrame]:
    """The small tables through the stage."""
    main, visits = rows_and_visits()
    spec = spec_of()
    return through(spec, main, visits=visits), main, visits


def test_what_tells_is_kept_and_what_does_not_is_counted(related):
    """The count of visits is there and equals the target; the audit says how many columns were left out and why."""
    data, _, _ = related
    count = next(c.name for c in data.schema.columns if c.computed and c.name.startswith("count(visits by who)"))
    np.testing.assert_array_equal(data.train.frame[count].to_numpy(), data.train.y)
    np.testing.assert_array_equal(data.test.frame[count].to_numpy(), data.test.y)
    text = next(f.text for f in data.findings if f.check == "computed")
    assert "features of other tables are proposed" in text
    assert "that tell too little" in text
    assert "less loss out of fold than with the main table alone" in text


def test_computed_columns_are_features_that_no_reader_reads(related):
    """They are marked, stand in no source, and are what relational.json defines."""
    data, _, _ = related
    computed = [column for column in data.schema.columns if column.computed]
    assert computed
    assert all(column.is_feature for column in computed)
    assert {column.name for column in computed}.isdisjoint(c["name"] for c in data.schema.reader()["columns"])
    stored = from_json(json.loads(json.dumps(data.related.document))["definitions"])
    assert [feature.name for feature in stored.features] == [column.name for column in computed]


def test_the_document_reads_and_computes_what_train_saw(related):
    """From relational.json alone raw rows and raw tables give the very columns that were learned from."""
    data, _, visits = related
    document = json.loads(json.dumps(data.related.document))
    main = read_table(MAIN, {"reader": document["main"]}, data.train.raw).lazy().collect()
    again = run(from_json(document["definitions"]), main, read_tables(document, {"visits": visits}))
    assert again.equals(data.train.frame.select(again.columns))


def test_a_limit_on_the_latency_has_room_for_few_features(related):
    """Of several features those are kept that weigh most for their time, as many as fit."""
    free, main, visits = related
    tight = through(spec_of(limits={"latency_p99": "0.02ms"}), main, visits=visits)
    kept = [sum(column.computed for column in data.schema.columns) for data in (tight, free)]
    assert 1 <= kept[0] < kept[1]
    costs = row_costs(from_json(tight.related.document["definitions"]), lambda _path: 1.0)
    assert sum(costs.values()) <= 0.3 * 20.0


def test_only_what_is_needed_is_asked_for(related):
    """A bundle of some features reads some columns; a table that none needs may be left at home."""
    data, _, _ = related
    names = [column.name for column in data.schema.columns if column.computed]
    count = next(name for name in names if name.startswith("count(visits by who)"))
    few = narrowed(data.related.document, [count])
    assert [c["name"] for c in few["tables"]["visits"]["reader"]["columns"]] == ["who", "at"]
    none = narrowed(data.related.document, [])
    assert none["tables"] == {}
    assert none["unused"] == ["visits"]


def test_a_column_that_gives_the_answer_away_is_left_out():
    """D06: a computed column alone predicts the target; by default it goes, and that is said."""
    main, visits = rows_and_visits()
    spec = spec_of(audit={"action": "exclude"})
    data = through(spec, main, visits=visits)
    assert not [c for c in data.schema.columns if c.computed and c.name == "count(visits by who)"]
    assert any(f.check == "leak" and "computed from other tables" in f.text for f in data.findings)


def test_noise_leaves_the_main_table_alone():
    """Where the tables say nothing about the target, none of them is read, and the audit and the last lines say so."""
    main, visits = rows_and_visits()
    main = main.with_columns(y=pl.col("noise") + pl.Series(np.random.default_rng(1).normal(size=main.height)))
    data = through(spec_of(), main, visits=visits)
    assert data.related is None
    assert not [column for column in data.schema.columns if column.computed]
    (told,) = [finding for finding in data.findings if finding.check in LAST_WORDS]
    assert told.text.startswith("other tables are left out")


def test_no_share_of_the_time_is_the_main_table():
    """With `recipe.relational_search = 0` nothing is proposed."""
    main, visits = rows_and_visits()
    spec = spec_of()
    none = spec.model_copy(update={"recipe": spec.recipe.model_copy(update={"relational_search": 0.0})})
    assert through(none, main, visits=visits).related is None


def test_few_rows_of_a_large_table_show_its_keys():
    """A table is sampled by whole keys: a history stays a history, however small the sample."""
    main, visits = rows_and_visits()
    spec = spec_of()
    prepared = prepare(spec, train=main)
    found = join_tables(spec, prepared.train.raw, prepared.schema, prepared.labels, {"visits": visits})
    sample = by_key(found.frames["visits"], found, "visits", 400)
    whole = found.frames["visits"].lazy().collect()
    assert 0 < sample.height < whole.height
    counts = dict(whole.group_by("who").len().iter_rows())
    assert all(counts[who] == count for who, count in sample.group_by("who").len().iter_rows())


def test_a_table_by_two_keys_gives_features_of_each():
    """The age of the buyer and of the seller, and what each did before: named by the key, each with its own value."""
    draw = np.random.default_rng(0)
    n, many = 500, 30
    day = np.datetime64("2024-01-01") + np.sort(draw.integers(20, 300, n)).astype("timedelta64[D]")
    main = pl.DataFrame({"day": day, "buyer": draw.integers(0, many, n), "seller": draw.integers(0, many, n)})
    people = pl.DataFrame({"id": np.arange(many), "age": draw.normal(40, 9, many)})
    at = np.datetime64("2024-01-01") + draw.integers(0, 300, 900).astype("timedelta64[D]")
    paid = pl.DataFrame({"by": draw.integers(0, many, 900), "to": draw.integers(0, many, 900), "at": at})
    age = people["age"].to_numpy()
    main = main.with_columns(y=age[main["buyer"].to_numpy()] - age[main["seller"].to_numpy()])
    tables = {
        "people": {"on": [{"id": "buyer"}, {"id": "seller"}]},
        "paid": {"on": [{"by": "buyer"}, {"to": "seller"}, {"to": "buyer"}], "time": "at"},
    }
    spec = spec_of(tables=tables)
    prepared = prepare(spec, train=main)
    joined = join_tables(spec, prepared.train.raw, prepared.schema, prepared.labels, {"people": people, "paid": paid})
    rows = TrainAndTest.of(joined, prepared)
    samples = rows.samples(joined, 1_000, 0)
    proposed = propose(catalog_of(joined, spec, prepared), samples, limit=400, seed=0)
    values = run(proposed, rows.train, rows.past_train)
    for key in ("buyer", "seller"):
        own = prepared.train.raw[key].to_numpy()
        np.testing.assert_array_equal(values[f"people[{key} = id].age"].to_numpy(), age[own])
    counts = {name for name in values.columns if name.startswith("count(paid")}
    assert {f"count(paid by {way})" for way in ("buyer = by", "seller = to", "buyer = to")} <= counts


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the development data is not here")
@pytest.mark.parametrize(
    ("name", "horizon", "moment"), [("cdnow_repeat_buyers", "90d", "1998-01-01"), ("lahman_salary", "0d", "2005-03-01")]
)
def test_the_future_of_real_tables_changes_nothing(name, horizon, moment):
    """D18: altering all child rows at or after the cutoff, and labels inside the horizon, changes no feature."""
    said = read_task(DATA / name, costs=False, main_table=False).spec
    spec = parse({**said, "data": {**said["data"], "horizon": horizon}, "budget": {"trials": 1}})
    data = prepare(spec)
    known = through(spec)
    at = np.datetime64(moment, "us").astype(np.int64).astype(float)
    rows = np.flatnonzero(data.train.time <= at)
    tables = {n: pl.read_parquet(t.path) for n, t in spec.data.tables.items()}
    altered = {n: _scrambled(frame, spec.data.tables[n].time, moment) for n, frame in tables.items()}
    assert sum(not altered[n].equals(tables[n]) for n in tables) == sum(
        t.time is not None for t in spec.data.tables.values()
    )
    document = known.related.document
    definitions = from_json(document["definitions"])
    late = data.train.time + spec.data.horizon * 1e6 >= at
    past = data.train.raw.with_columns(_other(data.train.raw[spec.objective.target], late))
    given = {n: frame for n, frame in altered.items() if n in document["tables"]} | {MAIN: past}
    main = read_table(MAIN, {"reader": document["main"]}, data.train.raw[rows]).lazy().collect()
    found = run(definitions, main, read_tables(document, given))
    assert definitions.history
    assert found.equals(known.train.frame[rows].select(found.columns))


def _scrambled(frame: pl.DataFrame, time: str | None, moment: str) -> pl.DataFrame:
    """The rows at or after `moment` with every number changed."""
    if time is None:
        return frame
    day = pl.col(time).str.replace_all("-", "", literal=True)
    late = day >= moment.replace("-", "")
    numbers = [c for c, dtype in frame.schema.items() if dtype.is_numeric()]
    return frame.with_columns(pl.when(late).then(pl.col(c) * 7 + 13).otherwise(c).alias(c) for c in numbers)


def _other(target: pl.Series, late: np.ndarray) -> pl.Series:
    """The target with another value where it is late."""
    other = 1 - target if target.n_unique() == 2 else target * 5 + 1
    return pl.select(pl.when(pl.Series(late)).then(other).otherwise(target).alias(target.name)).to_series()


def case_data(case: Case) -> Prepared:
    """A generated case through the stage, by counted work."""
    return through(spec_of(tables=case.tables), case.main, **case.frames)


@pytest.mark.parametrize("seed", range(3))
def test_tables_of_noise_are_left_out(seed):
    """A lookup and a history that say nothing: the bundle will be that of the main table."""
    assert case_data(noise(800, seed)).related is None


def test_of_a_long_history_the_latest_row_is_found():
    """Where only the latest row before the cutoff matters, that column is kept, and equals the join made by hand."""
    case = latest(1_200, 400, 1_000, seed=0)
    data = case_data(case)
    found = next(column.name for column in data.schema.columns if column.name.startswith("last(log.state"))
    values = np.concatenate([data.train.frame[found].fill_nan(0.0), data.test.frame[found].fill_nan(0.0)])
    np.testing.assert_array_equal(np.sort(values), np.sort(case.by_hand))
    proof = next(finding.evidence for finding in data.findings if finding.check == "computed")
    assert proof["gain"] > 0.1
    assert proof["errors"] > 1.0
