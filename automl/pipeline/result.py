"""What a fit gives: the bundle's folder with its proof, and the exit code that says how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.errors import MachineError, VerdictRefusal
from automl.shown import Shown

if TYPE_CHECKING:
    from automl.bundle.read import Bundle
    from automl.decide.verdict.verdict import Verdict
    from automl.diagnostics.diagnostics import Diagnostics
    from automl.gates.base import GateVerdict
    from automl.pipeline.judge import Judgement
    from automl.search.leaderboard import Leaderboard


@dataclass(frozen=True)
class Fit(Shown):
    """The bundle's folder, its proof, and the board of all trials."""

    path: Path
    board: Leaderboard
    judgement: Judgement
    gates: tuple[GateVerdict, ...]
    seconds: float
    diagnostics: Diagnostics | None = None  # what its report draws; None where none was asked for
    stopped: str | None = None  # why it ended early, in plain words
    signal: int | None = None  # of Ctrl-C or SIGTERM: this is the best so far
    untried: str | None = None  # why this is a constant that nobody asked for

    @property
    def verdict(self) -> Verdict | None:
        """The verdict in money, None where the spec names no costs."""
        return self.judgement.verdict

    @cached_property
    def bundle(self) -> Bundle:
        """The bundle, opened and checked."""
        from automl.bundle.read import Bundle

        return Bundle.load(self.path)

    @property
    def exit_code(self) -> int:
        """0; 5 where deploying is not shown to pay, 6 where only a constant could be tried; 130 or 143 if stopped.

        After 5 and 6 there is a bundle because it was asked for all the same.
        """
        if self.signal is not None:
            return 128 + self.signal
        if self.untried:
            return MachineError.exit_code
        return VerdictRefusal.exit_code if self.verdict and not self.verdict.worth else 0

    def summary(self) -> dict[str, Any]:
        """The fit as JSON values: what `automl fit --json` prints."""
        from automl.bundle.manifest import plain

        return {
            "bundle": str(self.path),
            "worth": self.verdict.worth if self.verdict else None,
            "verdict": plain(self.verdict),
            "scores": plain(self.judgement.scores),
            "left_out": list(self.judgement.left_out),
            "gates": plain(self.gates),
            "members": [[trial, weight] for trial, weight in self.board.weights],
            "trials": len(self.board.trials),
            "stopped": self.stopped,
            "untried": self.untried,
            "seconds": round(self.seconds, 2),
        }
