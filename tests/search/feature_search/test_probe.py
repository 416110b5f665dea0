"""A small booster on some columns, and what it made of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl.learners.base import FeatureInfo
from automl.search.feature_search.probe import Probe, Probed, run
from automl.task import Task

N = 600
DRAW = np.random.default_rng(0)
A, B, NOISE = DRAW.normal(size=(3, N))


def probed(folder: Path, y: np.ndarray, task: Task, **more: object) -> Probed:
    """Of three columns: two that may count, one of noise; half of the rows predict the other half."""
    np.save(folder / "x.npy", np.column_stack([A, B, NOISE]))
    np.save(folder / "y.npy", y)
    return run(
        probe=Probe(
            files=(str(folder / "x.npy"),),
            features=tuple(FeatureInfo(name=name, kind="number") for name in ("a", "b", "noise")),
            y=str(folder / "y.npy"),
            fit=np.arange(0, N, 2),
            valid=np.arange(1, N, 2),
            task=task,
            seed=0,
            seconds=60.0,
            **{"weight": None, **more},  # type: ignore[arg-type]  # as named
        )
    )


def test_what_counts_weighs_more_than_noise(tmp_path: Path) -> None:
    """Weights sum to 1, and columns that a split of the other one meets weigh together."""
    found = probed(tmp_path, ((A > 0) ^ (B > 0)).astype(float), Task(kind="binary", classes=2))
    assert found.weight.sum() == pytest.approx(1.0)
    assert found.weight[2] < min(found.weight[:2])
    assert max(found.together, key=lambda pair: found.together[pair]) == (0, 1)
    assert found.loss.shape == (N // 2,)
    assert found.loss.mean() < 0.5


def test_permuted_copies_weigh_as_noise(tmp_path: Path) -> None:
    """Each column from a place on has a copy behind it whose rows are mixed up."""
    found = probed(tmp_path, 3.0 * A + B, Task(kind="regression"), shadowed=0)
    assert found.weight.shape == (6,)
    assert found.weight[0] > found.weight[3:].max()


def test_rows_count_by_their_weight(tmp_path: Path) -> None:
    """Where only rows with a > 0 count the other column is learned from those."""
    np.save(tmp_path / "weight.npy", np.where(A > 0, 1.0, 1e-6))
    y = np.where(A > 0, B, -5.0 * B)
    found = probed(tmp_path, y, Task(kind="regression"), weight=str(tmp_path / "weight.npy"))
    inside = A[1::2] > 0
    assert found.loss[inside].mean() < found.loss[~inside].mean()
