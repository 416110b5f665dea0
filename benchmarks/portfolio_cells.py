"""The cells of the portfolio benchmark: every configuration of the pool on one sample of a task's train rows.

A sample's rows are those of the task's train file alone. The engine's own split sets a part of them aside to judge on
(later rows where the task has a time), its own fold the rows for early stopping; the rest fits plan and model.
"""

from __future__ import annotations

import argparse
import math
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from automl.bench.records import append, read
from automl.budget import Deadline
from automl.executors.base import PRELOAD

HERE = Path(__file__).parent
POOL = HERE / "portfolio_pool.toml"
RECORDS = HERE / "results" / "portfolio.jsonl"
CPU_SECONDS = 15.0
MOST_JUDGED = 4_000
SIZES = {"small": 1_000, "medium": 10_000}  # rows to fit and to stop on
SEEDS = {"small": 2, "medium": 1}  # samples: few rows choose by luck, the fewer the more
FEW_CLASSES = 4
BASELINES = {"constant": {}, "linear": {"l2": 1.0}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A task folder, or another column of it as the target (then without the columns that give it away)."""

    folder: str
    target: str | None = None
    kind: str | None = None
    without: tuple[str, ...] = ()
    sizes: tuple[str, ...] = tuple(SIZES)
    more_seeds: int = 0

    @property
    def name(self) -> str:
        """Folder and target."""
        return self.folder if self.target is None else f"{self.folder}:{self.target}"

    def seeds(self, size: str) -> range:
        """The samples of a size."""
        return range(SEEDS[size] + self.more_seeds)


QUESTIONS = (
    Question(folder="german_credit", sizes=("small",), more_seeds=6),
    Question(folder="telco_churn"),
    Question(folder="adult"),
    Question(folder="bank_marketing"),
    Question(folder="weather_aus"),
    Question(folder="hotel_bookings"),
    Question(folder="mammography"),
    Question(folder="kc_house_sales"),
    Question(folder="bike_sharing_hourly"),
    Question(folder="pg15_motor_claims"),
    Question(folder="walmart_weekly_sales"),
    Question(folder="otto_products"),
    Question(folder="letter_recognition"),
    # too few tasks have many classes, few classes or numbers to predict: other columns of the same tables
    Question(folder="hotel_bookings", target="adr", kind="regression", without=("is_canceled",)),
    Question(folder="hotel_bookings", target="market_segment", kind="multiclass", without=("distribution_channel",)),
    Question(folder="adult", target="occupation", kind="multiclass", without=("class",)),
    Question(folder="telco_churn", target="tenure", kind="regression", without=("Churn", "TotalCharges")),
)


def pool() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The configurations by group and name."""
    return tomllib.loads(POOL.read_text(encoding="utf-8"))


def main() -> None:
    """The samples of a question and size in this process: what has no record yet is fitted."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "scratch"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--question", required=True)
    parser.add_argument("--size", required=True)
    said = parser.parse_args()
    question = next(question for question in QUESTIONS if question.name == said.question)
    for module in PRELOAD:  # what a library takes to load is no time of a configuration
        import_module(module)
    # a fit is stopped by its own CPU time: other work on the machine does not count
    Deadline.of.__func__.__kwdefaults__["clock"] = time.process_time  # type: ignore[attr-defined]
    for seed in question.seeds(said.size):
        if missing(said.scratch, question, said.size, seed):
            run_sample(said.data, said.scratch, question, said.size, seed)


def missing(scratch: Path, question: Question, size: str, seed: int) -> bool:
    """Whether a sample has cells to run; an empty sample says nothing of its group yet."""
    found = [record for record in records() if _place(record) == (question.name, size, seed)]
    if not found:
        return True
    done = {record["configuration"] for record in found if _kept(scratch, record).is_file() or record["status"] != "ok"}
    return set(configurations(found[0]["group"])) > done


def records() -> Iterator[dict[str, Any]]:
    """The records so far; a later one of the same cell counts."""
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for record in read(RECORDS):
        found[*_place(record), record["configuration"]] = record
    yield from found.values()


def predictions(scratch: Path, record: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Of a cell: `stop` and `judge` [rows, width]."""
    with np.load(_kept(scratch, record), allow_pickle=False) as file:
        return dict(file)


def truth(scratch: Path, record: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Of a sample: `stop` and `judge` [rows], the targets."""
    with np.load(_kept(scratch, record).with_name("truth.npz"), allow_pickle=False) as file:
        return dict(file)


def configurations(group: str) -> dict[str, Mapping[str, Any]]:
    """The pool of a group, and the baselines, which always stand."""
    baselines = {name: {"learner": name, **params} for name, params in BASELINES.items()}
    return baselines | dict(pool()[group])


def run_sample(data: Path, scratch: Path, question: Question, size: str, seed: int) -> None:
    """Fit what is missing, and append a record at once for each cell."""
    sample = _sample(data, question, size, seed)
    common = {"question": question.name, "size": size, "seed": seed, "group": sample["group"]}
    folder = _kept(scratch, {**common, "configuration": ""}).parent
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "truth.npz", stop=sample["stop"].y, judge=sample["judge"].y)
    done = {
        record["configuration"]
        for record in records()
        if _place(record) == (question.name, size, seed)
        and (_kept(scratch, record).is_file() or record["status"] != "ok")
    }
    for name, said in configurations(sample["group"]).items():
        if name not in done:
            record = {**common, "configuration": name, **_cell(sample, said, seed, folder / f"{name}.npz")}
            append(RECORDS, record)
    print(question.name, size, seed, flush=True)


def _sample(data: Path, question: Question, size: str, seed: int) -> dict[str, Any]:
    """Matrices to fit, to stop and to judge on, with the problem they are of."""
    from automl.bench.tasks import read_task
    from automl.data.prepare import prepare
    from automl.features.plan_fit import fit_plan, transform
    from automl.learners.base import FeatureInfo, Matrix
    from automl.search.problem import Problem
    from automl.spec import parse

    told = read_task(data / question.folder, costs=False)
    objective, columns = dict(told.spec["objective"]), {k: v for k, v in told.spec["data"].items() if k != "test"}
    if question.target is not None:
        objective = {"target": question.target, "task": question.kind}
        columns["exclude"] = [*columns.get("exclude", []), *question.without]
    spec = parse({"objective": objective, "data": columns, "budget": {"seed": seed}})
    prepared = prepare(spec)
    draw = np.random.default_rng(seed)
    rows, judged = (
        part.take(np.sort(draw.permutation(part.n)[:most]))
        for part, most in ((prepared.train, SIZES[size]), (prepared.test, MOST_JUDGED))
    )
    metric = {"regression": "rmse"}.get(prepared.labels.task.kind, "log_loss")
    problem = Problem.of(rows, prepared.schema, prepared.labels.task, metric=metric, spec=spec, seed=seed)
    fold = problem.folds[0]
    fit_rows = rows.take(fold.fit)
    plan, values = fit_plan(fit_rows, prepared.schema, problem.task, problem.inner(fit_rows), seed)
    features = tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels) for f in plan.features)

    def matrix(part: Any, values: np.ndarray) -> Matrix:
        return Matrix(values=values, features=features, y=part.y, weight=part.weight)

    stop_rows = rows.take(fold.valid)
    many = problem.task.kind == "multiclass" and problem.task.classes > FEW_CLASSES
    return {
        "group": "multiclass" if many else "regression" if problem.task.kind == "regression" else "binary",
        "task": problem.task,
        "loss": problem.loss,
        "fit": matrix(fit_rows, values),
        "stop": matrix(stop_rows, transform(plan, stop_rows.frame)),
        "judge": matrix(judged, transform(plan, judged.frame)),
    }


def _cell(sample: Mapping[str, Any], said: Mapping[str, Any], seed: int, kept: Path) -> dict[str, Any]:
    """Fit one configuration, and keep its predictions."""
    from automl.learners.base import Learner
    from automl.metrics.base import score
    from automl.ops.bulk import evaluate
    from automl.ops.expr import Stub
    from automl.registry import Registry
    from automl.search.worker.fold_fit import RAW, swap

    name, params = said["learner"], {key: value for key, value in said.items() if key != "learner"}
    learner = Registry("automl.learners", Learner, "learner").get(name)
    task, loss = sample["task"], sample["loss"]
    began = time.process_time()
    facts: dict[str, Any] = {
        "learner": name,
        "params": params,
        "task_shape": task.shape if task.kind == "regression" else "",
        "classes": task.classes,
        "rows": [len(sample[part].y) for part in ("fit", "stop", "judge")],
        "columns": sample["fit"].values.shape[1],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        model = learner.fit(sample["fit"], sample["stop"], task, params, seed=seed, seconds=CPU_SECONDS)
        member = model.member()
        link = swap(member.prediction, member.raw, Stub(RAW, task.width))
        found = {
            part: np.asarray(evaluate({"p": link}, {}, stubs={RAW: model.raw(sample[part].values)})["p"])
            for part in ("stop", "judge")
        }
        losses = {part: score(loss, sample[part].y, found[part], sample[part].weight) for part in found}
    except Exception as error:  # noqa: BLE001  # a configuration that fails is a record, too
        return {**facts, "status": "error", "detail": f"{type(error).__name__}: {error}"[:300], "seconds": None}
    np.savez(kept, **{part: values.astype(np.float32) for part, values in found.items()})
    finite = all(math.isfinite(value) for value in losses.values())
    return {
        **facts,
        "status": "ok" if finite else "error",
        "loss": losses if finite else None,
        "rounds": model.rounds,
        "seconds": round(time.process_time() - began, 3),
    }


def _place(record: Mapping[str, Any]) -> tuple[str, str, int]:
    return record["question"], record["size"], record["seed"]


def _kept(scratch: Path, record: Mapping[str, Any]) -> Path:
    sample = f"{record['question']}-{record['size']}-{record['seed']}".replace(":", "-")
    return scratch / sample / f"{record['configuration']}.npz"


if __name__ == "__main__":
    main()
