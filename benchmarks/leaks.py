"""Whether the audit finds planted leaks, and leaves honest columns alone: no model is fitted.

    python benchmarks/leaks.py DATA_FOLDER [--out benchmarks/results/leaks.md]

Every task in the folder is prepared as it is: no column of it may be dropped as a leak. Then three columns are planted
into tasks with a time, under names that say nothing:

- the target with noise: a label that is another one in 3 % of the rows, a number with noise of 5 % of its spread;
- filled in after the fact, by time: a weak reading of the target (a third of its rank) in the rows before the last
  tenth by time, missing since: the last rows have not been followed up yet;
  where train has two moments only (cdnow_repeat_buyers) the last of them is not seen missing: test shows it, a note;
- filled in after the fact, by label (binary tasks): a random number in 60 % of the positive rows, missing elsewhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from automl.bench.tasks import read_task
from automl.data.infer.row_time import row_times
from automl.data.labels import encode, fit_labels
from automl.data.prepare import prepare
from automl.data.read.source import load
from automl.data.rows import Finding, Prepared
from automl.spec import Spec, parse

TIMED: Final[Mapping[str, list[str]]] = {
    "bike_sharing_hourly": ["dteday", "hr"],
    "walmart_weekly_sales": ["Date"],
    "weather_aus": ["Date"],
    "hotel_bookings": ["arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"],
    "cdnow_repeat_buyers": ["cutoff_time"],
    "kc_house_sales": ["date"],
    "lahman_salary": ["cutoff_time"],
}
FLIPPED, NOISE, FILLED, SEED = 0.03, 0.05, 0.6, 20_261_123


def main() -> int:
    """Print both tables; 1 where an honest column is dropped as a leak, or a planted one is not even noted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, help="file for the tables, in Markdown")
    given = parser.parse_args()
    tasks = sorted(path.parent for path in given.folder.glob("*/task.toml"))
    honest = [_honest(task) for task in tasks]
    planted = [row for task in tasks if task.name in TIMED for row in _planted(task)]
    text = _page(honest, planted)
    sys.stdout.write(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
    return int(any(row[2] != "none" for row in honest) or any(row[3] == "no" for row in planted))


def _honest(folder: Path) -> list[str]:
    """What is dropped from the task as it is, and how long it took."""
    start = time.perf_counter()
    data = prepare(_spec(folder, {}))
    seconds = time.perf_counter() - start
    dropped = [f for f in data.findings if f.action == "dropped"]
    leaks = [str(f.column) for f in dropped if f.check == "leak"]
    others = [f"{f.column} ({f.check})" for f in dropped if f.check not in {"leak", "duplicate", "constant"}]
    useless = sum(f.check in {"duplicate", "constant"} for f in dropped)
    others += [f"{useless} constants and copies"] if useless else []
    notes = [f.text for f in data.findings if f.check in {"leak", "train and test differ"} and f.action == "noted"]
    return [
        folder.name,
        f"{len(data.schema.features)}",
        _listed(leaks),
        _listed(others),
        _listed(notes),
        f"{seconds:.1f}",
    ]


def _planted(folder: Path) -> Iterator[list[str]]:
    spec = _spec(folder, {"time": TIMED[folder.name]})
    frame = load(str(spec.data.train)).frame
    for what, column in _columns(frame, spec):
        planted = frame.with_columns(column)
        data = prepare(_spec(folder, {"time": TIMED[folder.name]}, test=False), train=planted)
        found = next((f for f in data.findings if f.column == column.name and f.check == "leak"), None)
        yield [folder.name, what, found.text if found else "", _answer(found), _listed(_lost(data, column.name))]


def _columns(frame: pl.DataFrame, spec: Spec) -> Iterator[tuple[str, pl.Series]]:
    draw = np.random.default_rng(SEED)
    labels, _ = fit_labels(frame[spec.objective.target], spec)
    y = encode(labels, frame[spec.objective.target])
    when = row_times(frame, spec.data)
    if when is None:
        raise SystemExit(f"{spec.data.train} has no time")
    rank = pl.Series(y).rank("average").to_numpy() / y.size
    if labels.task.kind == "regression":
        yield "target with noise", pl.Series("v1", y + draw.normal(size=y.size) * NOISE * np.nanstd(y))
    else:
        yield "target with noise", pl.Series("v1", np.where(draw.random(y.size) < FLIPPED, 1 - y, y) + 4.0)
    weak = rank + draw.normal(size=y.size) * 3.0 * np.nanstd(rank)
    followed = when < np.nanquantile(
        when, 0.72
    )  # test is the last fifth: of the train rows a tenth is not yet followed
    yield "filled in later, by time", pl.Series("v2", np.where(followed, weak, np.nan), nan_to_null=True)
    if labels.task.kind == "binary":
        some = (y == 1) & (draw.random(y.size) < FILLED)
        yield (
            "filled in later, by label",
            pl.Series("v3", np.where(some, draw.random(y.size), np.nan), nan_to_null=True),
        )


def _spec(folder: Path, data: Mapping[str, Any], *, test: bool = True) -> Spec:
    said = read_task(folder, costs=False, main_table=True).spec
    parts: dict[str, Any] = dict(said["data"]) | dict(data)  # type: ignore[call-overload]  # tables of a spec
    if not test:
        del parts["test"]
    return parse({"objective": said["objective"], "data": parts})


def _lost(data: Prepared, planted: str) -> list[str]:
    return [str(f.column) for f in data.findings if f.check == "leak" and f.action == "dropped" and f.column != planted]


def _answer(found: Finding | None) -> str:
    return "no" if found is None else "yes" if found.action == "dropped" else "noted"


def _listed(words: list[str]) -> str:
    return "; ".join(words) or "none"


def _page(honest: list[list[str]], planted: list[list[str]]) -> str:
    found = sum(row[3] == "yes" for row in planted)
    lines = [
        "# Leaks: what the audit finds and what it leaves alone",
        "",
        "Made by `python benchmarks/leaks.py DATA_FOLDER --out benchmarks/results/leaks.md`; no model is fitted.",
        "",
        f"## {len(honest)} honest tasks: {sum(row[2] == 'none' for row in honest)} lose no column as a leak",
        "",
        *_table(["task", "features", "dropped as leaks", "dropped for other reasons", "noted", "seconds"], honest),
        "",
        f"## Planted leaks: {found} of {len(planted)} found and dropped",
        "",
        *_table(["task", "planted", "the finding", "dropped", "honest columns dropped as leaks"], planted),
        "",
    ]
    return "\n".join(lines)


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    cells = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return ["| " + " | ".join(row) + " |" for row in cells]


if __name__ == "__main__":
    raise SystemExit(main())
