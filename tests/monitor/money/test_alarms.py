"""What of money is worth a word: an alarm of labels, warnings of the rest, and a loss that reads as one."""

from __future__ import annotations

import numpy as np
import pytest

from automl.monitor.money.alarms import due_findings, estimate_findings, running_findings, threshold
from automl.monitor.money.courses import Bound
from automl.monitor.money.promise import Promise, Range
from automl.monitor.money.unlabelled import Estimated
from automl.spec.monitor import Monitor

ASKED = Monitor()
GIVEN = Promise(saving=0.5, error=0.01, variance=1.0, units=10_000, range=Range(low=-1.0, high=2.0))


def bound(high: float) -> Bound:
    """A sequence with this upper bound."""
    return Bound(since=0.0, n=500, mean=high - 0.1, low=high - 0.2, high=high)


def estimated(saving: float, effective: float | None = 500.0) -> Estimated:
    """An estimate of this saving, a tenth to both sides."""
    return Estimated(saving=saving, low=saving - 0.1, high=saving + 0.1, rows=1_000, effective=effective)


def test_the_promise_is_broken_below_its_lower_end_less_what_is_tolerated() -> None:
    """A tenth of the lower end; of a promised loss a tenth more loss."""
    low = GIVEN.low(ASKED.alpha / 2)
    assert threshold(GIVEN, ASKED) == pytest.approx(0.9 * low)
    lost = Promise(saving=-0.5, error=0.01, variance=1.0, units=10_000, range=GIVEN.range)
    assert threshold(lost, ASKED) == pytest.approx(1.1 * lost.low(ASKED.alpha / 2))


def test_only_a_sequence_that_lies_below_it_alarms() -> None:
    """The worst of them; one that touches the promise does not, and none says nothing."""
    least = threshold(GIVEN, ASKED)
    assert not list(running_findings(GIVEN, (bound(least), bound(0.6)), ASKED, "EUR"))
    assert not list(running_findings(GIVEN, (), ASKED, "EUR"))
    (found,) = running_findings(GIVEN, (bound(0.6), bound(0.3)), ASKED, "EUR")
    assert (found.severity, found.kind, found.money) == ("act", "money", pytest.approx(300.0))
    assert "labels came save at most 300 EUR per 1,000 rows; promised were 500 EUR" in found.sentence


def test_an_alarm_of_loss_reads_as_one() -> None:
    """What is saved at most below 0 is lost at least."""
    (found,) = running_findings(GIVEN, (bound(-0.2),), ASKED, "EUR")
    assert "The rows whose labels came lose at least 200 EUR per 1,000 rows; promised" in found.sentence
    warned, *_ = estimate_findings(GIVEN, estimated(-0.3), ASKED, "EUR")
    assert "to lose 300 EUR per 1,000 rows, and lose at least 200 EUR per 1,000 rows" in warned.sentence
    mixed, *_ = estimate_findings(GIVEN, estimated(-0.05), ASKED, "")
    assert "to lose 50 per 1,000 rows, and save at most 50 per 1,000 rows" in mixed.sentence


def test_an_estimate_without_labels_warns_and_says_on_how_little_it_stands() -> None:
    """Below the promise it is a warning, never an act; few alike rows of evidence are a note, and so are none."""
    assert not list(estimate_findings(GIVEN, estimated(0.5), ASKED, "EUR"))
    (low,) = estimate_findings(GIVEN, estimated(0.3), ASKED, "EUR")
    assert (low.severity, low.check) == ("warn", "expected saving")
    for effective, said in ((40.0, "40 rows of the evidence"), (None, "0 rows of the evidence")):
        (few,) = estimate_findings(GIVEN, estimated(0.5, effective), ASKED, "EUR")
        assert (few.severity, said in few.sentence) == ("note", True)


def test_labels_that_are_due_and_did_not_come_are_told() -> None:
    """From a twentieth of the rows on."""
    saved = np.full(100, 0.5)
    saved[:4] = np.nan
    assert not list(due_findings(GIVEN, saved))
    saved[:6] = np.nan
    (late,) = due_findings(GIVEN, saved)
    assert (late.severity, late.check, late.evidence["unknown"]) == ("warn", "labels due", pytest.approx(0.06))
    assert not list(due_findings(GIVEN, np.empty(0)))


def test_money_beyond_the_bounds_is_told() -> None:
    """From a hundredth on: a note where it is that of a few rows, a warning where it is surely so."""
    (few,) = due_findings(GIVEN, np.append(np.full(99, 0.5), 4.0))
    assert (few.severity, few.check) == ("note", "clipped")
    assert few.evidence["share"] == pytest.approx(2.0 / 53.5)
    (many,) = due_findings(GIVEN, np.tile([0.5, 0.5, 0.5, 4.0], 100))
    assert (many.severity, many.evidence["share"]) == ("warn", pytest.approx(2.0 / 5.5))
    assert not list(due_findings(GIVEN, np.append(np.full(999, 0.5), 4.0)))
