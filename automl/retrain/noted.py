"""What was judged before a retraining was stopped: with --resume such a rung is not made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automl import disk
from automl.data.read.source import frame_digest
from automl.retrain.contest import Contest
from automl.retrain.paired import Paired
from automl.retrain.shift import Learned
from automl.retrain.step import Step

FILE = "judged.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The step of a rung, and what its challenger has learned."""

    step: Step
    learned: Learned | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes of one contest at one `alpha`: others in the same file, of other rows or champions, do not count."""

    path: Path
    key: str

    @classmethod
    def of(cls, contest: Contest, alpha: float) -> Notes:
        """Those in the folder of the contest; a contest that does not resume an earlier one begins anew."""
        rows = (contest.rows.learn.frame, contest.rows.judged.frame)
        whole = [contest.champion.manifest.content_hash, *map(frame_digest, rows), repr((alpha, contest.renew))]
        notes = cls(path=contest.work / FILE, key=hashlib.sha256("\n".join(whole).encode()).hexdigest())
        if not contest.resume:
            disk.discard(notes.path)
        return notes

    def behind(self) -> dict[str, Noted]:
        """By rung, those that were refused or lay behind; one that may answer has to be made again to be promoted."""
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        lines = [json.loads(line) for line in text.splitlines()]
        found = [_read(line) for line in lines if line["key"] == self.key]
        return {noted.step.rung: noted for noted in found if not noted.step.may_answer}

    def add(self, noted: Noted) -> None:
        """Write one down."""
        line = json.dumps({"key": self.key, **asdict(noted)})
        before = self.path.read_bytes() if self.path.exists() else b""
        with disk.machine_errors(self.path):
            disk.put(self.path, before + line.encode() + b"\n")


def _read(line: dict[str, Any]) -> Noted:
    step, learned = line["step"], line["learned"]
    paired = step["paired"] and Paired(**step["paired"])
    return Noted(step=Step(**{**step, "paired": paired}), learned=learned and Learned(**learned))
