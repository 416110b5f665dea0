"""A bundle with another curve or policy behind its predictions: the members stay, all that follows is made anew."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.ages import unpriced
from automl.bundle.contents import Contents
from automl.bundle.files import open_files
from automl.bundle.golden import decode
from automl.bundle.golden_tables import read_golden
from automl.bundle.kept import entries_of, predicted
from automl.bundle.manifest import Manifest, Output, Score, check_keys, outputs_of, plain
from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.write import discard, finish, stage, staging
from automl.data.read.column_reader import Reader
from automl.data.read.frames import side_by_side
from automl.data.rows import Finding
from automl.decide.calibration.calibrate import Calibration
from automl.decide.costs.cost_matrix import EXPECTED
from automl.decide.policy.decision_policy import DecisionPolicy, is_decided
from automl.decide.verdict.verdict import Verdict
from automl.errors import VerdictRefusal
from automl.gates.base import GateVerdict
from automl.gates.measure import measure
from automl.graph.assemble import answered
from automl.graph.replace import replace_policy, replace_prediction
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Expr, Stub
from automl.ops.rewrite import used_columns
from automl.pipeline.refuse import refusal
from automl.report.card import card
from automl.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a graph answers from its `prediction` on; with a curve the prediction itself is among the `outputs`."""

    model: bytes
    prediction: Stub
    outputs: Mapping[str, Expr]


def prediction_of(manifest: Manifest) -> Stub:
    """The output that every policy stands on, as a leaf."""
    output = predicted(manifest)
    return Stub(output.name, len(output.columns))


def behind(
    old: Bundle, policy: DecisionPolicy, calibration: Calibration | None = None, graph: bytes | None = None
) -> Behind:
    """The old bundle's graph, or another one of its shape, with another policy, and a curve where one is given."""
    model, stub, labels = graph or _graph(old), prediction_of(old.manifest), old.manifest.target.labels()
    if calibration is None:
        outputs = dict(policy.graph_outputs(stub))
        return Behind(model=replace_policy(model, stub, outputs), prediction=stub, outputs=outputs)
    outputs = answered(calibration.expr(stub), policy.graph_outputs, labels.task, labels)
    return Behind(model=replace_prediction(model, stub, outputs), prediction=stub, outputs=outputs)


def contents_behind(
    old: Bundle,
    spec: Spec,
    policy: DecisionPolicy,
    scores: tuple[Score, ...],
    *,
    calibration: Calibration | None = None,
    graph: bytes | None = None,
) -> Contents:
    """The old bundle's contents with another policy, and where they are given a curve and another `graph`."""
    manifest, labels = old.manifest, old.manifest.target.labels()
    new = behind(old, policy, calibration, graph)
    described = outputs_of(labels, new.outputs, actions=policy.actions)
    check_keys(manifest.keys, described)
    golden, native = _golden(old, new, described, graph)
    return Contents(
        model=new.model,
        reader=_reader(manifest, open_session(new.model).inputs, policy.columns),
        labels=labels,
        outputs=described,
        decisions=policy.actions,
        keys=manifest.keys,
        spec=spec.resolved(),
        golden=golden,
        profile=read_profile(old.files),
        evidence=pl.read_parquet(io.BytesIO(old.files.read("evidence.parquet"))),
        scores=scores,
        members=manifest.members,
        features=manifest.features,
        levels=manifest.levels,
        tried=manifest.tried,
        findings=tuple(Finding(**plain(finding)) for finding in manifest.findings),
        split=manifest.split,
        created=datetime.now(UTC),
        parity=manifest.parity,
        sources=manifest.sources,
        dialect=manifest.dialect,
        native=native,
        parent=manifest.content_hash,
        groups=manifest.groups,
        relational=old.relational,
        golden_tables=_kept(old, "golden/tables.json"),
        ages=tuple(unpriced(age) for age in manifest.ages),
        shelf_life=manifest.shelf_life,
        in_use=None if manifest.in_use is None else manifest.in_use.model_copy(update={"saving": None}),
        twin=manifest.twin,
        retrained=manifest.retrained,
    )


