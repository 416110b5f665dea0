"""What a watch of money stands on is what the bundle promised, counted again from the rows that it keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from automl import Bundle
from automl.bundle.ages import UseRecord
from automl.monitor.money.ground import ground_of, promised, visible
from automl.monitor.money.ledger import Answered, LabelLedger, LogLossLedger, NumberLedger, SquaredLedger

BundleOf = Callable[[str], Bundle]
LEDGERS = {
    "rule": LabelLedger,
    "review": LabelLedger,
    "capacity": LabelLedger,
    "actions": LabelLedger,
    "no costs": LogLossLedger,
    "classes": LogLossLedger,
    "stock": NumberLedger,
    "numbers": SquaredLedger,
}


def test_each_objective_has_its_ledger(bundle_of: BundleOf, kind: str) -> None:
    """And the parts of the evidence, whose rows all have a truth and a saving."""
    found = ground_of(bundle_of(kind))
    assert found is not None
    assert type(found.ledger) is LEDGERS[kind]
    assert found.test is not None
    assert found.oof is not None
    assert found.test.y.size == 600
    assert np.isfinite(found.test.saved).all()
    assert found.test.bins.height == 600


@pytest.mark.parametrize("kind", ["rule", "review", "actions", "stock"])
def test_the_promise_is_the_saving_of_the_verdict(bundle_of: BundleOf, kind: str) -> None:
    """Against the same policy without a model, on the same test rows, but for what is clipped."""
    opened = bundle_of(kind)
    found, verdict = ground_of(opened), opened.manifest.verdict
    assert found is not None
    assert found.test is not None
    assert verdict is not None
    assert 1_000 * found.test.saved.mean() == pytest.approx(verdict.test_saving, rel=1e-4)
    given = promised(opened, found, "all")
    assert given is not None
    assert given.saving == pytest.approx(given.range.clipped(found.test.saved).mean())
    assert given.units == 600


def test_the_promise_is_that_of_the_ages_in_use(bundle_of: BundleOf) -> None:
    """A model that will be used when it is older saves less, and nobody promises more."""
    opened = bundle_of("rule")
    found, verdict = ground_of(opened), opened.manifest.verdict
    assert found is not None
    assert verdict is not None
    older = UseRecord(judged=1.0, used=2.0, saving=verdict.saving - 100.0)
    aged = cast("Bundle", SimpleNamespace(manifest=opened.manifest.model_copy(update={"in_use": older})))
    given, young = promised(aged, found, "all"), promised(opened, found, "all")
    assert given is not None
    assert young is not None
    assert given.saving == pytest.approx(young.saving - 0.1)
    assert given.error == young.error


def test_the_promise_is_of_rows_whose_label_can_come(bundle_of: BundleOf) -> None:
    """Of those acted on, or of those passed: together they are all."""
    opened = bundle_of("rule")
    found = ground_of(opened)
    assert found is not None
    whole, acted, passed = (promised(opened, found, labels) for labels in ("all", "acted", "passed"))
    assert whole is not None
    assert acted is not None
    assert passed is not None
    assert acted.units + passed.units == whole.units
    parts = acted.saving * acted.units + passed.saving * passed.units
    assert parts == pytest.approx(whole.saving * whole.units)


def test_labels_that_can_come_are_told_by_the_decision() -> None:
    """The first action passes, every other one acts."""
    rows = Answered(prediction=np.zeros((3, 1)), decision=np.array([0.0, 1.0, 2.0]), frame=None)  # type: ignore[arg-type]
    assert visible(rows, "all").tolist() == [True, True, True]
    assert visible(rows, "acted").tolist() == [False, True, True]
    assert visible(rows, "passed").tolist() == [True, False, False]


def test_a_bundle_without_judged_rows_promises_nothing(bundle: Path) -> None:
    """Neither costs nor test rows: money is not watched, and nothing is made up."""
    assert ground_of(Bundle.load(bundle)) is None
