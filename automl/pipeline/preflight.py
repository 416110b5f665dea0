"""What is read and checked before a search: a fit goes on from here, a dry run tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.budget import Deadline
from automl.errors import DataError, LimitRefusal, SpecError
from automl.progress import Event, Listener, silent
from automl.spec import Spec

if TYPE_CHECKING:
    import polars as pl

    from automl.data.read.source import SourceTable
    from automl.data.rows import Prepared
    from automl.decide.policy.decision_policy import DecisionPolicy
    from automl.executors.base import Backend
    from automl.gates.base import GateVerdict
    from automl.metrics import Metric
    from automl.search.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Frames (polars, pandas, arrow) or parts of files that stand in for the files of ``[data]``, `tables` by name."""

    train: Any = None
    test: Any = None
    tables: Mapping[str, Any] = field(default_factory=dict)
    between: SourceTable | None = None
    """Rows of a gap between both, which a twin learns from."""
    metric: Callable[..., float] | None = None
    """The user's own, where the spec names one: see `judged_by`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a search begins with: the bundle's place, the data, the policy asked for, the problem with its folds.

    `broken` are the limits that no model can keep on this machine; see `refuse_the_impossible`.
    """

    place: Path
    data: Prepared
    policy: DecisionPolicy
    problem: Problem
    broken: tuple[GateVerdict, ...]


def preflight(
    spec: Spec,
    out: Path | str | None = None,
    given: Given | None = None,
    *,
    deadline: Deadline,
    listener: Listener = silent,
) -> Preflight:
    """Read the data, and check all that can be wrong before a search: place, data, costs, limits, plugins, folds.

    Nothing is written. Raises `SpecError` and `DataError`.
    """
    from automl.bundle.manifest import check_keys, outputs_of
    from automl.decide.policy.decision_policy import make_policy
    from automl.gates.floor import Floor

    backend_of(spec)
    _check_engine(spec)
    place = _place(spec, out)
    loaded = _preload(spec)
    floor = Floor(spec.limits)  # measured while the data is read
    given = given or Given()
    data, metric = _read(spec, given, deadline, listener, loaded)
    policy = make_policy(spec.objective, data)
    _check_patience(spec, policy)
    ranked = ("action_costs",) if spec.objective.capacity else ()
    check_keys(spec.data.key, outputs_of(data.labels, ranked, actions=policy.actions))
    problem = _problem(spec, data, metric)
    return Preflight(place=place, data=data, policy=policy, problem=problem, broken=floor.broken())


def judged_by(spec: Spec, metric: Callable[..., float] | None = None) -> tuple[Spec, Callable[..., float] | None]:
    """The spec with the name of the metric that was given, and the function that it names, where it is the user's own.

    Code is imported here alone, for a spec that its user gave: the spec of a bundle never comes here.
    """
    from automl.metrics.own import imported, is_reference, reference

    named = spec.objective.metric
    if metric is None:
        return spec, imported(named) if named and is_reference(named) else None
    judged = spec.objective.model_copy(update={"metric": reference(metric)})
    return spec.model_copy(update={"objective": judged}), metric


def refuse_the_impossible(broken: tuple[GateVerdict, ...]) -> None:
    """Exit 4 in the first seconds, where no model can keep a limit on this machine."""
    if broken:
        from automl.gates.floor import impossible

        raise LimitRefusal(impossible(broken), where="limits", hint="Relax the limit, or serve on a faster machine.")


def metric_of(spec: Spec, data: Prepared, function: Callable[..., float] | None = None) -> Metric:
    """The metric of the search and the board; money is counted apart, on calibrated probabilities.

    One of the user's own is the `function`, which is tried on the rows to learn from.
    """
    from automl import metrics
    from automl.metrics.own import check_own, own_metric

    named = spec.objective.metric
    if function is None or named is None:
        return metrics.get(named if named and named != "cost" else metrics.default(data.labels.task))
    metric = own_metric(function, named, data.labels.task.kind)
    check_own(function, named, data.train.y, data.train.weight, data.labels.task, seed=spec.budget.seed)
    return metric


def check_metric(metric: Metric, data: Prepared) -> None:
    """Refuse a metric that has no value for this target, before any learner finds out (R17)."""
    if reason := metric.undefined(data.train.y):
        fitting = [other.name for other in _of_kind(data) if other.undefined(data.train.y) is None]
        raise DataError(
            f"{metric.name} has no value for this target: {reason}",
            where="objective.metric",
            hint=f"Name another one: {', '.join(fitting)}.",
        )


