"""A coalition is worth the mean of the graph over the background, with the row's values in the coalition's columns."""

from __future__ import annotations

import numpy as np
import pytest

from automl.explain.game import CHARACTERS, ROWS, Game, Player, rows_at_once

BACKGROUND = {
    "a": np.array([1.0, 2.0, 3.0]),
    "b": np.array([0.0, np.nan, 5.0]),
    "word": np.array(["x", "yy", ""], dtype=object),
}
PLAYERS = (Player(names=("a", "b"), columns=("a", "b")), Player(names=("word",), columns=("word",)))
ROW = {"a": np.array([10.0]), "b": np.array([20.0]), "word": np.array(["zzz"], dtype=object)}


def run(columns):
    """A graph of two numbers."""
    length = np.array([len(word) for word in columns["word"]], dtype=float)
    return np.column_stack((columns["a"] * length, np.nan_to_num(columns["b"])))


def test_coalitions_are_played_over_the_background():
    """Nobody is the background, everybody the row, and between them columns mix."""
    game = Game.over(BACKGROUND, PLAYERS, run)
    worths = game.worth(ROW, np.array([[False, False], [True, False], [False, True], [True, True]]))
    assert worths.tolist() == [[5 / 3, 5 / 3], [10.0, 20.0], [6.0, 5 / 3], [30.0, 20.0]]
    assert np.array_equal(game.base, worths[0])


def test_many_coalitions_go_through_in_parts():
    """What does not fit into one call is the same in several."""
    game = Game.over(BACKGROUND, PLAYERS, run)
    coalitions = np.random.default_rng(1).random((ROWS, 2)) < 0.5
    assert np.array_equal(game.worth(ROW, coalitions)[:5], game.worth(ROW, coalitions[:5]))


def test_background_rows_without_an_answer_are_left_out():
    """A row that lacks a cost has no number, and would leave none to anybody."""
    game = Game.over(BACKGROUND, PLAYERS, lambda columns: columns["b"][:, None])
    assert game.answers.tolist() == [[0.0], [5.0]]
    assert game.background["word"].tolist() == ["x", ""]
    with pytest.raises(ValueError, match="no row of the background"):
        Game.over(BACKGROUND, PLAYERS, lambda columns: np.full((len(columns["a"]), 1), np.nan))


def test_rows_that_come_out_alike_are_run_once():
    """Where the background has the row's value already it plays no part who has the column; gaps are alike, too."""
    seen = []

    def counted(columns):
        seen.append(len(columns["a"]))
        return run(columns)

    game = Game.over(BACKGROUND, PLAYERS, counted)
    row = {"a": np.array([2.0]), "b": np.array([np.nan]), "word": np.array(["x"], dtype=object)}
    everybody = np.array([[False, False], [True, False], [False, True], [True, True]])
    found = game.worth(row, everybody)
    assert seen[1:] == [2 + 2 + 4]
    assert found[3].tolist() == run(row)[0].tolist()


def test_long_texts_go_through_few_at_once():
    """A call copies the texts of each of its rows, so it takes no more characters than fit, and one row in any case."""
    seen = []

    def counted(columns):
        seen.append(sum(map(len, columns["word"])))
        return run(columns)

    game = Game.over(BACKGROUND, PLAYERS, counted)
    seen.clear()
    row = ROW | {"word": np.array(["z" * (CHARACTERS // 2)], dtype=object)}
    everybody = np.array([[False, False], [True, False], [False, True], [True, True]])
    assert game.worth(row, everybody)[3, 0] == 10.0 * (CHARACTERS // 2)
    assert max(seen) <= CHARACTERS
    assert rows_at_once(ROW) == ROWS
    assert rows_at_once({"word": np.array(["z" * (2 * CHARACTERS)], dtype=object)}) == 1
    assert rows_at_once({"age": np.array([1.0])}) == ROWS
