"""Where the memory of a fit goes: its peak over the process tree beside `budget.memory`, for files that are large.

    python benchmarks/memory_peak.py                           # every case
    python benchmarks/memory_peak.py --only texts --only long  # some of them
    python benchmarks/memory_peak.py --scale 0.1               # a tenth of the rows and of the budget

Each case makes a file of one kind that does not fit, fits it with a budget, and looks at the proportional set sizes of
the process tree (/proc/PID/smaps_rollup) all the while. A line says peak / budget, what was under way at the peak, and
how the fit ended.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from automl.executors._processes import family, proportional

TICK = 0.02  # seconds between two looks
MEGABYTE = 1e6
WORDS = 40  # of a long text


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file called `name` with so many `rows`, made by `make`, and the `budget` in MB that its fit has."""

    name: str
    rows: int
    budget: int
    make: Callable[[int], pl.DataFrame]


@dataclass(slots=True)
class Peak:
    """The highest sum of the tree that was seen, and the last line that the fit had said then."""

    size: int = 0
    said: str = ""
    parts: list[int] = field(default_factory=list)


def long_texts(rows: int) -> pl.DataFrame:
    """Long texts that repeat: a megabyte on the disk, gigabytes in memory."""
    random = np.random.default_rng(0)
    texts = pl.Series([" ".join(["word"] * WORDS + [str(number)]) for number in range(50)])
    picked = random.integers(0, 50, rows)
    return pl.DataFrame(
        {"text": texts.gather(picked), "y": (random.random(rows) < 0.3 + 0.4 * (picked % 2)).astype(np.int64)}
    ).with_columns(other=pl.col("text").str.to_uppercase())


def unlike_texts(rows: int) -> pl.DataFrame:
    """Texts of which no two are alike."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, rows)
    numbers = pl.DataFrame({f"n{place}": random.integers(0, 10**9, rows) for place in range(12)})
    text = numbers.select(pl.concat_str(pl.all(), separator=" ")).to_series()
    return pl.DataFrame({"text": text, "number": random.normal(size=rows) + y, "y": y})


def numbers(rows: int) -> pl.DataFrame:
    """Twenty columns of numbers and a target."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, rows)
    columns = {f"x{place}": (random.normal(size=rows) + 0.1 * y).round(3) for place in range(20)}
    return pl.DataFrame({**columns, "y": y})


CASES = (
    Case(name="small.parquet", rows=2_000, budget=600, make=numbers),
    Case(name="texts.parquet", rows=1_500_000, budget=600, make=long_texts),
    Case(name="numbers.parquet", rows=6_000_000, budget=1_000, make=numbers),
    Case(name="texts.csv", rows=1_500_000, budget=600, make=unlike_texts),
    Case(name="numbers.csv", rows=2_000_000, budget=600, make=numbers),
    Case(name="texts.ndjson", rows=800_000, budget=600, make=unlike_texts),
    Case(name="numbers.ndjson", rows=800_000, budget=600, make=numbers),
    Case(name="texts.arrow", rows=1_500_000, budget=600, make=unlike_texts),
    Case(name="numbers.arrow", rows=4_000_000, budget=600, make=numbers),
    Case(name="numbers.xlsx", rows=100_000, budget=600, make=numbers),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, fit and print each case; 1 where one takes more than its budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="a case, by the beginning of its name")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows and the budget")
    parser.add_argument("--time", default="30s", help="of each fit")
    parser.add_argument("--scratch", type=Path, help="where the files go")
    parser.add_argument("--trace", action="store_true", help="a line for each new peak")
    said = parser.parse_args(arguments)
    worst = 0.0
    for case in CASES:
        if said.only and not any(case.name.startswith(name) for name in said.only):
            continue
        with tempfile.TemporaryDirectory(dir=said.scratch) as folder:
            worst = max(worst, measured(case, Path(folder), said))
    return int(worst > 1.0)


def measured(case: Case, folder: Path, said: argparse.Namespace) -> float:
    """Print the line of a case; peak / budget."""
    path = folder / case.name
    write(case.make(int(case.rows * said.scale)), path)
    spec = folder / "spec.toml"
    budget = int(case.budget * said.scale)
    spec.write_text(
        f'[data]\ntrain = "{case.name}"\n[objective]\ntarget = "y"\n'
        f'[budget]\nmemory = "{budget}MB"\ntime = "{said.time}"\n'
    )
    start = time.monotonic()
    command = [sys.executable, "-m", "automl", "fit", str(spec), "--write-anyway"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ)
    lines: list[str] = []
    assert process.stderr is not None  # noqa: S101  # it is a pipe
    reading = threading.Thread(target=follow, args=(process.stderr, lines, said.trace))
    reading.start()
    peak = watched(process, lines, trace=said.trace)
    reading.join()
    size, share = path.stat().st_size / MEGABYTE, peak.size / MEGABYTE / budget
    parts = "+".join(f"{part / MEGABYTE:.0f}" for part in peak.parts)
    print(
        f"{case.name:16} {size:7.0f} MB file, budget {budget:5} MB, peak {peak.size / MEGABYTE:6.0f} = {share:.2f} "
        f"({parts}) at {peak.said!r}; exit {process.returncode} after {time.monotonic() - start:.0f} s: {lines[-1:]}",
        flush=True,
    )
    return share


def watched(process: subprocess.Popen[bytes], lines: list[str], *, trace: bool) -> Peak:
    """The peak of a process and all below it."""
    peak = Peak()
    while process.poll() is None:
        parts = [proportional(pid) for pid in family(process.pid)]
        if sum(parts) > peak.size:
            if trace and sum(parts) > peak.size + 20 * MEGABYTE:
                print(f"    {sum(parts) / MEGABYTE:.0f} {[int(part / MEGABYTE) for part in parts]} {lines[-1:]}")
            peak = Peak(sum(parts), lines[-1] if lines else "start", parts)
        time.sleep(TICK)
    return peak


def follow(stream: IO[bytes], lines: list[str], trace: bool) -> None:
    """Keep what the fit says."""
    for line in stream:
        lines.append(line.decode(errors="replace").strip())
        if trace:
            print("   ", lines[-1][:150])


def write(frame: pl.DataFrame, path: Path) -> None:
    """The rows as a file of the kind that its name says."""
    kinds: dict[str, Callable[[Path], object]] = {
        ".parquet": frame.write_parquet,
        ".csv": frame.write_csv,
        ".ndjson": frame.write_ndjson,
        ".arrow": frame.write_ipc,
        ".xlsx": frame.write_excel,
    }
    kinds[path.suffix](path)


if __name__ == "__main__":
    sys.exit(main())
