"""New costs for an old bundle: the members stay, policy and verdict are made again from the kept evidence."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.contents import Contents
from automl.bundle.files import open_files
from automl.bundle.golden import decode
from automl.bundle.golden_tables import read_golden
from automl.bundle.kept import entries_of, kept_rows, predicted
from automl.bundle.manifest import Manifest, Output, Score, check_keys, outputs_of, plain
from automl.bundle.place import check_place
from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.write import discard, finish, stage, staging
from automl.data.read.column_reader import Reader
from automl.data.read.frames import side_by_side
from automl.data.rows import Finding, Prepared, Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import EXPECTED, CostMatrix, make_cost_matrix
from automl.decide.policy.decision_policy import DecisionPolicy, fit_policy, is_decided, make_policy
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.verdict.verdict import Verdict
from automl.errors import SpecError, VerdictRefusal
from automl.gates.base import GateVerdict
from automl.gates.measure import measure
from automl.graph.onnx import to_onnx
from automl.graph.replace import replace_policy
from automl.graph.session import open_session
from automl.metrics import get as metric
from automl.ops.bulk import evaluate
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Expr, Stub, walk
from automl.ops.rewrite import used_columns
from automl.pipeline.judge import policy_scores, verdict_on
from automl.pipeline.refuse import refusal
from automl.report.card import card
from automl.spec import Spec, parse
from automl.spec.expressions import cost_columns, named_columns

CHANGEABLE = ("costs", "interval", "names", "require", "review", "capacity", "running", "today")
"""The keys of [objective] that no member was trained by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redecided:
    """The new bundle's folder, the verdict under the new costs, what the gates measured, and the old bundle's hash."""

    path: Path
    verdict: Verdict | None
    gates: tuple[GateVerdict, ...]
    parent: str

    @property
    def exit_code(self) -> int:
        """0, or 5 where deploying is not shown to pay and the bundle was asked for all the same."""
        return VerdictRefusal.exit_code if self.verdict and not self.verdict.worth else 0

    def summary(self) -> dict[str, Any]:
        """What `automl decide --json` prints."""
        return {
            "bundle": str(self.path),
            "parent": self.parent,
            "worth": self.verdict.worth if self.verdict else None,
            "verdict": plain(self.verdict),
            "gates": plain(self.gates),
        }


def decide(
    bundle: Path,
    overrides: Sequence[str],
    out: Path,
    *,
    write_anyway: bool = False,
    require_signature: Path | None = None,
) -> Redecided:
    """Write the bundle `out`: that of the folder `bundle` with `overrides` (``key=value``) of its spec's [objective].

    No member is trained again. The verdict stands on the rows of evidence.parquet: all test rows, and the train rows
    that a fold predicted. Raises `SpecError` for a key that would need a new search and for an expression over
    columns that the evidence lacks, `LimitRefusal` and `VerdictRefusal` as `fit` does. `require_signature` is a public
    key whose owner must have signed the old bundle.
    """
    check_place(out)
    old = Bundle.load(bundle, require_signature=require_signature)
    spec = _respec(old.manifest, overrides)
    _check_fairness(spec)
    _check_evidence(old.manifest)
    kept = kept_rows(old)
    data = kept.data
    oof = OutOfFold.of(kept.oof, data.train, data.labels.task, seed=spec.budget.seed)
    policy = fit_policy(_asked(spec, old, data), oof)
    stub = Stub(predicted(old.manifest).name, kept.prediction.shape[1])
    answers = _answers(policy, stub, data.test, kept.prediction)
    verdict = verdict_on(data, oof, policy, answers)
    earlier = tuple(score for score in old.manifest.scores if not _of_policy(score.metric))
    scores = (*earlier, *policy_scores(data.test, policy, answers, seed=oof.seed))
    staged = staging(out)
    stage(_contents(old, spec, policy, stub, scores), staged)
    gates = measure(staged, spec.limits)
    refused = refusal(gates, verdict, remedy="fit again")
    if refused and not (write_anyway and isinstance(refused, VerdictRefusal)):
        discard(staged)
        raise refused
    facts = plain(open_files(staged).manifest) | {"gates": plain(gates), "verdict": plain(verdict)}
    finish(staged, out, gates=gates, verdict=verdict, card=card(facts))
    return Redecided(path=out, verdict=verdict, gates=gates, parent=old.manifest.content_hash)


