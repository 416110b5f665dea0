"""Levels that were not there in training are said, with how they were written; a few, and those of long tails, are not."""

from __future__ import annotations

import warnings
from pathlib import Path

import polars as pl
import pytest

from automl import Bundle
from automl.bundle.margins import Margin
from automl.bundle.unseen import UnseenWarning, unseen
from automl.data.read.column_reader import Reader
from automl.deploy.batch import predict
from automl.progress import Event
from automl.testing._bundle import raw_rows

READER: Reader = {"columns": [{"name": "code", "wire": "category", "missing": ["?"], "parser": None}]}
USUAL = {"01067": 0.6, "04109": 0.35}


def said(cells: list[str], levels: dict[str, float] | None = None, missing: float = 0.05) -> list[str]:
    """What is told of cells, beside the levels of training."""
    margin = Margin(wire="category", missing=missing, levels=levels or USUAL)
    return list(unseen(READER, {"code": margin}, pl.DataFrame({"code": cells})))


def test_a_column_written_otherwise_is_told() -> None:
    """D07: leading zeros that were lost, and how the level was written."""
    (sentence,) = said(["1067"] * 60 + ["4109"] * 30 + ["?"] * 10)
    assert "90 of 90 filled cells" in sentence
    assert "'1067' was written '01067'" in sentence
    assert said(["01067"] * 60 + ["01109"] * 30)[0].endswith("such as '01109'")


def test_few_cells_and_long_tails_are_not_told() -> None:
    """Some new levels are no news, nor are new ones of a column whose levels were rare in training."""
    assert said(["01067"] * 60 + ["new"] * 10) == []
    assert said(["new"] * 19) == []
    assert said(["new"] * 90, {"01067": 0.5}) == []


def test_a_frame_and_a_file_are_told(bundle: Path, tmp_path: Path) -> None:
    """The warning stands beside the answers, which are those of rare levels; rows of the fit have none."""
    opened, rows = Bundle.load(bundle), raw_rows()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened.predict(rows)
    loud = rows.with_columns(pl.col("job").str.to_uppercase())
    with pytest.warns(UnseenWarning, match="'job': .* was written"):
        opened.predict(loud)
    loud.write_csv(tmp_path / "loud.csv")
    events: list[Event] = []
    predict(bundle, tmp_path / "loud.csv", tmp_path / "out.csv", listener=events.append)
    assert [event.text for event in events if "warning" in event.facts and "'job'" in event.text]
