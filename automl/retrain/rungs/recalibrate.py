"""Recalibrate: the champion's members as they are, with a curve and a policy that the new rows have taught."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.bundle.kept import predicted
from automl.data.rows import Rows
from automl.pipeline.choose import score_rows
from automl.retrain.contest import Contest
from automl.retrain.rungs._curved import Members, curved
from automl.retrain.rungs.base import Challenger


@contextmanager
def challenge(contest: Contest, place: Path) -> Iterator[Challenger]:
    """The challenger that answers through another curve.

    The champion has never seen the new rows, so that all it says of them is out of fold.
    """
    graph, name = contest.champion.files.read("model.onnx"), predicted(contest.champion.manifest).name

    def learn(rows: Rows) -> Members:
        answers = score_rows(graph, rows.inputs, threads=contest.spec.budget.workers)
        return Members(graph=graph, prediction=answers[name].astype("float64"))

    with curved(contest, place, learn) as challenger:
        yield challenger