def _check_evidence(manifest: Manifest) -> None:
    if parse(manifest.spec).bundle.evidence == "none":
        raise SpecError(
            "the bundle keeps no rows, so nothing can be decided anew",
            where="bundle.evidence",
            hint='Fit again with the other costs, or with [bundle] evidence = "rows" or "rounded".',
        )


def _check_fairness(spec: Spec) -> None:
    """Other costs are other decisions, and the evidence does not know whose they are."""
    for place, entry in enumerate(spec.limits.fairness):
        if metric(entry.metric).needs == "decision":
            raise SpecError(
                f"{entry.metric} by {entry.column} hangs on the decisions, and the evidence has no such groups",
                where=f"limits.fairness[{place}]",
                hint="Fit again.",
            )


def _of_policy(metric: str) -> bool:
    """Whether a score tells of the policy, and not of the prediction."""
    return metric.startswith(("coverage of", "interval ")) or ", promised " in metric


def _respec(manifest: Manifest, overrides: Sequence[str]) -> Spec:
    for text in overrides:
        parts = text.partition("=")[0].strip().split(".")
        if parts[0] != "objective" or len(parts) == 1 or parts[1] not in CHANGEABLE:
            raise SpecError(
                "this takes a new search",
                where=f"--set {'.'.join(parts)}",
                hint=f"decide changes {', '.join(f'objective.{key}' for key in CHANGEABLE)}; else fit again",
            )
    return parse(manifest.spec, overrides=overrides)


def _asked(spec: Spec, old: Bundle, data: Prepared) -> DecisionPolicy:
    """The policy that the new spec asks for, with what the fit learned to expect; nothing else is learned yet."""
    inputs = [entry["name"] for entry in old.manifest.reader["columns"]]
    there = [column.name for column in data.schema.columns]
    _check_columns(named_columns(spec.objective), there, "the evidence in the bundle lacks", where="objective")
    costed = [name for name in cost_columns(spec.objective.costs) if name not in spec.data.outcomes]
    _check_columns(costed, inputs, "the graph in the bundle does not read", where="objective.costs")
    policy = make_policy(spec.objective, data)
    if isinstance(policy, NumberPolicy):
        return policy
    before = make_cost_matrix(parse(old.manifest.spec).objective, data.labels, data)
    return replace(policy, costs=_expecting(policy.costs, before, data))


def _expecting(costs: CostMatrix, before: CostMatrix, data: Prepared) -> CostMatrix:
    """The costs with what the fit learned to expect of amounts that are known only afterwards.

    Raises `SpecError` for such an amount that is not the one of the fit: nobody has learned what to expect of it.
    """
    texts = {before.cells[truth][action]: cost.text for (truth, action), cost in before.rows.items()}
    rows = dict(costs.rows)
    for (truth, action), cost in costs.rows.items():
        cell = costs.cells[truth][action]
        if cost.later and texts.get(cell) != cost.text:
            raise SpecError(
                f"'{cost.text}' is known only afterwards, and the fit did not learn what to expect of it",
                where=f"objective.costs.{cell}",
                hint=f"It did of '{texts[cell]}'. Else fit again." if cell in texts else "Fit again.",
            )
        if cost.later and f"{EXPECTED}{cell}" in data.train.frame.columns:
            rows[truth, action] = replace(cost, model=Leaf(f"{EXPECTED}{cell}"))
    return replace(costs, rows=rows)


