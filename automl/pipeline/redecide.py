"""New costs for an old bundle: the members stay, policy and verdict are made again from the kept evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.bundle.kept import kept_rows
from automl.bundle.manifest import Manifest, plain
from automl.bundle.place import check_place
from automl.bundle.read import Bundle
from automl.data.rows import Prepared, Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.cost_matrix import EXPECTED, CostMatrix, make_cost_matrix
from automl.decide.policy.decision_policy import DecisionPolicy, fit_policy, make_policy
from automl.decide.policy.number_policy import NumberPolicy
from automl.decide.verdict.verdict import Verdict
from automl.errors import SpecError, VerdictRefusal
from automl.gates.base import GateVerdict
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.host.threads import single_threaded
from automl.metrics import get as metric
from automl.ops.expr import Column as Leaf
from automl.ops.expr import Stub, walk
from automl.pipeline.behind import contents_behind, prediction_of, put
from automl.pipeline.judge import policy_scores, verdict_on
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


@single_threaded()
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
    stub = prediction_of(old.manifest)
    answers = _answers(policy, stub, data.test, kept.prediction)
    verdict = verdict_on(data, oof, policy, answers)
    earlier = tuple(score for score in old.manifest.scores if not _of_policy(score.metric))
    scores = (*earlier, *policy_scores(data.test, policy, answers, seed=oof.seed))
    contents = contents_behind(old, spec, policy, scores)
    gates = put(contents, spec, verdict, out, write_anyway=write_anyway)
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
    return parse(manifest.whole_spec, overrides=overrides)


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
