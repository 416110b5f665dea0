"""The tables that a spec names come as they are, with the columns of their cost files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from automl.data import memory
from automl.data.memory import room
from automl.data.sources import open_sources
from automl.errors import DataError, SpecError
from automl.spec import Spec, parse

TRAIN = pl.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]})


def test_frames_stand_in_for_files(make_spec: Callable[..., Spec]) -> None:
    """Both parts with their digests; without a test part there is none."""
    both = open_sources(make_spec(), TRAIN, TRAIN.reverse())
    assert both.train.frame.equals(TRAIN)
    assert both.test is not None
    assert both.columns == ("x", "y")
    assert set(both.digests) == {"frame:train", "frame:test"}
    assert open_sources(make_spec(), TRAIN, None).test is None
    assert not both.comma
    assert both.findings == []


def test_files_are_those_of_the_spec(make_spec: Callable[..., Spec], tmp_path: Path) -> None:
    """A csv of a country with decimal commas is known by its separator."""
    TRAIN.write_csv(tmp_path / "train.csv", separator=";")
    TRAIN.write_parquet(tmp_path / "test.parquet")
    found = open_sources(make_spec(train=str(tmp_path / "train.csv"), test=str(tmp_path / "test.parquet")), None, None)
    assert found.comma
    assert found.test is not None
    assert found.test.frame.equals(TRAIN)


def test_rows_of_a_query_have_a_digest(
    make_spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are known by what came, not by the address."""
    with closing(sqlite3.connect(tmp_path / "rows.db")) as base:
        base.execute("create table t as select 1 as x, 0 as y union all select 2, 1")
        base.commit()
    monkeypatch.setenv("ROWS", f"sqlite:///{tmp_path / 'rows.db'}")
    found = open_sources(make_spec(train={"query": "select * from t", "url": "env:ROWS"}), None, None)
    assert found.train.frame.height == 2
    assert list(found.digests) == ["query:train"]


ROWS = pl.DataFrame({"x": range(10_000), "y": [0, 1] * 5_000})


def test_too_many_rows_are_told(
    make_spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D16: how many there are and how many are used; costs in row order would no longer fit."""
    path = tmp_path / "rows.parquet"
    ROWS.write_parquet(path)
    monkeypatch.setattr(memory, "CELL", 1e6)
    spec = make_spec(train=str(path))
    (said,) = open_sources(spec, None, None).findings
    assert (said.check, said.evidence["of"]) == ("sampled", 10_000)
    assert "train has about 10,000 rows" in said.text
    pl.DataFrame({"fee": [1.0] * 10_000}).write_csv(tmp_path / "costs.csv")
    costs = {"false_positive": "fee", "false_negative": 1, "table": str(tmp_path / "costs.csv"), "by": "row order"}
    with pytest.raises(DataError, match="must be sampled"):
        open_sources(make_spec(objective={"costs": costs}, train=str(path)), None, None)


@pytest.mark.parametrize("given", [True, False])
def test_both_parts_share_the_memory(
    make_spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    """D16: train and test together fit, each with the same share of its rows; frames as well as files."""
    ROWS.write_csv(tmp_path / "train.csv")
    ROWS.head(5_000).write_ndjson(tmp_path / "test.ndjson")
    spec = make_spec(train=str(tmp_path / "train.csv"), test=str(tmp_path / "test.ndjson"))
    monkeypatch.setattr(memory, "CELL", room(spec.budget) / 6_000)  # of 30,000 cells
    frames = (ROWS, ROWS.head(5_000)) if given else (None, None)
    found = open_sources(spec, *frames)
    assert found.test is not None
    heights = found.train.frame.height, found.test.frame.height
    assert heights == (pytest.approx(2_000, rel=0.05), pytest.approx(1_000, rel=0.05))
    assert 2 * sum(heights) <= 6_000 * 1.01
    assert [said.evidence["of"] for said in found.findings] == [
        pytest.approx(10_000, rel=0.1),
        pytest.approx(5_000, rel=0.1),
    ]


def test_texts_count_as_they_are_read(
    make_spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D16: long texts at the end of a file, of which its beginning says nothing, count all the same."""
    rows = [{"t": "short", "y": 0}] * 5_000 + [{"t": "a longer text " * 100, "y": 1}] * 5_000
    path = tmp_path / "rows.parquet"
    pl.DataFrame(rows).write_parquet(path)
    spec = make_spec(train=str(path))
    monkeypatch.setattr(memory, "TEXT", room(spec.budget) / (1_400 * 1_000))
    assert open_sources(spec, None, None).train.frame["y"].sum() == pytest.approx(1_000, rel=0.05)


def test_a_workbook_is_measured_before_it_is_opened(tmp_path: Path) -> None:
    """D17: parts that are large once decompressed; one that is no workbook is told as that."""
    path = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * 150_000_000)
    spec = parse({"objective": {"target": "y"}, "data": {"train": str(path)}, "budget": {"memory": "580MB"}})
    with pytest.raises(DataError, match=r"rows\.xlsx: the workbook has 150 MB .* too many for budget\.memory"):
        open_sources(spec, None, None)
    path.write_text("no workbook")
    with pytest.raises(DataError, match="no workbook"):
        open_sources(spec, None, None)


