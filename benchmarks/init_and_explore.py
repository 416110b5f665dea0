"""How long `automl init` and `automl explore` take, and with how much memory: generated tables, development tasks.

    python benchmarks/init_and_explore.py                                     # generated tables: up to 1,000,000 x 50
    python benchmarks/init_and_explore.py --data ../shared/data               # and the tasks there
    python benchmarks/init_and_explore.py --data ../shared/data --only adult arcene

Each command runs in a process of its own, as users run it. `init` says whether it guessed the task's target.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SHAPES = ((1_000, 20), (100_000, 20), (1_000_000, 50), (2_000, 5_000))
ROW = "| {:<22} | {:>18} | {:<7} | {:>6} | {:>5} | {:<20} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One command: its exit code, seconds, the peak memory in MB, and the target that it found."""

    code: int
    seconds: float
    memory: float
    target: str


def main() -> None:
    """Print two rows for each table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of tasks")
    parser.add_argument("--only", nargs="+", default=(), help="names of tasks")
    parser.add_argument("--generate", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.generate:
        _generate(given.generate)
        return
    print(ROW.format("table", "rows x columns", "command", "s", "MB", "target guessed"))
    with tempfile.TemporaryDirectory() as scratch:
        # a child's peak counts from its parent's size, so that this process makes no tables
        subprocess.run([sys.executable, "-P", __file__, "--generate", scratch], check=True)
        tables = [*_generated(Path(scratch)), *(_tasks(given.data, given.only) if given.data else [])]
        for name, rows, shape, target in tables:
            _print(name, rows, shape, target, Path(scratch))


def _print(name: str, rows: Path, shape: str, target: str, scratch: Path) -> None:
    guessed = _run(["init", str(rows)], scratch)
    begun = guessed if guessed.code == 0 else _run(["init", str(rows), "--target", target], scratch)
    hit = "yes" if guessed.target == target else f"no: {guessed.target or 'asks'}"
    print(ROW.format(name, shape, "init", f"{begun.seconds:.1f}", f"{begun.memory:.0f}", hit))
    explored = _run(["explore", str(rows), "--target", target, "--json"], scratch)
    told = "" if explored.code == 0 else f"exit code {explored.code}"
    print(ROW.format(name, shape, "explore", f"{explored.seconds:.1f}", f"{explored.memory:.0f}", told), flush=True)


def _run(words: Sequence[str], scratch: Path) -> Run:
    out = scratch / "spec.toml"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "automl", *words]
    if words[0] == "init":
        command += ["-o", str(out), "--yes"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        code, used = _wait(process)
    target = tomllib.loads(out.read_text("utf-8"))["objective"]["target"] if out.exists() else ""
    return Run(code=code, seconds=time.perf_counter() - start, memory=used.ru_maxrss / 1_024, target=target)


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage]:
    """The exit code and what the process used; `wait4` takes the place of `wait`."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used


def _generate(folder: Path) -> None:
    """Tables of numbers and levels with a label that two columns tell."""
    import numpy as np
    import polars as pl

    for rows, columns in SHAPES:
        draw = np.random.default_rng(0)
        frame = {f"x{i}": draw.normal(size=rows).astype(np.float32) for i in range(columns - 2)}
        frame["level"] = draw.choice([f"level {i}" for i in range(50)], rows)
        frame["label"] = np.where(frame["x0"] + draw.normal(size=rows) > 1, "yes", "no")
        pl.DataFrame(frame).write_parquet(_path(folder, rows, columns))


def _generated(folder: Path) -> Iterator[tuple[str, Path, str, str]]:
    for rows, columns in SHAPES:
        yield "generated", _path(folder, rows, columns), f"{rows:,} x {columns:,}", "label"


def _path(folder: Path, rows: int, columns: int) -> Path:
    return folder / f"{rows}x{columns}.parquet"


def _tasks(data: Path, only: Sequence[str]) -> Iterator[tuple[str, Path, str, str]]:
    """The train part of each task, as csv where there is one."""
    for path in sorted(data.glob("*/task.toml")):
        task = tomllib.loads(path.read_text("utf-8"))
        if not only or task["name"] in only:
            csv = path.parent / "train.csv"
            rows = csv if csv.exists() else path.parent / "train.parquet"
            yield task["name"], rows, f"{task['rows_train']:,} x {task['columns']:,}", task["target"]


if __name__ == "__main__":
    main()
