"""Whether other tables are used where they tell something, and left out where they tell nothing: generated cases.

    python benchmarks/relational_cases.py latest [--rows 6000] [--budget 60s] [--seeds 1]
    python benchmarks/relational_cases.py noise  [--rows 3000] [--budget 30s] [--seeds 10]

The cases are those of `automl.testing._relational_cases`. Of `latest` three bundles are made: of the main table alone,
of the main table with the latest row joined by hand, and of all tables; what counts is the share of the hand-made gain
in R2 on the test part. Of `noise` it is whether the bundle reads no other table.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from automl.pipeline.fit import fit
from automl.pipeline.result import Fit
from automl.spec import parse
from automl.testing._relational_cases import Case, latest, noise

HISTORY, BESIDE = 9_000, 300_000  # rows of each key, and of the other table
TEST: Final = 4  # one row in so many, the last ones
USUAL: Final = {"latest": (6_000, "60s", 1), "noise": (3_000, "30s", 10)}


def main() -> None:
    """Run the cases of a kind and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=tuple(USUAL))
    parser.add_argument("--rows", type=int)
    parser.add_argument("--budget")
    parser.add_argument("--seeds", type=int)
    said = parser.parse_args()
    rows, budget, seeds = (given or usual for given, usual in zip(_given(said), USUAL[said.kind], strict=True))
    for seed in range(seeds):
        line = _latest(rows, budget, seed) if said.kind == "latest" else _noise(rows, budget, seed)
        print(f"{said.kind} seed {seed}: {line}", flush=True)  # a table for people


def _given(said: argparse.Namespace) -> tuple[int | None, str | None, int | None]:
    return said.rows, said.budget, said.seeds


def _latest(rows: int, budget: str, seed: int) -> str:
    case = latest(rows, HISTORY, BESIDE, seed)
    joined = case.main.with_columns(by_hand=pl.Series(case.by_hand))
    alone, by_hand, ours = (
        _fit(frame, case if whole else None, budget, seed)
        for frame, whole in ((case.main, False), (joined, False), (case.main, True))
    )
    share = (_r2(ours) - _r2(alone)) / (_r2(by_hand) - _r2(alone))
    scores = f"R2 alone {_r2(alone):.4f}, by hand {_r2(by_hand):.4f}, all tables {_r2(ours):.4f}"
    return f"{scores}: {share:.1%} of the gain; {_told(ours)}"


def _noise(rows: int, budget: str, seed: int) -> str:
    case = noise(rows, seed)
    alone, ours = (_fit(case.main, given, budget, seed) for given in (None, case))
    reads = ", ".join(ours.bundle.tables) or "the main table alone"
    return f"R2 alone {_r2(alone):.4f}, with tables {_r2(ours):.4f}: reads {reads}; {_told(ours)}"


def _fit(main: pl.DataFrame, case: Case | None, budget: str, seed: int) -> Fit:
    cut = main.height - main.height // TEST
    tables: Mapping[str, pl.DataFrame] = case.frames if case else {}
    spec = parse(
        {
            "objective": {"target": "y", "task": "regression", "metric": "r2"},
            "data": {"time": "day", **({"tables": case.tables} if case else {})},
            "budget": {"time": budget, "workers": 2, "seed": seed},
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        done = fit(spec, train=main[:cut], test=main[cut:], tables=tables, out=Path(folder) / "case.bundle")
        _ = done.bundle  # opened while it is there
        return done


def _r2(done: Fit) -> float:
    return next(s.value for s in done.judgement.scores if s.metric == "r2" and s.rows == "test" and s.value is not None)


def _told(done: Fit) -> str:
    """The share of the time that the other tables took."""
    for told in done.bundle.manifest.findings:
        if told.check == "computed":
            return f"{told.evidence['seconds']} s, {told.evidence['share']:.1%} of the budget"
    return "no other table"


if __name__ == "__main__":
    main()
