"""What the audit says of other tables: counts that add up, what was left out and why, and the time it took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.budget import Deadline
from automl.data.last_words import MAIN_ALONE, NO_TIME
from automl.search.relational_search.choose import Chosen
from automl.search.relational_search.findings import Account, told
from automl.search.relational_search.screen import Screen
from automl.search.relational_search.share import Share
from automl.task import Task


@pytest.fixture
def account() -> Account:
    """Ten features: two constant, one a copy, three too weak, four kept; three of twelve seconds."""
    deadline = Deadline(seconds=12.0, start=0.0, clock=lambda: 3.0)
    return Account(
        proposed=10,
        kept=4,
        untried=0,
        gain=0.125,
        errors=2.5,
        screen=Screen(y=np.zeros(3), task=Task(kind="binary", classes=2), kept=(), excludes=True, constant=2, copies=1),
        chosen=Chosen(weight={}, gain=0.1, errors=2.0, untried=0, weak=3, probing=0.0, bare=False),
        share=Share(deadline=deadline, start=0.0, seconds=4.0),
    )


def test_all_is_counted(account: Account) -> None:
    """One line, with its evidence: the gain is that of the proof."""
    (said,) = told(account)
    assert said.check == "computed"
    assert "left out: 2 constant, 1 that say the same as another, 3 that tell too little" in said.text
    assert "4 are kept: 12.50% less loss out of fold than with the main table alone, 2.5 standard errors" in said.text
    assert said.evidence == {
        "proposed": 10,
        "constant": 2,
        "copies": 1,
        "noise": 3,
        "untried": 0,
        "kept": 4,
        "gain": 0.125,
        "errors": 2.5,
        "seconds": 3.0,
        "share": 0.25,
    }


def test_equal_runs_say_the_same(account: Account) -> None:
    """Where work is counted, no seconds are told."""
    counted = replace(account, share=replace(account.share, seconds=np.inf))
    assert not {"seconds", "share"} & set(told(counted)[0].evidence)


def test_tables_that_are_left_out_are_last_words(account: Account) -> None:
    """With what they would have cost."""
    said = told(replace(account, kept=0, gain=-0.01, errors=-0.5))
    assert [finding.check for finding in said] == ["computed", MAIN_ALONE]
    assert "1.00% more loss out of fold than with the main table alone, -0.5 standard errors" in said[1].text


def test_what_there_was_no_time_for_is_said(account: Account) -> None:
    """With what gives more."""
    said = told(replace(account, untried=6))
    assert [finding.check for finding in said] == ["computed", NO_TIME]
    assert "no time for 6 of 10 features of other tables: budget.time and recipe.relational_search" in said[1].text


def test_a_leak_is_named(account: Account) -> None:
    """D06: the column, how well it alone predicts, and how to keep it."""
    screen = replace(account.screen, leaks={"last(log.y)": 0.9999})
    said = told(replace(account, screen=screen))
    assert (said[1].check, said[1].column) == ("leak", "last(log.y)")
    assert "alone predicts the target with AUC 0.9999: it is left out; data.audit.keep keeps it" in said[1].text
