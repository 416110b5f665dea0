"""What people, spreadsheets and programs read of an explanation, whatever the data is called."""

from __future__ import annotations

import json

import pytest

from automl.explain.counterfactual import Change, Counterfactual
from automl.explain.explanation import Explanation, Explanations, Money, Reason, Score, Words

EVIL = "<script>alert(1)</script>\x1b[2J\n=cmd()"
PLAIN = Words(columns={}, levels={}, most=2)


def one(**more: object) -> Explanation:
    """An explanation of a decision in money."""
    given: dict[str, object] = {
        "row": 3,
        "keys": {"id": "c7"},
        "decision": "decline",
        "score": Score(of="bad", value=0.5, base=0.2, error=0.01, spread=0.2),
        "money": Money(
            currency="EUR", cost=38, other="grant", other_cost=12_071, value=12_033, base=-20, error=1, spread=9
        ),
        "reasons": (
            Reason(names=("status",), cells=("A11",), score=0.25, score_error=0.01, money=12_000, money_error=1),
            Reason(names=("lat", "long"), cells=("1", ""), score=0.06, score_error=0.01, money=60, money_error=1),
            Reason(names=("logins",), cells=(), score=-0.01, score_error=0.01, money=-7, money_error=1),
        ),
        "counterfactual": Counterfactual(
            changes=(Change(column="status", cell="A14"),), size=1.0, decision="grant", complete=True
        ),
        "pairs": 8,
        "background": 64,
    }
    return Explanation(**(given | more))


def told(found: Explanation, words: Words = PLAIN) -> str:
    """Its story."""
    return Explanations(each=(found,), words=words).story()


def test_the_story_adds_up_for_people():
    """Decision, costs of both, a line for each of the first reasons, the others as one, and the other way."""
    assert told(one()).splitlines() == [
        "row 3: decline (probability of bad 0.5, of the background 0.2)",
        "  decline is expected to cost 38 EUR, grant 12,071 EUR: a difference of 12,033",
        "  the background                   +0.2           -20",
        "  status = A11                    +0.25       +12,000",
        "  lat = 1, long = missing         +0.06           +60",
        "  1 other                         -0.01            -7",
        "  It would be grant with status = A14 (a change of 1).",
        "  Standard error: 5.0% of the spread (8 pairs, 64 background rows).",
    ]


def test_columns_and_levels_have_the_words_of_the_spec():
    """What a column and its level are called stands in reasons and changes; others keep their names."""
    words = Words(columns={"status": "balance"}, levels={"status": {"A11": "overdrawn"}}, most=1)
    story = told(one(), words)
    assert "balance = overdrawn" in story
    assert "with balance = A14" in story
    assert "lat" not in story


def test_a_number_has_no_decision_and_no_money():
    """A prediction is explained by its number alone."""
    bare = tuple(Reason(names=("x",), cells=("1",), score=5e5, score_error=0.0) for _ in range(2))
    score = Score(of="", value=1e6, base=0.0, error=0.0, spread=0.0)
    story = told(one(decision=None, money=None, counterfactual=None, reasons=bare, score=score))
    assert story.splitlines()[0] == "row 3: prediction 1,000,000, of the background 0"
    assert "would be" not in story


@pytest.mark.parametrize(
    ("complete", "words"), [(True, "No change of one or two columns that may"), (False, "in the time")]
)
def test_that_nothing_was_found_is_said(complete, words):
    """No change at all, and none in the time there was, are two answers."""
    nothing = Counterfactual(changes=(), size=0.0, decision="", complete=complete)
    assert words in told(one(counterfactual=nothing))
    (row,) = Explanations(each=(one(counterfactual=nothing),), words=PLAIN).codes()
    assert (row["otherwise"], row["otherwise_decision"]) == ("", "")


def test_names_and_cells_cannot_harm_a_terminal():
    """V13: markup is text, an escape and a line break are shown and not obeyed, and length is bounded."""
    evil = Reason(names=(EVIL,), cells=(EVIL * 99,), score=1.0, score_error=0.0, money=1.0, money_error=0.0)
    found = one(decision=EVIL, keys={}, reasons=(evil,), score=Score(of=EVIL, value=1, base=0, error=0, spread=1))
    story = told(found, Words(columns={EVIL: EVIL}, levels={}, most=4))
    assert "\x1b" not in story
    assert max(map(len, story.splitlines())) < 400
    assert len(story.splitlines()) == len(told(one(reasons=(evil,))).splitlines())


def test_the_table_has_the_same_columns_for_each_row():
    """Keys first, or the number of the row; reasons that there are not are empty."""
    few = one(keys={}, reasons=one().reasons[:1])
    first, second = Explanations(each=(one(keys={}), few), words=PLAIN).codes()
    assert list(first) == list(second)
    assert (first["row"], second["reason_1"], second["reason_2"]) == (3, "status = A11", None)
    assert Explanations(each=(one(),), words=PLAIN).codes()[0]["id"] == "c7"


def test_json_has_all_of_it():
    """Every reason with its error and its words, however many people are told."""
    (found,) = json.loads(json.dumps(Explanations(each=(one(),), words=PLAIN).as_json()))
    assert [reason["words"] for reason in found["reasons"]] == ["status = A11", "lat = 1, long = missing", "logins"]
    assert found["money"]["other"] == "grant"
    assert found["counterfactual"]["words"] == "status = A14"
