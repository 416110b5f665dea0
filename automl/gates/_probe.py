"""Runs inside a fresh process with numpy and onnxruntime only: times a bundle's score.py row by row.

Called by `automl.gates.measure` with one argument, a JSON object {folder, rows, seconds}; the last line of
stdout is a JSON object. It imports nothing of automl and writes nothing.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

try:
    import resource
except ImportError:  # Windows has none
    resource = None  # type: ignore[assignment]  # asked for at each use

WARM_UP = 200


def main() -> None:
    """Open the bundle, warm up, time `rows` single rows or as many as fit in `seconds`, then look at the memory."""
    asked = json.loads(sys.argv[1])
    folder = Path(asked["folder"])
    rows = json.loads((folder / "golden" / "rows.json").read_text(encoding="utf-8"))
    began = perf_counter()
    scorer = _scorer(folder)
    beside = folder / "golden" / "tables.json"
    tables = [json.loads(beside.read_text(encoding="utf-8"))] if beside.is_file() else []
    decide = scorer(str(folder), *tables).decide
    decide(rows[0])
    start, answered = perf_counter() - began, monotonic()
    _timed(decide, rows, min(WARM_UP, asked["rows"]), asked["seconds"] / 5)
    walls, aside = _timed(decide, rows, asked["rows"], asked["seconds"])
    found = {
        "start": start,
        "answered": answered,  # by the clock of the whole system
        "walls": walls,
        "aside": aside,
        "resident": _kilobytes("/proc/self/status", "VmRSS:") or _peak(),
        "proportional": _kilobytes("/proc/self/smaps_rollup", "Pss:"),
        "threads": _number("/proc/self/status", "Threads:"),
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def _scorer(folder: Path) -> Callable[..., Any]:
    """The `Scorer` of the bundle's own score.py; nothing else in the folder can be imported."""
    spec = spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} has no score.py")
    module = module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    found: Callable[..., Any] = module.Scorer
    return found


def _timed(
    decide: Callable[[Mapping[str, object]], object], rows: Sequence[Mapping[str, object]], count: int, seconds: float
) -> tuple[list[float], dict[int, float]]:
    """The seconds that each of `count` decisions took, fewer where `seconds` were over; at least one.

    And for rows during which the system ran other work instead of this process: the seconds of it, by row.
    """
    walls: list[float] = []
    aside: dict[int, float] = {}
    busy, taken = _usage()
    end = perf_counter() + seconds
    for place, row in enumerate(islice(cycle(rows), count)):
        before = perf_counter()
        decide(row)
        after = perf_counter()
        walls.append(after - before)
        busy_before, taken_before = busy, taken
        busy, taken = _usage()
        if taken > taken_before:
            aside[place] = max(0.0, walls[-1] - (busy - busy_before))
        if after > end:
            break
    return walls, aside


def _usage() -> tuple[float, int]:
    """Seconds on a processor, all threads, and how often the system took it away; zeros where it does not tell."""
    if resource is None:
        return 0.0, 0
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_nivcsw


def _number(path: str, key: str) -> int | None:
    """The number after `key` in a file of /proc, None where there is none."""
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), None)


def _kilobytes(path: str, key: str) -> int | None:
    number = _number(path, key)
    return None if number is None else number * 1024


def _peak() -> int:
    """The highest resident memory; Linux counts it in kilobytes, macOS in bytes."""
    if resource is None:
        return 0
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024


if __name__ == "__main__":
    main()
