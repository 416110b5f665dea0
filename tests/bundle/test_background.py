"""The background has the shares of the training rows, keeps together what belongs together, and shows nobody."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest

from automl.bundle.background import MANY, ROWS, ROWS_OF_MANY, background
from automl.data.rows import Column

N = 2000


def column(name: str, wire: str = "number", least: int = 5) -> Column:
    """A column of a wire."""
    entry = {"name": name, "wire": wire, "missing": [], "parser": None}
    return Column(name=name, wire=wire, role="feature", reason="a test", is_feature=True, reader=entry, min_level=least)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """A number, what follows from it, a category that follows, and columns of their own."""
    draw = np.random.default_rng(3)
    years = draw.integers(1, 17, N).astype(float)
    return pl.DataFrame(
        {
            "years": years,
            "school": [f"grade {int(year // 4)}" for year in years],
            "months": years * 12 + draw.integers(0, 2, N),
            "income": np.where(draw.random(N) < 0.25, np.nan, draw.lognormal(8, 1, N)),
            "city": draw.choice(["Ulm", "Bonn", ""], N, p=(0.5, 0.25, 0.25)).tolist(),
        }
    )


COLUMNS = (
    column("years"),
    column("school", "category"),
    column("months"),
    column("income"),
    column("city", "category"),
)


def test_shares_are_those_of_the_rows(frame):
    """A level that half of the rows have half of the background has, and a quarter is missing where a quarter is."""
    _, drawn = background(frame, COLUMNS, seed=1)
    assert Counter(drawn["city"]) == pytest.approx({"Ulm": ROWS / 2, "Bonn": ROWS / 4, None: ROWS / 4}, abs=3)
    assert Counter(cell is None for cell in drawn["income"])[True] == pytest.approx(ROWS / 4, abs=3)
    known = [cell for cell in drawn["income"] if cell is not None]
    assert np.median(known) == pytest.approx(frame["income"].drop_nans().median(), rel=0.15)


def test_columns_that_tell_of_each_other_are_drawn_together(frame):
    """No row of the background has years that are not those of its school; what is independent is drawn alone."""
    ties, drawn = background(frame, COLUMNS, seed=1)
    assert ties == (("years", "school", "months"),)
    assert all(
        school == f"grade {int(year // 4)}" for year, school in zip(drawn["years"], drawn["school"], strict=True)
    )
    assert all(abs(months - 12 * year) <= 24 for year, months in zip(drawn["years"], drawn["months"], strict=True))


def test_noise_is_tied_to_nothing():
    """Columns of many levels and few rows look alike by chance, and are drawn apart."""
    draw = np.random.default_rng(4)
    noise = pl.DataFrame({f"x{i}": draw.choice(list("abcdefghij"), 150).tolist() for i in range(8)})
    assert background(noise, [column(name, "category") for name in noise.columns], seed=1)[0] == ()


def test_rare_cells_are_not_drawn():
    """Neither a level nor a combination of levels that fewer rows have than the column asks for."""
    levels = ["a"] * 50 + ["b"] * 50 + ["c"] * 8
    frame = pl.DataFrame({"x": levels, "y": levels})
    ties, drawn = background(frame, [column("x", "category", 9), column("y", "category", 9)], seed=1)
    assert ties == (("x", "y"),)
    assert set(zip(drawn["x"], drawn["y"], strict=True)) == {("a", "a"), ("b", "b")}
    nobody = pl.DataFrame({"x": [f"name {i}" for i in range(99)]})
    assert set(background(nobody, [column("x", "category")], seed=1)[1]["x"]) == {None}


def test_texts_are_of_shared_words():
    """No text of a row: words that enough rows have, drawn anew."""
    frame = pl.DataFrame({"note": [f"paid late {place}" for place in range(90)] + [""] * 10})
    _, drawn = background(frame, [column("note", "text")], seed=1)
    assert {word for text in drawn["note"] if text for word in text.split()} == {"paid", "late"}
    assert 0 < sum(text is None for text in drawn["note"]) < ROWS // 4


def test_many_columns_have_fewer_rows():
    """Of hundreds of columns the background stays small, and the same seed gives the same rows."""
    draw = np.random.default_rng(4)
    wide = pl.DataFrame({f"x{i}": draw.normal(size=60) for i in range(MANY + 1)})
    columns = [column(name) for name in wide.columns]
    found = background(wide, columns, seed=1)
    assert {len(cells) for cells in found[1].values()} == {ROWS_OF_MANY}
    assert found == background(wide, columns, seed=1)
