"""One cell of a benchmark: what is run, and the key under which its record is found again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A task, an entrant (``recipe:NAME`` or ``rival:NAME``), a budget in seconds and a seed.

    `memory` is the cap of the entrant's process tree in bytes.
    """

    task: str
    entrant: str
    budget: float
    seed: int
    costs: bool = True
    main_table: bool = True
    settings: tuple[str, ...] = ()
    workers: int = 2
    memory: int = 8_000_000_000

    @property
    def short_task(self) -> str:
        """The task's name without where it comes from."""
        return PurePath(self.task.rpartition(":")[2]).name

    @property
    def short_entrant(self) -> str:
        """The entrant's name without what it is."""
        return self.entrant.partition(":")[2]

    @property
    def key(self) -> str:
        """Equal for equal cells: what a journal is searched by."""
        text = json.dumps(asdict(self) | {"budget": float(self.budget)}, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{self.short_task} {self.entrant} {self.budget:g}s seed {self.seed} {digest}"
