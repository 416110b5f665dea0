"""The slider of a page says what the verdict says, at any costs, in a browser and without a network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.bundle.manifest import plain
from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import judge_labels
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.slider import slider_table
from automl.report.bundle_report import bundle_report

NINE = [[0, 2, 5, 0], [0, 1, 10, 0], [0, 0.5, 5, 0], [0, 1, 2.5, 0], [0, 3, 3, 1], [1, 4, 6, -1], [0, 1, 50, 0],
        [0, 20, 5, 0], [-0.5, 1, 5, -2]]  # fmt: skip
MOVE = """<!doctype html><title>waiting</title><body><iframe src="page.html"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const inside = frame.contentDocument, out = (name) => inside.querySelector(`[data-out="${name}"]`);
  const told = %s.map((costs) => {
    costs.forEach((cost, k) => {
      const box = inside.querySelector(`#cost-${k}`);
      box.value = cost;
      box.dispatchEvent(new Event("input"));
    });
    const [low, high] = out("interval").dataset.value.split(" ").map(Number);
    return { saving: Number(out("saving").dataset.value), low, high, verdict: out("verdict").textContent,
             spec: out("spec").textContent };
  });
  document.title = JSON.stringify(told);
};</script>"""


def policy_of(costs: list[float]) -> LabelPolicy:
    matrix = np.array(costs, dtype=float).reshape(2, 2)
    return LabelPolicy(
        costs=CostMatrix(actions=("good", "bad"), matrix=matrix, cells=BINARY_CELLS, currency="DM", given=True)
    )


@pytest.fixture
def moved(chromium: str, tmp_path: Path) -> Callable[[str, Any], Any]:
    """What a page says when its costs are moved."""

    def make(page: str, costs: Any) -> Any:
        (tmp_path / "page.html").write_text(page, encoding="utf-8")
        (tmp_path / "move.html").write_text(MOVE % json.dumps(costs), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
        options += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"]
        command = [chromium, *options, (tmp_path / "move.html").as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
        return json.loads(unescape(shown.partition("<title>")[2].partition("</title>")[0]))

    return make


def test_the_page_saves_what_a_verdict_saves(moved, manifest, gate) -> None:
    """At the spec's costs the manifest's figures to the digit; at nine others those of a verdict decided again."""
    rng, policy = np.random.default_rng(0), policy_of([0, 1, 5, 0])
    p = (1 / (1 + np.exp(-rng.normal(-0.9, 1.5, 4_000))))[:, None]
    rows = DecidedRows(decisions=policy.choose(p), y=(rng.random(4_000) < p[:, 0]).astype(float), p=p)
    verdict = judge_labels(rows, policy, seed=0)
    assert verdict is not None
    table = slider_table(rows, policy, width=verdict.high - verdict.low)
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
    page = bundle_report(manifest | {"verdict": plain(verdict), "gates": [gate(ok=True)]}, report)
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