def _of_kind(data: Prepared) -> Iterator[Metric]:
    """The metrics of this kind of task that predictions alone give."""
    from automl.metrics.base import metrics

    kind = data.labels.task.kind
    return (metric for metric in metrics.all.values() if kind in metric.kinds and metric.function is not None)


def backend_of(spec: Spec) -> Backend:
    """What starts workers; `SpecError` where there is no such executor."""
    from automl.executors.base import backends

    return backends.get(spec.budget.executor, where="budget.executor")


def _check_engine(spec: Spec) -> None:
    """A wrong name is told at once; the default's is right, and engines are imported with trials under way."""
    if spec.recipe.engine is not None:
        from automl.engines.base import chosen

        chosen(spec.recipe.engine)


def _check_patience(spec: Spec, policy: DecisionPolicy) -> None:
    """Refuse to wait for money where none is counted while the search runs."""
    from automl.decide.policy.label_policy import LabelPolicy

    asked = spec.budget.patience
    if asked and asked.money is not None and not (isinstance(policy, LabelPolicy) and policy.in_money):
        raise SpecError(
            "money is counted during a search where labels are decided by costs, and here it is not",
            where="budget.patience.money",
            hint="Name [objective.costs], or wait for score.",
        )


def _place(spec: Spec, out: Path | str | None) -> Path:
    """The bundle's folder, refused before the search if something else stands there."""
    from automl.bundle.place import check_place
    from automl.pipeline.run_folder import run_of
    from automl.search.rundir import check_run_place

    beside = spec.source.with_suffix(".bundle") if spec.source else Path("automl.bundle")
    place = Path(out) if out is not None else beside
    check_place(place)
    check_run_place(run_of(place))
    return place


def _preload(spec: Spec) -> Callable[[], None]:
    """Load what proposes relational features beside the reading of the data; the answer waits for it."""
    if not spec.data.tables:
        return lambda: None
    from threading import Thread

    from automl.features.relational.propose.featuretools import preload

    thread = Thread(target=preload, daemon=True)
    thread.start()
    return thread.join


def _read(
    spec: Spec, given: Given, deadline: Deadline, listener: Listener, loaded: Callable[[], None]
) -> tuple[Prepared, Metric]:
    """The data, with what its other tables give, and the metric."""
    from automl.data.prepare import prepare
    from automl.gates.asked import check_limits

    listener(Event(stage="read", text="reading and auditing the data", facts={"left": deadline.left()}))
    data = prepare(spec, train=_frame(given.train), test=_frame(given.test), between=given.between)
    metric = metric_of(spec, data, given.metric)
    check_metric(metric, data)
    data = _related(data, spec, given.tables, metric, deadline, listener, loaded)
    check_limits(spec.limits, data)
    told = f"{data.train.n:,} rows to learn from, {data.test.n:,} set aside. {data.split}"
    listener(Event(stage="split", text=told, facts={"train": data.train.n, "test": data.test.n}))
    for finding in data.findings:
        listener(Event(stage="audit", text=finding.text, facts={"check": finding.check, "column": finding.column}))
    return data, metric


def _related(
    data: Prepared,
    spec: Spec,
    tables: Mapping[str, Any],
    metric: Metric,
    deadline: Deadline,
    listener: Listener,
    loaded: Callable[[], None],
) -> Prepared:
    """The data with the columns that its other tables give."""
    if not spec.data.tables and not tables:
        return data
    from automl.bundle.frames import to_polars
    from automl.search.relational_search.search import relate

    listener(Event(stage="features", text="computing features from other tables"))
    given = {name: to_polars(frame) for name, frame in tables.items()}
    return relate(data, _problem(spec, data, metric), spec, deadline=deadline, given=given, loaded=loaded)


def _frame(given: Any) -> pl.DataFrame | SourceTable | None:
    from automl.bundle.frames import to_polars
    from automl.data.read.source import SourceTable

    return given if given is None or isinstance(given, SourceTable) else to_polars(given)


def _problem(spec: Spec, data: Prepared, metric: Metric) -> Problem:
    """What is to be learned, by learners that there are."""
    from automl.learners.base import Learner
    from automl.registry import Registry
    from automl.search.problem import Problem
    from automl.search.proposals import usable
    from automl.search.worker.fold_fit import LEARNERS

    usable(Registry(LEARNERS, Learner, "learner").all, spec.recipe.learners, data.labels.task)
    problem = Problem.of(
        data.train,
        data.schema,
        data.labels.task,
        metric=metric,
        spec=spec,
        seed=spec.budget.seed,
        judged=data.test.n,
    )
    return replace(problem, unread=data.unread)
