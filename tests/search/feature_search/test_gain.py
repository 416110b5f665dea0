"""What counts as a gain of further columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from automl.search.feature_search.gain import gain, row_losses
from automl.search.feature_search.probe import Probed
from automl.search.feature_search.probe_rows import draw_rows
from automl.search.problem import Problem
from automl.spec import Spec

DAY = 86_400e6


def over_time(problem: Problem, *, judged: int, horizon: float | None = None) -> Problem:
    rows = replace(problem.rows, time=np.arange(problem.rows.n) * DAY)
    return replace(problem, rows=rows, judged=judged, horizon=horizon)


def probed(losses: list[np.ndarray]) -> list[Probed]:
    return [Probed(loss=loss, weight=np.zeros(1), together={}) for loss in losses]


def test_a_gain_has_to_show_in_every_window(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]
) -> None:
    """A large gain in one window is the luck of its weather."""
    drawn = draw_rows(over_time(make_problem(make_spec(trials=1)), judged=72), 1e-9)
    draw = np.random.default_rng(0)
    before = [np.ones(len(fold.valid)) + 0.1 * draw.normal(size=len(fold.valid)) for fold in drawn.folds]

    def saving(*saved: float) -> tuple[float, float]:
        after = [lost - share - 0.1 * draw.normal(size=len(lost)) for lost, share in zip(before, saved, strict=True)]
        return gain(drawn, row_losses(drawn, probed(before)), row_losses(drawn, probed(after)))

    share, errors = saving(0.5, 0.0)
    assert share == pytest.approx(0.25, abs=0.05)
    assert errors < 2.0
    share, errors = saving(0.5, 0.5)
    assert share == pytest.approx(0.5, abs=0.05)
    assert errors > 10.0


def test_weighted_rows_count_by_their_weight(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem]
) -> None:
    """What is saved on rows of weight 2 counts twice."""
    drawn = draw_rows(make_problem(make_spec(trials=1), weighted=True), 1e-9)
    assert drawn.rows.weight is not None
    heavy = drawn.rows.weight == 2.0
    before = np.ones(drawn.rows.n)
    share, _ = gain(drawn, before, np.where(heavy, 0.5, 1.0))
    assert share == pytest.approx(0.5 * 2 * heavy.sum() / (2 * heavy.sum() + (~heavy).sum()))


@pytest.mark.parametrize("factor", [2.0**-60, 2.0**60])
def test_a_gain_is_the_same_in_every_unit(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], factor: float
) -> None:
    """Losses in other units save the same share by as many standard errors."""
    drawn = draw_rows(make_problem(make_spec(trials=1)), 1e-9)
    draw = np.random.default_rng(0)
    before, after = draw.uniform(1.0, 2.0, drawn.rows.n), draw.uniform(0.9, 1.9, drawn.rows.n)
    assert gain(drawn, before * factor, after * factor) == gain(drawn, before, after)
