"""What a drift costs is the saving that comes back as one column is as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.monitor.drift.drifts import Then
from automl.monitor.drift.priced import price
from automl.monitor.look import Scored
from automl.monitor.rows import scored
from automl.spec.data import Data
from automl.testing._bundle import raw_rows


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    """The small bundle."""
    return Bundle.load(bundle)


def rows(opened: Bundle, raw: pl.DataFrame) -> Scored:
    """The rows as a look has them."""
    return scored(opened, raw, Data())[0]


def mean_age(seen: Scored) -> float:
    """A saving that is the mean of a column."""
    return float(np.nanmean(seen.wire["age"].to_numpy()))


def test_numbers_go_back_quantile_by_quantile(opened: Bundle) -> None:
    """Ages ten years up: the mean age that is lost is ten years, whatever else the rows hold."""
    older = raw_rows().with_columns((pl.col("age").cast(pl.Int64, strict=False) + 10).cast(pl.String))
    found = price(opened, rows(opened, older), "age", Then.of(opened).columns["age"], mean_age)
    assert found == pytest.approx(-10.0, abs=1.0)


def test_levels_go_back_to_their_shares(opened: Bundle) -> None:
    """Where all are clerks, the share of farmers that comes back is that of the training rows."""

    def farmers(seen: Scored) -> float:
        return float((seen.wire["job"] == "farmer").mean())

    clerks = rows(opened, raw_rows().with_columns(job=pl.lit("clerk")))
    found = price(opened, clerks, "job", Then.of(opened).columns["job"], farmers)
    assert found == pytest.approx(float((raw_rows()["job"] == "farmer").mean()), abs=0.01)


def test_the_model_answers_again(opened: Bundle) -> None:
    """The probability is that of the rows with the column mapped back, not the one that was given."""

    def probability(seen: Scored) -> float:
        return float(seen.answers["probability"].mean())

    as_it_was = rows(opened, raw_rows())
    far = rows(opened, raw_rows().with_columns(age=pl.lit("79")))
    found = price(opened, far, "age", Then.of(opened).columns["age"], probability)
    assert found == pytest.approx(probability(as_it_was) - probability(far), abs=0.02)


def test_nobody_can_say_what_words_or_no_money_cost(opened: Bundle) -> None:
    """Of text the words are not kept; without a saving there is nothing to compare."""
    same, known = rows(opened, raw_rows()), Then.of(opened).columns
    assert price(opened, same, "note", known["note"], mean_age) is None
    assert price(opened, same, "age", known["age"], lambda _: None) is None
