"""Packs what the stages made into the contents of a bundle."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.contents import Contents
from automl.bundle.evidence import evidence, lessened
from automl.bundle.golden import synthetic
from automl.bundle.golden_tables import drawn, read_golden, with_tables
from automl.bundle.lineage import TwinRecord
from automl.bundle.manifest import (
    FeatureRecord,
    MemberRecord,
    Output,
    TriedRecord,
    by_short_name,
    canonical,
    outputs_of,
    plain,
)
from automl.bundle.margins import Margin
from automl.bundle.profile import profile
from automl.bundle.reference import binned
from automl.data.read.frames import read_frame, side_by_side
from automl.data.read.table_rows import RelationalDocument
from automl.data.rows import SEEN, Column, Prepared, Rows
from automl.decide.policy.decision_policy import DecisionPolicy, is_decided
from automl.features.relational.relate import narrowed
from automl.names import outside
from automl.ops.bulk import evaluate
from automl.pipeline.choose import ChosenModel
from automl.pipeline.judge import Judgement
from automl.pipeline.shipped_levels import shipped_levels
from automl.search.leaderboard import Leaderboard, Outcome
from automl.spec import Spec

MOST_TRIED = 50  # configurations: a later search begins with them


def pack(
    spec: Spec,
    data: Prepared,
    choice: ChosenModel,
    judgement: Judgement | None,
    *,
    created: datetime,
    twin: TwinRecord | None = None,
) -> Contents:
    """Everything a bundle holds but the verdicts of its gates. Golden rows are made here, and answered by the ops.

    Without a `judgement` the test part was not looked at: the bundle has no scores, and evidence out of fold only.
    With a `twin` that ships, `choice` has learned from the test part, and what was judged is the twin without it.
    """
    learned = data.train.inputs
    if twin is not None and twin.shipped:
        learned = pl.concat([learned, data.test.inputs])
    needed = {column.name for column in choice.assembly.inputs}
    columns = [column for column in data.schema.columns if column.name in needed]
    read = replace(data.train, frame=data.train.inputs, beside=None)
    document = _document(data, needed)
    golden, tables = _golden(data, read, columns, document, seed=spec.budget.seed)
    golden = _answered(choice, golden, document, tables)
    outputs = outputs_of(data.labels, choice.assembly.outputs, actions=choice.policy.actions)
    kept = profile(read, columns, seed=spec.budget.seed, prediction=choice.outcome.unlearned(data.train)[1])
    return Contents(
        model=choice.model,
        reader=choice.reader,
        labels=data.labels,
        outputs=outputs,
        decisions=choice.policy.actions,
        keys=tuple(map(outside, spec.data.key)),
        spec=spec.resolved(),
        golden=golden,
        profile=kept,
        evidence=lessened(
            _evidence(data, choice, judgement, kept.columns if spec.bundle.reference == "binned" else {}),
            spec.bundle.evidence,
            data.schema.columns,
            numbers=data.labels.task.kind == "regression",
        ),
        scores=judgement.scores if judgement else (),
        members=_members(choice.outcome),
        features=_features(choice),
        findings=data.findings,
        split=data.split if twin is None else f"{data.split} {_told(twin)}",
        twin=twin,
        created=created,
        parity=plain(choice.parity),
        sources=by_short_name(data.digests),
        dialect=data.dialect,
        native=_answers(choice, outputs, read_golden(choice.reader, golden, document, tables)),
        relational=document,
        golden_tables=tables if document else None,
        groups=judgement.groups if judgement else (),
        tried=_tried(choice.outcome.board),
        levels=shipped_levels(choice.assembly.outputs.values(), learned),
    )


def _told(twin: TwinRecord) -> str:
    """Whose the scores and the verdict are."""
    if twin.shipped:
        return (
            f"The model that ships has learned from all {twin.rows:,} rows: scores and verdict are those of its twin, "
            f"fitted without test; {twin.reason}."
        )
    return f"Its twin on all {twin.rows:,} rows does not ship: {twin.reason}."


def _evidence(
    data: Prepared, choice: ChosenModel, judgement: Judgement | None, margins: Mapping[str, Margin]
) -> pl.DataFrame:
    """The rows of the parts that were judged that the policy and its verdict stand on, and their bins in `margins`."""
    policy = choice.policy
    parts: list[tuple[Rows, NDArray[np.float64], Literal["oof", "test"]]] = [
        (choice.oof.rows, choice.oof.prediction, "oof")
    ]
    if judgement is not None:
        parts.append((data.test, judgement.prediction, "test"))
    return pl.concat(
        [
            evidence(
                rows,
                p,
                part=part,
                costs=policy.columns,
                expected=_expected(policy, rows),
                bins=binned(rows.inputs, margins),
            )
            for rows, p, part in parts
        ],
        how="vertical_relaxed",  # a cost may be text in one part, of a csv, and a number in the other
    )


def _document(data: Prepared, needed: Collection[str]) -> RelationalDocument | None:
    """relational.json of the computed columns that the graph takes, None if it takes none."""
    names = [column.name for column in data.schema.columns if column.computed and column.name in needed]
    return narrowed(data.related.document, names) if data.related and names else None


def _golden(
    data: Prepared, read: Rows, columns: Sequence[Column], document: RelationalDocument | None, *, seed: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Golden rows over the columns that come from the source, and the rows of other tables that they meet."""
    own = [column for column in columns if not column.computed]
    if document is None or data.related is None:
        return synthetic(read, own, seed=seed), {}
    known = {column.name for column in own}
    entries = [entry for entry in drawn(document) if entry["name"] not in known]
    frame = read.frame.drop([entry["name"] for entry in entries], strict=False)
    also = read_frame({"columns": entries}, read.raw) if entries else pl.DataFrame()
    wide = replace(read, frame=side_by_side(frame, also))
    more = [
        Column(
            name=e["name"],
            wire=e["wire"],
            role="feature",
            reason="for other tables",
            is_feature=True,
            reader=e,
            min_level=columns[0].min_level,
        )
        for e in entries
    ]
    related = replace(data.related, document=document)
    least = max(SEEN, *(column.min_level for column in columns))
    return with_tables(synthetic(wide, [*own, *more], seed=seed), related, seed=seed, least=least)


