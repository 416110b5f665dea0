"""Two bundles on the same rows: money with its interval, scores, and what changes for whom."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from automl.bundle.read import Bundle
from automl.errors import SpecError
from automl.monitor.compare import compare
from automl.report.compared import as_json, compared_text


@pytest.fixture(scope="module")
def acting(deciding):
    """Opens a bundle that acts from an age on."""
    return lambda age: Bundle.load(deciding(age))


@pytest.fixture(scope="module")
def found(acting, raw):
    """Bundles that act from 50 and from 30 on, on rows of whom those above 40 are bad."""
    age = raw["age"].cast(float, strict=False).fill_null(0.0).to_numpy()
    labelled = raw.with_columns(bad=np.where(age >= 40, "2", "1"))
    ticks = count()
    return compare(acting(50.0), acting(30.0), labelled, clock=lambda: next(ticks) * 1e-3), age


def test_money_is_what_was_paid(found):
    """Misses of 40 to 49 cost 70 each, false alarms of 30 to 39 cost 8: to the cent, within its interval."""
    said, age = found
    missed, alarmed = (((low <= age) & (age < low + 10)).sum() for low in (40, 30))
    assert said.one.cost == pytest.approx(1_000 * 70 * missed / age.size)
    assert said.other.cost == pytest.approx(1_000 * 8 * alarmed / age.size)
    assert said.saving == pytest.approx(said.one.cost - said.other.cost)
    assert said.low < said.saving < said.high
    assert said.regret == pytest.approx(8 * (missed + alarmed))
    assert (said.one.median_seconds, said.labelled) == (pytest.approx(1e-3), age.size)


def test_who_changes_is_told(found):
    """All moves are from "1" to "2", and the group that changes most lies around those ages."""
    said, age = found
    changed = ((age >= 30) & (age < 50)).sum()
    assert said.changed == changed
    assert said.moves == (("1", "2", changed),)
    assert said.groups[0].column == "age"
    assert said.groups[0].changed > changed / age.size
    text = compared_text(said)
    assert f"{changed:,} from 1 to 2" in text
    assert "The groups that change most:\n  age = " in text
    assert as_json(said)["other"]["size"] == said.other.size


def test_the_same_changes_nothing(acting, raw):
    """Without labels no money is told but that nothing can be lost."""
    ticks = count()
    said = compare(acting(50.0), acting(50.0), raw, clock=lambda: next(ticks) * 1e-3)
    assert (said.changed, said.groups, said.saving, said.regret, said.labelled) == (0, (), None, 0.0, 0)
    assert "saves" not in compared_text(said)


def test_other_questions_are_not_compared(acting, make_bundle, regression, raw, tmp_path):
    """Exit code 2: what is predicted is another thing."""
    with pytest.raises(SpecError, match="the other"):
        compare(
            acting(50.0),
            Bundle.load(make_bundle(regression, tmp_path / "b.bundle")),
            raw,
            clock=lambda: 0.0,
        )
