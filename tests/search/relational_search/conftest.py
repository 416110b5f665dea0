"""A generated case at the door of the search over other tables, that its tests share."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from automl.budget import Deadline
from automl.data.prepare import prepare
from automl.data.rows import Prepared
from automl.data.tables.joins import join_tables
from automl.features.relational.catalog import catalog_of
from automl.features.relational.check import check
from automl.features.relational.definition import Aggregation, Base, Definitions, Hop, RelationalFeature
from automl.features.relational.parts import TrainAndTest
from automl.search.problem import Problem
from automl.search.relational_search.trial import TrialRoom
from automl.spec import Spec, parse
from automl.testing._relational_cases import latest

LOG = Hop(table="log", on=(("key", "key"),))
VISITS = Hop(table="visits", on=(("key", "key"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the search is given: `proposed` has a feature that tells half of the target, and some that tell nothing."""

    data: Prepared
    spec: Spec
    problem: Problem
    parts: TrainAndTest
    proposed: Definitions
    room: TrialRoom
    deadline: Deadline


@pytest.fixture(scope="package")
def stage() -> Stage:
    """Of the log the latest `state` matters; nothing else does, and the visits never."""
    case = latest(800, 200, 500, seed=0)
    told = {"objective": {"target": "y", "task": "regression"}, "data": {"time": "day", "tables": dict(case.tables)}}
    spec = parse({**told, "budget": {"trials": 1, "time": "50s", "workers": 1}})
    data = prepare(spec, train=case.main)
    problem = Problem.of(data.train, data.schema, data.labels.task, metric="rmse", spec=spec, seed=0)
    joined = join_tables(spec, data.train.raw, data.schema, data.labels, case.frames)
    exprs = {
        "state": Aggregation(op="last", path=(LOG,), of=Base(column="state")),
        "pages": Aggregation(op="last", path=(VISITS,), of=Base(column="pages")),
        "always": Aggregation(op="count", path=(LOG,), window=1.0),
        "mean": Aggregation(op="mean", path=(LOG,), of=Base(column="other")),
        "median": Aggregation(op="median", path=(VISITS,), of=Base(column="pages")),
    }
    features = tuple(RelationalFeature(name=name, expr=expr, wire="number") for name, expr in exprs.items())
    proposed = Definitions(catalog=catalog_of(joined, spec, data), features=features)
    check(proposed)
    room = TrialRoom.of(problem, spec)
    return Stage(
        data=data,
        spec=spec,
        problem=problem,
        parts=TrainAndTest.of(joined, data),
        proposed=proposed,
        room=room,
        deadline=Deadline.of(60.0),
    )