def _expected(policy: DecisionPolicy, rows: Rows) -> dict[str, NDArray[np.float64]]:
    """What is expected of amounts that are known only afterwards [n], by the column of the evidence."""
    expected = evaluate(policy.expected_amounts, rows.inputs)
    return {name: np.broadcast_to(np.asarray(values)[:, 0], rows.n) for name, values in expected.items()}


def _answered(
    choice: ChosenModel,
    golden: list[dict[str, Any]],
    document: RelationalDocument | None,
    tables: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The golden rows without those whose decision is refused for want of a cost: they have no answer."""
    if not choice.policy.refuses:
        return golden
    frame = read_golden(choice.reader, golden, document, tables)
    decisions = evaluate({"decision": choice.assembly.outputs["decision"]}, frame)["decision"]
    kept = is_decided(np.asarray(decisions).reshape(len(golden)))
    return [row for row, keep in zip(golden, kept, strict=True) if keep]


def _members(outcome: Outcome) -> tuple[MemberRecord, ...]:
    pairs = zip(outcome.members, outcome.weights, strict=True)
    return tuple(
        MemberRecord(learner=member.learner, params=plain(member.params), weight=weight, rounds=member.rounds)
        for member, weight in pairs
    )


def _tried(board: Leaderboard) -> tuple[TriedRecord, ...]:
    """The configurations that were predicted on every fold, the best of them, each once."""
    judged = sorted((trial for trial in board.trials if trial.oof is not None), key=lambda trial: trial.loss)
    found = {
        canonical([trial.learner, trial.params]): TriedRecord(
            learner=trial.learner, params=plain(trial.params), loss=trial.loss
        )
        for trial in reversed(judged)
    }
    return tuple(reversed(found.values()))[:MOST_TRIED]


def _features(choice: ChosenModel) -> tuple[FeatureRecord, ...]:
    used = [choice.outcome.plan.features[place] for place in choice.assembly.features_used]
    listed = {feature.listed: feature for feature in used}
    return tuple(FeatureRecord(name=name, kind=one.kind, source=one.source) for name, one in listed.items())


def _answers(choice: ChosenModel, outputs: Sequence[Output], frame: pl.DataFrame) -> dict[str, NDArray[np.generic]]:
    """The ops' own answers to the golden rows, by output column: the graph must give the same."""
    by_ops = evaluate(choice.assembly.outputs, frame)
    answers: dict[str, NDArray[np.generic]] = {}
    for output in outputs:
        values = np.asarray(by_ops[output.name]).reshape(frame.height, -1)
        answers |= {name: values[:, place] for place, name in enumerate(output.columns)}
    return answers
