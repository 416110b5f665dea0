"""What two decisions may cost against each other is the largest difference over all truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle import write
from automl.bundle.read import Bundle
from automl.bundle.stakes import stakes_of

FOUR = pl.DataFrame({"age": ["20", "30", "40", None]})


@pytest.fixture
def priced(make_contents, binary, regression, tmp_path):
    """Makes a bundle whose spec has these costs."""

    def make(costs, kind="binary"):
        labels = binary if kind == "binary" else regression
        out = tmp_path / f"{kind}.bundle"
        contents = make_contents(labels)
        objective = {"target": labels.name, "costs": {"currency": "EUR", **costs}}
        objective |= {"positive": labels.texts[1]} if kind == "binary" else {"task": "regression"}
        spec = {"objective": objective, "data": {"train": "rows.csv"}}
        write.stage(replace(contents, spec=spec), write.staging(out))
        path = write.finish(write.staging(out), out, gates=(), verdict=None, card="")
        found = stakes_of(Bundle.load(path))
        assert found is not None
        return found

    return make


def test_labels_may_lose_the_worst_truth(priced):
    """A miss of 70 against a false alarm of 8: acting may lose 8, passing 70; the same decision nothing."""
    stakes = priced({"false_positive": 8, "false_negative": 70})
    act, wait = stakes.bundle.decisions[::-1]
    found = stakes.largest_regret(FOUR, [act, wait, act, wait], [wait, act, act, wait])
    assert found.tolist() == [8.0, 70.0, 0.0, 0.0]
    paid = stakes.paid(FOUR, [act, wait, act, wait], np.array([0.0, 1.0, 1.0, np.nan]))
    assert paid[:3].tolist() == [8.0, 70.0, 0.0]
    assert np.isnan(paid[3])


def test_a_row_that_was_not_decided_counts_at_its_worst(priced):
    """Against any decision, and any decision against it."""
    stakes = priced({"false_positive": 8, "false_negative": 70})
    act, _ = stakes.bundle.decisions[::-1]
    assert stakes.largest_regret(FOUR[:2], ["", act], [act, ""]).tolist() == [70.0, 8.0]


def test_numbers_may_lose_their_distance(priced):
    """A unit too little costs 3, one too much 1, whatever the truth is."""
    stakes = priced({"under": 3, "over": 1}, kind="regression")
    found = stakes.largest_regret(FOUR, [10.0, 12.0, 10.0, 7.0], [12.0, 10.0, 10.0, 9.0])
    assert found.tolist() == [6.0, 2.0, 0.0, 6.0]
    assert stakes.paid(FOUR[:2], [10.0, 10.0], np.array([12.0, 9.0])).tolist() == [6.0, 1.0]
