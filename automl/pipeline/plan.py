"""What a fit would do, told without a search: `automl fit --dry-run`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.budget import Deadline
from automl.pipeline.preflight import Given, judged_by, preflight, refuse_the_impossible
from automl.spec import Spec

if TYPE_CHECKING:
    from automl.search.problem import Problem


def plan(spec: Spec, out: Path | str | None = None) -> dict[str, Any]:
    """The data as it is read, its features and folds, as JSON values; nothing is written, no worker started.

    `features` are those that the search begins with, by the columns and the step that make them: the plan fitted on
    all train rows, as it would ship. The search over features may add others, and the audit of other tables has
    left out those of `relational` that tell nothing. `folds` are those that the rows are parted into; where the time
    is short the search uses fewer. What `fit` refuses before the search is refused here too, in the same words.
    """
    from automl.bundle.manifest import plain

    spec, metric = judged_by(spec)
    ready = preflight(spec, out, Given(metric=metric), deadline=Deadline.of(spec.budget.time))
    refuse_the_impossible(ready.broken)
    data = ready.data
    return {
        "target": data.labels.name,
        "task": data.labels.task.kind,
        "labels": list(data.labels.texts),
        "metric": ready.problem.metric.name,
        "train_rows": data.train.n,
        "test_rows": data.test.n,
        "split": data.split,
        "folds": _folds(ready.problem),
        "columns": [
            {"name": column.name, "wire": column.wire, "role": column.role, "reason": column.reason}
            for column in data.schema.columns
        ],
        "features": list(_features(ready.problem)),
        "relational": [column.name for column in data.schema.columns if column.computed],
        "findings": plain(data.findings),
        "budget": spec.resolved()["budget"],
    }


def _folds(problem: Problem) -> dict[str, Any]:
    """What parts the rows, and how many rows each fold fits on and validates on."""
    rows = [{"fit": int(fold.fit.size), "valid": int(fold.valid.size)} for fold in problem.folds]
    return {"kind": problem.fold_kind, "number": len(rows), "rows": rows}


def _features(problem: Problem) -> Iterator[Mapping[str, Any]]:
    """The names of the features by the columns that they come from and the step that makes them.

    A column that gives none has no step: it is constant, or a text that hardly repeats.
    """
    from automl.features.plan_fit import outline
    from automl.search.monotone import is_orderly

    rows, inner = problem.rows, problem.inner(problem.rows)
    made: dict[tuple[tuple[str, ...], str], dict[str, None]] = {}  # names in their order
    for step, feature in outline(rows, problem.schema, problem.task, inner, problem.seed):
        if is_orderly(feature, problem.directions):
            made.setdefault((feature.source, step), {})[feature.listed] = None
    used = {name for source, _ in made for name in source}
    for (source, step), names in made.items():
        yield {"columns": list(source), "step": step, "features": list(names)}
    for column in problem.schema.features:
        if column.name not in used:
            yield {"columns": [column.name], "step": None, "features": []}
