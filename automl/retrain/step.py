"""What became of a rung of the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.retrain.paired import Paired
from automl.spec.retrain import RungName

JUDGED = frozenset({"behind", "better", "fresh"})
"""How a rung ends whose challenger was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of a rung: `refused` by a gate or its data, `passed` over, or judged: `behind`, `better` or `fresh`.

    Fresh is one that is not shown to be better, nor seen to be worse, and takes the place of what is to be renewed.
    """

    rung: RungName
    ended: Literal["refused", "passed", "behind", "better", "fresh"]
    reason: str
    paired: Paired | None = None

    @property
    def may_answer(self) -> bool:
        """Whether it may take the champion's place."""
        return self.ended in {"better", "fresh"}

    @property
    def restores(self) -> bool:
        """Whether it is better and keeps again what the champion has promised."""
        return self.ended == "better" and self.paired is not None and self.paired.restored
