"""Columns that tell the answer in the new rows and did not in the old ones: whoever reads them is not promoted."""

from __future__ import annotations

import polars as pl

from automl.bundle.kept import entries_of
from automl.bundle.reference import BIN
from automl.data.audit.leaks import FAR, HIGH, MEASURE
from automl.data.audit.univariate import COARSE, if_even, univariate_score
from automl.monitor.money.ground import ground_of
from automl.retrain.champion_rows import new_rows
from automl.retrain.contest import Contest
from automl.retrain.parting import later_frame, learned_until

UNKNOWN = 0.5  # what a column told before, where nobody knows


def leaked(contest: Contest) -> str | None:
    """A sentence on the column that tells most among those that do; None where there is none.

    It is what a fit would drop as a leak (D06) by its score alone, out of sample, on the rows that the champion has not
    learned from: one that errs a third as often as it did in the champion's own evidence, by the bins kept there.
    Columns of ``data.audit.keep`` are what they seem.
    """
    champion, spec = contest.champion, contest.spec
    unseen = later_frame(contest.rows.learn.frame, spec, learned_until(champion))
    rows = new_rows(champion, spec, pl.concat([unseen, contest.rows.judged.frame]))
    task = champion.manifest.target.labels().task
    beside = {entry["name"] for entry in champion.manifest.reader.get("evidence", ())}
    columns = {entry["name"] for entry in entries_of(champion.manifest)} - beside - set(spec.data.audit.keep)
    before = _told_before(contest)
    found = [
        (score, name)
        for name in rows.frame.columns
        if name in columns
        and if_even(score := univariate_score(rows.frame[name], rows.y, task, COARSE), rows.y, task) >= HIGH[task.kind]
        and (1.0 - score) * FAR < 1.0 - before.get(name, UNKNOWN)
    ]
    if not found:
        return None
    score, name = max(found)
    told = f"{before[name]:.2f}" if name in before else "not known"
    return (
        f"in the new rows {name!r} alone predicts the target with {MEASURE[task.kind]} {score:.4f}, before it was "
        f"{told}: it gives the answer away"
    )


def _told_before(contest: Contest) -> dict[str, float]:
    """How well each column alone told the answer in the evidence, by its bins; empty where none are kept."""
    ground = ground_of(contest.champion)
    if ground is None or ground.oof is None:
        return {}
    part, task = ground.oof, contest.champion.manifest.target.labels().task
    return {
        series.name.removeprefix(BIN): univariate_score(series.cast(pl.Float64), part.y, task) for series in part.bins
    }
