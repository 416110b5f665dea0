"""A gap between groups of people is told at each look, and warned of where it is surely larger than the spec allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl import Bundle
from automl.bundle.write import finish, stage, staging
from automl.monitor.drift.bounds import spent
from automl.monitor.fairness import unfair
from automl.monitor.look import Finding, Scored
from automl.monitor.monitor import monitor
from automl.monitor.rows import scored
from automl.spec.data import Data
from automl.testing._bundle import raw_rows, small_contents

LIMITS = [{"column": "sex", "metric": "accuracy", "gap": 0.1}]
SEX = np.array(["f", "m"])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The small bundle, whose spec limits how far accuracy may differ by sex, which its graph does not read."""
    out = tmp_path_factory.mktemp("fair") / "fair.bundle"
    spec = {"objective": {"target": "bad"}, "limits": {"fairness": LIMITS}}
    stage(replace(small_contents(), spec=spec), staging(out))
    return Bundle.load(finish(staging(out), out, gates=(), verdict=None, card="# A card\n"))


@pytest.fixture(scope="module")
def rows(opened: Bundle) -> Scored:
    """Rows of both sexes."""
    draw = np.random.default_rng(3)
    return scored(opened, raw_rows().with_columns(sex=draw.choice(SEX, 500)), Data())[0]


def labelled(rows: Scored, right: dict[str, float], draw: np.random.Generator) -> Scored:
    """The rows with labels that the decisions meet in these shares by sex."""
    acts = (rows.answers["decision"] == "2").to_numpy()
    meets = draw.random(rows.n) < rows.raw["sex"].replace_strict(right, return_dtype=pl.Float64).to_numpy()
    return replace(rows, y=np.where(meets, acts, ~acts).astype(np.float64))


def told(opened: Bundle, rows: Scored, alpha: float = 0.03) -> Finding:
    """What is said of the one limit."""
    (found,) = unfair(opened, rows, alpha)
    return found


def test_a_gap_that_is_surely_too_large_is_a_warning(opened: Bundle, rows: Scored) -> None:
    """Right in 90 % of one group and in half of the other; the sentence names both, and what is sure."""
    found = told(opened, labelled(rows, {"f": 0.9, "m": 0.5}, np.random.default_rng(1)))
    assert (found.severity, found.kind, found.column) == ("warn", "fairness", "sex")
    assert "Fairness: accuracy by sex differs by" in found.sentence
    assert "surely by more than" in found.sentence
    assert 0.1 < found.evidence["least"] < found.evidence["gap"]


def test_what_may_be_chance_is_a_note(opened: Bundle, rows: Scored) -> None:
    """A gap of 0.15 in 100 rows is over the limit and not sure; a small one is within it."""
    unsure = told(opened, labelled(rows.take(np.arange(100)), {"f": 0.9, "m": 0.7}, np.random.default_rng(1)))
    assert unsure.evidence["gap"] > 0.1
    assert (unsure.severity, "may be chance" in unsure.sentence) == ("note", True)
    even = told(opened, labelled(rows, {"f": 0.8, "m": 0.8}, np.random.default_rng(1)))
    assert (even.severity, "within the gap of 0.1" in even.sentence) == ("note", True)


BROKEN: dict[str, tuple[Callable[[Scored], Scored], str]] = {
    "no column": (lambda rows: replace(rows, raw=rows.raw.drop("sex")), "The rows lack 'sex'"),
    "one group": (lambda rows: rows.take((rows.raw["sex"] == "f").to_numpy()), "nothing to compare"),
    "few labels": (lambda rows: rows.take(np.arange(40)), "nothing to compare"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_compared_is_said(opened: Bundle, rows: Scored, case: str) -> None:
    """A column that the rows lack, one group, groups of a few labels: notes."""
    change, said = BROKEN[case]
    found = told(opened, change(labelled(rows, {"f": 0.9, "m": 0.5}, np.random.default_rng(1))))
    assert (found.severity, said in found.sentence) == ("note", True)


def test_without_labels_or_limits_nothing_is_said(opened: Bundle, rows: Scored, bundle: Path) -> None:
    """There is nothing to compare, and nobody has asked."""
    assert not list(unfair(opened, rows, 0.03))
    assert not list(unfair(opened, replace(rows, y=np.full(rows.n, np.nan)), 0.03))
    labelled_rows = labelled(rows, {"f": 0.9, "m": 0.5}, np.random.default_rng(1))
    assert not list(unfair(Bundle.load(bundle), labelled_rows, 0.03))


def test_chance_alone_raises_no_alarm_in_a_life(opened: Bundle, rows: Scored) -> None:
    """Groups whose true gap is the limit itself: of 12 lives of 6 looks at most one warns."""
    draw, warned = np.random.default_rng(0), 0
    for _ in range(12):
        lives = (labelled(rows, {"f": 0.85, "m": 0.75}, draw) for _ in range(6))
        looks = [told(opened, each, spent(0.05, number)) for number, each in enumerate(lives, 1)]
        warned += any(found.severity == "warn" for found in looks)
    assert warned <= 1


def test_a_look_tells_it(opened: Bundle, rows: Scored) -> None:
    """From a frame and its labels; the column of the limit is not one that nothing reads."""
    seen = labelled(rows, {"f": 0.95, "m": 0.4}, np.random.default_rng(1))
    assert seen.y is not None
    watched, _ = monitor(opened, seen.raw, labels=pl.DataFrame({"id": seen.raw["id"], "bad": seen.y.astype(int) + 1}))
    findings = watched.looks[0].findings
    assert [found.severity for found in findings if found.kind == "fairness"] == ["warn"]
    assert "extra" not in {found.check for found in findings}
