"""What ships: the search's members, calibrated, with their policy, as one graph that is proven equal to its parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Prepared
from automl.decide.calibration.calibrate import Calibration, fit_calibration
from automl.decide.costs.cost_matrix import Costs
from automl.decide.costs.outcome_model import AmountFit, expect
from automl.decide.costs.unit_costs import make_unit_costs
from automl.decide.policy.expected_cost import ExpectedCost
from automl.decide.policy.guarantees import promised
from automl.decide.policy.shadow_prices import priced
from automl.decide.verdict.number_verdict import NumberPolicy, fit_number_policy
from automl.errors import BundleError
from automl.graph.assemble import Assembly, assemble
from automl.graph.onnx import to_onnx
from automl.graph.parity import Parity, check_parity
from automl.graph.session import Session, open_session
from automl.search.leaderboard import Outcome
from automl.spec.objective import Objective

SCORING_ROWS = 4096  # the graph's buffers for a chunk stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The shippable model. `reader` has the columns that the graph needs, no others.

    `outcome` is what it was made of: that of the search, but for members that the graph does not compute as their
    libraries do, which are `left_out`, each with its reason.
    `costs` are None for a regression, `numbers` is empty for anything else. `amounts` tells how costs are expected that
    are known only afterwards.
    """

    outcome: Outcome
    assembly: Assembly
    model: bytes
    reader: Mapping[str, object]
    calibration: Calibration
    costs: Costs | None
    amounts: tuple[AmountFit, ...]
    numbers: NumberPolicy
    parity: Parity
    left_out: tuple[str, ...] = ()


def choose(outcome: Outcome, data: Prepared, objective: Objective, costs: Costs | None, *, seed: int) -> Choice:
    """Calibrate on out-of-fold rows, put the policy behind, write the graph, and prove it by stages.

    A member whose scores in the graph are not those of its library stays out where there are others. Raises
    `BundleError` where a stage of the graph differs all the same from what it stands for (B13), `LimitRefusal` where
    no policy keeps what is required.
    """
    task, train = data.labels.task, data.train
    given, oof = costs, outcome.oof
    costs, amounts = expect(costs, outcome.plan, train, seed=seed) if costs else (None, ())
    unit_costs = make_unit_costs(objective, task, data)
    numbers = fit_number_policy(objective, unit_costs, oof, train.y, train.weight, seed=seed)
    costs = priced(costs, oof, data, seed=seed)
    costs = promised(objective, costs, oof, data, seed=seed)
    calibration = fit_calibration(oof, data.train.y, task, data.train.weight, seed=seed)
    assembly = assemble(
        plan=outcome.plan,
        members=outcome.members,
        weights=outcome.weights,
        calibration=calibration.expr,
        policy=ExpectedCost(costs=costs).outputs if costs else numbers.outputs,
        task=task,
        labels=data.labels,
    )
    parity = check_parity(
        assembly,
        data.train.inputs[outcome.parity_rows],
        outcome.native,
        tuple(member.learner for member in outcome.members),
    )
    sound = [place for place in range(len(outcome.members)) if place not in parity.differing]
    if parity.differing and sound:
        rest = choose(outcome.only(sound), data, objective, given, seed=seed)
        return replace(rest, left_out=(parity.reason, *rest.left_out))
    if not parity.ok:
        raise BundleError(parity.reason, where="parity", hint="This is a bug of ours: please report it with the spec.")
    needed = {column.name for column in assembly.inputs}
    named = costs.columns if costs else unit_costs.columns if unit_costs else ()
    reader = _reader(data, needed, named)
    return Choice(
        outcome=outcome,
        assembly=assembly,
        model=to_onnx(assembly.outputs, inputs=assembly.inputs, values=costs.models if costs else None),
        reader=reader,
        calibration=calibration,
        costs=costs,
        amounts=amounts,
        numbers=numbers,
        parity=parity,
    )


def _reader(data: Prepared, needed: Collection[str], named: Collection[str]) -> dict[str, object]:
    """How the graph's columns are read; under "evidence" those that only the verdict needs: today's rule, outcomes."""
    columns = [column for column in data.schema.columns if not column.computed]
    beside = [dict(column.reader) for column in columns if column.name in named and column.name not in needed]
    read = [dict(column.reader) for column in columns if column.name in needed]
    return {"columns": read, "evidence": beside} if beside else {"columns": read}


def score_rows(model: bytes, frame: pl.DataFrame, *, threads: int) -> dict[str, NDArray[np.generic]]:
    """The graph's own answers for rows in wire types, by output: the numbers that are judged are those that ship.

    Chunks of rows run on so many threads at once, each on one; the bits do not hang on it.
    """
    session = open_session(model)
    with ThreadPoolExecutor(threads) as pool:
        chunks = list(pool.map(partial(_run, session), frame.iter_slices(SCORING_ROWS)))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in session.outputs}


def _run(session: Session, frame: pl.DataFrame) -> dict[str, NDArray[np.generic]]:
    return session.run({name: frame[name].to_numpy() for name in session.inputs})
