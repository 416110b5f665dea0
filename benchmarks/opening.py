"""What it costs to open a bundle: one's own, a stranger's, and by an older checkout of automl, in turn in one run.

    python benchmarks/opening.py --before ../older-checkout

Each figure is the median of fresh processes, in seconds: `verify` is the whole command, `load` is `Bundle.load` alone
in a process that has imported everything. Ratios and differences are medians over the rounds, in which all take turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
HERE = Path(__file__).resolve().parents[1]
TREES = {"16 kB": 7, "4 MB": 1_900}  # of depth 6: the size of the graph
LOAD = """
import sys, time
from automl.bundle.read import Bundle
import automl.bundle.verify
import automl.graph.runtime
import onnxruntime
start = time.perf_counter()
Bundle.load(sys.argv[1])
print(time.perf_counter() - start)
"""
BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from opening import build
build(Path(sys.argv[2]), int(sys.argv[3]))
"""


def main() -> None:
    """Build, time in turn, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of automl to compare with")
    parser.add_argument("--rounds", type=int, default=15)
    said = parser.parse_args()
    engines = {"now": HERE, **({"before": said.before.resolve()} if said.before else {})}
    lines = [
        "| graph | what | before | own | stranger | stranger / before | own - before |",
        "|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        for size, trees in TREES.items():
            found = measured(engines, Path(scratch) / size, trees, said.rounds)
            lines += [f"| {size} | {what} | {_row(rounds)} |" for what, rounds in found.items()]
    table = "\n".join(lines)
    (RESULTS / "opening.md").write_text(f"{table}\n\n{said.rounds} rounds.\n", encoding="utf-8")
    print(table)


def measured(engines: Mapping[str, Path], room: Path, trees: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Seconds by who opens, for each round, of `verify` and of `load`."""
    for name, engine in engines.items():
        _run(
            engine, room / name, "-P", "-c", BUILD, str(HERE / "benchmarks"), str(room / name / "a.bundle"), str(trees)
        )
    found: dict[str, list[dict[str, float]]] = {"verify": [], "load": []}
    for _ in range(rounds):
        turns = {"own": ("now", room / "now"), "stranger": ("now", room / "nobody")}
        turns |= {"before": ("before", room / "before")} if "before" in engines else {}
        verify, load = {}, {}
        for who, (name, data) in turns.items():
            bundle = str(room / name / "a.bundle")
            began = time.perf_counter()
            _run(engines[name], data, "-P", "-m", "automl", "verify", bundle)
            verify[who] = time.perf_counter() - began
            load[who] = float(_run(engines[name], data, "-P", "-c", LOAD, bundle))
        found["verify"].append(verify)
        found["load"].append(load)
    return found


def build(out: Path, trees: int) -> None:
    """A small bundle whose probability comes from so many random trees."""
    import numpy as np

    from automl.bundle.write import finish, stage, staging
    from automl.graph.onnx import to_onnx
    from automl.ops import expr as ops
    from automl.testing._bundle import small_contents

    draw = np.random.default_rng(0)
    inner, leaves = 63, 64  # of a full tree of depth 6
    first, leaf = np.arange(trees)[:, None] * inner, np.arange(trees)[:, None] * leaves
    children = [
        np.where(2 * np.arange(inner) + side < inner, first + 2 * np.arange(inner) + side, 0)
        + np.where(2 * np.arange(inner) + side >= inner, -1 - leaf - (2 * np.arange(inner) + side - inner), 0)
        for side in (1, 2)
    ]
    forest = ops.Ensemble(
        feature=draw.integers(0, 2, trees * inner),
        threshold=draw.normal(40.0, 20.0, trees * inner),
        mode=np.zeros(trees * inner, dtype=np.int8),
        nan_true=draw.integers(0, 2, trees * inner).astype(np.bool_),
        true_child=children[0].ravel().astype(np.int64),
        false_child=children[1].ravel().astype(np.int64),
        sets={},
        leaf_value=draw.normal(size=trees * leaves) / trees,
        leaf_target=np.zeros(trees * leaves, dtype=np.int64),
        roots=first.ravel().astype(np.int64),
        base=np.zeros(1),
    )
    columns = ops.Concat((ops.Column("age"), ops.Column("income")))
    chance = ops.Sigmoid(ops.Trees(columns, forest))
    both = ops.Concat((ops.Subtract(ops.constant(1.0), chance), chance))
    losses = ops.MatMul(both, 1.0 - np.eye(2))
    contents = small_contents()
    outputs = {
        "probability": chance,
        "decision": ops.TakeText(ops.ArgMin(losses), contents.labels.texts),
        "expected_cost": ops.RowSum(ops.Multiply(losses, both)),
    }
    model = to_onnx(outputs, inputs=[ops.Column("age"), ops.Column("income")])
    reader = {"columns": [entry for entry in contents.reader["columns"] if entry["name"] in {"age", "income"}]}
    stage(replace(contents, model=model, reader=reader), staging(out))
    finish(staging(out), out, gates=(), verdict=None, card="# A card\n")
    print(f"{len(model):,} bytes", file=sys.stderr)


def _run(engine: Path, data: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(engine), "XDG_DATA_HOME": str(data), "OMP_NUM_THREADS": "1"}
    data.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, check=True, text=True
    ).stdout


def _row(rounds: list[dict[str, float]]) -> str:
    who = ("before", "own", "stranger")
    cells = [f"{statistics.median(one[name] for one in rounds):.3f}" if name in rounds[0] else "" for name in who]
    if "before" not in rounds[0]:
        return " | ".join([*cells, "", ""])
    ratio = statistics.median(one["stranger"] / one["before"] for one in rounds)
    more = statistics.median(one["own"] - one["before"] for one in rounds)
    return " | ".join([*cells, f"{ratio:.2f}", f"{1000 * more:+.1f} ms"])


if __name__ == "__main__":
    main()
