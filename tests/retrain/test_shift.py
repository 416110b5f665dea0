"""Labels that nobody can learn stop a promotion, a changed world that can be learned does not (M04)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.retrain.shift import Learned, Shift, learned_by, skill
from automl.task import Task

RNG = np.random.default_rng(0)
SCORE = 2.0 * RNG.normal(size=2_000)
CHANCE = 1.0 / (1.0 + np.exp(-SCORE))
Y = (RNG.random(2_000) < CHANCE).astype(np.float64)


def _skill(chance, y):
    return skill(chance[:, None], y, numbers=False)


def test_skill_is_the_share_of_a_constants_loss():
    """A model that knows all has 1, the base rate 0, one that is surely wrong less than nothing."""
    assert _skill(Y * 0.9998 + 0.0001, Y).skill > 0.99
    assert abs(_skill(np.full(Y.size, Y.mean()), Y).skill) < 1e-12
    assert _skill(1.0 - CHANCE, Y).skill < 0


def test_skill_of_numbers_is_that_of_squares():
    """It is the coefficient of determination."""
    found = skill(SCORE[:, None] * 0.5, SCORE, numbers=True)
    assert found.skill == pytest.approx(1.0 - np.mean((0.5 * SCORE) ** 2) / np.var(SCORE), abs=1e-3)


def test_skill_holds_still_where_the_base_rate_moves():
    """Rows of one label drawn less often move the loss of any model, and hardly the skill of a calibrated one."""
    kept = (Y == 0) | (RNG.random(Y.size) < 0.5)
    odds = CHANCE[kept] / (1.0 - CHANCE[kept]) * 0.5
    assert _skill(odds / (1.0 + odds), Y[kept]).skill == pytest.approx(_skill(CHANCE, Y).skill, abs=0.1)


def test_flipped_labels_are_broken():
    """With 30 % of them turned round the champion errs, and who learns them anew does not come back."""
    flipped = np.where(RNG.random(Y.size) < 0.3, 1.0 - Y, Y)
    learned = 0.3 + 0.4 * CHANCE  # the best that anybody can know of them
    found = Shift(before=_skill(CHANCE, Y), now=_skill(CHANCE, flipped), again=_skill(learned, flipped))
    assert found.jumped
    assert "broken labels cannot" in (found.broken or "")


def test_one_label_for_all_is_broken():
    """Nothing can be learned of a label that is always the same."""
    ones = np.ones(Y.size)
    found = Shift(before=_skill(CHANCE, Y), now=_skill(CHANCE, ones), again=_skill(np.full(Y.size, 0.999), ones))
    assert found.broken


def test_a_refit_that_knows_too_well_has_found_the_answer():
    """A target that leaked into a column makes a model better than any that there was."""
    leaked = np.where(Y == 1, 0.99, 0.01)
    found = Shift(before=_skill(CHANCE, Y), now=_skill(CHANCE, Y), again=_skill(leaked, Y))
    assert found.leaked
    assert "found the answer among the columns" in (found.broken or "")


def test_a_changed_world_can_be_learned():
    """The champion is wrong, and who learns the new rule is as good as it was."""
    turned = (RNG.random(Y.size) < 1.0 - CHANCE).astype(np.float64)
    found = Shift(before=_skill(CHANCE, Y), now=_skill(CHANCE, turned), again=_skill(1.0 - CHANCE, turned))
    assert found.jumped
    assert found.broken is None


def test_the_same_world_is_no_shift():
    """Another draw of the same rows contradicts nobody."""
    again = (RNG.random(Y.size) < CHANCE).astype(np.float64)
    found = Shift(before=_skill(CHANCE, Y), now=_skill(CHANCE, again), again=_skill(CHANCE, again))
    assert not found.jumped
    assert found.broken is None


def test_without_a_refit_nothing_is_said():
    """Who has learned nothing anew tells nothing of the labels."""
    far = Learned(skill=-1.0, error=0.01, rows=100)
    assert Shift(before=Learned(skill=0.5, error=0.01, rows=100), now=far).broken is None


def test_what_a_refit_learned_is_told_by_the_later_rows():
    """The good labels of old rows, which challengers learn from too, do not hide that the new ones are broken."""
    flipped = np.where((RNG.random(Y.size) < 0.3) & (np.arange(Y.size) >= 1_500), 1.0 - Y, Y)
    rows = Rows(frame=pl.DataFrame({"x": SCORE}), raw=pl.DataFrame({"x": SCORE}), y=flipped, time=np.arange(2_000.0))
    oof = OutOfFold.of(CHANCE[:, None], rows, Task(kind="binary", classes=2), seed=0)
    assert learned_by(oof).skill > learned_by(oof, after=1_499.0).skill + 0.1
    assert learned_by(oof, after=1_499.0).rows == 500
    assert learned_by(oof, after=2_000.0) is None
