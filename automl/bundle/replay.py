"""The golden rows answered again: what a bundle answers on this machine is what was judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from automl.bundle.golden import answers, decode, differences, typed_answers
from automl.bundle.layout import RELATIONAL
from automl.bundle.scorer import Document, Scorer
from automl.errors import BundleError
from automl.graph.audit import audit


def scorer_of(folder: Path, manifest: Document, files: Mapping[str, bytes]) -> Scorer:
    """The scorer of a bundle whose `files` (bytes by name) have their hashes; the graph is audited first."""
    audit(files["model.onnx"])
    if RELATIONAL not in files:
        return Scorer(folder, manifest, files)
    from automl.bundle.tables import TableScorer  # it loads polars

    return TableScorer(folder, None, manifest, files)


def replay(scorer: Scorer, files: Mapping[str, bytes], *, protocol: int, where: Path) -> int:
    """Let the scorer answer the golden rows among `files`; their number. `BundleError` where an answer differs.

    The answers are those of `protocol`: decisions are text in 1, and in the type of the target since. Numbers may
    differ by 1e-9·max(1, |x|), because processors differ in the last digits; decisions may not.
    """
    rows = json.loads(files["golden/rows.json"])
    if not rows:
        raise BundleError("there is no golden row, so nothing says what the bundle answers", where=str(where))
    if RELATIONAL in files:
        scorer = scorer.given(json.loads(files["golden/tables.json"]))
    answered = answers if protocol == 1 else typed_answers
    wrong = differences(decode(files["golden/expected.json"]), answered(scorer, rows))
    if wrong:
        raise BundleError(
            f"{len(wrong)} golden answers differ; {wrong[0]}",
            where=str(where),
            hint="This machine or this ONNX Runtime computes something else than the one that judged the bundle.",
        )
    return len(rows)
