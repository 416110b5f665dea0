"""What decisions cost on test beside what anyone could have without our policy: the figures of the money table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.bundle.kept import Kept, kept_rows
from automl.bundle.read import Bundle
from automl.data.rows import Rows
from automl.decide.calibration.calibrate import fit_calibration
from automl.decide.costs.cost_matrix import CostMatrix, make_cost_matrix
from automl.decide.policy.label_policy import LabelPolicy
from automl.spec import parse

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
POLICIES = ("never", "always", "at_half", "tuned", "ours", "truth")
"""What is counted: no row, every row, p > 0.5, the best single threshold, our policy, the true labels."""


def count_money(folder: Path) -> dict[str, float | int]:
    """What a test row costs under each of `POLICIES`, from the bundle in `folder` (binary, two actions).

    Also `tuned_threshold`, and `rows` that were counted and `left_out` because they lack a cost of their true class.
    The tuned threshold is the one that costs least on the out-of-fold scores, calibrated as the bundle calibrates; with
    the true labels each row gets the action that costs least. Rows have the weights of the fit.
    """
    bundle = Bundle.load(folder)
    kept = kept_rows(bundle)
    spec = parse(bundle.spec)
    labels = kept.data.labels
    costs = make_cost_matrix(spec.objective, labels, kept.data) if labels.task.kind != "regression" else None
    if costs is None or len(costs.actions) != 2:  # noqa: PLR2004  # act or not
        raise ValueError(f"{folder}: money is counted where there are two answers")
    p = kept.prediction[:, 0]
    threshold = tuned_threshold(*_calibrated(kept, seed=spec.budget.seed), costs)
    policies = {
        "never": np.zeros(p.size),
        "always": np.ones(p.size),
        "at_half": p > 0.5,  # noqa: PLR2004  # what is done without a thought
        "tuned": p > threshold,
        "ours": _ours(bundle, kept, costs),
    }
    each, known = by_action(kept.data.test, costs)
    weight = np.ones(p.size) if kept.data.test.weight is None else kept.data.test.weight
    taken = {name: np.where(np.asarray(acts) == 1, each[:, 1], each[:, 0]) for name, acts in policies.items()}
    taken["truth"] = each.min(axis=1)
    found: dict[str, float | int] = {
        name: float(np.average(values[known], weights=weight[known])) for name, values in taken.items()
    }
    return found | {"tuned_threshold": threshold, "rows": int(known.sum()), "left_out": int((~known).sum())}


def by_action(rows: Rows, costs: CostMatrix) -> tuple[Floats, Flags]:
    """What passing and acting cost on each row, given its truth [n, 2], and whether the row has both amounts [n]."""
    truth, index = rows.y.astype(np.int64), np.arange(rows.n)
    amounts = costs.amounts(rows.inputs)
    each = costs.matrix[truth] if amounts is None else amounts[index, truth]
    return each, costs.known(rows.inputs)[index, truth]


def tuned_threshold(p: Floats, rows: Rows, costs: CostMatrix) -> float:
    """The best single threshold: acting where `p` [n] lies above it costs least on these rows."""
    each, known = by_action(rows, costs)
    weight = np.ones(p.size) if rows.weight is None else rows.weight
    order = np.argsort(-p[known], kind="stable")
    scores = p[known][order]
    gained = np.cumsum(((each[:, 1] - each[:, 0]) * weight)[known][order])
    ends = np.flatnonzero(np.diff(scores, append=-np.inf))  # equal scores are acted on together
    best = int(np.argmin(np.concatenate(([0.0], gained[ends]))))
    bounds = np.concatenate(([np.inf], (scores[ends] + np.append(scores[ends][1:], -np.inf)) / 2))
    return float(np.clip(bounds[best], -1.0, 2.0))


def _calibrated(kept: Kept, *, seed: int) -> tuple[Floats, Rows]:
    """The out-of-fold scores through the curve that ships [n], with their rows."""
    train = kept.data.train
    curve = fit_calibration(kept.oof, train.y, kept.data.labels.task, train.weight, seed=seed)
    return curve.apply(kept.oof)[:, 0], train


def _ours(bundle: Bundle, kept: Kept, costs: CostMatrix) -> NDArray[np.int64]:
    """What the bundle decides on the test rows of its spec."""
    from automl.data.prepare import prepare

    spec = parse(bundle.spec)
    test = prepare(spec).test
    if test.n != kept.data.test.n:
        raise ValueError(f"{bundle.path}: the test part is not the one that was judged")
    files = {"main": spec.data.train} | {name: table.path for name, table in spec.data.tables.items() if table.path}
    able = bundle.given({name: files[name] for name in bundle.tables}) if bundle.tables else bundle
    return LabelPolicy(costs=costs).codes(able.score(test.raw, typed=False)["decision"])


def normalised(found: Mapping[str, float]) -> float:
    """The share of what is to be saved that ours saves: 0 is the best trivial policy, 1 the true labels."""
    trivial = min(found["never"], found["always"])
    return (trivial - found["ours"]) / (trivial - found["truth"])
