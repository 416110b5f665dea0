"""What refit and search share: a challenger from the stages of any fit, on the new rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from automl.budget import Deadline
from automl.bundle.lineage import RetrainedRecord
from automl.bundle.read import Bundle
from automl.learners.base import Configurations
from automl.pipeline.fit import Made, deliver, making, with_twin
from automl.pipeline.preflight import Given
from automl.pipeline.run_folder import run_of
from automl.retrain.contest import Contest
from automl.retrain.parting import learned_until, narrowed
from automl.retrain.rungs.base import Challenger
from automl.retrain.shift import learned_by
from automl.spec.budget import Budget


@contextmanager
def fitted(
    contest: Contest, place: Path, budget: Budget, *, warm: Configurations, only: bool = False
) -> Iterator[Challenger]:
    """The challenger that a fit within `budget` makes: it tries `warm` configurations first, with `only` no others.

    It has no page for people: that one is made where it is promoted.
    """
    report = contest.spec.report.model_copy(update={"html": False})
    there = narrowed(contest.spec, contest.rows.learn.frame.columns)
    spec = there.model_copy(update={"budget": budget, "report": report})
    rows = contest.rows
    given = Given(train=rows.learn, test=rows.judged, between=rows.between, tables=contest.tables)
    deadline = Deadline(seconds=budget.time, start=time.monotonic())
    resume = contest.resume and run_of(place).exists()
    with making(
        spec,
        given,
        place,
        deadline=deadline,
        resume=resume,
        write_anyway=True,
        listener=contest.listener,
        warm=warm,
        only=only,
    ) as made:
        asked = replace(made, run=replace(made.run, spec=contest.spec))
        paged = contest.spec.model_copy(update={"report": report})
        deliver(replace(made, run=replace(made.run, spec=paged)), write_anyway=True)
        yield Challenger(
            bundle=Bundle.load(place, tables=contest.tables),
            promote=partial(_promoted, asked, contest),
            learned=learned_by(made.judged.oof, after=learned_until(contest.champion)),
        )


def _promoted(made: Made, contest: Contest, out: Path, record: RetrainedRecord) -> Path:
    """The twin on all rows, in its place, with the page for people; it may take as long as the fit itself."""
    budget = made.run.deadline
    run = replace(made.run, deadline=Deadline.of(budget.seconds, clock=budget.clock))
    lineage = replace(made.lineage, parent=contest.champion.manifest.content_hash, retrained=record)
    deliver(with_twin(replace(made, run=run, place=out, lineage=lineage)), write_anyway=True)
    return out
