"""What a watch says of each month, beside what then came true: money on four tasks whose test part follows in time.

    python benchmarks/monitor_months.py --data ../shared/data [--seconds 45] [--nannyml PYTHON]

A model is fitted on the first four fifths of the train part of each task, the last fifth is its test part and makes the
promise, and the task's own test part is watched month by month: the saving that is expected without labels, with its
interval, beside the one that was realised, as shares of the promise. With labels: of each month a fifth of them is
drawn, `REPEATS` times, and the interval that is then stated holds the saving of all its rows, or not. `--nannyml` names
the Python of a venv with NannyML, whose estimates of the same months stand on the same predictions and the same test
part: CBPE of the saving (business value, as a share of the promise), DLE of the squared error (as a share of that
error, for it knows no money); without it its column is empty.

The table is results/monitor_months.md, the figure results/monitor_months.svg.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import json
import math
import subprocess
import tempfile
from calendar import month_name
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl import Bundle, fit
from automl.bench.records import markdown
from automl.data.labels import encode
from automl.figures.intervals import Estimate, intervals
from automl.figures.svg import style, svg
from automl.monitor.look import MoneyLook
from automl.monitor.money.entered import entered
from automl.monitor.money.ground import Ground, ground_of
from automl.monitor.money.labelled import realised
from automl.monitor.money.ledger import Answered
from automl.monitor.rows import scored
from automl.spec.data import Data

RESULTS = Path(__file__).parent / "results"
RIVAL = Path(__file__).with_name("monitor_months_nannyml.py")
REPEATS, KNOWN, ALPHA = 40, 0.2, 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task: what its mistakes cost, what its rows are dated by, and the month of each row as an expression."""

    name: str
    objective: Mapping[str, object]
    time: Sequence[str]
    month: pl.Expr
    exclude: Sequence[str] = ()


