"""No bundle, and why: a limit that is not kept goes before a saving that is not shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from automl import disk
from automl.bundle.manifest import plain
from automl.decide.verdict.verdict import Verdict
from automl.errors import AutomlError, LimitRefusal, VerdictRefusal
from automl.gates.base import GateVerdict
from automl.report.refusal import tell_refusal
from automl.report.run import REFUSAL
from automl.search.leaderboard import Leaderboard

STORY = "refusal.md"


def refusal(
    gates: Sequence[GateVerdict], verdict: Verdict | None, *, remedy: str, run: Path | None = None
) -> AutomlError | None:
    """The refusal that gates and verdict ask for, None if all is well.

    `remedy` is what may help beside a relaxed limit; `run` is the folder where the story will be told.
    """
    broken = [gate for gate in gates if not gate.ok]
    story = f" {run / STORY} tells the whole story." if run else ""
    if broken:
        return LimitRefusal("; ".join(gate.reason for gate in broken), hint=f"Relax the limit, or {remedy}.{story}")
    if verdict and not verdict.worth:
        return VerdictRefusal(verdict.reason, hint=f"--write-anyway writes the bundle all the same, marked so.{story}")
    return None


def write_story(
    run: Path,
    *,
    board: Leaderboard,
    gates: Sequence[GateVerdict] = (),
    verdict: Verdict | None = None,
    unpromised: str | None = None,
    points: Sequence[str] = (),
) -> None:
    """The reason and the board stay in the run folder, for people and for machines.

    `unpromised` is the reason where a floor under [objective.require] cannot be promised, `points` what looser limits
    would give.
    """
    document, words = tell_refusal(
        gates=plain(gates),
        verdict=plain(verdict),
        board=plain(board.trials),
        unpromised=unpromised,
        points=points,
    )
    told = {REFUSAL: json.dumps(document, indent=1, allow_nan=False) + "\n", STORY: words}
    for name, text in told.items():
        disk.put(run / name, text.encode(), mode=0o600)  # as all of a run folder
