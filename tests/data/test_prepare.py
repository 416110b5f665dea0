"""The whole room on small made-up rows and on real ones."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.data.memory import CELL, room
from automl.data.prepare import prepare
from automl.data.read.reader import read_row
from automl.data.rows import Prepared
from automl.errors import DataError, SpecError
from automl.spec import Spec, parse

SHARED = Path(__file__).parents[3] / "shared" / "data"
N = 400
DRAW = np.random.default_rng(5)
RAW = pl.DataFrame(
    {
        "id": [f"c{i:04}" for i in range(N)],
        "age": [str(v) if v < 80 else "?" for v in DRAW.integers(18, 90, N)],
        "pay": [f"${v}.50" for v in DRAW.integers(1, 99, N)],
        "job": list(DRAW.choice(["clerk", "farmer", " NA "], N)),
        "day": [f"2024-{i % 12 + 1:02}-03" for i in range(N)],
        "who": [f"g{i % 31}" for i in range(N)],
        "w": DRAW.random(N),
        "y": ["no"] * 300 + ["yes"] * 100,
    }
)


def wires(prepared: Prepared) -> dict[str, str]:
    return {column.name: column.wire for column in prepared.schema.features}


def test_the_rows_of_a_gap_are_known_to_what_ships(make_spec: Callable[..., Spec]) -> None:
    """They are read as the others, aligned, and in neither part; where a base rate weighs the parts there are none."""
    data = {"key": "id", "weight": "w", "time": "day", "horizon": "40d"}
    got = prepare(make_spec({"positive": "yes"}, **data), train=RAW)
    gap = got.between
    assert gap is not None
    assert got.train.n + gap.n + got.test.n == got.known.n == N
    assert gap.frame.columns == got.train.frame.columns
    assert sorted(got.known.raw["id"]) == sorted(RAW["id"])
    assert got.known.y.tolist() == [float(label == "yes") for label in got.known.raw["y"]]
    assert got.known.weight is not None
    assert got.known.weight.tolist() == got.known.raw["w"].to_list()
    assert gap.raw["day"].max() < got.test.raw["day"].min()
    weighted = prepare(make_spec({"positive": "yes", "base_rate": 0.1}, **data), train=RAW)
    assert weighted.between is None
    assert weighted.known.weight is not None
    assert prepare(make_spec({"positive": "yes"}, key="id"), train=RAW).between is None


def test_frames(make_spec: Callable[..., Spec]) -> None:
    """A frame stands in for a path: rows are read, test is set aside, everything is aligned."""
    got = prepare(make_spec({"positive": "yes"}, key="id", weight="w", time="day", group="who"), train=RAW)
    assert wires(got) == {"age": "number", "pay": "number", "job": "category", "day": "date"}
    assert got.labels.values == ("no", "yes")
    assert list(got.digests) == ["frame:train"]
    assert got.dialect is None
    for rows in (got.train, got.test):
        assert rows.raw.columns == RAW.columns
        assert rows.frame.null_count().pipe(lambda counts: sum(counts.row(0))) == 0
        assert rows.n == rows.raw.height == rows.y.size
        assert rows.weight is not None
        assert rows.weight.tolist() == rows.raw["w"].to_list()
        assert rows.y.tolist() == [float(label == "yes") for label in rows.raw["y"]]
        assert rows.time is not None
        assert rows.group is not None
        assert len(set(zip(rows.group, rows.raw["who"], strict=True))) == len(set(rows.group))
        for row, read in zip(rows.raw.iter_rows(named=True), rows.frame.iter_rows(), strict=True):
            assert all(a == b or a != a for a, b in zip(read_row(got.schema.reader(), row).values(), read, strict=True))  # noqa: PLR0124  # NaN
    assert got.train.time is not None
    assert got.test.time is not None
    assert got.train.time.max() < got.test.time.min()
    json.dumps(got.schema.reader())


def test_same_again(make_spec: Callable[..., Spec]) -> None:
    """The same rows and seed are prepared the same."""
    first, again = (prepare(make_spec(), train=RAW) for _ in range(2))
    assert first.test.raw.equals(again.test.raw)
    assert first.digests == again.digests


def test_test_is_not_looked_at(make_spec: Callable[..., Spec]) -> None:
    """What test holds changes nothing of schema, missing words, parsers and audit."""
    odd = RAW.head(50).with_columns(pay=pl.lit("oops"), job=pl.lit("?"), age=pl.lit("1e3"))
    with_odd = prepare(make_spec(), train=RAW, test=odd)
    usual = prepare(make_spec(), train=RAW, test=RAW.head(50))
    assert with_odd.schema == usual.schema
    assert with_odd.labels == usual.labels
    assert with_odd.test.frame["pay"].is_nan().all()
    assert set(with_odd.test.frame["job"]) == {""}


def test_csv(make_spec: Callable[..., Spec], tmp_path: Path) -> None:
    """Rows of a csv are read as those of the frame it was written from."""
    RAW.write_csv(tmp_path / "rows.csv", separator=";")
    spec = make_spec(train=str(tmp_path / "rows.csv"), key="id")
    got, frame = prepare(spec), prepare(make_spec(key="id"), train=RAW)
    assert got.train.frame.equals(frame.train.frame)
    assert (got.train.y == frame.train.y).all()
    assert got.dialect == {"separator": ";", "quote": '"', "skip_blank": False, "encoding": "utf-8"}
    assert len(next(iter(got.digests.values()))) == 64


def test_missing_targets(make_spec: Callable[..., Spec]) -> None:
    """D02: rows without a usable target are left out of train and test, and counted."""
    raw = RAW.with_columns(y=pl.Series([None, *RAW["y"][1:-1].to_list(), "?"]))
    spec = make_spec({"positive": "yes"})
    got = prepare(spec, train=raw, test=raw.with_columns(y=pl.Series(["new", *raw["y"][1:].to_list()])))
    assert (got.train.n, got.test.n) == (N - 2, N - 2)
    told = [f.evidence for f in got.findings if f.check in {"target", "unjudged"}]
    assert told == [{"rows": 2, "unknown": 0}, {"rows": 2, "unknown": 1}]
    numbers = RAW.with_columns(y=pl.Series([np.inf, -np.inf, np.nan, *DRAW.random(N - 3)]))
    got = prepare(make_spec({"task": "regression"}), train=numbers)
    assert got.train.n + got.test.n == N - 3
    assert np.isfinite(got.train.y).all()


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson", "arrow"])
@pytest.mark.parametrize(("rows", "kept"), [(70, True), (10, False)])
def test_a_class_called_na(make_spec: Callable[..., Spec], tmp_path: Path, form: str, rows: int, kept: bool) -> None:
    """A class NA keeps its rows in typed files, and in a csv where it is as frequent as the rarest class."""
    raw = RAW.with_columns(y=pl.Series(["SE"] * (N - 70 - rows) + ["DK"] * 70 + ["NA"] * rows))
    path = tmp_path / f"rows.{form}"
    {"csv": raw.write_csv, "parquet": raw.write_parquet, "ndjson": raw.write_ndjson, "arrow": raw.write_ipc}[form](path)
    got = prepare(make_spec(train=str(path), key="id"))
    kept = kept or form != "csv"
    assert set(got.labels.values) == {"SE", "DK", *(["NA"] * kept)}
    assert got.train.n + got.test.n == (N if kept else N - rows)
    assert {f.check for f in got.findings if f.column == "y"} & {"label", "target"} == {"label" if kept else "target"}


@pytest.mark.parametrize("given", [True, False])
def test_one_class(make_spec: Callable[..., Spec], given: bool) -> None:
    """D01: one class in train is refused, with and without a test part."""
    with pytest.raises(DataError, match="one class"):
        prepare(make_spec(), train=RAW[:300], test=RAW if given else None)


def test_class_only_in_the_future(make_spec: Callable[..., Spec]) -> None:
    """D01: one class in train after the split by time is told as what the split took."""
    raw = RAW.with_columns(day=pl.date(2024, 1, 1) + pl.duration(days=pl.int_range(N)))
    with pytest.raises(
        DataError, match="after a part was set aside as test, all 300 rows to learn from have the label"
    ):
        prepare(make_spec(time="day"), train=raw)


@pytest.mark.parametrize("n", range(21))
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_sizes(make_spec: Callable[..., Spec], n: int, kind: str) -> None:
    """D15: 0 to 20 rows are prepared, or refused with exit code 3."""
    y = {"binary": [i % 2 for i in range(n)], "multiclass": [f"k{i % 4}" for i in range(n)], "regression": [*range(n)]}
    raw = pl.DataFrame({"x": np.arange(n) % 7 * 0.5, "z": [f"v{i % 3}" for i in range(n)], "y": y[kind]})
    try:
        got = prepare(make_spec({"task": kind}), train=raw)
    except DataError as error:
        assert error.exit_code == 3  # noqa: PT017  # one of two good endings
        assert n < 8  # as above
        return
    assert got.train.n + got.test.n == n
    assert min(got.train.n, got.test.n) >= 1
    assert set(got.train.y) == set(range(got.labels.task.classes)) or kind == "regression"


def test_rare_class(make_spec: Callable[..., Spec]) -> None:
    """D15: a class of one row is noted; in a binary task it is refused."""
    one = RAW.with_columns(y=pl.Series(["odd", *RAW["y"][1:].to_list()]))
    got = prepare(make_spec({"task": "multiclass"}), train=one)
    assert [f.evidence["label"] for f in got.findings if f.check == "rare class"] == ["odd"]
    assert 1.0 in got.train.y
    with pytest.raises(DataError, match="one row of the label 'yes'"):
        prepare(make_spec({"task": "binary"}), train=RAW[:301], test=RAW)


def test_leak(make_spec: Callable[..., Spec]) -> None:
    """D06: a planted copy of the target is no feature, and the finding says so."""
    got = prepare(make_spec(), train=RAW.with_columns(paid=(pl.col("y") == "yes").cast(pl.Int8)))
    assert "paid" not in wires(got)
    assert [f.column for f in got.findings if f.check == "leak"] == ["paid"]
    assert "paid" in got.train.raw.columns


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda raw: raw.drop("pay"), "no column 'pay'"),
        (lambda raw: raw.drop("y"), "no column 'y', the target"),
        (lambda raw: raw.drop("who"), "no column 'who'"),
        (lambda raw: raw.drop("w"), "no column 'w'"),
        (lambda raw: raw.head(0), "no rows"),
        (lambda raw: raw.with_columns(w=-1.0), "weights of test are below 0"),
        (lambda raw: raw.with_columns(y=pl.lit("else")), "no row of test has a label that train has"),
        (lambda raw: raw.with_columns(pay=pl.concat_list("pay")), "'pay' holds"),
    ],
)
def test_bad_test(make_spec: Callable[..., Spec], change: Callable[[pl.DataFrame], pl.DataFrame], match: str) -> None:
    """A test part that lacks what train has is refused, and the column is named."""
    with pytest.raises(DataError, match=match):
        prepare(make_spec(group="who", weight="w"), train=RAW, test=change(RAW))


def test_nothing_left(make_spec: Callable[..., Spec]) -> None:
    """Without any feature there is nothing to do, and it is said why."""
    with pytest.raises(DataError, match=r"no column is left(.|\n)*in every row"):
        prepare(make_spec(), train=RAW.select("y", one=1))


def test_no_train(make_spec: Callable[..., Spec]) -> None:
    """Without rows the spec is at fault."""
    with pytest.raises(SpecError, match=r"data\.train"):
        prepare(make_spec())


def test_more_rows_than_memory(make_spec: Callable[..., Spec], tmp_path: Path) -> None:
    """D16: what does not fit into budget.memory is sampled, and a finding says so; costs in row order cannot be."""
    n = 150_000
    rows = pl.DataFrame({"y": [0, 1] * (n // 2), "x": [float(i % 97) for i in range(n)], "fee": [1.0] * n})
    rows.write_parquet(tmp_path / "a.parquet")
    rows.select("fee").rename({"fee": "loss"}).write_parquet(tmp_path / "costs.parquet")
    given = {
        "objective": {"target": "y"},
        "data": {"train": str(tmp_path / "a.parquet")},
        "budget": {"memory": "562MB"},
    }
    spec = parse(given)
    data = prepare(spec)
    (said,) = [f for f in data.findings if f.check == "sampled"]
    assert said.evidence["of"] == n
    assert data.train.n + data.test.n == said.evidence["rows"] == pytest.approx(room(spec.budget) / CELL / 3, rel=0.02)
    costs = {"false_negative": "loss", "false_positive": 1, "table": str(tmp_path / "costs.parquet"), "by": "row order"}
    with pytest.raises(DataError, match="row order"):
        prepare(parse(given | {"objective": {"target": "y", "costs": costs}}))


def _task(name: str) -> tuple[Spec, dict[str, Any]]:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip("the development data is not here")
    task = tomllib.loads((folder / "task.toml").read_text())
    end = "csv" if (folder / "train.csv").exists() else "parquet"
    objective = {"target": task["target"], "task": task["kind"], "metric": task["metric"]}
    objective |= {"positive": task["positive"]} if "positive" in task else {}
    data: dict[str, Any] = {part: str(folder / f"{part}.{end}") for part in ("train", "test")}
    return parse({"objective": objective, "data": data}), task


@pytest.mark.parametrize(
    ("name", "parsed", "dropped"),
    [
        ("adult", {}, set()),
        ("german_credit", {}, set()),
        ("telco_churn", {"TotalCharges": "number"}, {"customerID"}),
        ("kc_house_sales", {"date": "date", "floors": "number"}, {"id"}),
        ("bike_sharing_hourly", {"dteday": "date"}, {"instant"}),
        (
            "pva97nk_donors",
            {"GiftAvgLast": "number", "DemMedIncome": "number", "DemCluster": "category"},
            {"ID", "TARGET_D"},
        ),
        ("mammography", {}, set()),
        ("sales_fraud", {}, {"report_id"}),
        ("clothing_reviews", {"Review Text": "text"}, set()),
        ("letter_recognition", {}, set()),
    ],
)
def test_real_rows(name: str, parsed: dict[str, str], dropped: set[str]) -> None:
    """Real tables keep their honest columns, lose ids and outcomes, and every value that is there is read."""
    spec, task = _task(name)
    got = prepare(spec)
    gone = {column.name for column in got.schema.columns if column.role == "dropped"}
    assert gone == dropped
    assert len(got.schema.features) == task["columns"] - 1 - len(dropped)
    assert (got.train.n, got.test.n) == (task["rows_train"], task["rows_test"])
    assert {column: wires(got)[column] for column in parsed} == parsed
    assert not [f for f in got.findings if f.check in {"unparsed", "infinite"}]
    if task["kind"] == "binary":
        assert got.test.y.mean() == pytest.approx(task["baseline"]["base_rate"], abs=1e-4)
