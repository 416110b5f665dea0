"""Faults injected as SQLite does: a seeded sample here, all points in benchmarks/fault_points.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from automl.testing._fault_stories import STORIES, Told, cuts, faults, inside, told, try_cut, try_fault

SAMPLE = {"fit over a bundle": 2, "finish": 1, "predict to out.csv": 2, "predict to out.parquet": 1, "export to zip": 4}


@pytest.fixture(scope="module", params=SAMPLE)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, Path]]:
    """A story that was told once without a fault, and its folder."""
    root = tmp_path_factory.mktemp("story")
    with inside(root):
        yield told(next(each for each in STORIES if each.name == request.param), root), root


def test_a_call_that_fails_loses_nothing(story: tuple[Told, Path]) -> None:
    """R08: the old state or the whole new one stands, the exit code is 6, and the command goes on when given again."""
    once, root = story
    points = faults(once)
    drawn = np.random.default_rng(18).choice(len(points), SAMPLE[once.story.name], replace=False)
    lost = {str(points[index]): try_fault(once, root, points[index]) for index in drawn}
    assert {point: what for point, what in lost.items() if what} == {}


def test_a_power_cut_loses_nothing(story: tuple[Told, Path]) -> None:
    """What was not synced is lost, singly or all together: the old state or the whole new one opens and verifies."""
    once, root = story
    images = list(cuts(once, root).items())
    drawn = np.random.default_rng(18).choice(len(images), SAMPLE[once.story.name], replace=False)
    lost = {images[index][1]: try_cut(once, root, dict(images[index][0])) for index in drawn}
    assert {point: what for point, what in lost.items() if what} == {}
