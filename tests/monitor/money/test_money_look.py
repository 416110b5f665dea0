"""One look at money: what stands on labels and what does not, and which of both may alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.monitor.look import MoneyLook, Scored, Window
from automl.monitor.money.money_look import NO_GROUND, look_at_money
from automl.monitor.rows import scored
from automl.spec.data import Data
from automl.spec.monitor import Monitor
from automl.testing._bundle import raw_rows

BundleOf = Callable[[str], Bundle]
RowsOf = Callable[..., pl.DataFrame]
ASKED = Monitor()


def seen(bundle: Bundle, raw: pl.DataFrame, y: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> Scored:
    """Rows with these labels."""
    return replace(scored(bundle, raw, Data())[0], y=y)


def look(bundle: Bundle, rows: Scored, asked: Monitor = ASKED) -> MoneyLook:
    """A first look at rows that are all due."""
    return look_at_money(bundle, Window(number=1, rows=rows), rows, asked, {})


def fraud(raw: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The labels of the rows as codes."""
    return (raw["fraud"] == "yes").to_numpy().astype(np.float64)


def test_without_labels_there_is_an_estimate_and_no_alarm(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """It says what it cannot see; labels that nobody gave are not told to be late."""
    opened = bundle_of("rule")
    found = look(opened, seen(opened, rows_of(600, seed=2), None))
    assert found.unlabelled is not None
    assert (found.labelled, found.running, found.reliability, found.crossed) == (None, None, (), ())
    assert [each.check for each in found.findings] == ["concept"]


def test_labels_say_what_was_saved_and_where(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """With all of them there is no doubt; calibration and cells stand on the same rows, and cells sum to the saving."""
    opened, raw = bundle_of("rule"), rows_of(600, seed=2)
    found = look(opened, seen(opened, raw, fraud(raw)))
    assert found.labelled is not None
    assert found.labelled.low == found.labelled.value == found.labelled.high
    assert sum(one.rows for one in found.crossed) == sum(one.rows for one in found.reliability) == 600
    assert sum(one.saving for one in found.crossed) == pytest.approx(found.labelled.value)
    assert {each.check for each in found.findings} <= {"clipped"}


def test_several_classes_are_judged_by_the_likeliest(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """Actions against truths, and whether the likeliest class came true as often as was said."""
    opened, raw = bundle_of("actions"), rows_of(600, seed=2)
    codes = raw["fault"].replace_strict({"major": 0.0, "minor": 1.0, "none": 2.0}).to_numpy()
    found = look(opened, seen(opened, raw, codes))
    assert {one.decision for one in found.crossed} == {"run", "inspect"}
    assert {one.truth for one in found.crossed} == {"none", "minor", "major"}
    assert min(one.predicted for one in found.reliability) >= 1 / 3
    off = [abs(one.predicted - one.seen) for one in found.reliability]
    assert np.mean(off) < 0.15


def test_only_labels_ask_to_act(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """Turned labels: what was promised is lost, and the estimate without them sees nothing of it."""
    opened, raw = bundle_of("rule"), rows_of(2_000, seed=2)
    found = look(opened, seen(opened, raw, 1.0 - fraud(raw)))
    assert "act" in {each.severity for each in found.findings if each.check == "saving"}
    assert "expected saving" not in {each.check for each in found.findings}
    assert found.running is not None
    assert found.running.high < 0
    assert any("lose at least" in each.sentence for each in found.findings)


def test_rows_whose_label_cannot_come_leave_bounds(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """Labels of those acted on alone: the interval holds the saving of all, and a stated odds ratio narrows it."""
    opened, raw = bundle_of("rule"), rows_of(600, seed=2)
    whole = look(opened, seen(opened, raw, fraud(raw))).labelled
    rows = seen(opened, raw, fraud(raw))
    passed = (rows.answers["decision"] == "no").to_numpy()
    hidden = replace(rows, y=np.where(passed, np.nan, fraud(raw)))
    wide = look(opened, hidden, Monitor(labels="acted")).labelled
    narrow = look(opened, hidden, Monitor(labels="acted", odds_ratio=2.0)).labelled
    assert whole is not None
    assert wide is not None
    assert narrow is not None
    assert wide.low <= narrow.low <= whole.value <= narrow.high <= wide.high


def test_sequences_go_on_from_the_state(bundle_of: BundleOf, rows_of: RowsOf) -> None:
    """The second look has the rows of both; what is remembered is plain."""
    opened, raw = bundle_of("rule"), rows_of(600, seed=2)
    rows = replace(seen(opened, raw, fraud(raw)), time=np.arange(600) * 1e9)
    later = replace(rows, time=np.arange(600) * 1e9 + 700e9)
    first = look(opened, rows)
    second = look_at_money(opened, Window(number=2, rows=later, end=2e12), later, ASKED, first.state)
    assert first.running is not None
    assert second.running is not None
    assert (first.running.rows, second.running.rows) == (600, 1_200)


def test_a_bundle_without_rows_says_so(bundle: Path) -> None:
    """And what to do about it."""
    opened = Bundle.load(bundle)
    found = look(opened, scored(opened, raw_rows(), Data())[0])
    assert [each.sentence for each in found.findings] == [NO_GROUND]
