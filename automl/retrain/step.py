"""What became of a rung of the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.retrain.paired import Paired
from automl.spec.retrain import RungName


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of a rung: `refused` by a gate or its data, `passed` over, or judged: `behind` or `better`."""

    rung: RungName
    ended: Literal["refused", "passed", "behind", "better"]
    reason: str
    paired: Paired | None = None

    @property
    def restores(self) -> bool:
        """Whether it is better and keeps again what the champion has promised."""
        return self.ended == "better" and self.paired is not None and self.paired.restored
