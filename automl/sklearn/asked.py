"""The parameters of an estimator -> a spec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from automl.errors import SpecError
from automl.spec import Spec, parse
from automl.spec.units import write_duration

SEEDS = 2**32
OURS = {  # keys of the spec that stand elsewhere, and where
    ("objective", "target"): "the argument y of fit",
    ("objective", "task"): "the class of the estimator",
    ("objective", "positive"): "the parameter positive",
    ("objective", "costs"): "the parameter costs",
    ("objective", "metric"): "the parameter metric",
    ("budget", "time"): "the parameter time",
    ("budget", "seed"): "the parameter random_state",
    ("budget", "workers"): "the parameter n_jobs",
    ("data", "weight"): "the argument sample_weight of fit",
    ("data", "group"): "the argument groups of fit",
    ("data", "train"): "the argument X of fit",
    ("data", "tables"): "automl.fit, which takes several tables",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the columns beside the features are called; None where there is none. `costs` are those that costs name."""

    target: str
    weight: str | None = None
    group: str | None = None
    costs: tuple[str, ...] = ()


def spec_of(params: Mapping[str, Any], columns: Columns, *, task: str, positive: object = None) -> Spec:
    """The spec that the parameters of an estimator ask for, without a report unless its `spec` wants one.

    Raises `SpecError` where its `spec` names what an argument or another parameter says.
    """
    given = {name: dict(section) for name, section in (params["spec"] or {}).items()}
    _check(given)
    recipe = params["recipe"]
    said = {
        "objective": {
            "target": columns.target,
            "task": task,
            "positive": positive,
            "costs": params["costs"],
            "metric": None if callable(params["metric"]) else params["metric"],
        },
        "data": {"weight": columns.weight, "group": columns.group},
        "budget": {
            "time": _time(params["time"]),
            "seed": _seed(params["random_state"]),
            "workers": _workers(params["n_jobs"]),
        },
        "limits": params["limits"] or {},
        "recipe": {"name": recipe} if isinstance(recipe, str) else recipe,
    }
    given["report"] = {"html": False} | given.get("report", {})
    values = given | {name: given.get(name, {}) | _told(section) for name, section in said.items()}
    if columns.costs:
        values["data"]["exclude"] = [*_listed(values["data"].get("exclude")), *columns.costs]
    return parse(values)


def _check(given: Mapping[str, Mapping[str, Any]]) -> None:
    for (section, key), home in OURS.items():
        if key in given.get(section, {}):
            raise SpecError(f"{section}.{key} is said by {home}", where=f"spec.{section}.{key}", hint="Leave it out.")


def _told(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value is not None}


def _listed(names: Any) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _time(time: object) -> object:
    """Seconds may be a number here, as a search over parameters has them."""
    return write_duration(float(time)) if isinstance(time, Real) and not isinstance(time, bool) else time


def _seed(random_state: Any) -> int:
    """The seed itself, one drawn from a generator, or that of the engine: a fit is to be repeated."""
    if random_state is None:
        return 0
    if isinstance(random_state, Integral):
        return int(random_state)
    from sklearn.utils import check_random_state

    return int(check_random_state(random_state).randint(SEEDS, dtype="int64"))


def _workers(n_jobs: int | None) -> int | None:
    """As joblib counts them: -1 are all cores, -2 all but one; None is the engine's default."""
    if n_jobs is None or n_jobs > 0:
        return n_jobs
    return max(1, (os.cpu_count() or 1) + 1 + n_jobs)