TASKS = (
    Task(
        name="hotel_bookings",
        objective={"target": "is_canceled", "positive": 1, "costs": {"false_positive": 20, "false_negative": 80}},
        time=("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"),
        month=pl.format(
            "{}-{}",
            "arrival_date_year",
            pl.col("arrival_date_month").replace(
                {name: f"{place:02}" for place, name in enumerate(month_name) if place}
            ),
        ),
    ),
    Task(
        name="weather_aus",
        objective={"target": "RainTomorrow", "positive": "Yes", "costs": {"false_positive": 1, "false_negative": 5}},
        time=("Date",),
        month=pl.col("Date").str.slice(0, 7),
    ),
    Task(
        name="bike_sharing_hourly",
        objective={"target": "cnt", "task": "regression", "costs": {"under": 3, "over": 1}},
        time=("dteday",),
        month=pl.col("dteday").str.slice(0, 7),
        exclude=("instant",),
    ),
    Task(
        name="hdb_resale_prices",
        objective={"target": "resale_price", "task": "regression"},
        time=("month",),
        month=pl.col("month"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What was said of a month and what came true, per 1,000 rows; `held` of the intervals with labels held it."""

    name: str
    rows: int
    expected: float
    low: float
    high: float
    sure: bool
    truth: float
    held: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The months of a task, what was promised, and how far NannyML's estimates of them are off, in words."""

    task: str
    promise: float
    months: Sequence[Month]
    rival: str


def main() -> None:
    """Watch every task and write table and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--seconds", type=int, default=45, help="of each fit")
    parser.add_argument("--nannyml", type=Path, help="a Python that has NannyML")
    parser.add_argument("--only", nargs="*", choices=[task.name for task in TASKS])
    said = parser.parse_args()
    courses = []
    for task in TASKS:
        if not said.only or task.name in said.only:
            courses.append(course(task, said.data / task.name, said.seconds, said.nannyml))
            print("\n".join(markdown(list(HEADER), list(table(courses)))), flush=True)
    text = "\n".join(markdown(list(HEADER), list(table(courses))))
    (RESULTS / "monitor_months.md").write_text(text + "\n")
    (RESULTS / "monitor_months.svg").write_text(figure(courses))


def course(task: Task, folder: Path, seconds: int, rival: Path | None) -> Course:
    """The months of a task, watched by one bundle."""
    past, future = (pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "test"))
    past = past.sort(task.month, maintain_order=True)
    cut = past.height * 4 // 5
    spec = {
        "objective": task.objective,
        "data": {"time": list(task.time), "exclude": list(task.exclude)},
        "budget": {"time": f"{seconds}s", "workers": 1, "executor": "inline"},
        "recipe": {"name": "quick"},
    }
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "model.bundle"
        bundle = fit(spec, train=past[:cut], test=past[cut:], out=out, write_anyway=True).bundle
        named = future.select(task.month.alias("month")).to_series()
        parts = {name: future.filter(named == name) for name in sorted(named.unique())}
        promise = _money(bundle, past[cut:]).promise
        off = "" if rival is None else _rival(bundle, past[cut:], parts, rival)
        months = [watched(bundle, name, rows) for name, rows in parts.items()]
        return Course(task=task.name, promise=promise.value if promise else math.nan, months=months, rival=off)


def watched(bundle: Bundle, name: str, rows: pl.DataFrame) -> Month:
    """A look at a month without labels, and what then came true."""
    one = _money(bundle, rows.drop(bundle.manifest.target.name)).unlabelled
    if one is None:
        raise SystemExit(f"nothing is expected of {name}")
    saved, expected = _saved(bundle, rows)
    truth, draw, held, width = float(np.nanmean(saved)), np.random.default_rng(3), 0, 0.0
    for _ in range(REPEATS):
        part = np.where(draw.random(saved.size) < KNOWN, saved, np.nan)
        found = realised(part, expected, alpha=ALPHA)
        if found is not None:
            held += found.low <= truth <= found.high
            width += (found.high - found.low) / REPEATS
    return Month(
        name=name,
        rows=rows.height,
        expected=one.value,
        low=one.low,
        high=one.high,
        sure=one.sure,
        truth=1000.0 * truth,
        held=held / REPEATS,
        width=1000.0 * width,
    )


def _money(bundle: Bundle, rows: pl.DataFrame) -> MoneyLook:
    """The money of one look at the rows of a month, or at the last 31 days of them."""
    money = bundle.monitor(rows, window="31d").looks[0].money
    if money is None:
        raise SystemExit("money is not watched")
    return money


def _saved(bundle: Bundle, rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """What each row saved and what it was expected to save [n], of those that were decided."""
    ground = _ground(bundle)
    answered = entered(bundle, ground.policy, scored(bundle, rows, Data())[0])
    y = _y(bundle, rows)
    saved = ground.ledger.saved(answered, y)
    known = np.isfinite(saved)
    return saved[known], ground.ledger.outcomes(answered).expected[known]


def _ground(bundle: Bundle) -> Ground:
    found = ground_of(bundle)
    if found is None:
        raise SystemExit("the bundle keeps no rows")
    return found


def _y(bundle: Bundle, rows: pl.DataFrame) -> Floats:
    return encode(bundle.manifest.target.labels(), rows[bundle.manifest.target.name])


# --- table and figure --------------------------------------------------------------------------------

HEADER = (
    "task",
    "months",
    "promised",
    "realised",
    "expected",
    "off by, of the promise",
    "of NannyML",
    "holds without labels",
    "holds with a fifth of the labels",
    "width, of the promise",
)


def table(courses: Sequence[Course]) -> Iterator[Sequence[object]]:
    """Means over the months of each task, per 1,000 rows."""
    for one in courses:
        months = one.months
        yield (
            one.task,
            len(months),
            f"{one.promise:,.6g}",
            f"{np.mean([m.truth for m in months]):,.6g}",
            f"{np.mean([m.expected for m in months]):,.6g}",
            f"{np.mean([abs(m.expected - m.truth) for m in months]) / abs(one.promise):.1%}",
            one.rival,
            f"{np.mean([m.low <= m.truth <= m.high for m in months]):.0%}",
            f"{np.mean([m.held for m in months]):.1%}",
            f"{np.mean([m.width for m in months]) / abs(one.promise):.1%}",
        )


def figure(courses: Sequence[Course]) -> str:
    """What was expected, with its interval, and what came true, as shares of the promise."""
    found = []
    for one in courses:
        for m in one.months:
            share = [value / abs(one.promise) for value in (m.expected, m.low, m.high, m.truth)]
            name = f"{one.task} {m.name}"
            text = f"{share[0]:.2f}{'' if m.sure else ' ?'}"
            found.append(Estimate(name=name, value=share[0], low=share[1], high=share[2], text=text))
            found.append(Estimate(name=f"{name}, came true", value=share[3], kind="ours", text=f"{share[3]:.2f}"))
    note = "The saving as a share of the promise: expected without labels, with its interval, and what came true."
    drawn = svg(intervals("What was expected, and what came true", note, found, header=("month", "share", ""), at=1.0))
    return drawn.replace('role="img">', f'xmlns="http://www.w3.org/2000/svg" role="img"><style>{style()}</style>', 1)


# --- NannyML -----------------------------------------------------------------------------------------


def _rival(bundle: Bundle, past: pl.DataFrame, parts: Mapping[str, pl.DataFrame], python: Path) -> str:
    """How far NannyML's estimates of the months are off, on average; its reference is the test part."""
    every = pl.concat([past, *parts.values()])
    month = np.repeat(np.arange(len(parts) + 1) - 1, [past.height, *(rows.height for rows in parts.values())])
    ground = _ground(bundle)
    answered = entered(bundle, ground.policy, scored(bundle, every, Data())[0])
    y, p = _y(bundle, every), answered.prediction[:, 0]
    binary = bundle.manifest.target.kind == "binary"
    cells = [_cell(ground, answered, truth) for truth in (0.0, 1.0)] if binary else []
    said = _asked(
        python, _features(every, bundle), {"month": month, "p": p, "decision": answered.decision, "y": y}, cells
    )
    truth = ground.ledger.saved(answered, y) if binary else (y - p) ** 2
    of = abs(float(np.nanmean(truth[month < 0]))) if binary else float(np.nanmean(truth[month >= 0]))
    off = [abs(one - float(np.nanmean(truth[month == number]))) for number, one in enumerate(said)]
    return f"{'CBPE' if binary else 'DLE'} {np.mean(off) / of:.1%}"


def _cell(ground: Ground, answered: Answered, truth: float) -> list[float]:
    """What a row of this truth saves if it is passed, and if it is acted on."""
    two = answered.take(np.arange(2))
    two = Answered(prediction=two.prediction, decision=np.array([0.0, 1.0]), frame=two.frame)
    return list(ground.ledger.saved(two, np.full(2, truth)))


def _features(rows: pl.DataFrame, bundle: Bundle) -> pl.DataFrame:
    """The columns as numbers: texts by their place among the levels."""
    left = rows.drop(bundle.manifest.target.name)
    return left.with_columns(pl.col(pl.String).rank("dense").cast(pl.Float64))


def _asked(
    python: Path, features: pl.DataFrame, known: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[Any]]], cells: object
) -> list[float]:
    """What it says of each month."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        features.with_columns(pl.Series(f"_{name}", values) for name, values in known.items()).write_parquet(
            place / "rows.parquet"
        )
        (place / "asked.json").write_text(json.dumps({"cells": cells, "features": features.columns}))
        silent = {**os.environ, "NML_DISABLE_USAGE_LOGGING": "1"}  # it sends what it is used for, unless told not to
        subprocess.run([python, RIVAL, place], check=True, env=silent)
        return list(map(float, json.loads((place / "said.json").read_text())))


if __name__ == "__main__":
    main()
