"""What will be done with each column: the steps of the feature plan that a search begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from automl.data.rows import Fold, Prepared, Schema
from automl.explore.profile import Made
from automl.features.plan_fit import outline

ROWS = 5_000  # that the plan is fitted on here
FOLDS = 3


def made(data: Prepared, names: Collection[str], seed: int) -> Mapping[str, tuple[Made, ...]]:
    """The features by column, of the feature columns among `names`: how many, by which step, with which others."""
    columns = tuple(column for column in data.schema.features if column.name in names)
    rows = data.train.take(np.arange(0, data.train.n, max(1, data.train.n // ROWS))[:ROWS])
    place = np.arange(rows.n) % FOLDS
    folds = tuple(Fold(fit=np.flatnonzero(place != k), valid=np.flatnonzero(place == k)) for k in range(FOLDS))
    found = outline(rows, Schema(columns=columns), data.labels.task, folds if rows.n >= FOLDS else (), seed)
    counts = Counter((step, feature.source) for step, feature in found)
    return {
        column.name: tuple(
            Made(step=step, features=count, columns=source)
            for (step, source), count in counts.items()
            if column.name in source
        )
        for column in columns
    }
