"""A better challenger of a registry becomes a version: promoted, tried on a share of requests, or shown to a person."""

from __future__ import annotations

from pathlib import Path

from automl.bundle.manifest import plain
from automl.bundle.read import Bundle
from automl.model_registry.change import Note
from automl.model_registry.promote import promote, start_canary
from automl.model_registry.register import register
from automl.model_registry.state import SHORT
from automl.spec.retrain import Retrain


def publish(registry: Path, out: Path, asked: Retrain, *, why: str) -> str:
    """Register the bundle `out` and do with it what [retrain] says; one sentence on what was done.

    Errors as those of `register` and `promote`; the bundle stays at `out`.
    """
    record = Bundle.load(out).manifest.retrained
    note = Note(why=why, facts={"retrained": plain(record)})
    version = register(out, registry, note=note)
    short = version[:SHORT]
    if asked.promote == "ask":
        return f"version {short} is registered; `automl promote {registry} {short}` puts it in the champion's place"
    if asked.canary:
        start_canary(registry, version, share=asked.canary, loss_budget=asked.loss_budget, note=note)
        return f"version {short} answers {asked.canary:.0%} of the requests to {registry} as a canary"
    promote(registry, version, note=note)
    return f"version {short} is the champion of {registry}"
