"""What recalibrate and refresh share: a graph of the champion's shape, with curve and policy from the new rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl import metrics
from automl.bundle.contents import Contents
from automl.bundle.evidence import evidence, lessened
from automl.bundle.lineage import RetrainedRecord
from automl.bundle.manifest import Score, by_short_name
from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.reference import binned
from automl.data.rows import Prepared, Rows
from automl.decide.calibration.calibrate import fit_calibration
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.policy.decision_policy import DecisionPolicy, fit_policy, make_policy
from automl.decide.verdict.verdict import Verdict
from automl.errors import DataError
from automl.monitor.money.ground import expecting
from automl.pipeline.behind import contents_behind, put
from automl.pipeline.choose import score_rows
from automl.pipeline.judge import REPORTED, metric_scores, policy_scores, verdict_on
from automl.pipeline.judge import predicted as prediction_among
from automl.pipeline.twin import compared
from automl.retrain.champion_rows import champion_rows
from automl.retrain.contest import Contest
from automl.retrain.parting import later_frame, learned_until
from automl.retrain.rungs.base import Challenger
from automl.retrain.shift import Learned, learned_by

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """The recalibrated bundle before it is written, with its verdict on the judged rows."""

    contents: Contents
    verdict: Verdict | None
    learned: Learned | None
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """A graph of the champion's shape, and its `prediction` [n, width] of the rows that it learned from, out of fold.

    NaN in rows that were not drawn. `unmoved` says why nothing was learned, where the rows are no reason to challenge.
    """

    graph: bytes
    prediction: Floats
    unmoved: str = ""


Learn = Callable[[Rows], Members]


@contextmanager
def curved(contest: Contest, place: Path, learn: Learn) -> Iterator[Challenger]:
    """The challenger whose members are those that `learn` makes of rows, with curve and policy that are made anew.

    They learn from rows that the champion has not learned from: of the others it knows the answer, and a curve would
    believe it. DataError where they are too few, or where nothing is learned.
    """
    rows, until = contest.rows, learned_until(contest.champion)
    unseen = later_frame(rows.learn.frame, contest.spec, until)
    if unseen.height < contest.asked.least // 5:
        what = f"{unseen.height:,} rows that the champion has not learned from are too few to learn a curve by"
        raise DataError(what, where="--data", hint="A refit learns from the others, too.")
    gap = None if rows.between is None else later_frame(rows.between.frame, contest.spec, until)
    gap = gap if gap is not None and gap.height else None
    data = champion_rows(contest.champion, contest.spec, unseen, rows.judged.frame, gap)
    made = _judged(contest, data, learn)
    put(made.contents, contest.spec, made.verdict, place, write_anyway=True)
    promote = partial(_promoted, contest, data, made, learn)
    yield Challenger(bundle=Bundle.load(place, tables=contest.tables), promote=promote, learned=made.learned)


def _judged(contest: Contest, data: Prepared, learn: Learn) -> _Made:
    """Learned on the train part of `data`, judged on its test part."""
    champion, spec = contest.champion, contest.spec
    members = learn(data.train)
    if members.unmoved:
        raise DataError(members.unmoved, where="--data", hint="A new curve needs none of it: that is recalibrate.")
    policy, oof, learned = _learned(contest, data, data.train, members)
    seed = spec.budget.seed
    answers = score_rows(learned.model, data.test.inputs, threads=spec.budget.workers)
    verdict = verdict_on(data, oof, policy, answers)
    prediction = prediction_among(data, answers)
    names = dict.fromkeys((*_asked(spec.objective.metric), *REPORTED[data.labels.task.kind]))
    wanted = tuple(map(metrics.get, names))
    scores: tuple[Score, ...] = (
        *metric_scores(wanted, data.test, prediction, "test", seed=seed),
        *policy_scores(data.test, policy, answers, seed=seed),
        *metric_scores(wanted, oof.rows, oof.calibrated, "oof", seed=seed),
    )
    kept = _evidence(champion, contest, replace(data, train=oof.rows), policy, oof.prediction, prediction)
    contents = replace(
        learned,
        scores=scores,
        evidence=kept,
        sources=by_short_name(data.digests),
        split=contest.rows.sentence,
        ages=champion.manifest.ages,
        shelf_life=champion.manifest.shelf_life,
        in_use=None,
        twin=None,
        retrained=None,
    )
    return _Made(contents=contents, verdict=verdict, learned=learned_by(oof), error=oof.error)


def _asked(metric: str | None) -> tuple[str, ...]:
    return (metric,) if metric and metric != "cost" else ()


def _learned(
    contest: Contest, data: Prepared, rows: Rows, members: Members
) -> tuple[DecisionPolicy, OutOfFold, Contents]:
    """Curve and policy from the `rows` that the members have learned from."""
    spec, task = contest.spec, data.labels.task
    oof = OutOfFold.of(members.prediction, rows, task, seed=spec.budget.seed)
    policy = fit_policy(expecting(make_policy(spec.objective, replace(data, train=rows)), rows), oof)
    curve = fit_calibration(oof.prediction, oof.rows.y, task, oof.rows.weight, seed=spec.budget.seed)
    return policy, oof, contents_behind(contest.champion, spec, policy, (), calibration=curve, graph=members.graph)


def _evidence(
    champion: Bundle, contest: Contest, data: Prepared, policy: DecisionPolicy, oof: Floats, prediction: Floats
) -> pl.DataFrame:
    """The rows of both parts, as any bundle keeps them."""
    spec = contest.spec
    margins = read_profile(champion.files).columns if spec.bundle.reference == "binned" else {}
    parts: list[tuple[Rows, Floats, Any]] = [(data.train, oof, "oof"), (data.test, prediction, "test")]
    expected = [name for name in data.train.frame.columns if name in policy.expected_amounts]
    return lessened(
        pl.concat(
            [
                evidence(
                    rows,
                    p,
                    part=part,
                    costs=policy.columns,
                    expected={name: rows.frame[name].to_numpy() for name in expected},
                    bins=binned(rows.inputs, margins),
                )
                for rows, p, part in parts
            ],
            how="vertical_relaxed",
        ),
        spec.bundle.evidence,
        data.schema.columns,
        numbers=data.labels.task.kind == "regression",
    )


def _promoted(contest: Contest, data: Prepared, made: _Made, learn: Learn, out: Path, record: RetrainedRecord) -> Path:
    """The twin that all new rows have taught, where it answers alike; else the judged one."""
    whole = data.known
    _, _, twin = _learned(contest, data, whole, learn(whole))
    ours, theirs = (score_rows(one.model, data.train.inputs, threads=1) for one in (made.contents, twin))
    told = compared(ours, theirs, rows=whole.n, error=made.error)
    contents = made.contents
    if told.shipped:
        contents = replace(contents, model=twin.model, native=twin.native, reader=twin.reader, golden=twin.golden)
    put(replace(contents, twin=told, retrained=record), contest.spec, made.verdict, out, write_anyway=True)
    return out
