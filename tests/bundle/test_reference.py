"""Reference rows say in which bin a row lies, and nothing else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.bundle.evidence import evidence
from automl.bundle.margins import margin
from automl.bundle.reference import BIN, MISSING, MOST, RARE, binned
from automl.data.rows import SEEN, Column, Rows


def column(name: str, wire: str) -> Column:
    """A column of a wire."""
    entry = {"name": name, "wire": wire, "missing": [], "parser": None}
    return Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader=entry)


@pytest.fixture(scope="module")
def frame():
    """A column of each wire with missing cells, in wire types."""
    rng = np.random.default_rng(0)
    n = 600
    return pl.DataFrame(
        {
            "number": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "date": rng.integers(0, 10**15, n).astype(float),
            "flag": rng.integers(0, 2, n).astype(float),
            "category": rng.choice(["a", "b", *map(str, range(20)), ""], n),
            "text": rng.choice(["", "some words"], n),
        }
    )


@pytest.fixture(scope="module")
def margins(frame):
    """Their margins."""
    return {name: margin(frame[name], column(name, name)) for name in frame.columns}


def test_each_bin_is_shared_by_many_rows(frame, margins):
    """At most `MOST` codes of a column beside missing and rare ones, each of `SEEN` rows or more."""
    found = binned(frame, margins)
    assert found.columns == [f"{BIN}{name}" for name in frame.columns]
    for codes in found.iter_columns():
        _, counts = np.unique(codes.to_numpy(), return_counts=True)
        assert counts.min() >= SEEN
        assert codes.max() < MOST


def test_cells_that_nobody_has_seen_have_codes_too(margins):
    """Missing cells, unseen levels and numbers outside lie in bins of their own or the outermost."""
    cells = {"number": [np.nan, 1e9], "category": ["", "never seen"], "text": ["", "x"]}
    found = binned(pl.DataFrame(cells), margins)
    assert found.to_dict(as_series=False) == {
        "bin:number": [MISSING, MOST - 1],
        "bin:category": [MISSING, RARE],
        "bin:text": [MISSING, 0],
    }


def test_bins_stand_beside_the_evidence_they_belong_to(frame, margins):
    """Rows without a prediction are left out with their bins, so that codes and labels stay aligned."""
    rows = Rows(frame=frame, raw=frame, y=np.arange(frame.height, dtype=float))
    prediction = np.where(np.arange(frame.height) % 2, 0.5, np.nan)[:, None]
    kept = evidence(rows, prediction, part="oof", bins=binned(frame, margins))
    again = binned(frame[kept["y"].cast(pl.Int64).to_list()], margins)
    assert kept.select(again.columns).equals(again)
