"""Columns unlike those of training are told, with how levels were written; a few cells and long tails are not."""

from __future__ import annotations

import warnings
from pathlib import Path

import polars as pl
import pytest

from automl import Bundle
from automl.bundle.margins import Margin
from automl.bundle.unlike import UnlikeTrainingWarning, unlike
from automl.data.read.column_reader import Reader
from automl.deploy.batch import predict
from automl.progress import Event
from automl.testing._bundle import raw_rows

READER: Reader = {"columns": [{"name": "code", "wire": "category", "missing": ["?"], "parser": None}]}
USUAL = {"01067": 0.6, "04109": 0.35}


def said(cells: list[str], levels: dict[str, float] | None = None, missing: float = 0.05) -> list[str]:
    """What is told of cells, beside the levels of training."""
    margin = Margin(wire="category", missing=missing, levels=levels or USUAL)
    return list(unlike(READER, {"code": margin}, pl.DataFrame({"code": cells})))


def test_a_column_written_otherwise_is_told() -> None:
    """D07: leading zeros that were lost, and how the level was written."""
    (sentence,) = said(["1067"] * 60 + ["4109"] * 30 + ["?"] * 10)
    assert "in 100.0% of its cells" in sentence
    assert "'1067' was written '01067'" in sentence
    assert said(["01067"] * 60 + ["01109"] * 30)[0].endswith("such as '01109'; they count as rare")


def test_few_cells_and_long_tails_are_not_told() -> None:
    """Some new levels are no news, nor are new ones of a column whose levels were rare in training."""
    assert said(["01067"] * 60 + ["new"] * 10) == []
    assert said(["new"] * 19) == []
    assert said(["new"] * 90, {"01067": 0.5}) == []


def test_an_empty_column_and_another_unit_are_told() -> None:
    """What had values in training and has none, and thousands of what were units; not what mostly lacked one."""
    reader: Reader = {"columns": [{"name": "age", "wire": "number", "missing": [], "parser": None}]}
    margin = Margin(wire="number", missing=0.1, quantiles={"0.01": 18.0, "0.99": 80.0})

    def told(cells: list[str], missing: float = 0.1) -> str:
        margins = {"age": margin.model_copy(update={"missing": missing})}
        return " ".join(unlike(reader, margins, pl.DataFrame({"age": cells})))

    assert "no value in any row, and lacked one in 10.0%" in told([" "] * 40)
    assert told([""] * 40, missing=0.6) == ""
    assert "far beyond 18 to 80" in told(["40000"] * 40)
    assert told(["40"] * 25 + ["40000"] * 15) == ""


def test_a_frame_and_a_file_are_told(bundle: Path, tmp_path: Path) -> None:
    """The warning stands beside the answers, which are those of rare levels; rows of the fit have none."""
    opened, rows = Bundle.load(bundle), raw_rows()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened.predict(rows)
    loud = rows.with_columns(pl.col("job").str.to_uppercase())
    with pytest.warns(UnlikeTrainingWarning, match="'job' has levels .* was written 'clerk'"):
        opened.predict(loud)
    loud.write_csv(tmp_path / "loud.csv")
    events: list[Event] = []
    predict(bundle, tmp_path / "loud.csv", tmp_path / "out.csv", listener=events.append)
    assert [event.text for event in events if "warning" in event.facts and "'job'" in event.text]
