"""Ray Data: a Dataset scored by `map_batches`, in Ray's own processes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from automl.data.read.unread import OnUnread
from automl.deploy.dataframes.base import ROWS, arrow_scorer


def score(dataset: Any, bundle: str | Path, keep: Sequence[str] = (), unread: OnUnread = "refuse") -> Any:
    """The rows of a Ray Dataset with the answers of a bundle, which every node finds at the same path.

    `keep` and `unread` as in `ArrowScorer`. Raises as `arrow_scorer`.
    """
    scorer = arrow_scorer(bundle, keep, unread)
    return dataset.map_batches(scorer.scored, batch_format="pyarrow", batch_size=ROWS, zero_copy_batch=True)
