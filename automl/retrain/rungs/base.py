"""A rung: how a challenger is made of the champion and new rows, and what it is until it is judged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from automl.bundle.lineage import RetrainedRecord
from automl.bundle.read import Bundle
from automl.retrain.contest import Contest
from automl.retrain.shift import Learned


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """A whole bundle that has passed its gates. `promote` writes its twin on all rows to a place, and gives it back.

    `learned` is how well it predicts, out of fold, the rows that the champion has not learned from; None where nobody
    knows.
    """

    bundle: Bundle
    promote: Callable[[Path, RetrainedRecord], Path]
    learned: Learned | None = None


class Challenge(Protocol):
    """What the module of a rung has as `challenge`: the challenger is at hand as long as the block lasts.

    `place` is where its bundle is written. Raises `LimitRefusal` where a gate fails, `DataError` where the new rows do
    not carry it, `BundleError` where its parity is not proven.
    """

    def __call__(self, contest: Contest, place: Path) -> AbstractContextManager[Challenger]: ...
