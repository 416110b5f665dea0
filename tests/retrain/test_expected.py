"""A retraining is asked to bring back its price."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.retrain.attempts import Attempts
from automl.retrain.expected import expected
from automl.retrain.paired import judged_rows

NONE = Attempts(path=Path("loans.challenges.jsonl"), number=1)


def test_a_champion_that_saves_less_than_promised_says_what_there_is_to_gain(contest, world):
    """Rows to come times what a row saves less: 5 a day in a month are 150."""
    asked = contest(world(500, seed=4, start=150, changed=True), price=1.0)
    found = expected(asked, judged_rows(asked.champion, asked.spec, asked.rows.judged.frame), NONE)
    assert found.rows == pytest.approx(150, rel=0.1)
    assert found.gain > 0
    assert found.brings == pytest.approx(found.rows * found.gain / 1_000)
    assert found.worth
    assert "what the champion saves less than it promised" in found.sentence


def test_earlier_challengers_may_say_more_than_a_promise(contest, world):
    """Their mean is what the next one is expected to bring; the rows may be told instead of counted."""
    asked = contest(world(500, seed=4, start=150), price=10_000.0, rows="100 per 1d", pays_within="10d")
    attempts = Attempts(path=NONE.path, number=3, gains=(3_000.0, 1_000.0))
    found = expected(asked, judged_rows(asked.champion, asked.spec, asked.rows.judged.frame), attempts)
    assert (found.gain, found.rows, found.brings) == (2_000.0, 1_000.0, 2_000.0)
    assert not found.worth


def test_challengers_that_brought_nothing_do_not_end_retraining(contest, world):
    """They were tried before the world changed: what the champion loses now still says what there is to gain."""
    asked = contest(world(500, seed=4, start=150, changed=True), price=1.0)
    judged = judged_rows(asked.champion, asked.spec, asked.rows.judged.frame)
    tried = Attempts(path=NONE.path, number=3, gains=(-30.0, 0.0))
    assert expected(asked, judged, tried) == expected(asked, judged, NONE)
    assert expected(asked, judged, tried).worth
