"""What is told of columns and of cells, each by its own check: as it was nothing is, and what changed is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from automl import Bundle
from automl.monitor.contract import cells_of, columns_of
from automl.monitor.drift.bounds import Care
from automl.monitor.drift.drifts import Then
from automl.monitor.look import Finding
from automl.monitor.rows import scored
from automl.spec.data import Data
from automl.testing._bundle import raw_rows

CARE = Care(alpha=0.03, bounds=20, now=500.0, then=500.0)
EVERY = pl.int_range(pl.len())


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    """The small bundle."""
    return Bundle.load(bundle)


def told(opened: Bundle, raw: pl.DataFrame) -> list[Finding]:
    """What is told of raw rows."""
    rows, lacking = scored(opened, raw, Data())
    margins = Then.of(opened).profile.columns
    return [
        *columns_of(opened, rows, Data(), lacking),
        *cells_of(opened, rows, Data(), margins, CARE, lacking),
    ]


def only(found: Sequence[Finding], check: str) -> Finding:
    """The one finding of a check."""
    (one,) = [each for each in found if each.check == check]
    return one


def test_rows_as_they_were_are_not_told(opened: Bundle) -> None:
    """Whole, and a part of them in another order."""
    assert told(opened, raw_rows()) == []
    assert told(opened, raw_rows().sample(300, seed=2)) == []


def test_a_missing_column_is_told_with_what_it_may_be_called_now(opened: Bundle) -> None:
    """A name that is near is asked about; a column without any value is missing too."""
    renamed = only(told(opened, raw_rows().rename({"income": "incomes"})), "lacking")
    assert (renamed.severity, renamed.column) == ("act", "income")
    assert renamed.sentence.endswith("is it now called 'incomes'?")
    empty = only(told(opened, raw_rows().with_columns(age=pl.lit(None))), "lacking")
    assert empty.sentence == "Column 'age' is missing, or has no value at all."


def test_further_columns_are_one_note(opened: Bundle) -> None:
    """Three are named, the others counted."""
    more = raw_rows().with_columns(pl.lit(1).alias(f"c{number}") for number in range(5))
    extra = only(told(opened, more), "extra")
    assert (extra.severity, extra.column) == ("note", None)
    assert extra.sentence == "The model does not read 'c0', 'c1', 'c2' and 2 more."


def test_half_of_the_cells_is_the_border_of_an_act(opened: Bundle) -> None:
    """Unread cells, gaps and new levels: below half a warning, from there on an act."""
    for part, severity in ((3, "warn"), (1, "act")):
        some = pl.when(EVERY % part == 0)
        words = raw_rows().with_columns(age=some.then(pl.lit("old")).otherwise("age"))
        unread = only(told(opened, words), "unread")
        assert (unread.severity, unread.column) == (severity, "age")
        gone = only(told(opened, raw_rows().with_columns(day=some.then(pl.lit("")).otherwise("day"))), "missing")
        assert gone.severity == severity
        new = only(told(opened, raw_rows().with_columns(job=some.then(pl.lit("pilot")).otherwise("job"))), "unseen")
        assert (new.severity, "'pilot'" in new.sentence) == (severity, True)


def test_another_spelling_of_a_level_is_told_with_the_old_one(opened: Bundle) -> None:
    """Blanks around it are none of it, capitals are."""
    spelled = raw_rows().with_columns(job=pl.col("job").str.replace("clerk", " CLERK "))
    assert only(told(opened, spelled), "unseen").sentence.endswith("; 'CLERK' was written 'clerk'.")


def test_numbers_beyond_the_usual_ones_are_told_with_their_ends(opened: Bundle) -> None:
    """A tenth of the ages at 5,000; one of 500 is chance."""
    far = raw_rows().with_columns(age=pl.when(EVERY % 10 == 0).then(pl.lit("5000")).otherwise("age"))
    found = only(told(opened, far), "range")
    assert (found.severity, found.evidence["share"]) == ("warn", pytest.approx(0.1))
    assert found.evidence["low"] < found.evidence["high"] < 100
    one = raw_rows().with_columns(age=pl.when(EVERY == 0).then(pl.lit("5000")).otherwise("age"))
    assert told(opened, one) == []


def test_another_type_is_told_of_one_column_and_noted_of_all(opened: Bundle) -> None:
    """A file of another kind types every column; a change at the source types one."""
    age = pl.col("age").cast(pl.Float64, strict=False)
    assert only(told(opened, raw_rows().with_columns(age=age)), "type").severity == "warn"