def _check_columns(named: Sequence[str], there: Sequence[str], what: str, *, where: str) -> None:
    lacking = [name for name in named if name not in there]
    if lacking:
        hint = f"It has {', '.join(there) or 'none'}: those that the fit named. Else fit again."
        raise SpecError(f"{what} the column '{lacking[0]}'", where=where, hint=hint)


def _answers(
    policy: DecisionPolicy, stub: Stub, rows: Rows, prediction: NDArray[np.float64]
) -> dict[str, NDArray[np.generic]]:
    """Predictions that the graph made, and what the graph's own policy answers to them."""
    outputs = dict(policy.graph_outputs(stub))
    columns = {leaf.name: leaf for leaf in walk(*outputs.values()) if isinstance(leaf, Leaf)}
    if not outputs:
        return {stub.name: prediction}
    session = open_session(to_onnx(outputs, inputs=[stub, *columns.values()]))
    given = {stub.name: prediction, **{name: rows.frame[name].to_numpy() for name in columns}}
    return {stub.name: prediction, **session.run(given)}


def _contents(old: Bundle, spec: Spec, policy: DecisionPolicy, stub: Stub, scores: tuple[Score, ...]) -> Contents:
    """The old bundle's contents with another policy behind its predictions."""
    manifest, labels = old.manifest, old.manifest.target.labels()
    outputs = dict(policy.graph_outputs(stub))
    described = outputs_of(labels, outputs, actions=policy.actions)
    check_keys(manifest.keys, described)
    model = replace_policy(old.files.read("model.onnx"), stub, outputs)
    golden, native = _golden(old, stub, outputs, described)
    return Contents(
        model=model,
        reader=_reader(manifest, open_session(model).inputs, policy.columns),
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
    )


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
    old: Bundle, stub: Stub, outputs: Mapping[str, Expr], described: Sequence[Output]
) -> tuple[list[Mapping[str, Any]], dict[str, NDArray[np.generic]]]:
    """The golden rows and their answers by the ops, from the old bundle's own predictions.

    The new graph must give the same. Rows that the new policy refuses for want of a cost have no answer.
    """
    rows: list[Mapping[str, Any]] = json.loads(old.files.read("golden/rows.json"))
    expected = decode(old.files.read("golden/expected.json"))
    names = predicted(old.manifest).columns
    prediction = np.array([[float(cell) for cell in expected[name]] for name in names]).T
    tables = _kept(old, "golden/tables.json") or {}
    frame = read_golden(old.manifest.reader, rows, old.relational, tables)
    frame = side_by_side(frame, _inner_values(old, stub, outputs, frame))
    by_ops = evaluate(outputs, frame, stubs={stub.name: prediction})
    answers = dict(zip(names, prediction.T, strict=True))
    for output in described:
        if output.name in by_ops:
            cells = np.asarray(by_ops[output.name]).reshape(len(rows), -1)
            answers |= dict(zip(output.columns, cells.T, strict=True))
    kept = np.flatnonzero(is_decided(answers["decision"])) if "decision" in answers else np.arange(len(rows))
    return [rows[place] for place in kept], {name: cells[kept] for name, cells in answers.items()}


def _inner_values(old: Bundle, stub: Stub, outputs: Mapping[str, Expr], frame: pl.DataFrame) -> pl.DataFrame:
    """What the old graph expects of amounts known only afterwards, for read rows: the columns that `outputs` need."""
    named = {name: Leaf(name) for name in sorted(used_columns(*outputs.values())) if name.startswith(EXPECTED)}
    if not named:
        return pl.DataFrame()
    session = open_session(replace_policy(old.files.read("model.onnx"), stub, named))
    inner = session.run({name: frame[name].to_numpy() for name in session.inputs}, [*named])
    return pl.DataFrame([pl.Series(name, values[:, 0], dtype=pl.Float64) for name, values in inner.items()])