def test_costs_stand_beside_the_rows_and_are_no_columns_of_theirs(tmp_path: Path) -> None:
    """A cost file by a key: its columns follow, its digest too."""
    pl.DataFrame({"x": [3, 1], "fee": [0.5, 0.25]}).write_csv(tmp_path / "costs.csv")
    costs = {"false_positive": "fee", "false_negative": 1, "table": str(tmp_path / "costs.csv"), "by": "x"}
    found = open_sources(parse({"objective": {"target": "y", "costs": costs}, "data": {}}), TRAIN, None)
    assert found.columns == ("x", "y")
    assert found.train.frame["fee"].to_list() == ["0.25", None, "0.5"]
    assert str(tmp_path / "costs.csv") in found.digests


def test_rows_that_nobody_gave_are_asked_for(make_spec: Callable[..., Spec]) -> None:
    """An error of the spec that says where they belong."""
    with pytest.raises(SpecError, match="there are no train rows") as told:
        open_sources(make_spec(), None, None)
    assert told.value.where == "data.train"


def test_a_column_that_lacks_is_told_before_anything_else(make_spec: Callable[..., Spec]) -> None:
    """The names of the spec are looked up as soon as the columns are known."""
    with pytest.raises(SpecError, match="no column 'z'"):
        open_sources(make_spec(key="z"), TRAIN, None)


def test_lines_that_are_no_rows_are_told(make_spec: Callable[..., Spec], tmp_path: Path) -> None:
    """A preamble and headers that come again make no class and no column; their counts are findings, over all files."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("Export of today\nx,y\n1,no\nx,y\n2,yes\n", encoding="utf-8")
    found = open_sources(make_spec(train=str(tmp_path), test=str(tmp_path / "a.csv")), None, None)
    assert found.train.frame.to_dict(as_series=False) == {"x": [1, 2, 1, 2], "y": ["no", "yes", "no", "yes"]}
    told = [(said.check, said.action, dict(said.evidence)) for said in found.findings]
    assert told == [
        ("lines", "changed", {"above": 2, "repeated": 2}),
        ("lines", "changed", {"above": 1, "repeated": 1}),
    ]


READ = """
import resource, sys
from automl.data.sources import open_sources
from automl.spec import parse
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
data, budget = {"train": sys.argv[1]}, {"memory": "600MB", "workers": 2}
before = peak()
found = open_sources(parse({"objective": {"target": "y"}, "data": data, "budget": budget}), None, None)
print(found.train.frame.height, peak() - before)
"""
TEXTS = [" ".join(["word"] * 100 + [str(number)]) for number in range(50)]


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson", "arrow"])
def test_what_does_not_fit_is_never_whole_in_memory(tmp_path: Path, form: str) -> None:
    """D16: 300 MB of long texts, in parquet a few hundred kB, are read in less than 200, whatever the format."""
    path = tmp_path / f"rows.{form}"
    rows = pl.DataFrame({"text": TEXTS, "y": [0, 1] * 25}).select(pl.all().repeat_by(12_000).explode())
    writers = {
        "parquet": rows.write_parquet,
        "csv": rows.write_csv,
        "ndjson": rows.write_ndjson,
        "arrow": rows.write_ipc,
    }
    writers[form](path)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, check=True, text=True)
    height, peak = done.stdout.split()
    assert 5_000 < int(height) < 60_000
    assert float(peak) < 200
