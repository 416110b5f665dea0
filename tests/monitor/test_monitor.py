"""A watch from rows to how it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.errors import DataError
from automl.monitor.look import Finding, Status, Watched
from automl.monitor.monitor import monitor
from automl.monitor.rows import scored
from automl.monitor.windows import DAY
from automl.spec.data import Data
from automl.spec.monitor import Monitor
from automl.testing._bundle import raw_rows

BUNDLES = Path(__file__).parents[1] / "golden" / "bundles"
GERMAN = {"act", "warn"}


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    """The small bundle."""
    return Bundle.load(bundle)


def alarms(watched: Watched) -> list[Finding]:
    """What is more than a note."""
    return [found for look in watched.looks for found in look.findings if found.severity in GERMAN]


def test_the_rows_of_the_fit_are_fine(opened: Bundle) -> None:
    """All of them, and any part drawn from them."""
    watched, state = monitor(opened, raw_rows())
    assert (watched.status, state.looks, watched.waiting) == (Status.fine, 1, 0)
    assert not alarms(watched)
    assert not alarms(monitor(opened, raw_rows().sample(200, seed=1))[0])


@pytest.mark.parametrize("protocol", [1, 2, 3])
def test_older_bundles_are_watched_with_what_they_have(protocol: int) -> None:
    """The same rows are fine, and ages times a hundred are not, without bins as with them."""
    old = Bundle.load(BUNDLES / f"protocol_{protocol}.zip")
    assert monitor(old, raw_rows())[0].status is Status.fine
    ages = pl.col("age").cast(pl.Float64, strict=False)
    watched, _ = monitor(old, raw_rows().with_columns((ages * 100).cast(pl.String)))
    assert watched.status is Status.act
    assert "multiplied by 100" in alarms(watched)[0].sentence


PLANTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], Status, str]] = {
    "a column is missing": (lambda rows: rows.drop("age"), Status.act, "lacking"),
    "a column has no value": (lambda rows: rows.with_columns(pl.lit(None).alias("age")), Status.act, "lacking"),
    "cells are words": (lambda rows: rows.with_columns(age=pl.lit("n/a!")), Status.act, "unread"),
    "half is gone": (lambda rows: rows.with_columns(job=pl.when(HALF).then(pl.col("job"))), Status.warn, "missing"),
    "a level is new": (lambda rows: rows.with_columns(job=pl.when(HALF).then(pl.lit("Clerk "))), Status.act, "unseen"),
    "numbers lie far out": (
        lambda rows: rows.with_columns(age=pl.when(HALF).then(pl.lit("9000"))),
        Status.warn,
        "range",
    ),
}
HALF = pl.int_range(pl.len()) % 2 == 0


@pytest.mark.parametrize("plant", PLANTS)
def test_a_broken_contract_is_told_at_the_next_look(opened: Bundle, plant: str) -> None:
    """Missing columns and cells, words among numbers, new levels, numbers far out: each by its name (M02)."""
    broken, status, check = PLANTS[plant]
    watched, _ = monitor(opened, broken(raw_rows()))
    assert check in {found.check for found in alarms(watched)}
    assert watched.status >= status


def test_what_broke_since_the_last_look_is_told_though_the_window_reaches_back(
    opened: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M02: ages times a hundred on the last of five days are told that day, though they are a fifth of the window."""
    asked = Monitor.model_validate({"window": "7d", "every": "1d"})
    monkeypatch.setattr("automl.monitor.monitor.asked_of", lambda *_: asked)
    rows = pl.concat([raw_rows()] * 2).sample(fraction=1.0, shuffle=True, seed=3)
    days = np.arange(rows.height) * 5 // rows.height
    ages = pl.col("age").cast(pl.Float64, strict=False)
    broken = rows.with_columns(age=pl.when(pl.Series(days == 4)).then(ages * 100).otherwise(ages).cast(pl.String))
    watched, _ = monitor(opened, broken, times=(20_000 + days) * DAY)
    assert [look.status for look in watched.looks] == [Status.fine] * 4 + [Status.act]
    (slip,) = (found for found in alarms(watched) if found.check == "slip")
    assert slip.sentence.startswith("Since the last look: Column 'age' moved")
    assert "multiplied by 100" in slip.sentence


def test_numbers_sent_as_text_are_told(opened: Bundle) -> None:
    """One column of another kind is a warning, all of them are another kind of file, and only noted (M03)."""
    typed = raw_rows().with_columns(pl.col("age").cast(pl.Float64, strict=False))
    assert [found.check for found in alarms(monitor(opened, raw_rows())[0])] == []
    assert [found.check for found in alarms(monitor(opened, typed)[0])] == ["type"]


def test_what_the_model_does_not_read_raises_no_alarm(opened: Bundle) -> None:
    """A column that changed and one that is new, neither of which the graph has: a note."""
    rows = raw_rows().with_columns(pl.lit("x").alias("id"), pl.lit(1).alias("weather"))
    watched, _ = monitor(opened, rows)
    assert watched.status is Status.fine
    said = [found.sentence for found in watched.looks[0].findings if found.kind != "money"]
    assert said == ["The model does not read 'weather'."]


def test_few_rows_are_no_look(opened: Bundle) -> None:
    """They wait, and that is said."""
    watched, state = monitor(opened, raw_rows().head(30))
    assert (watched.looks, watched.waiting, state.looks) == ((), 30, 0)
    assert "too few" in watched.findings[0].sentence


def test_thin_rows_are_told_a_window_that_does(opened: Bundle) -> None:
    """Many rows of which no window has enough are no look: the window that would do is named, and does."""
    thin = 20_000 * DAY + np.arange(500) * DAY
    watched, _ = monitor(opened, raw_rows(), times=thin)
    assert not watched.looks
    assert "500 new rows, but no window of 7d has the 100 of a look; --window 100d has" in watched.findings[0].sentence
    assert monitor(opened, raw_rows(), times=thin, window="100d")[0].looks


def test_no_row_is_refused(opened: Bundle) -> None:
    """There is nothing to look at."""
    with pytest.raises(DataError, match="no rows"):
        monitor(opened, raw_rows().clear())


def test_answers_that_were_given_are_not_given_again(opened: Bundle) -> None:
    """Rows with all columns of the answers keep them; without one of them they are scored."""
    given = opened.predict(raw_rows()).drop("id").with_columns(pl.lit(0.99).alias("probability"))
    rows = pl.concat([raw_rows(), given], how="horizontal")
    data = Data()
    assert set(scored(opened, rows, data)[0].answers["probability"]) == {0.99}
    assert scored(opened, rows.drop("decision"), data)[0].answers["probability"].n_unique() > 1
