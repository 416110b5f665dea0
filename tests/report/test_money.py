"""The verdict in money as sentences: what mistakes cost, what is saved, and what that hangs on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.bundle.manifest import plain
from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.break_even import BreakEven
from automl.decide.verdict.verdict import CellCost
from automl.report.card import card as model_card
from automl.report.money import capacity, running, span, taken, verdict_story

record = VerdictRecord.model_validate


def story(facts: dict) -> str:
    """The lines of a story as one."""
    return " ".join(" ".join(verdict_story(record(facts))).split())


def test_costs_that_differ_by_row_are_told_as_such(manifest, good):
    """The mean with its formula; what changes is told as a factor, because there is no one amount."""
    amounts = (good.amounts[0], CellCost(cell="false_negative", cost=512, formula="loan * 0.8"))
    pays = BreakEven(cell="false_positive", low=0.36, high=4.66, factor=True)
    facts = plain(replace(good, amounts=amounts, break_even=pays))
    assert "false_negative 512 on average (loan * 0.8)" in story(facts)
    assert "while false_positive costs more than 0.36 times and less than 4.66 times what it does." in story(facts)
    assert "If false_negative were 2 times as much, the saving" in story(facts)
    assert r"| false\_negative, on average: loan \* 0.8 | 512 |" in model_card(manifest | {"verdict": facts})


def test_the_verdict_reads_as_a_story(verdict, golden):
    """What a mistake costs, what doing nothing costs, what the model saves, how sure that is, what it hangs on."""
    golden("verdict.txt", "\n".join(verdict_story(record(verdict))) + "\n")


def test_names_cannot_forge_a_line_of_the_story(verdict):
    """S08: control characters and line breaks of an action's name are written out."""
    odd = verdict | {"policies": [{"action": "a\nworth: yes\x1b[2J\u2028b", "cost": 1.0}], "currency": "E\rUR"}
    told = verdict_story(record(odd))
    assert not any(character in entry for entry in told for character in "\n\r\x1b\u2028")


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(1, None, "costs more than 1 EUR."), (None, 5, "costs less than 5 EUR."), (None, None, "whatever")],
)
def test_a_break_even_may_be_open_on_either_side(verdict, low, high, told):
    """No bound is told as none."""
    facts = verdict | {"break_even": {"cell": "false_positive", "low": low, "high": high}}
    assert told in "\n".join(verdict_story(record(facts)))


def test_without_a_currency_amounts_have_no_unit(verdict):
    """`1,000 rows cost:` and a span in plain numbers, without a space too many."""
    told = story(verdict | {"currency": ""})
    assert "1,000 rows cost:" in told
    assert "costs more than 36.3 and less than 466." in told
    assert "EUR" not in told.replace(verdict["reason"], "")


def test_the_test_part_is_told_where_more_rows_were_counted(verdict):
    """With test rows alone there is nothing to tell apart."""
    assert "On the test part alone it saves 25,600 (14,800 to 35,600)." in story(verdict)
    assert "On the test part alone" not in story(verdict | {"test_rows": verdict["rows"]})


def test_costs_of_a_number_are_of_a_unit(verdict):
    """Regression: too small and too large are priced by the unit; an amount of 0 is not listed."""
    amounts = [{"cell": "under", "cost": 3.0}, {"cell": "over", "cost": 0.0}]
    assert "Each unit costs EUR: under 3." in story(verdict | {"amounts": amounts})


def test_the_rule_in_use_now_is_shown(verdict):
    """Today's rule stands among the policies under its own name, and as the expression that it is."""
    rule = {"action": "today's rule", "cost": 50_000.0, "rule": "amount > 900"}
    told = story(verdict | {"policies": [*verdict["policies"], rule]})
    assert "Today's rule acts where amount > 900." in told
    assert "always 'today's rule'" not in told
    assert "always 'decline'" in told


def test_what_changes_the_verdict_is_told(verdict):
    """Of the cases only those that end otherwise than the verdict are worth a sentence."""
    told = story(verdict)
    assert "If false_negative were 1,000, the saving would be -320 to 1,480: deploying would not be shown" in told
    assert "were 250" not in told


def test_several_actions_are_counted(verdict):
    """How often each is taken is told from three actions on."""
    shares = [{"action": name, "share": share} for name, share in (("pass", 0.5), ("block", 0.125), ("review", 0.375))]
    assert (
        taken(record(verdict | {"taken": shares}))
        == "It decides 'pass' on 50.0%, 'block' on 12.5% and 'review' on 37.5% of the rows."
    )
    assert "It decides" in story(verdict | {"taken": shares})
    assert "It decides" not in story(verdict | {"taken": shares[:2]})


def test_running_it_costs_money(verdict):
    """From how many rows on the model pays for itself, if ever."""
    facts = verdict | {"running": {"cost": 120.0, "pays_from": "5,000"}}
    assert running(record(facts)) == "Running it costs 120 EUR of that; it pays from 5,000 rows on."
    assert running(record(facts | {"running": {"cost": 120.0, "pays_from": None}})).endswith("; it pays at no volume.")
    assert "it pays from 5,000 rows on" in story(facts)


def test_a_capacity_is_told_row_by_row_and_ranked(verdict):
    """The limit, what the room costs, and how often it was used; a share of its own is not repeated."""
    limit = {"most": "200 per 1d", "action": "block", "share": 0.05, "price": 12.0, "at_price": 0.048, "ranked": 0.05}
    facts = verdict | {"capacity": {"limits": [limit], "at_price": 900.0, "ranked": 850.0}}
    lines = capacity(record(facts))
    assert lines[0] == (
        "At most 200 per 1d of the rows can be 'block' (0.05 of them): row by row, where it saves more than 12 EUR, "
        "which was so on 4.80% of the test rows; in a batch, by ranking its rows (5.00%)."
    )
    assert lines[1:] == ["1,000 test rows cost 900 EUR row by row, 850 EUR ranked.", "The verdict counts row by row."]
    share = verdict | {"capacity": {"limits": [limit | {"most": "5%"}], "at_price": 900.0, "ranked": 850.0}}
    assert "of them" not in capacity(record(share))[0]
    assert capacity(record(verdict)) == []


def test_no_span_is_no_sentence(verdict):
    """Without a break-even nothing is said of one."""
    assert span(record(verdict | {"break_even": None})) == ""
    assert "save money" not in story(verdict | {"break_even": None})
