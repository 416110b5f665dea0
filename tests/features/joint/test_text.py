"""Free text: counts of letters by hand, directions of its words, and texts without a known word."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.features.base import Survey
from automl.features.joint import text as module
from automl.features.joint.text import DIRECTIONS, PATTERNS, text
from automl.task import Task

WORDS = ["good dress", "bad fit", "good fit", "bad dress"] * 10
ODD = ["Two WORDS, 2 digits 34!?", "", "漢字 é", "a\nb", "🚀🚀"]


def fitted(columns, sample):
    return {one.feature.name: one for one in text.fit(columns, sample)}


def test_kinds_of_letters_are_counted(make_column, make_sample, values_on):
    """By hand; a letter of any script and an emoji are one character, a line break is one too."""
    found = fitted([make_column("t", "text")], make_sample(pl.DataFrame({"t": WORDS})))
    rows = pl.DataFrame({"t": ODD})
    counts = {name: values_on(found[f"t: {name}"], rows).tolist() for name in PATTERNS}
    assert counts == {
        "characters": [24.0, 0.0, 4.0, 3.0, 2.0],
        "words": [5.0, 0.0, 2.0, 2.0, 1.0],
        "digits": [3.0, 0.0, 0.0, 0.0, 0.0],
        "capitals": [6.0, 0.0, 0.0, 0.0, 0.0],
        "exclamations and questions": [2.0, 0.0, 0.0, 0.0, 0.0],
    }


def test_texts_without_a_common_word_have_counts_alone(make_column, make_sample, halves):
    """No word that enough rows have: no score, no direction, and what can be counted."""
    frame = pl.DataFrame({"t": [f"unique{i}" for i in range(20)]})
    found = fitted([make_column("t", "text")], make_sample(frame, [0, 1] * 10, folds=halves(20)))
    assert list(found) == [f"t: {name}" for name in PATTERNS]


def test_a_missing_text_is_an_empty_one(make_column, make_sample, halves):
    """A null among the texts that are fitted is a text without words."""
    cells = pl.DataFrame({"t": [*WORDS, None]}), pl.DataFrame({"t": [*WORDS, ""]})
    null, empty = (
        fitted([make_column("t", "text")], make_sample(frame, [1, 0, 1, 0] * 10 + [0], folds=halves(41)))
        for frame in cells
    )
    assert list(null) == list(empty)
    np.testing.assert_array_equal(null["text: score"].values, empty["text: score"].values)


def test_one_score_is_of_all_texts(make_column, make_sample, values_on, halves):
    """Two texts share a score, so that what one says the other need not; each has its own counts and directions."""
    frame = pl.DataFrame({"t": WORDS, "u": ["late", "late", "soon", "soon"] * 10})
    y = [float("bad" in t and u == "late") for t, u in frame.iter_rows()]
    columns = [make_column("t", "text"), make_column("u", "text")]
    found = fitted(columns, make_sample(frame, y, folds=halves(40)))
    assert [name for name in found if "score" in name] == ["text: score"]
    assert found["text: score"].feature.source == ("t", "u")
    both, *one = values_on(
        found["text: score"], pl.DataFrame({"t": ["bad", "bad", "good"], "u": ["late", "soon", "late"]})
    )
    assert both > max(one)


def test_directions_are_bounded_and_tell_words_apart(make_column, make_sample, values_on):
    """At most so many directions; texts of one word lie elsewhere than those of another."""
    found = fitted([make_column("t", "text")], make_sample(pl.DataFrame({"t": WORDS})))
    names = [name for name in found if "direction" in name]
    assert 0 < len(names) <= DIRECTIONS
    rows = pl.DataFrame({"t": ["good dress", "good dress", "bad fit", ""]})
    places = np.column_stack([values_on(found[name], rows) for name in names])
    np.testing.assert_array_equal(places[0], places[1])
    assert np.linalg.norm(places[0] - places[2]) > 0.5
    assert places[3] == pytest.approx(0.0)


def test_the_words_themselves_are_places_of_a_bag(make_column, make_sample, values_on):
    """Each place has the code of its word, the most frequent first; a place without a known word has the last one."""
    frame = pl.DataFrame({"t": [*WORDS, *["good"] * 5]})
    found = fitted([make_column("t", "text")], make_sample(frame))
    places = [one.feature for one in found.values() if one.feature.kind == "token"]
    assert [place.name for place in places] == ["t: bag 1, place 1", "t: bag 1, place 2"]
    assert {(place.listed, place.levels) for place in places} == {("t: bag 1", 5)}
    rows = pl.DataFrame({"t": ["good never", "", "seen Good good"]})
    codes = [values_on(found[place.name], rows).tolist() for place in places]
    assert codes == [[0.0, 4.0, 4.0], [4.0, 4.0, 0.0]]


def test_more_rows_have_fewer_places(make_column, make_sample, monkeypatch):
    """All bags together have no more cells in the matrix than are allowed; where none fits there is no place."""
    frame, columns = pl.DataFrame({"t": WORDS, "u": WORDS}), [make_column("t", "text"), make_column("u", "text")]
    for cells, places in ((4 * 40, 4), (4 * 40 - 1, 2), (79, 0)):
        monkeypatch.setattr(module, "MOST_CELLS", cells)
        found = fitted(columns, make_sample(frame))
        assert sum(one.feature.kind == "token" for one in found.values()) == places


def test_it_is_never_proposed(make_column):
    """Text is no option of the search: every plan has it."""
    columns = (make_column("t", "text"),)
    survey = Survey(columns=columns, frame=pl.DataFrame(), task=Task(kind="regression"), weight={}, together={})
    assert text.propose(survey) == ()
