"""Champion and challenger are compared row by row, in money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.retrain.aging import Aging
from automl.retrain.paired import judged_rows, paired, saved_by_champion
from automl.spec import parse


def test_a_champion_is_not_better_than_itself(champion, judged):
    """The difference is nothing, and its lower bound lies below that."""
    found = paired(judged, champion, champion, parse(champion.manifest.spec), alpha=0.05)
    assert (found.difference, found.rows, found.currency) == (0.0, 300, "EUR")
    assert found.low < 0
    assert not found.better


def test_a_group_is_one_unit(champion, judged):
    """Rows of the same customer tell the same story again: the bound does not tighten with their number."""
    spec = parse(champion.manifest.spec)
    grouped = replace(judged, group=np.arange(300) // 30)
    found = paired(grouped, champion, champion, spec, alpha=0.05)
    assert (found.units, found.rows) == (10, 300)
    assert found.low < paired(judged, champion, champion, spec, alpha=0.05).low


def test_a_smaller_alpha_asks_for_more(champion, judged):
    """The bound falls with the part of alpha that is spent."""
    spec = parse(champion.manifest.spec)
    bounds = [paired(judged, champion, champion, spec, alpha=alpha).low for alpha in (0.05, 0.001)]
    assert bounds[1] < bounds[0]


def test_what_the_champion_saves_is_told(champion, judged):
    """It is a mean over the rows, the same as in the comparison."""
    found = paired(judged, champion, champion, parse(champion.manifest.spec), alpha=0.05)
    assert found.champion == pytest.approx(1_000 * saved_by_champion(judged))
    assert not found.decayed


def test_who_is_used_when_the_champion_is_older_may_lie_behind_it(champion, judged):
    """What the champion will lose by its age is added to the difference, with its own error; alpha is shared."""
    spec = parse(champion.manifest.spec)
    plain = paired(judged, champion, champion, spec, alpha=0.05)
    sure = paired(judged, champion, champion, spec, alpha=0.1, aging=Aging(mean=1e6, error=0.0))
    assert (sure.low, sure.alpha) == (plain.low, plain.alpha)
    assert sure.in_use == pytest.approx(plain.low + 1e6)
    assert sure.better
    assert not plain.better
    assert not paired(judged, champion, champion, spec, alpha=0.1, aging=Aging(mean=1e6, error=1e6)).better
    younger = paired(judged, champion, champion, spec, alpha=0.1, aging=Aging(mean=-1e6, error=0.0))
    assert younger.bound == younger.low


def test_a_champion_that_decayed_may_be_followed_by_one_as_good(champion, world):
    """Where it is shown to save less than it promised, the policy's tolerance holds; else it is of no account."""
    spec = parse(champion.manifest.spec)
    turned = judged_rows(champion, spec, world(300, seed=3, start=150, changed=True))
    found = paired(turned, champion, champion, spec, alpha=0.05, tolerance=1.0)
    assert found.decayed
    assert found.allowed > 0
