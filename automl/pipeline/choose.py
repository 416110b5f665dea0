"""What ships: the search's members, calibrated, with their policy, as one graph that is proven equal to its parts."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.column_reader import Reader
from automl.data.rows import Prepared
from automl.decide.calibration.calibrate import Calibration, fit_calibration
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.outcome_model import OutcomeFit
from automl.decide.policy.decision_policy import DecisionPolicy, expect_amounts, fit_policy
from automl.errors import BundleError
from automl.graph.assemble import Assembly, assemble
from automl.graph.onnx import to_onnx
from automl.graph.parity import Parity, check_parity
from automl.graph.session import Session, open_session
from automl.search.leaderboard import Outcome

SCORING_ROWS = 4096  # the graph's buffers for a chunk stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenModel:
    """The shippable model. `reader` has the columns that the graph needs, no others.

    `outcome` is what it was made of: that of the search, but for members that the graph does not compute as their
    libraries do, which are `left_out`, each with its reason. `oof` are the rows that calibration and policy were
    learned on; `outcomes` tells how amounts are expected that are known only afterwards.
    """

    outcome: Outcome
    assembly: Assembly
    model: bytes
    reader: Reader
    calibration: Calibration
    policy: DecisionPolicy
    oof: OutOfFold
    outcomes: tuple[OutcomeFit, ...]
    parity: Parity
    left_out: tuple[str, ...] = ()


def choose(outcome: Outcome, data: Prepared, asked: DecisionPolicy, *, seed: int) -> ChosenModel:
    """Calibrate on rows predicted without them, put the `asked` policy behind, write the graph, and prove it by stages.

    A member whose scores in the graph are not those of its library stays out where there are others. Raises
    `BundleError` where a stage of the graph differs all the same from what it stands for (B13), `LimitRefusal` where
    no policy keeps what is required.
    """
    rows, prediction = outcome.unlearned(data.train)
    oof = OutOfFold.of(prediction, rows, data.labels.task, seed=seed)
    expecting, outcomes = expect_amounts(asked, outcome.plan, data.train, seed=seed)
    policy = fit_policy(expecting, oof)
    calibration = fit_calibration(oof.prediction, oof.rows.y, oof.task, oof.rows.weight, seed=seed)
    assembly = assembled(outcome, data, calibration, policy)
    parity = _parity(assembly, outcome, data)
    sound = [place for place in range(len(outcome.members)) if place not in parity.differing]
    if parity.differing and sound:
        rest = choose(outcome.only(sound), data, asked, seed=seed)
        return replace(rest, left_out=(parity.reason, *rest.left_out))
    if not parity.ok:
        raise BundleError(parity.reason, where="parity", hint="This is a bug of ours: please report it with the spec.")
    return ChosenModel(
        outcome=outcome,
        assembly=assembly,
        model=graph_of(assembly, policy),
        reader=reader_of(data, {column.name for column in assembly.inputs}, policy.columns),
        calibration=calibration,
        policy=policy,
        oof=oof,
        outcomes=outcomes,
        parity=parity,
    )


def assembled(outcome: Outcome, data: Prepared, calibration: Calibration, policy: DecisionPolicy) -> Assembly:
    """The whole of what a graph computes."""
    return assemble(
        plan=outcome.plan,
        members=outcome.members,
        weights=outcome.weights,
        calibration=calibration.expr,
        policy=policy.graph_outputs,
        task=data.labels.task,
        labels=data.labels,
    )


def graph_of(assembly: Assembly, policy: DecisionPolicy) -> bytes:
    """The graph of an assembly, in which its stages and what is expected of later amounts can be found again."""
    return to_onnx(
        assembly.outputs,
        inputs=assembly.inputs,
        values=policy.expected_amounts,
        stages={**assembly.stages, **assembly.mixing},
    )


def _parity(assembly: Assembly, outcome: Outcome, data: Prepared) -> Parity:
    rows = data.train.inputs[outcome.parity_rows]
    return check_parity(assembly, rows, outcome.native, tuple(member.learner for member in outcome.members))


def reader_of(data: Prepared, needed: Collection[str], named: Collection[str]) -> Reader:
    """How the graph's columns are read; under "evidence" those that only the verdict needs: today's rule, outcomes."""
    columns = [column for column in data.schema.columns if not column.computed]
    beside = [column.reader for column in columns if column.name in named and column.name not in needed]
    read = [column.reader for column in columns if column.name in needed]
    return {"columns": read, "evidence": beside} if beside else {"columns": read}


def score_rows(model: bytes, frame: pl.DataFrame, *, threads: int) -> dict[str, NDArray[np.generic]]:
    """The graph's own answers for rows in wire types, by output: the numbers that are judged are those that ship.

    Chunks of rows run on so many threads at once, each on one; the bits do not hang on it.
    """
    session = open_session(model)
    with ThreadPoolExecutor(threads) as pool:
        chunks = list(pool.map(partial(run_session, session), frame.iter_slices(SCORING_ROWS)))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in session.outputs}


def run_session(session: Session, frame: pl.DataFrame) -> dict[str, NDArray[np.generic]]:
    """The answers of an open graph for rows in wire types, all at once."""
    return session.run({name: frame[name].to_numpy() for name in session.inputs})
