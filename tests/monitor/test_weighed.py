"""Each finding is told once, with what it costs; what is worth nothing is a note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.monitor.drift.drifts import Then
from automl.monitor.look import Finding, Scored
from automl.monitor.rows import scored
from automl.monitor.weighed import saving_of, told_once, weighed
from automl.spec.data import Data
from automl.testing._bundle import raw_rows


def found(check: str, column: str = "age", **evidence: float) -> Finding:
    """A warning of a column."""
    return Finding(kind="drift", check=check, severity="warn", sentence=check, column=column, evidence=evidence)


def checks(findings: list[Finding]) -> list[str]:
    """What is told."""
    return [each.check for each in findings]


def test_what_another_finding_explains_is_not_told_again() -> None:
    """Another unit lies far out, and what is missing or new moved the distribution, if by about as much."""
    assert checks(told_once([found("slip"), found("range")])) == ["slip"]
    assert checks(told_once([found("slip", "income"), found("range")])) == ["slip", "range"]
    gaps = found("missing", share=0.4, was=0.1)
    assert checks(told_once([gaps, found("numbers", distance=0.35)])) == ["missing"]
    assert checks(told_once([gaps, found("numbers", distance=0.6)])) == ["missing", "numbers"]
    assert checks(told_once([found("unseen", "job", share=0.5, was=0.0), found("levels", "job", distance=0.5)])) == [
        "unseen"
    ]


def test_a_change_that_is_worth_nothing_is_a_note(bundle: Path) -> None:
    """By a hundredth of the saving; a type or a score, which nothing maps back, stays what it is."""
    opened = Bundle.load(bundle)
    rows = scored(opened, raw_rows().with_columns(age=pl.lit("70")), Data())[0]
    known = Then.of(opened).columns

    def priced(saving: Callable[[Scored], float | None]) -> list[tuple[str, float | None]]:
        told = weighed(opened, rows, known, [found("numbers"), found("type"), found("numbers", "nobody")], saving)
        return [(each.severity, each.money) for each in told]

    assert priced(lambda _: 100.0) == [("note", 0.0), ("warn", None), ("warn", None)]
    assert priced(lambda _: None) == [("warn", None)] * 3

    def young(seen: Scored) -> float:
        return 100.0 if np.nanmean(seen.wire["age"].to_numpy()) < 65 else 90.0

    assert priced(young)[0] == ("warn", pytest.approx(10.0))


def test_a_broken_contract_that_costs_little_is_still_a_warning(bundle: Path) -> None:
    """Next week it may cost more; where nothing is answered otherwise, the model ignores the column."""
    opened = Bundle.load(bundle)
    rows = scored(opened, raw_rows().with_columns(age=pl.lit("70")), Data())[0]
    broken = replace(found("slip"), kind="contract", severity="act")

    def severity(saving: Callable[[Scored], float]) -> str:
        (told,) = weighed(opened, rows, Then.of(opened).columns, [broken], saving)
        return told.severity

    def little(seen: Scored) -> float:
        return 100.0 + 1e-3 * float(np.nanmean(seen.wire["age"].to_numpy()))

    assert severity(little) == "warn"
    assert severity(lambda _: 100.0) == "note"
    assert severity(lambda seen: 2.0 * little(seen) - 100.0 if seen is rows else -little(seen)) == "act"


def test_the_saving_is_that_of_the_look(
    bundle_of: Callable[[str], Bundle], rows_of: Callable[..., pl.DataFrame]
) -> None:
    """A mean over rows: that of the whole is the mean of its halves."""
    opened = bundle_of("rule")
    rows = scored(opened, rows_of(300, seed=2), Data())[0]
    whole = saving_of(opened)(rows)
    halves = [saving_of(opened)(rows.take(part)) for part in (np.arange(150), np.arange(150, 300))]
    assert whole == pytest.approx(sum(half for half in halves if half is not None) / 2)
