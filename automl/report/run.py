"""A run folder as facts: what its journal tells, and why there is no bundle if there is none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from automl.report._words import Facts

JOURNAL, REFUSAL = "journal.jsonl", "refusal.json"


def is_run(path: Path) -> bool:
    """Whether the folder is a run folder."""
    return (path / JOURNAL).is_file()


def describe_run(path: Path, *, board: bool) -> dict[str, object]:
    """The number of trials by status, the reasons of a refusal, and with `board` every trial, the best first.

    `features` tells what each group of further features gained in the search, and whether it was kept.
    `front` (with `board`) holds the ensembles that no other beats in loss, time for a row and size, the best first.

    A torn last line is ignored: the run may be under way (R05).
    """
    entries = [entry for entry in map(_entry, (path / JOURNAL).read_bytes().splitlines()) if entry is not None]
    trials = [entry for entry in entries if entry.get("kind") == "trial"]
    refused = path / REFUSAL
    return {
        "kind": "run",
        "path": str(path),
        "trials": dict(Counter(str(trial["status"]) for trial in trials)),
        "features": _features(entries),
        "refused": json.loads(refused.read_text(encoding="utf-8"))["reasons"] if refused.is_file() else [],
        "board": sorted(trials, key=by_loss) if board else [],
        "front": _front(entries) if board else [],
    }


def by_loss(trial: Facts) -> tuple[bool, float, int]:
    """The order of a board: the smallest loss first, trials without one last."""
    loss = trial["loss"]
    return (loss is None, 0.0 if loss is None else loss, trial["id"])


def _features(entries: Sequence[Facts]) -> list[dict[str, object]]:
    """The groups of the search over features: name, gain (a share of the loss), its standard errors, kept, text."""
    wanted = ("name", "gain", "errors", "kept", "text")
    groups = [group for entry in entries if entry.get("kind") == "features" for group in entry["groups"]]
    return [{key: group[key] for key in wanted} for group in groups]


def _front(entries: Sequence[Facts]) -> list[dict[str, object]]:
    """The points of the last front; `chosen` says which of them the run took."""
    for entry in reversed(entries):
        if entry.get("kind") == "front":
            return [{**point, "chosen": point["weights"] == entry["chosen"]} for point in entry["points"]]
    return []


def _entry(text: bytes) -> Facts | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
