"""Packs what the stages made into the contents of a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.contents import Contents
from automl.bundle.evidence import evidence, profile
from automl.bundle.golden import synthetic
from automl.bundle.manifest import FeatureRecord, MemberRecord, Output, outputs_of, plain
from automl.choose import Choice
from automl.data.reader import read_row
from automl.data.rows import Prepared
from automl.decide.policy import REFUSED
from automl.judge import Judgement
from automl.ops.bulk import evaluate
from automl.search.board import Outcome
from automl.spec import Spec


def pack(
    spec: Spec, data: Prepared, outcome: Outcome, choice: Choice, judgement: Judgement, *, created: datetime
) -> Contents:
    """Everything a bundle holds but the verdicts of its gates. Golden rows are made here, and answered by the ops."""
    needed = {column.name for column in choice.assembly.inputs}
    columns = [column for column in data.schema.columns if column.name in needed]
    costs = choice.costs
    read = replace(data.train, frame=data.train.inputs, beside=None)
    named = costs.columns if costs else ()
    golden = _answered(choice, synthetic(read, columns, seed=spec.budget.seed))
    counts = choice.numbers.costs is not None or (costs is not None and costs.given)
    outputs = outputs_of(
        data.labels,
        decides=costs is not None or choice.numbers.decision is not None,
        costs=counts,
        interval=choice.numbers.interval is not None,
        ranked=costs.actions if costs and costs.capacity else (),
    )
    return Contents(
        model=choice.model,
        reader=choice.reader,
        labels=data.labels,
        outputs=outputs,
        decisions=costs.actions if costs else (),
        keys=spec.data.key,
        spec=spec.resolved(),
        golden=golden,
        profile=profile(read, columns),
        evidence=pl.concat(
            [
                evidence(data.train, outcome.oof, part="oof", costs=named),
                evidence(data.test, judgement.prediction, part="test", costs=named),
            ]
        ),
        scores=judgement.scores,
        members=_members(outcome),
        features=_features(outcome, choice),
        findings=data.findings,
        split=data.split,
        created=created,
        parity=plain(choice.parity),
        sources=dict(data.digests),
        dialect=data.dialect,
        native=_answers(choice, outputs, golden),
    )


def _answered(choice: Choice, golden: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The golden rows without those whose decision is refused for want of a cost: they have no answer."""
    if not (choice.costs and choice.costs.refuses):
        return golden
    frame = pl.DataFrame([read_row(choice.reader, row) for row in golden])
    decisions = evaluate({"decision": choice.assembly.outputs["decision"]}, frame)["decision"]
    return [row for row, decision in zip(golden, decisions, strict=True) if decision != REFUSED]


def _members(outcome: Outcome) -> tuple[MemberRecord, ...]:
    pairs = zip(outcome.members, outcome.weights, strict=True)
    return tuple(
        MemberRecord(learner=member.learner, params=plain(member.params), weight=weight, rounds=member.rounds)
        for member, weight in pairs
    )


def _features(outcome: Outcome, choice: Choice) -> tuple[FeatureRecord, ...]:
    used = [outcome.plan.features[place] for place in choice.assembly.features_used]
    return tuple(FeatureRecord(name=feature.name, kind=feature.kind, source=feature.source) for feature in used)


def _answers(
    choice: Choice, outputs: Sequence[Output], golden: Sequence[Mapping[str, Any]]
) -> dict[str, NDArray[np.generic]]:
    """The ops' own answers to the golden rows, by output column: the graph must give the same."""
    frame = pl.DataFrame([read_row(choice.reader, row) for row in golden])
    found = evaluate(choice.assembly.outputs, frame)
    answers: dict[str, NDArray[np.generic]] = {}
    for output in outputs:
        values = np.asarray(found[output.name]).reshape(len(golden), -1)
        answers |= {name: values[:, place] for place, name in enumerate(output.columns)}
    return answers