def put(
    contents: Contents, spec: Spec, verdict: Verdict | None, out: Path, *, write_anyway: bool = False
) -> tuple[GateVerdict, ...]:
    """Stage the bundle, measure its gates and move it to `out`; raises `LimitRefusal` and `VerdictRefusal`."""
    staged = staging(out)
    stage(contents, staged)
    gates = measure(staged, spec.limits)
    refused = refusal(gates, verdict, remedy="fit again")
    if refused and not (write_anyway and isinstance(refused, VerdictRefusal)):
        discard(staged)
        raise refused
    facts = plain(open_files(staged).manifest) | {"gates": plain(gates), "verdict": plain(verdict)}
    finish(staged, out, gates=gates, verdict=verdict, card=card(facts))
    return gates


def _reader(manifest: Manifest, inputs: Collection[str], named: Collection[str]) -> Reader:
    """How the graph's columns are read; under "evidence" those that only the verdict needs: today's rule, outcomes."""
    entries = entries_of(manifest)
    read = [entry for entry in entries if entry["name"] in inputs]
    beside = [entry for entry in entries if entry["name"] in named and entry["name"] not in inputs]
    return {"columns": read, "evidence": beside} if beside else {"columns": read}


def _kept(old: Bundle, name: str) -> dict[str, Any] | None:
    """What a bundle of several tables has beside the others, None in one of a single table."""
    if name not in old.manifest.files:
        return None
    document: dict[str, Any] = json.loads(old.files.read(name))
    return document


def _golden(
    old: Bundle, new: Behind, described: Sequence[Output], graph: bytes | None
) -> tuple[list[Mapping[str, Any]], dict[str, NDArray[np.generic]]]:
    """The golden rows and their answers by the ops, from the predictions of the old bundle, or of another `graph`.

    The new graph must give the same. Rows that the new policy refuses for want of a cost have no answer.
    """
    rows: list[Mapping[str, Any]] = json.loads(old.files.read("golden/rows.json"))
    tables = _kept(old, "golden/tables.json") or {}
    frame = read_golden(old.manifest.reader, rows, old.relational, tables)
    names, prediction = predicted(old.manifest).columns, _predicted(old, frame, graph)
    inner = [name for name in sorted(used_columns(*new.outputs.values())) if name.startswith(EXPECTED)]
    frame = side_by_side(frame, inner_values(old, inner, frame))
    by_ops = evaluate(new.outputs, frame, stubs={new.prediction.name: prediction})
    answers = dict(zip(names, prediction.T, strict=True))
    for output in described:
        if output.name in by_ops:
            cells = np.asarray(by_ops[output.name]).reshape(len(rows), -1)
            answers |= dict(zip(output.columns, cells.T, strict=True))
    kept = np.flatnonzero(is_decided(answers["decision"])) if "decision" in answers else np.arange(len(rows))
    return [rows[place] for place in kept], {name: cells[kept] for name, cells in answers.items()}


def _predicted(old: Bundle, frame: pl.DataFrame, graph: bytes | None) -> NDArray[np.float64]:
    """The predictions [n, width] of the golden rows: those that the old bundle keeps, or those of another graph."""
    if graph is not None:
        session, name = open_session(graph), predicted(old.manifest).name
        found = session.run({column: frame[column].to_numpy() for column in session.inputs}, [name])[name]
        return np.asarray(found, dtype=np.float64)
    expected = decode(old.files.read("golden/expected.json"))
    return np.array([[float(cell) for cell in expected[name]] for name in predicted(old.manifest).columns]).T


def _graph(old: Bundle) -> bytes:
    return old.files.read("model.onnx")


def inner_values(old: Bundle, names: Collection[str], frame: pl.DataFrame) -> pl.DataFrame:
    """What the old graph expects of amounts known only afterwards, for read rows: the inner values called `names`."""
    if not names:
        return pl.DataFrame()
    named = {name: Leaf(name) for name in names}
    session = open_session(replace_policy(old.files.read("model.onnx"), prediction_of(old.manifest), named))
    inner = session.run({name: frame[name].to_numpy() for name in session.inputs}, [*named])
    return pl.DataFrame([pl.Series(name, values[:, 0], dtype=pl.Float64) for name, values in inner.items()])
