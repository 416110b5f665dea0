"""Joint steps that look at the target: what ships would leak, so it is never what learners see."""

from __future__ import annotations

import numpy as np
import pytest

from automl.features.base import joints
from automl.metrics import get, score
from automl.ops.bulk import evaluate
from automl.testing.joints import TASKS, fit, sample_of


@pytest.mark.parametrize("name", ["characters", "crossing", "gaps", "text"])
def test_what_ships_would_leak(name: str) -> None:
    """On the rows that it was fitted on, the expression that ships tells a random target."""
    sample = sample_of(TASKS["binary"], n=4_000, odd=0.3)
    shipped = [
        evaluate({"v": one.feature.expr}, sample.frame)["v"]
        for one in fit(joints.get(name), sample)
        if one.values is not None
    ]
    leaks = [score(get("roc_auc"), sample.y, np.asarray(values)) for values in shipped]
    assert max(leaks) > 0.5 + 3 / np.sqrt(3 * len(sample.y))
