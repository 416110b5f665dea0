"""The data of a fit: read, audited, joined with its other tables, and checked against what the spec asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.progress import Event, Listener
from automl.spec import Spec

if TYPE_CHECKING:
    import polars as pl

    from automl.budget import Deadline
    from automl.data.rows import Prepared
    from automl.decide.policy.decision_policy import DecisionPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFrames:
    """Frames (polars, pandas, arrow) that stand in for the files of ``[data]``; `tables` by name."""

    train: Any = None
    test: Any = None
    tables: Mapping[str, Any] = field(default_factory=dict)


def preload(spec: Spec) -> Callable[[], None]:
    """Load what proposes relational features beside the reading of the data; the answer waits for it."""
    if not spec.data.tables:
        return lambda: None
    from threading import Thread

    from automl.features.relational.propose.featuretools import preload as load

    thread = Thread(target=load, daemon=True)
    thread.start()
    return thread.join


def read(
    spec: Spec, given: GivenFrames, *, deadline: Deadline, listener: Listener, loaded: Callable[[], None]
) -> Prepared:
    """The data with the columns that its other tables give; what is wrong with it is told before the search."""
    from automl.data.prepare import prepare
    from automl.gates.asked import check_limits

    listener(Event(stage="read", text="reading and auditing the data"))
    data = prepare(spec, train=_frame(given.train), test=_frame(given.test))
    data = related(data, spec, given.tables, deadline=deadline, listener=listener, loaded=loaded)
    check_limits(spec.limits, data)
    told = f"{data.train.n:,} rows to learn from, {data.test.n:,} set aside. {data.split}"
    listener(Event(stage="split", text=told, facts={"train": data.train.n, "test": data.test.n}))
    for finding in data.findings:
        listener(Event(stage="audit", text=finding.text, facts={"check": finding.check, "column": finding.column}))
    return data


def related(
    data: Prepared,
    spec: Spec,
    tables: Mapping[str, Any],
    *,
    deadline: Deadline | None,
    listener: Listener,
    loaded: Callable[[], None],
) -> Prepared:
    """The data with the columns that its other tables give."""
    if not spec.data.tables and not tables:
        return data
    from automl.bundle.frames import to_polars
    from automl.features.relational.relate import relate

    listener(Event(stage="features", text="computing features from other tables"))
    given = {name: to_polars(frame) for name, frame in tables.items()}
    return relate(data, spec, deadline=deadline, given=given, loaded=loaded)


def policy_of(spec: Spec, data: Prepared) -> DecisionPolicy:
    """The policy that is asked for, before the search: an expression that is wrong is told at once."""
    from automl.decide.policy.decision_policy import make_policy

    return make_policy(spec.objective, data)


def metric_of(spec: Spec, data: Prepared) -> str:
    """The metric of the search and the board; money is counted apart, on calibrated probabilities."""
    from automl import metrics

    named = spec.objective.metric
    return named if named and named != "cost" else metrics.default(data.labels.task)


def _frame(given: Any) -> pl.DataFrame | None:
    from automl.bundle.frames import to_polars

    return None if given is None else to_polars(given)
