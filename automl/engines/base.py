"""What a search engine is: it proposes parameters and observes how they did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from automl.learners.base import Params, Space
from automl.registry import Registry

DEFAULT = "flaml"


class Proposer(Protocol):
    """A search over one space, minimising a loss."""

    def propose(self) -> Params:
        """The next parameters to try."""

    def observe(self, params: Params, *, loss: float, seconds: float) -> None:
        """How `params` (one that was proposed) did; a failed trial has an infinite loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The plugin: `start(space, best, seed)` makes a proposer that begins at `best`, a known good point."""

    name: str
    start: Callable[[Space, Params, int], Proposer]


def chosen(name: str | None) -> Engine:
    """The engine that ``recipe.engine`` names, or the default one."""
    return engines.get(name or DEFAULT, where="recipe.engine")


engines = Registry("automl.engines", Engine, "engine")
