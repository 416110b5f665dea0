"""Parity by stage: it passes what agrees and finds what was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Labels
from automl.features.plan import Plan
from automl.graph import parity
from automl.graph.assemble import Assembly, assemble
from automl.graph.parity import check_parity
from automl.learners.base import Member
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

LEARNERS = ("lightgbm", "linear")


@pytest.fixture(scope="module")
def native(plan: Plan, forest: Member, linear: Member, frame: pl.DataFrame) -> list[np.ndarray]:
    """The raw scores as the libraries would give them."""
    columns = evaluate({feature.name: feature.expr for feature in plan.features}, frame)
    matrix = np.concatenate([columns[feature.name] for feature in plan.features], axis=1)
    values = evaluate({"0": forest.raw, "1": linear.raw}, {}, features=matrix)
    return [values["0"], values["1"]]


def test_what_agrees_passes(assembly: Assembly, frame: pl.DataFrame, native: list[np.ndarray]) -> None:
    """The graph of true members passes, with the differences that were measured."""
    result = check_parity(assembly, frame, native, LEARNERS)
    assert result.ok, result.reason
    assert result.rows == 400
    assert max(result.raw) < 1e-12
    assert max(result.later, result.features) < 1e-12
    assert (result.decisions_differing, result.ties) == (0, 0)
    assert result.reason == "the graph agrees with the libraries on 400 rows"


def test_a_threshold_off_by_one_is_found(
    plan: Plan, forest: Member, linear: Member, labels: Labels, frame: pl.DataFrame, native: list[np.ndarray]
) -> None:
    """B13: one node of one tree tests against the next value; the member is named and the bundle refused."""
    trees = forest.raw
    assert isinstance(trees, ops.Trees)
    roots = trees.ensemble.roots[trees.ensemble.roots >= 0]
    node = next(root for root in roots if trees.ensemble.feature[root] == trees.ensemble.mode[root] == 0)
    threshold = trees.ensemble.threshold.copy()
    threshold[node] += 1
    wrong = ops.Trees(trees.of, replace(trees.ensemble, threshold=threshold))
    planted = replace(forest, raw=wrong, prediction=ops.Sigmoid(wrong))
    result = check_parity(_assembled(plan, (planted, linear), labels), frame, native, LEARNERS)
    assert not result.ok
    assert "member 0 (lightgbm): the raw score differs" in result.reason
    assert result.raw[1] < 1e-12


def test_a_library_may_sum_in_another_order(assembly: Assembly, frame: pl.DataFrame, native: list[np.ndarray]) -> None:
    """A difference of 5e-7 of a score is one of summing, 5e-6 is none; only the member that has it is named."""
    size = np.maximum(1, np.abs(native[0]))
    assert check_parity(assembly, frame, [native[0] + 5e-7 * size, native[1]], LEARNERS).ok
    found = check_parity(assembly, frame, [native[0] + 5e-6 * size, native[1]], LEARNERS)
    assert (found.ok, found.differing) == (False, (0,))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_the_unit_of_a_number_decides_nothing(
    plan: Plan, linear: Member, frame: pl.DataFrame, native: list[np.ndarray], unit: float
) -> None:
    """In cents or in millions a difference is held against the spread of the scores, near 0 too."""
    raw = ops.Multiply(linear.raw, ops.constant(unit))
    number = Task(kind="regression")
    assembly = _assembled(plan, (replace(linear, raw=raw, prediction=raw),), Labels(name="y", task=number))
    scores = unit * native[1]
    assert check_parity(assembly, frame, [scores + 5e-7 * scores.std()], LEARNERS).ok
    assert not check_parity(assembly, frame, [scores + 1e-3 * scores.std()], LEARNERS).ok


def test_a_lost_score_is_a_difference(assembly: Assembly, frame: pl.DataFrame, native: list[np.ndarray]) -> None:
    """A NaN on one side only, or another shape, is an infinite difference."""
    lost = native[0].copy()
    lost[7] = np.nan
    assert check_parity(assembly, frame, [lost, native[1]], LEARNERS).raw[0] == np.inf
    assert check_parity(assembly, frame, [native[0][:, [0, 0]], native[1]], LEARNERS).raw[0] == np.inf


def test_decisions_may_differ_only_where_costs_tie(
    assembly: Assembly, frame: pl.DataFrame, native: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row whose two actions cost the same to 1e-6 is counted and forgiven; any other refuses the bundle."""
    true_values = parity._numpy_values

    def disagree(*given: object) -> dict[str, object]:
        values = true_values(*given)
        first = "no" if values["decision"][0] == "yes" else "yes"
        values["decision"] = pl.Series([first, *values["decision"][1:]])
        values["costs of decision"] = values["costs of decision"].copy()
        values["costs of decision"][0] = costs
        return values

    monkeypatch.setattr(parity, "_numpy_values", disagree)
    costs = [-0.5, -0.5 - 1e-7]
    tied = check_parity(assembly, frame, native, LEARNERS)
    assert (tied.ok, tied.decisions_differing, tied.ties) == (True, 1, 1)
    costs = [-0.5, -0.5 - 1e-5]
    clear = check_parity(assembly, frame, native, LEARNERS)
    assert (clear.ok, clear.decisions_differing, clear.ties) == (False, 1, 0)
    assert "1 decisions differ without a tie" in clear.reason


def test_a_fault_behind_the_raw_scores_is_found(
    assembly: Assembly, frame: pl.DataFrame, native: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probability or a feature that the graph computes otherwise than numpy is named by its stage."""
    true_values = parity._numpy_values

    def disagree(*given: object) -> dict[str, object]:
        values = true_values(*given)
        return {**values, stage: values[stage] + 1e-8}

    monkeypatch.setattr(parity, "_numpy_values", disagree)
    stage = "probability"
    assert "what follows the raw scores differs by 1e-08" in check_parity(assembly, frame, native, LEARNERS).reason
    stage = "features"
    assert "the features differ by" in check_parity(assembly, frame, native, LEARNERS).reason


def _assembled(plan: Plan, members: tuple[Member, ...], labels: Labels) -> Assembly:
    return assemble(
        plan=plan,
        members=members,
        weights=(0.75, 0.25)[: len(members)],
        calibration=None,
        policy=lambda _: {},
        task=labels.task,
        labels=labels,
    )
