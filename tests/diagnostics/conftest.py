"""Decided rows of two labels, with the costs of German credit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import DecidedRows


@pytest.fixture
def policy() -> LabelPolicy:
    """A false alarm costs 1, a miss 5."""
    matrix = np.array([[0.0, 1.0], [5.0, 0.0]])
    return LabelPolicy(
        costs=CostMatrix(actions=("good", "bad"), matrix=matrix, cells=BINARY_CELLS, currency="DM", given=True)
    )


@pytest.fixture
def scored(policy: LabelPolicy) -> Callable[..., DecidedRows]:
    """Rows with calibrated probabilities, decided by the policy."""

    def make(n: int, *, seed: int = 0, **more: object) -> DecidedRows:
        rng = np.random.default_rng(seed)
        p = (1 / (1 + np.exp(-rng.normal(-0.9, 1.5, n)))).round(3)[:, None]
        y = (rng.random(n) < p[:, 0]).astype(np.float64)
        return DecidedRows(decisions=policy.choose(p), y=y, p=p, **more)  # type: ignore[arg-type]  # what a test names

    return make
