"""Refresh: the champion's trees and nets with new leaf values and last layers; latency and size stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.data.rows import Rows
from automl.retrain.contest import Contest
from automl.retrain.refresh.refresh import refreshed
from automl.retrain.rungs._curved import Members, curved
from automl.retrain.rungs.base import Challenger


@contextmanager
def challenge(contest: Contest, place: Path) -> Iterator[Challenger]:
    """The challenger of the same shape; `BundleError` for a graph that does not tell its stages.

    DataError where the new rows give it no other number: it would be what recalibrate makes.
    """
    manifest, graph = contest.champion.manifest, contest.champion.files.read("model.onnx")
    task, seed = manifest.target.labels().task, contest.spec.budget.seed

    def learn(rows: Rows) -> Members:
        found = refreshed(graph, manifest.members, rows, task, seed=seed)
        unmoved = "" if found.moved else "no change of the champion's numbers makes it better on the new rows"
        return Members(graph=found.model, prediction=found.predicted, unmoved=unmoved)

    with curved(contest, place, learn) as challenger:
        yield challenger
