"""How often a champion was challenged: each challenge is a new hypothesis, and pays for those before it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from automl import disk
from automl.bundle.manifest import Manifest
from automl.bundle.read import Bundle
from automl.retrain.step import JUDGED
from automl.spec.retrain import FITTED

SUFFIX = ".challenges.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The challenges that a bundle has seen; `number` is that of the next one among those that judged somebody.

    One whose challengers could not be made, or were refused by gates, has tested nothing and costs no alpha. `last` is
    when the last one ended, None where there was none; `fitted` when the last one ended that fitted a challenger anew,
    of this champion or, as far as the file tells, of one before it.
    """

    path: Path
    number: int
    gains: tuple[float, ...] = ()  # what those that were judged would have saved more per 1,000 rows
    last: datetime | None = None
    fitted: datetime | None = None


def attempts_of(champion: Bundle, registry: Path | None = None) -> Attempts:
    """What the file beside the bundle tells of those with its content hash: each champion has an alpha of its own.

    Of a champion of a `registry` the file stands there.
    """
    beside = champion.path.with_name(champion.path.name.removesuffix(".bundle") + SUFFIX)
    path = beside if registry is None else registry / SUFFIX.removeprefix(".")
    name = champion.manifest.content_hash
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    mine = [line for line in lines if line["champion"] == name]
    gains = [line["difference"] for line in mine if line.get("difference") is not None]
    return Attempts(
        path=path,
        number=len(gains) + 1,
        gains=tuple(gains),
        last=_latest(mine),
        fitted=_latest(line for line in lines if _fitted(line)),
    )


def fitted_at(manifest: Manifest) -> datetime:
    """When a model's labels were last learned anew; of an older bundle that does not tell, when it was made."""
    retrained = manifest.retrained
    return datetime.fromisoformat((retrained and retrained.fitted) or manifest.created)


def _latest(lines: Iterable[Mapping[str, Any]]) -> datetime | None:
    return max((datetime.fromisoformat(line["when"]) for line in lines if "when" in line), default=None)


def _fitted(line: Mapping[str, Any]) -> bool:
    """Whether a challenger was fitted anew, and judged."""
    return any(line.get("rungs", {}).get(rung) in JUDGED for rung in FITTED)


def note_attempt(attempts: Attempts, champion: Bundle, told: Mapping[str, object]) -> None:
    """Write down that the champion was challenged once more."""
    line = json.dumps({"champion": champion.manifest.content_hash, "number": attempts.number, **told}, allow_nan=False)
    before = attempts.path.read_bytes() if attempts.path.exists() else b""
    with disk.machine_errors(attempts.path):
        disk.put(attempts.path, before + line.encode() + b"\n")
