"""`automl show`: what people want to know of a bundle first, as a plain dict in reading order."""

from __future__ import annotations

from typing import Any

from automl.bundle.manifest import GateRecord, Manifest, Score


def summary(manifest: Manifest) -> dict[str, Any]:
    """Task, scores, verdict, gates, members, inputs and where it came from; JSON values only."""
    target = manifest.target
    return {
        "target": target.name,
        "task": target.kind,
        "labels": list(target.texts),
        "decisions": list(manifest.decisions),
        "scores": {score.metric: _score(score) for score in manifest.scores},
        "verdict": manifest.verdict,
        "gates": {gate.gate: _gate(gate) for gate in manifest.gates},
        "members": [member.model_dump(include={"learner", "weight", "rounds"}) for member in manifest.members],
        "inputs": {given.name: given.wire for given in manifest.inputs},
        "outputs": [column for output in manifest.outputs for column in output.columns],
        "features": len(manifest.features),
        "findings": [finding.text for finding in manifest.findings],
        "split": manifest.split,
        "created": manifest.created,
        "content_hash": manifest.content_hash,
        "versions": manifest.versions,
    }


def _score(score: Score) -> dict[str, Any]:
    return score.model_dump(exclude={"metric"})


def _gate(gate: GateRecord) -> dict[str, Any]:
    return gate.model_dump(include={"ok", "measured", "limit", "unit"})
