"""Which texts are levels of their own: by frequency, never a rare one, and what scoring makes of the others."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from automl.data.rows import Column
from automl.features import vocabulary as of
from automl.features.vocabulary import SEEN, known_levels, look_up, place, vocabulary
from automl.ops.bulk import evaluate


def test_levels_are_ordered_by_frequency_then_by_text():
    """The most frequent first; what is as frequent stands in the order of its letters, whatever the rows' order."""
    texts = ["b"] * SEEN + ["a"] * SEEN + ["z"] * (SEEN + 1) + ["rare"]
    found = vocabulary(pl.Series("c", texts))
    assert found.keys == ("z", "a", "b")
    assert found.levels == 4
    assert found.counts.tolist() == [1, SEEN + 1, SEEN, SEEN]
    assert vocabulary(pl.Series("c", texts[::-1])).keys == found.keys


def test_a_text_that_few_rows_have_is_not_kept():
    """Privacy: four rows of a name leave it out of the bundle, five take it in."""
    assert vocabulary(pl.Series("c", ["Jane Doe"] * (SEEN - 1))).keys == ()
    assert vocabulary(pl.Series("c", ["Jane Doe"] * SEEN)).keys == ("Jane Doe",)


def test_missing_is_a_level_like_any_other():
    """A null and an empty text are one level, kept if it is frequent enough."""
    found = vocabulary(pl.Series("c", [None, ""] * SEEN + ["a"] * SEEN))
    assert found.keys == ("", "a")
    assert found.level.tolist() == [1] * 2 * SEEN + [2] * SEEN


def test_only_so_many_levels_are_kept(monkeypatch):
    """Beyond the largest vocabulary the least frequent levels join the rare one."""
    monkeypatch.setattr(of, "LARGEST", 2)
    found = vocabulary(pl.Series("c", ["a"] * SEEN + ["b"] * (SEEN + 1) + ["c"] * (SEEN + 2)))
    assert found.keys == ("c", "b")
    assert found.counts.tolist() == [SEEN, SEEN + 2, SEEN + 1]


def test_no_rows_have_no_levels_but_the_rare_one():
    """An empty column has the rare level alone."""
    found = vocabulary(pl.Series("c", [], dtype=pl.String))
    assert (found.keys, found.levels, found.counts.tolist()) == ((), 1, [0])


def test_a_level_is_looked_up_with_the_rare_one_first():
    """What was never seen, and what is like a level but for case or blanks, has the number of the rare level."""
    keys = vocabulary(pl.Series("c", ["a"] * (SEEN + 1) + ["ü"] * SEEN)).keys
    rows = pl.DataFrame({"c": ["ü", "a", "A", " a", "", "u\u0308"]})
    found = evaluate({"x": look_up(place("c", keys), np.array([-1.0, 10.0, 20.0]))}, rows)["x"]
    assert np.asarray(found)[:, 0].tolist() == [20.0, 10.0, -1.0, -1.0, -1.0, -1.0]


@given(st.lists(st.sampled_from(["", "a", "A", "ß", "ss", "a\n", "\x00"]), max_size=60))
def test_scoring_finds_the_level_of_training(texts):
    """Each fitted row has when scored the level that it had when fitted, and counts are those of the rows."""
    frame = pl.DataFrame({"c": texts}, schema={"c": pl.String})
    found = vocabulary(frame["c"])
    levels = look_up(place("c", found.keys), np.arange(found.levels, dtype=float))
    scored = np.asarray(evaluate({"x": levels}, frame)["x"]).reshape(-1) if texts else np.array([])
    assert scored.tolist() == found.level.tolist()
    assert found.counts.sum() == len(texts)


BOTH = Column(name="n", wire="number", role="feature", reason="", is_feature=True, reader={}, sense="both")  # type: ignore[typeddict-item]  # not read here
ODD = [np.nan, np.inf, -np.inf, 0.5, -0.0, 2.0**53, -(2.0**60), 1e300, 2.0**20, -(2.0**20), 7e9 + 0.5]


@given(
    st.lists(st.integers(-(2**52), 2**52), min_size=1, max_size=8, unique=True),
    st.lists(st.integers(-(2**52), 2**52).map(float) | st.sampled_from(ODD), max_size=20),
)
def test_whole_numbers_are_found_where_their_texts_would_be(keys: list[int], others: list[float]) -> None:
    """A number is the level of its text, from the first to the last digit; what is no whole number is no key."""
    rows = [float(key) for key in keys for _ in range(SEEN)] + [np.nan] * SEEN
    words, index = known_levels(BOTH, pl.Series("n", rows))
    assert sorted(words.keys) == sorted([*map(str, keys), ""])
    asked = [*map(float, keys), *(x for x in others if not np.isfinite(x) or abs(x) < 2.0**53)]
    got = np.asarray(evaluate({"at": index}, {"n": pl.Series("n", asked)})["at"])[:, 0]
    for x, at in zip(asked, got.tolist(), strict=True):
        text = str(int(x)) if np.isfinite(x) and x == np.floor(x) else ""
        if np.isfinite(x) and text == "":
            assert at in {len(words.keys), words.keys.index("")}
        else:
            assert at == (words.keys.index(text) if text in words.keys else len(words.keys))
    assert words.level[: SEEN * len(keys) : SEEN].tolist() == [words.keys.index(str(key)) + 1 for key in keys]
