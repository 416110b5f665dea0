"""The only translator of a benchmark's `task.toml` into a spec: nothing that the task does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.bench.tables import Told, tables_of
from automl.errors import DataError, SpecError
from automl.task import Kind

COST_KEYS = ("false_positive", "false_negative", "true_positive", "true_negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchTask:
    """A task folder: its name, its metric, the figures its `task.toml` quotes, and the spec it stands for."""

    name: str
    folder: Path
    target: str
    metric: str
    kind: Kind
    baseline: Mapping[str, object]
    spec: Mapping[str, Mapping[str, Any]]
    train: Path
    test: Path
    costs: bool  # whether its costs are in the spec
    main_table: bool  # whether its other tables are left aside


def read_task(folder: Path, *, costs: bool = True, main_table: bool = True) -> BenchTask:
    """The task in `folder`, with or without its costs and its other tables (`main_table`: without).

    Raises `DataError` where `task.toml` or a table is missing, `SpecError` where the task says
    something that no spec can say yet.
    """
    path = folder / "task.toml"
    if not path.is_file():
        raise DataError("no task.toml in this folder", where=str(folder), hint="give a folder that holds a task")
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    objective = {key: said[source] for key, source in OBJECTIVE.items() if source in said}
    if costs and "costs" in said:
        objective |= _money(said, path)
    data: dict[str, object] = {"train": str(_table(folder, "train")), "test": str(_table(folder, "test"))}
    data |= {key: said[source] for key, source in DATA.items() if source in said}
    if not main_table and "tables" in said:
        data |= tables_of(said, folder)
    if later := [_amount(said)] if costs and _is_outcome(said) else []:
        data["exclude"] = [name for name in said["ignore"] if name not in later]
        data["outcomes"] = later
    return BenchTask(
        name=said["name"],
        folder=folder,
        target=said["target"],
        metric=said["metric"],
        kind=said["kind"],
        baseline=said.get("baseline", {}),
        spec={"objective": objective, "data": data},
        train=_table(folder, "train"),
        test=_table(folder, "test"),
        costs=costs,
        main_table=main_table,
    )


OBJECTIVE = {"target": "target", "task": "kind", "positive": "positive", "metric": "metric"}
DATA = {"key": "id_columns", "group": "group_column", "time": "time_column", "exclude": "ignore"}


def _table(folder: Path, part: str) -> Path:
    """The raw CSV where the task has one: it is messier, as users' data are; else the parquet."""
    for suffix in ("csv", "parquet"):
        if (path := folder / f"{part}.{suffix}").is_file():
            return path.resolve()
    raise DataError(f"no {part}.csv and no {part}.parquet in this folder", where=str(folder))


def _money(task: Told, path: Path) -> dict[str, object]:
    """The costs as the task states them, and the real share of positives where its rows were resampled."""
    said = task["costs"]
    rate = {"base_rate": said["population_prior"]} if "population_prior" in said else {}
    return {"costs": _costs(task, path), **rate}


def _costs(task: Told, path: Path) -> dict[str, object]:
    """The amounts; of a kind `per_row` the files that hold them, of `per_row_amount` what a miss loses."""
    said = task["costs"]
    amounts = {key: said[key] for key in COST_KEYS if key in said}
    if said["kind"] == "matrix" and "matrix" not in said:
        return amounts
    if said["kind"] == "per_row":
        train, test = (str((path.parent / file).resolve()) for file in said["files"])
        return {**amounts, **said["columns"], "table": {"train": train, "test": test}, "by": "row order"}
    if said["kind"] == "per_row_amount":
        fee, amount = said.get("false_positive"), f"`{_amount(task)}`"
        # an amount that acting brings in is paid for by what acting costs; nobody acts where that is more
        miss = f"max(0, {amount} - {fee})" if _is_outcome(task) and fee is not None else amount
        return amounts | {"false_negative": miss}
    raise SpecError(f"costs of kind '{said['kind']}' are not supported yet", where=str(path), hint="use --no-costs")


def _amount(task: Told) -> str:
    return str(task["costs"]["amount_column"])


def _is_outcome(task: Told) -> bool:
    """Whether the amount of a row is known only afterwards: the task lists it among what is no feature."""
    return "amount_column" in task.get("costs", {}) and _amount(task) in task.get("ignore", ())
