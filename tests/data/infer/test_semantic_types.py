"""What the values of a feature mean beyond their wire."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.infer.semantic_types import feature_column, placed
from automl.data.rows import Column, Finding

N = 100


def seen(series: pl.Series, *, left_alone: bool = False, told: bool = False) -> tuple[Column, Finding | None]:
    """A feature and what was found of it, its wire as it is guessed."""
    guessed = guess(series)
    assert guessed is not None
    return feature_column(series, guessed, left_alone=left_alone, told=told)


@pytest.mark.parametrize(
    ("name", "values", "wire"),
    [
        ("admission_type_id", [i % 8 for i in range(N)], "category"),
        ("agent", [None if i % 2 else float(i % 5) for i in range(N)], "category"),
        ("zipcode", [f"{i % 7:05}" for i in range(N)], "category"),
        ("store_size", [i % 8 for i in range(N)], "number"),
        ("city", [i % 90 for i in range(N)], "number"),
        ("region", [(i % 8) - 4 for i in range(N)], "number"),
        ("branch", [i % 2 for i in range(N)], "number"),
    ],
)
def test_codes_are_categories(name: str, values: list, wire: str) -> None:
    """Whole numbers from 0 on with the name of a code, few enough that each can be learned."""
    assert seen(pl.Series(name, values))[0].wire == wire


@pytest.mark.parametrize("known", [{"told": True}, {"left_alone": True}])
def test_who_knows_better_is_believed(known: dict[str, bool]) -> None:
    """A column of [data.types] or data.audit.keep is what it seems: no code, no id, no number that means missing."""
    code = pl.Series("admission_type_id", [i % 8 for i in range(N)])
    column, _ = seen(code)
    assert (column.sense, column.reason) == ("code", "a code by its name: 8 whole numbers that measure nothing")
    assert seen(code, **known)[0].wire == "number"
    assert seen(pl.Series("row_id", range(1_000, 1_000 + N)), **known)[0].is_feature


@pytest.mark.parametrize(
    ("series", "check"),
    [
        (pl.Series("x", range(1_000, 1_000 + N)), "id"),  # they count the rows
        (pl.Series("x", [str(i) for i in range(N)]), "id"),
        (pl.Series("PayID", [(i * 7919) % 100_003 for i in range(N)]), "id"),  # they are called so
        (pl.Series("pay", [(i * 7919) % 100_003 for i in range(N)]), None),
        (pl.Series("x", [i * 1.5 for i in range(N)]), None),
        (pl.Series("x", [*range(N - 1), None]), None),
        (pl.Series("code", [f"K{i:05}" for i in range(N)]), "id"),
        (pl.Series("x", [f"K{i % 30:05}" for i in range(N)]), None),
        (pl.Series("x", range(10)), None),  # too few to say
    ],
)
def test_ids_are_dropped_and_measures_are_not(series: pl.Series, check: str | None) -> None:
    """D06: what is another value in each row, and counts them or is called an id, is no feature."""
    column, finding = seen(series)
    assert (finding.check if finding else None) == check
    assert column.is_feature == (check is None)
    assert column.role == ("dropped" if check else "feature")


def test_ids_that_nearly_never_repeat() -> None:
    """D06: a number called an id is one also where a few rows share theirs; a measure with as many values is none."""
    ids = [7919 * i % 1_000_003 for i in range(2_000)]
    values = [*ids[:-3], *ids[:3]]
    column, finding = seen(pl.Series("PolNum", values))
    assert column.role == "dropped"
    assert finding is not None
    assert "1997 values in 2000 rows" in finding.text
    assert seen(pl.Series("paid", values))[0].is_feature


def test_sentences_are_free_text() -> None:
    """Many long values are text, as is what hardly repeats in words; few long ones are the answers of a form."""
    long = [f"the {i}th of many long and honest sentences" for i in range(N)]
    column, finding = seen(pl.Series("say", long))
    assert (column.wire, column.is_feature, finding) == ("text", True, None)
    assert "words a value" in column.reason
    assert seen(pl.Series("say", [long[i % 30] for i in range(N)]))[0].wire == "category"
    names = [f"A{i} B{i} C{i}" for i in range(1_200)] * 2
    assert "free text (1200 values" in seen(pl.Series("say", [*names[:1_900]]))[0].reason


def test_lists() -> None:
    """Texts of levels with a sign between them are lists, however many there are; sentences are not."""
    names = ["Action", "Comedy", "Drama", "Horror", "Crime", "Family", "War"]
    genres = ["|".join(names[j] for j in range(7) if (i + 1) >> j & 1) for i in range(N)]
    column, _ = seen(pl.Series("genres", genres))
    assert (column.sense, column.separator, column.wire) == ("list", "|", "text")
    assert column.is_feature
    assert seen(pl.Series("say", [f"well, {i} is a number, and so on" for i in range(N)]))[0].sense == ""


def test_marks_of_a_gap_are_missing() -> None:
    """A number or a date far from all others stands in the reader as missing, whatever type the column has."""
    numbers = pl.Series("x", [1, 2, 3, -999999] * 25)
    for series in (numbers, numbers.cast(pl.String) + ".0"):
        assert seen(series)[0].reader["sentinels"] == [-999999.0]
    assert "sentinels" not in seen(numbers, left_alone=True)[0].reader
    ends = pl.Series("until", ["2020-01-01", "2021-01-01", "9999-12-31", "9999-12-31"] * 25)
    assert seen(ends)[0].reader["sentinels"] == [253402214400000000.0]
    assert "sentinels" not in seen(pl.Series("day", [20200101, 20210101] * 50))[0].reader


def test_places() -> None:
    """Latitude and longitude point at each other; numbers beyond 90 and 180 degrees are none."""
    raw = pl.DataFrame({"lat": ["47.5", "47.6"] * 50, "long": [-122.1, -122.3] * 50})
    raw = raw.with_columns(home_lat=pl.lit(470_000.0), home_lng=pl.lit(8.5), word=pl.lit("x"))
    columns = {series.name: placed(seen(series)[0], raw, raw.columns) for series in raw}
    assert (columns["lat"].sense, columns["lat"].pair) == ("latitude", "long")
    assert (columns["long"].sense, columns["long"].pair) == ("longitude", "lat")
    assert columns["home_lat"].sense == ""
    assert columns["word"].sense == ""
