"""The slider of a page says what the verdict says, at any costs, in a browser and without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devtools import Tab

from automl.bundle.manifest import plain
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import Bootstrap
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import compared, judge_labels
from automl.decide.verdict.verdict import Verdict
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.row_slider import RowSliderTable, row_slider_table
from automl.diagnostics.slider import SliderTable, slider_table
from automl.ops import expr as ops
from automl.report.bundle_report import bundle_report

NINE = [[0, 2, 5, 0], [0, 1, 10, 0], [0, 0.5, 5, 0], [0, 1, 2.5, 0], [0, 3, 3, 1], [1, 4, 6, -1], [0, 1, 50, 0],
        [0, 20, 5, 0], [-0.5, 1, 5, -2]]  # fmt: skip
SEEDS = 5  # of the draws of a verdict: its ends differ by 2 % of the width from one to the next
FACTORS = [[1, 2, 1, 1], [1, 0.5, 1, 1], [1, 1, 3, 1], [1, 1, 0.4, 1], [1, 3, 3, 1], [1, 10, 1, 1], [1, 1, 30, 1],
           [1, 0.1, 1, 1], [1, 2, 0.7, 1]]  # fmt: skip
AMOUNT = RowCost(text="amount + 1", expr=ops.constant(1.0), mean=1.0)
MOVE = """(() => {
  const out = (name) => document.querySelector(`[data-out="${name}"]`);
  return %s.map((costs) => {
    costs.forEach((cost, k) => { document.querySelector(`#cost-${k}`).value = cost; });
    document.querySelector("#cost-0").dispatchEvent(new Event("input"));
    const [low, high] = out("interval").dataset.value.split(" ").map(Number);
    return { saving: Number(out("saving").dataset.value), low, high, verdict: out("verdict").textContent,
             spec: out("spec").textContent };
  });
})()"""


def policy_of(costs: list[float]) -> LabelPolicy:
    matrix = np.array(costs, dtype=float).reshape(2, 2)
    return LabelPolicy(
        costs=CostMatrix(actions=("good", "bad"), matrix=matrix, cells=BINARY_CELLS, currency="DM", given=True)
    )


def page_of(table: SliderTable | RowSliderTable | None, verdict: Verdict | None, manifest: Any, gate: Any) -> str:
    found = Diagnostics(
        rows=4_000,
        loss="DM",
        importance=(),
        effects={},
        weak_spots=(),
        over_time=(),
        looked_at=0,
        columns=0,
        slider=table,
    )
    report = {"name": "a", "diagnostics": plain(found), "search": {"board": [], "front": [], "features": []}}
    return bundle_report(manifest | {"verdict": plain(verdict), "gates": [gate(ok=True)]}, report)


@pytest.fixture
def moved(tab: Tab, tmp_path: Path) -> Callable[[str, Any], Any]:
    """What a page says when its costs are moved."""

    def make(page: str, costs: Any) -> Any:
        (tmp_path / "page.html").write_text(page, encoding="utf-8")
        tab.open(tmp_path / "page.html")
        return tab.run(MOVE % json.dumps(costs))

    return make


def test_the_page_saves_what_a_verdict_saves(moved, manifest, gate) -> None:
    """At the spec's costs the manifest's figures to the digit; at nine others those of a verdict decided again."""
    rng, policy = np.random.default_rng(0), policy_of([0, 1, 5, 0])
    p = (1 / (1 + np.exp(-rng.normal(-0.9, 1.5, 4_000))))[:, None]
    rows = DecidedRows(decisions=policy.choose(p), y=(rng.random(4_000) < p[:, 0]).astype(float), p=p)
    verdict = judge_labels(rows, policy, seed=0)
    assert verdict is not None
    table = slider_table(rows, policy, width=verdict.high - verdict.low)
    page = page_of(table, verdict, manifest, gate)
    first, *others = moved(page, [[0, 1, 5, 0], *NINE])
    assert (first["saving"], first["low"], first["high"]) == (verdict.saving, verdict.low, verdict.high)
    assert first["verdict"] == "worth deploying"
    for costs, told in zip(NINE, others, strict=True):
        other = policy_of(costs)
        want = judge_labels(DecidedRows(decisions=other.choose(p), y=rows.y, p=p), other, seed=0)
        assert want is not None
        assert told["saving"] == pytest.approx(want.saving, rel=1e-9, abs=1e-9)
        near = 0.05 * (want.high - want.low) + 1e-9
        assert (told["low"], told["high"]) == pytest.approx((want.low, want.high), abs=near)
        assert f"false_positive = {costs[1]:g}" in told["spec"]


@pytest.mark.parametrize("n", [4_000, 40_000])
def test_costs_by_row_are_moved_by_factors(n: int, moved, manifest, gate) -> None:
    """At the spec's costs the manifest's figures to the digit; at nine others within 1 % of a verdict decided again."""
    rng, policy = np.random.default_rng(0), policy_of([0, 1, 5, 0])
    by_row = replace(policy, costs=replace(policy.costs, rows={(1, 0): AMOUNT}))
    p, amounts = (1 / (1 + np.exp(-rng.normal(-0.9, 1.5, n))))[:, None], np.zeros((n, 2, 2))
    amounts[:, 1, 0], amounts[:, 0, 1] = rng.lognormal(3, 1, n), 5
    rows = DecidedRows(decisions=np.zeros(n, dtype=int), y=(rng.random(n) < p[:, 0]).astype(float), p=p)

    def decided(factors: list[float]) -> DecidedRows:
        costs = amounts * np.reshape(factors, (2, 2))
        return replace(rows, amounts=costs, decisions=policy.choose(p, costs))

    verdict = judge_labels(decided([1, 1, 1, 1]), by_row, seed=0)
    assert verdict is not None
    table = row_slider_table(replace(rows, amounts=amounts), policy, width=verdict.high - verdict.low)
    first, *others = moved(page_of(table, verdict, manifest, gate), [[1, 1, 1, 1], *FACTORS])
    assert (first["saving"], first["low"], first["high"]) == (verdict.saving, verdict.low, verdict.high)
    assert 'false_negative = "amount + 1"' in first["spec"]
    for factors, told in zip(FACTORS, others, strict=True):
        again = [compared(decided(factors), by_row, Bootstrap.over(n, None, seed=seed)) for seed in range(SEEDS)]
        want, ends = again[0], np.mean([(each.low, each.high) for each in again], axis=0)
        assert told["saving"] == pytest.approx(want.saving, rel=0.01, abs=1e-3 * want.ours)
        near = 0.05 * (ends[1] - ends[0]) + 0.01 * abs(want.saving)
        assert (told["low"], told["high"]) == pytest.approx(tuple(ends), abs=near)
    assert 'false_negative = "3 * (amount + 1)"' in others[2]["spec"]
    assert "false_positive = 2" in others[0]["spec"]


def test_without_evidence_it_says_so(manifest, gate) -> None:
    """A bundle that keeps no row has no slider over rows, and says why."""
    policy = policy_of([0, 1, 5, 0])
    rows = DecidedRows(decisions=np.array([0, 1]), y=np.array([0.0, 1.0]), p=np.array([[0.1], [0.9]]))
    verdict = judge_labels(rows, replace(policy, costs=replace(policy.costs, rows={(1, 0): AMOUNT})), seed=0)
    none = {"spec": {**manifest["spec"], "bundle": {"evidence": "none"}}}
    assert "keeps no row" in page_of(None, verdict, manifest | none, gate)
    assert "automl decide" in page_of(None, verdict, manifest, gate)


@pytest.mark.parametrize("by_row", [False, True])
def test_the_largest_page_is_small(by_row: bool, manifest, gate, holds_in_browser) -> None:
    """Of 60,000 rows of probabilities and amounts of their own: at most 2 MB, alone, and it opens without a network."""
    rng, policy, n = np.random.default_rng(0), policy_of([0, 1, 5, 0]), 60_000
    p = rng.random(n)[:, None]
    rows = DecidedRows(decisions=policy.choose(p), y=(rng.random(n) < p[:, 0]).astype(float), p=p)
    few = DecidedRows(decisions=rows.decisions[:200], y=rows.y[:200], p=p[:200])
    verdict = judge_labels(few, policy, seed=0)
    table = slider_table(rows, policy, width=1.0)
    if by_row:
        table = row_slider_table(replace(rows, amounts=rng.lognormal(3, 2, (n, 2, 2))), policy, width=1.0)
    page = page_of(table, verdict, manifest, gate)
    assert len(page.encode()) <= 2_000_000
    assert not re.search(r"https?://|<script .*src|<img|<link|@import|url\(", page)
    holds_in_browser(page)
